/** Intervals over replications of a real queue: how wide they are and how often they hold the truth. Open truth cases V01 and V02. */
import { expect } from 'chai';
import { negativeLogUniform } from '../random/portable-math.ts';
import { RandomStream } from '../random/stream.ts';
import { Estimator } from './estimate.ts';

/** Mean sojourn of `requests` in M/M/1 at 0.8, mean service 1, begun in equilibrium (Lindley's recursion). */
function meanSojourn(random: RandomStream, requests: number): number {
  let wait = random.uniform() < 0.2 ? 0 : 5 * negativeLogUniform(random.bits()); // P(W = 0) = 1 − ρ, else exponential of mean 1/(1 − ρ)
  let sum = 0;
  for (let i = 0; i < requests; i++) {
    const service = negativeLogUniform(random.bits());
    sum += wait + service;
    wait = Math.max(0, wait + service - negativeLogUniform(random.bits()) / 0.8);
  }
  return sum / requests;
}

describe('intervals over replications of M/M/1 at 0.8', () => {
  const estimator = new Estimator();

  it('hold the mean as often as truth V02 says', () => {
    const random = new RandomStream({ high: 2, low: 2 });
    for (const [replications, expected, tolerance] of [
      [5, 0.9237, 0.027],
      [10, 0.9367, 0.033],
    ]) {
      let covered = 0;
      for (let experiment = 0; experiment < 1200; experiment++) {
        const estimate = estimator.mean(Array.from({ length: replications }, () => meanSojourn(random, 2000)));
        if ('low' in estimate && estimate.low <= 5 && estimate.high >= 5) covered++;
      }
      expect(covered / 1200, `${replications} replications`).to.be.closeTo(expected, tolerance);
    }
  });

  it('are as wide as the asymptotic variance of truth V01 asks, not as independent requests would have it', () => {
    const random = new RandomStream({ high: 1, low: 1 });
    let sum = 0;
    for (let run = 0; run < 20; run++) {
      const estimate = estimator.mean(Array.from({ length: 20 }, () => meanSojourn(random, 50_000)));
      if ('low' in estimate) sum += (estimate.high - estimate.low) / 2;
    }
    // 1.96 √(V/n) of a million requests is 0.0871 service times; t with 19 degrees for 1.96, and E[s] ÷ σ = 0.987
    expect(sum / 20 / (0.0871264 * (2.093 / 1.96) * 0.987)).to.be.closeTo(1, 0.1);
  });
});
