/**
 * The border: does a document have the types that its kind demands, in the fields that the model reads?
 * Past it the rest of this folder trusts them. Nulls count as absent, as the API server reads them.
 */
import { AdmissionError } from './admission-error.ts';
import type { KubernetesObject } from './objects.ts';

type Shape = 'string' | 'integer' | 'boolean' | 'intOrString' | 'stringMap' | readonly [Shape] | { readonly [field: string]: Shape };

const LABEL_SELECTOR: Shape = { matchLabels: 'stringMap', matchExpressions: [{ key: 'string', operator: 'string', values: ['string'] }] };
const PROBE: Shape = { initialDelaySeconds: 'integer', periodSeconds: 'integer', successThreshold: 'integer' };
const CONTAINER: Shape = {
  name: 'string',
  ports: [{ name: 'string', containerPort: 'integer', protocol: 'string' }],
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: { preStop: { sleep: { seconds: 'integer' }, exec: { command: ['string'] } } },
  restartPolicy: 'string',
};
const POD_SPEC: Shape = {
  containers: [CONTAINER],
  initContainers: [CONTAINER],
  nodeName: 'string',
  nodeSelector: 'stringMap',
  tolerations: [{ key: 'string', operator: 'string', value: 'string', effect: 'string' }],
  hostNetwork: 'boolean',
  hostname: 'string',
  subdomain: 'string',
  terminationGracePeriodSeconds: 'integer',
};
const POD_OWNER: Shape = {
  replicas: 'integer',
  minReadySeconds: 'integer',
  paused: 'boolean',
  selector: LABEL_SELECTOR,
  template: { metadata: { labels: 'stringMap', annotations: 'stringMap' }, spec: POD_SPEC },
  strategy: { type: 'string', rollingUpdate: { maxSurge: 'intOrString', maxUnavailable: 'intOrString' } },
  updateStrategy: { type: 'string', rollingUpdate: { partition: 'integer', maxUnavailable: 'intOrString' } },
  serviceName: 'string',
  podManagementPolicy: 'string',
  ordinals: { start: 'integer' },
};
const SERVICE_SPEC: Shape = {
  type: 'string',
  selector: 'stringMap',
  ports: [{ name: 'string', protocol: 'string', port: 'integer', targetPort: 'intOrString', nodePort: 'integer' }],
  clusterIP: 'string',
  clusterIPs: ['string'],
  externalIPs: ['string'],
  externalName: 'string',
  sessionAffinity: 'string',
  sessionAffinityConfig: { clientIP: { timeoutSeconds: 'integer' } },
  externalTrafficPolicy: 'string',
  internalTrafficPolicy: 'string',
  trafficDistribution: 'string',
  healthCheckNodePort: 'integer',
  loadBalancerSourceRanges: ['string'],
  publishNotReadyAddresses: 'boolean',
  allocateLoadBalancerNodePorts: 'boolean',
  loadBalancerIP: 'string',
  loadBalancerClass: 'string',
};
const BACKEND: Shape = { service: { name: 'string', port: { number: 'integer', name: 'string' } } };

const METADATA: Shape = {
  name: 'string',
  namespace: 'string',
  uid: 'string',
  labels: 'stringMap',
  annotations: 'stringMap',
  ownerReferences: [{ kind: 'string', name: 'string', controller: 'boolean' }],
};

const ADDRESSES: Shape = [{ ip: 'string', hostname: 'string', nodeName: 'string' }];

