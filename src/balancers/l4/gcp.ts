/**
 * Google Cloud's passthrough Network Load Balancer in front of the nodes.
 *
 * Unit of choice: connection; a tracked flow stays on its node.
 * Where state lives: a consistent hash table that all parts of the balancer share, and a connection-tracking table (the simulation's).
 * When it learns: with its health checks of the nodes, seconds after the fact.
 * What it feels: health; with weights, how many endpoints each node reports (`X-Load-Balancing-Endpoint-Weight`).
 *
 * Version modelled: Google's documents as of 2025 (reference l4.md part 7): a consistent hash of the 5-tuple (session affinity NONE), or of
 * 3, 2 or 1 fields; flows of nodes that go move, the others stay. Without a healthy node all nodes are used.
 */
import { ConsistentTable } from '../algorithms/consistent-table.ts';
import { type FlowTuple, flowDigest, hashesPorts } from '../algorithms/flow-digest.ts';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { Endpoints, selectReadyElseAll } from '../endpoints.ts';
import { counted, dotted, explainCertain, explainLaw, explainRefusal } from '../explanation.ts';

export interface GcpConfig {
  readonly hash: FlowTuple;
}

export const gcp: BalancerKind<GcpConfig> = {
  name: 'gcp',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new PassthroughLoadBalancer(config, place),
};

class PassthroughLoadBalancer implements Balancer {
  private readonly hash: FlowTuple;
  private readonly salt: number;
  private readonly nodes = new Endpoints();
  private table: ConsistentTable | null = null;

  constructor({ hash }: GcpConfig, place: Place) {
    this.hash = hash;
    this.salt = place.random.bits();
  }

  update(set: EndpointSet): void {
    this.nodes.assign(set, selectReadyElseAll);
    const { count, names, weights } = this.nodes;
    this.table = count === 0 ? null : new ConsistentTable(names, weights, this.salt);
  }

  pick(flow: Flow): number {
    return this.table === null ? DROP : this.nodes.ids[this.table.lookUp(flowDigest(flow, this.hash, this.salt))];
  }

  explain(flow: Flow, out: Explanation): void {
    const { table, nodes, hash } = this;
    if (table === null) return explainRefusal(out, DROP, 'no node behind the load balancer');
    const rule = `consistent hash, ${hash}, over ${counted(nodes.count, 'node')}`;
    if (hashesPorts(hash)) explainLaw(out, nodes.ids, (i) => table.share(i), `${rule}: each new source port falls anew`);
    else explainCertain(out, this.pick(flow), `${rule}: ${dotted(flow.sourceAddress)} stays`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
