/**
 * kube-proxy in ipvs mode: one virtual server (VIP and port) on one node.
 *
 * Unit of choice: connection.
 * Where state lives: the node's kernel, one list and one scheduler's memory per virtual server: ClusterIP, node port and load balancer
 * address of one Service port count apart, and so does each node.
 * When it learns: at kube-proxy's next sync after its watch delivers; connections stay where they are.
 * What it feels: the connections that this node placed: what the scheduler makes of them, when a removed destination leaves, how long
 * affinity holds.
 *
 * Version modelled: Kubernetes 1.30 to 1.35 `pkg/proxy/ipvs/{proxier,graceful_termination}.go`; Linux 6.12 `net/netfilter/ipvs/ip_vs_{ctl,core,conn}.c`;
 * schedulers in `ipvs/`, each with its rule.
 *
 *     endpoints a < b < c programmed together, each put in front:   head → c → b → a
 *
 * Every destination has weight 1: kube-proxy passes no other on, whatever `weight` of a workload says.
 * A removed endpoint without connections is deleted at once; else it gets weight 0, and is deleted at the first check, once a minute, that
 * finds no connection of it tracked. If it comes back before, it is deleted and put in front.
 * A SYN from a port whose last connection is still tracked is scheduled like any other, unless `portReuse` says which kernel it meets.
 * Without a destination, or where the scheduler gives none: REJECT.
 * UDP has no such grace: a removed endpoint is deleted at once. Its entries are tracked for 300 s after the flow was last used.
 * Simplified: the checks of every node come at whole minutes.
 * Simplified: traffic policies act before, on the set that the instance is given.
 */

import { PersistenceTemplates } from '../algorithms/persistence-templates.ts';
import {
  type Balancer,
  type BalancerKind,
  type CloseCause,
  type EndpointSet,
  type Explanation,
  type Flow,
  type Layout,
  type Place,
  REJECT,
} from '../balancer.ts';
import { selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainLaw, explainRefusal } from '../explanation.ts';
import { ClosedPorts, SYN_RETRY_NS } from './ipvs/closed-ports.ts';
import type { Overhead, Scheduler } from './ipvs/scheduler.ts';
import { createScheduler, type SchedulerName } from './ipvs/schedulers.ts';
import { CLOSE_NS, TIME_WAIT_NS, TrackedConnections, UDP_NS } from './ipvs/tracked.ts';
import { type Destination, VirtualServer } from './ipvs/virtual-server.ts';
import type { KubeProxyConfig } from './kube-proxy-iptables.ts';

export interface IpvsConfig extends KubeProxyConfig {
  /** UDP: an endpoint that leaves is deleted at once. */
  readonly isUdp: boolean;
  readonly scheduler: SchedulerName;
  /** How the kernel weighs connections. */
  readonly overhead: Overhead;
  /** What a SYN from a port in TIME_WAIT meets (`ipvs/closed-ports.ts`); `null` = ports are taken to be free again. */
  readonly portReuse: PortReuse | null;
}

export interface PortReuse {
  /** sysctl net.ipv4.vs.conn_reuse_mode. */
  readonly mode: 0 | 1;
  /** The kernel schedules anew when the old destination has weight 0. */
  readonly looksForWeight0: boolean;
}

export const kubeProxyIpvs: BalancerKind<IpvsConfig> = {
  name: 'kube-proxy-ipvs',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new KubeProxyIpvs(config, place),
};

const CHECK_NS = 60e9; // graceful_termination.go: rsCheckDeleteInterval
const CHECK = 0;

class KubeProxyIpvs implements Balancer {
  private readonly place: Place;
  private readonly isUdp: boolean;
  private readonly templates: PersistenceTemplates | null;
  private readonly server = new VirtualServer();
  private readonly scheduler: Scheduler;
  private readonly timeWait = new TrackedConnections();
  private readonly closing = new TrackedConnections();
  private readonly portReuse: PortReuse | null;
  private readonly closedPorts: ClosedPorts | null;
  private isCheckDue = false;

