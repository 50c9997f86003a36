/** The cluster as `kubectl get … -A -o wide` would show it: rows of text, without ages. Printing is for others. */
import { loadBalancerAddresses } from './addresses.ts';
import { wantsProportionalHints } from './endpoint-hints.ts';
import { hintStatuses } from './hint-status.ts';
import { nodeAddress, zoneOf } from './nodes.ts';
import type { EndpointSlice, Ingress, KubernetesObject, NodeObject, Pod, Service } from './objects.ts';
import { isReady, isTerminating } from './pod-state.ts';
import type { Cluster } from './store.ts';

export interface ObjectTable {
  /** `nodes`, `pods`, … */
  readonly resource: string;
  readonly columns: readonly string[];
  /** One text per column; by namespace and name, nodes in their own order. */
  readonly rows: readonly (readonly string[])[];
}

const NONE = '<none>';
const OWNERS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController'] as const;

/** Tables of everything that carries or receives traffic; tables without rows are left out. */
export function describeCluster(cluster: Cluster): readonly ObjectTable[] {
  const tables: readonly ObjectTable[] = [
    { resource: 'nodes', columns: ['NAME', 'ZONE', 'INTERNAL-IP', 'EXTERNAL-IP', 'CPU'], rows: cluster.list('Node').map(nodeRow) },
    { resource: 'workloads', columns: ['NAMESPACE', 'NAME', 'READY'], rows: OWNERS.flatMap((kind) => byName(cluster.list(kind)).filter(isRoot).map(ownerRow)) },
    { resource: 'pods', columns: ['NAMESPACE', 'NAME', 'READY', 'STATUS', 'IP', 'NODE'], rows: byName(cluster.list('Pod')).map(podRow) },
    {
      resource: 'services',
      columns: ['NAMESPACE', 'NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'SELECTOR'],
      rows: byName(cluster.list('Service')).map(serviceRow),
    },
    {
      resource: 'trafficpolicies',
      columns: ['NAMESPACE', 'SERVICE', 'EXTERNAL', 'INTERNAL', 'HEALTH-CHECK', 'SOURCES', 'HINTS'],
      rows: byName(cluster.list('Service'))
        .filter((service) => isSpecial(cluster, service))
        .map((service) => policyRow(cluster, service)),
    },
    {
      resource: 'endpointslices',
      columns: ['NAMESPACE', 'NAME', 'ADDRESSTYPE', 'PORTS', 'ENDPOINTS'],
      rows: byName(cluster.list('EndpointSlice')).map(sliceRow),
    },
    { resource: 'ingresses', columns: ['NAMESPACE', 'NAME', 'CLASS', 'HOSTS', 'PORTS'], rows: byName(cluster.list('Ingress')).map(ingressRow) },
  ];
  return tables.filter((table) => table.rows.length > 0);
}

function byName<T extends KubernetesObject>(objects: readonly T[]): readonly T[] {
  const key = ({ metadata }: T) => `${metadata.namespace} ${metadata.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function nodeRow(node: NodeObject): readonly string[] {
  return [
    node.metadata.name,
    zoneOf(node) || NONE,
    nodeAddress(node, 'InternalIP') ?? NONE,
    nodeAddress(node, 'ExternalIP') ?? NONE,
    node.status.capacity?.cpu ?? NONE,
  ];
}

/** ReplicaSets of a Deployment are shown by it. */
function isRoot(object: KubernetesObject): boolean {
  return (object.metadata.ownerReferences ?? []).length === 0;
}

function ownerRow({ kind, metadata, spec, status }: KubernetesObject): readonly string[] {
  const ready = status?.readyReplicas ?? status?.numberReady ?? 0;
  return [metadata.namespace ?? '', `${kind.toLowerCase()}/${metadata.name}`, `${ready}/${status?.desiredNumberScheduled ?? spec?.replicas ?? 0}`];
}

function podRow(pod: Pod): readonly string[] {
  const { containers } = pod.spec;
  const state = isTerminating(pod) ? 'Terminating' : (pod.status?.phase ?? 'Pending');
  return [
    pod.metadata.namespace ?? '',
    pod.metadata.name,
    `${isReady(pod) ? containers.length : 0}/${containers.length}`,
    state,
    pod.status?.podIP ?? NONE,
    pod.spec.nodeName ?? NONE,
  ];
}

function serviceRow(service: Service): readonly string[] {
  const { metadata, spec } = service;
  const external = spec.type === 'ExternalName' ? [spec.externalName ?? ''] : [...loadBalancerAddresses(service), ...(spec.externalIPs ?? [])];
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`);
  const selector = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return [metadata.namespace ?? '', metadata.name, spec.type, spec.clusterIP || NONE, listed(external), listed(ports), listed(selector)];
}

/** It says more of the way of its traffic than the defaults do. */
function isSpecial(cluster: Cluster, service: Service): boolean {
  const { externalTrafficPolicy, internalTrafficPolicy, loadBalancerSourceRanges = [] } = service.spec;
  const isLocal = externalTrafficPolicy === 'Local' || internalTrafficPolicy === 'Local';
  return isLocal || loadBalancerSourceRanges.length > 0 || hintStatuses(cluster, service).length > 0;
}

function policyRow(cluster: Cluster, service: Service): readonly string[] {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, loadBalancerSourceRanges = [], trafficDistribution } = service.spec;
  const status = hintStatuses(cluster, service).at(-1);
  const asked = wantsProportionalHints(service) ? 'topology-mode Auto' : (trafficDistribution ?? 'hints of slices');
  return [
    service.metadata.namespace ?? '',
    service.metadata.name,
    externalTrafficPolicy ?? NONE,
    internalTrafficPolicy ?? NONE,
    healthCheckNodePort === undefined ? NONE : `port ${healthCheckNodePort}`,
    listed(loadBalancerSourceRanges),
    status === undefined ? NONE : `${asked}: ${status}`,
  ];
}

/** kubectl shows three and counts the rest. */
const SHOWN = 3;

function sliceRow({ metadata, addressType, ports, endpoints }: EndpointSlice): readonly string[] {
  const addresses = endpoints.flatMap((endpoint) => endpoint.addresses);
  const rest = addresses.length > SHOWN ? ` + ${addresses.length - SHOWN} more...` : '';
  const numbers = ports.map(({ port }) => String(port ?? '*'));
  return [metadata.namespace ?? '', metadata.name, addressType, listed(numbers), addresses.length === 0 ? NONE : addresses.slice(0, SHOWN).join(',') + rest];
}

function ingressRow({ metadata, spec }: Ingress): readonly string[] {
  const hosts = (spec?.rules ?? []).map(({ host }) => host || '*');
  return [
    metadata.namespace ?? '',
    metadata.name,
    spec?.ingressClassName ?? NONE,
    hosts.length === 0 ? '*' : hosts.join(','),
    (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
  ];
}

function listed(texts: readonly string[]): string {
  return texts.length === 0 ? NONE : texts.join(',');
}
