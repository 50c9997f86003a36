/**
 * Placement: which node a pod runs on.
 *
 * Among the nodes that the pod may use (nodeName, nodeSelector, taints, cordons): fewest pods of the same owner, then fewest pods,
 * then the order of nodes. Simplified: the real scheduler also scores resources and affinities; even spread is what it tends to.
 */

import { matchesLabels } from './labels.ts';
import type { NodeObject, Pod, Taint, Toleration } from './objects.ts';
import { isActive, isFinished } from './pod-state.ts';
import type { Cluster, WatchEvent } from './store.ts';
import { ownerKey } from './store.ts';
import { splitKey, WorkQueue } from './work-queue.ts';

/** Pods per node, in the order of nodes. */
interface Counts {
  readonly all: number[];
  readonly byOwner: Map<string, number[]>;
}

export class Scheduler {
  private readonly cluster: Cluster;
  private readonly queue: WorkQueue;
  private readonly counts: Counts = { all: [], byOwner: new Map() };
  private nodes: readonly NodeObject[] = [];
  private readonly nodeIndex = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.queue = new WorkQueue(cluster, (key) => this.place(key));
    cluster.watch('Node', () => this.nodesChanged());
    cluster.watch('Pod', (event) => this.podChanged(event));
  }

  private nodesChanged(): void {
    this.nodes = this.cluster.list('Node');
    for (const [i, node] of this.nodes.entries()) this.nodeIndex.set(node.metadata.name, i); // nodes are never removed, so places stay
    for (const pod of this.cluster.list('Pod')) if (isUnplaced(pod)) this.queue.add(`${pod.metadata.namespace}/${pod.metadata.name}`);
  }

  private podChanged({ type, object, old }: WatchEvent<Pod>): void {
    if (old !== undefined) this.count(old, -1);
    if (type !== 'DELETED') this.count(object, 1);
    if (type === 'ADDED' && isUnplaced(object)) this.queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
  }

  private count(pod: Pod, step: number): void {
    const node = this.nodeIndex.get(pod.spec.nodeName ?? '');
    if (node === undefined || isFinished(pod)) return;
    this.counts.all[node] = (this.counts.all[node] ?? 0) + step;
    const owner = ownerKey(pod);
    if (owner === null || !isActive(pod)) return;
    const perNode = this.counts.byOwner.get(owner) ?? [];
    this.counts.byOwner.set(owner, perNode);
    perNode[node] = (perNode[node] ?? 0) + step;
  }

  private place(key: string): void {
    const pod = this.cluster.get('Pod', ...splitKey(key));
    if (pod === undefined || !isUnplaced(pod)) return;
    const node = this.choose(pod);
    if (node === null) this.markUnschedulable(pod);
    else this.cluster.replace({ ...pod, spec: { ...pod.spec, nodeName: node } });
  }

  private choose(pod: Pod): string | null {
    const ownPods = this.counts.byOwner.get(ownerKey(pod) ?? '');
    let best = -1;
    let bestOwn = 0;
    let bestAll = 0;
    for (let i = 0; i < this.nodes.length; i++) {
      if (!canRunOn(pod, this.nodes[i])) continue;
      const own = ownPods?.[i] ?? 0;
      const all = this.counts.all[i] ?? 0;
      if (best >= 0 && (own > bestOwn || (own === bestOwn && all >= bestAll))) continue;
      best = i;
      bestOwn = own;
      bestAll = all;
    }
    return best < 0 ? null : this.nodes[best].metadata.name;
  }

  private markUnschedulable(pod: Pod): void {
    const message = `0/${this.nodes.length} nodes are available: ${this.nodes.length} node(s) didn't match Pod's node affinity/selector or had untolerated taints.`;
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    this.cluster.replace({ ...pod, status: { ...pod.status, phase: 'Pending', conditions } });
  }
}

function isUnplaced(pod: Pod): boolean {
  return !pod.spec.nodeName && isActive(pod);
}

/** Selector, cordon and taints allow it. */
function canRunOn(pod: Pod, node: NodeObject): boolean {
  return !node.spec.unschedulable && fitsNode(pod.spec, node);
}

/** Selector and taints allow it; DaemonSets do not mind a cordon. */
export function fitsNode(spec: Pod['spec'], node: NodeObject): boolean {
  if (spec.nodeSelector !== undefined && !matchesLabels(spec.nodeSelector, node.metadata.labels)) return false;
  return (node.spec.taints ?? []).every(
    (taint) => taint.effect === 'PreferNoSchedule' || (spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
  );
}

function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
}
