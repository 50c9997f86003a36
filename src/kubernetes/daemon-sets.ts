/**
 * DaemonSets: one pod on every node that its selector and taints allow, cordoned or not.
 * A new template replaces pods node by node, `maxUnavailable` (default 1) at a time.
 * Source: kubernetes/kubernetes pkg/controller/daemon. Simplified: maxSurge is not modelled, the old pod ends before the new one starts.
 */
import { resolve } from './deployments.ts';
import type { Kubelet } from './kubelet.ts';
import type { DaemonSet, NodeObject, Pod } from './objects.ts';
import { newPod, PodNames, reportStatus } from './pod-owner.ts';
import { isFinished, isReady, isTerminating, untilAvailable } from './pod-state.ts';
import { isOutdated, REVISION_LABEL, revisionOf } from './revisions.ts';
import { fitsNode } from './scheduler.ts';
import type { Cluster } from './store.ts';
import { controllerOf } from './store.ts';
import { splitKey, WorkQueue } from './work-queue.ts';

export class DaemonSets {
  private readonly cluster: Cluster;
  private readonly kubelet: Kubelet;
  private readonly names: PodNames;
  private readonly queue: WorkQueue;

  constructor(cluster: Cluster, kubelet: Kubelet) {
    this.cluster = cluster;
    this.kubelet = kubelet;
    this.names = new PodNames(cluster);
    this.queue = new WorkQueue(cluster, (key) => this.reconcile(key));
    cluster.watch('DaemonSet', ({ type, object, old }) => void (type !== 'DELETED' && object.spec !== old?.spec && this.add(object)));
    cluster.watch('Node', () => {
      for (const set of cluster.list('DaemonSet')) this.add(set);
    });
    cluster.watch('Pod', ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'DaemonSet') this.queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  }

  private add(set: DaemonSet): void {
    this.queue.add(`${set.metadata.namespace}/${set.metadata.name}`);
  }

  private reconcile(key: string): void {
    const set = this.cluster.get('DaemonSet', ...splitKey(key));
    if (set === undefined) return;
    const wanted = new Set(
      this.cluster
        .list('Node')
        .filter((node) => runsOn(set, node))
        .map((node) => node.metadata.name),
    );
    const covered = new Set<string>();
    for (const pod of this.cluster.podsOf(set)) {
      const node = pod.spec.nodeName ?? '';
      if (isFinished(pod) || !wanted.has(node) || (covered.has(node) && !isTerminating(pod))) this.kubelet.terminate(pod);
      else covered.add(node); // a terminating pod still holds its node
    }
    for (const nodeName of wanted) {
      if (!covered.has(nodeName))
        this.cluster.create(newPod(set, set.spec.template, this.names.next(set), { [REVISION_LABEL]: revisionOf(set) }, { nodeName }));
    }
    this.update(set, wanted.size);
    reportStatus(this.cluster, set, { desiredNumberScheduled: wanted.size, numberReady: this.cluster.podsOf(set).filter(isReady).length });
  }

  private update(set: DaemonSet, wanted: number): void {
    const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
    if (type !== 'RollingUpdate') return;
    const pods = this.cluster.podsOf(set);
    const unavailable = wanted - pods.filter((pod) => this.isAvailable(set, pod)).length;
    let allowed = Math.max(1, resolve(rollingUpdate?.maxUnavailable ?? 1, wanted, Math.ceil)) - unavailable;
    for (const pod of pods) {
      if (isTerminating(pod) || !isOutdated(pod, set)) continue;
      if (this.isAvailable(set, pod) && allowed-- <= 0) return;
      this.kubelet.terminate(pod);
    }
  }

  private isAvailable(set: DaemonSet, pod: Pod): boolean {
    return !isTerminating(pod) && untilAvailable(pod, set.spec.minReadySeconds ?? 0, this.cluster.clock.now) === 0;
  }
}

/** Its own pods tolerate the taints that cordons and pressure put on nodes, not those that an operator sets. */
function runsOn(set: DaemonSet, node: NodeObject): boolean {
  const { nodeName } = set.spec.template.spec;
  return (nodeName === undefined || nodeName === node.metadata.name) && fitsNode(set.spec.template.spec, node);
}
