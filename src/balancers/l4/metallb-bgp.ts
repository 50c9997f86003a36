/**
 * MetalLB in BGP mode: the router in front has one equal route per node and spreads flows over them by a hash of each packet (ECMP).
 *
 * Unit of choice: connection, as far as the set of nodes stays; the router remembers no flow.
 * Where state lives: in the router's table of next hops.
 * When it learns: from a session that goes down or a route that is withdrawn.
 * What it feels: which nodes announce the address: all, with externalTrafficPolicy Local those with endpoints.
 *
 * Version modelled: MetalLB 0.14 (`website/content/concepts/bgp.md`), a router with a hash of 5 or 3 fields, taken modulo the number of next
 * hops in the order of their names; so that most flows move when a node comes or goes. `resilient`: a table of buckets in which only those of the
 * node that went are given out anew (as of Linux 5.13 nexthop groups and router vendors). Without a next hop: DROP.
 * Simplified: routes change at once everywhere (BGP hold timers take seconds when a node dies without a word).
 */
import { ConsistentTable } from '../algorithms/consistent-table.ts';
import { type FlowTuple, flowDigest, hashesPorts } from '../algorithms/flow-digest.ts';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { Endpoints, selectReady } from '../endpoints.ts';
import { counted, dotted, explainCertain, explainLaw, explainRefusal } from '../explanation.ts';

export interface MetallbBgpConfig {
  readonly hash: FlowTuple;
  readonly resilient: boolean;
}

export const metallbBgp: BalancerKind<MetallbBgpConfig> = {
  name: 'metallb-bgp',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new EqualCostMultipath(config, place),
};

class EqualCostMultipath implements Balancer {
  private readonly config: MetallbBgpConfig;
  private readonly salt: number;
  private readonly nodes = new Endpoints();
  private table: ConsistentTable | null = null;

  constructor(config: MetallbBgpConfig, place: Place) {
    this.config = config;
    this.salt = place.random.bits();
  }

  update(set: EndpointSet): void {
    this.nodes.assign(set, selectReady);
    const { count, names } = this.nodes;
    this.table = this.config.resilient && count > 0 ? new ConsistentTable(names, new Float64Array(count).fill(1), this.salt) : null;
  }

  pick(flow: Flow): number {
    const { table, nodes } = this;
    if (nodes.count === 0) return DROP;
    const digest = flowDigest(flow, this.config.hash, this.salt);
    return nodes.ids[table === null ? digest % nodes.count : table.lookUp(digest)];
  }

  explain(flow: Flow, out: Explanation): void {
    const { table, nodes, config } = this;
    if (nodes.count === 0) return explainRefusal(out, DROP, 'no node announces the address: there is no route');
    const rule = `ECMP, ${config.hash} hash over ${counted(nodes.count, 'node')}${config.resilient ? ', resilient' : ''}`;
    const share = (i: number) => (table === null ? 1 / nodes.count : table.share(i));
    if (hashesPorts(config.hash)) explainLaw(out, nodes.ids, share, `${rule}: each new source port falls anew`);
    else explainCertain(out, this.pick(flow), `${rule}: ${dotted(flow.sourceAddress)} stays`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
