import { expect } from 'chai';
// @ts-expect-error: jstat ships no types
import jstat from 'jstat';
import { chiSquareQuantile, replicationsNeeded } from './sample-size.ts';

describe('replicationsNeeded', () => {
  const base = { alpha: 0.05, sides: 2, power: 0.8, standardDeviation: 10, difference: 5, isPaired: true } as const;

  it('gives the textbook figure: effect half a standard deviation, 80 % power, paired', () => {
    expect(replicationsNeeded(base)).to.equal(34); // G*Power 3.1, matched pairs, dz = 0.5
  });

  it('gives the textbook figure for two groups', () => {
    // s of the difference of two groups of s = 10 each; G*Power 3.1: 64 a group
    expect(replicationsNeeded({ ...base, standardDeviation: 10 * Math.SQRT2, isPaired: false })).to.equal(64);
  });

  it('asks for more where the spread comes from a pilot, the more the smaller that was', () => {
    const after = [5, 19, 100, 10_000].map((pilotDegrees) => replicationsNeeded({ ...base, pilotDegrees }));
    expect(after[1]).to.be.within(45, 47); // 34 · 19 ÷ 13.716, the lower 20 % point of χ² with 19 degrees, and t a little less
    expect(after[0]).to.be.above(after[1]).and.above(after[2]);
    expect(after[3]).to.be.within(34, 35);
  });

  it('grows with the power, shrinks with the difference', () => {
    expect(replicationsNeeded({ ...base, power: 0.95 })).to.be.greaterThan(replicationsNeeded(base));
    expect(replicationsNeeded({ ...base, difference: 50 })).to.be.lessThan(6);
    expect(replicationsNeeded({ ...base, standardDeviation: 0 })).to.equal(2);
    expect(replicationsNeeded({ ...base, difference: 0 })).to.equal(Infinity);
  });
});

describe('chiSquareQuantile', () => {
  it('agrees with jstat and the printed table', () => {
    expect(chiSquareQuantile(0.2, 19)).to.be.closeTo(13.7158, 1e-4);
    for (const degrees of [1, 2, 7, 38, 200])
      for (const probability of [0.05, 0.2, 0.5, 0.95])
        expect(chiSquareQuantile(probability, degrees) / jstat.chisquare.inv(probability, degrees)).to.be.closeTo(1, 1e-6);
  });
});
