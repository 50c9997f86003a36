/** What a pod's conditions say: small questions that the controllers, the scheduler and the slices all ask. */
import { NANOSECONDS_PER_SECOND } from './clock.ts';
import type { Pod } from './objects.ts';

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Ran to its end; it does not come back and serves nobody. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Counts towards its owner's replicas. */
export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !isFinished(pod);
}

/**
 * How long until a pod counts as available.
 * @returns 0 when it does now, a time [ns] while minReadySeconds run, `Infinity` when it is not ready
 */
export function untilAvailable(pod: Pod, minReadySeconds: number, nowNs: number): number {
  if (!isReady(pod)) return Number.POSITIVE_INFINITY;
  const since = pod.status?.readySinceNs;
  return since === undefined ? 0 : Math.max(0, since + minReadySeconds * NANOSECONDS_PER_SECOND - nowNs);
}
