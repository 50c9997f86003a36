/**
 * Every rule, map or table that a connection's first packet passes on a node, by the names that they have there: what `iptables-save`,
 * `nft list ruleset`, `ipvsadm -Ln` or `cilium bpf lb list` of that node would show.
 *
 * Sources: l4.md 1.1, part 2, 3.1, part 4; kube-proxy 1.35 `pkg/proxy/iptables/proxier.go` (names of chains: 16 letters of base 32 of SHA-256),
 * `pkg/proxy/nftables/proxier.go` (8 letters, and the name in clear), `pkg/proxy/ipvs/proxier.go` (ipsets), cilium `bpf/bpf_sock.c`, `bpf/lib/lb.h`.
 */
import { createHash } from 'node:crypto';
import { formatIpv4 } from '../kubernetes/index.ts';
import type { NodeProxy } from '../simulation/kube-proxy.ts';
import type { Frontend, ServicePort } from '../simulation/service-ports.ts';
import type { Masquerade } from '../simulation/source-address.ts';

/** What has been decided on the node. */
export interface Passage {
  readonly frontend: Frontend;
  /** Address that the packet was sent to. */
  readonly destination: string;
  readonly isFromCluster: boolean;
  /** The list of policy Local was asked. */
  readonly isLocal: boolean;
  /** `ip:port`; `null` = refused. */
  readonly picked: string | null;
  /** Refusals: what the node does, and whether `loadBalancerSourceRanges` is why. */
  readonly refusal: 'refused' | 'dropped' | null;
  readonly isShutOut: boolean;
  readonly masquerade: Masquerade;
  /** Address that takes the caller's place. */
  readonly nodeAddress: string;
}

export function rulesPassed({ dialect, name }: NodeProxy, passage: Passage): readonly string[] {
  switch (dialect) {
    case 'iptables':
      return throughIptables(passage);
    case 'nftables':
      return throughNftables(passage);
    case 'ipvs':
      return throughIpvs(passage, name.replace('kube-proxy ipvs ', ''));
    case 'cilium':
      return throughCilium(passage);
    case 'userspace':
      return throughUserspace(passage);
  }
}

// --- iptables --------------------------------------------------------------------------------------------------------------------

function throughIptables(passage: Passage): readonly string[] {
  const { frontend, isLocal, picked, isShutOut, refusal } = passage;
  const { port } = frontend;
  const hook = passage.isFromCluster || frontend.entry === 'cluster-ip' ? 'PREROUTING or OUTPUT' : 'PREROUTING';
  const entry = [hook, 'KUBE-SERVICES', ...(frontend.entry === 'node-port' ? ['KUBE-NODEPORTS'] : [])];
  const firewall = frontend.entry === 'load-balancer' && port.sourceRanges !== null ? [chain('KUBE-FW', port)] : [];
  if (isShutOut) return [...entry, ...firewall, 'KUBE-PROXY-FIREWALL (filter): DROP'];
  if (picked === null) return [`${hook} (filter)`, ...iptablesRefusal(frontend, refusal)];
  const outside = frontend.entry === 'cluster-ip' ? [] : [...firewall, `${chain('KUBE-EXT', port)}${markText(passage)}`];
  const hairpin = passage.masquerade === 'hairpin' ? ' (marks for masquerade: hairpin)' : '';
  const ends = [chain(isLocal ? 'KUBE-SVL' : 'KUBE-SVC', port), `${chain('KUBE-SEP', port, picked)}${hairpin}: DNAT to ${picked}`];
  return [...entry, ...outside, ...ends, ...postrouting('KUBE-POSTROUTING: MASQUERADE', passage)];
}

function iptablesRefusal({ entry }: Frontend, refusal: Passage['refusal']): readonly string[] {
  const verdict = refusal === 'dropped' ? 'DROP' : 'REJECT with icmp-port-unreachable';
  return [entry === 'cluster-ip' ? `KUBE-SERVICES: ${verdict}` : `KUBE-EXTERNAL-SERVICES: ${verdict}`];
}

function markText({ frontend, isFromCluster, masquerade }: Passage): string {
  if (!frontend.isLocal) return masquerade === null ? '' : ' (marks for masquerade)';
  return isFromCluster ? ' (pod traffic: past policy Local)' : '';
}

/** e.g. `KUBE-SVC-NPX46M4PTMTKRN6Y` of default/kubernetes:https. */
export function chain(prefix: string, port: ServicePort, endpoint = ''): string {
  return `${prefix}-${base32Hash(`${portName(port)}${port.protocol.toLowerCase()}${endpoint}`, 16)}`;
}

/** kube-proxy's name of a Service port: `ns/name:port`, without a colon when the port has no name. */
function portName({ namespace, serviceName, portName: name }: ServicePort): string {
  return `${namespace}/${serviceName}${name === '' ? '' : `:${name}`}`;
}

// --- nftables --------------------------------------------------------------------------------------------------------------------

