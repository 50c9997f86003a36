import { expect } from 'chai';
import { Estimator } from '../statistics/index.ts';
import { histogramOf } from '../testing/run-fixture.ts';
import { distribution, durationFigures } from './duration-figures.ts';

/** `count` durations spread evenly over (0, top] ms. */
function spread(count: number, top: number): number[] {
  return Array.from({ length: count }, (_, i) => ((i + 1) * top) / count);
}

describe('durationFigures', () => {
  const estimator = new Estimator();
  const none = { percentiles: [] };

  it('gives a quantile an interval only with 200 observations above it in every replication', () => {
    const enough = durationFigures(estimator, [histogramOf(spread(2000, 100)), histogramOf(spread(2000, 110)), histogramOf(spread(2000, 90))], none);
    expect(enough.p90).to.have.property('low');
    expect(enough.p95).to.have.property('noInterval', 'fewer than 200 observations above it in a replication');
    const short = durationFigures(estimator, [histogramOf(spread(2000, 100)), histogramOf(spread(1999, 110))], none);
    expect(short.p90).to.have.property('noInterval');
  });

  it('never gives the maximum one', () => {
    const { max } = durationFigures(estimator, [histogramOf(spread(100, 1)), histogramOf(spread(100, 2))], none);
    expect(max).to.deep.equal({ value: 0.002, noInterval: 'a maximum has none' });
  });

  it('shows what had not ended as inf, and says so where only some replications are hit', () => {
    const figures = durationFigures(estimator, [histogramOf(spread(99, 1), 20), histogramOf(spread(99, 1))], none);
    expect(figures.max).to.have.property('value', 'inf');
    expect(figures.p95).to.have.property('value', 'inf');
    expect(figures.p90).to.have.property('noInterval', 'not finite in 1 of 2 replications');
  });

  it('withholds intervals where there is nothing to converge to', () => {
    const figures = durationFigures(estimator, [histogramOf(spread(3000, 1)), histogramOf(spread(3000, 2))], { percentiles: [], noInterval: 'saturated' });
    expect(figures.p50).to.have.property('noInterval', 'saturated');
    expect(figures.mean).to.have.property('noInterval', 'saturated');
  });

  it('adds the percentiles asked for', () => {
    expect(durationFigures(estimator, [histogramOf([1])], { percentiles: [25, 40] })).to.include.keys('p25', 'p40', 'p50', 'p99.9');
  });

  it('draws the distribution as far as observations carry', () => {
    const points = distribution([histogramOf(spread(100, 100))]);
    expect(points.map((point) => point.p)).to.deep.equal([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97.5, 99, 100]);
    expect(points.at(-1)).to.deep.equal({ p: 100, value: 0.1 });
    expect(distribution([histogramOf([1], 1)]).at(-1)?.value).to.equal(null);
  });
});
