/**
 * Whether a threshold holds in a cell, as far as its replications can tell: `holds`, `fails`, or `open`.
 *
 * The figure is bounded on either side by sectioning (Student t about the pooled value), each side at its own error. It holds when the
 * bound on the side of the limit keeps it, and fails when the other one breaks it. Where replications are too short for a quantile,
 * neighbouring ones are pooled into longer sections until each has enough above it. Where nothing varies, or some replications are
 * infinite, only the side of the limit counts: the sign test.
 */
import type { RunResult } from '../measurement/run-result.ts';
import type { ThresholdSpec } from '../scenario/scenario.ts';
import { studentTQuantile } from '../statistics/index.ts';
import { hasEnoughAbove } from './duration-figures.ts';
import type { CellInput, MergedCell } from './merge.ts';
import { mergeHistograms, quantile, resolution } from './merged-histogram.ts';
import type { Estimate } from './result.ts';
import { thresholdHistogram, thresholdPercent } from './threshold-figures.ts';
import { holds, type ThresholdFigure, thresholdFigures } from './thresholds.ts';

export type Decision = 'holds' | 'fails' | 'open';

/** Probability of a wrong verdict of either kind. */
export interface Errors {
  readonly holds: number;
  readonly fails: number;
}

export interface DecidedThreshold {
  readonly metric: string;
  readonly expr: string;
  readonly decision: Decision;
  readonly value: number | 'inf' | null;
  /** The bounds that decided; absent where the sign test did, or nothing could. */
  readonly low?: number;
  readonly high?: number;
  /** Replications in which it held by themselves, `n/N`. */
  readonly heldIn: string;
  /** What decided without bounds, or why nothing could. */
  readonly note?: string;
}

/** One section's value: null = nothing seen. */
type Sample = number | null;

interface Outcome {
  readonly decision: Decision;
  readonly low?: number;
  readonly high?: number;
  readonly note?: string;
}

/** Fewer would leave the spread of sections unknown. */
const FEWEST_SECTIONS = 5;
const NANOSECONDS = 1e9;

export function decideThresholds(input: CellInput, runs: readonly RunResult[], merged: MergedCell, errors: Errors): DecidedThreshold[] {
  return thresholdFigures(input, runs, merged).map((figure) => ({
    metric: figure.spec.metric,
    expr: figure.spec.expr,
    value: figure.pooled?.value ?? null,
    heldIn: `${figure.alone.filter((one) => holds(figure.spec, one)).length}/${figure.alone.length}`,
    ...outcomeOf(figure, runs, errors),
  }));
}

function outcomeOf({ spec, pooled, alone }: ThresholdFigure, runs: readonly RunResult[], errors: Errors): Outcome {
  const value = sampleOf(pooled);
  if (value === null) return { decision: 'fails', note: 'nothing was observed' };
  const percent = thresholdPercent(spec);
  if (percent === null) return decideFigure(spec, value, alone.map(sampleOf), errors);
  const sections = quantileSections(spec, percent, runs);
  if (sections !== null) return decideFigure(spec, value, sections, errors, Number.isFinite(value) ? resolution(value * NANOSECONDS) / NANOSECONDS : 0);
  return { decision: 'open', note: `too few requests for ${spec.statistic}: simulate longer, or more replications` };
}

/** The quantile of each replication, or of runs of neighbouring ones as long as it needs; null when fewer than five would be left. */
function quantileSections(spec: ThresholdSpec, percent: number, runs: readonly RunResult[]): Sample[] | null {
  const histograms = runs.map((run) => thresholdHistogram(run, spec));
  for (let length = 1; length === 1 || histograms.length / length >= FEWEST_SECTIONS; length++) {
    const count = Math.floor(histograms.length / length);
    const edge = (i: number) => Math.floor((i * histograms.length) / count);
    const sections = Array.from({ length: count }, (_, i) => mergeHistograms(histograms.slice(edge(i), edge(i + 1))));
    if (sections.every((section) => hasEnoughAbove(section, percent))) {
      return sections.map((section) => {
        const value = quantile(section, percent);
        return value === null ? null : value / NANOSECONDS;
      });
    }
  }
  return null;
}

/**
 * @param pooled of all replications; may be infinite
 * @param samples of each section
 * @param least no bound is nearer to the value than this
 */
export function decideFigure(spec: ThresholdSpec, pooled: number, samples: readonly Sample[], errors: Errors, least = 0): Outcome {
  const seen = samples.filter((sample) => sample !== null);
  const n = seen.length;
  const spread = seen.reduce((sum, sample) => sum + (sample - pooled) * (sample - pooled), 0);
  const standardError = Math.sqrt(spread / (n * (n - 1)));
  if (n < 2 || !Number.isFinite(standardError) || standardError <= 1e-12 * Math.abs(pooled)) return signTest(spec, pooled, seen, errors);
  const bounds = (error: number) => {
    const half = Math.max(studentTQuantile(1 - error, n - 1) * standardError, least);
    return { low: Math.max(0, pooled - half), high: pooled + half };
  };
  const [ofHolding, ofFailing] = [bounds(errors.holds), bounds(errors.fails)];
  if (provesHeld(spec, ofHolding)) return { decision: 'holds', ...ofHolding };
  if (provesBroken(spec, ofFailing, seen)) return { decision: 'fails', ...ofFailing };
  return { decision: 'open', low: Math.min(ofHolding.low, ofFailing.low), high: Math.max(ofHolding.high, ofFailing.high) };
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

function provesHeld({ operator, limit }: ThresholdSpec, { low, high }: Ends): boolean {
  switch (operator) {
    case '<':
    case '<=':
      return high < limit;
    case '>':
    case '>=':
      return low > limit;
    case '==':
      return false; // what varies about a value cannot be shown to be it
    case '!=':
      return high < limit || low > limit;
  }
}

/** No figure is negative: one that is ever above 0 is not 0. */
function provesBroken({ operator, limit }: ThresholdSpec, { low, high }: Ends, samples: readonly number[]): boolean {
  switch (operator) {
    case '<':
    case '<=':
      return low > limit;
    case '>':
    case '>=':
      return high < limit;
    case '==':
      return low > limit || high < limit || (limit === 0 && samples.some((sample) => sample > 0));
    case '!=':
      return false;
  }
}

/** n sections on one side of the limit: chance does that with probability 2^−n where the figure's median lies on the other. */
function signTest(spec: ThresholdSpec, pooled: number, samples: readonly number[], errors: Errors): Outcome {
  const chance = halved(samples.length);
  const held = samples.filter((sample) => holds(spec, estimateOf(sample))).length;
  const isHeld = holds(spec, estimateOf(pooled));
  if (isHeld && held === samples.length && chance <= errors.holds) return { decision: 'holds', note: `held in all ${samples.length} (sign test)` };
  if (!isHeld && held === 0 && chance <= errors.fails) return { decision: 'fails', note: `held in none of ${samples.length} (sign test)` };
  return { decision: 'open', note: samples.length < 2 ? 'one replication' : 'more replications are needed for the sign test' };
}

function sampleOf(figure: Estimate | undefined): Sample {
  if (figure === undefined || figure.value === null) return null;
  return figure.value === 'inf' ? Infinity : figure.value;
}

function estimateOf(value: number): Estimate {
  return { value: value === Infinity ? 'inf' : value, noInterval: '' };
}

/** 2^−times. */
function halved(times: number): number {
  let chance = 1;
  for (let i = 0; i < times; i++) chance /= 2;
  return chance;
}
