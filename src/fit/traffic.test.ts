import { expect } from 'chai';
import { deriveKey, keyedBits, seedKey } from '../random/stream.ts';
import { ZipfPicker } from '../random/zipf.ts';
import { createArrivals } from '../workload/arrivals.ts';
import { type ArrivalProcess, STEPS } from '../workload/process.ts';
import { constantRate } from '../workload/rate.ts';
import { CountsOverTime } from './counts-over-time.ts';
import { Shares } from './shares.ts';
import { describeTraffic, type Traffic } from './traffic.ts';

const key = seedKey('traffic');

function described(process: Omit<ArrivalProcess, 'batch'>, seconds: number, width = 0.01): Traffic {
  const arrivals = createArrivals({ ...process, batch: null }, key);
  const counts = new CountsOverTime(width);
  for (let time = arrivals.next(); time < seconds * 1e9; time = arrivals.next()) counts.add(1.77e9 + time / 1e9);
  return describeTraffic(counts.result(), counts.width);
}

describe('traffic fitted to counts', () => {
  it('knows a Poisson process', () => {
    const { arrivals, rate } = described({ steps: STEPS.poisson, rate: constantRate(50) }, 2000);
    expect(arrivals).to.deep.equal({ process: 'poisson', rate });
    expect(rate).to.be.closeTo(50, 4 * Math.sqrt(50 / 2000));
  });

  it('finds the rates and dwell times of an mmpp within a third', () => {
    const { arrivals } = described({ steps: STEPS.poisson, rate: { type: 'mmpp', rates: [20, 200], dwellNs: [8e9, 2e9] } }, 20_000, 0.1);
    if (arrivals.process !== 'mmpp') throw new Error(JSON.stringify(arrivals));
    expect(arrivals.rates[0] / 20).to.be.within(0.5, 1.5);
    expect(arrivals.rates[1] / 200).to.be.within(0.8, 1.25);
    expect(arrivals.dwell[0] / 8).to.be.within(0.67, 1.5);
    expect(arrivals.dwell[1] / 2).to.be.within(0.67, 1.5);
    const [share, mean] = [arrivals.dwell[1] / (arrivals.dwell[0] + arrivals.dwell[1]), 56];
    expect((share * arrivals.rates[1] + (1 - share) * arrivals.rates[0]) / mean).to.be.closeTo(1, 0.1);
  });

  it('finds the coefficient of variation of paced traffic', () => {
    const { arrivals } = described({ steps: { law: 'erlang', mean: 1, k: 16 }, rate: constantRate(50) }, 4000);
    if (arrivals.process !== 'renewal') throw new Error(JSON.stringify(arrivals));
    expect(arrivals.cv).to.be.closeTo(0.25, 0.08);
  });

  it('draws a day by stages', () => {
    const day = { type: 'diurnal' as const, low: 10, high: 90, periodNs: 3600e9, peakAtNs: 1800e9 };
    const { arrivals, rate } = described({ steps: STEPS.poisson, rate: { type: 'shape', parts: [day] } }, 3600);
    if (!('stages' in arrivals)) throw new Error(JSON.stringify(arrivals));
    expect(rate).to.be.closeTo(50, 1);
    let [at, last, requests] = [0, 0, 0];
    for (const { duration, target } of arrivals.stages) {
      requests += ((last + target) / 2) * duration;
      at += duration;
      last = target;
      if (duration > 0 && at < 3590) expect(target, `at ${at}`).to.be.closeTo(50 - 40 * Math.cos((2 * Math.PI * at) / 3600), 5);
    }
    expect(at).to.be.closeTo(3600, 0.1);
    expect(requests / 3600).to.be.closeTo(50, 1);
  });

  it('says when there is too little to tell', () => {
    expect(describeTraffic(Uint32Array.of(3, 1), 1)).to.deep.include({ arrivals: { process: 'poisson', rate: 2 } });
  });
});

describe('counts over time', () => {
  it('keep every request, however long and in whatever order', () => {
    const counts = new CountsOverTime(0.01);
    for (let i = 0; i < 5000; i++) counts.add(1.77e9 + ((keyedBits(1, 2, i) >>> 0) / 2 ** 32) * 10 ** (i % 7));
    expect(counts.result().reduce((a, b) => a + b, 0)).to.equal(5000);
    expect(counts.width * counts.result().length).to.be.within(0.99e6, 1.1e6);
    counts.add(1e9); // a stray line from years before
    expect(counts.result().reduce((a, b) => a + b, 0)).to.equal(5001);
  });
});

describe('shares of names', () => {
  function shares(count: number, requests: number, skew: number): Shares {
    const picker = new ZipfPicker(count, skew);
    const { high, low } = deriveKey(key, 'clients', count);
    const found = new Shares();
    for (let i = 0; i < requests; i++) found.add(`client ${picker.pick(keyedBits(high, low, i))}`);
    return found;
  }

  for (const skew of [0, 0.6, 1, 1.5]) {
    it(`finds the Zipf exponent ${skew}`, () => {
      expect(shares(300, 40_000, skew).zipfExponent()).to.be.closeTo(skew, 0.06);
    });
  }

  it('takes chance for no skew: few requests a client', () => {
    expect(shares(1000, 2500, 0).zipfExponent()).to.be.below(0.15);
  });

  it('stays small with more names than fit, and keeps the frequent ones', () => {
    const many = new Shares();
    for (let i = 0; i < 400_000; i++) many.add(i % 4 === 0 ? `often ${(i / 4) % 5}` : `once ${i}`);
    expect(many.isExact).to.equal(false);
    expect(many.names / 300_005).to.be.closeTo(1, 0.05);
    expect(
      many
        .top(5)
        .map(({ name }) => name)
        .sort(),
    ).to.deep.equal([0, 1, 2, 3, 4].map((i) => `often ${i}`));
    expect(many.top(1)[0].count / 20_000).to.be.closeTo(1, 0.01);
  });
});
