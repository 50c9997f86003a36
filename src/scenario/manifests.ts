/** Parsed documents → one document per Kubernetes object: lists flattened, envelopes checked, Secrets emptied, doubles merged. */
import { type Document, isObject, type PlainObject, placeInResult } from './document.ts';
import { KINDS, KINDS_WITHOUT_EFFECT } from './kinds.ts';
import type { Report } from './report.ts';

/** A Kubernetes object that is still a document: its value is an object with apiVersion and kind. */
export interface Manifest extends Document {
  readonly value: PlainObject;
  readonly kind: string;
  readonly name: string;
  /** `''` when not written. */
  readonly namespace: string;
  /** `group/Kind`; core kinds are `/Kind`. */
  readonly groupKind: string;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const HAS_NO_NAME = new Set(['kubeproxy.config.k8s.io/KubeProxyConfiguration']);

export function collectManifests(documents: readonly Document[], report: Report): Manifest[] {
  const manifests: Manifest[] = [];
  for (const document of documents) {
    for (const item of flatten(document, report)) {
      const manifest = readEnvelope(item, report);
      if (manifest !== null) manifests.push(manifest);
    }
  }
  return lastOfEach(manifests, report);
}

/** `kind: List` and the typed lists (`DeploymentList`) that the API server answers with. */
function flatten(document: Document, report: Report): Document[] {
  const { value } = document;
  if (!isObject(value)) {
    report.at(document, [], 'not a Kubernetes object', value, 'an object has apiVersion, kind and metadata');
    return [];
  }
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [document];
  const itemKind = kind.slice(0, -'List'.length);
  return items.flatMap((item: unknown, index) => {
    const typed = isObject(item) && itemKind !== '' && item.kind === undefined ? { apiVersion: value.apiVersion, kind: itemKind, ...item } : item;
    return flatten({ ...document, value: typed, repeated: [], locate: (path) => document.locate(['items', index, ...path]) }, report);
  });
}

function readEnvelope(document: Document, report: Report): Manifest | null {
  const value = document.value as PlainObject;
  const { apiVersion, kind } = value;
  if (typeof kind !== 'string' || kind === '') {
    report.at(document, kind === undefined ? [] : ['kind'], 'no kind', kind ?? undefined, 'a Kubernetes object starts with apiVersion and kind');
    return null;
  }
  if (typeof apiVersion !== 'string' || apiVersion === '') {
    report.at(document, apiVersion === undefined ? [] : ['apiVersion'], `${kind} without apiVersion`, apiVersion ?? undefined, 'for example apps/v1');
    return null;
  }
  if (kind === 'Kustomization' || kind === 'Component') {
    if (apiVersion.startsWith('kustomize.')) {
      report.at(document, [], 'a Kustomization, not a manifest', undefined, `kubectl kustomize ${document.folder} | evenkeel … -f -`);
      return null;
    }
  }
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
  const groupKind = `${group}/${kind}`;
  if (!isKnownVersion(document, group, kind, version, report)) return null;
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const { name, namespace } = metadata;
  const known = KINDS.has(groupKind);
  if (known && !HAS_NO_NAME.has(groupKind) && (typeof name !== 'string' || name === '')) {
    report.at(document, ['metadata', 'name'], `${kind} without a name`, name ?? undefined, 'metadata.name is a string');
    return null;
  }
  return {
    ...document,
    value: withoutSecrets(value),
    kind,
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' ? namespace : '',
    groupKind,
  };
}

/** `apiVersion: v1, kind: Deployment` is what kubectl has no match for; old beta versions have other fields. */
function isKnownVersion(document: Document, group: string, kind: string, version: string, report: Report): boolean {
  const known = KINDS.get(`${group}/${kind}`);
  if (known?.versions.includes(version)) return true;
  const elsewhere = [...KINDS]
    .filter(([key]) => key.endsWith(`/${kind}`))
    .map(([key, { versions }]) => `${key.startsWith('/') ? '' : `${key.split('/')[0]}/`}${versions[0]}`);
  const isBuiltIn = group === '' || group === 'apps' || group === 'extensions' || group.endsWith('.k8s.io');
  if (known === undefined && (elsewhere.length === 0 || !isBuiltIn)) return true;
  if (KINDS_WITHOUT_EFFECT.has(`${group}/${kind}`)) return true;
  report.at(
    document,
    ['apiVersion'],
    `no ${kind} in this version`,
    document.value && (document.value as PlainObject).apiVersion,
    `write ${elsewhere.join(' or ')}`,
  );
  return false;
}

/** A Secret's data are dropped here, also from the copy that `kubectl apply` leaves in an annotation. */
function withoutSecrets(value: PlainObject): PlainObject {
  const { data, stringData, ...rest } = value;
  const kept = value.kind === 'Secret' ? rest : value;
  const metadata = kept.metadata;
  if (!isObject(metadata) || !isObject(metadata.annotations) || !Object.hasOwn(metadata.annotations, LAST_APPLIED)) return kept;
  const { [LAST_APPLIED]: dropped, ...annotations } = metadata.annotations;
  return { ...kept, metadata: { ...metadata, annotations } };
}

/** Given twice, an object is what the last document says, at the place of the first, as with `kubectl apply`. */
function lastOfEach(manifests: readonly Manifest[], report: Report): Manifest[] {
  const kept = new Map<string, Manifest>();
  for (const [i, manifest] of manifests.entries()) {
    const key = KINDS.has(manifest.groupKind) ? `${manifest.groupKind}/${manifest.namespace || 'default'}/${manifest.name}` : `${i}`;
    const first = kept.get(key);
    if (first !== undefined) {
      report.assume(
        ['manifests', manifest.kind, manifest.name],
        placeInResult(manifest, []),
        `given twice, first at ${placeInResult(first, [])}: the last counts, as with kubectl apply`,
      );
    }
    kept.set(key, manifest);
  }
  return [...kept.values()];
}

/** `Deployment/checkout`. */
export function title(manifest: Manifest): string {
  return `${manifest.kind}/${manifest.name}`;
}
