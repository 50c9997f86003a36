/**
 * Zipf's law over a finite list: entry i (counted from 1) has a share in proportion to i^-exponent.
 *
 * Used for the request rates of clients (`popularity.skew`) and for the sizes of NAT groups (`nat.skew`); exponent 0 is the even split.
 */
import { pow } from './portable-math.ts';
import { toUniform } from './stream.ts';

/** Shares of entries 0 … count − 1, summing up to 1. */
export function zipfShares(count: number, exponent: number): Float64Array {
  const shares = new Float64Array(count);
  let sum = 0;
  for (let i = count - 1; i >= 0; i--) {
    shares[i] = pow(i + 1, -exponent); // summed from the smallest, for accuracy
    sum += shares[i];
  }
  for (let i = 0; i < count; i++) shares[i] /= sum;
  return shares;
}

/**
 * `total` split over `groups` as zipfShares says, by largest remainder: everyone gets the whole part of the exact quota,
 * what is left goes to the largest fractions; equal fractions (to 1e-9, below which they are rounding) go to the first.
 */
export function zipfGroupSizes(total: number, groups: number, exponent: number): Int32Array {
  const quotas = zipfShares(groups, exponent).map((share) => share * total);
  const sizes = Int32Array.from(quotas, (quota) => Math.floor(quota + 1e-9));
  const left = total - sizes.reduce((sum, size) => sum + size, 0);
  const fraction = (group: number) => Math.floor((quotas[group] - sizes[group]) * 1e9 + 0.5);
  const byFraction = Array.from(quotas.keys()).sort((a, b) => fraction(b) - fraction(a) || a - b);
  for (const group of byFraction.slice(0, left)) sizes[group]++;
  return sizes;
}

/**
 * Draws an entry from one uniform by its quantile function, so a higher uniform is never an earlier entry and a changed exponent
 * moves few requests to another client. A guide table (Chen and Asau 1974) leads to the right entry in about one step.
 * Shares are exact to 2^-32.
 */
export class ZipfPicker {
  readonly count: number;
  /** Upper end of each entry's part of [0, 1). */
  private readonly ends: Float64Array;
  /** First entry whose part reaches into cell j, of `count` equal cells of [0, 1). */
  private readonly guide: Int32Array;
  private readonly isEven: boolean;

  constructor(count: number, exponent: number) {
    this.count = count;
    this.isEven = exponent === 0;
    this.ends = cumulative(zipfShares(count, exponent));
    this.guide = buildGuide(this.ends);
  }

  /** @param bits any int32 @returns 0 … count − 1 */
  pick(bits: number): number {
    const uniform = toUniform(bits);
    const cell = Math.floor(uniform * this.count);
    if (this.isEven) return cell;
    let low = this.guide[cell];
    let high = this.guide[cell + 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (uniform < this.ends[middle]) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function cumulative(shares: Float64Array): Float64Array {
  const ends = new Float64Array(shares.length);
  let sum = 0;
  for (let i = 0; i < shares.length; i++) {
    sum += shares[i];
    ends[i] = sum;
  }
  ends[shares.length - 1] = 1; // whatever rounding has left
  return ends;
}

function buildGuide(ends: Float64Array): Int32Array {
  const cells = ends.length;
  const guide = new Int32Array(cells + 1);
  let entry = 0;
  for (let cell = 0; cell < cells; cell++) {
    while (ends[entry] <= cell / cells) entry++;
    guide[cell] = entry;
  }
  guide[cells] = cells - 1;
  return guide;
}
