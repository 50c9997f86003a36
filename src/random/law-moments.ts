/** Mean and variability of each law from its written form, without building it: what offered load and the closed forms need. */
import { logGamma } from './gamma-function.ts';
import type { LawSpec } from './law.ts';
import { exp, expm1, log } from './portable-math.ts';

/** Mean in seconds. */
export function lawMean(spec: LawSpec): number {
  switch (spec.law) {
    case 'constant':
      return spec.value;
    case 'exponential':
    case 'erlang':
    case 'gamma':
    case 'weibull':
    case 'pareto-bounded':
      return spec.mean;
    case 'lognormal':
      return exp(spec.mu + (spec.sigma * spec.sigma) / 2);
    case 'hyperexponential':
      return spec.p * spec.mean1 + (1 - spec.p) * spec.mean2;
    case 'uniform':
      return (spec.min + spec.max) / 2;
    case 'bimodal':
      return (1 - spec.p) * lawMean(spec.fast) + spec.p * lawMean(spec.slow);
    case 'empirical':
      return sampleMean(spec.values);
  }
}

/** Squared coefficient of variation: variance ÷ mean². 0 for a law whose mean is 0, which is always 0. */
export function lawScv(spec: LawSpec): number {
  const mean = lawMean(spec);
  if (mean === 0) return 0;
  switch (spec.law) {
    case 'constant':
      return 0;
    case 'exponential':
      return 1;
    case 'erlang':
      return 1 / spec.k;
    case 'gamma':
      return spec.cv * spec.cv;
    case 'lognormal':
      return expm1(spec.sigma * spec.sigma);
    case 'hyperexponential':
      return mixtureScv(spec.p, { mean: spec.mean1, scv: 1 }, { mean: spec.mean2, scv: 1 });
    case 'weibull':
      return expm1(logGamma(1 + 2 / spec.shape) - 2 * logGamma(1 + 1 / spec.shape));
    case 'pareto-bounded':
      return boundedParetoScv(spec.shape, spec.ratio);
    case 'uniform': {
      const halfWidth = (spec.max - spec.min) / 2 / mean;
      return (halfWidth * halfWidth) / 3;
    }
    case 'bimodal':
      return mixtureScv(spec.p, { mean: lawMean(spec.slow), scv: lawScv(spec.slow) }, { mean: lawMean(spec.fast), scv: lawScv(spec.fast) });
    case 'empirical': {
      if (spec.values[0] === spec.values[spec.values.length - 1]) return 0; // not left to rounding
      const deviations = spec.values.map((value) => (value / mean - 1) * (value / mean - 1));
      return sampleMean(deviations);
    }
  }
}

/** Variance of a mixture = mean variance within + variance between the two means. */
function mixtureScv(p: number, one: { mean: number; scv: number }, other: { mean: number; scv: number }): number {
  const mean = p * one.mean + (1 - p) * other.mean;
  const a = one.mean / mean;
  const b = other.mean / mean;
  return p * one.scv * a * a + (1 - p) * other.scv * b * b + p * (1 - p) * (a - b) * (a - b);
}

/** The smallest value of a bounded Pareto law with mean 1. */
export function boundedParetoMin(shape: number, ratio: number): number {
  return 1 / boundedParetoMoment(1, shape, ratio);
}

function boundedParetoScv(shape: number, ratio: number): number {
  const first = boundedParetoMoment(1, shape, ratio);
  return boundedParetoMoment(2, shape, ratio) / (first * first) - 1;
}

/** E[X^n] for smallest value 1: shape ∫ x^(n − shape − 1) dx over [1, ratio] ÷ (1 − ratio^-shape). */
function boundedParetoMoment(n: number, shape: number, ratio: number): number {
  const octaves = log(ratio);
  const power = n - shape;
  const integral = power === 0 ? octaves : expm1(power * octaves) / power;
  return (shape * integral) / -expm1(-shape * octaves);
}

function sampleMean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
