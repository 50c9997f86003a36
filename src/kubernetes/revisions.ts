/** The label by which StatefulSets and DaemonSets know pods of an old template. */
import { templateHash } from './names.ts';
import type { DaemonSet, Pod, StatefulSet } from './objects.ts';

export const REVISION_LABEL = 'controller-revision-hash';

/** Simplified: the hash is our own, so adopted pods get it at bring-up and count as up to date. */
export function revisionOf(owner: StatefulSet | DaemonSet): string {
  return `${owner.metadata.name}-${templateHash(owner.spec.template)}`;
}

export function isOutdated(pod: Pod, owner: StatefulSet | DaemonSet): boolean {
  return pod.metadata.labels?.[REVISION_LABEL] !== revisionOf(owner);
}