  constructor(config: IpvsConfig, place: Place) {
    this.place = place;
    this.isUdp = config.isUdp;
    this.templates = config.affinityTimeoutNs > 0 ? new PersistenceTemplates(config.affinityTimeoutNs) : null;
    this.portReuse = config.isUdp ? null : config.portReuse;
    this.closedPorts = this.portReuse === null ? null : new ClosedPorts();
    const { random } = place;
    this.scheduler = createScheduler(config.scheduler, { server: this.server, random, now: () => place.now(), overhead: config.overhead });
  }

  // --- the list ------------------------------------------------------------------------------------------------------------------

  /** First what is new is put in front, then what is gone is taken out (`syncEndpoint`). */
  update(set: EndpointSet): void {
    this.expire(this.place.now());
    const { server } = this;
    const wanted = selectReadyElseServing(set);
    const isWanted = new Set(wanted.map((i) => set.id[i]));
    const added = wanted.filter((i) => !this.isUsable(server.numberOf(set.id[i])));
    const inFront = new Set(added.map((i) => set.id[i]));
    const list: Destination[] = added.toReversed().map((i) => ({ endpoint: set.id[i], name: set.name[i], weight: 1, isNew: true }));
    let isChanged = added.length > 0;
    for (let i = 0; i < server.count; i++) {
      const endpoint = server.endpoints[i];
      if (inFront.has(endpoint)) continue;
      const weight = isWanted.has(endpoint) ? 1 : 0;
      isChanged ||= weight !== server.weights[i];
      if (weight > 0 || this.isTracked(i)) list.push({ endpoint, name: server.names[i], weight, isNew: false });
    }
    if (isChanged) this.replace(list);
  }

  private isUsable(destination: number): boolean {
    return destination >= 0 && this.server.weights[destination] > 0;
  }

  /** Keeps a destination that is wanted no more in the list, at weight 0. */
  private isTracked(destination: number): boolean {
    const { active, trackedUntilNs } = this.server;
    return !this.isUdp && (active[destination] > 0 || trackedUntilNs[destination] > this.place.now());
  }

  private replace(list: readonly Destination[]): void {
    this.scheduler.changed(this.server.replace(list));
    if (this.isCheckDue || list.every(({ weight }) => weight > 0)) return;
    this.isCheckDue = true;
    this.place.timer((Math.floor(this.place.now() / CHECK_NS) + 1) * CHECK_NS, CHECK);
  }

  /** The check once a minute, while something drains. */
  tick(): void {
    this.expire(this.place.now());
    this.isCheckDue = false;
    const { server } = this;
    const list = Array.from(server.endpoints, (endpoint, i): Destination => ({ endpoint, name: server.names[i], weight: server.weights[i], isNew: false }));
    this.replace(list.filter((_, i) => server.weights[i] > 0 || this.isTracked(i)));
  }

  // --- choice --------------------------------------------------------------------------------------------------------------------

  pick(flow: Flow): number {
    const now = this.place.now();
    const old = this.oldEntry(flow, now);
    if (old >= 0 && this.isReused(old, flow.sourceAddress, now)) return old;
    flow.lostNs = old >= 0 ? SYN_RETRY_NS : 0;
    const kept = this.keptOn(flow.sourceAddress, now);
    let endpoint = kept;
    if (kept < 0) {
      this.expire(now);
      const destination = this.scheduler.pick(flow);
      if (destination < 0) return REJECT;
      endpoint = this.server.endpoints[destination];
    }
    if (this.templates !== null) this.templates.connect(flow.sourceAddress, endpoint, now);
    return endpoint;
  }

  /** Endpoint of the tracked connection that the client's port had before; −1 = none. */
  private oldEntry(flow: Flow, now: number): number {
    return this.closedPorts === null ? -1 : this.closedPorts.find(flow.sourceAddress, flow.sourcePort, now);
  }

  /** The SYN goes where the port's last connection went. */
  private isReused(endpoint: number, address: number, now: number): boolean {
    const { mode, looksForWeight0 } = this.portReuse as PortReuse;
    const destination = this.server.numberOf(endpoint);
    if (destination < 0 || (looksForWeight0 && this.server.weights[destination] === 0)) return false;
    return mode === 0 || (this.templates !== null && this.templates.find(address, now) === endpoint);
  }

  /** The endpoint of the client's template; a template of a destination that is gone or has weight 0 does not count. */
  private keptOn(address: number, now: number): number {
    const endpoint = this.templates === null ? -1 : this.templates.find(address, now);
    return endpoint >= 0 && this.isUsable(this.server.numberOf(endpoint)) ? endpoint : -1;
  }

