import { expect } from 'chai';
// @ts-expect-error: jstat ships no types
import jstat from 'jstat';
import { betaQuantile, regularizedBeta } from './incomplete-beta.ts';

describe('regularizedBeta', () => {
  it('is a polynomial for whole parameters', () => {
    expect(regularizedBeta(0.3, 1, 1)).to.be.closeTo(0.3, 1e-14);
    expect(regularizedBeta(0.3, 2, 1)).to.be.closeTo(0.09, 1e-14);
    expect(regularizedBeta(0.3, 1, 3)).to.be.closeTo(1 - 0.7 * 0.7 * 0.7, 1e-14);
  });

  it('agrees with jstat on both sides of the mean', () => {
    for (const a of [0.5, 1.5, 4, 30, 200]) {
      for (const b of [0.5, 2.25, 10, 150]) {
        for (const x of [0.001, 0.1, 0.37, 0.5, 0.9, 0.999]) {
          expect(regularizedBeta(x, a, b), `${x} ${a} ${b}`).to.be.closeTo(jstat.ibeta(x, a, b), 2e-7); // jstat stops there
        }
      }
    }
  });

  it('gives the coverage of order statistics: truth V07', () => {
    // P(l ≤ B < u) for B binomial (n, p): P(B ≥ k) = I_p(k, n − k + 1)
    const atLeast = (k: number, n: number, p: number) => (k <= 0 ? 1 : k > n ? 0 : regularizedBeta(p, k, n - k + 1));
    const cases: [n: number, p: number, l: number, u: number, coverage: number][] = [
      [1000, 0.99, 983, 997, 0.976095],
      [100, 0.5, 40, 61, 0.9648],
      [10000, 0.999, 9983, 9997, 0.975457],
      [200, 0.99, 195, 201, 0.983977],
    ];
    for (const [n, p, l, u, coverage] of cases) expect(atLeast(l, n, p) - atLeast(u, n, p)).to.be.closeTo(coverage, 5e-7);
  });

  it('keeps to its ends', () => {
    expect(regularizedBeta(0, 2, 3)).to.equal(0);
    expect(regularizedBeta(1, 2, 3)).to.equal(1);
  });

  it('is undone by its quantile', () => {
    for (const probability of [1e-6, 0.025, 0.5, 0.975]) expect(regularizedBeta(betaQuantile(probability, 3, 98), 3, 98)).to.be.closeTo(probability, 1e-12);
  });
});
