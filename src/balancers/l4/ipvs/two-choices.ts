/**
 * twos: two draws in proportion to weight, with replacement; the second drawn wins if its overhead ÷ weight is smaller.
 *
 *     draw r = 0 … W, W the sum of weights, W included; the first destination in the list whose cumulative weight is ≥ r
 *
 * So the first in the list has one chance in W + 1 more than its weight: with equal weights among n, 2 ÷ (n + 1) instead of 1 ÷ n.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_twos.c`; not in kube-proxy's list, but it takes any scheduler that the kernel has.
 */
import { overheadOf, type Scheduler, type SchedulerLaw, type Surroundings, usableCount } from './scheduler.ts';

export class TwoChoices implements Scheduler {
  readonly feelsInactive = true;
  private readonly surroundings: Surroundings;
  private cumulative = new Int32Array(0);
  private sum = 0;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  changed(): void {
    this.sum = 0;
    this.cumulative = this.surroundings.server.weights.map((weight) => {
      this.sum += weight;
      return this.sum;
    });
  }

  /** The first destination of a weight above 0 whose cumulative weight is at least `target`. */
  private find(target: number): number {
    const wanted = Math.max(1, target); // 0 stops at the first that has weight
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulative[middle] >= wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  pick(): number {
    if (this.sum === 0) return -1;
    const { random } = this.surroundings;
    const first = this.find(random.integer(this.sum + 1));
    const second = this.find(random.integer(this.sum + 1));
    return this.isLess(second, first) ? second : first;
  }

  private isLess(a: number, b: number): boolean {
    const { server, overhead } = this.surroundings;
    return overheadOf(server, a, overhead) * server.weights[b] < overheadOf(server, b, overhead) * server.weights[a];
  }

  /** Each meets each: by load in ascending order, what is drawn against those of its own level keeps its place only as the first. */
  law(): SchedulerLaw {
    const { server } = this.surroundings;
    const usable = Array.from(server.weights.keys()).filter((i) => server.weights[i] > 0);
    const drawn = (i: number) => (server.weights[i] + (i === usable[0] ? 1 : 0)) / (this.sum + 1);
    const order = usable.toSorted((a, b) => (this.isLess(a, b) ? -1 : this.isLess(b, a) ? 1 : 0));
    const probability = new Map<number, number>();
    let heavier = 1;
    for (let at = 0; at < order.length; ) {
      let end = at;
      while (end < order.length && !this.isLess(order[at], order[end])) end++;
      const level = order.slice(at, end);
      const own = level.reduce((sum, i) => sum + drawn(i), 0);
      heavier -= own;
      // first and second of the level: the first stays; one of the level and one heavier, in either order: the one of the level
      for (const i of level) probability.set(i, drawn(i) * (own + 2 * Math.max(0, heavier)));
      at = end;
    }
    return {
      rule: `twos: the less loaded of two drawn from ${usableCount(server)} on this node`,
      shares: usable.map((destination) => ({ destination, probability: probability.get(destination) ?? 0 })),
    };
  }

  counted(): void {}
}
