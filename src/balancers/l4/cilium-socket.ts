/**
 * Cilium's socket load balancer, one Service port on one node: connections of pods and node processes (east-west).
 *
 * It acts at connect(), before there is a packet: the socket is connected to the pod itself, nothing is translated or tracked for the Service.
 *
 * Unit of choice: connection; for UDP the socket.
 * Where state lives: the node's eBPF maps.
 * When it learns: when the agent's watch delivers; connections stay where they are, as they are sockets to pods.
 * What it feels: nothing.
 *
 * Version modelled: Cilium 1.17 and 1.18 `bpf/bpf_sock.c`, `bpf/lib/lb.h`.
 * TCP: slot = 32 random bits mod n; UDP: the socket's cookie mod n. Never Maglev, whatever the algorithm says.
 * Affinity: by the network namespace of the client, refreshed by each connect() only; it counts from its last use until just before the
 * time-out. Without a backend connect() fails at once: REJECT.
 * Simplified: a client's source address stands for its network namespace, and for UDP address and port for the socket's cookie.
 * Simplified: each Service port has the affinity map of 65,536 clients for itself; the map evicts exactly the least recently used.
 */
import { mix32 } from '../../random/stream.ts';
import { AffinityMap } from '../algorithms/affinity-map.ts';
import { type Balancer, type BalancerKind, type EndpointSet, type Explanation, type Flow, type Place, REJECT } from '../balancer.ts';
import { Endpoints, selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainLaw, explainRefusal, seconds } from '../explanation.ts';
import type { KubeProxyConfig } from './kube-proxy-iptables.ts';

/** bpf-lb-affinity-map-max: default. */
export const AFFINITY_MAP_SIZE = 65536;
const DRAWS = 4294967296;
const UDP = 17;

/** Of 32 random bits, how many leave this remainder. */
export function remainderProbability(remainder: number, count: number): number {
  return (Math.floor((DRAWS - 1 - remainder) / count) + 1) / DRAWS;
}

export const ciliumSocket: BalancerKind<KubeProxyConfig> = {
  name: 'cilium-socket',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new CiliumSocket(config, place),
};

class CiliumSocket implements Balancer {
  private readonly place: Place;
  private readonly timeoutNs: number;
  private readonly clients = new AffinityMap(AFFINITY_MAP_SIZE);
  private readonly backends = new Endpoints();

  constructor(config: KubeProxyConfig, place: Place) {
    this.place = place;
    this.timeoutNs = config.affinityTimeoutNs;
  }

  update(set: EndpointSet): void {
    this.backends.assign(set, selectReadyElseServing);
  }

  pick(flow: Flow): number {
    const { count, ids } = this.backends;
    if (count === 0) return REJECT;
    if (this.timeoutNs === 0) return ids[this.slot(flow)];
    const now = this.place.now();
    const kept = this.keptOn(flow.sourceAddress, now);
    const endpoint = kept >= 0 ? kept : ids[this.slot(flow)];
    this.clients.note(flow.sourceAddress, endpoint, now);
    return endpoint;
  }

  private slot(flow: Flow): number {
    return (flow.protocol === UDP ? cookieOf(flow) : this.place.random.bits() >>> 0) % this.backends.count;
  }

  private keptOn(client: number, now: number): number {
    const endpoint = this.timeoutNs === 0 ? -1 : this.clients.find(client, now - this.timeoutNs + 1);
    return endpoint >= 0 && this.backends.positionOf(endpoint) >= 0 ? endpoint : -1;
  }

  explain(flow: Flow, out: Explanation): void {
    const { count, ids, names } = this.backends;
    const now = this.place.now();
    if (count === 0) return explainRefusal(out, REJECT, 'no backend: connect() fails');
    const kept = this.keptOn(flow.sourceAddress, now);
    if (kept >= 0) {
      const client = dotted(flow.sourceAddress);
      const name = names[this.backends.positionOf(kept)];
      explainCertain(
        out,
        kept,
        `socket load balancer, affinity: the pod of ${client} kept on ${name} until ${seconds(this.timeoutNs)} after its last connect()`,
      );
      out.remembered = { key: client, endpoint: kept, untilNs: now + this.timeoutNs };
    } else if (flow.protocol === UDP) explainCertain(out, ids[cookieOf(flow) % count], `socket load balancer: the socket's cookie mod ${count}`);
    else explainLaw(out, ids, (slot) => remainderProbability(slot, count), `socket load balancer, random: 32 random bits mod ${count}`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}

function cookieOf(flow: Flow): number {
  return mix32(mix32(flow.sourceAddress) ^ flow.sourcePort) >>> 0;
}
