/**
 * A day's rise and fall: a cosine between `low` and `high` with its peak at `peakAt`, again every `period`.
 *
 * Simplified: drawn with 360 straight pieces a period, so that the cumulative rate has a closed inverse. The rate is off by at most
 * 4e-5 of half the swing; the mean over a period is (low + high) ÷ 2 to rounding.
 */
import { cosineOfTurn } from '../random/portable-math.ts';
import type { RatePieces } from './rate.ts';

export interface DiurnalSpec {
  readonly type: 'diurnal';
  /** [1/s] */
  readonly low: number;
  readonly high: number;
  readonly periodNs: number;
  readonly peakAtNs: number;
}

export const PIECES_A_PERIOD = 360;
const NS = 1e9;

export class DiurnalPieces implements RatePieces {
  start = 0;
  end = 0;
  rate = 0;
  slope = 0;
  area = 0;
  private readonly rates: Float64Array;
  private readonly step: number;
  private readonly peakAt: number;
  /** Pieces are counted from the peak; those before it have negative numbers. */
  private piece: number;

  constructor(spec: DiurnalSpec, factor: number) {
    this.rates = pieceRates(spec).map((rate) => rate * factor);
    this.step = spec.periodNs / NS / PIECES_A_PERIOD;
    this.peakAt = spec.peakAtNs / NS;
    this.piece = Math.floor(-this.peakAt / this.step) - 1;
    while (this.end <= 0) this.advance();
    const skipped = -this.start; // the first piece begins at 0
    this.start = 0;
    this.rate += this.slope * skipped;
    this.area = (this.rate + (this.slope * this.end) / 2) * this.end;
  }

  advance(): void {
    this.piece++;
    const from = this.rates[moduloPeriod(this.piece)];
    const to = this.rates[moduloPeriod(this.piece + 1)];
    this.start = this.peakAt + this.piece * this.step;
    this.end = this.peakAt + (this.piece + 1) * this.step;
    this.rate = from;
    this.slope = (to - from) / this.step;
    this.area = ((from + to) / 2) * (this.end - this.start);
  }
}

/** Expected number of requests until `seconds`. */
export function diurnalUntil(spec: DiurnalSpec, seconds: number): number {
  return sincePeak(spec, seconds - spec.peakAtNs / NS) - sincePeak(spec, -spec.peakAtNs / NS);
}

/** Area between the peak and a time after it (negative: before it) [s]. */
function sincePeak(spec: DiurnalSpec, seconds: number): number {
  const rates = pieceRates(spec);
  const period = spec.periodNs / NS;
  const step = period / PIECES_A_PERIOD;
  const periods = Math.floor(seconds / period);
  let rest = seconds - periods * period;
  let area = ((spec.low + spec.high) / 2) * period * periods;
  for (let piece = 0; piece < PIECES_A_PERIOD && rest > 0; piece++, rest -= step) {
    const span = Math.min(step, rest);
    const slope = (rates[moduloPeriod(piece + 1)] - rates[piece]) / step;
    area += (rates[piece] + (slope * span) / 2) * span;
  }
  return area;
}

function moduloPeriod(piece: number): number {
  return piece - Math.floor(piece / PIECES_A_PERIOD) * PIECES_A_PERIOD;
}

function pieceRates({ low, high }: DiurnalSpec): Float64Array {
  return Float64Array.from({ length: PIECES_A_PERIOD }, (_, piece) => low + ((high - low) * (1 + cosineOfTurn(piece / PIECES_A_PERIOD))) / 2);
}
