/**
 * Durations, as they pass by: histograms by how busy the second was, in steps of what the log can tell.
 *
 * Response time is service time plus waiting. Where the busy seconds are slower than the quiet ones, there is waiting in it, and the law is
 * taken from the quietest quarter. How busy a second is says its number of requests: its in-flight time would choose short requests.
 */
import { BINS, binOf } from '../measurement/histogram.ts';
import { type Binned, moments, quantile, total } from './binned.ts';

const CLASSES = 40; // octaves of requests a second, half by half
const SHARE = 0.25;
const LEAST = 2000;
/** Mean of the busiest ÷ mean of the quietest part that is taken for waiting. */
const WAITING_FROM = 1.1;
/** Bins of laws: at most so many an octave, 4.4 % wide. */
const MERGED = 8;
const SUB_BINS = 128;

/** Steps a log may write durations in [s]. */
const STEPS = [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/** The largest step that all of these are whole multiples of; 1 ns when none is. */
export function stepOf(durations: readonly number[]): number {
  return STEPS.find((step) => durations.every((value) => Math.abs(value / step - Math.round(value / step)) < 1e-6 + (1e-11 * value) / step)) ?? 1e-9;
}

export interface ServiceTimes {
  /** What laws are fitted to. */
  readonly data: Binned;
  readonly requests: number;
  readonly step: number;
  /** Mean [s] in the quietest and the busiest part; null when the log has no times to tell them apart. */
  readonly quiet: number | null;
  readonly busy: number | null;
  /** The law is taken from the quietest part alone. */
  readonly isFromQuiet: boolean;
}

export class ServiceTimeCollector {
  private readonly step: number;
  private readonly isCut: boolean;
  private readonly counts: Uint32Array[] = [];
  /** Bins of the present second. */
  private readonly second: number[] = [];
  private present = Number.NaN;
  private inSecond = 0;

  /** @param isCut durations are cut off to whole steps, not rounded */
  constructor(step: number, isCut: boolean) {
    this.step = step;
    this.isCut = isCut;
  }

  /** A request came in this second, whatever is known of its duration. */
  tick(time: number): void {
    const second = Math.floor(time);
    if (second !== this.present && !Number.isNaN(second)) this.flush();
    this.present = second;
    this.inSecond++;
  }

  add(duration: number): void {
    this.second.push(binOf(Math.round(duration / this.step)));
    if (this.second.length >= 65_536) this.spill();
  }

  private flush(): void {
    this.spill();
    this.inSecond = 0;
  }

  private spill(): void {
    const load = this.inSecond < 1 ? 0 : Math.min(CLASSES - 1, Math.round(2 * Math.log2(this.inSecond)));
    if (this.second.length > 0) this.counts[load] ??= new Uint32Array(BINS);
    for (const bin of this.second) this.counts[load][bin]++;
    this.second.length = 0;
  }

  result(): ServiceTimes {
    this.flush();
    const classes = this.counts.filter((counts) => counts !== undefined);
    const all = this.binned(classes);
    const requests = total(all);
    const part = Math.max(LEAST, SHARE * requests);
    const [quiet, busy] = [this.binned(upTo(classes, part)), this.binned(upTo(classes.toReversed(), part))];
    const canTell = classes.length > 1 && requests >= 2 * part;
    const [quietMean, busyMean] = canTell ? [moments(quiet).mean, moments(busy).mean] : [null, null];
    const isFromQuiet = quietMean !== null && busyMean !== null && busyMean > WAITING_FROM * quietMean;
    return { data: isFromQuiet ? quiet : all, requests, step: this.step, quiet: quietMean, busy: busyMean, isFromQuiet };
  }

  /** Edges half a step around what was rounded, a whole step after what was cut. */
  private binned(classes: readonly Uint32Array[]): Binned {
    const counts: number[] = [];
    const edges: number[] = [0];
    const below = this.isCut ? 0 : 0.5;
    for (let bin = 0; bin < BINS; ) {
      const next = bin === 0 ? 1 : Math.min(BINS, bin + MERGED);
      let count = 0;
      for (let each = bin; each < next; each++) for (const one of classes) count += one[each];
      const end = (firstWhole(next) - below) * this.step;
      bin = next;
      if (end <= edges[edges.length - 1]) continue; // bins below 128 steps hold one whole number each, or none
      counts.push(0);
      edges.push(end);
      counts[counts.length - 1] += count;
    }
    return { edges, counts };
  }
}

/** The smallest whole number of a bin. */
function firstWhole(bin: number): number {
  if (bin === 0) return 0;
  const octave = Math.floor((bin - 1) / SUB_BINS);
  return Math.ceil(2 ** octave * (1 + ((bin - 1) % SUB_BINS) / SUB_BINS));
}

/** The first classes that hold `wanted` together. */
function upTo(classes: readonly Uint32Array[], wanted: number): readonly Uint32Array[] {
  let count = 0;
  const end = classes.findIndex((counts) => {
    count += counts.reduce((sum, each) => sum + each, 0);
    return count >= wanted;
  });
  return end < 0 ? classes : classes.slice(0, end + 1);
}

/** The empirical law in so many equally likely values [s]. */
export function sampleOf(data: Binned, size: number): readonly number[] {
  return Array.from({ length: size }, (_, i) => quantile(data, (i + 0.5) / size));
}
