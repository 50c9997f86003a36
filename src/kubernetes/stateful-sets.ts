/**
 * StatefulSets: pods with ordinal names that come back under their name (and a new address).
 * OrderedReady makes and ends them one after the other, Parallel at once; updates go from the highest ordinal down.
 * Source: kubernetes/kubernetes pkg/controller/statefulset/stateful_set_control.go.
 */
import type { Kubelet } from './kubelet.ts';
import type { Pod, StatefulSet } from './objects.ts';
import { countPods, newPod, reportStatus } from './pod-owner.ts';
import { isActive, isFinished, isTerminating, untilAvailable } from './pod-state.ts';
import { isOutdated, REVISION_LABEL, revisionOf } from './revisions.ts';
import type { Cluster } from './store.ts';
import { controllerOf } from './store.ts';
import { splitKey, WorkQueue } from './work-queue.ts';

export class StatefulSets {
  private readonly cluster: Cluster;
  private readonly kubelet: Kubelet;
  private readonly queue: WorkQueue;

  constructor(cluster: Cluster, kubelet: Kubelet) {
    this.cluster = cluster;
    this.kubelet = kubelet;
    this.queue = new WorkQueue(cluster, (key) => this.reconcile(key));
    cluster.watch(
      'StatefulSet',
      ({ type, object, old }) =>
        void (type !== 'DELETED' && object.spec !== old?.spec && this.queue.add(`${object.metadata.namespace}/${object.metadata.name}`)),
    );
    cluster.watch('Pod', ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'StatefulSet') this.queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  }

  private reconcile(key: string): void {
    const set = this.cluster.get('StatefulSet', ...splitKey(key));
    if (set === undefined) return;
    if (this.fill(set) && this.shrink(set)) this.update(set);
    this.report(set, key);
  }

  /** Makes missing pods. @returns false while the next step has to wait for a pod */
  private fill(set: StatefulSet): boolean {
    const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
    const first = set.spec.ordinals?.start ?? 0;
    const pods = this.byOrdinal(set);
    for (let ordinal = first; ordinal < first + set.spec.replicas; ordinal++) {
      const pod = pods.get(ordinal);
      if (pod === undefined) this.create(set, ordinal);
      else if (isFinished(pod)) this.kubelet.terminate(pod);
      if (isOrdered && (pod === undefined || !this.isAvailable(set, pod))) return false;
    }
    return true;
  }

  /** Ends pods beyond the wanted number. @returns false while some are left */
  private shrink(set: StatefulSet): boolean {
    const isOrdered = set.spec.podManagementPolicy !== 'Parallel';
    const end = (set.spec.ordinals?.start ?? 0) + set.spec.replicas;
    const first = set.spec.ordinals?.start ?? 0;
    const condemned = [...this.byOrdinal(set)].filter(([ordinal]) => ordinal >= end || ordinal < first).sort(([a], [b]) => b - a);
    for (const [, pod] of isOrdered ? condemned.slice(0, 1) : condemned) this.kubelet.terminate(pod);
    return condemned.length === 0;
  }

  /** Ends the highest outdated pod, once all are well; it comes back with the new template. */
  private update(set: StatefulSet): void {
    const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
    const pods = [...this.byOrdinal(set)].sort(([a], [b]) => b - a);
    if (type !== 'RollingUpdate' || pods.some(([, pod]) => !this.isAvailable(set, pod))) return;
    const outdated = pods.find(([ordinal, pod]) => ordinal >= (rollingUpdate?.partition ?? 0) && isOutdated(pod, set));
    if (outdated !== undefined) this.kubelet.terminate(outdated[1]);
  }

  private create(set: StatefulSet, ordinal: number): void {
    const name = `${set.metadata.name}-${ordinal}`;
    const labels = { 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal), [REVISION_LABEL]: revisionOf(set) };
    if (this.cluster.get('Pod', set.metadata.namespace ?? '', name) !== undefined) return; // somebody else's pod has the name
    this.cluster.create(newPod(set, set.spec.template, name, labels, { hostname: name, subdomain: set.spec.serviceName }));
  }

  private byOrdinal(set: StatefulSet): ReadonlyMap<number, Pod> {
    const prefix = `${set.metadata.name}-`;
    const pods = this.cluster.podsOf(set).filter((pod) => /^\d+$/.test(pod.metadata.name.slice(prefix.length)));
    return new Map(pods.map((pod) => [Number(pod.metadata.name.slice(prefix.length)), pod]));
  }

  private isAvailable(set: StatefulSet, pod: Pod): boolean {
    return !isTerminating(pod) && untilAvailable(pod, set.spec.minReadySeconds ?? 0, this.cluster.clock.now) === 0;
  }

  private report(set: StatefulSet, key: string): void {
    const pods = this.cluster.podsOf(set).filter(isActive);
    const { ready, available, nextNs } = countPods(pods, set.spec.minReadySeconds ?? 0, this.cluster.clock.now);
    reportStatus(this.cluster, set, { replicas: pods.length, readyReplicas: ready, availableReplicas: available });
    if (Number.isFinite(nextNs)) this.queue.addAfter(key, nextNs);
  }
}
