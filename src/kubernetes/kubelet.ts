/**
 * What happens to a pod on its node: it gets an address, becomes Ready, and ends.
 *
 *   bound ─► address, Running ─► (probe delays) ─► Ready ─► deletionTimestamp ─► [preStop, SIGTERM, work ends] ─► object gone
 *
 * Pods that exist when the cluster is brought up are Ready at time 0. Sources: l4 timeline of pod termination
 * (kubernetes.io, Pod Lifecycle), kubernetes/api core/v1/types.go Probe.
 */

import type { Key } from '../random/stream.ts';
import { deriveKey, toUniform } from '../random/stream.ts';
import { NANOSECONDS_PER_SECOND, timestamp } from './clock.ts';
import { nodeAddress } from './nodes.ts';
import type { Container, Pod, PodSpec, PodStatus, Probe } from './objects.ts';
import type { PodAddresses } from './pod-addresses.ts';
import { isFinished, isReady, isTerminating } from './pod-state.ts';
import type { Cluster, WatchEvent } from './store.ts';

const DEFAULT_PERIOD_SECONDS = 10;
const DEFAULT_GRACE_SECONDS = 30;

export class Kubelet {
  private readonly cluster: Cluster;
  private readonly addresses: PodAddresses;

  constructor(cluster: Cluster, addresses: PodAddresses) {
    this.cluster = cluster;
    this.addresses = addresses;
    cluster.watch('Pod', (event) => this.podChanged(event));
  }

  /**
   * Asks a pod to end, as the API's DELETE does: `deletionTimestamp` is set now, the object goes when `exited` says so or the grace
   * period is over. A pod that never ran, or has no grace period, goes at once. Asking twice changes nothing.
   */
  terminate(pod: Pod): void {
    const { namespace = '', name } = pod.metadata;
    if (isTerminating(pod)) return;
    const graceSeconds = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    if (this.cluster.isSettling || pod.status?.podIP === undefined || isFinished(pod) || graceSeconds === 0) {
      this.cluster.remove('Pod', namespace, name);
      return;
    }
    const metadata = { ...pod.metadata, deletionTimestamp: timestamp(this.cluster.clock.now), deletionGracePeriodSeconds: graceSeconds };
    this.cluster.replace({ ...pod, metadata });
    this.cluster.later(graceSeconds * NANOSECONDS_PER_SECOND, () => this.removeIfSame(pod));
  }

  /** The pod's processes have ended after SIGTERM: the object goes. Unknown pods and pods that were not asked to end are left alone. */
  exited(namespace: string, name: string): void {
    const pod = this.cluster.get('Pod', namespace, name);
    if (pod !== undefined && isTerminating(pod)) this.cluster.remove('Pod', namespace, name);
  }

  private podChanged({ type, object, old }: WatchEvent<Pod>): void {
    if (type === 'DELETED') {
      if (object.status?.podIP !== undefined && object.spec.hostNetwork !== true) this.addresses.release(object.status.podIP);
    } else if (object.spec.nodeName && !old?.spec.nodeName) this.cluster.later(0, () => this.start(object));
  }

  private start(bound: Pod): void {
    const pod = this.current(bound);
    const node = this.cluster.get('Node', '', bound.spec.nodeName ?? '');
    if (pod === undefined || node === undefined || isTerminating(pod) || isFinished(pod)) return;
    const podIP = pod.status?.podIP ?? (pod.spec.hostNetwork ? nodeAddress(node, 'InternalIP') : undefined) ?? this.addresses.allocate(node.metadata.name);
    const delayNs = this.cluster.isSettling ? 0 : readinessDelayNs(pod, this.cluster.key);
    // What a dump says stands: a pod that is not ready there is not ready here.
    const isUnready = this.cluster.isSettling && hasReadyCondition(pod) && !isReady(pod);
    this.cluster.replace({ ...pod, status: this.running(pod, podIP, delayNs === 0 && !isUnready) });
    if (delayNs > 0) this.cluster.later(delayNs, () => this.becomeReady(bound));
  }

  private becomeReady(bound: Pod): void {
    const pod = this.current(bound);
    if (pod?.status?.podIP === undefined || isTerminating(pod)) return;
    this.cluster.replace({ ...pod, status: this.running(pod, pod.status.podIP, true) });
  }

  private running(pod: Pod, podIP: string, ready: boolean): PodStatus {
    const conditions = [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: ready ? 'True' : 'False' },
    ];
    const since = this.cluster.isSettling ? {} : { readySinceNs: this.cluster.clock.now };
    return { ...pod.status, phase: 'Running', podIP, conditions, ...(ready && since) };
  }

  private removeIfSame(pod: Pod): void {
    if (this.current(pod) !== undefined) this.cluster.remove('Pod', pod.metadata.namespace ?? '', pod.metadata.name);
  }

  /** The pod as it is now; `undefined` when it is gone, even if another has its name (StatefulSet). */
  private current(pod: Pod): Pod | undefined {
    const now = this.cluster.get('Pod', pod.metadata.namespace ?? '', pod.metadata.name);
    return now?.metadata.uid === pod.metadata.uid ? now : undefined;
  }
}

function hasReadyCondition(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === 'Ready') ?? false;
}

/**
 * From container start to Ready [ns]: of the slowest container, start-up probe then readiness probe, each its initial delay, a phase within
 * its period that belongs to the pod's name, and its further successes. 0 without probes. Simplified: start-up and answer take no time.
 */
export function readinessDelayNs(pod: Pod, key: Key): number {
  const delays = pod.spec.containers.map((container) => {
    const place = [pod.metadata.namespace ?? '', pod.metadata.name, container.name ?? ''];
    return (
      probeSeconds(container.startupProbe, deriveKey(key, 'startup', ...place)) + probeSeconds(container.readinessProbe, deriveKey(key, 'readiness', ...place))
    );
  });
  return Math.round(Math.max(0, ...delays) * NANOSECONDS_PER_SECOND);
}

function probeSeconds(probe: Probe | undefined, key: Key): number {
  if (probe === undefined) return 0;
  const period = probe.periodSeconds || DEFAULT_PERIOD_SECONDS;
  return (probe.initialDelaySeconds ?? 0) + toUniform(key.low) * period + ((probe.successThreshold ?? 1) - 1) * period;
}

/** How long SIGTERM waits for the pre-stop hook [ns], longest container, at most the grace period; hooks whose time we cannot know count as 0. */
export function preStopNs(pod: { readonly spec: PodSpec }): number {
  const grace = pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return Math.min(grace, Math.max(0, ...pod.spec.containers.map(preStopSeconds))) * NANOSECONDS_PER_SECOND;
}

function preStopSeconds({ lifecycle }: Container): number {
  const { sleep, exec } = lifecycle?.preStop ?? {};
  if (sleep !== undefined) return sleep.seconds ?? 0;
  const found = /(?:^|[\s;&|/])sleep\s+(\d+(?:\.\d+)?)/.exec((exec?.command ?? []).join(' '));
  return found === null ? 0 : Number(found[1]);
}
