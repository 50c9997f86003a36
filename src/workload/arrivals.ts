/**
 * Open loop: when requests come, whatever the system does.
 *
 * Arrival n lies where the cumulative rate reaches the n-th point of a process of rate 1 (Çınlar 1975; Lewis and Shedler 1979 compare
 * methods): a changed rate stretches the same arrivals, so that scenarios with different rates stay paired.
 *
 *   poisson: exponential steps · deterministic: steps of exactly 1 · uniform: steps uniform on (0, 2)
 */
import * as MATH from '../random/portable-math.ts';
import type { Key } from '../random/stream.ts';
import * as STREAM from '../random/stream.ts';

export type ArrivalProcess = 'poisson' | 'deterministic' | 'uniform';

/** The rate goes linearly from the last target to `target` [1/s] over `durationNs`; 0 jumps. After the last stage its target holds. */
export interface Stage {
  readonly durationNs: number;
  readonly target: number;
}

// Constants of this module: V8 loads and checks imported functions at each use.
const { negativeLogUniform } = MATH;
const { keyedBits, toUniform } = STREAM;

const NS = 1e9;

export class OpenArrivals {
  // Numbers and flags, not texts: texts that came through a worker's message are compared letter by letter.
  private readonly isDeterministic: boolean;
  private readonly isPoisson: boolean;
  private readonly high: number;
  private readonly low: number;
  /** Pieces of the rate function: start [s], rate at start [1/s], slope [1/s²], cumulative rate at start and at end. */
  private readonly starts: number[] = [];
  private readonly rates: number[] = [];
  private readonly slopes: number[] = [];
  private readonly cumulative: number[] = [];
  private piece = 0;
  /** The present piece, in fields that are floats from the start, and where the process of rate 1 stands. */
  private start = Number.NaN;
  private rate = Number.NaN;
  private slope = Number.NaN;
  private from = Number.NaN;
  private to = Number.NaN;
  private point = Number.NaN;
  private time = Number.NaN;
  /** Requests so far; the number of the next one. */
  private number = 0;

  /** @param key the stream of this entry's arrivals in this replication */
  constructor(process: ArrivalProcess, startRate: number, stages: readonly Stage[], key: Key) {
    this.isDeterministic = process === 'deterministic';
    this.isPoisson = process === 'poisson';
    this.high = key.high;
    this.low = key.low;
    let start = 0;
    let rate = startRate;
    let cumulative = 0;
    for (const stage of stages) {
      const duration = stage.durationNs / NS;
      if (duration > 0) {
        this.addPiece(start, rate, (stage.target - rate) / duration, cumulative);
        cumulative += ((rate + stage.target) / 2) * duration;
        start += duration;
      }
      rate = stage.target;
    }
    this.addPiece(start, rate, 0, cumulative);
    this.cumulative.push(rate > 0 ? Infinity : cumulative);
    this.point = 0;
    this.enter(0);
  }

  /** Time of the next arrival [integer ns]; +∞ when the rate has ended for good. */
  next(): number {
    this.advance(); // apart, so that this is small enough to be inlined: a float that a call gives back is an allocation
    return this.time;
  }

  private advance(): void {
    this.point += this.step(this.number++);
    while (this.point >= this.to) {
      if (this.piece + 1 === this.starts.length) {
        this.time = Infinity;
        return;
      }
      this.enter(this.piece + 1);
    }
    const beyond = this.point - this.from;
    const { rate, slope } = this;
    const into = slope === 0 ? beyond / rate : (2 * beyond) / (rate + Math.sqrt(rate * rate + 2 * slope * beyond));
    this.time = Math.floor((this.start + into) * NS + 0.5); // Math.round branches on chance
  }

  private enter(piece: number): void {
    this.piece = piece;
    this.start = this.starts[piece];
    this.rate = this.rates[piece];
    this.slope = this.slopes[piece];
    this.from = this.cumulative[piece];
    this.to = this.cumulative[piece + 1];
  }

  private step(number: number): number {
    if (this.isDeterministic === true) return 1;
    const bits = keyedBits(this.high, this.low, number);
    return this.isPoisson === true ? negativeLogUniform(bits) : 2 * toUniform(bits);
  }

  private addPiece(start: number, rate: number, slope: number, cumulative: number): void {
    this.starts.push(start);
    this.rates.push(rate);
    this.slopes.push(slope);
    this.cumulative.push(cumulative);
  }
}

/** Mean rate [1/s] of a stage list over [fromNs, toNs). */
export function meanRate(startRate: number, stages: readonly Stage[], fromNs: number, toNs: number): number {
  return toNs > fromNs ? (cumulativeRate(startRate, stages, toNs) - cumulativeRate(startRate, stages, fromNs)) / ((toNs - fromNs) / NS) : 0;
}

/** Expected number of requests until `timeNs`. */
function cumulativeRate(startRate: number, stages: readonly Stage[], timeNs: number): number {
  let rate = startRate;
  let at = 0;
  let total = 0;
  for (const stage of stages) {
    const span = Math.min(stage.durationNs, timeNs - at);
    if (span > 0) {
      const end = rate + (stage.target - rate) * (span / stage.durationNs);
      total += ((rate + end) / 2) * (span / NS);
    }
    at += stage.durationNs;
    rate = stage.target;
    if (at >= timeNs) return total;
  }
  return total + rate * ((timeNs - at) / NS);
}
