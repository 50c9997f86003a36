/**
 * How many replications are enough: until the interval of a figure is narrow, relative to the figure.
 *
 * Decided after 10, 15, 22, 33, … replications only, each time on all replications up to there: then the decision does not depend on
 * which of them happened to finish first, and few looks at the data keep the coverage near the nominal one (about a point below it).
 * Source: Law, Simulation Modeling and Analysis, 5th ed., section 9.4.1 (relative error γ by half width ÷ |value| ≤ γ ÷ (1 + γ)).
 */
import type { Estimate } from './estimate.ts';

/** Fewer say too little of their own spread. */
const FEWEST = 10;
const GROWTH = 1.5;

/** Numbers of replications after which is decided: 10, 15, 22, 33, …, and `most` at last. */
export function decisionPoints(most: number): number[] {
  const points: number[] = [];
  for (let count = FEWEST; count < most; count = Math.floor(count * GROWTH)) points.push(count);
  return [...points, most];
}

export type Precision =
  /** Half width of the interval ÷ |value|; null without an interval or with a value of zero. */
  | { readonly verdict: 'enough' | 'more'; readonly relative: number | null }
  /** No number of replications brings an interval. */
  | { readonly verdict: 'never'; readonly reason: string };

/**
 * @param relative largest wanted relative error, e.g. 0.02
 * A figure that is the same in all replications is precise; one that none has seen yet may still come.
 */
export function precisionOf(estimate: Estimate, relative: number): Precision {
  if ('low' in estimate) {
    if (estimate.value === 0) return { verdict: 'more', relative: null };
    // The wider side: an end may have been cut at what the figure can be.
    const reached = Math.max(estimate.high - estimate.value, estimate.value - estimate.low) / Math.abs(estimate.value);
    return { verdict: reached <= relative / (1 + relative) ? 'enough' : 'more', relative: reached };
  }
  if (estimate.noInterval.startsWith('the same in all')) return { verdict: 'enough', relative: 0 };
  if (estimate.value === null || estimate.value === 0) return { verdict: 'more', relative: null };
  return { verdict: 'never', reason: estimate.noInterval };
}
