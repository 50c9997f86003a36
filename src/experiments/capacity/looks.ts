/** How many replications are looked at before each verdict, and how the error is split over all of them. */
import { decisionPoints } from '../../statistics/index.ts';
import type { Errors } from '../threshold-decision.ts';

export interface Looks {
  /** Numbers of replications, ascending: 10, 15, 22, … up to the budget. */
  readonly sizes: readonly number[];
  readonly errors: Errors;
}

export interface LooksOptions {
  /** Most replications of one point and variant. */
  readonly budget: number;
  /** Probability that any verdict is wrong. */
  readonly alpha: number;
  /** The most verdicts that are given. */
  readonly verdicts: number;
  /** Thresholds × variants: each of them can wrongly break a point, while all of them have to hold to make it hold. */
  readonly judged: number;
}

/** Bonferroni over verdicts and looks: whoever looks again has a further chance to err. */
export function planLooks({ budget, alpha, verdicts, judged }: LooksOptions): Looks {
  const sizes = decisionPoints(budget);
  const each = alpha / (verdicts * sizes.length);
  return { sizes, errors: { holds: each, fails: each / judged } };
}
