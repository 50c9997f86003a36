/** `spec.cluster` and what the manifests say of the cluster (Node objects, KubeProxyConfiguration) → `ClusterSpec`. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { LawSpec } from '../random/law.ts';
import { isUnitProblem, parseQuantity } from '../units.ts';
import { readConntrack } from './conntrack.ts';
import type { Context } from './context.ts';
import { isObject, type Path } from './document.ts';
import { readKubeProxy } from './kube-proxy.ts';
import { readLaw } from './laws.ts';
import { readLoadBalancer } from './load-balancer.ts';
import { collectManifests, type Manifest } from './manifests.ts';
import type { ClusterSpec, NodeSpec } from './scenario.ts';
import type { ClusterInput, NodeGroupInput, NodeInput } from './schema-source.ts';
import { DEFAULT_KUBERNETES_VERSION, versionDefaults } from './versions.ts';
import { parseDocuments } from './yaml.ts';

const PATH: Path = ['spec', 'cluster'];
const DEFAULT_NODES = 3;
const DEFAULT_CPU = 8;
const MOST_NODES = 10_000;
const LATENCY = { sameNode: '50us', sameZone: '300us', crossZone: '1ms', external: '18ms' } as const;
const ZONE_LABELS = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];

export interface ClusterSources {
  readonly objects: readonly KubernetesObject[];
  /** The last KubeProxyConfiguration of the manifests. */
  readonly kubeProxy: Manifest | undefined;
  /** `--kube-proxy`. */
  readonly kubeProxyFlag: string | undefined;
}

export function readCluster(context: Context, input: ClusterInput = {}, sources: ClusterSources): ClusterSpec {
  const kubernetesVersion = input.kubernetesVersion ?? DEFAULT_KUBERNETES_VERSION;
  const defaults = versionDefaults(kubernetesVersion);
  return {
    kubernetesVersion,
    defaults,
    nodes: readNodes(context, input.nodes, sources.objects),
    kubeProxy: readKubeProxy(context, { flag: sources.kubeProxyFlag, input: input.kubeProxy, configuration: sources.kubeProxy }, kubernetesVersion),
    latency: readLatency(context, input.network?.latency),
    loadBalancer: readLoadBalancer(context, [...PATH, 'loadBalancer'], input.loadBalancer),
    conntrack: readConntrack(context, [...PATH, 'conntrack'], input.conntrack, {
      configuration: sources.kubeProxy,
      udpCleanup: defaults.udpConntrackCleanup,
    }),
    dns: readDns(context, [...PATH, 'dns'], input.dns),
    ingress: readIngress(context, input.ingress, sources.objects),
    addressSeed: String(input.addressSeed ?? 1),
  };
}

// ---- nodes ----

function readNodes(context: Context, input: NodeGroupInput | readonly NodeInput[] | undefined, objects: readonly KubernetesObject[]): readonly NodeSpec[] {
  const path = [...PATH, 'nodes'];
  if (Array.isArray(input)) return nodesFromList(context, path, input);
  const group = input as NodeGroupInput | undefined;
  if (group?.from !== undefined) return nodesFromFile(context, [...path, 'from'], group.from);
  const found = objects.filter((object) => object.kind === 'Node').map((object) => nodeFromObject(object));
  if (group === undefined && found.length > 0) return found;
  if (group === undefined) context.report.assume(path, `${DEFAULT_NODES} nodes of ${DEFAULT_CPU} CPUs, one zone, no public addresses`, 'not in the manifests');
  const count = group?.count ?? DEFAULT_NODES;
  if (group !== undefined && group.count === undefined) context.report.assume([...path, 'count'], String(count), 'not written');
  const cpu = readCpu(context, [...path, 'cpu'], group?.cpu);
  return Array.from({ length: count }, (_, i) => ({
    name: `node-${i + 1}`,
    zone: group?.zones?.[i % group.zones.length] ?? '',
    cpu,
    public: group?.public ?? false,
    labels: {},
  }));
}

function readCpu(context: Context, path: Path, value: number | string | undefined): number {
  if (value === undefined) return DEFAULT_CPU;
  const cpu = parseQuantity(value);
  if (!isUnitProblem(cpu) && cpu > 0) return cpu;
  context.issue(path, 'not a number of CPUs', value, 'write 8, 0.5 or 500m');
  return DEFAULT_CPU;
}

