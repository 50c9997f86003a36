/**
 * The laws that are tried on durations: those of the scenario format, with parameters without bounds for the search.
 *
 * `lower` and `upper` are both given, so that the difference of two probabilities near 1 keeps its digits.
 */
import { gammaTails, logGamma } from '../random/gamma-function.ts';
import type { LawSpec } from '../random/law.ts';
import { exp, expm1, log } from '../random/portable-math.ts';
import { type Binned, middle, moments, quantile, total } from './binned.ts';

/** P(X ≤ x) and P(X > x), x in seconds. */
export interface Distribution {
  lower(x: number): number;
  upper(x: number): number;
}

export interface Family {
  readonly name: string;
  /** How many numbers are fitted. */
  readonly parameters: number;
  /** Points to begin the search at; none when this law cannot be. */
  start(data: Binned): readonly (readonly number[])[];
  distribution(point: readonly number[]): Distribution;
  law(point: readonly number[]): LawSpec;
}

const LARGEST_ERLANG = 100;
const EM_ROUNDS = 300;

const exponential: Family = {
  name: 'exponential',
  parameters: 1,
  start: (data) => [[log(moments(data).mean)]],
  distribution: ([logMean]) => exponentialOf(exp(logMean)),
  law: ([logMean]) => ({ law: 'exponential', mean: exp(logMean) }),
};

const gamma: Family = {
  name: 'gamma',
  parameters: 2,
  start: (data) => [gammaStart(data)],
  distribution: ([logMean, logCv]) => gammaOf(exp(logMean), exp(-2 * logCv)),
  law: ([logMean, logCv]) => ({ law: 'gamma', mean: exp(logMean), cv: exp(logCv) }),
};

function gammaStart(data: Binned): readonly number[] {
  const { mean, scv } = moments(data);
  return [log(mean), log(Math.max(1e-6, scv)) / 2];
}

/** Erlang of a given k, which `fitLaws` chooses. */
export function erlang(k: number): Family {
  return {
    name: 'erlang',
    parameters: 1,
    start: (data) => [[log(moments(data).mean)]],
    distribution: ([logMean]) => gammaOf(exp(logMean), k),
    law: ([logMean]) => ({ law: 'erlang', mean: exp(logMean), k }),
  };
}

/** Whole shapes near that of the gamma law. */
export function erlangsNear(gammaPoint: readonly number[]): readonly Family[] {
  const shape = exp(-2 * gammaPoint[1]);
  return [...new Set([Math.floor(shape), Math.ceil(shape)])].filter((k) => k >= 2 && k <= LARGEST_ERLANG).map(erlang);
}

const lognormal: Family = {
  name: 'lognormal',
  parameters: 2,
  start: (data) => [lognormalStart(data)],
  distribution: ([mu, logSigma]) => lognormalOf(mu, exp(logSigma)),
  law: ([mu, logSigma]) => ({ law: 'lognormal', mu, sigma: exp(logSigma) }),
};

function lognormalStart(data: Binned): readonly number[] {
  const middles = data.counts.map((_, i) => log(Math.max(1e-12, middle(data, i))));
  const all = total(data);
  const mu = middles.reduce((sum, value, i) => sum + value * data.counts[i], 0) / all;
  const variance = middles.reduce((sum, value, i) => sum + (value - mu) * (value - mu) * data.counts[i], 0) / all;
  return [mu, log(Math.max(1e-12, variance)) / 2];
}

const weibull: Family = {
  name: 'weibull',
  parameters: 2,
  start: (data) => {
    const { mean, scv } = moments(data);
    return [[log(mean), -log(Math.max(0.1, Math.sqrt(scv))) * 1.05]]; // shape ≈ cv^-1.05
  },
  distribution: ([logMean, logShape]) => weibullOf(exp(logMean), exp(logShape)),
  law: ([logMean, logShape]) => ({ law: 'weibull', mean: exp(logMean), shape: exp(logShape) }),
};

const hyperexponential: Family = {
  name: 'hyperexponential',
  parameters: 3,
  start: (data) => (moments(data).scv < 1.02 ? [] : [hyperexponentialByEm(data)]),
  distribution: ([logitP, logMean1, logMean2]) => mixtureOf(sigmoid(logitP), exponentialOf(exp(logMean1)), exponentialOf(exp(logMean2))),
  law: ([logitP, logMean1, logMean2]) => ({ law: 'hyperexponential', p: sigmoid(logitP), mean1: exp(logMean1), mean2: exp(logMean2) }),
};

/** The ends lie somewhere in the first and the last bin of the data. */
function ends({ edges }: Binned): { low(point: number): number; high(point: number): number } {
  const last = edges.length - 1;
  return {
    low: (point) => edges[1] - (edges[1] - edges[0]) * sigmoid(point),
    high: (point) => edges[last - 1] + (edges[last] - edges[last - 1]) * sigmoid(point),
  };
}