const SHAPES: Readonly<Record<string, { readonly [field: string]: Shape }>> = {
  Node: {
    status: { addresses: [{ type: 'string', address: 'string' }] },
    spec: { podCIDR: 'string', unschedulable: 'boolean', taints: [{ key: 'string', value: 'string', effect: 'string' }] },
  },
  Pod: { spec: POD_SPEC, status: { phase: 'string', podIP: 'string', conditions: [{ type: 'string', status: 'string' }] } },
  Service: { spec: SERVICE_SPEC, status: { loadBalancer: { ingress: [{ ip: 'string', hostname: 'string' }] } } },
  Deployment: { spec: POD_OWNER },
  ReplicaSet: { spec: POD_OWNER },
  StatefulSet: { spec: POD_OWNER },
  DaemonSet: { spec: POD_OWNER },
  ReplicationController: { spec: { ...POD_OWNER, selector: 'stringMap' } },
  EndpointSlice: {
    addressType: 'string',
    ports: [{ name: 'string', port: 'integer', protocol: 'string' }],
    endpoints: [
      {
        addresses: ['string'],
        conditions: { ready: 'boolean', serving: 'boolean', terminating: 'boolean' },
        hostname: 'string',
        nodeName: 'string',
        zone: 'string',
        hints: { forZones: [{ name: 'string' }], forNodes: [{ name: 'string' }] },
        targetRef: { kind: 'string', name: 'string' },
      },
    ],
  },
  Endpoints: { subsets: [{ addresses: ADDRESSES, notReadyAddresses: ADDRESSES, ports: [{ name: 'string', port: 'integer', protocol: 'string' }] }] },
  Ingress: {
    spec: {
      ingressClassName: 'string',
      defaultBackend: BACKEND,
      tls: [{ hosts: ['string'], secretName: 'string' }],
      rules: [{ host: 'string', http: { paths: [{ path: 'string', pathType: 'string', backend: BACKEND }] } }],
    },
  },
  IngressClass: { spec: { controller: 'string' } },
  HorizontalPodAutoscaler: { spec: { minReplicas: 'integer', scaleTargetRef: { kind: 'string', name: 'string' } } },
};

/** Go's names for types, as the server's messages have them. */
const GO_TYPES: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int32',
  boolean: 'bool',
  intOrString: 'intstr.IntOrString',
  stringMap: 'map[string]string',
};

/**
 * The object without nulls.
 * @throws AdmissionError (BadRequest) that names the first field of a wrong type
 */
export function decode(object: KubernetesObject): KubernetesObject {
  const given = withoutNulls(object) as KubernetesObject;
  const clean = { ...given, metadata: given.metadata ?? { name: '' } };
  const wrong = firstMismatch(clean, { metadata: METADATA, ...SHAPES[object.kind] }, '');
  if (wrong === null) return clean;
  const { field, found, wanted } = wrong;
  const message = `json: cannot unmarshal ${found} into Go struct field ${field} of type ${wanted}`;
  const text = `Error from server (BadRequest): ${object.kind} in version "${object.apiVersion}" cannot be handled as a ${object.kind}: ${message}`;
  throw new AdmissionError('BadRequest', text, [{ field, type: 'Invalid value', message }]);
}

/** Drops null fields; parts without nulls are shared, not copied. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls);
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  const before = Object.entries(value);
  const after = before.filter(([, field]) => field !== null && field !== undefined).map(([key, field]): [string, unknown] => [key, withoutNulls(field)]);
  const isUnchanged = after.length === before.length && after.every(([, field], i) => field === before[i][1]);
  return isUnchanged ? value : Object.fromEntries(after);
}

interface Mismatch {
  readonly field: string;
  readonly found: string;
  readonly wanted: string;
}

function firstMismatch(value: unknown, shape: Shape, field: string): Mismatch | null {
  if (value === undefined) return null;
  if (typeof shape === 'string') return matchesType(value, shape) ? null : { field, found: jsonType(value), wanted: GO_TYPES[shape] };
  if (isList(shape)) {
    if (!Array.isArray(value)) return { field, found: jsonType(value), wanted: 'array' };
    return firstFound(value, (item, i) => firstMismatch(item ?? '', shape[0], `${field}[${i}]`));
  }
  if (jsonType(value) !== 'object') return { field, found: jsonType(value), wanted: 'object' };
  const fields = value as Readonly<Record<string, unknown>>;
  return firstFound(Object.keys(shape), (key) =>
    Object.hasOwn(fields, key) ? firstMismatch(fields[key], shape[key], field === '' ? key : `${field}.${key}`) : null,
  );
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function firstFound<T>(items: readonly T[], find: (item: T, index: number) => Mismatch | null): Mismatch | null {
  for (let i = 0; i < items.length; i++) {
    const found = find(items[i], i);
    if (found !== null) return found;
  }
  return null;
}

function matchesType(value: unknown, type: string): boolean {
  if (type === 'integer') return isInt32(value);
  if (type === 'intOrString') return typeof value === 'string' || isInt32(value);
  if (type === 'stringMap') return jsonType(value) === 'object' && Object.values(value as object).every((entry) => typeof entry === 'string');
  return typeof value === type;
}

function isInt32(value: unknown): boolean {
  return value === Math.trunc(Number(value)) && Math.abs(Number(value)) < 2147483648;
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
