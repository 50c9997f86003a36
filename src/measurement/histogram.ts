/**
 * Log-linear histogram of integer nanoseconds: 2^7 bins per octave, so a value read back is wrong by at most 0.39 % (midpoint).
 *
 * No range to configure, merged exactly by adding counts, the same bytes in any merge order. The bin is read from the float's own
 * bits: exponent and upper 7 bits of the mantissa. Same idea as HdrHistogram (Tene), whose JavaScript build costs thirty times as much.
 *
 *   bin 0: exactly 0 · bin 1 + 128·e + m: [2^e·(1 + m/128), 2^e·(1 + (m+1)/128)), e = 0 … 53
 */
import type { SparseHistogram } from './run-result.ts';

const OCTAVES = 54;
const SUB_BITS = 7;
const SUB_BINS = 1 << SUB_BITS;
export const BINS = 1 + OCTAVES * SUB_BINS;

/** Coarse bins for the series: 2^4 per octave, error at most 3.2 %. */
const SERIES_SUB_BITS = 4;
export const SERIES_BINS = 1 + OCTAVES * (1 << SERIES_SUB_BITS);

const EXPONENT_BIAS = 1023;
// One cell seen as float and as words: the cheapest way to the exponent. A constant of the module, never read before it is written.
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0; // index of the high word on this byte order

/** Bin of an integer number of nanoseconds ≥ 0. */
export function binOf(nanoseconds: number): number {
  if (nanoseconds < 1) return 0;
  float[0] = nanoseconds;
  return (words[HIGH] >>> (20 - SUB_BITS)) - (EXPONENT_BIAS << SUB_BITS) + 1;
}

/** Coarse bin for `SeriesRun.durations`. */
export function seriesBinOf(nanoseconds: number): number {
  if (nanoseconds < 1) return 0;
  float[0] = nanoseconds;
  return (words[HIGH] >>> (20 - SERIES_SUB_BITS)) - (EXPONENT_BIAS << SERIES_SUB_BITS) + 1;
}

/** The value that stands for a bin [ns]: its midpoint; 0 for bin 0. Integers below 128 come back exact. */
export function binValue(bin: number): number {
  return midpoint(bin, SUB_BINS);
}

export function seriesBinValue(bin: number): number {
  return midpoint(bin, 1 << SERIES_SUB_BITS);
}

function midpoint(bin: number, subBins: number): number {
  if (bin === 0) return 0;
  const octave = Math.floor((bin - 1) / subBins);
  const sub = (bin - 1) % subBins;
  let base = 1;
  for (let i = 0; i < octave; i++) base *= 2;
  const width = base / subBins;
  const low = base + sub * width;
  return width <= 1 ? Math.ceil(low) : low + width / 2; // below 2^7 a bin holds at most one integer
}

const SUM = 0;
const SUM_OF_SQUARES = 1;
const MAX = 2;

export class Histogram {
  private readonly counts = new Uint32Array(BINS); // zero pages are not touched until used
  private readonly moments = new Float64Array(3); // sum [ns], sum of squares [ns²], maximum [ns]
  private infinite = 0;

  /** Records an integer number of nanoseconds ≥ 0. */
  record(nanoseconds: number): void {
    if (nanoseconds < 1) {
      this.counts[0]++;
      return;
    }
    float[0] = nanoseconds;
    this.counts[(words[HIGH] >>> (20 - SUB_BITS)) - (EXPONENT_BIAS << SUB_BITS) + 1]++;
    const moments = this.moments;
    moments[SUM] += nanoseconds;
    moments[SUM_OF_SQUARES] += nanoseconds * nanoseconds;
    if (nanoseconds > moments[MAX]) moments[MAX] = nanoseconds;
  }

  /** An observation that had not ended when the run did: +∞ in percentiles. */
  recordInfinite(): void {
    this.infinite++;
  }

  /** The occupied bins, for travel. */
  sparse(): SparseHistogram {
    return mergeParts([this]);
  }

  /** Adds several histograms into one travelling form. */
  static merged(parts: readonly Histogram[]): SparseHistogram {
    return mergeParts(parts);
  }

  /** For `mergeParts`. */
  parts(): { counts: Uint32Array; moments: Float64Array; infinite: number } {
    return { counts: this.counts, moments: this.moments, infinite: this.infinite };
  }
}

function mergeParts(histograms: readonly Histogram[]): SparseHistogram {
  const total = new Float64Array(BINS);
  let sum = 0;
  let squares = 0;
  let max = 0;
  let infinite = 0;
  for (const histogram of histograms) {
    const part = histogram.parts();
    for (let bin = 0; bin < BINS; bin++) total[bin] += part.counts[bin];
    sum += part.moments[SUM];
    squares += part.moments[SUM_OF_SQUARES];
    if (part.moments[MAX] > max) max = part.moments[MAX];
    infinite += part.infinite;
  }
  let occupied = 0;
  let count = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (total[bin] > 0) occupied++;
    count += total[bin];
  }
  const bins = new Uint32Array(occupied);
  const counts = new Float64Array(occupied);
  let at = 0;
  for (let bin = 0; bin < BINS; bin++) {
    if (total[bin] === 0) continue;
    bins[at] = bin;
    counts[at++] = total[bin];
  }
  return { bins, counts, infinite, count, sum, sumOfSquares: squares / 1e18, max, positive: count - total[0] };
}