function throughNftables(passage: Passage): readonly string[] {
  const { frontend, destination, isLocal, picked, isShutOut, refusal } = passage;
  const { port } = frontend;
  const protocol = port.protocol.toLowerCase();
  const isNodePort = frontend.entry === 'node-port';
  const key = isNodePort ? `${protocol} . ${frontend.number}` : `${destination} . ${protocol} . ${frontend.number}`;
  const hook = passage.isFromCluster || frontend.entry === 'cluster-ip' ? 'nat-prerouting or nat-output' : 'nat-prerouting';
  if (isShutOut) return ['filter-prerouting', `map firewall-ips { ${key} }`, `${nftChain('firewall', port)}: drop`];
  if (picked === null) {
    const map = isNodePort ? 'no-endpoint-nodeports' : 'no-endpoint-services';
    return ['filter-input or filter-forward', `map ${map} { ${key} }: ${refusal === 'dropped' ? 'drop' : 'reject'}`];
  }
  const target = nftChain(isLocal ? 'local' : 'service', port);
  const outside = frontend.entry === 'cluster-ip' ? [] : [`${nftChain('external', port)}${markText(passage)}`];
  const hairpin = passage.masquerade === 'hairpin' ? ' (marks for masquerade: hairpin)' : '';
  const map = isNodePort ? 'service-nodeports' : 'service-ips';
  const ends = [target, `${nftChain('endpoint', port, picked)}${hairpin}: dnat to ${picked}`];
  return [hook, 'services', `map ${map} { ${key} }`, ...outside, ...ends, ...postrouting('masquerading: masquerade', passage)];
}

/** e.g. `service-ULMVA6XW-ns1/svc1/tcp/p80`. */
export function nftChain(prefix: string, { namespace, serviceName, portName: name, protocol }: ServicePort, endpoint?: string): string {
  const base = `${namespace}/${serviceName}/${protocol.toLowerCase()}/${name}`;
  const full = endpoint === undefined ? base : `${base}__${endpoint.replace(':', '/')}`;
  return `${prefix}-${base32Hash(full, 8)}-${full}`;
}

// --- ipvs ------------------------------------------------------------------------------------------------------------------------

function throughIpvs(passage: Passage, scheduler: string): readonly string[] {
  const { frontend, destination, picked, isShutOut, isLocal } = passage;
  const address = `${frontend.entry === 'node-port' ? '' : 'kube-ipvs0, '}virtual server ${frontend.port.protocol} ${destination}:${frontend.number} ${scheduler}`;
  if (isShutOut) return ['KUBE-SERVICES', 'ipset KUBE-LOAD-BALANCER-FW', 'KUBE-PROXY-FIREWALL: DROP'];
  const set = `${IPSETS[frontend.entry]}${isLocal && frontend.entry !== 'cluster-ip' ? '-LOCAL' : ''}${frontend.entry === 'node-port' ? `-${frontend.port.protocol}` : ''}`;
  const mark = passage.masquerade === 'policy-cluster' ? ': KUBE-MARK-MASQ' : '';
  const entry = ['PREROUTING', 'KUBE-SERVICES', ...(frontend.entry === 'node-port' ? ['KUBE-NODE-PORT'] : []), `ipset ${set}${mark}`, address];
  if (picked === null) return [...entry, 'no destination: ICMP port unreachable'];
  return [...entry, `real server ${picked} Masq weight 1`, ...postrouting('KUBE-POSTROUTING: MASQUERADE', passage)];
}

const IPSETS: Readonly<Record<Frontend['entry'], string>> = {
  'cluster-ip': 'KUBE-CLUSTER-IP',
  'external-ip': 'KUBE-EXTERNAL-IP',
  'load-balancer': 'KUBE-LOAD-BALANCER',
  'node-port': 'KUBE-NODE-PORT',
};

// --- Cilium, user space ----------------------------------------------------------------------------------------------------------

function throughCilium(passage: Passage): readonly string[] {
  const { frontend, destination, isFromCluster, picked, isShutOut } = passage;
  const hook = isFromCluster ? 'connect(): cil_sock4_connect' : 'from-netdev or XDP: nodeport_lb4';
  const service = `cilium_lb4_services_v2 ${destination}:${frontend.number}/${frontend.port.protocol}`;
  if (isShutOut) return [hook, service, 'cilium_lb4_source_range: no match: DROP'];
  if (picked === null) return [hook, service, 'no backend'];
  const backend = isFromCluster ? `backend ${picked}: the socket is connected to it` : `cilium_ct4_global, backend ${picked}`;
  return [hook, service, backend, ...postrouting('snat_v4', passage)];
}

function throughUserspace({ frontend, destination, isFromCluster, picked, refusal }: Passage): readonly string[] {
  const portals = frontend.entry === 'node-port' ? 'KUBE-NODEPORT' : 'KUBE-PORTALS';
  const entry = `${portals}-${isFromCluster ? 'CONTAINER or -HOST' : 'CONTAINER'}`;
  if (picked === null) return [entry, refusal === 'dropped' ? 'DROP' : 'the proxy accepts and closes'];
  return [entry, `${destination}:${frontend.number} redirected to a port of kube-proxy`, `kube-proxy connects to ${picked}`];
}

// --- all -------------------------------------------------------------------------------------------------------------------------

function postrouting(rule: string, { masquerade, nodeAddress }: Passage): readonly string[] {
  return masquerade === null || masquerade === 'proxied' ? [] : [`${rule} as ${nodeAddress}`];
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** First letters of the base 32 form (RFC 4648) of the SHA-256 sum. */
function base32Hash(text: string, letters: number): string {
  const sum = createHash('sha256').update(text).digest();
  return Array.from({ length: letters }, (_, i) => {
    const bit = 5 * i;
    const pair = (sum[bit >> 3] << 8) | sum[(bit >> 3) + 1];
    return BASE32[(pair >> (11 - (bit & 7))) & 31];
  }).join('');
}

/** The address that a packet to a frontend bears. */
export function destinationOf({ address }: Frontend, nodeAddress: string): string {
  return address === 0 ? nodeAddress : formatIpv4(address);
}
