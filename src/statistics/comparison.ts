/**
 * The difference between two cells of a study, with its interval: paired where both met the same traffic, by Welch otherwise.
 *
 * A figure that is a functional of merged data (quantile, ratio) is compared by its pooled values, with spreads about them, pair by
 * pair: the sectioning of `estimate.ts`, of which plain t for means is the case where the pooled value is the mean. The relative
 * difference has Fieller's interval from the same moments: it holds zero exactly when the absolute one does, so one verdict fits both.
 * Sources: Law, Simulation Modeling and Analysis, 5th ed. (2015), 10.2 (paired t, Welch); Fieller 1954, J. R. Stat. Soc. B 16(2);
 * Asmussen and Glynn, Stochastic Simulation (2007), III.5a (sectioning).
 */
import { studentTQuantile, studentTTail } from './student-t.ts';

/** A figure of one cell. */
export interface SampledFigure {
  /** The functional of all replications together. */
  readonly pooled: number;
  /** The same functional of each replication alone; pairs have the same index on both sides. */
  readonly values: readonly number[];
}

/** A figure of which only its interval is known: it can be compared, but not paired. */
export interface SummarizedFigure {
  readonly pooled: number;
  readonly standardError: number;
  readonly replications: number;
}

export interface CompareOptions {
  readonly isPaired: boolean;
  /** What the interval misses: of both sides together, or of the one side that is bounded. With m comparisons give α/m. */
  readonly alpha: number;
  /** `lower` and `upper` bound one side only; the other end is infinite. */
  readonly sides?: 'both' | 'lower' | 'upper';
  /** Half of what the recorded values cannot tell apart, both sides together: no end lies nearer. */
  readonly resolution?: number;
}

export type Interval = { readonly value: number; readonly low: number; readonly high: number } | { readonly value: number | null; readonly noInterval: string };

export interface Difference {
  readonly method: 'paired' | 'welch';
  /** Candidate − baseline. */
  readonly absolute: Interval;
  /** Candidate ÷ baseline − 1. */
  readonly relative: Interval;
  readonly standardError: number;
  readonly degrees: number;
  /** Two-sided, of no difference; not adjusted for further comparisons. */
  readonly pValue: number;
  /**
   * By how much pairing narrows: variance of the difference were the runs independent ÷ as it is. Below 1 pairing made it worse.
   * Null where it cannot be said: unpaired, or no spread at all.
   */
  readonly varianceRatio: number | null;
}

/**
 * @param baseline, candidate at least one replication each; all values finite
 * @param options pairs are made only where both sides have values
 */
export function compareFigures(baseline: SampledFigure | SummarizedFigure, candidate: SampledFigure | SummarizedFigure, options: CompareOptions): Difference {
  const isPaired = options.isPaired && 'values' in baseline && 'values' in candidate;
  const method = isPaired ? 'paired' : 'welch';
  const value = candidate.pooled - baseline.pooled;
  const relative = baseline.pooled === 0 ? null : candidate.pooled / baseline.pooled - 1;
  const [ofFirst, ofSecond] = [replicationsOf(baseline), replicationsOf(candidate)];
  const n = Math.min(ofFirst, ofSecond);
  if (n < 2) {
    const noInterval = 'one replication';
    const nothing = { standardError: Number.NaN, degrees: 0, pValue: 1, varianceRatio: null };
    return { method, absolute: { value, noInterval }, relative: { value: relative, noInterval }, ...nothing };
  }
  const moments = momentsOf(baseline, candidate, isPaired);
  const variance = Math.max(0, moments.ofBaseline + moments.ofCandidate - 2 * moments.joint);
  const standardError = Math.sqrt(variance);
  const degrees = isPaired ? n - 1 : welchDegrees(moments, ofFirst, ofSecond);
  const size = Math.abs(baseline.pooled) + Math.abs(candidate.pooled);
  const resolution = options.resolution ?? 0;
  // Rounding leaves a trace of a spread where all differences are equal.
  if (standardError <= 1e-12 * size && resolution === 0) return withoutSpread({ method, value, relative, n, isPaired, degrees });
  const factor = studentTQuantile(options.sides === 'lower' || options.sides === 'upper' ? 1 - options.alpha : 1 - options.alpha / 2, degrees);
  const half = Math.max(factor * standardError, resolution);
  return {
    method,
    absolute: bounded({ value, low: value - half, high: value + half }, options.sides),
    relative: relativeInterval(baseline.pooled, candidate.pooled, moments, { factor, relative, resolution, sides: options.sides }),
    standardError,
    degrees,
    pValue: standardError === 0 ? 1 : studentTTail(value / standardError, degrees),
    varianceRatio: isPaired && variance > 0 ? (moments.ofBaseline + moments.ofCandidate) / variance : null,
  };
}

