/**
 * kube-proxy in nftables mode, one Service port on one node.
 *
 *     verdict map: address and port ─► affinity sets in order ─► numgen random mod n ─► endpoint's chain: update its set, DNAT
 *
 * Unit of choice: connection (the first packet of a conntrack flow).
 * Where state lives: the node's kernel; nodes know nothing of each other.
 * When it learns: at kube-proxy's next sync after its watch delivers; connections stay where they are.
 * What it feels: nothing.
 *
 * Version modelled: Kubernetes 1.33 to 1.35, `pkg/proxy/nftables/proxier.go`; Linux 6.12 `net/netfilter/nft_{numgen,dynset}.c`.
 * The map's order is the string order of `ip:port`, which is the order of the endpoint set. Index = floor(32 random bits × n ÷ 2^32).
 * Without a usable endpoint: REJECT.
 * Simplified: traffic policies and topology hints act before, on the set that the instance is given.
 */
import { AffinitySets } from '../algorithms/affinity-sets.ts';
import { type Balancer, type BalancerKind, type EndpointSet, type Explanation, type Flow, type Place, REJECT } from '../balancer.ts';
import { Endpoints, selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainLaw, explainRefusal, seconds } from '../explanation.ts';
import type { KubeProxyConfig } from './kube-proxy-iptables.ts';

const DRAWS = 4294967296;

/** Index that a draw of 32 bits leads to. */
export function numgenIndex(draw: number, count: number): number {
  return Math.floor((draw / DRAWS) * count);
}

/** How likely an index is, exactly: the draws that lead to it. */
export function numgenProbability(index: number, count: number): number {
  return (Math.ceil(((index + 1) / count) * DRAWS) - Math.ceil((index / count) * DRAWS)) / DRAWS;
}

export const kubeProxyNftables: BalancerKind<KubeProxyConfig> = {
  name: 'kube-proxy-nftables',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new KubeProxyNftables(config, place),
};

class KubeProxyNftables implements Balancer {
  private readonly place: Place;
  private readonly timeoutNs: number;
  private readonly sets: AffinitySets;
  private readonly map = new Endpoints();

  constructor(config: KubeProxyConfig, place: Place) {
    this.place = place;
    this.timeoutNs = config.affinityTimeoutNs;
    this.sets = new AffinitySets(config.affinityTimeoutNs);
  }

  update(set: EndpointSet): void {
    this.map.assign(set, selectReadyElseServing);
    if (this.timeoutNs > 0) this.sets.update(this.map.ids);
  }

  pick(flow: Flow): number {
    const { count, ids } = this.map;
    if (count === 0) return REJECT;
    if (this.timeoutNs === 0) return ids[this.draw()];
    const now = this.place.now();
    const kept = this.sets.find(flow.sourceAddress, now);
    const index = kept >= 0 ? kept : this.draw();
    this.sets.stamp(flow.sourceAddress, index, now);
    return ids[index];
  }

  private draw(): number {
    return numgenIndex(this.place.random.bits() >>> 0, this.map.count);
  }

  explain(flow: Flow, out: Explanation): void {
    const { count, ids } = this.map;
    const kept = this.timeoutNs === 0 ? -1 : this.sets.find(flow.sourceAddress, this.place.now());
    if (count === 0) return explainRefusal(out, REJECT, 'no endpoint: rejected with ICMP port unreachable');
    if (kept >= 0) return this.explainKept(flow.sourceAddress, kept, out);
    explainLaw(out, ids, (index) => numgenProbability(index, count), `random: numgen random mod ${count}`);
  }

  private explainKept(address: number, index: number, out: Explanation): void {
    const client = dotted(address);
    const endpoint = this.map.ids[index];
    explainCertain(out, endpoint, `affinity: ${client} kept on ${this.map.names[index]} until ${seconds(this.timeoutNs)} after its last connection opened`);
    out.remembered = { key: client, endpoint, untilNs: this.place.now() + this.timeoutNs };
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
