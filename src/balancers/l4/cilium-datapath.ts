/**
 * Cilium's load balancer for packets (tc or XDP), one Service port on one node: connections from outside to node ports, external addresses
 * and load balancer addresses (north-south).
 *
 * Unit of choice: connection; the conntrack entry of the Service keeps its packets there.
 * Where state lives: the node's eBPF maps. The Maglev table is the same on all nodes, so is a client's slot: the address it asked is not hashed.
 * When it learns: when the agent's watch delivers.
 * What it feels: with affinity, every packet: it notes the client's backend again.
 *
 * Version modelled: Cilium 1.17 and 1.18 `bpf/lib/lb.h` `lb4_local`.
 * `random`: slot = 32 random bits mod n. `maglev`: see `cilium-maglev.ts`. Affinity by client address counts from the last packet until just
 * before the time-out; an old connection's packets can overwrite what a newer one noted. Without a backend: DROP (drop reason no service).
 * Simplified: the clock of affinity is exact; Cilium's counts seconds.
 * Simplified: packets are noted when a connection opens, when it closes, and when a request or an answer goes over it.
 * Simplified: each Service port has the affinity map of 65,536 clients for itself; the map evicts exactly the least recently used.
 * Simplified: a connection whose backend has gone is left to the pod's own end; Cilium would choose another backend, which resets it.
 */
import { AffinityMap } from '../algorithms/affinity-map.ts';
import {
  type Balancer,
  type BalancerKind,
  type CloseCause,
  DROP,
  type EndpointSet,
  type Explanation,
  type Flow,
  type Layout,
  type Place,
} from '../balancer.ts';
import { Endpoints, selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainLaw, explainRefusal, seconds } from '../explanation.ts';
import { backendText, clientHash, type HashSeed, maglevSlots } from './cilium-maglev.ts';
import { AFFINITY_MAP_SIZE, remainderProbability } from './cilium-socket.ts';
import type { KubeProxyConfig } from './kube-proxy-iptables.ts';

export interface CiliumConfig extends KubeProxyConfig {
  readonly algorithm: 'random' | 'maglev';
  /** Slots of the Maglev table. */
  readonly tableSize: number;
  readonly seed: HashSeed;
  readonly protocol: string;
}

export const ciliumDatapath: BalancerKind<CiliumConfig> = {
  name: 'cilium-datapath',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new CiliumDatapath(config, place),
};

class CiliumDatapath implements Balancer {
  private readonly place: Place;
  private readonly config: CiliumConfig;
  private readonly clients = new AffinityMap(AFFINITY_MAP_SIZE);
  private readonly backends = new Endpoints();
  /** Position of the backend in each slot; filled for the first pick after a change. */
  private table: Int32Array | null = null;

  constructor(config: CiliumConfig, place: Place) {
    this.place = place;
    this.config = config;
  }

  update(set: EndpointSet): void {
    this.backends.assign(set, selectReadyElseServing);
    this.table = null;
  }

  pick(flow: Flow): number {
    const { count, ids } = this.backends;
    if (count === 0) return DROP;
    if (this.config.affinityTimeoutNs === 0) return ids[this.choose(flow)];
    const now = this.place.now();
    const kept = this.keptOn(flow.sourceAddress, now);
    const endpoint = kept >= 0 ? kept : ids[this.choose(flow)];
    this.clients.note(flow.sourceAddress, endpoint, now);
    return endpoint;
  }

  /** Position of the backend that the algorithm gives. */
  private choose(flow: Flow): number {
    return this.config.algorithm === 'maglev' ? this.slots()[this.slotOf(flow)] : (this.place.random.bits() >>> 0) % this.backends.count;
  }

  private slotOf(flow: Flow): number {
    const { seed, tableSize, affinityTimeoutNs } = this.config;
    return clientHash(flow, seed.jhash, affinityTimeoutNs > 0) % tableSize;
  }

  private slots(): Int32Array {
    const { names, count } = this.backends;
    this.table ??= maglevSlots(
      names.map((name) => backendText(name, this.config.protocol)),
      new Array<number>(count).fill(1),
      this.config.tableSize,
      this.config.seed.murmur,
    );
    return this.table;
  }

  private keptOn(client: number, now: number): number {
    const { affinityTimeoutNs } = this.config;
    const endpoint = affinityTimeoutNs === 0 ? -1 : this.clients.find(client, now - affinityTimeoutNs + 1);
    return endpoint >= 0 && this.backends.positionOf(endpoint) >= 0 ? endpoint : -1;
  }

  explain(flow: Flow, out: Explanation): void {
    const { count, ids } = this.backends;
    const now = this.place.now();
    if (count === 0) return explainRefusal(out, DROP, 'no backend: dropped');
    const kept = this.keptOn(flow.sourceAddress, now);
    if (kept >= 0) return this.explainKept(flow.sourceAddress, kept, now, out);
    if (this.config.algorithm === 'random') return explainLaw(out, ids, (slot) => remainderProbability(slot, count), `random: 32 random bits mod ${count}`);
    const what = this.config.affinityTimeoutNs > 0 ? dotted(flow.sourceAddress) : `${dotted(flow.sourceAddress)}:${flow.sourcePort}`;
    explainCertain(out, ids[this.choose(flow)], `maglev: ${what} is in slot ${this.slotOf(flow)} of ${this.config.tableSize}`);
  }

  private explainKept(address: number, kept: number, now: number, out: Explanation): void {
    const client = dotted(address);
    const { affinityTimeoutNs } = this.config;
    const name = this.backends.names[this.backends.positionOf(kept)];
    explainCertain(out, kept, `affinity: ${client} kept on ${name} until ${seconds(affinityTimeoutNs)} after its last packet`);
    out.remembered = { key: client, endpoint: kept, untilNs: now + affinityTimeoutNs };
  }

  layout(): Layout {
    const { ids, count } = this.backends;
    const slots = this.config.algorithm === 'maglev' && count > 0 ? Array.from(this.slots(), (position) => ids[position]) : null;
    return { order: Array.from(ids), slots };
  }

  /** A packet of a connection to the endpoint. */
  packet(endpoint: number, sourceAddress: number): void {
    if (this.config.affinityTimeoutNs > 0 && this.backends.positionOf(endpoint) >= 0) this.clients.note(sourceAddress, endpoint, this.place.now());
  }

  opened(): void {}

  closed(endpoint: number, _cause: CloseCause, sourceAddress: number): void {
    this.packet(endpoint, sourceAddress);
  }

  started(): void {}
  finished(): void {}
  tick(): void {}
}
