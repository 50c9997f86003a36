/**
 * Student's t law: the law behind the intervals over replications.
 *
 * For whole degrees of freedom the probability of |T| ≤ t is, with θ = arctan(t/√ν), a finite sum of powers of cos θ, so only + − × ÷ √
 * are needed. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4. Fractional ones, which Welch's test
 * asks for, are an incomplete beta function (26.7.1).
 */
import { regularizedBeta } from './incomplete-beta.ts';

/**
 * The value that |T| stays below with probability `level`.
 *
 * @param level two-sided coverage, strictly between 0 and 1, e.g. 0.95
 * @param degrees degrees of freedom ≥ 1: replications − 1, or a fraction by Welch and Satterthwaite
 * @returns t > 0; 12.706 for (0.95, 1), tending to 1.960
 * Cost: about 60 · degrees ÷ 2 multiplications for whole degrees.
 */
export function studentT(level: number, degrees: number): number {
  // Bisection on sin θ = t/√(ν + t²), which runs over (0, 1), until the two ends are neighbouring floats.
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (coverage(middle, degrees) < level) low = middle;
    else high = middle;
  }
  return (high * Math.sqrt(degrees)) / Math.sqrt((1 - high) * (1 + high));
}

/**
 * The quantile: the value that T stays below with `probability`, e.g. for one-sided bounds.
 * @example studentTQuantile(0.99, 9) // 2.821
 */
export function studentTQuantile(probability: number, degrees: number): number {
  if (probability === 0.5) return 0;
  return probability < 0.5 ? -studentT(1 - 2 * probability, degrees) : studentT(2 * probability - 1, degrees);
}

/** P(|T| > |t|): the two-sided p-value of a t statistic, exact far into the tail. */
export function studentTTail(t: number, degrees: number): number {
  const square = t * t;
  if (square === Infinity) return 0;
  return regularizedBeta(degrees / (degrees + square), degrees / 2, 0.5, square / (degrees + square));
}

/** P(|T| ≤ t) where `sine` = t/√(ν + t²). */
function coverage(sine: number, degrees: number): number {
  if (degrees !== Math.floor(degrees)) return regularizedBeta(sine * sine, 0.5, degrees / 2, (1 - sine) * (1 + sine));
  const cosine = Math.sqrt((1 - sine) * (1 + sine));
  const isEven = degrees % 2 === 0;
  let term = isEven ? 1 : cosine;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isEven ? 2 : 3; k <= degrees - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return isEven ? sine * sum : (arctangent(sine / cosine) + sine * sum) * (2 / Math.PI);
}

/** arctan x for x ≥ 0: the angle is halved until its series converges fast. */
function arctangent(x: number): number {
  let reduced = x;
  let factor = 1;
  if (reduced > 1e150) return Math.PI / 2; // its square would overflow
  while (reduced > 0.1) {
    reduced = reduced / (1 + Math.sqrt(1 + reduced * reduced));
    factor *= 2;
  }
  const square = reduced * reduced;
  let power = reduced;
  let sum = 0;
  for (let k = 1; k <= 17; k += 2) {
    sum += power / k;
    power *= -square;
  }
  return factor * sum;
}
