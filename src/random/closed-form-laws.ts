/**
 * The laws whose quantile function can be written down: constant, uniform, exponential, Weibull, bounded Pareto, lognormal, empirical.
 *
 * Every `sample` rises with the bits, so that one request keeps its rank when the law or its parameters change.
 * Times are in the unit the parameters are given in.
 */
import type { Law } from './law.ts';
import * as MATH from './portable-math.ts';
import { toUniform } from './stream.ts';

const { exp, expm1, log, negativeLogUniform, normalQuantile } = MATH; // V8 loads and checks imported functions at each use

export class ConstantLaw implements Law {
  readonly mean: number;
  readonly scv = 0;
  readonly isConstant = true;

  constructor(value: number) {
    this.mean = value;
  }

  sample(_bits: number): number {
    return this.mean;
  }
}

export class UniformLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly min: number;
  private readonly width: number;

  constructor(min: number, max: number, scv: number) {
    this.mean = (min + max) / 2;
    this.scv = scv;
    this.min = min;
    this.width = max - min;
  }

  sample(bits: number): number {
    return this.min + this.width * toUniform(bits);
  }
}

export class ExponentialLaw implements Law {
  readonly mean: number;
  readonly scv = 1;
  readonly isConstant = false;

  constructor(mean: number) {
    this.mean = mean;
  }

  sample(bits: number): number {
    return this.mean * negativeLogUniform(~bits);
  }
}

/** scale · E^(1/shape) for E exponential; by logarithms, since the scale of a small shape leaves the range of doubles. */
export class WeibullLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly logScale: number;
  private readonly inverseShape: number;

  /** @param logScale ln(mean / Γ(1 + 1/shape)) */
  constructor(mean: number, scv: number, logScale: number, shape: number) {
    this.mean = mean;
    this.scv = scv;
    this.logScale = logScale;
    this.inverseShape = 1 / shape;
  }

  sample(bits: number): number {
    return exp(this.logScale + this.inverseShape * log(negativeLogUniform(~bits)));
  }
}

/** P(X > x) falls as x^-shape from 1 at `min` to 0 at ratio · min. */
export class BoundedParetoLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly min: number;
  private readonly inverseShape: number;
  /** 1 − ratio^-shape: the share of the unbounded law that is kept. */
  private readonly kept: number;

  constructor(mean: number, scv: number, min: number, shape: number, ratio: number) {
    this.mean = mean;
    this.scv = scv;
    this.min = min;
    this.inverseShape = 1 / shape;
    this.kept = -expm1(-shape * log(ratio));
  }

  sample(bits: number): number {
    return this.min * exp(-this.inverseShape * log(1 - this.kept * toUniform(bits)));
  }
}

export class LognormalLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly mu: number;
  private readonly sigma: number;

  constructor(mean: number, scv: number, mu: number, sigma: number) {
    this.mean = mean;
    this.scv = scv;
    this.mu = mu;
    this.sigma = sigma;
  }

  sample(bits: number): number {
    return exp(this.mu + this.sigma * normalQuantile(toUniform(bits), toUniform(~bits)));
  }
}

/** Each value of the sample with the same probability. */
export class EmpiricalLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly values: Float64Array;

  /** @param values ascending */
  constructor(mean: number, scv: number, values: Float64Array) {
    this.mean = mean;
    this.scv = scv;
    this.values = values;
  }

  sample(bits: number): number {
    return this.values[Math.floor(toUniform(bits) * this.values.length)];
  }
}
