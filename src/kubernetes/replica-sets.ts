/**
 * ReplicaSets and ReplicationControllers: keep a number of pods.
 *
 * Pods that match the selector and belong to nobody are adopted; own pods whose labels no longer match are let go (and replaced).
 * Source: kubernetes/kubernetes pkg/controller/replicaset and controller_utils.go (order of deletion).
 */
import type { Kubelet } from './kubelet.ts';
import { matchesSelector } from './labels.ts';
import type { LabelSelector, Pod, ReplicaSet, ReplicationController } from './objects.ts';
import { controllerReference, countPods, newPod, PodNames, reportStatus } from './pod-owner.ts';
import { isActive, isReady } from './pod-state.ts';
import type { Cluster, WatchEvent } from './store.ts';
import { controllerOf } from './store.ts';
import { splitKey, WorkQueue } from './work-queue.ts';

type Owner = ReplicaSet | ReplicationController;
const KINDS = ['ReplicaSet', 'ReplicationController'] as const;

/** Lower goes first when there are too many. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

export class ReplicaSets {
  private readonly cluster: Cluster;
  private readonly kubelet: Kubelet;
  private readonly names: PodNames;
  private readonly queue: WorkQueue;

  constructor(cluster: Cluster, kubelet: Kubelet) {
    this.cluster = cluster;
    this.kubelet = kubelet;
    this.names = new PodNames(cluster);
    this.queue = new WorkQueue(cluster, (key) => this.reconcile(key));
    for (const kind of KINDS)
      cluster.watch(kind, ({ type, object, old }) => void (type !== 'DELETED' && object.spec !== old?.spec && this.queue.add(keyOf(object))));
    cluster.watch('Pod', (event) => this.podChanged(event));
  }

  private podChanged({ type, object, old }: WatchEvent<Pod>): void {
    for (const pod of old === undefined ? [object] : [object, old]) {
      const owner = controllerOf(pod);
      if (owner?.kind === 'ReplicaSet' || owner?.kind === 'ReplicationController') this.queue.add(`${owner.kind}/${pod.metadata.namespace}/${owner.name}`);
    }
    if (type === 'DELETED' || controllerOf(object) !== undefined || !isActive(object)) return;
    for (const kind of KINDS) {
      for (const owner of this.cluster.list(kind, object.metadata.namespace))
        if (matchesSelector(selectorOf(owner), object.metadata.labels)) this.queue.add(keyOf(owner));
    }
  }

  private reconcile(key: string): void {
    const [kind, id] = splitKey(key);
    const owner = this.cluster.get(kind as (typeof KINDS)[number], ...splitKey(id));
    if (owner === undefined) return;
    this.claim(owner);
    const active = this.cluster.podsOf(owner).filter(isActive);
    const missing = owner.spec.replicas - active.length;
    for (let i = 0; i < missing; i++) this.cluster.create(newPod(owner, owner.spec.template, this.names.next(owner)));
    if (missing < 0) for (const pod of this.surplus(active, -missing)) this.kubelet.terminate(pod);
    this.report(owner, key);
  }

  /** Adopts and lets go. */
  private claim(owner: Owner): void {
    const selector = selectorOf(owner);
    const { namespace = '' } = owner.metadata;
    const labels = selector.matchLabels ?? {};
    const candidates = Object.keys(labels).length > 0 ? this.cluster.podsWith(namespace, labels) : this.cluster.list('Pod', namespace);
    for (const pod of candidates) {
      if (controllerOf(pod) !== undefined || !isActive(pod) || !matchesSelector(selector, pod.metadata.labels)) continue;
      this.cluster.replace({ ...pod, metadata: { ...pod.metadata, ownerReferences: [...(pod.metadata.ownerReferences ?? []), controllerReference(owner)] } });
    }
    for (const pod of this.cluster.podsOf(owner)) {
      if (matchesSelector(selector, pod.metadata.labels) || !isActive(pod)) continue;
      this.cluster.replace({
        ...pod,
        metadata: { ...pod.metadata, ownerReferences: pod.metadata.ownerReferences?.filter((reference) => reference.controller !== true) },
      });
    }
  }

  /**
   * Which pods go: without a node, then not ready, then cheap ones, then from nodes with most of them, then the newest.
   * `pods` is oldest first.
   */
  private surplus(pods: readonly Pod[], count: number): readonly Pod[] {
    const perNode = new Map<string, number>();
    const ranked = pods.map((pod, age) => {
      const node = pod.spec.nodeName ?? '';
      perNode.set(node, (perNode.get(node) ?? 0) + 1);
      return {
        pod,
        age,
        isPlaced: node !== '',
        isReady: isReady(pod),
        cost: Number(pod.metadata.annotations?.[DELETION_COST] ?? 0),
        rank: perNode.get(node) ?? 0,
      };
    });
    ranked.sort(
      (a, b) => Number(a.isPlaced) - Number(b.isPlaced) || Number(a.isReady) - Number(b.isReady) || a.cost - b.cost || b.rank - a.rank || b.age - a.age,
    );
    return ranked.slice(0, count).map(({ pod }) => pod);
  }

  private report(owner: Owner, key: string): void {
    const pods = this.cluster.podsOf(owner).filter(isActive);
    const { ready, available, nextNs } = countPods(pods, owner.spec.minReadySeconds ?? 0, this.cluster.clock.now);
    reportStatus(this.cluster, owner, { replicas: pods.length, readyReplicas: ready, availableReplicas: available });
    if (Number.isFinite(nextNs)) this.queue.addAfter(key, nextNs);
  }
}

function keyOf(owner: Owner): string {
  return `${owner.kind}/${owner.metadata.namespace}/${owner.metadata.name}`;
}

function selectorOf(owner: Owner): LabelSelector {
  return owner.kind === 'ReplicaSet' ? owner.spec.selector : { matchLabels: owner.spec.selector };
}
