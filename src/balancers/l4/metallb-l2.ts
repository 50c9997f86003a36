/**
 * MetalLB in layer 2 mode: one node answers ARP for a Service's address, and takes all of its traffic.
 *
 * Unit of choice: address; whatever is sent to it enters through its leader.
 * Where state lives: nowhere; every speaker works out the same leader.
 * When it learns: from its watch, at once; clients learn of a new leader by its gratuitous ARP.
 * What it feels: which nodes may announce the address: all, with externalTrafficPolicy Local those with an active endpoint.
 *
 * Version modelled: MetalLB 0.14, `speaker/layer2_controller.go`: among the candidates the smallest sha256 of `node#address` wins.
 * Without a candidate nobody answers: DROP.
 * Simplified: no node selectors and no preference among speakers; a new leader is known at once (memberlist and ARP take seconds).
 */
import { createHash } from 'node:crypto';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow } from '../balancer.ts';
import { Endpoints, selectReady } from '../endpoints.ts';
import { counted, dotted, explainCertain, explainRefusal } from '../explanation.ts';

/** Nothing to configure. */
export type MetallbL2Config = Record<string, never>;

export const metallbL2: BalancerKind<MetallbL2Config> = {
  name: 'metallb-l2',
  layer: 'l4',
  unit: 'connection',
  create: () => new LayerTwo(),
};

class LayerTwo implements Balancer {
  private readonly nodes = new Endpoints();
  /** By address; worked out when first asked for. */
  private readonly leaders = new Map<number, number>();

  update(set: EndpointSet): void {
    this.nodes.assign(set, selectReady);
    this.leaders.clear();
  }

  pick(flow: Flow): number {
    if (this.nodes.count === 0) return DROP;
    const address = flow.destinationAddress;
    let leader = this.leaders.get(address);
    if (leader === undefined) {
      leader = this.nodes.ids[leaderOf(this.nodes.names, dotted(address))];
      this.leaders.set(address, leader);
    }
    return leader;
  }

  explain(flow: Flow, out: Explanation): void {
    const { count } = this.nodes;
    if (count === 0) explainRefusal(out, DROP, 'no node announces the address: ARP is not answered');
    else explainCertain(out, this.pick(flow), `leader of ${dotted(flow.destinationAddress)} among ${counted(count, 'node')}: smallest sha256 of node#address`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}

/** Position of the node that announces the address. @param nodes names; at least one */
export function leaderOf(nodes: readonly string[], address: string): number {
  const digests = nodes.map((node) => createHash('sha256').update(`${node}#${address}`).digest('hex'));
  return digests.reduce((best, digest, i) => (digest < digests[best] ? i : best), 0);
}
