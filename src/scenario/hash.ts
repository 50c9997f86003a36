/** The identity of a study's input: contents only, whatever the files and folders are called. */
import { createHash } from 'node:crypto';
import { type Document, isObject } from './document.ts';
import type { Manifest } from './manifests.ts';

/**
 * `sha256:…` over the scenario, all manifests, in whatever order they were read, and data files.
 * Seed, replications and when they stop are left out: results name them beside the hash, and more replications continue the same study.
 * @param extra further input that changes results, e.g. `--kube-proxy`
 */
export function hashInputs(scenario: Document, manifests: readonly Manifest[], data: ReadonlyMap<string, string>, extra: unknown): string {
  const canonical = canonicalJson({
    scenario: contentOf(scenario.value, data, []),
    manifests: manifests.map((manifest) => canonicalJson(manifest.value)).sort(),
    extra,
  });
  return `sha256:${createHash('sha256').update(canonical).digest('hex')}`;
}

/** The scenario without names of files: manifests are hashed by themselves, data files stand for their content. */
function contentOf(value: unknown, data: ReadonlyMap<string, string>, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => contentOf(item, data, [...path, '[]']));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !isLeftOut([...path, key].join('/')));
  return Object.fromEntries(
    kept.map(([key, inner]) => {
      const isFile = (key === 'file' || key === 'from') && typeof inner === 'string' && data.has(inner);
      return [
        key,
        isFile
          ? createHash('sha256')
              .update(data.get(inner) ?? '')
              .digest('hex')
          : contentOf(inner, data, [...path, key]),
      ];
    }),
  );
}

function isLeftOut(path: string): boolean {
  return ['spec/manifests', 'spec/run/seed', 'spec/run/replications', 'spec/run/stopWhen'].includes(path);
}

/** JSON with sorted keys. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
