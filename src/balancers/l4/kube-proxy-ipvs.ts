/**
 * kube-proxy in ipvs mode with scheduler rr: one virtual server (VIP and port) on one node.
 *
 * Unit of choice: connection.
 * Where state lives: the node's kernel, one turn per virtual server: ClusterIP, node port and load balancer address of one
 * Service port count apart, and so does each node.
 * When it learns: at kube-proxy's next sync after its watch delivers; connections stay where they are.
 * What it feels: open connections, only to decide when a removed destination leaves and how long affinity holds.
 *
 * Version modelled: Kubernetes 1.30 to 1.35 `pkg/proxy/ipvs/{proxier,graceful_termination}.go`; Linux 6.12 `net/netfilter/ipvs/ip_vs_{rr,ctl,core,conn}.c`.
 *
 *     kernel list:  (head) → c → b → a      endpoints a < b < c programmed together, each put in front
 *                    ↑ last picked: the next pick is the first behind it with weight > 0
 *
 * All nodes start at the same destination: the last in string order. Without a usable endpoint: REJECT.
 * Simplified: TCP only; UDP destinations are removed at once and their entries idle for 300 s.
 * Simplified: traffic policies act before, on the set that the instance is given.
 */

import { PersistenceTemplates } from '../algorithms/persistence-templates.ts';
import { type Balancer, type BalancerKind, type CloseCause, type EndpointSet, type Explanation, type Flow, type Place, REJECT } from '../balancer.ts';
import { selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainRefusal } from '../explanation.ts';
import type { KubeProxyConfig } from './kube-proxy-iptables.ts';

export const kubeProxyIpvs: BalancerKind<KubeProxyConfig> = {
  name: 'kube-proxy-ipvs',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new KubeProxyIpvs(config, place),
};

const TIME_WAIT_NS = 120e9; // ip_vs_proto_tcp.c: TIME_WAIT
const CLOSE_NS = 10e9; // ip_vs_proto_tcp.c: CLOSE, after a reset
const REMOVAL_CHECK_NS = 60e9; // graceful_termination.go: rsCheckDeleteInterval

/** A real server in the kernel's list. */
interface Destination {
  readonly endpoint: number;
  readonly name: string;
  /** 1, or 0 while connections drain. */
  weight: number;
  open: number;
  /** Until when closed connections are still counted as inactive [ns]. */
  inactiveUntilNs: number;
  drainingSinceNs: number;
}

class KubeProxyIpvs implements Balancer {
  private readonly place: Place;
  private readonly templates: PersistenceTemplates | null;
  private list: Destination[] = [];
  private readonly byEndpoint = new Map<number, Destination>();
  private last = -1; // index of the last picked; −1 = the list's head

  constructor(config: KubeProxyConfig, place: Place) {
    this.place = place;
    this.templates = config.affinityTimeoutNs > 0 ? new PersistenceTemplates(config.affinityTimeoutNs) : null;
  }

  update(set: EndpointSet): void {
    const wanted = selectReadyElseServing(set);
    const wantedIds = new Set(wanted.map((i) => set.id[i]));
    this.removeDrained();
    for (const destination of [...this.list]) if (!wantedIds.has(destination.endpoint)) this.withdraw(destination);
    for (const i of wanted) this.add(set.id[i], set.name[i]);
  }

  /** Takes out what kube-proxy's check, once a minute, has found without connections. */
  private removeDrained(): void {
    const now = this.place.now();
    for (const destination of [...this.list]) {
      if (destination.weight > 0 || destination.open > 0) continue;
      const drainTime = Math.max(1, destination.inactiveUntilNs - destination.drainingSinceNs);
      if (destination.drainingSinceNs + Math.ceil(drainTime / REMOVAL_CHECK_NS) * REMOVAL_CHECK_NS <= now) this.remove(destination);
    }
  }

