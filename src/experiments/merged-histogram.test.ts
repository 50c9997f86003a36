import { expect } from 'chai';
import fc from 'fast-check';
import { histogramOf } from '../testing/run-fixture.ts';
import { isConstant, mean, mergeHistograms, quantile, resolution, standardDeviation } from './merged-histogram.ts';

describe('merged histograms', () => {
  it('take the nearest rank: 1 … 100 ns give 50, 90, 99, 100', () => {
    const histogram = histogramOf(Array.from({ length: 100 }, (_, i) => (i + 1) / 1e6));
    expect([50, 90, 99, 99.9].map((percent) => quantile(histogram, percent))).to.deep.equal([50, 90, 99, 100]);
  });

  it('put requests that never ended beyond all others', () => {
    const histogram = histogramOf([1, 2, 3], 1);
    expect(quantile(histogram, 75)).to.be.closeTo(3e6, 3e6 * 0.004);
    expect(quantile(histogram, 76)).to.equal(Infinity);
    expect(quantile(histogramOf([]), 50)).to.equal(null);
  });

  it('never read a quantile above the largest observation', () => {
    expect(quantile(histogramOf([1000.001]), 99)).to.equal(1000.001e6);
  });

  it('give back equal observations exactly, also when time-outs are the last of others', () => {
    const times = (count: number, value: number) => Array.from({ length: count }, () => value);
    expect(quantile(histogramOf(times(50, 3000)), 50)).to.equal(3e9);
    expect(quantile(histogramOf([...times(90, 10), ...times(10, 3000)]), 95)).to.equal(3e9);
    expect(isConstant(histogramOf(times(50, 3000)))).to.equal(true);
    expect(isConstant(histogramOf([3000, 3001]))).to.equal(false);
  });

  it('give what one histogram of all observations gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1 }), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (parts, percent) => {
          const merged = mergeHistograms(parts.map((part) => histogramOf(part)));
          const whole = histogramOf(parts.flat());
          expect(quantile(merged, percent)).to.equal(quantile(whole, percent));
          expect(mean(merged)).to.equal(mean(whole));
          expect(standardDeviation(merged)).to.be.closeTo(standardDeviation(whole) as number, 1e-9);
        },
      ),
    );
  });

  it('know what they cannot tell apart', () => {
    expect(resolution(100)).to.equal(0);
    expect(resolution(1e9) / 1e9).to.be.within(0.001, 0.0039);
  });
});
