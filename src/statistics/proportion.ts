/** How sure one can be of a share that was counted: k of n. */
import { betaQuantile } from './incomplete-beta.ts';

/**
 * The exact interval of Clopper and Pearson: covers the true share with at least `level`, whatever it is.
 *
 * @param level two-sided, e.g. 0.95
 * Source: Clopper and Pearson 1934, Biometrika 26(4); as quantiles of the beta law, Johnson, Kemp and Kotz, Univariate Discrete
 * Distributions (2005), 3.8.3.
 * @example binomialInterval(0, 100, 0.95) // { low: 0, high: 0.0362 }
 */
export function binomialInterval(hits: number, trials: number, level: number): { readonly low: number; readonly high: number } {
  const tail = (1 - level) / 2;
  return {
    low: hits === 0 ? 0 : betaQuantile(tail, hits, trials - hits + 1),
    high: hits === trials ? 1 : betaQuantile(1 - tail, hits + 1, trials - hits),
  };
}