/** Variances and covariance of the pooled figures. */
interface Moments {
  readonly ofBaseline: number;
  readonly ofCandidate: number;
  readonly joint: number;
}

function replicationsOf(figure: SampledFigure | SummarizedFigure): number {
  return 'values' in figure ? figure.values.length : figure.replications;
}

function momentsOf(baseline: SampledFigure | SummarizedFigure, candidate: SampledFigure | SummarizedFigure, isPaired: boolean): Moments {
  const own = (figure: SampledFigure | SummarizedFigure) => ('values' in figure ? spread(figure, figure) : figure.standardError * figure.standardError);
  return {
    ofBaseline: own(baseline),
    ofCandidate: own(candidate),
    joint: isPaired && 'values' in baseline && 'values' in candidate ? spread(baseline, candidate) : 0,
  };
}

/** Σ (a − pooled)(b − pooled) ÷ (n (n − 1)). */
function spread(a: SampledFigure, b: SampledFigure): number {
  const n = a.values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (a.values[i] - a.pooled) * (b.values[i] - b.pooled);
  return sum / (n * (n - 1));
}

/** Welch 1947, Biometrika 34; Satterthwaite 1946, Biometrics Bulletin 2(6). */
function welchDegrees({ ofBaseline, ofCandidate }: Moments, ofFirst: number, ofSecond: number): number {
  const sum = ofBaseline + ofCandidate;
  const parts = (ofBaseline * ofBaseline) / (ofFirst - 1) + (ofCandidate * ofCandidate) / (ofSecond - 1);
  return parts === 0 ? ofFirst + ofSecond - 2 : (sum * sum) / parts;
}

/**
 * Every pair differs by the same: an interval of no width would claim too much. That n pairs all point one way has probability 2^(1 − n)
 * where neither side is the larger one (the sign test); unpaired samples have no such statement.
 */
function withoutSpread(of: {
  method: Difference['method'];
  value: number;
  relative: number | null;
  n: number;
  isPaired: boolean;
  degrees: number;
}): Difference {
  const noInterval = of.value === 0 ? `the same in all ${of.n} replications` : `the same difference in all ${of.n} replications`;
  let pValue = 1;
  if (of.value !== 0) for (let i = 1; i < of.n; i++) pValue /= 2;
  return {
    method: of.method,
    absolute: { value: of.value, noInterval },
    relative: { value: of.relative, noInterval },
    standardError: 0,
    degrees: of.degrees,
    pValue,
    varianceRatio: null,
  };
}

/** The ratios ρ that (candidate − ρ · baseline) ÷ its standard error does not reject, less 1. */
function relativeInterval(
  baseline: number,
  candidate: number,
  { ofBaseline, ofCandidate, joint }: Moments,
  options: { readonly factor: number; readonly relative: number | null; readonly resolution: number; readonly sides: CompareOptions['sides'] },
): Interval {
  const { factor, relative, resolution, sides } = options;
  if (relative === null) return { value: null, noInterval: 'the baseline is 0' };
  const square = factor * factor;
  const a = baseline * baseline - square * ofBaseline;
  if (a <= 0) return { value: relative, noInterval: 'the baseline cannot be told from 0' };
  const b = baseline * candidate - square * joint;
  const c = candidate * candidate - square * ofCandidate;
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  const least = resolution / Math.abs(baseline);
  const low = Math.min((b - root) / a - 1, relative - least);
  const high = Math.max((b + root) / a - 1, relative + least);
  return bounded({ value: relative, low, high }, sides);
}

function bounded(interval: { value: number; low: number; high: number }, sides: CompareOptions['sides']): Interval {
  if (sides === 'lower') return { ...interval, high: Infinity };
  if (sides === 'upper') return { ...interval, low: -Infinity };
  return interval;
}
