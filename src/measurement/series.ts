/** Counts over time: at most 240 bins over the measured window, by intended arrival (requests) or by time (attempts at pods). */

import * as HISTOGRAM from './histogram.ts';
import type { Clock } from './pod-load.ts';
import type { SeriesRun } from './run-result.ts';

const { SERIES_BINS } = HISTOGRAM; // V8 folds constants of the module only
const MOST_BINS = 240;

export class Series {
  readonly binNs: number;
  readonly bins: number;
  private readonly fromNs: number;
  private readonly toNs: number;
  private readonly offered: Float64Array;
  private readonly failed: Float64Array;
  private readonly durations: Uint32Array;
  private podRequests: Uint32Array = new Uint32Array(0);
  private readonly replicas = new Map<string, Float64Array>();
  private readonly clock: Clock;
  /** The bin of the present time, and where it ends: almost every question is about the same one as the last. */
  private bin = 0;
  private binEnds: number;

  constructor(fromNs: number, toNs: number, clock: Clock) {
    this.clock = clock;
    this.fromNs = fromNs;
    this.toNs = toNs;
    this.binNs = binWidth(toNs - fromNs);
    this.binEnds = fromNs;
    this.bins = Math.max(1, Math.ceil((toNs - fromNs) / this.binNs));
    this.offered = new Float64Array(this.bins);
    this.failed = new Float64Array(this.bins);
    this.durations = new Uint32Array(this.bins * SERIES_BINS);
  }

  /** Makes room for pods 0 … count − 1. */
  resize(count: number): void {
    if (count * this.bins <= this.podRequests.length) return;
    const next = new Uint32Array(Math.max(16, count * 2) * this.bins);
    next.set(this.podRequests);
    this.podRequests = next;
  }

  /** A client request of the cohort is offered now. Returns the bin that it belongs to. */
  request(): number {
    const bin = this.presentBin();
    this.offered[bin]++;
    return bin;
  }

  /** … and has ended. `durationBin` as in `histogram.ts`. */
  ended(bin: number, durationBin: number, outcome: number): void {
    if (outcome !== 0) this.failed[bin]++;
    this.durations[bin * SERIES_BINS + HISTOGRAM.seriesBin(durationBin)]++;
  }

  /** An attempt of the cohort reaches a pod; later than the window counts in the last bin. */
  attempt(pod: number): void {
    this.podRequests[pod * this.bins + this.presentBin()]++;
  }

  /** A workload has `count` ready pods from `now` on. */
  replicasAt(workload: string, count: number, now: number): void {
    let row = this.replicas.get(workload);
    if (row === undefined) {
      row = new Float64Array(this.bins);
      this.replicas.set(workload, row);
    }
    if (now < this.toNs) row.fill(count, now <= this.fromNs ? 0 : this.binAt(now));
  }

  result(pods: number): SeriesRun {
    return {
      binNs: this.binNs,
      bins: this.bins,
      fromNs: this.fromNs,
      offered: this.offered,
      failed: this.failed,
      durations: this.durations,
      podRequests: this.podRequests.slice(0, pods * this.bins),
      replicas: Object.fromEntries([...this.replicas].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  private presentBin(): number {
    if (this.clock.now >= this.binEnds) this.turnBin();
    return this.bin;
  }

  private turnBin(): void {
    this.bin = this.binAt(this.clock.now);
    this.binEnds = this.bin === this.bins - 1 ? Infinity : this.fromNs + (this.bin + 1) * this.binNs;
  }

  private binAt(time: number): number {
    return Math.max(0, Math.min(this.bins - 1, Math.floor((time - this.fromNs) / this.binNs)));
  }
}

/** The smallest 1, 2 or 5 times a power of ten [ns] (seconds and minutes above 1 s: 1, 2, 5, 10, 15, 30, 60 …) that needs at most 240 bins. */
function binWidth(windowNs: number): number {
  const second = 1e9;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].map((s) => s * second);
  for (let base = 1; base < second; base *= 10) {
    for (const factor of [1, 2, 5]) if (windowNs / (base * factor) <= MOST_BINS) return base * factor;
  }
  for (const step of steps) if (windowNs / step <= MOST_BINS) return step;
  return Math.ceil(windowNs / MOST_BINS);
}
