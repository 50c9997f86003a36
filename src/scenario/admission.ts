/** What the API server would refuse → issues at the field it names, in its words. */
import { findRefusals, invalid, type KubernetesObject } from '../kubernetes/index.ts';
import { type Path, valueAt } from './document.ts';
import type { Manifest } from './manifests.ts';
import type { Report } from './report.ts';

/** One issue for each cause, where the manifest has it. */
export function refuseInadmissible(manifests: readonly Manifest[], objects: readonly KubernetesObject[], report: Report): void {
  for (const { object, error } of findRefusals(objects)) {
    const { kind, metadata } = object;
    const manifest = manifests.findLast(
      (each) => each.kind === kind && each.name === metadata.name && (each.namespace || 'default') === (metadata.namespace || 'default'),
    );
    const add = (path: Path, problem: string) =>
      report.add({ where: manifest?.locate(path) ?? object.origin ?? '-', path: `${kind}/${metadata.name}`, problem });
    if (error.causes.length === 0) add([], error.message);
    for (const cause of error.causes)
      add(pathIn(manifest, cause.field), cause.type === 'Internal error' ? error.message : invalid(kind, metadata.name, [cause]).message);
  }
}

/** The server speaks of `clusterIPs` also where only `clusterIP` is written. */
function pathIn(manifest: Manifest | undefined, field: string): Path {
  const path = pathOf(field);
  const isSingle = path[1] === 'clusterIPs' && manifest !== undefined && valueAt(manifest.value, ['spec', 'clusterIPs']) === undefined;
  return isSingle ? ['spec', 'clusterIP'] : path;
}

/** `spec.ports[0].nodePort` → its steps. Keys begin with a small letter, also where the server writes a capital one. */
function pathOf(field: string): Path {
  return Array.from(field.matchAll(/[^.[\]]+/g), ([step]) => (/^\d+$/.test(step) ? Number(step) : step.charAt(0).toLowerCase() + step.slice(1)));
}
