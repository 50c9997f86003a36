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
const WIDTH = 1 + OCTAVES * SUB_BINS; // not exported: V8 folds only what stays in the module
export const BINS = WIDTH;

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

/** The coarse bin that holds a bin. */
export function seriesBin(bin: number): number {
  return ((bin - 1) >> (SUB_BITS - SERIES_SUB_BITS)) + 1;
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
const MOMENTS = 3;

/** What histograms are merged from. */
interface Part {
  readonly counts: Uint32Array;
  readonly moments: Float64Array;
  readonly infinite: number;
}

/**
 * Several histograms side by side, e.g. of all durations of one request: one object and two arrays serve them all, which saves a third
 * of the cost of recording (bench kernel, W1).
 */
export class Histograms {
  private counts: Uint32Array; // zero pages are not touched until used
  private moments: Float64Array; // per histogram: sum [ns], sum of squares [ns²], maximum [ns]
  private infinite: Uint32Array;

  /** @param rows how many histograms */
  constructor(rows: number) {
    this.counts = new Uint32Array(rows * WIDTH);
    this.moments = new Float64Array(rows * MOMENTS);
    this.infinite = new Uint32Array(rows);
  }

  /** Makes room for `rows` histograms. Copies only what has been recorded: untouched pages stay untouched. */
  grow(rows: number): void {
    const { counts, moments, infinite } = this;
    if (rows <= infinite.length) return;
    const room = Math.max(rows, 2 * infinite.length);
    this.counts = new Uint32Array(room * WIDTH);
    this.moments = new Float64Array(room * MOMENTS);
    this.infinite = new Uint32Array(room);
    this.moments.set(moments);
    this.infinite.set(infinite);
    for (let row = 0; row < infinite.length; row++) {
      const first = row * WIDTH;
      if (moments[row * MOMENTS + MAX] > 0 || counts[first] > 0) this.counts.set(counts.subarray(first, first + WIDTH), first);
    }
  }

  /** Records an integer number of nanoseconds ≥ 0 and returns its bin. */
  record(row: number, nanoseconds: number): number {
    if (nanoseconds < 1) {
      this.counts[row * WIDTH]++;
      return 0;
    }
    float[0] = nanoseconds;
    const bin = (words[HIGH] >>> (20 - SUB_BITS)) - (EXPONENT_BIAS << SUB_BITS) + 1;
    this.counts[row * WIDTH + bin]++;
    const moments = this.moments;
    const at = row * MOMENTS;
    moments[at + SUM] += nanoseconds;
    moments[at + SUM_OF_SQUARES] += nanoseconds * nanoseconds;
    if (nanoseconds > moments[at + MAX]) moments[at + MAX] = nanoseconds;
    return bin;
  }

  /** An observation that had not ended when the run did: +∞ in percentiles. */
  recordInfinite(row: number): void {
    this.infinite[row]++;
  }

  /** One of them, to be merged. */
  part(row: number): Part {
    return {
      counts: this.counts.subarray(row * WIDTH, (row + 1) * WIDTH),
      moments: this.moments.subarray(row * MOMENTS, (row + 1) * MOMENTS),
      infinite: this.infinite[row],
    };
  }
}

export class Histogram {
  private readonly rows = new Histograms(1);

  /** Records an integer number of nanoseconds ≥ 0. */
  record(nanoseconds: number): void {
    this.rows.record(0, nanoseconds);
  }

  /** An observation that had not ended when the run did: +∞ in percentiles. */
  recordInfinite(): void {
    this.rows.recordInfinite(0);
  }

  /** The occupied bins, for travel. */
  sparse(): SparseHistogram {
    return mergeParts([this.rows.part(0)]);
  }

  /** Adds several histograms into one travelling form. */
  static merged(histograms: readonly Histogram[]): SparseHistogram {
    return mergeParts(histograms.map((histogram) => histogram.rows.part(0)));
  }
}

/** Adds several histograms into one travelling form. */
export function mergeParts(parts: readonly Part[]): SparseHistogram {
  let sum = 0;
  let squares = 0;
  let max = 0;
  let infinite = 0;
  for (const part of parts) {
    sum += part.moments[SUM];
    squares += part.moments[SUM_OF_SQUARES];
    if (part.moments[MAX] > max) max = part.moments[MAX];
    infinite += part.infinite;
  }
  const end = Math.min(binOf(max) + 1, BINS); // nothing lies above
  const total = parts.length === 1 ? parts[0].counts : new Float64Array(end);
  if (parts.length > 1) for (const { counts } of parts) for (let bin = 0; bin < end; bin++) total[bin] += counts[bin];
  let occupied = 0;
  let count = 0;
  for (let bin = 0; bin < end; bin++) {
    if (total[bin] > 0) occupied++;
    count += total[bin];
  }
  const bins = new Uint32Array(occupied);
  const counts = new Float64Array(occupied);
  let at = 0;
  for (let bin = 0; bin < end; bin++) {
    if (total[bin] === 0) continue;
    bins[at] = bin;
    counts[at++] = total[bin];
  }
  return { bins, counts, infinite, count, sum, sumOfSquares: squares / 1e18, max, positive: count - total[0] };
}
