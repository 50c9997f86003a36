/**
 * What the API server refuses, as far as it matters to the model: pure functions from an object to the causes of its refusal.
 * Source: kubernetes/kubernetes pkg/apis/{core,apps}/validation/validation.go, apimachinery pkg/util/validation.
 */
import { checkName, DNS_1035_LABEL, DNS_1035_TEXT, DNS_LABEL, DNS_LABEL_TEXT, DNS_SUBDOMAIN, DNS_SUBDOMAIN_TEXT, unsupported } from './admission-checks.ts';
import type { Cause } from './admission-error.ts';
import { isEmptySelector, matchesSelector } from './labels.ts';
import type { Deployment, KubernetesObject, LabelSelector, Service } from './objects.ts';
import { validateService } from './service-admission.ts';

/** Names of what an owner makes are longer by a hash or an ordinal and must fit 253. The server takes longer ones; their pods then fail. */
const LONGEST_OWNER_NAME = 240;

/** Every cause for refusing an object that has its defaults; none when it is right. */
export function validate(object: KubernetesObject): readonly Cause[] {
  return [...validateMetadata(object), ...(VALIDATORS[object.kind]?.(object) ?? [])];
}

const VALIDATORS: Readonly<Record<string, (object: KubernetesObject) => readonly Cause[]>> = {
  Service: (object) => validateService(object as Service),
  Deployment: (object) => [...validatePodOwner(object), ...validateStrategy(object as Deployment)],
  ReplicaSet: validatePodOwner,
  StatefulSet: validatePodOwner,
  DaemonSet: validatePodOwner,
  ReplicationController: validateReplicationController,
  Pod: (object) => validateContainers(object.spec?.containers, 'spec.containers'),
};

function validateMetadata(object: KubernetesObject): readonly Cause[] {
  const { name, namespace } = object.metadata;
  const causes: Cause[] = [];
  if (!name) return [{ field: 'metadata.name', type: 'Required value', message: 'name or generateName is required' }];
  if (object.kind === 'Service') causes.push(...checkName('metadata.name', name, DNS_1035_LABEL, DNS_1035_TEXT, 63));
  else if (object.kind === 'Namespace') causes.push(...checkName('metadata.name', name, DNS_LABEL, DNS_LABEL_TEXT, 63));
  else
    causes.push(
      ...checkName('metadata.name', name, DNS_SUBDOMAIN, DNS_SUBDOMAIN_TEXT, object.kind in VALIDATORS && object.kind !== 'Pod' ? LONGEST_OWNER_NAME : 253),
    );
  if (namespace) causes.push(...checkName('metadata.namespace', namespace, DNS_LABEL, DNS_LABEL_TEXT, 63));
  return causes;
}

function validatePodOwner(object: KubernetesObject): readonly Cause[] {
  const { selector, template } = (object.spec ?? {}) as {
    selector?: LabelSelector;
    template?: { metadata?: { labels?: Record<string, string> }; spec?: { containers?: unknown } };
  };
  return [
    ...validateReplicas(object),
    ...validateSelector(object.kind, selector, template?.metadata?.labels),
    ...validateContainers(template?.spec?.containers, 'spec.template.spec.containers'),
  ];
}

function validateSelector(kind: string, selector: LabelSelector | undefined, labels: Record<string, string> | undefined): readonly Cause[] {
  if (selector === undefined) return [{ field: 'spec.selector', type: 'Required value', message: '' }];
  if (isEmptySelector(selector))
    return [{ field: 'spec.selector', type: 'Invalid value', value: '{}', message: `empty selector is invalid for ${kind.toLowerCase()}` }];
  return matchesSelector(selector, labels) ? [] : [mismatch(labels)];
}

function validateReplicationController(object: KubernetesObject): readonly Cause[] {
  const { selector, template } = object.spec ?? {};
  const causes = [...validateReplicas(object), ...validateContainers(template?.spec?.containers, 'spec.template.spec.containers')];
  if (selector === undefined || Object.keys(selector).length === 0) return [...causes, { field: 'spec.selector', type: 'Required value', message: '' }];
  return matchesSelector({ matchLabels: selector }, template?.metadata?.labels) ? causes : [...causes, mismatch(template?.metadata?.labels)];
}

function mismatch(labels: Record<string, string> | undefined): Cause {
  return {
    field: 'spec.template.metadata.labels',
    type: 'Invalid value',
    value: JSON.stringify(labels ?? {}),
    message: '`selector` does not match template `labels`',
  };
}

/** More pods than a real cluster holds (150,000 is Kubernetes' own limit). Ours, not the server's: it would take the number and fail later. */
const MOST_REPLICAS = 100_000;

function validateReplicas({ spec }: KubernetesObject): readonly Cause[] {
  const replicas = spec?.replicas ?? 0;
  const refuse = (message: string): readonly Cause[] => [{ field: 'spec.replicas', type: 'Invalid value', value: String(replicas), message }];
  if (replicas < 0) return refuse('must be greater than or equal to 0');
  return replicas > MOST_REPLICAS ? refuse(`must be at most ${MOST_REPLICAS} to be simulated`) : [];
}

function validateContainers(containers: unknown, field: string): readonly Cause[] {
  return Array.isArray(containers) && containers.length > 0 ? [] : [{ field, type: 'Required value', message: '' }];
}

function validateStrategy({ spec }: Deployment): readonly Cause[] {
  const { type, rollingUpdate } = spec.strategy ?? {};
  const field = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate') return rollingUpdate ? [{ field, type: 'Forbidden', message: "may not be specified when strategy `type` is 'Recreate'" }] : [];
  if (type !== 'RollingUpdate') return [unsupported('spec.strategy.type', type ?? '', ['Recreate', 'RollingUpdate'])];
  if (!isZero(rollingUpdate?.maxSurge) || !isZero(rollingUpdate?.maxUnavailable)) return [];
  return [
    {
      field: `${field}.maxUnavailable`,
      type: 'Invalid value',
      value: JSON.stringify(rollingUpdate?.maxUnavailable),
      message: 'may not be 0 when `maxSurge` is 0',
    },
  ];
}

function isZero(value: number | string | undefined): boolean {
  return value === 0 || value === '0%';
}
