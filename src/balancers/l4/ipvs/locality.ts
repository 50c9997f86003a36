/**
 * lblc and lblcr: what was asked of one destination address stays at one pod (lblc), or at a set of pods (lblcr), until they are overloaded.
 *
 *     overloaded = active > weight, while some destination has 2 × active < weight
 *     lblc    the remembered destination, unless it is gone, of weight 0 or overloaded; then the one that wlc chooses, remembered from now on
 *     lblcr   the wlc choice within the remembered set; if there is none or it is overloaded, the wlc choice of all joins the set.
 *             A set of more than one that has not changed for 24 h loses its most loaded member
 *
 * Made for caches. The address is the virtual server's, so there is one memory: all of a node's connections to a ClusterIP stay at one pod
 * until it has more than one and another has none. Memory that was not used for 24 h goes at the next sweep, each half hour.
 * Ties: wlc takes the first in the list, lblcr within its set the one that joined last.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_{lblc,lblcr}.c`.
 * Simplified: a virtual server meets one destination address, so the table never reaches the size at which it is swept early.
 */
import { LeastCost } from '../../algorithms/least-cost.ts';
import { certain, overheadOf, type Scheduler, type SchedulerLaw, type Surroundings, usableCount } from './scheduler.ts';

const EXPIRATION_NS = 24 * 3600e9; // DEFAULT_EXPIRATION
const SWEEP_NS = 30 * 60e9; // COUNT_FOR_FULL_EXPIRATION × CHECK_EXPIRE_INTERVAL

export class Locality implements Scheduler {
  readonly feelsInactive = true;
  private readonly name: 'lblc' | 'lblcr';
  private readonly surroundings: Surroundings;
  private readonly all = new LeastCost();
  /** What is remembered, destinations that are usable: the set, one of them with lblc. */
  private readonly set = new LeastCost();
  /** When each endpoint joined, by the number of joins; those that are gone or of weight 0 are still in it. */
  private joined = new Map<number, number>();
  private joins = 0;
  private lastUseNs = 0;
  private lastChangeNs = 0;
  /** Destinations that have 2 × active < weight, and which. */
  private idle = 0;
  private isIdle = new Uint8Array(0);

  constructor(name: 'lblc' | 'lblcr', surroundings: Surroundings) {
    this.name = name;
    this.surroundings = surroundings;
  }

  changed(): void {
    const { count, weights, endpoints } = this.surroundings.server;
    this.all.reset(count);
    this.set.reset(count);
    this.idle = 0;
    this.isIdle = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      if (weights[i] > 0) this.all.add(i, this.costOf(i), weights[i], i);
      this.noteIdle(i);
      const join = this.joined.get(endpoints[i]);
      if (join !== undefined && weights[i] > 0) this.set.add(i, this.costOf(i), weights[i], -join);
    }
  }

  counted(destination: number): void {
    if (this.all.has(destination)) this.all.update(destination, this.costOf(destination));
    if (this.set.has(destination)) this.set.update(destination, this.costOf(destination));
    this.noteIdle(destination);
  }

  private costOf(destination: number): number {
    return overheadOf(this.surroundings.server, destination, this.surroundings.overhead);
  }

  private noteIdle(destination: number): void {
    const { active, weights } = this.surroundings.server;
    const isIdle = 2 * active[destination] < weights[destination] ? 1 : 0;
    this.idle += isIdle - this.isIdle[destination];
    this.isIdle[destination] = isIdle;
  }

  private isOverloaded(destination: number): boolean {
    const { active, weights } = this.surroundings.server;
    return active[destination] > weights[destination] && this.idle > 0;
  }

  /** A sweep has taken the memory since its last use. */
  private isForgotten(now: number): boolean {
    return Math.ceil((this.lastUseNs + EXPIRATION_NS) / SWEEP_NS) * SWEEP_NS <= now;
  }

  /** The remembered destination that can take the connection; −1 = none can. */
  private remembered(now: number): number {
    const least = this.isForgotten(now) ? -1 : this.set.first();
    return least >= 0 && !this.isOverloaded(least) ? least : -1;
  }

  pick(): number {
    const now = this.surroundings.now();
    if (this.joined.size > 0 && this.isForgotten(now)) this.forget();
    this.lastUseNs = now;
    const remembered = this.remembered(now);
    if (this.joined.size > 1 && now - this.lastChangeNs > EXPIRATION_NS) this.dropMostLoaded(now);
    if (remembered >= 0) return remembered;
    const chosen = this.all.first();
    if (chosen >= 0) this.join(chosen, now);
    return chosen;
  }

  private join(destination: number, now: number): void {
    const { server } = this.surroundings;
    const endpoint = server.endpoints[destination];
    if (this.joined.has(endpoint)) return;
    if (this.name === 'lblc') this.forget();
    this.joined.set(endpoint, ++this.joins);
    this.set.add(destination, this.costOf(destination), server.weights[destination], -this.joins);
    this.lastChangeNs = now;
  }

  private forget(): void {
    this.joined.clear();
    this.set.reset(this.surroundings.server.count);
  }

  /** Once a day: the set in order of joining, the latest first. */
  private dropMostLoaded(now: number): void {
    const { server } = this.surroundings;
    let most = -1;
    for (const endpoint of [...this.joined.keys()].reverse()) {
      const destination = server.numberOf(endpoint);
      if (!this.set.has(destination)) continue;
      if (most < 0 || this.costOf(most) * server.weights[destination] < this.costOf(destination) * server.weights[most]) most = destination;
    }
    if (most < 0) return;
    this.joined.delete(server.endpoints[most]);
    this.set.remove(most);
    this.lastChangeNs = now;
  }

  law(): SchedulerLaw {
    const remembered = this.remembered(this.surroundings.now());
    if (remembered >= 0) return certain(remembered, `${this.name}: stays with what this node chose for the address`);
    const why = this.joined.size > 0 ? 'what was chosen before is gone, draining or overloaded' : 'nothing chosen yet';
    return certain(this.all.first(), `${this.name}: ${why}: fewest connections by weight of ${usableCount(this.surroundings.server)} on this node`);
  }
}
