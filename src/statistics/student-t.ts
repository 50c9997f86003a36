/**
 * Student's t law, for whole degrees of freedom: the law behind the intervals over replications.
 *
 * With θ = arctan(t/√ν) the probability of |T| ≤ t is a finite sum of powers of cos θ, so only + − × ÷ √ are needed and the
 * digits are the same on every machine. Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 */

/**
 * The value that |T| stays below with probability `level`.
 *
 * @param level two-sided coverage, strictly between 0 and 1, e.g. 0.95
 * @param degrees whole degrees of freedom ≥ 1 (replications − 1)
 * @returns t > 0; 12.706 for (0.95, 1), tending to 1.960
 * Cost: about 60 · degrees ÷ 2 multiplications.
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

/** P(|T| ≤ t) where `sine` = t/√(ν + t²). */
function coverage(sine: number, degrees: number): number {
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
