/** What every controller that owns pods does alike: make a pod from its template, report its status, let dependents go with it. */
import { deriveKey } from '../random/stream.ts';
import type { Kubelet } from './kubelet.ts';
import { generatedName, nameSuffix } from './names.ts';
import type { Kind, KubernetesObject, Labels, Pod, PodTemplate } from './objects.ts';
import { isReady, untilAvailable } from './pod-state.ts';
import type { Cluster } from './store.ts';
import { ownerKey } from './store.ts';

/** A pod of this owner, not yet in the store. */
export function newPod(owner: KubernetesObject, template: PodTemplate, name: string, labels: Labels = {}, spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace,
      labels: { ...template.metadata?.labels, ...labels },
      annotations: template.metadata?.annotations,
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...template.spec, ...spec },
    status: { phase: 'Pending' },
  };
}

export function controllerReference(owner: KubernetesObject): {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid?: string;
  readonly controller: true;
} {
  return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true };
}

/** Names pods `<owner>-<five characters>`; no name comes twice. */
export class PodNames {
  private readonly cluster: Cluster;
  /** Owner → pods named so far. */
  private readonly made = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  next(owner: KubernetesObject): string {
    const { namespace = '', name } = owner.metadata;
    const id = `${namespace}/${owner.kind}/${name}`;
    for (;;) {
      const number = (this.made.get(id) ?? 0) + 1;
      this.made.set(id, number);
      const candidate = generatedName(name, nameSuffix(deriveKey(this.cluster.key, 'pod', id), number));
      if (this.cluster.get('Pod', namespace, candidate) === undefined) return candidate;
    }
  }
}

/** How many of the pods are Ready and available, and when the next one becomes available [ns, `Infinity` for never]. */
export function countPods(
  pods: readonly Pod[],
  minReadySeconds: number,
  nowNs: number,
): { readonly ready: number; readonly available: number; readonly nextNs: number } {
  let ready = 0;
  let available = 0;
  let nextNs = Number.POSITIVE_INFINITY;
  for (const pod of pods) {
    if (isReady(pod)) ready++;
    const wait = untilAvailable(pod, minReadySeconds, nowNs);
    if (wait === 0) available++;
    else nextNs = Math.min(nextNs, wait);
  }
  return { ready, available, nextNs };
}

/** Writes the status unless it already says so: no event without news. */
export function reportStatus(cluster: Cluster, owner: KubernetesObject, status: Readonly<Record<string, number>>): void {
  if (Object.entries(status).every(([field, value]) => owner.status?.[field] === value)) return;
  cluster.replace({ ...owner, status: { ...owner.status, ...status } });
}

const OWNERS: readonly Kind[] = ['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet', 'DaemonSet'];

/** Deleting an owner deletes what it owns (background propagation, kubectl's default). */
export function collectGarbage(cluster: Cluster, kubelet: Kubelet): void {
  const replicaSets = cluster.index('ReplicaSet', (replicaSet) => [ownerKey(replicaSet) ?? '']);
  for (const kind of OWNERS) {
    cluster.watch(kind, ({ type, object }) => {
      if (type !== 'DELETED') return;
      cluster.later(0, () => {
        const { namespace = '', name } = object.metadata;
        for (const pod of cluster.podsOf(object)) kubelet.terminate(pod);
        for (const replicaSet of replicaSets.get(`${namespace}/${kind}/${name}`)) cluster.remove('ReplicaSet', namespace, replicaSet.metadata.name);
      });
    });
  }
}
