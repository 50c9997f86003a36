/**
 * A network load balancer in front of the nodes of which nothing more is known: the addresses and ports of a flow choose the node.
 *
 * Unit of choice: connection; its packets stay on the node (the simulation keeps the connection there).
 * Where state lives: nowhere but in the hash; all parts of the balancer choose alike.
 * When it learns: with its health checks of the nodes, seconds after the fact.
 * What it feels: nothing but health.
 *
 * Version modelled: what AWS NLB, Google's passthrough NLB and Azure LB have in common (reference l4.md part 7), as their documents say;
 * an endpoint is a node. Without a healthy node all nodes are used, as AWS and Google do; without any node: DROP.
 */
import { flowDigest, positionOf } from '../algorithms/flow-digest.ts';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { Endpoints, selectReadyElseAll } from '../endpoints.ts';
import { counted, explainRefusal, explainUniform } from '../explanation.ts';

/** Nothing to configure. */
export type FlowHashConfig = Record<string, never>;

export const flowHash: BalancerKind<FlowHashConfig> = {
  name: 'flow-hash',
  layer: 'l4',
  unit: 'connection',
  create: (_config, place) => new FlowHash(place),
};

class FlowHash implements Balancer {
  private readonly salt: number;
  private readonly nodes = new Endpoints();

  constructor(place: Place) {
    this.salt = place.random.bits();
  }

  update(set: EndpointSet): void {
    this.nodes.assign(set, selectReadyElseAll);
  }

  pick(flow: Flow): number {
    const { count, ids } = this.nodes;
    return count === 0 ? DROP : ids[positionOf(flowDigest(flow, '5-tuple', this.salt), count)];
  }

  explain(_flow: Flow, out: Explanation): void {
    const { count, ids } = this.nodes;
    if (count === 0) explainRefusal(out, DROP, 'no node behind the load balancer');
    else explainUniform(out, ids, `hash of addresses and ports over ${counted(count, 'node')}: each new source port falls anew`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
