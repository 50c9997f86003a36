/**
 * Requests that come several at once: at each arrival of the inner process a whole batch, in order, at one instant.
 *
 * The size of batch n is a function of the key and n alone; the inner process runs at rate ÷ mean size, so `rate` counts requests.
 */
import { log, negativeLogUniform } from '../random/portable-math.ts';
import { deriveKey, type Key, keyedBits, toUniform } from '../random/stream.ts';
import type { Arrivals } from './arrivals.ts';

/** Laws on 1, 2, 3 … */
export type BatchSpec =
  | { readonly law: 'constant'; readonly value: number }
  /** P(size > n) = (1 − 1/mean)^n. */
  | { readonly law: 'geometric'; readonly mean: number }
  /** Every whole number from min to max alike. */
  | { readonly law: 'uniform'; readonly min: number; readonly max: number }
  /** `values[i]` in proportion to `weights[i]`. */
  | { readonly law: 'discrete'; readonly values: readonly number[]; readonly weights: readonly number[] };

export function meanBatch(spec: BatchSpec): number {
  switch (spec.law) {
    case 'constant':
      return spec.value;
    case 'geometric':
      return spec.mean;
    case 'uniform':
      return (spec.min + spec.max) / 2;
    case 'discrete':
      return sum(spec.values.map((value, i) => value * spec.weights[i])) / sum(spec.weights);
  }
}

export class BatchArrivals implements Arrivals {
  private readonly inner: Arrivals;
  private readonly sizeOf: (bits: number) => number;
  private readonly high: number;
  private readonly low: number;
  private batch = 0;
  /** Requests of the present batch that are still to come. */
  private left = 0;
  private time = Number.NaN;

  constructor(inner: Arrivals, spec: BatchSpec, key: Key) {
    const sizes = deriveKey(key, 'batch');
    this.inner = inner;
    this.sizeOf = sizeSampler(spec);
    this.high = sizes.high;
    this.low = sizes.low;
  }

  next(): number {
    if (this.left === 0) {
      this.time = this.inner.next();
      this.left = this.sizeOf(keyedBits(this.high, this.low, this.batch++));
    }
    this.left--;
    return this.time;
  }
}

/** Quantile functions: more bits never make a smaller batch. */
function sizeSampler(spec: BatchSpec): (bits: number) => number {
  switch (spec.law) {
    case 'constant':
      return () => spec.value;
    case 'geometric': {
      const scale = -1 / log(1 - 1 / spec.mean); // 0 for mean 1
      return (bits) => 1 + Math.floor(scale * negativeLogUniform(~bits));
    }
    case 'uniform':
      return (bits) => spec.min + Math.floor(toUniform(bits) * (spec.max - spec.min + 1));
    case 'discrete':
      return discreteSampler(spec.values, spec.weights);
  }
}

function discreteSampler(values: readonly number[], weights: readonly number[]): (bits: number) => number {
  const order = values.map((_, i) => i).filter((i) => weights[i] > 0);
  order.sort((a, b) => values[a] - values[b]);
  const total = sum(weights);
  let before = 0;
  const ends = order.map((i) => {
    before += weights[i];
    return before / total;
  });
  return (bits) => {
    const uniform = toUniform(bits);
    const found = ends.findIndex((end) => uniform < end);
    return values[order[found < 0 ? order.length - 1 : found]];
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
