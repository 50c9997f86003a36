import { expect } from 'chai';
import { Estimator, SHARE } from './estimate.ts';

describe('Estimator', () => {
  const estimator = new Estimator();

  it('gives the mean of 1, 2, 3 its t interval', () => {
    const estimate = estimator.mean([1, 2, 3], {});
    // t(0.95, 2) = 4.30265, s/√3 = 0.57735
    expect(estimate).to.have.property('value', 2);
    expect(estimate)
      .to.have.property('low')
      .closeTo(2 - 2.48414, 1e-5);
    expect(estimate)
      .to.have.property('high')
      .closeTo(2 + 2.48414, 1e-5);
  });

  it('sections about the pooled value, worked by hand', () => {
    // Σ(q − 13)² = 9 + 1 + 1 + 1 = 12, ÷ (4·3) = 1, so half = t(0.95, 3) = 3.182446
    const estimate = estimator.sectioned(13, [10, 12, 14, 14]);
    expect(estimate)
      .to.have.property('low')
      .closeTo(13 - 3.182446, 1e-6);
    expect(estimate)
      .to.have.property('high')
      .closeTo(13 + 3.182446, 1e-6);
  });

  it('holds its own point even when the pooled value lies outside the replications', () => {
    const estimate = estimator.sectioned(20, [10, 11, 12]);
    if ('noInterval' in estimate) throw new Error(estimate.noInterval);
    expect(estimate.low).to.be.lessThan(20);
    expect(estimate.high).to.be.greaterThan(20);
  });

  it('cuts the interval where the figure ends', () => {
    const estimate = estimator.mean([0.9, 1], SHARE);
    expect(estimate)
      .to.have.property('low')
      .closeTo(0.95 - 0.05 * 12.7062047, 1e-8);
    expect(estimate).to.have.property('high', 1);
    expect(estimator.mean([0, 1])).to.include({ low: 0 });
  });

  it('is never narrower than what was recorded can tell', () => {
    expect(estimator.sectioned(5, [5, 5, 5], { resolution: 0.02 })).to.deep.equal({ value: 5, low: 4.98, high: 5.02 });
  });

  it('says why there is no interval', () => {
    expect(estimator.mean([7])).to.deep.equal({ value: 7, noInterval: 'one replication' });
    expect(estimator.mean([null, null])).to.deep.equal({ value: null, noInterval: 'no observation' });
    expect(estimator.mean([null, 3])).to.deep.equal({ value: 3, noInterval: 'seen in one replication only' });
    expect(estimator.mean([3, 3, 3])).to.deep.equal({ value: 3, noInterval: 'the same in all 3 replications' });
    expect(estimator.sectioned(Infinity, [1, Infinity])).to.deep.equal({ value: 'inf', noInterval: 'too many had not ended' });
    expect(estimator.sectioned(4, [4, Infinity, 3])).to.deep.equal({ value: 4, noInterval: 'not finite in 1 of 3 replications' });
  });
});
