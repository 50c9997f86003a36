/** How many replications a comparison needs, from the spread that a pilot has seen. */
import { gammaTails } from '../random/gamma-function.ts';
import { exp, log } from '../random/portable-math.ts';
import { studentTQuantile } from './student-t.ts';

export interface SampleSizeOptions {
  /** Probability of a false alarm: of the one side that counts, or of both together. */
  readonly alpha: number;
  readonly sides: 1 | 2;
  /** Probability with which a difference of this size is to be shown. */
  readonly power: number;
  /** Standard deviation of the difference of one pair; unpaired: of one replication of each, together √(s² + s²). */
  readonly standardDeviation: number;
  readonly difference: number;
  readonly isPaired: boolean;
  /**
   * Degrees of freedom of the pilot that the standard deviation is taken from; absent = it is known. A pilot is as often too low as too
   * high, and too low costs power: its upper 80 % confidence bound is taken instead.
   */
  readonly pilotDegrees?: number;
}

/** One-sided, of the pilot's variance. */
const PILOT_CONFIDENCE = 0.8;

const MOST = 1_000_000;

/**
 * The least number of replications (of each side) that shows a true difference with this power:
 * n ≥ ((t_α + t_β) s ÷ δ)², with t at the degrees of freedom that n gives.
 *
 * @returns at least 2; Infinity when more than a million would be needed
 * Sources: Lachin 1981, Controlled Clinical Trials 2(2), with t for the normal quantiles, which errs on the side of more; the bound of the
 * pilot's variance: Browne 1995, Statistics in Medicine 14(17).
 */
export function replicationsNeeded(options: SampleSizeOptions): number {
  const { alpha, sides, power, standardDeviation, difference, isPaired, pilotDegrees } = options;
  const spread = pilotDegrees === undefined ? 1 : Math.sqrt(pilotDegrees / chiSquareQuantile(1 - PILOT_CONFIDENCE, pilotDegrees));
  const ratio = (spread * standardDeviation) / Math.abs(difference);
  const suffices = (n: number): boolean => {
    const degrees = isPaired ? n - 1 : 2 * (n - 1);
    const needed = (studentTQuantile(1 - alpha / sides, degrees) + studentTQuantile(power, degrees)) * ratio;
    return n >= needed * needed;
  };
  let high = 2;
  while (!suffices(high)) {
    high *= 2;
    if (!(high <= MOST)) return Infinity;
  }
  let low = high / 2; // does not suffice, or is 1
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The value that a χ² variate stays below with this probability: twice a gamma quantile, by bisection of its logarithm. */
export function chiSquareQuantile(probability: number, degrees: number): number {
  const wanted = log(probability);
  let low = -700;
  let high = 20;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return 2 * exp(high);
    if (gammaTails(degrees / 2, middle).logLower < wanted) low = middle;
    else high = middle;
  }
}