function uniform(data: Binned): Family {
  const { low, high } = ends(data);
  return {
    name: 'uniform',
    parameters: 2,
    start: () => (data.edges.at(-1) === Infinity ? [] : [[0, 0]]),
    distribution: (point) => {
      const [min, max] = [low(point[0]), high(point[1])];
      return { lower: (x) => clamp((x - min) / (max - min)), upper: (x) => clamp((max - x) / (max - min)) };
    },
    law: (point) => ({ law: 'uniform', min: low(point[0]), max: high(point[1]) }),
  };
}

function paretoBounded(data: Binned): Family {
  const { low, high } = ends(data);
  const read = ([logShape, first, last]: readonly number[]) => {
    const min = Math.max(1e-9, low(first));
    return { min, shape: Math.max(0.01, exp(logShape)), logRatio: log(high(last) / min) }; // flatter ones are all the same
  };
  return {
    name: 'pareto-bounded',
    parameters: 3,
    start: () => (data.edges.at(-1) === Infinity || data.edges[data.edges.length - 1] < 3 * data.edges[1] ? [] : [[0, 0, 0]]),
    distribution: (point) => {
      const { min, shape, logRatio } = read(point);
      const max = min * exp(logRatio);
      const kept = -expm1(-shape * logRatio);
      const upper = (x: number) => (x <= min ? 1 : x >= max ? 0 : (exp(-shape * log(x / min)) - (1 - kept)) / kept);
      return { lower: (x) => (x <= min ? 0 : x >= max ? 1 : -expm1(-shape * log(x / min)) / kept), upper };
    },
    law: (point) => {
      const { min, shape, logRatio } = read(point);
      const power = 1 - shape;
      const integral = Math.abs(power) < 1e-9 ? logRatio : expm1(power * logRatio) / power;
      return { law: 'pareto-bounded', mean: (min * shape * integral) / -expm1(-shape * logRatio), shape, ratio: exp(logRatio) };
    },
  };
}

/** A fast and a slow lognormal law: answers from a cache and others, two kinds of request. */
const bimodal: Family = {
  name: 'bimodal',
  parameters: 5,
  start: (data) => [bimodalByEm(data)],
  distribution: ([logitP, muFast, logFast, muSlow, logSlow]) =>
    mixtureOf(sigmoid(logitP), lognormalOf(muSlow, exp(logSlow)), lognormalOf(muFast, exp(logFast))),
  law: ([logitP, mu1, log1, mu2, log2]) => {
    const [fast, slow] = [
      { law: 'lognormal' as const, mu: mu1, sigma: exp(log1) },
      { law: 'lognormal' as const, mu: mu2, sigma: exp(log2) },
    ];
    const p = sigmoid(logitP);
    return mu1 <= mu2 ? { law: 'bimodal', p, fast, slow } : { law: 'bimodal', p: 1 - p, fast: slow, slow: fast };
  },
};

/** All that are tried, simple ones first; Erlang comes with the gamma law. */
export function families(data: Binned): readonly Family[] {
  return [exponential, gamma, lognormal, weibull, hyperexponential, uniform(data), paretoBounded(data), bimodal];
}

// --- distributions ---------------------------------------------------------------------------------------------------------------

function exponentialOf(mean: number): Distribution {
  return { lower: (x) => -expm1(-x / mean), upper: (x) => exp(-x / mean) };
}

function gammaOf(mean: number, shape: number): Distribution {
  const logRate = log(shape / mean);
  const tails = (x: number) => gammaTails(shape, log(x) + logRate);
  return { lower: (x) => (x <= 0 ? 0 : x === Infinity ? 1 : exp(tails(x).logLower)), upper: (x) => (x <= 0 ? 1 : x === Infinity ? 0 : exp(tails(x).logUpper)) };
}

function weibullOf(mean: number, shape: number): Distribution {
  const logScale = log(mean) - logGamma(1 + 1 / shape);
  const power = (x: number) => (x <= 0 ? 0 : exp(shape * (log(x) - logScale)));
  return { lower: (x) => -expm1(-power(x)), upper: (x) => exp(-power(x)) };
}

function lognormalOf(mu: number, sigma: number): Distribution {
  const z = (x: number) => (x <= 0 ? -Infinity : x === Infinity ? Infinity : (log(x) - mu) / sigma);
  return { lower: (x) => normalLower(z(x)), upper: (x) => normalLower(-z(x)) };
}

/** p of `first`, the rest of `second`. */
function mixtureOf(p: number, first: Distribution, second: Distribution): Distribution {
  return { lower: (x) => p * first.lower(x) + (1 - p) * second.lower(x), upper: (x) => p * first.upper(x) + (1 - p) * second.upper(x) };
}

