/**
 * A mixture of two laws: hyperexponential and bimodal.
 *
 * The lower part of the uniform belongs to the first law and the rest to the second, each stretched to its own uniform. So the share is
 * exact, and ranks are kept within each branch; with ordered branches (fast before slow) that is the quantile function up to their overlap.
 */
import type { Law } from './law.ts';
import { mix32 } from './stream.ts';

const TWO_POW_32 = 4294967296;

export class MixtureLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly first: Law;
  private readonly second: Law;
  /** Bits below it (unsigned) choose the first law. */
  private readonly cut: number;
  private readonly stretchFirst: number;
  private readonly stretchSecond: number;

  /** @param shareOfSecond strictly between 0 and 1 */
  constructor(mean: number, scv: number, first: Law, second: Law, shareOfSecond: number) {
    this.mean = mean;
    this.scv = scv;
    this.first = first;
    this.second = second;
    this.cut = TWO_POW_32 * (1 - shareOfSecond);
    this.stretchFirst = TWO_POW_32 / this.cut;
    this.stretchSecond = TWO_POW_32 / (TWO_POW_32 - this.cut);
  }

  sample(bits: number): number {
    // A hash of the bits supplies digits below the last one, or a rare branch would see only few different uniforms.
    const position = (bits >>> 0) + (mix32(bits) >>> 0) / TWO_POW_32;
    if (position < this.cut) return this.first.sample(toBits(position * this.stretchFirst));
    return this.second.sample(toBits((position - this.cut) * this.stretchSecond));
  }
}

/** The cell of a position in [0, 2^32]; rounding may have reached the upper end. */
function toBits(position: number): number {
  return position < TWO_POW_32 ? position | 0 : -1;
}
