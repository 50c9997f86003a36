/**
 * wrr: passes over the list, each with a weight that a destination must have at least; it falls from pass to pass.
 *
 *     step = common divisor of the weights;  bar = greatest weight − (step − 1), − step, − 2 step, … ≥ 1, and from the top again
 *
 * Each pass goes from behind the last chosen to the end of the list; the next begins at its head with a lower bar.
 * Any change of the list begins a pass anew, with the bar of the pass that was under way.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_wrr.c`.
 */
import { certain, type Scheduler, type SchedulerLaw, type Surroundings, usableCount } from './scheduler.ts';
import { commonDivisor, type VirtualServer } from './virtual-server.ts';

export class WeightedRoundRobin implements Scheduler {
  readonly feelsInactive = false;
  private readonly server: VirtualServer;
  private last = -1; // −1 = the head of the list
  private bar = 0;
  private highestBar = 0;
  private step = 1;
  /** The bar of the pass in which `find` found its destination. */
  private foundBar = 0;

  constructor({ server }: Surroundings) {
    this.server = server;
  }

  changed(): void {
    const { weights } = this.server;
    this.step = Math.max(1, commonDivisor(weights));
    this.highestBar = weights.reduce((a, b) => Math.max(a, b), 0) - (this.step - 1);
    this.last = -1;
    if (this.bar > this.highestBar || this.bar === 0) this.bar = this.highestBar;
    else if (this.step > 1) this.bar = Math.floor(this.bar / this.step) * this.step + 1;
  }

  /** The first that meets the bar, from the last chosen on, pass after pass. Some do in the lowest pass, as the greatest weight is above 0. */
  private find(): number {
    const { weights, count } = this.server;
    if (this.highestBar <= 0) return -1;
    let bar = this.bar;
    let candidate = this.last + 1;
    for (;;) {
      for (; candidate < count; candidate++) {
        if (weights[candidate] < bar) continue;
        this.foundBar = bar;
        return candidate;
      }
      bar = bar - this.step <= 0 ? this.highestBar : bar - this.step;
      candidate = 0;
    }
  }

  pick(): number {
    const chosen = this.find();
    if (chosen < 0) return chosen;
    this.last = chosen;
    this.bar = this.foundBar;
    return chosen;
  }

  law(): SchedulerLaw {
    return certain(this.find(), `wrr: next of ${usableCount(this.server)} in this node's turn by weight`);
  }

  counted(): void {}
}