/** Φ(z) by the gamma law of shape ½: P(|Z| > z) = Q(½, z²/2). */
export function normalLower(z: number): number {
  if (z === 0) return 0.5;
  if (z < -38) return 0;
  if (z > 38) return 1;
  const { logUpper } = gammaTails(0.5, log((z * z) / 2));
  return z < 0 ? exp(logUpper) / 2 : 1 - exp(logUpper) / 2;
}

function sigmoid(x: number): number {
  return 1 / (1 + exp(-x));
}

function logit(p: number): number {
  const within = Math.min(1 - 1e-9, Math.max(1e-9, p));
  return log(within / (1 - within));
}

function clamp(x: number): number {
  return Math.min(1, Math.max(0, x));
}

// --- expectation and maximisation ------------------------------------------------------------------------------------------------

/**
 * Two exponential laws by EM (Dempster, Laird and Rubin 1977) on intervals: each bin belongs to both in proportion to their probabilities
 * of it, and counts with its conditional mean under each.
 */
function hyperexponentialByEm(data: Binned): readonly number[] {
  let p = 0.5;
  let mean1 = Math.max(1e-9, quantile(data, 0.3));
  let mean2 = Math.max(2 * mean1, 2 * moments(data).mean);
  for (let round = 0; round < EM_ROUNDS; round++) {
    const sums = { weight1: 0, time1: 0, weight2: 0, time2: 0 };
    data.counts.forEach((count, i) => {
      if (count === 0) return;
      const [one, two] = [piece(mean1, data.edges[i], data.edges[i + 1]), piece(mean2, data.edges[i], data.edges[i + 1])];
      const both = p * one.probability + (1 - p) * two.probability;
      if (!(both > 0)) return;
      const part = (count * p * one.probability) / both;
      sums.weight1 += part;
      sums.time1 += part * one.mean;
      sums.weight2 += count - part;
      sums.time2 += (count - part) * two.mean;
    });
    if (!(sums.weight1 > 0 && sums.weight2 > 0)) break;
    p = sums.weight1 / (sums.weight1 + sums.weight2);
    mean1 = sums.time1 / sums.weight1;
    mean2 = sums.time2 / sums.weight2;
  }
  return [logit(p), log(mean1), log(mean2)];
}

/** Probability of an interval under an exponential law, and the mean within it. */
function piece(mean: number, low: number, high: number): { probability: number; mean: number } {
  const atLow = exp(-low / mean);
  const atHigh = high === Infinity ? 0 : exp(-high / mean);
  const probability = atLow - atHigh;
  if (!(probability > 1e-300)) return { probability: 0, mean: low };
  return { probability, mean: mean + (low * atLow - (high === Infinity ? 0 : high * atHigh)) / probability };
}

/** Two normal laws of the logarithm by EM, on the middles of the bins: a point to begin at. */
function bimodalByEm(data: Binned): readonly number[] {
  const values = data.counts.map((_, i) => log(Math.max(1e-12, middle(data, i))));
  let p = 0.3;
  let [mu1, mu2] = [log(Math.max(1e-12, quantile(data, 0.3))), log(Math.max(1e-12, quantile(data, 0.95)))];
  let [sigma1, sigma2] = [0.5, 0.5];
  const density = (x: number, mu: number, sigma: number) => exp((-(x - mu) * (x - mu)) / (2 * sigma * sigma)) / sigma;
  for (let round = 0; round < EM_ROUNDS; round++) {
    const slow = values.map((x) => {
      const [a, b] = [p * density(x, mu2, sigma2), (1 - p) * density(x, mu1, sigma1)];
      return a + b > 0 ? a / (a + b) : x > mu1 ? 1 : 0;
    });
    const part = (of: (i: number) => number) => {
      const weight = data.counts.reduce((sum, count, i) => sum + count * of(i), 0);
      const mu = data.counts.reduce((sum, count, i) => sum + count * of(i) * values[i], 0) / weight;
      const variance = data.counts.reduce((sum, count, i) => sum + count * of(i) * (values[i] - mu) * (values[i] - mu), 0) / weight;
      return { weight, mu, sigma: Math.max(0.01, Math.sqrt(variance)) };
    };
    const [one, two] = [part((i) => 1 - slow[i]), part((i) => slow[i])];
    if (!(one.weight > 0 && two.weight > 0)) break;
    [mu1, sigma1, mu2, sigma2, p] = [one.mu, one.sigma, two.mu, two.sigma, two.weight / (one.weight + two.weight)];
  }
  return [logit(p), mu1, log(sigma1), mu2, log(sigma2)];
}
