/**
 * The regularised incomplete beta function and its inverse: the law behind Student's t at fractional degrees of freedom and behind
 * binomial bounds.
 *
 * Source: continued fraction of Abramowitz and Stegun 26.5.8, evaluated by Lentz's method; the side on which it converges fast is chosen
 * by the symmetry I_x(a, b) = 1 − I_{1−x}(b, a).
 */
import { logGamma } from '../random/gamma-function.ts';
import { exp, log } from '../random/portable-math.ts';

/** Steps after which the fraction has long converged: it needs about √max(a, b). */
const MOST_STEPS = 100_000;
const TINY = 1e-300;

/**
 * I_x(a, b): the probability that a beta variate of parameters a, b > 0 is at most x.
 *
 * @param complement 1 − x; given separately where x is so near 1 that the difference would lose digits
 * @returns relative error about 1e-12 for parameters up to 100, 1e-9 up to 10,000
 */
export function regularizedBeta(x: number, a: number, b: number, complement: number = 1 - x): number {
  if (x <= 0) return 0;
  if (complement <= 0) return 1;
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(complement));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(complement, b, a)) / b;
}

/** I_x(a, b) · a · B(a, b) ÷ (x^a (1 − x)^b) as a continued fraction. */
function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = inverse(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MOST_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = inverse(1 + even * d);
    c = notZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = inverse(1 + odd * d);
    c = notZero(1 + odd / c);
    const step = d * c;
    value *= step;
    if (step > 1 - 4e-16 && step < 1 + 4e-16) break;
  }
  return value;
}

function inverse(x: number): number {
  return 1 / notZero(x);
}

function notZero(x: number): number {
  return x < TINY && x > -TINY ? TINY : x;
}

/** The x with I_x(a, b) = `probability`, by bisection down to neighbouring floats. */
export function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return high;
    if (regularizedBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
}
