/**
 * What the API server refuses, as far as it matters to the model: pure functions from an object to the causes of its refusal.
 * Source: kubernetes/kubernetes pkg/apis/{core,apps}/validation/validation.go, apimachinery pkg/util/validation.
 */
import type { Cause } from './admission-error.ts';
import { isEmptySelector, matchesSelector } from './labels.ts';
import type { Deployment, KubernetesObject, LabelSelector, Service, ServicePort } from './objects.ts';

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const DNS_LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const DNS_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const DNS_SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

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

function checkName(field: string, name: string, pattern: RegExp, text: string, longest: number): readonly Cause[] {
  const value = JSON.stringify(name);
  if (name.length > longest) return [{ field, type: 'Invalid value', value, message: `must be no more than ${longest} bytes` }];
  return pattern.test(name) ? [] : [{ field, type: 'Invalid value', value, message: text }];
}

function validateService(service: Service): readonly Cause[] {
  return [...validateServiceType(service), ...validateServicePorts(service), ...validateAffinity(service), ...validateTrafficPolicies(service)];
}

const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function validateServiceType({ spec }: Service): readonly Cause[] {
  const isHeadless = spec.clusterIP === 'None';
  if (!SERVICE_TYPES.includes(spec.type)) return [unsupported('spec.type', spec.type, SERVICE_TYPES)];
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP) return [{ field: 'spec.clusterIPs[0]', type: 'Forbidden', message: 'may not be set for ExternalName services' }];
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    return name === ''
      ? [{ field: 'spec.externalName', type: 'Required value', message: '' }]
      : checkName('spec.externalName', name, DNS_SUBDOMAIN, DNS_SUBDOMAIN_TEXT, 253);
  }
  if (isHeadless && spec.type !== 'ClusterIP') {
    return [{ field: 'spec.clusterIPs[0]', type: 'Invalid value', value: '"None"', message: `may not be set to 'None' for ${spec.type} services` }];
  }
  if ((spec.ports ?? []).length === 0 && !isHeadless) return [{ field: 'spec.ports', type: 'Required value', message: '' }];
  return [];
}

function validateServicePorts({ spec }: Service): readonly Cause[] {
  const ports = spec.ports ?? [];
  const causes = ports.flatMap((port, i) => validateServicePort(port, `spec.ports[${i}]`, ports.length > 1, spec.type));
  const names = ports.map((port) => port.name || null);
  const sockets = ports.map((port) => `${port.protocol} ${port.port}`);
  const nodePorts = ports.map((port) => (port.nodePort ? `${port.protocol} ${port.nodePort}` : null));
  ports.forEach((port, i) => {
    const field = `spec.ports[${i}]`;
    if (isRepeated(names, i)) causes.push({ field: `${field}.name`, type: 'Duplicate value', value: JSON.stringify(port.name), message: '' });
    if (isRepeated(sockets, i))
      causes.push({ field, type: 'Duplicate value', value: JSON.stringify({ protocol: port.protocol, port: port.port }), message: '' });
    if (isRepeated(nodePorts, i)) causes.push({ field: `${field}.nodePort`, type: 'Duplicate value', value: String(port.nodePort), message: '' });
  });
  return causes;
}

function isRepeated(values: readonly (string | null)[], index: number): boolean {
  return values[index] !== null && values.indexOf(values[index]) < index;
}

