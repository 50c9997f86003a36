/**
 * What a dump of a live cluster brings, made ready for our controllers: pods are adopted, not doubled.
 *
 *   Deployment ◄─ ReplicaSet ◄─ Pod      owners by reference; a ReplicaSet missing from the dump is made up from its Deployment
 *   StatefulSet, DaemonSet ◄─ Pod        pods count as up to date
 *   Job ◄─ Pod, ended or ending pods     left out: they serve nobody
 *   Service with selector ◄─ slices      left out: our controller writes them anew from the pods
 */
import { validate } from './admission.ts';
import { namespaceOf, withDefaults } from './defaulting.ts';
import { matchesSelector } from './labels.ts';
import type { DaemonSet, Deployment, EndpointSlice, KubernetesObject, Labels, Pod, StatefulSet } from './objects.ts';
import { isActive } from './pod-state.ts';
import { REVISION_LABEL, revisionOf } from './revisions.ts';
import { controllerOf, SERVICE_NAME_LABEL } from './store.ts';

/** Objects to create, in the given order; missing ReplicaSets stand before the pods that name them. */
export function prepareAdoption(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const byId = new Map(objects.map((object) => [idOf(object), object]));
  return objects.flatMap((object) => {
    if (object.kind === 'Pod') return adoptPod(object as Pod, objects, byId);
    if (object.kind === 'EndpointSlice') return isOurs(object as EndpointSlice, byId) ? [] : [object];
    return object.kind === 'Endpoints' ? mirrorEndpoints(object, byId) : [object];
  });
}

function adoptPod(pod: Pod, objects: readonly KubernetesObject[], byId: Map<string, KubernetesObject>): readonly KubernetesObject[] {
  const owner = controllerOf(pod);
  if (!isActive(pod) || owner?.kind === 'Job') return [];
  if (owner === undefined) return [pod];
  const found = byId.get(`${owner.kind} ${namespaceOf(pod)}/${owner.name}`);
  if ((found?.kind === 'StatefulSet' || found?.kind === 'DaemonSet') && isAdmissible(found))
    return [withLabel(pod, revisionOf(found as StatefulSet | DaemonSet))];
  if (found !== undefined) return [pod];
  const deployment = owner.kind === 'ReplicaSet' ? objects.find((object) => isDeploymentOf(object, pod)) : undefined;
  if (deployment === undefined) return [{ ...pod, metadata: { ...pod.metadata, ownerReferences: [] } }];
  const replicaSet = madeUpReplicaSet(deployment as Deployment, pod, owner.name);
  byId.set(idOf(replicaSet), replicaSet);
  return [replicaSet, pod];
}

function withLabel(pod: Pod, revision: string): Pod {
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [REVISION_LABEL]: revision } } };
}

function isDeploymentOf(object: KubernetesObject, pod: Pod): boolean {
  return (
    object.kind === 'Deployment' &&
    namespaceOf(object) === namespaceOf(pod) &&
    matchesSelector(object.spec?.selector ?? {}, pod.metadata.labels) &&
    isAdmissible(object)
  );
}

/** Owners that will be refused own nothing. */
function isAdmissible(object: KubernetesObject): boolean {
  return validate(withDefaults(object)).length === 0;
}

function madeUpReplicaSet({ metadata, spec, apiVersion }: Deployment, pod: Pod, name: string): KubernetesObject {
  const hash = pod.metadata.labels?.['pod-template-hash'];
  const label: Labels = hash === undefined ? {} : { 'pod-template-hash': hash };
  const labels = { ...spec.template.metadata?.labels, ...label };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: metadata.namespace, labels, ownerReferences: [{ apiVersion, kind: 'Deployment', name: metadata.name, controller: true }] },
    spec: {
      replicas: spec.replicas ?? 1,
      minReadySeconds: spec.minReadySeconds,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, ...label } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** The slice's Service is there and finds its pods itself. */
function isOurs(slice: EndpointSlice, byId: ReadonlyMap<string, KubernetesObject>): boolean {
  const service = byId.get(`Service ${namespaceOf(slice)}/${slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''}`);
  return hasSelector(service);
}

function hasSelector(service: KubernetesObject | undefined): boolean {
  return Object.keys(service?.spec?.selector ?? {}).length > 0;
}

/** The older Endpoints of a Service without selector become slices, one a subset, as the mirroring controller does. */
function mirrorEndpoints(endpoints: KubernetesObject, byId: ReadonlyMap<string, KubernetesObject>): readonly KubernetesObject[] {
  const { name } = endpoints.metadata;
  const namespace = namespaceOf(endpoints);
  const service = byId.get(`Service ${namespace}/${name}`);
  const hasSlices = [...byId.values()].some(
    (object) => object.kind === 'EndpointSlice' && namespaceOf(object) === namespace && object.metadata.labels?.[SERVICE_NAME_LABEL] === name,
  );
  if (service === undefined || hasSelector(service) || hasSlices) return [];
  const subsets: readonly Subset[] = Array.isArray(endpoints.subsets) ? endpoints.subsets : [];
  return subsets.map((subset, i) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-mirrored-${i}`, namespace, labels: { [SERVICE_NAME_LABEL]: name } },
    addressType: 'IPv4',
    ports: subset.ports ?? [],
    endpoints: [
      ...(subset.addresses ?? []).map((address) => mirrored(address, true)),
      ...(subset.notReadyAddresses ?? []).map((address) => mirrored(address, false)),
    ],
  }));
}

interface SubsetAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: unknown;
}

interface Subset {
  readonly addresses?: readonly SubsetAddress[];
  readonly notReadyAddresses?: readonly SubsetAddress[];
  readonly ports?: readonly unknown[];
}

function mirrored({ ip, hostname, nodeName, targetRef }: SubsetAddress, ready: boolean): unknown {
  return { addresses: [ip], conditions: { ready, serving: ready, terminating: false }, hostname, nodeName, targetRef };
}

function idOf(object: KubernetesObject): string {
  return `${object.kind} ${namespaceOf(object)}/${object.metadata.name}`;
}
