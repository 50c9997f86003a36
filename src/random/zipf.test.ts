import { expect } from 'chai';
import fc from 'fast-check';
import { mix32 } from './stream.ts';
import { ZipfPicker, zipfGroupSizes, zipfShares } from './zipf.ts';

describe('zipf', () => {
  it('shares are in proportion to i^-s', () => {
    expect(Array.from(zipfShares(4, 0))).to.deep.equal([0.25, 0.25, 0.25, 0.25]);
    const shares = zipfShares(3, 1);
    expect(shares[0]).to.be.closeTo(6 / 11, 1e-15);
    expect(shares[1]).to.be.closeTo(3 / 11, 1e-15);
    expect(shares[2]).to.be.closeTo(2 / 11, 1e-15);
    expect(zipfShares(2, 0.5)[1]).to.be.closeTo(1 / (1 + Math.SQRT2), 1e-15);
  });

  it('group sizes follow the largest remainder: worked examples', () => {
    expect(Array.from(zipfGroupSizes(40, 4, 0))).to.deep.equal([10, 10, 10, 10]);
    expect(Array.from(zipfGroupSizes(10, 3, 0))).to.deep.equal([4, 3, 3]);
    expect(Array.from(zipfGroupSizes(11, 3, 1))).to.deep.equal([6, 3, 2]);
    expect(Array.from(zipfGroupSizes(12, 3, 1))).to.deep.equal([7, 3, 2]); // quotas 6.55, 3.27, 2.18
    expect(Array.from(zipfGroupSizes(2, 5, 3))).to.deep.equal([2, 0, 0, 0, 0]);
  });

  it('group sizes sum up, never rise, and stay within one of their quota', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (total, groups, exponent) => {
          const sizes = zipfGroupSizes(total, groups, exponent);
          const shares = zipfShares(groups, exponent);
          expect(sizes.reduce((a, b) => a + b, 0)).to.equal(total);
          for (let i = 0; i < groups; i++) {
            expect(Math.abs(sizes[i] - shares[i] * total)).to.be.below(1 + 1e-6);
            if (i > 0) expect(sizes[i]).to.be.at.most(sizes[i - 1]);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  for (const [count, exponent] of [
    [1, 1],
    [2, 0],
    [50, 1.1],
    [1000, 0.8],
    [7, 4],
  ]) {
    it(`picks among ${count} at exponent ${exponent} with the exact shares`, () => {
      const picker = new ZipfPicker(count, exponent);
      const shares = zipfShares(count, exponent);
      const counts = new Float64Array(count);
      const cells = 1 << 18;
      for (let i = 0; i < cells; i++) counts[picker.pick(i << 14)]++;
      // An even grid of the uniform meets each part up to one cell at either end.
      for (let i = 0; i < count; i++) expect(counts[i]).to.be.closeTo(shares[i] * cells, 1.01);
    });
  }

  it('is the quantile function: finds the entry a scan from the front finds, and stays in range at both ends', () => {
    for (const [count, exponent] of [
      [300, 1],
      [300, 2.5],
      [5000, 0.3],
    ]) {
      const picker = new ZipfPicker(count, exponent);
      const shares = zipfShares(count, exponent);
      expect(picker.pick(0)).to.equal(0);
      expect(picker.pick(-1)).to.be.below(count);
      for (let i = 0; i < 2000; i++) {
        const bits = mix32(i);
        let rest = ((bits >>> 0) + 0.5) / 2 ** 32;
        let entry = 0;
        while (entry < count - 1 && rest >= shares[entry]) rest -= shares[entry++];
        expect(Math.abs(picker.pick(bits) - entry)).to.be.at.most(rest < 1e-12 ? 1 : 0);
      }
    }
  });
});
