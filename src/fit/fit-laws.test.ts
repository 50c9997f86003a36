/** Known laws → samples → fits: what comes back lies within four standard errors of what went in. */
import { expect } from 'chai';
import type { LawSpec } from '../random/law.ts';
import { createLaw, lawMean, lawScv } from '../random/laws.ts';
import { deriveKey, keyedBits, seedKey } from '../random/stream.ts';
import { type Binned, moments, quantile } from './binned.ts';
import { normalLower } from './families.ts';
import { chiSquareTail, fitLaws } from './fit-laws.ts';
import { minimise } from './minimise.ts';
import { ServiceTimeCollector, stepOf } from './service-times.ts';

function sample(spec: LawSpec, count: number, seed = 'durations'): number[] {
  const law = createLaw(spec, 1);
  const key = deriveKey(seedKey(seed), spec.law);
  return Array.from({ length: count }, (_, i) => law.sample(keyedBits(key.high, key.low, i)));
}

function binned(values: readonly number[], step = 1e-9, isCut = false): Binned {
  const collector = new ServiceTimeCollector(step, isCut);
  for (const value of values) collector.add(isCut ? Math.floor(value / step) * step : value);
  return collector.result().data;
}

/** Into the buckets of a Prometheus client. */
function inBuckets(values: readonly number[], bounds: readonly number[]): Binned {
  const edges = [0, ...bounds, Infinity];
  const counts = edges.slice(1).map((end, i) => values.filter((value) => value > edges[i] && value <= end).length);
  return { edges, counts };
}

const LAWS: [LawSpec, readonly string[]][] = [
  [{ law: 'exponential', mean: 0.012 }, ['exponential']],
  [{ law: 'erlang', mean: 0.012, k: 4 }, ['erlang']],
  [{ law: 'gamma', mean: 0.012, cv: 0.6 }, ['gamma']],
  [{ law: 'gamma', mean: 0.012, cv: 1.5 }, ['gamma']],
  [{ law: 'lognormal', mu: Math.log(0.02), sigma: 0.8 }, ['lognormal']],
  [{ law: 'weibull', mean: 0.03, shape: 0.7 }, ['weibull']],
  [{ law: 'weibull', mean: 0.03, shape: 2.5 }, ['weibull']],
  [{ law: 'hyperexponential', p: 0.9, mean1: 0.005, mean2: 0.08 }, ['hyperexponential']],
  [{ law: 'uniform', min: 0.01, max: 0.03 }, ['uniform']],
  [{ law: 'pareto-bounded', mean: 0.02, shape: 1.3, ratio: 1000 }, ['pareto-bounded']],
  [
    { law: 'bimodal', p: 0.1, fast: { law: 'lognormal', mu: Math.log(0.005), sigma: 0.3 }, slow: { law: 'lognormal', mu: Math.log(0.1), sigma: 0.5 } },
    ['bimodal'],
  ],
];

