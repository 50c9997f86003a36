/**
 * HorizontalPodAutoscalers, not followed: a workload starts, and stays, with max(spec.replicas, minReplicas).
 * Said as an assumption, since a real autoscaler would move it.
 */
import { namespaceOf } from './defaulting.ts';
import type { KubernetesObject } from './objects.ts';

/** A value nobody wrote that can move the result. */
export interface ClusterAssumption {
  /** JSON pointer as `sweep` writes it. */
  readonly path: string;
  readonly value: string;
  readonly why: string;
}

export interface Autoscaled {
  readonly objects: readonly KubernetesObject[];
  readonly assumptions: readonly ClusterAssumption[];
}

/** Raises the replicas of every workload that an autoscaler names. */
export function applyMinReplicas(objects: readonly KubernetesObject[]): Autoscaled {
  const autoscalers = objects.filter((object) => object.kind === 'HorizontalPodAutoscaler');
  const assumptions: ClusterAssumption[] = [];
  const raised = objects.map((object) => {
    const autoscaler = autoscalers.find((candidate) => isTarget(candidate, object));
    if (autoscaler === undefined) return object;
    const replicas = Math.max(object.spec?.replicas ?? 1, autoscaler.spec?.minReplicas ?? 1);
    assumptions.push({
      path: `/manifests/${object.kind}/${object.metadata.name}/spec/replicas`,
      value: String(replicas),
      why: `HorizontalPodAutoscaler ${autoscaler.metadata.name} is not followed: max(replicas, minReplicas) throughout`,
    });
    return { ...object, spec: { ...object.spec, replicas } };
  });
  return { objects: raised, assumptions };
}

function isTarget(autoscaler: KubernetesObject, object: KubernetesObject): boolean {
  const target = autoscaler.spec?.scaleTargetRef;
  return target?.kind === object.kind && target?.name === object.metadata.name && namespaceOf(autoscaler) === namespaceOf(object);
}
