/**
 * What all replications saw together: sparse histograms added up, and quantiles read from the sum.
 *
 * Counts add exactly, so the merged histogram does not depend on who finished first; the float sums are added in the order given.
 */
import { BINS, binOf, binValue } from '../measurement/histogram.ts';
import type { SparseHistogram } from '../measurement/run-result.ts';

/** Adds histograms; none at all give the empty one. */
export function mergeHistograms(parts: readonly SparseHistogram[]): SparseHistogram {
  if (parts.length === 1) return parts[0];
  // Only the bins between the lowest and the highest occupied one: durations of one system lie close together, but for zero.
  let [low, high, zeros] = [BINS, 0, 0];
  for (const { bins } of parts) {
    const first = bins[0] === 0 ? 1 : 0;
    if (bins.length === first) continue;
    low = Math.min(low, bins[first]);
    high = Math.max(high, bins[bins.length - 1]);
  }
  const totals = new Float64Array(Math.max(0, high - low + 1));
  let [infinite, count, sum, sumOfSquares, max, positive] = [0, 0, 0, 0, 0, 0];
  for (const part of parts) {
    const first = part.bins[0] === 0 ? 1 : 0;
    if (first === 1) zeros += part.counts[0];
    for (let i = first; i < part.bins.length; i++) totals[part.bins[i] - low] += part.counts[i];
    infinite += part.infinite;
    count += part.count;
    sum += part.sum;
    sumOfSquares += part.sumOfSquares;
    max = Math.max(max, part.max);
    positive += part.positive;
  }
  const bins: number[] = zeros > 0 ? [0] : [];
  for (let i = 0; i < totals.length; i++) if (totals[i] > 0) bins.push(low + i);
  return {
    bins: Uint32Array.from(bins),
    counts: Float64Array.from(bins, (bin) => (bin === 0 ? zeros : totals[bin - low])),
    infinite,
    count,
    sum,
    sumOfSquares,
    max,
    positive,
  };
}

/**
 * Quantile by nearest rank, ⌈p·n⌉ (truth V09), over finite and unfinished observations.
 *
 * @param percent 0 … 100; 0 is the smallest, 100 the largest observation
 * @returns nanoseconds: the middle of the bin; the mean when all observations lie in one bin, so that equal ones come back exact; the
 *   largest observation in the last bin, where time-outs gather. Infinity among the unfinished, null when empty
 */
export function quantile(histogram: SparseHistogram, percent: number): number | null {
  const total = histogram.count + histogram.infinite;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil((percent * total) / 100 - 1e-6)); // 1e-6: 99.9 % of 1000 is 999, whatever the float says
  if (rank > histogram.count) return Infinity;
  if (rank === histogram.count && histogram.infinite === 0) return histogram.max;
  if (histogram.bins.length === 1) return histogram.sum / histogram.count;
  let seen = 0;
  for (let i = 0; i < histogram.bins.length - 1; i++) {
    seen += histogram.counts[i];
    if (seen >= rank) return binValue(histogram.bins[i]);
  }
  return histogram.max;
}

/** True when all observations are known to be the same: no more can be told from a histogram than from one of them. */
export function isConstant(histogram: SparseHistogram): boolean {
  return histogram.infinite === 0 && histogram.sum === histogram.max * histogram.count;
}

/** Half the width of the bin that holds this many nanoseconds: what the histogram cannot tell apart. 0 where it is exact. */
export function resolution(nanoseconds: number): number {
  const bin = binOf(nanoseconds);
  return nanoseconds < 128 ? 0 : (binValue(bin + 1) - binValue(bin)) / 2;
}

/** Mean of the finite observations [ns]; null when there is none. */
export function mean(histogram: SparseHistogram): number | null {
  return histogram.count === 0 ? null : histogram.sum / histogram.count;
}

/** Standard deviation of the finite observations [s]; null when there is none. */
export function standardDeviation(histogram: SparseHistogram): number | null {
  if (histogram.count === 0) return null;
  const average = histogram.sum / histogram.count / 1e9;
  return Math.sqrt(Math.max(0, histogram.sumOfSquares / histogram.count - average * average));
}
