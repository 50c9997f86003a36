/**
 * Azure Load Balancer (Standard) in front of the nodes.
 *
 * Unit of choice: connection; the flow stays on its node.
 * Where state lives: in the flow table; the choice itself is a hash.
 * When it learns: with its health probes of the nodes, seconds after the fact.
 * What it feels: nothing but health.
 *
 * Version modelled: Microsoft's documents as of 2025 (reference l4.md part 7): distribution modes None (5-tuple), SourceIP (2-tuple) and
 * SourceIPProtocol (3-tuple). When all probes fail, new flows find nobody: DROP.
 */
import { type FlowTuple, flowDigest, hashesPorts, positionOf } from '../algorithms/flow-digest.ts';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { Endpoints, selectReady } from '../endpoints.ts';
import { counted, dotted, explainCertain, explainRefusal, explainUniform } from '../explanation.ts';

export interface AzureConfig {
  readonly hash: FlowTuple;
}

export const azure: BalancerKind<AzureConfig> = {
  name: 'azure',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new AzureLoadBalancer(config, place),
};

class AzureLoadBalancer implements Balancer {
  private readonly hash: FlowTuple;
  private readonly salt: number;
  private readonly nodes = new Endpoints();

  constructor({ hash }: AzureConfig, place: Place) {
    this.hash = hash;
    this.salt = place.random.bits();
  }

  update(set: EndpointSet): void {
    this.nodes.assign(set, selectReady);
  }

  pick(flow: Flow): number {
    const { count, ids } = this.nodes;
    return count === 0 ? DROP : ids[positionOf(flowDigest(flow, this.hash, this.salt), count)];
  }

  explain(flow: Flow, out: Explanation): void {
    const { count, ids } = this.nodes;
    if (count === 0) return explainRefusal(out, DROP, 'no healthy node: new flows are dropped');
    const rule = `${this.hash} hash over ${counted(count, 'node')}`;
    if (hashesPorts(this.hash)) explainUniform(out, ids, `${rule}: each new source port falls anew`);
    else explainCertain(out, this.pick(flow), `${rule}: ${dotted(flow.sourceAddress)} stays`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
