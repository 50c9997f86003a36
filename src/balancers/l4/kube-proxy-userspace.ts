/**
 * kube-proxy in user-space mode, one Service port on one node: the default before Kubernetes 1.2, removed in 1.26. History.
 *
 * A process on the node accepts each connection and dials a pod, so that the pod sees the node's address and a connection is two.
 *
 * Unit of choice: connection.
 * Where state lives: the node's kube-proxy process; the ClusterIP and the node port of one Service port share it.
 * When it learns: when its watch delivers; it writes no rules for endpoints. Connections stay where they are.
 * What it feels: nothing.
 *
 * Version modelled: Kubernetes ≤ 1.25, `pkg/proxy/userspace/roundrobin.go`, from memory and l4.md part 2b.
 * Round robin over a list that is shuffled, and begun anew, whenever it changes. Affinity holds while the last connection of the client is
 * less than the time-out ago, in whole seconds; each connection refreshes it. Without an endpoint: REJECT.
 * Simplified: the second connection costs nothing, and the pod's end of it is not tracked apart.
 * Simplified: a dial that fails is not repeated with the next endpoint (the process did so up to four times, after 0.25, 0.5, 1 and 2 s).
 * Simplified: without an endpoint the process accepted and closed; here the client is refused.
 */
import { AffinityMap } from '../algorithms/affinity-map.ts';
import { RoundRobin } from '../algorithms/round-robin.ts';
import { type Balancer, type BalancerKind, type EndpointSet, type Explanation, type Flow, type Place, REJECT } from '../balancer.ts';
import { Endpoints, sameIds, selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainRefusal, seconds } from '../explanation.ts';
import type { KubeProxyConfig } from './kube-proxy-iptables.ts';

const SECOND = 1e9;

export const kubeProxyUserspace: BalancerKind<KubeProxyConfig> = {
  name: 'kube-proxy-userspace',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new KubeProxyUserspace(config, place),
};

class KubeProxyUserspace implements Balancer {
  private readonly place: Place;
  private readonly timeoutNs: number;
  private readonly clients = new AffinityMap(Number.POSITIVE_INFINITY);
  private readonly endpoints = new Endpoints();
  /** Positions in the order of the turn. */
  private turn = new Int32Array(0);
  private readonly roundRobin = new RoundRobin();

  constructor(config: KubeProxyConfig, place: Place) {
    this.place = place;
    this.timeoutNs = config.affinityTimeoutNs;
  }

  update(set: EndpointSet): void {
    const before = this.endpoints.ids;
    this.endpoints.assign(set, selectReadyElseServing);
    const { count, ids } = this.endpoints;
    if (sameIds(before, ids)) return;
    this.turn = Int32Array.from({ length: count }, (_, position) => position);
    for (let i = count - 1; i > 0; i--) {
      const j = this.place.random.integer(i + 1);
      [this.turn[i], this.turn[j]] = [this.turn[j], this.turn[i]];
    }
    this.roundRobin.restart(count, 0);
  }

  pick(flow: Flow): number {
    const { count, ids } = this.endpoints;
    if (count === 0) return REJECT;
    if (this.timeoutNs === 0) return ids[this.turn[this.roundRobin.pick()]];
    const now = this.place.now();
    const kept = this.keptOn(flow.sourceAddress, now);
    const endpoint = kept >= 0 ? kept : ids[this.turn[this.roundRobin.pick()]];
    this.clients.note(flow.sourceAddress, endpoint, now);
    this.clients.forgetBefore(this.earliest(now));
    return endpoint;
  }

  /** The oldest use that counts: less than the time-out ago, in seconds rounded down. */
  private earliest(now: number): number {
    return now - Math.ceil(this.timeoutNs / SECOND) * SECOND + 1;
  }

  private keptOn(address: number, now: number): number {
    const endpoint = this.timeoutNs === 0 ? -1 : this.clients.find(address, this.earliest(now));
    return endpoint >= 0 && this.endpoints.positionOf(endpoint) >= 0 ? endpoint : -1;
  }

  explain(flow: Flow, out: Explanation): void {
    const { count, ids, names } = this.endpoints;
    const now = this.place.now();
    if (count === 0) return explainRefusal(out, REJECT, 'no endpoint: the proxy has nowhere to connect to');
    const kept = this.keptOn(flow.sourceAddress, now);
    if (kept < 0) return explainCertain(out, ids[this.turn[this.roundRobin.peek()]], `round robin: next of ${count} in this node's turn`);
    const client = dotted(flow.sourceAddress);
    const name = names[this.endpoints.positionOf(kept)];
    explainCertain(out, kept, `affinity: ${client} kept on ${name} until ${seconds(this.timeoutNs)} after its last connection opened`);
    out.remembered = { key: client, endpoint: kept, untilNs: now + this.timeoutNs };
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
