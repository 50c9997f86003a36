/**
 * A cloud's network load balancer in front of the nodes: the addresses and ports of a flow choose the node.
 *
 * Unit of choice: connection; its packets stay on the node (the simulation keeps the connection there).
 * Where state lives: nowhere but in the hash; all parts of the balancer choose alike.
 * When it learns: with its health checks of the nodes, seconds after the fact.
 * What it feels: nothing but health.
 *
 * Version modelled: what AWS NLB, Google's passthrough NLB and Azure LB have in common (reference l4.md part 7), as their documents say;
 * an endpoint is a node. Without a healthy node all nodes are used, as AWS and Google do; without any node: DROP.
 * Simplified: the clouds' hash functions are not public; ours is a mixing hash of the five fields, with a salt of its own in each instance.
 * Simplified: NLB also hashes the TCP sequence number; source ports change from connection to connection just as well.
 */
import { mix32 } from '../../random/stream.ts';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { Endpoints, selectReady, selectWeighted } from '../endpoints.ts';
import { dotted, explainCertain, explainRefusal } from '../explanation.ts';

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
    this.nodes.assign(set, (all) => {
      const healthy = selectReady(all);
      return healthy.length > 0 ? healthy : selectWeighted(all);
    });
  }

  pick(flow: Flow): number {
    const { count, ids } = this.nodes;
    return count === 0 ? DROP : ids[Math.floor((this.hash(flow) / 4294967296) * count)];
  }

  private hash(flow: Flow): number {
    let hash = mix32(this.salt ^ flow.sourceAddress);
    hash = mix32(hash ^ flow.destinationAddress);
    hash = mix32(hash ^ (flow.sourcePort << 16) ^ flow.destinationPort);
    return mix32(hash ^ flow.protocol) >>> 0;
  }

  explain(flow: Flow, out: Explanation): void {
    const node = this.pick(flow);
    const source = `${dotted(flow.sourceAddress)}:${flow.sourcePort}`;
    if (node < 0) explainRefusal(out, DROP, 'no node behind the load balancer');
    else explainCertain(out, node, `hash of the flow from ${source} over ${this.nodes.count} nodes`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
