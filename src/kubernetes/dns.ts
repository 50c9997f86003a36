/**
 * Cluster DNS: what a name means inside a pod.
 *
 * A pod's resolver completes short names with the search list of its namespace (ndots 5), then asks CoreDNS, which answers from the store.
 * Sources: kubernetes/dns docs/specification.md; coredns plugin/kubernetes. Simplified: A records only (no SRV, PTR, IPv6), one cluster
 * domain, and nothing is known about names of the world outside.
 */
import { parseIpv4 } from './ipv4.ts';
import type { Service } from './objects.ts';
import type { Cluster } from './store.ts';

export const CLUSTER_DOMAIN = 'cluster.local';

/** Names with fewer dots go through the search list first. */
const NDOTS = 5;
/** CNAME chains longer than this are loops. */
const LONGEST_CHAIN = 8;

export type DnsAnswer =
  /** `name` is the full name that answered; one address, which never changes while the Service lives. */
  | { readonly type: 'clusterIP'; readonly name: string; readonly service: Service; readonly addresses: readonly string[] }
  /** Every ready pod (or the one asked for by its host name), ascending; a real answer is shuffled each time. */
  | { readonly type: 'headless'; readonly name: string; readonly service: Service; readonly addresses: readonly string[] }
  /** `10-244-1-5.namespace.pod.cluster.local`: the address that the name spells. */
  | { readonly type: 'pod'; readonly name: string; readonly addresses: readonly string[] }
  /** A CNAME that leads out of the cluster. */
  | { readonly type: 'externalName'; readonly name: string; readonly service: Service; readonly externalName: string; readonly addresses: readonly [] }
  /** `tried` lists the full names asked for, in order. */
  | { readonly type: 'nxdomain'; readonly name: string; readonly reason: string; readonly tried: readonly string[]; readonly addresses: readonly [] };

/**
 * Resolves a host name as a pod of `fromNamespace` would. Upper case counts as lower case; a name that ends in a dot is not completed.
 * Addresses are not names: callers look at those themselves.
 */
export function resolve(cluster: Cluster, name: string, fromNamespace: string): DnsAnswer {
  const tried = searchList(name.toLowerCase(), fromNamespace);
  let reason = 'no such name in the cluster';
  for (const candidate of tried) {
    const answer = lookUp(cluster, candidate, 0);
    if (typeof answer === 'object') return answer;
    if (answer !== NO_SUCH_NAME) reason = answer;
  }
  return { type: 'nxdomain', name, reason, tried, addresses: [] };
}

/** Full names that the resolver asks for, in order. */
export function searchList(name: string, namespace: string): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const completed = [`${namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN].map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= NDOTS ? [name, ...completed] : [...completed, name];
}

const NO_SUCH_NAME = 'no such name';

/** @returns an answer, or why there is none */
function lookUp(cluster: Cluster, name: string, depth: number): DnsAnswer | string {
  if (!name.endsWith(`.${CLUSTER_DOMAIN}`)) return NO_SUCH_NAME;
  const labels = name.slice(0, -CLUSTER_DOMAIN.length - 1).split('.');
  const kind = labels.at(-1);
  if (kind === 'pod' && labels.length === 3) return podRecord(name, labels[0]);
  if (kind !== 'svc' || labels.length < 3 || labels.length > 4) return NO_SUCH_NAME;
  const [serviceName, namespace] = labels.slice(-3);
  const service = cluster.get('Service', namespace, serviceName);
  if (service === undefined) return NO_SUCH_NAME;
  if (labels.length === 4) return hostRecord(cluster, name, service, labels[0]);
  if (service.spec.type === 'ExternalName') return followCname(cluster, name, service, depth);
  if (service.spec.clusterIP === 'None') return headlessRecord(cluster, name, service);
  return { type: 'clusterIP', name, service, addresses: [service.spec.clusterIP ?? ''] };
}

function podRecord(name: string, dashed: string): DnsAnswer | string {
  const address = dashed.replaceAll('-', '.');
  return parseIpv4(address) === null ? NO_SUCH_NAME : { type: 'pod', name, addresses: [address] };
}

function followCname(cluster: Cluster, name: string, service: Service, depth: number): DnsAnswer | string {
  const externalName = (service.spec.externalName ?? '').toLowerCase().replace(/\.$/, '');
  if (!externalName.endsWith(`.${CLUSTER_DOMAIN}`)) return { type: 'externalName', name, service, externalName, addresses: [] };
  return depth >= LONGEST_CHAIN ? `ExternalName Services that name each other: ${name}` : lookUp(cluster, externalName, depth + 1);
}

function headlessRecord(cluster: Cluster, name: string, service: Service): DnsAnswer | string {
  const addresses = readyAddresses(cluster, service).map(({ address }) => address);
  return addresses.length === 0
    ? `headless Service ${service.metadata.namespace}/${service.metadata.name} has no ready endpoint`
    : { type: 'headless', name, service, addresses };
}

/** `host.service.namespace.svc…`: a pod by its host name, or by its address with dashes. */
function hostRecord(cluster: Cluster, name: string, service: Service, host: string): DnsAnswer | string {
  if (service.spec.clusterIP !== 'None') return NO_SUCH_NAME;
  const found = readyAddresses(cluster, service).filter((endpoint) => endpoint.host === host);
  return found.length === 0
    ? `no ready pod named ${host} behind ${service.metadata.namespace}/${service.metadata.name}`
    : { type: 'headless', name, service, addresses: found.map(({ address }) => address) };
}

/** Ascending by text, each once, over all ports. */
function readyAddresses(cluster: Cluster, service: Service): readonly { readonly address: string; readonly host: string }[] {
  const hosts = new Map<string, string>();
  for (const slice of cluster.slicesOf(service.metadata.namespace ?? '', service.metadata.name)) {
    for (const { addresses, conditions, hostname } of slice.endpoints) {
      if (conditions?.ready ?? true) hosts.set(addresses[0], hostname ?? addresses[0].replaceAll('.', '-'));
    }
  }
  return [...hosts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([address, host]) => ({ address, host }));
}
