/**
 * Replay: requests at the instants of a recording, the same in every replication. With them come, where the recording has them, who sent
 * each request and what for; demand and everything else is drawn as always.
 */
import type { Arrivals } from './arrivals.ts';

export interface TraceSpec {
  /** Ascending, from the start of the run. */
  readonly timesNs: Float64Array;
  /** By request: number of the client; null = the recording does not say. */
  readonly members: Int32Array | null;
  /** By request: index into the entry's requests; null = drawn by weight. */
  readonly classes: Int32Array | null;
}

export class TraceArrivals implements Arrivals {
  private readonly timesNs: Float64Array;
  private readonly members: Int32Array | null;
  private readonly classes: Int32Array | null;
  /** The request whose time was asked for last is the one after the request that comes now. */
  private following = -1;

  constructor({ timesNs, members, classes }: TraceSpec) {
    this.timesNs = timesNs;
    this.members = members;
    this.classes = classes;
  }

  next(): number {
    this.following++;
    return this.following < this.timesNs.length ? this.timesNs[this.following] : Infinity;
  }

  /** Client of the request that comes now: asked for after `next`, which looks one ahead. */
  member(): number {
    return (this.members as Int32Array)[this.following - 1];
  }

  requestClass(): number {
    return (this.classes as Int32Array)[this.following - 1];
  }

  get knowsMembers(): boolean {
    return this.members !== null;
  }

  get knowsClasses(): boolean {
    return this.classes !== null;
  }
}

/** Mean rate [1/s] over [fromNs, toNs). */
export function traceRate({ timesNs }: TraceSpec, fromNs: number, toNs: number): number {
  return toNs > fromNs ? (before(timesNs, toNs) - before(timesNs, fromNs)) / ((toNs - fromNs) / 1e9) : 0;
}

/** Most requests in one second of [fromNs, toNs). */
export function tracePeak({ timesNs }: TraceSpec, fromNs: number, toNs: number): number {
  const end = before(timesNs, toNs);
  let peak = 0;
  for (let first = before(timesNs, fromNs), last = first; last < end; last++) {
    while (timesNs[last] - timesNs[first] >= 1e9) first++;
    peak = Math.max(peak, last - first + 1);
  }
  return peak;
}

/** How many requests come before a time. */
function before(timesNs: Float64Array, timeNs: number): number {
  let low = 0;
  let high = timesNs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesNs[middle] < timeNs) low = middle + 1;
    else high = middle;
  }
  return low;
}