function validateServicePort(port: ServicePort, field: string, isNameRequired: boolean, type: string): Cause[] {
  const causes: Cause[] = [];
  if (port.name) causes.push(...checkName(`${field}.name`, port.name, DNS_LABEL, DNS_LABEL_TEXT, 63));
  else if (isNameRequired) causes.push({ field: `${field}.name`, type: 'Required value', message: '' });
  if (!isPort(port.port))
    causes.push({ field: `${field}.port`, type: 'Invalid value', value: String(port.port ?? 0), message: 'must be between 1 and 65535, inclusive' });
  if (!['SCTP', 'TCP', 'UDP'].includes(port.protocol)) causes.push(unsupported(`${field}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  if (isPort(port.port)) causes.push(...validateTargetPort(port.targetPort, `${field}.targetPort`));
  if (port.nodePort && type === 'ClusterIP')
    causes.push({ field: `${field}.nodePort`, type: 'Forbidden', message: "may not be used when `type` is 'ClusterIP'" });
  return causes;
}

function validateTargetPort(target: number | string, field: string): readonly Cause[] {
  if (typeof target === 'number')
    return isPort(target) ? [] : [{ field, type: 'Invalid value', value: String(target), message: 'must be between 1 and 65535, inclusive' }];
  const value = JSON.stringify(target);
  const refuse = (message: string): readonly Cause[] => [{ field, type: 'Invalid value', value, message }];
  if (target.length > 15) return refuse('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(target)) return refuse('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(target)) return refuse('must contain at least one letter (a-z)');
  if (target.includes('--')) return refuse('must not contain consecutive hyphens');
  return target.startsWith('-') || target.endsWith('-') ? refuse('must not begin or end with a hyphen') : [];
}

function isPort(port: unknown): boolean {
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535;
}

const LONGEST_AFFINITY_SECONDS = 86_400;

function validateAffinity({ spec }: Service): readonly Cause[] {
  const { sessionAffinity, sessionAffinityConfig } = spec;
  if (sessionAffinity !== 'None' && sessionAffinity !== 'ClientIP') return [unsupported('spec.sessionAffinity', String(sessionAffinity), ['ClientIP', 'None'])];
  if (sessionAffinity === 'None') {
    return sessionAffinityConfig ? [{ field: 'spec.sessionAffinityConfig', type: 'Forbidden', message: 'must not be set when session affinity is None' }] : [];
  }
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 0;
  if (seconds > 0 && seconds <= LONGEST_AFFINITY_SECONDS) return [];
  // The server's own text; 86400 itself is accepted.
  return [
    {
      field: 'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      type: 'Invalid value',
      value: String(seconds),
      message: 'must be greater than 0 and less than 86400',
    },
  ];
}

function validateTrafficPolicies({ spec }: Service): readonly Cause[] {
  const causes: Cause[] = [];
  const { externalTrafficPolicy, internalTrafficPolicy } = spec;
  const isReachable = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;
  if (externalTrafficPolicy && !isReachable) {
    causes.push({
      field: 'spec.externalTrafficPolicy',
      type: 'Invalid value',
      value: JSON.stringify(externalTrafficPolicy),
      message: 'may only be set for externally-accessible services',
    });
  } else if (externalTrafficPolicy && !isPolicy(externalTrafficPolicy))
    causes.push(unsupported('spec.externalTrafficPolicy', externalTrafficPolicy, ['Cluster', 'Local']));
  if (internalTrafficPolicy && !isPolicy(internalTrafficPolicy))
    causes.push(unsupported('spec.internalTrafficPolicy', internalTrafficPolicy, ['Cluster', 'Local']));
  if (spec.type === 'LoadBalancer') return causes;
  if (spec.allocateLoadBalancerNodePorts !== undefined) causes.push(onlyForLoadBalancer('allocateLoadBalancerNodePorts'));
  if (spec.loadBalancerClass !== undefined) causes.push(onlyForLoadBalancer('loadBalancerClass'));
  return causes;
}

function isPolicy(text: string): boolean {
  return text === 'Cluster' || text === 'Local';
}

function onlyForLoadBalancer(field: string): Cause {
  return { field: `spec.${field}`, type: 'Forbidden', message: "may only be used when `type` is 'LoadBalancer'" };
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

function unsupported(field: string, value: string, supported: readonly string[]): Cause {
  return {
    field,
    type: 'Unsupported value',
    value: JSON.stringify(value),
    message: `supported values: ${supported.map((text) => JSON.stringify(text)).join(', ')}`,
  };
}
