/**
 * Whether a figure got worse against a baseline.
 *
 * It did when the lower bound of its relative worsening exceeds what is allowed; the error of all such alarms together is α (Bonferroni
 * over the comparisons). It did not when a worsening by `MARGIN` more than allowed can be excluded; between the two the data cannot
 * tell. Pairs where both met the same traffic, Welch otherwise.
 */
import { compareFigures, replicationsNeeded, type SampledFigure } from '../../statistics/index.ts';

export type RegressionVerdict = 'worse' | 'better' | 'not worse' | 'inconclusive';

export interface Regression {
  readonly verdict: RegressionVerdict;
  /** Relative worsening (an increase, or a decrease of what should be high); null when the baseline is 0. */
  readonly change: number | null;
  /** One-sided bounds of it. */
  readonly low?: number;
  readonly high?: number;
  /** Replications for a power of 95 % at the allowed worsening and five points more, from the spread that was seen; null where there is none. */
  readonly needed: number | null;
  readonly note?: string;
}

export interface RegressionOptions {
  readonly isPaired: boolean;
  readonly worse: 'more' | 'less';
  /** Share, e.g. 0.05. */
  readonly allowed: number;
  /** Of one comparison. */
  readonly alpha: number;
}

/** The worsening beyond the allowed one that shall not pass. */
export const MARGIN = 0.05;
export const POWER = 0.95;

export function judgeChange(before: SampledFigure, after: SampledFigure, options: RegressionOptions): Regression {
  const { isPaired, worse, allowed, alpha } = options;
  const sign = worse === 'more' ? 1 : -1;
  const side = { low: worse === 'more' ? ('lower' as const) : ('upper' as const), high: worse === 'more' ? ('upper' as const) : ('lower' as const) };
  const alarm = compareFigures(before, after, { isPaired, alpha, sides: side.low });
  const excluded = compareFigures(before, after, { isPaired, alpha: 1 - POWER, sides: side.high });
  const needed = neededFor(before, after, options);
  if (before.pooled === 0) return fromNothing(after, alarm.absolute, sign, needed);
  const change = sign * (after.pooled / before.pooled - 1);
  if ('noInterval' in alarm.relative || 'noInterval' in excluded.relative) {
    const isEqual = change === 0 && alarm.standardError === 0;
    if (isEqual) return { verdict: 'not worse', change, needed, note: 'as before' };
    // The same difference in all pairs: the sign test.
    if (alarm.standardError === 0 && isPaired)
      return {
        verdict: change > allowed ? (alarm.pValue <= alpha ? 'worse' : 'inconclusive') : 'not worse',
        change,
        needed,
        note: 'in each replication',
      };
    return { verdict: 'inconclusive', change, needed, note: 'noInterval' in alarm.relative ? alarm.relative.noInterval : '' };
  }
  const low = sign > 0 ? alarm.relative.low : -alarm.relative.high;
  const high = sign > 0 ? excluded.relative.high : -excluded.relative.low;
  const verdict = low > allowed ? 'worse' : high < 0 ? 'better' : high <= allowed + MARGIN ? 'not worse' : 'inconclusive';
  return { verdict, change, low, high, needed };
}

/** Of nothing there is no percentage: any increase that can be told from chance is one too many. */
function fromNothing(
  after: SampledFigure,
  absolute: { readonly value: number | null; readonly low?: number; readonly high?: number },
  sign: number,
  needed: number | null,
): Regression {
  if (after.pooled === 0) return { verdict: 'not worse', change: null, needed, note: 'none before, none now' };
  if (sign < 0) return { verdict: 'better', change: null, needed, note: 'none before' };
  const isShown = absolute.low !== undefined && absolute.low > 0;
  return { verdict: isShown ? 'worse' : 'inconclusive', change: null, needed, note: isShown ? 'none before' : 'none before, too few to tell' };
}

function neededFor(before: SampledFigure, after: SampledFigure, { isPaired, alpha }: RegressionOptions): number | null {
  if (before.pooled === 0) return null;
  const ratio = after.pooled / before.pooled;
  const n = Math.min(before.values.length, after.values.length);
  const paired = deviation(after.values.slice(0, n).map((value, i) => value - after.pooled - ratio * (before.values[i] - before.pooled)));
  // Pairs that all agree say nothing of pairs that will not.
  const isUsable = isPaired && paired > 1e-9 * Math.abs(before.pooled);
  const apart = Math.sqrt(
    square(deviation(before.values.map((value) => value - before.pooled))) + square(deviation(after.values.map((value) => value - after.pooled))),
  );
  // What is worse scatters more, in proportion.
  const standardDeviation = (Math.sqrt((1 + square(1 + MARGIN)) / 2) * (isUsable ? paired : apart)) / Math.abs(before.pooled);
  const pilotDegrees = isUsable ? n - 1 : before.values.length + after.values.length - 2;
  if (standardDeviation === 0 || pilotDegrees < 1) return null;
  return replicationsNeeded({ alpha, sides: 1, power: POWER, standardDeviation, difference: MARGIN, isPaired: isUsable, pilotDegrees });
}

/** About 0, since a pooled figure is not the mean of its parts. */
function deviation(residuals: readonly number[]): number {
  if (residuals.length < 2) return 0;
  return Math.sqrt(residuals.reduce((sum, residual) => sum + square(residual), 0) / (residuals.length - 1));
}

function square(x: number): number {
  return x * x;
}