  private withdraw(destination: Destination): void {
    if (destination.weight === 0) return;
    if (destination.open === 0 && destination.inactiveUntilNs <= this.place.now()) {
      this.remove(destination);
    } else {
      destination.weight = 0;
      destination.drainingSinceNs = this.place.now();
    }
  }

  private add(endpoint: number, name: string): void {
    const known = this.byEndpoint.get(endpoint);
    if (known !== undefined && known.weight > 0) return;
    if (known !== undefined) this.remove(known); // it comes back while draining: deleted and added again, so it moves to the front
    const destination = known ?? { endpoint, name, weight: 1, open: 0, inactiveUntilNs: 0, drainingSinceNs: 0 };
    destination.weight = 1;
    this.list.unshift(destination);
    this.byEndpoint.set(endpoint, destination);
    if (this.last >= 0) this.last++;
  }

  /** The pointer steps back from a destination that goes. */
  private remove(destination: Destination): void {
    const index = this.list.indexOf(destination);
    this.list.splice(index, 1);
    this.byEndpoint.delete(destination.endpoint);
    if (this.last >= index) this.last--;
  }

  pick(flow: Flow): number {
    const now = this.place.now();
    const kept = this.keptOn(flow.sourceAddress, now);
    let endpoint = kept;
    if (kept < 0) {
      const next = this.nextInTurn();
      if (next < 0) return REJECT;
      this.last = next;
      endpoint = this.list[next].endpoint;
    }
    if (this.templates !== null) this.templates.connect(flow.sourceAddress, endpoint, now);
    return endpoint;
  }

  /** The endpoint of the client's template; a template of a destination that is gone or has weight 0 does not count. */
  private keptOn(address: number, now: number): number {
    const endpoint = this.templates === null ? -1 : this.templates.find(address, now);
    const destination = endpoint < 0 ? undefined : this.byEndpoint.get(endpoint);
    return destination !== undefined && destination.weight > 0 ? endpoint : -1;
  }

  /** Index of the first behind the last picked with weight > 0, once around; −1 for none. */
  private nextInTurn(): number {
    const count = this.list.length;
    for (let step = 1; step <= count; step++) {
      const index = (this.last + step) % count;
      if (this.list[index].weight > 0) return index;
    }
    return -1;
  }

  explain(flow: Flow, out: Explanation): void {
    const now = this.place.now();
    const kept = this.keptOn(flow.sourceAddress, now);
    const next = this.nextInTurn();
    const usable = this.list.filter((destination) => destination.weight > 0).length;
    if (kept >= 0) this.explainKept(flow.sourceAddress, kept, now, out);
    else if (next < 0) explainRefusal(out, REJECT, 'no destination: rejected with ICMP port unreachable');
    else explainCertain(out, this.list[next].endpoint, `rr: next of ${usable} in this node's turn`);
  }

  private explainKept(address: number, endpoint: number, now: number, out: Explanation): void {
    const client = dotted(address);
    const untilNs = (this.templates as PersistenceTemplates).untilNs(address, now);
    explainCertain(out, endpoint, `affinity: ${client} kept on ${this.byEndpoint.get(endpoint)?.name} by a persistence template`);
    out.remembered = { key: client, endpoint, untilNs };
  }

  opened(endpoint: number, sourceAddress: number): void {
    const destination = this.byEndpoint.get(endpoint);
    if (destination === undefined) return;
    destination.open++;
    if (this.templates !== null) this.templates.opened(sourceAddress, endpoint);
  }

  closed(endpoint: number, cause: CloseCause, sourceAddress: number): void {
    const destination = this.byEndpoint.get(endpoint);
    const trackedUntilNs = this.place.now() + (cause === 'reset' ? CLOSE_NS : TIME_WAIT_NS);
    if (this.templates !== null) this.templates.closed(sourceAddress, endpoint, trackedUntilNs);
    if (destination === undefined || destination.open === 0) return;
    destination.open--;
    destination.inactiveUntilNs = Math.max(destination.inactiveUntilNs, trackedUntilNs);
  }

  started(): void {}
  finished(): void {}
  tick(): void {}
}
