/**
 * The law of durations by maximum likelihood on intervals, and how well it fits.
 *
 * Chosen by BIC (Schwarz 1978): −2 ln L + parameters · ln n. Then tested by chi-square on groups of about equal counts. Fitted parameters
 * make a test too kind; handled as Fisher 1924 does: the parameters are fitted again to the very groups of the test, and each costs a
 * degree of freedom. (With parameters from finer bins, X² would lie between two chi-square laws: Chernoff and Lehmann 1954.)
 * A million requests refuse every law for differences that move nothing, so the largest distance between the two distribution functions
 * stands beside it: a law that is refused but within 2 % everywhere, p99 within 10 %, is called close.
 */
import { gammaTails } from '../random/gamma-function.ts';
import type { LawSpec } from '../random/law.ts';
import { exp, log } from '../random/portable-math.ts';
import { type Binned, grouped, quantile, total, trimmed } from './binned.ts';
import { type Distribution, erlangsNear, type Family, families } from './families.ts';
import { minimise } from './minimise.ts';

export type Verdict = 'fits' | 'close' | 'does not fit' | 'too few to tell';

export interface FittedLaw {
  readonly name: string;
  readonly law: LawSpec;
  readonly bic: number;
  /** Of the test; null when there are too few bins for one. */
  readonly pValue: number | null;
  readonly groups: number;
  /** Largest difference between the distribution functions, at the edges of the bins. */
  readonly distance: number;
  /** p99 of the law ÷ p99 of the data. */
  readonly tail: number;
  readonly verdict: Verdict;
}

/** Durations: among fewer, the data themselves are off by more than what is called close (√(0.25 ÷ 100) = 5 %). */
export const LEAST_TO_TELL = 100;
const REFUSED_BELOW = 0.01;
const CLOSE = 0.02;
const CLOSE_TAIL = 0.1;
/** Among ever so many requests, more groups would only find smaller differences. */
const MOST_GROUPS = 40;
const LEAST_IN_GROUP = 10;

/** @param only names of the laws to try; all of them when absent @returns all that were tried, the best by BIC first; empty without data */
export function fitLaws(data: Binned, only?: readonly string[]): readonly FittedLaw[] {
  const cut = trimmed(data);
  const all = total(cut);
  if (all === 0) return [];
  if (cut.counts.length === 1 && cut.edges[1] < Infinity) return [constantLaw(cut, all)];
  const fitted = families(cut).flatMap((family) => {
    if (only?.includes(family.name) === false) return [];
    const point = maximise(family, cut);
    if (point === null) return [];
    const own = describe(family, point, cut);
    if (family.name !== 'gamma') return [own];
    const erlangs = erlangsNear(point).map((erlang) => describe(erlang, maximise(erlang, cut) ?? [], cut));
    return [own, ...erlangs.sort((a, b) => a.bic - b.bic).slice(0, 1)];
  });
  return fitted.filter(({ bic }) => bic < Infinity).sort((a, b) => a.bic - b.bic);
}

function constantLaw({ edges }: Binned, all: number): FittedLaw {
  const value = (edges[0] + edges[1]) / 2;
  const verdict = all < LEAST_TO_TELL ? 'too few to tell' : 'fits';
  return { name: 'constant', law: { law: 'constant', value }, bic: 0, pValue: null, groups: 1, distance: 0, tail: 1, verdict };
}

/** The most likely parameters; null when this law cannot be. */
function maximise(family: Family, data: Binned): readonly number[] | null {
  const starts = family.start(data);
  if (starts.length === 0) return null;
  const found = starts.map((start) => minimise((point) => -logLikelihood(family.distribution(point), data), start));
  found.sort((a, b) => a.value - b.value);
  return found[0].value < Infinity ? found[0].point : null;
}

export function logLikelihood(distribution: Distribution, { edges, counts }: Binned): number {
  let sum = 0;
  let [lower, upper] = [distribution.lower(edges[0]), distribution.upper(edges[0])];
  for (let i = 0; i < counts.length; i++) {
    const end = edges[i + 1];
    const [lowerEnd, upperEnd] = end === Infinity ? [1, 0] : [distribution.lower(end), distribution.upper(end)];
    if (counts[i] > 0) sum += counts[i] * log(Math.max(0, lower < 0.5 ? lowerEnd - lower : upper - upperEnd));
    [lower, upper] = [lowerEnd, upperEnd];
  }
  return sum;
}

function describe(family: Family, point: readonly number[], data: Binned): FittedLaw {
  const distribution = family.distribution(point);
  const all = total(data);
  const distance = largestDistance(distribution, data);
  const { pValue, groups } = test(family, point, data);
  const p99 = quantile(data, 0.99);
  const tail = p99 > 0 ? lawQuantile(distribution, 0.99, p99) / p99 : 1;
  const isClose = distance <= CLOSE && Math.abs(tail - 1) <= CLOSE_TAIL;
  return {
    name: family.name,
    law: family.law(point),
    bic: -2 * logLikelihood(distribution, data) + family.parameters * log(all),
    pValue,
    groups,
    distance,
    tail,
    verdict: all < LEAST_TO_TELL ? 'too few to tell' : pValue !== null && pValue >= REFUSED_BELOW ? 'fits' : isClose ? 'close' : 'does not fit',
  };
}

function largestDistance(distribution: Distribution, data: Binned): number {
  const all = total(data);
  let below = 0;
  let largest = distribution.lower(data.edges[0]);
  data.counts.forEach((count, i) => {
    below += count;
    const end = data.edges[i + 1];
    if (end < Infinity) largest = Math.max(largest, Math.abs(distribution.lower(end) - below / all));
  });
  return largest;
}

/** Chi-square with parameters fitted to its own groups; what lies outside of the data's bins belongs to the groups at the ends. */
function test(family: Family, point: readonly number[], data: Binned): { pValue: number | null; groups: number } {
  const all = total(data);
  const groups = grouped(data, Math.max(LEAST_IN_GROUP, all / MOST_GROUPS));
  const degrees = groups.counts.length - 1 - family.parameters;
  if (degrees < 1) return { pValue: null, groups: groups.counts.length };
  const open: Binned = { counts: groups.counts, edges: [0, ...groups.edges.slice(1, -1), Infinity] };
  const own = minimise((at) => -logLikelihood(family.distribution(at), open), point, 0.05).point;
  const distribution = family.distribution(own);
  let chiSquare = 0;
  for (let i = 0; i < open.counts.length; i++) {
    const [low, high] = [open.edges[i], open.edges[i + 1]];
    const share = (high === Infinity ? 1 : distribution.lower(high)) - distribution.lower(low);
    chiSquare += ((open.counts[i] - share * all) * (open.counts[i] - share * all)) / Math.max(1e-12, share * all);
  }
  return { pValue: chiSquareTail(chiSquare, degrees), groups: groups.counts.length };
}

/** P(X² > x). */
export function chiSquareTail(x: number, degrees: number): number {
  return x <= 0 ? 1 : exp(gammaTails(degrees / 2, log(x / 2)).logUpper);
}

/** By bisection on the logarithm, from near where it should be. */
function lawQuantile(distribution: Distribution, share: number, near: number): number {
  let [low, high] = [log(near) - 1, log(near) + 1];
  for (let round = 0; round < 60 && distribution.lower(exp(low)) > share; round++) low -= 1;
  for (let round = 0; round < 60 && distribution.lower(exp(high)) < share; round++) high += 1;
  for (let round = 0; round < 50; round++) {
    const middle = (low + high) / 2;
    if (distribution.lower(exp(middle)) < share) low = middle;
    else high = middle;
  }
  return exp((low + high) / 2);
}
