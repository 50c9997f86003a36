/**
 * rr: from the destination behind the last chosen on, once around, the first of a weight above 0.
 *
 * The turn begins at the head of the list. When the last chosen leaves the list, the one before it takes its place in the turn.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_rr.c`.
 */
import { certain, type Scheduler, type SchedulerLaw, type Surroundings, usableCount } from './scheduler.ts';
import type { VirtualServer } from './virtual-server.ts';

export class RoundRobin implements Scheduler {
  readonly feelsInactive = false;
  private readonly server: VirtualServer;
  private last = -1; // −1 = the head of the list
  private count = 0;
  /** For each destination and, last, for the head: the next usable one behind it; −1 when there is none at all. */
  private next = new Int32Array([-1]);

  constructor({ server }: Surroundings) {
    this.server = server;
  }

  changed(from: Int32Array): void {
    const { count, weights } = this.server;
    this.last = this.followed(from);
    this.count = count;
    this.next = new Int32Array(count + 1);
    let following = weights.findIndex((weight) => weight > 0);
    this.next[count] = following;
    for (let i = count - 1; i >= 0; i--) {
      this.next[i] = following;
      if (weights[i] > 0) following = i;
    }
  }

  /** Where the last chosen is now, or the nearest before it that is left. New ones stand in front of all. */
  private followed(from: Int32Array): number {
    let followed = -1;
    if (this.last < 0) return followed;
    for (let i = 0; i < from.length && from[i] <= this.last; i++) followed = i;
    return followed;
  }

  pick(): number {
    const chosen = this.next[this.last < 0 ? this.count : this.last];
    if (chosen >= 0) this.last = chosen;
    return chosen;
  }

  law(): SchedulerLaw {
    return certain(this.next[this.last < 0 ? this.count : this.last], `rr: next of ${usableCount(this.server)} in this node's turn`);
  }

  counted(): void {}
}
