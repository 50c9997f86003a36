import { expect } from 'chai';
import { exp } from '../random/portable-math.ts';
import { mser5 } from './warm-up.ts';

/** x_i = a · exp(−i/τ) + ((7919 i) mod 101)/101, i = 1 … n: a decaying bias under a periodic noise. */
function series(n: number, a: number, tau: number): number[] {
  return Array.from({ length: n }, (_, k) => a * exp(-(k + 1) / tau) + ((7919 * (k + 1)) % 101) / 101);
}

/** As the papers write it, recomputed from the observations for every cut. */
function plain(values: readonly number[]): { truncate: number; statistic: number } {
  const batches = Array.from({ length: Math.floor(values.length / 5) }, (_, i) => values.slice(5 * i, 5 * i + 5).reduce((sum, x) => sum + x, 0) / 5);
  const statistics = batches.slice(0, Math.floor(batches.length / 2) + 1).map((_, d) => {
    const rest = batches.slice(d);
    const mean = rest.reduce((sum, x) => sum + x, 0) / rest.length;
    return rest.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rest.length ** 2;
  });
  const statistic = Math.min(...statistics);
  return { truncate: 5 * statistics.indexOf(statistic), statistic };
}

describe('MSER-5', () => {
  it('cuts nothing of a series without bias (published value)', () => {
    const { truncate, statistic, isBeyondHalf } = mser5(series(400, 0, 1));
    expect([truncate, isBeyondHalf]).to.deep.equal([0, false]);
    expect(statistic / 4.09408e-5).to.be.closeTo(1, 1e-6);
  });

  it('cuts the decaying part, the longer it lasts the more', () => {
    const cuts = [5, 20, 60].map((tau) => mser5(series(2000, 10, tau)).truncate);
    expect(cuts).to.deep.equal([...cuts].sort((a, b) => a - b));
    // Where it ends, what is left of the bias is small beside the noise.
    for (const [i, tau] of [5, 20, 60].entries()) expect(10 * exp(-cuts[i] / tau)).to.be.below(0.2);
  });

  it('agrees with the plain formula', () => {
    for (const [n, a, tau] of [
      [400, 10, 30],
      [403, 3, 10],
      [1000, 1, 200],
      [20, 1, 2],
    ]) {
      const { truncate, statistic } = mser5(series(n, a, tau));
      const expected = plain(series(n, a, tau));
      expect(truncate, `${n} ${a} ${tau}`).to.equal(expected.truncate);
      expect(statistic / expected.statistic).to.be.closeTo(1, 1e-12);
    }
  });

  it('says when the run is too short: a trend never ends', () => {
    expect(mser5(Array.from({ length: 400 }, (_, i) => i)).isBeyondHalf).to.equal(true);
  });
});
