/**
 * Open loop: when requests come, whatever the system does.
 *
 * Arrival n lies where the cumulative rate reaches the n-th point of a process of rate 1 (Çınlar 1975; Lewis and Shedler 1979 compare
 * methods): a changed rate stretches the same arrivals, so that scenarios with different rates stay paired.
 *
 *   steps of the process of rate 1   poisson: exponential · deterministic: exactly 1 · uniform: on (0, 2) · renewal: any law of mean 1
 *   rate                             rate.ts: stages, diurnal, bursts and their sum; mmpp: a rate that is random itself
 *
 * A renewal process is an ordinary one: it begins with a whole step, as if an arrival had been at 0.
 */
import type { Law } from '../random/law.ts';
import { createLaw, lawMean } from '../random/laws.ts';
import * as MATH from '../random/portable-math.ts';
import type { Key } from '../random/stream.ts';
import * as STREAM from '../random/stream.ts';
import { BatchArrivals, meanBatch } from './batches.ts';
import type { ArrivalProcess } from './process.ts';
import { createRate, type RatePieces } from './rate.ts';

/** When the requests of one entry come. */
export interface Arrivals {
  /** Time of the next request [integer ns], never before the last one; +∞ when none comes any more. */
  next(): number;
}

/** @param key the stream of this entry's arrivals in this replication */
export function createArrivals({ steps, rate, batch }: ArrivalProcess, key: Key): Arrivals {
  const law = steps.law === 'exponential' ? null : createLaw(steps, 1 / lawMean(steps));
  if (batch === null) return new OpenArrivals(law, createRate(rate, 1, key), key);
  return new BatchArrivals(new OpenArrivals(law, createRate(rate, 1 / meanBatch(batch), key), key), batch, key);
}

// Constants of this module: V8 loads and checks imported functions at each use.
const { negativeLogUniform } = MATH;
const { keyedBits } = STREAM;

const NS = 1e9;

export class OpenArrivals implements Arrivals {
  /** Numbers and a flag, not texts: texts that came through a worker's message are compared letter by letter. */
  private readonly isPoisson: boolean;
  private readonly law: Law | null;
  private readonly high: number;
  private readonly low: number;
  private readonly pieces: RatePieces;
  /** The present piece, in fields that are floats from the start, and where the process of rate 1 stands. */
  private start = Number.NaN;
  private rate = Number.NaN;
  private slope = Number.NaN;
  private from = Number.NaN;
  private to = Number.NaN;
  private point = Number.NaN;
  private time = Number.NaN;
  /** Arrivals so far; the number of the next one. */
  private number = 0;

  /** @param law of the steps, with mean 1; null = exponential */
  constructor(law: Law | null, pieces: RatePieces, key: Key) {
    this.isPoisson = law === null;
    this.law = law;
    this.high = key.high;
    this.low = key.low;
    this.pieces = pieces;
    this.point = 0;
    this.to = 0;
    this.enter();
  }

  next(): number {
    this.advance(); // apart, so that this is small enough to be inlined: a float that a call gives back is an allocation
    return this.time;
  }

  private advance(): void {
    const bits = keyedBits(this.high, this.low, this.number++);
    this.point += this.isPoisson === true ? negativeLogUniform(bits) : this.step(bits);
    while (this.point >= this.to) {
      if (this.pieces.end === Infinity) {
        this.time = Infinity;
        return;
      }
      this.pieces.advance();
      this.enter();
    }
    const beyond = this.point - this.from;
    const { rate, slope } = this;
    // A rate that falls to 0 may be rounded to below it.
    const into = slope === 0 ? beyond / rate : (2 * beyond) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * slope * beyond)));
    this.time = Math.floor((this.start + into) * NS + 0.5); // Math.round branches on chance
  }

  private enter(): void {
    const { pieces } = this;
    this.start = pieces.start;
    this.rate = pieces.rate;
    this.slope = pieces.slope;
    this.from = this.to;
    this.to = this.from + pieces.area;
  }

  private step(bits: number): number {
    return (this.law as Law).sample(bits);
  }
}