  explain(flow: Flow, out: Explanation): void {
    const now = this.place.now();
    this.expire(now);
    const old = this.oldEntry(flow, now);
    if (old >= 0 && this.isReused(old, flow.sourceAddress, now)) {
      return explainCertain(out, old, `port ${flow.sourcePort} of ${dotted(flow.sourceAddress)} is still tracked: its SYN goes where the last connection went`);
    }
    const kept = this.keptOn(flow.sourceAddress, now);
    if (kept >= 0) return this.explainKept(flow.sourceAddress, kept, now, out);
    if (this.server.weights.every((weight) => weight === 0)) return explainRefusal(out, REJECT, 'no destination: rejected with ICMP port unreachable');
    const { rule, shares } = this.scheduler.law(flow);
    if (shares.length === 0) return explainRefusal(out, REJECT, `${rule}: rejected with ICMP port unreachable`);
    const endpoints = shares.map(({ destination }) => this.server.endpoints[destination]);
    explainLaw(out, endpoints, (i) => shares[i].probability, rule);
  }

  private explainKept(address: number, endpoint: number, now: number, out: Explanation): void {
    const client = dotted(address);
    const untilNs = (this.templates as PersistenceTemplates).untilNs(address, now);
    explainCertain(out, endpoint, `affinity: ${client} kept on ${this.server.names[this.server.numberOf(endpoint)]} by a persistence template`);
    out.remembered = { key: client, endpoint, untilNs };
  }

  layout(): Layout {
    const endpointOf = (destination: number) => (destination < 0 ? -1 : this.server.endpoints[destination]);
    const slots = this.scheduler.slots?.();
    return { order: Array.from(this.server.endpoints), slots: slots === undefined ? null : Array.from(slots, endpointOf) };
  }

  // --- connections ---------------------------------------------------------------------------------------------------------------

  opened(endpoint: number, sourceAddress: number, sourcePort = 0): void {
    this.closedPorts?.forget(sourceAddress, sourcePort);
    const destination = this.server.numberOf(endpoint);
    if (destination < 0) return;
    if (!this.isUdp) this.server.active[destination]++;
    else if (this.scheduler.feelsInactive) this.server.inactive[destination]++;
    this.scheduler.counted(destination);
    if (this.templates !== null) this.templates.opened(sourceAddress, endpoint);
  }

  closed(endpoint: number, cause: CloseCause, sourceAddress: number, sourcePort = 0): void {
    const { server } = this;
    const now = this.place.now();
    this.expire(now);
    const isReset = cause === 'reset';
    const untilNs = now + (this.isUdp ? UDP_NS : isReset ? CLOSE_NS : TIME_WAIT_NS);
    if (this.templates !== null) this.templates.closed(sourceAddress, endpoint, untilNs);
    this.closedPorts?.note(sourceAddress, sourcePort, endpoint, now, untilNs);
    const destination = server.numberOf(endpoint);
    if (destination < 0 || (!this.isUdp && server.active[destination] === 0)) return;
    if (untilNs > server.trackedUntilNs[destination]) server.trackedUntilNs[destination] = untilNs;
    if (!this.isUdp) server.active[destination]--;
    if (this.scheduler.feelsInactive) {
      if (!this.isUdp) server.inactive[destination]++; // a flow of UDP is inactive from its first datagram on
      (isReset && !this.isUdp ? this.closing : this.timeWait).add(endpoint, untilNs);
    }
    this.scheduler.counted(destination);
  }

  /** Connections whose timers have run out are tracked no more. */
  private expire(now: number): void {
    if (!this.scheduler.feelsInactive) return;
    this.expireFrom(this.timeWait, now);
    this.expireFrom(this.closing, now);
  }

  private expireFrom(tracked: TrackedConnections, now: number): void {
    for (let endpoint = tracked.takeExpired(now); endpoint >= 0; endpoint = tracked.takeExpired(now)) {
      const destination = this.server.numberOf(endpoint);
      if (destination < 0 || this.server.inactive[destination] === 0) continue; // of UDP: its destination was deleted meanwhile
      this.server.inactive[destination]--;
      this.scheduler.counted(destination);
    }
  }

  started(): void {}
  finished(): void {}
}
