/** What keeps an established flow on its way, hop by hop, and for how long without packets: `simulation/idle-hops.ts` and `datagrams.ts` in words. */
import type { ConntrackSpec, LoadBalancerSpec } from '../scenario/scenario.ts';
import type { NodeProxy } from '../simulation/kube-proxy.ts';
import type { ServicePort } from '../simulation/service-ports.ts';

type Transport = ServicePort['protocol'];

/** Of a load balancer; '' = nothing to say. */
export function balancerKeeps({ kind, idleTimeoutNs, tcpReset }: LoadBalancerSpec, transport: Transport): string {
  if (kind === 'metallb-l2' || kind === 'metallb-bgp') return `${kind} remembers no flow: packets go elsewhere when its nodes change, and meet a reset there`;
  if (idleTimeoutNs === 0 || transport !== 'TCP') return '';
  const end = kind === 'gcp' ? 'hashed anew' : kind === 'azure' ? (tcpReset ? 'RST to both ends' : 'silence') : 'RST';
  return `${kind} keeps the connection there until it closes, or has been quiet for ${seconds(idleTimeoutNs)}: then ${end}`;
}

/** Of a node's kube-proxy and kernel. */
export function nodeKeeps(node: string, proxy: NodeProxy, conntrack: ConntrackSpec, transport: Transport): string {
  const { idleTimeoutNs, udpIdleTimeoutNs } = proxy;
  if (transport === 'UDP') {
    if (udpIdleTimeoutNs > 0) return `ipvs of ${node} keeps the flow there for ${seconds(udpIdleTimeoutNs)} after its last packet`;
    return `conntrack of ${node} keeps the flow there for ${seconds(conntrack.udpNs)} after its last packet, ${seconds(conntrack.udpStreamNs)} once answered and 2s old`;
  }
  if (idleTimeoutNs > 0) return `ipvs of ${node} keeps the connection there until it closes, or has been quiet for ${seconds(idleTimeoutNs)}: then RST`;
  return `conntrack of ${node} keeps the connection there until it closes, or has been quiet for ${seconds(conntrack.tcpEstablishedNs)}`;
}

function seconds(ns: number): string {
  return `${ns / 1e9}s`;
}
