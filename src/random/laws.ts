/** From the written form of a law to one that can be sampled: the readable table of all laws. */
import { BoundedParetoLaw, ConstantLaw, EmpiricalLaw, ExponentialLaw, LognormalLaw, UniformLaw, WeibullLaw } from './closed-form-laws.ts';
import { logGamma } from './gamma-function.ts';
import { createGammaLaw } from './gamma-law.ts';
import type { Law, LawSpec } from './law.ts';
import { boundedParetoMin, lawMean, lawScv } from './law-moments.ts';
import { MixtureLaw } from './mixture-law.ts';
import { log } from './portable-math.ts';

export { lawMean, lawScv };

/**
 * @param spec checked parameters, times in seconds: the scenario reader refuses impossible ones
 * @param unitsPerSecond unit of the samples, e.g. 1e9 for nanoseconds
 */
export function createLaw(spec: LawSpec, unitsPerSecond: number): Law {
  const mean = lawMean(spec) * unitsPerSecond;
  const scv = lawScv(spec);
  if (scv === 0) return new ConstantLaw(mean);
  switch (spec.law) {
    case 'constant':
      return new ConstantLaw(mean);
    case 'exponential':
      return new ExponentialLaw(mean);
    case 'erlang':
    case 'gamma':
      return createGammaLaw(mean, 1 / scv);
    case 'lognormal':
      return new LognormalLaw(mean, scv, spec.mu + log(unitsPerSecond), spec.sigma);
    case 'weibull':
      return new WeibullLaw(mean, scv, log(mean) - logGamma(1 + 1 / spec.shape), spec.shape);
    case 'pareto-bounded':
      return new BoundedParetoLaw(mean, scv, mean * boundedParetoMin(spec.shape, spec.ratio), spec.shape, spec.ratio);
    case 'uniform':
      return new UniformLaw(spec.min * unitsPerSecond, spec.max * unitsPerSecond, scv);
    case 'hyperexponential':
      return createHyperexponential(spec, mean, scv, unitsPerSecond);
    case 'bimodal': {
      const fast = createLaw(spec.fast, unitsPerSecond);
      const slow = createLaw(spec.slow, unitsPerSecond);
      if (spec.p === 0) return fast;
      if (spec.p === 1) return slow;
      return new MixtureLaw(mean, scv, fast, slow, spec.p);
    }
    case 'empirical':
      return new EmpiricalLaw(
        mean,
        scv,
        Float64Array.from(spec.values, (value) => value * unitsPerSecond),
      );
  }
}

function createHyperexponential(spec: Extract<LawSpec, { law: 'hyperexponential' }>, mean: number, scv: number, unitsPerSecond: number): Law {
  const one = new ExponentialLaw(spec.mean1 * unitsPerSecond);
  const other = new ExponentialLaw(spec.mean2 * unitsPerSecond);
  if (spec.p === 0) return other;
  if (spec.p === 1) return one;
  return spec.mean1 <= spec.mean2 ? new MixtureLaw(mean, scv, one, other, 1 - spec.p) : new MixtureLaw(mean, scv, other, one, spec.p);
}
