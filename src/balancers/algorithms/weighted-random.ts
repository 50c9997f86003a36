/** A member at random in proportion to its weight: cumulative weights, found by bisection. O(log n), one draw. */
import type { RandomStream } from '../../random/stream.ts';

export class WeightedRandom {
  private readonly cumulative: Float64Array;

  /** @param weights > 0, at least one */
  constructor(weights: Float64Array) {
    let sum = 0;
    this.cumulative = weights.map((weight) => {
      sum += weight;
      return sum;
    });
  }

  pick(random: RandomStream): number {
    const target = random.uniform() * this.cumulative[this.cumulative.length - 1];
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulative[middle] > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Probability of a member. */
  share(member: number): number {
    const sum = this.cumulative[this.cumulative.length - 1];
    return (this.cumulative[member] - (member === 0 ? 0 : this.cumulative[member - 1])) / sum;
  }
}
