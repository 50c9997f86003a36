import { expect } from 'chai';
import { binomialInterval } from './proportion.ts';

describe('binomialInterval', () => {
  it('gives the rule of three without any hit', () => {
    const { low, high } = binomialInterval(0, 100, 0.95);
    expect(low).to.equal(0);
    // 1 − 0.025^(1/100)
    expect(high).to.be.closeTo(0.0362167, 1e-7);
    expect(binomialInterval(100, 100, 0.95).low).to.be.closeTo(1 - 0.0362167, 1e-7);
  });

  it('gives the printed table of Clopper and Pearson for 3 of 10', () => {
    const { low, high } = binomialInterval(3, 10, 0.95);
    expect(low).to.be.closeTo(0.06674, 1e-5);
    expect(high).to.be.closeTo(0.65245, 1e-5);
  });
});
