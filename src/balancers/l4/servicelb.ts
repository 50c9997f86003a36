/**
 * ServiceLB of k3s (klipper-lb): every node has a pod that takes the Service's ports on the host; the client chooses the node.
 *
 * Unit of choice: connection.
 * Where state lives: nowhere; the Service's status lists the addresses of all nodes, and clients or DNS take one.
 * When it learns: with the next address that a client takes.
 * What it feels: nothing; with externalTrafficPolicy Local the status lists the nodes with endpoints only.
 *
 * Version modelled: klipper-lb 0.4 (`entry`): iptables DNAT of the host port to the Service, and MASQUERADE, so that the Service sees the
 * address of that node's pod for every client (the simulation puts the node's in its place). Without a node: DROP.
 * Simplified: each connection takes any address of the list; clients that keep the first one they found would stay on its node.
 */
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { Endpoints, selectReady } from '../endpoints.ts';
import { explainRefusal, explainUniform } from '../explanation.ts';

/** Nothing to configure. */
export type ServiceLbConfig = Record<string, never>;

export const servicelb: BalancerKind<ServiceLbConfig> = {
  name: 'servicelb',
  layer: 'l4',
  unit: 'connection',
  create: (_config, place) => new ServiceLb(place),
};

class ServiceLb implements Balancer {
  private readonly random: Place['random'];
  private readonly nodes = new Endpoints();

  constructor(place: Place) {
    this.random = place.random;
  }

  update(set: EndpointSet): void {
    this.nodes.assign(set, selectReady);
  }

  pick(_flow: Flow): number {
    const { count, ids } = this.nodes;
    return count === 0 ? DROP : ids[this.random.integer(count)];
  }

  explain(_flow: Flow, out: Explanation): void {
    const { count, ids } = this.nodes;
    if (count === 0) explainRefusal(out, DROP, 'the status of the Service lists no node');
    else explainUniform(out, ids, `the client takes any of the ${count} node addresses in the Service's status`);
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
