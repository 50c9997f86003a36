/**
 * The rate of requests over time: straight pieces, one after the other, made when they are needed.
 *
 *   shape   the sum of its parts: stages (stages.ts), a day's rise and fall (diurnal.ts), bursts (bursts.ts)
 *   mmpp    a rate that changes by chance (mmpp.ts)
 */
import type { Key } from '../random/stream.ts';
import { BurstPieces, type BurstSpec, burstsUntil } from './bursts.ts';
import { DiurnalPieces, type DiurnalSpec, diurnalUntil } from './diurnal.ts';
import { MmppPieces, type MmppSpec, mmppMean } from './mmpp.ts';
import { StagePieces, type StagesSpec, stagesPeak, stagesUntil } from './stages.ts';
import { SummedPieces } from './summed-rate.ts';

export type RatePart = StagesSpec | DiurnalSpec | BurstSpec;
export type RateSpec = { readonly type: 'shape'; readonly parts: readonly RatePart[] } | MmppSpec;

/** One straight piece of a rate; fields, since it is read in a loop. */
export interface RatePieces {
  /** [s] */
  readonly start: number;
  /** [s]; +∞ for the last piece. */
  readonly end: number;
  /** At the start [1/s]. */
  readonly rate: number;
  /** [1/s²] */
  readonly slope: number;
  /** Expected requests of this piece; +∞ when it has no end and a rate. */
  readonly area: number;
  /** Goes on to the next piece; there is one while `end` is finite. */
  advance(): void;
}

/** A rate that never changes. */
export function constantRate(perSecond: number): RateSpec {
  return { type: 'shape', parts: [{ type: 'stages', startRate: perSecond, stages: [{ durationNs: 0, target: perSecond }] }] };
}

/** @param factor multiplies the rate everywhere; @param key of the entry's arrivals, for a rate that changes by chance */
export function createRate(spec: RateSpec, factor: number, key: Key): RatePieces {
  if (spec.type === 'mmpp') return new MmppPieces(spec, factor, key);
  const parts = spec.parts.map((part) => createPart(part, factor));
  return parts.length === 1 ? parts[0] : new SummedPieces(parts);
}

function createPart(part: RatePart, factor: number): RatePieces {
  switch (part.type) {
    case 'stages':
      return new StagePieces(part, factor);
    case 'diurnal':
      return new DiurnalPieces(part, factor);
    case 'burst':
      return new BurstPieces(part, factor);
  }
}

/** Mean rate [1/s] over [fromNs, toNs), for mmpp its expectation. */
export function meanRate(spec: RateSpec, fromNs: number, toNs: number): number {
  if (toNs <= fromNs) return 0;
  if (spec.type === 'mmpp') return mmppMean(spec);
  const requests = spec.parts.reduce((total, part) => total + partUntil(part, toNs) - partUntil(part, fromNs), 0);
  return requests / ((toNs - fromNs) / 1e9);
}

/** The highest rate [1/s] that may come within [fromNs, toNs); of a sum, the sum of the highest of its parts. */
export function peakRate(spec: RateSpec, fromNs: number, toNs: number): number {
  if (spec.type === 'mmpp') return Math.max(...spec.rates);
  return spec.parts.reduce((total, part) => total + peakOf(part, fromNs, toNs), 0);
}

function peakOf(part: RatePart, fromNs: number, toNs: number): number {
  if (part.type === 'stages') return stagesPeak(part, fromNs, toNs);
  if (part.type === 'diurnal') return part.high;
  return burstsUntil(part, toNs / 1e9) > burstsUntil(part, fromNs / 1e9) ? part.rate : 0;
}

/** Expected requests until `timeNs`. */
function partUntil(part: RatePart, timeNs: number): number {
  switch (part.type) {
    case 'stages':
      return stagesUntil(part, timeNs);
    case 'diurnal':
      return diurnalUntil(part, timeNs / 1e9);
    case 'burst':
      return burstsUntil(part, timeNs / 1e9);
  }
}

/** The same rate times `factor`. */
export function scaleRate(spec: RateSpec, factor: number): RateSpec {
  if (spec.type === 'mmpp') return { ...spec, rates: spec.rates.map((rate) => rate * factor) };
  return { ...spec, parts: spec.parts.map((part) => scalePart(part, factor)) };
}

function scalePart(part: RatePart, factor: number): RatePart {
  switch (part.type) {
    case 'stages':
      return { ...part, startRate: part.startRate * factor, stages: part.stages.map((stage) => ({ ...stage, target: stage.target * factor })) };
    case 'diurnal':
      return { ...part, low: part.low * factor, high: part.high * factor };
    case 'burst':
      return { ...part, rate: part.rate * factor };
  }
}

/** Whether the rate is the same at all times. */
export function isConstantRate(spec: RateSpec): boolean {
  if (spec.type === 'mmpp') return spec.rates.every((rate) => rate === spec.rates[0]);
  return spec.parts.every((part) => {
    if (part.type === 'diurnal') return part.low === part.high;
    if (part.type === 'burst') return part.rate === 0;
    return part.stages.every((stage) => stage.durationNs === 0 || stage.target === part.startRate);
  });
}
