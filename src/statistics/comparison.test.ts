import { expect } from 'chai';
import fc from 'fast-check';
// @ts-expect-error: jstat ships no types
import jstat from 'jstat';
import { compareFigures, type SampledFigure } from './comparison.ts';

const figure = (values: readonly number[], pooled = values.reduce((sum, one) => sum + one, 0) / values.length): SampledFigure => ({ pooled, values });
const ends = (interval: ReturnType<typeof compareFigures>['absolute']) => {
  if ('noInterval' in interval) throw new Error(interval.noInterval);
  return interval;
};

/** Gosset's sleep data (Student 1908, Biometrika 6(1)): extra hours by two drugs, ten patients. */
const FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
const SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

describe('compareFigures', () => {
  it("gives the paired interval of Student's own example", () => {
    const { absolute, pValue, degrees } = compareFigures(figure(FIRST), figure(SECOND), { isPaired: true, alpha: 0.05 });
    const { value, low, high } = ends(absolute);
    expect(value).to.be.closeTo(1.58, 1e-12);
    expect(low).to.be.closeTo(0.7001142, 1e-6);
    expect(high).to.be.closeTo(2.4598858, 1e-6);
    expect(degrees).to.equal(9);
    expect(pValue).to.be.closeTo(0.002833, 1e-6);
  });

  it("gives Welch's interval of the same data, as R prints it", () => {
    const { absolute, pValue, degrees, varianceRatio } = compareFigures(figure(FIRST), figure(SECOND), { isPaired: false, alpha: 0.05 });
    const { low, high } = ends(absolute);
    expect(low).to.be.closeTo(-0.2054832, 1e-6);
    expect(high).to.be.closeTo(3.3654832, 1e-6);
    expect(degrees).to.be.closeTo(17.776474, 1e-6);
    expect(pValue).to.be.closeTo(0.07939, 1e-5);
    expect(varianceRatio).to.equal(null);
  });

  it('says by how much pairing narrows, and when it widens', () => {
    const same = compareFigures(figure([1, 2, 3, 4]), figure([2.1, 2.9, 4.1, 4.9]), { isPaired: true, alpha: 0.05 });
    expect(same.varianceRatio).to.be.greaterThan(100);
    const against = compareFigures(figure([1, 2, 3, 4]), figure([4, 3, 2, 1]), { isPaired: true, alpha: 0.05 });
    expect(against.varianceRatio).to.be.closeTo(0.5, 1e-12);
  });

  it('bounds one side: the 99 % bound is the end of a two-sided 98 % interval', () => {
    const both = ends(compareFigures(figure(FIRST), figure(SECOND), { isPaired: true, alpha: 0.02 }).absolute);
    const lower = ends(compareFigures(figure(FIRST), figure(SECOND), { isPaired: true, alpha: 0.01, sides: 'lower' }).absolute);
    const upper = ends(compareFigures(figure(FIRST), figure(SECOND), { isPaired: true, alpha: 0.01, sides: 'upper' }).absolute);
    expect(lower).to.deep.equal({ ...both, high: Infinity });
    expect(upper).to.deep.equal({ ...both, low: -Infinity });
  });

  it('spreads about the pooled value, worked by hand', () => {
    // pooled difference 4, of the pairs 1, 2, 3: Σ(d − 4)² = 9 + 4 + 1 = 14, ÷ (3 · 2), root 1.527525; t(0.975, 2) = 4.302653
    const { absolute } = compareFigures(figure([1, 1, 1], 2), figure([2, 3, 4], 6), { isPaired: true, alpha: 0.05 });
    expect(ends(absolute).low).to.be.closeTo(4 - 4.302653 * 1.527525, 1e-5);
  });

  it("gives Fieller's interval of a ratio, worked by hand", () => {
    // A = 10, B = 12; variances of the means 1/3 · 1, covariance 0 (unpaired); t(0.975, 4) = 2.776445, t² /3 = 2.569549
    const { relative } = compareFigures(figure([9, 10, 11]), figure([11, 12, 13]), { isPaired: false, alpha: 0.05 });
    const [a, b, c] = [100 - 2.569549, 120, 144 - 2.569549];
    const root = Math.sqrt(b * b - a * c);
    expect(ends(relative).value).to.be.closeTo(0.2, 1e-12);
    expect(ends(relative).low).to.be.closeTo((b - root) / a - 1, 1e-6);
    expect(ends(relative).high).to.be.closeTo((b + root) / a - 1, 1e-6);
  });

  it('gives one verdict: the relative interval holds zero exactly when the absolute one does', () => {
    const samples = fc.array(fc.tuple(fc.double({ min: 5, max: 15, noNaN: true }), fc.double({ min: 5, max: 15, noNaN: true })), {
      minLength: 3,
      maxLength: 12,
    });
    fc.assert(
      fc.property(samples, fc.boolean(), (pairs, isPaired) => {
        const [a, b] = [figure(pairs.map(([one]) => one)), figure(pairs.map(([, other]) => other))];
        const { absolute, relative } = compareFigures(a, b, { isPaired, alpha: 0.05 });
        if ('noInterval' in absolute || 'noInterval' in relative) return;
        if (Math.abs(absolute.low) < 1e-9 || Math.abs(absolute.high) < 1e-9) return; // rounding decides
        expect(relative.low > 0).to.equal(absolute.low > 0);
        expect(relative.high < 0).to.equal(absolute.high < 0);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('agrees with the t tests of jstat', () => {
    const { pValue } = compareFigures(figure(FIRST), figure(SECOND), { isPaired: true, alpha: 0.05 });
    expect(pValue).to.be.closeTo(
      jstat.ttest(
        0,
        FIRST.map((one, i) => one - SECOND[i]),
        2,
      ),
      1e-7,
    );
  });

  it('makes no interval of no spread, and lets the number of pairs speak', () => {
    const equal = compareFigures(figure([3, 4, 5]), figure([3, 4, 5]), { isPaired: true, alpha: 0.05 });
    expect(equal.absolute).to.deep.equal({ value: 0, noInterval: 'the same in all 3 replications' });
    expect(equal.pValue).to.equal(1);
    const shifted = compareFigures(figure([1, 1, 1, 1]), figure([0.5, 0.5, 0.5, 0.5]), { isPaired: true, alpha: 0.05 });
    expect(shifted.absolute).to.deep.equal({ value: -0.5, noInterval: 'the same difference in all 4 replications' });
    expect(shifted.pValue).to.equal(1 / 8);
  });

  it('is never narrower than what was recorded can tell', () => {
    expect(ends(compareFigures(figure([3, 3, 3]), figure([3, 3, 3]), { isPaired: true, alpha: 0.05, resolution: 0.25 }).absolute)).to.deep.equal({
      value: 0,
      low: -0.25,
      high: 0.25,
    });
  });

  it('takes a standard error for values where only that is known', () => {
    const summary = (values: readonly number[]) => {
      const { pooled } = figure(values);
      const squares = values.reduce((sum, one) => sum + (one - pooled) * (one - pooled), 0);
      return { pooled, standardError: Math.sqrt(squares / values.length / (values.length - 1)), replications: values.length };
    };
    const expected = compareFigures(figure(FIRST), figure(SECOND), { isPaired: false, alpha: 0.05 });
    const seen = compareFigures(summary(FIRST), summary(SECOND), { isPaired: true, alpha: 0.05 });
    expect(seen.method).to.equal('welch');
    expect(seen.degrees).to.be.closeTo(expected.degrees, 1e-9);
    expect(ends(seen.absolute).low).to.be.closeTo(ends(expected.absolute).low, 1e-9);
  });

  it('has no relative difference to nothing', () => {
    const { relative } = compareFigures(figure([0, 0, 0]), figure([0, 0.1, 0]), { isPaired: true, alpha: 0.05 });
    expect(relative).to.deep.equal({ value: null, noInterval: 'the baseline is 0' });
    const noisy = compareFigures(figure([-5, 0, 6]), figure([1, 2, 3]), { isPaired: true, alpha: 0.05 });
    expect(noisy.relative).to.have.property('noInterval', 'the baseline cannot be told from 0');
  });
});
