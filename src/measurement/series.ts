/** Counts over time: at most 240 bins over the measured window, by intended arrival (requests) or by time (attempts at pods). */
import { SERIES_BINS, seriesBinOf } from './histogram.ts';
import type { SeriesRun } from './run-result.ts';

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
  /** The bin that was asked for last, and its ends: most questions are about the same one. */
  private lastBin = 0;
  private lastFrom: number;
  private lastTo: number;

  constructor(fromNs: number, toNs: number) {
    this.fromNs = fromNs;
    this.toNs = toNs;
    this.binNs = binWidth(toNs - fromNs);
    this.lastFrom = fromNs;
    this.lastTo = fromNs + this.binNs;
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

  /** A client request of the cohort, by intended arrival, was offered. */
  request(intended: number): void {
    this.offered[this.binAt(intended)]++;
  }

  /** … and ended after `duration` ns. */
  ended(intended: number, duration: number, ok: boolean): void {
    const bin = this.binAt(intended);
    if (!ok) this.failed[bin]++;
    this.durations[bin * SERIES_BINS + seriesBinOf(duration)]++;
  }

  /** An attempt of the cohort reached a pod at `now`; later than the window counts in the last bin. */
  attempt(pod: number, now: number): void {
    const bin = this.binAt(now);
    this.podRequests[pod * this.bins + bin]++;
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

  private binAt(time: number): number {
    if (time >= this.lastFrom && time < this.lastTo) return this.lastBin;
    const bin = Math.max(0, Math.min(this.bins - 1, Math.floor((time - this.fromNs) / this.binNs)));
    this.lastBin = bin;
    this.lastFrom = this.fromNs + bin * this.binNs;
    this.lastTo = this.lastFrom + this.binNs;
    return bin;
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
