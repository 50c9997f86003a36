/**
 * What the API server refuses of a Service: types, ports, addresses, affinity, traffic policies.
 * Source: kubernetes/kubernetes 1.35 pkg/apis/core/validation/validation.go (ValidateService and what it calls).
 */
import {
  checkAddress,
  checkCidr,
  checkName,
  checkReachableAddress,
  DNS_LABEL,
  DNS_LABEL_TEXT,
  DNS_SUBDOMAIN,
  DNS_SUBDOMAIN_TEXT,
  unsupported,
} from './admission-checks.ts';
import type { Cause } from './admission-error.ts';
import type { Service, ServicePort } from './objects.ts';

/** Every cause for refusing a Service that has its defaults. */
export function validateService(service: Service): readonly Cause[] {
  return [
    ...validateServiceType(service),
    ...validateServicePorts(service),
    ...validateAddresses(service),
    ...validateAffinity(service),
    ...validateTrafficPolicies(service),
    ...validateLoadBalancer(service),
  ];
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

/** kubelet's own port: clouds used to open it to all. */
const KUBELET_PORT = 10_250;

function validateAddresses({ spec }: Service): readonly Cause[] {
  const { clusterIP, clusterIPs = [], externalIPs = [], ports = [] } = spec;
  const listed = clusterIP && clusterIPs.length === 0 ? [clusterIP] : clusterIPs;
  const causes = [
    ...listed.flatMap((address, i) => (address === 'None' ? [] : checkAddress(`spec.clusterIPs[${i}]`, address))),
    ...externalIPs.flatMap((address, i) => checkReachableAddress(`spec.externalIPs[${i}]`, address)),
  ];
  if (clusterIP && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    causes.push({ field: 'spec.clusterIPs', type: 'Invalid value', value: JSON.stringify(clusterIPs), message: 'first value must match `clusterIP`' });
  }
  if (spec.type !== 'LoadBalancer') return causes;
  const text = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
  const exposed = ports.flatMap(({ port }, i): Cause[] =>
    port === KUBELET_PORT ? [{ field: `spec.ports[${i}]`, type: 'Invalid value', value: String(port), message: text }] : [],
  );
  return [...causes, ...exposed];
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
  const { trafficDistribution } = spec;
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution))
    causes.push(unsupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS));
  return causes;
}

const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

function validateLoadBalancer({ spec }: Service): readonly Cause[] {
  const { healthCheckNodePort, loadBalancerSourceRanges = [] } = spec;
  const isBalancer = spec.type === 'LoadBalancer';
  const causes: Cause[] = [];
  if (healthCheckNodePort !== undefined && healthCheckNodePort !== 0) {
    const message = isBalancer && spec.externalTrafficPolicy === 'Local' ? portProblem(healthCheckNodePort) : NO_HEALTH_CHECK;
    if (message !== null) causes.push({ field: 'spec.healthCheckNodePort', type: 'Invalid value', value: String(healthCheckNodePort), message });
  }
  // The server writes this field with a capital letter.
  if (loadBalancerSourceRanges.length > 0 && !isBalancer) causes.push(onlyForLoadBalancer('LoadBalancerSourceRanges'));
  causes.push(...loadBalancerSourceRanges.flatMap((range, i) => checkCidr(`spec.LoadBalancerSourceRanges[${i}]`, range.trim())));
  if (isBalancer) return causes;
  if (spec.allocateLoadBalancerNodePorts !== undefined) causes.push(onlyForLoadBalancer('allocateLoadBalancerNodePorts'));
  if (spec.loadBalancerClass !== undefined) causes.push(onlyForLoadBalancer('loadBalancerClass'));
  return causes;
}

const NO_HEALTH_CHECK = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";

function portProblem(port: number): string | null {
  return isPort(port) ? null : 'must be between 1 and 65535, inclusive';
}

function isPolicy(text: string): boolean {
  return text === 'Cluster' || text === 'Local';
}

function onlyForLoadBalancer(field: string): Cause {
  return { field: `spec.${field}`, type: 'Forbidden', message: "may only be used when `type` is 'LoadBalancer'" };
}
