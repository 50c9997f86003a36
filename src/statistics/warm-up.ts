/**
 * Where the warm-up of a stationary run ends: MSER-5, the truncation that leaves the smallest standard error of what remains.
 *
 * Observations are averaged in batches of five; for each number d of batches that may be cut, the statistic is the sum of squares of the
 * remaining n − d batch means about their own mean, divided by (n − d)². The smallest wins, the shortest cut on ties.
 * Source: White 1997, Simulation 69(6); White, Cobb and Spratt 2000, Winter Simulation Conference (batches of five).
 */

const BATCH = 5;

export interface Truncation {
  /** Observations to cut, a multiple of five. */
  readonly truncate: number;
  readonly statistic: number;
  /** The statistic still fell where the search ends, at half of the run: the run is too short to tell. */
  readonly isBeyondHalf: boolean;
}

/** @param observations in order of time, equally spaced; at least 20 */
export function mser5(observations: readonly number[]): Truncation {
  const means = batchMeans(observations, BATCH);
  const last = Math.floor(means.length / 2);
  let best = 0;
  let smallest = Infinity;
  for (let cut = 0; cut <= last; cut++) {
    const statistic = standardErrorSquared(means, cut);
    if (statistic < smallest) {
      best = cut;
      smallest = statistic;
    }
  }
  return { truncate: best * BATCH, statistic: smallest, isBeyondHalf: best === last };
}

/** Means of consecutive batches; what does not fill one at the end is left out. */
function batchMeans(observations: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(observations.length / size) }, (_, batch) => meanOf(observations, batch * size, (batch + 1) * size));
}

function meanOf(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}

function standardErrorSquared(means: readonly number[], cut: number): number {
  const mean = meanOf(means, cut, means.length);
  let squares = 0;
  for (let i = cut; i < means.length; i++) squares += (means[i] - mean) * (means[i] - mean);
  return squares / ((means.length - cut) * (means.length - cut));
}