describe('laws fitted to durations', () => {
  for (const [spec, names] of LAWS) {
    it(`finds ${JSON.stringify(spec)} again`, () => {
      const count = 10_000;
      const [best] = fitLaws(binned(sample(spec, count)));
      expect(best.name).to.be.oneOf(names);
      expect(best.verdict, `p = ${best.pValue}, distance ${best.distance}`).to.equal('fits');
      const error = 4 * Math.sqrt(lawScv(spec) / count); // of the mean
      expect(lawMean(best.law) / lawMean(spec)).to.be.closeTo(1, Math.max(error, 0.01));
      expect(Math.sqrt(lawScv(best.law) / lawScv(spec))).to.be.closeTo(1, spec.law === 'pareto-bounded' ? 0.25 : 0.06);
      expect(best.distance).to.be.below(0.02);
    });
  }

  it('gives the parameters within four standard errors', () => {
    const count = 40_000;
    const [lognormal] = fitLaws(binned(sample({ law: 'lognormal', mu: -4, sigma: 0.8 }, count)), ['lognormal']);
    if (lognormal.law.law !== 'lognormal') throw new Error(lognormal.name);
    expect(lognormal.law.mu).to.be.closeTo(-4, (4 * 0.8) / Math.sqrt(count));
    expect(lognormal.law.sigma).to.be.closeTo(0.8, (4 * 0.8) / Math.sqrt(2 * count));
    const [weibull] = fitLaws(binned(sample({ law: 'weibull', mean: 0.01, shape: 1.7 }, count)), ['weibull']);
    if (weibull.law.law !== 'weibull') throw new Error(weibull.name);
    expect(weibull.law.shape).to.be.closeTo(1.7, (4 * 1.7 * 0.78) / Math.sqrt(count)); // √6/π = 0.78
    const [erlang] = fitLaws(binned(sample({ law: 'erlang', mean: 0.01, k: 3 }, count)), ['gamma']);
    expect(erlang.law).to.deep.include({ law: 'erlang', k: 3 });
  });

  it('is not misled by logs that round to milliseconds or cut them off', () => {
    const spec: LawSpec = { law: 'exponential', mean: 0.0022 };
    const values = sample(spec, 40_000);
    for (const isCut of [false, true]) {
      const [best] = fitLaws(binned(values, 1e-3, isCut));
      expect(best.law.law, `cut: ${isCut}`).to.equal('exponential');
      expect(lawMean(best.law), `cut: ${isCut}`).to.be.closeTo(0.0022, (4 * 0.0022) / Math.sqrt(40_000));
    }
  });

  it('sees through the buckets of a histogram', () => {
    const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
    const spec: LawSpec = { law: 'lognormal', mu: Math.log(0.06), sigma: 0.7 };
    const [best] = fitLaws(inBuckets(sample(spec, 20_000), buckets));
    if (best.law.law !== 'lognormal') throw new Error(best.name);
    expect(best.law.mu).to.be.closeTo(Math.log(0.06), 0.03);
    expect(best.law.sigma).to.be.closeTo(0.7, 0.03);
    expect(best.verdict).to.equal('fits');
  });

  it('says when none fits: three heaps far apart', () => {
    const values = [0.001, 0.03, 0.9].flatMap((centre) => sample({ law: 'uniform', min: centre, max: 1.1 * centre }, 5000));
    const [best] = fitLaws(binned(values));
    expect(best.verdict).to.equal('does not fit');
    expect(best.pValue).to.be.below(1e-6);
  });

  it('takes what is always the same for constant', () => {
    expect(fitLaws(binned(Array(100).fill(0.012), 1e-3))[0]).to.deep.include({ name: 'constant', verdict: 'fits' });
    expect(fitLaws(binned([0.012, 0.012, 0.012], 1e-3))[0]).to.deep.include({ name: 'constant', verdict: 'too few to tell' });
    expect(fitLaws({ edges: [0, 1], counts: [0] })).to.deep.equal([]);
  });

  it('refuses the true law in one of a hundred samples, parameters fitted', () => {
    let refused = 0;
    for (let i = 0; i < 60; i++) {
      const values = sample({ law: 'weibull', mean: 0.01, shape: 0.8 }, 1000, `sample ${i}`);
      if ((fitLaws(binned(values), ['weibull'])[0].pValue ?? 1) < 0.01) refused++;
    }
    expect(refused).to.be.at.most(4); // P(more | 1 %) = 3e-4
  });
});

describe('durations as they pass by', () => {
  it('finds the step they are written in', () => {
    expect(stepOf([0.001, 0.123, 1])).to.equal(1e-3);
    expect(stepOf([0.5, 2, 17.1])).to.equal(0.1);
    expect(stepOf([0.000123, 0.4])).to.equal(1e-6);
    expect(stepOf([Math.PI])).to.equal(1e-9);
  });

  it('keeps quantiles to 5 %', () => {
    const values = sample({ law: 'lognormal', mu: -3, sigma: 1 }, 20_000).sort((a, b) => a - b);
    const data = binned(values);
    for (const share of [0.01, 0.5, 0.9, 0.99]) expect(quantile(data, share) / values[Math.floor(share * 20_000)]).to.be.closeTo(1, 0.05);
    expect(moments(data).mean).to.be.closeTo(values.reduce((a, b) => a + b) / 20_000, 1e-4);
  });

  it('tells waiting by the busy seconds, and takes the quiet ones', () => {
    const collector = new ServiceTimeCollector(1e-6, false);
    const quiet = sample({ law: 'exponential', mean: 0.01 }, 20_000);
    for (let second = 0, i = 0; second < 400; second++) {
      const isBusy = second % 4 === 0;
      for (let n = 0; n < (isBusy ? 80 : 20); n++, i++) {
        collector.tick(second);
        collector.add(quiet[i % 20_000] * (isBusy ? 3 : 1));
      }
    }
    const result = collector.result();
    expect(result.isFromQuiet).to.equal(true);
    expect(result.quiet).to.be.closeTo(0.01, 0.001);
    expect(result.busy).to.be.closeTo(0.03, 0.003);
    expect(moments(result.data).mean).to.be.closeTo(0.01, 0.001);
  });
});

describe('mathematics of the fit', () => {
  it('has the normal and chi-square laws of the tables', () => {
    for (const [z, p] of [
      [-2.326347874, 0.01],
      [0, 0.5],
      [1.959963985, 0.975],
      [-6, 9.865876450377e-10],
    ])
      expect(normalLower(z) / p).to.be.closeTo(1, 1e-8);
    for (const [x, degrees, p] of [
      [3.841459, 1, 0.05],
      [18.307038, 10, 0.05],
      [63.69074, 40, 0.01],
    ])
      expect(chiSquareTail(x, degrees)).to.be.closeTo(p, 1e-7);
  });

  it('finds the minimum of Rosenbrock’s valley', () => {
    const { point } = minimise(([x, y]) => 100 * (y - x * x) ** 2 + (1 - x) ** 2, [-1.2, 1]);
    expect(point[0]).to.be.closeTo(1, 1e-3);
    expect(point[1]).to.be.closeTo(1, 2e-3);
  });
});
