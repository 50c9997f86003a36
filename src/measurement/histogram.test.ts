import { expect } from 'chai';
import fc from 'fast-check';
import { BINS, binOf, binValue, Histogram, SERIES_BINS, seriesBinOf, seriesBinValue } from './histogram.ts';

describe('Histogram', () => {
  it('reads any duration back within 0.39 %, small integers exactly', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e15, noNaN: true }), (value) => {
        const ns = Math.floor(value);
        const back = binValue(binOf(ns));
        expect(Math.abs(back - ns)).to.be.at.most(ns < 128 ? 0 : ns * 0.0039);
      }),
    );
  });

  it('keeps bins in order and inside the table', () => {
    let last = -1;
    for (const ns of [0, 1, 2, 3, 127, 128, 129, 1e3, 1e6, 1e9, 9e15]) {
      const bin = binOf(ns);
      expect(bin).to.be.greaterThan(last).and.lessThan(BINS);
      last = bin;
    }
    expect(seriesBinOf(9e15)).to.be.lessThan(SERIES_BINS);
    expect(Math.abs(seriesBinValue(seriesBinOf(5e6)) / 5e6 - 1)).to.be.below(0.032);
  });

  it('merges to what one histogram of all observations holds', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000_000_000)), fc.array(fc.nat(2_000_000_000)), (a, b) => {
        const [left, right, all] = [new Histogram(), new Histogram(), new Histogram()];
        for (const ns of a) left.record(ns);
        for (const ns of b) right.record(ns);
        for (const ns of [...a, ...b]) all.record(ns);
        const { sumOfSquares: merged, ...rest } = Histogram.merged([left, right]);
        const { sumOfSquares: whole, ...expected } = all.sparse();
        expect(rest).to.deep.equal(expected);
        expect(merged).to.be.closeTo(whole, whole * 1e-12);
      }),
    );
  });

  it('counts what never ended apart from what took 0', () => {
    const histogram = new Histogram();
    histogram.record(0);
    histogram.record(5);
    histogram.recordInfinite();
    const sparse = histogram.sparse();
    expect(sparse.count).to.equal(2);
    expect(sparse.positive).to.equal(1);
    expect(sparse.infinite).to.equal(1);
    expect(sparse.sum).to.equal(5);
  });
});