function nodesFromList(context: Context, path: Path, list: readonly NodeInput[]): readonly NodeSpec[] {
  const nodes = list.flatMap((node, index) => {
    const cpu = readCpu(context, [...path, index, 'cpu'], node.cpu);
    const shared = { zone: node.zone ?? '', cpu, public: node.public ?? false, labels: node.labels ?? {} };
    if (node.count === undefined) return [{ name: node.name, ...shared }];
    return Array.from({ length: node.count }, (_, i) => ({ name: `${node.name}-${i + 1}`, ...shared }));
  });
  const names = new Set<string>();
  for (const { name } of nodes) {
    if (names.has(name)) context.issue(path, 'two nodes with one name', name);
    names.add(name);
  }
  if (nodes.length > MOST_NODES) context.issue(path, 'too many nodes', nodes.length, `at most ${MOST_NODES}`);
  return nodes.slice(0, MOST_NODES);
}

function nodesFromFile(context: Context, path: Path, file: string): readonly NodeSpec[] {
  const text = context.data.get(file);
  if (text === undefined) return [];
  const manifests = collectManifests(parseDocuments({ file, relativeName: file, folder: '.', text }, context.report), context.report);
  const nodes = manifests.filter((manifest) => manifest.groupKind === '/Node').map((manifest) => nodeFromObject(manifest.value as unknown as KubernetesObject));
  if (nodes.length === 0) context.issue(path, 'no Node in this file', file, 'kubectl get nodes -o json > nodes.json');
  return nodes;
}

function nodeFromObject(node: KubernetesObject): NodeSpec {
  const labels = node.metadata.labels ?? {};
  const cpu = parseQuantity(node.status?.allocatable?.cpu ?? node.status?.capacity?.cpu ?? DEFAULT_CPU);
  const address = (type: string): string | undefined =>
    Array.isArray(node.status?.addresses) ? node.status.addresses.find((entry: unknown) => isObject(entry) && entry.type === type)?.address : undefined;
  const internalIp = address('InternalIP');
  const externalIp = address('ExternalIP');
  return {
    name: node.metadata.name,
    zone: ZONE_LABELS.map((label) => labels[label]).find((zone) => zone !== undefined) ?? '',
    cpu: isUnitProblem(cpu) || cpu <= 0 ? DEFAULT_CPU : cpu,
    public: externalIp !== undefined,
    labels,
    ...(internalIp !== undefined && { internalIp }),
    ...(externalIp !== undefined && { externalIp }),
  };
}

// ---- network, ingress ----

function readLatency(context: Context, input: NonNullable<ClusterInput['network']>['latency'] = {}): ClusterSpec['latency'] {
  const path = [...PATH, 'network', 'latency'];
  const names = Object.keys(LATENCY) as (keyof typeof LATENCY)[];
  const missing = names.filter((name) => input[name] === undefined);
  if (missing.length > 0) context.report.assume(path, missing.map((name) => `${name} ${LATENCY[name]}`).join(', '), 'not written; one way');
  const laws = names.map((name): [string, LawSpec] => [name, readLaw(context, [...path, name], input[name] ?? LATENCY[name])]);
  return Object.fromEntries(laws) as ClusterSpec['latency'];
}

const LONGEST_TTL_NS = 3600e9;

/** Defaults of kubeadm's Corefile: `ttl 30`, `cache 30`, `loadbalance`. */
function readDns(context: Context, path: Path, input: ClusterInput['dns'] = {}): ClusterSpec['dns'] {
  const time = (name: 'ttl' | 'cache') => {
    const ns = context.timeNs([...path, name], input[name], 30e9);
    if (ns > LONGEST_TTL_NS) context.issue([...path, name], 'time to live out of range', input[name], '0s to 3600s');
    return ns;
  };
  return {
    ttlNs: time('ttl'),
    cacheNs: time('cache'),
    shuffle: input.shuffle === undefined || input.shuffle === 'on' || input.shuffle === true,
    lookup: input.lookup === undefined ? null : readLaw(context, [...path, 'lookup'], input.lookup),
  };
}

function readIngress(context: Context, input: ClusterInput['ingress'] = {}, objects: readonly KubernetesObject[]): ClusterSpec['ingress'] {
  const ingress = { class: input.class ?? 'nginx', replicas: input.replicas ?? 2, workers: input.workers ?? 2 };
  if (objects.some((object) => object.kind === 'Ingress')) {
    const brought = objects.some((object) => object.kind === 'IngressClass');
    const written = brought ? ['replicas', 'class'] : [];
    const assumed = (['class', 'replicas', 'workers'] as const).filter((name) => input[name] === undefined && !written.includes(name));
    if (assumed.length > 0) context.report.assume([...PATH, 'ingress'], assumed.map((name) => `${name} ${ingress[name]}`).join(', '), 'not in the manifests');
  }
  return ingress;
}
