import { expect } from 'chai';
import { replicationsNeeded } from './sample-size.ts';

describe('replicationsNeeded', () => {
  const base = { alpha: 0.05, sides: 2, power: 0.8, standardDeviation: 10, difference: 5, isPaired: true } as const;

  it('gives the textbook figure: effect half a standard deviation, 80 % power, paired', () => {
    expect(replicationsNeeded(base)).to.equal(34); // G*Power 3.1, matched pairs, dz = 0.5
  });

  it('gives the textbook figure for two groups', () => {
    // s of the difference of two groups of s = 10 each; G*Power 3.1: 64 a group
    expect(replicationsNeeded({ ...base, standardDeviation: 10 * Math.SQRT2, isPaired: false })).to.equal(64);
  });

  it('grows with the power, shrinks with the difference', () => {
    expect(replicationsNeeded({ ...base, power: 0.95 })).to.be.greaterThan(replicationsNeeded(base));
    expect(replicationsNeeded({ ...base, difference: 50 })).to.be.lessThan(6);
    expect(replicationsNeeded({ ...base, standardDeviation: 0 })).to.equal(2);
    expect(replicationsNeeded({ ...base, difference: 0 })).to.equal(Infinity);
  });
});
