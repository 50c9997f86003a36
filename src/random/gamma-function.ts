/**
 * The gamma function and the two incomplete ones, as logarithms, for the gamma and Weibull laws.
 *
 * Logarithms of both value and argument, because a gamma law of small shape reaches quantiles of e^-2000.
 */
import { exp, log } from './portable-math.ts';

/** Bernoulli numbers B2k/(2k(2k − 1)) of Stirling's series (Abramowitz and Stegun 6.1.40). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const HALF_LOG_TWO_PI = 0.9189385332046728;

/** ln Γ(x), x > 0; absolute error below 1e-14 of max(1, value). Shifted up to x ≥ 12, where Stirling's series has converged. */
export function logGamma(x: number): number {
  let product = 1;
  let shifted = x;
  for (; shifted < 12; shifted++) product *= shifted;
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  let series = 0;
  for (let k = STIRLING.length - 1; k >= 0; k--) series = series * square + STIRLING[k];
  return (shifted - 0.5) * log(shifted) - shifted + HALF_LOG_TWO_PI + series * inverse - log(product);
}

/**
 * ln P(X ≤ e^y) and ln P(X > e^y) for X of the gamma law with this shape and scale 1, and ln of the density of ln X at y.
 * Series below the mean, continued fraction above it (Abramowitz and Stegun 6.5.29 and 6.5.31), the other side as the complement;
 * relative error about 1e-14 √shape of the smaller probability.
 */
export function gammaTails(shape: number, y: number): { logLower: number; logUpper: number; logDensity: number } {
  const x = exp(y);
  const logDensity = shape * y - x - logGamma(shape);
  if (x < shape + 1) {
    const logLower = logDensity + log(lowerSeries(shape, x));
    return { logLower, logUpper: log(1 - exp(logLower)), logDensity };
  }
  const logUpper = logDensity + log(upperFraction(shape, x));
  return { logLower: log(1 - exp(logUpper)), logUpper, logDensity };
}

/** P(shape, x) Γ(shape) x^-shape e^x = Σ x^n / (shape (shape + 1) … (shape + n)). */
function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return sum;
}

/** Q(shape, x) Γ(shape) x^-shape e^x as a continued fraction, by Lentz's method. */
function upperFraction(shape: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; ; n++) {
    const a = n * (shape - n);
    b += 2;
    d = a * d + b;
    if (d === 0) d = tiny;
    c = b + a / c;
    if (c === 0) c = tiny;
    d = 1 / d;
    const step = c * d;
    fraction *= step;
    if (step > 1 - 4e-16 && step < 1 + 4e-16) return fraction;
  }
}
