import { expect } from 'chai';
import fc from 'fast-check';
import type { LawSpec } from '../random/law.ts';
import { deriveKey, seedKey } from '../random/stream.ts';
import { type Arrivals, createArrivals } from './arrivals.ts';
import { type BatchSpec, meanBatch } from './batches.ts';
import { STEPS } from './process.ts';
import { constantRate, meanRate, type RatePart, type RateSpec } from './rate.ts';

const key = seedKey('arrivals');

function open(process: keyof typeof STEPS | LawSpec, rate: RateSpec, batch: BatchSpec | null = null): Arrivals {
  return createArrivals({ steps: typeof process === 'string' ? STEPS[process] : process, rate, batch }, key);
}

function stages(...list: { durationNs: number; target: number }[]): RatePart {
  return { type: 'stages', startRate: 0, stages: list };
}

function shape(...parts: RatePart[]): RateSpec {
  return { type: 'shape', parts };
}

/** Arrivals in each of `count` windows. */
function counts(times: readonly number[], windowNs: number, count: number): number[] {
  const found = new Array<number>(count).fill(0);
  for (const time of times) if (time < windowNs * count) found[Math.floor(time / windowNs)]++;
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function arrivalsUntil(arrivals: Arrivals, untilNs: number): number[] {
  const times: number[] = [];
  for (let time = arrivals.next(); time < untilNs; time = arrivals.next()) times.push(time);
  return times;
}

describe('open-loop arrivals', () => {
  it('paces deterministic arrivals at exact intervals', () => {
    expect(arrivalsUntil(open('deterministic', constantRate(100)), 5e7)).to.deep.equal([1e7, 2e7, 3e7, 4e7]);
  });

  it('gives a Poisson process the mean and variance of its rate', () => {
    const times = arrivalsUntil(open('poisson', constantRate(1000)), 400e9);
    const perSecond = counts(times, 1e9, 400);
    expect(mean(perSecond)).to.be.closeTo(1000, 4 * Math.sqrt(1000 / 400));
    expect(variance(perSecond) / mean(perSecond)).to.be.closeTo(1, 4 * Math.sqrt(2 / 400));
  });

  it('stretches the same arrivals when the rate changes', () => {
    const slow = arrivalsUntil(open('poisson', constantRate(10)), 100e9);
    const fast = arrivalsUntil(open('poisson', constantRate(20)), 50e9);
    expect(fast.length).to.equal(slow.length);
    fast.forEach((time, i) => {
      expect(Math.abs(time * 2 - slow[i])).to.be.at.most(2);
    });
  });

  it('follows a ramp, a hold and a jump to nothing', () => {
    const rate = shape(stages({ durationNs: 10e9, target: 100 }, { durationNs: 10e9, target: 100 }, { durationNs: 0, target: 0 }));
    const times = arrivalsUntil(open('deterministic', rate), Infinity);
    expect(times.filter((time) => time < 10e9).length).to.equal(499); // the 500th lies on the border
    expect(times.length).to.be.within(1499, 1500);
    expect(meanRate(rate, 0, 20e9)).to.be.closeTo(75, 1e-9);
    expect(meanRate(rate, 20e9, 30e9)).to.equal(0);
  });

  const perSecond = fc.integer({ min: 0, max: 500 });
  const seconds = (max: number) => fc.integer({ min: 0, max: max * 1e3 }).map((ms) => ms * 1e6);
  const part: fc.Arbitrary<RatePart> = fc.oneof(
    fc.array(fc.record({ durationNs: seconds(5), target: perSecond }), { minLength: 1, maxLength: 6 }).map((list) => stages(...list)),
    fc
      .tuple(perSecond, perSecond, seconds(20), seconds(30))
      .map(([a, b, period, peakAtNs]) => ({ type: 'diurnal' as const, low: Math.min(a, b), high: Math.max(a, b), periodNs: period + 1e9, peakAtNs })),
    fc.tuple(seconds(10), seconds(2), perSecond, seconds(5), fc.boolean()).map(([atNs, duration, rate, more, again]) => ({
      type: 'burst' as const,
      atNs,
      durationNs: duration + 1e6,
      rate,
      everyNs: again ? duration + 1e6 + more : 0,
    })),
  );
  const anyRate: fc.Arbitrary<RateSpec> = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => shape(...parts)),
    fc
      .array(fc.tuple(fc.integer({ min: 1, max: 500 }), seconds(2)), { minLength: 1, maxLength: 3 })
      .map((states) => ({ type: 'mmpp' as const, rates: states.map(([rate]) => rate), dwellNs: states.map(([, dwell]) => dwell + 1e6) })),
  );

  it('never goes back in time, whatever the rate', () => {
    fc.assert(
      fc.property(anyRate, fc.constantFrom('poisson' as const, 'deterministic' as const, 'uniform' as const), (rate, steps) => {
        const times = arrivalsUntil(open(steps, rate), 20e9);
        for (let i = 1; i < times.length; i++) if (!(times[i] >= times[i - 1])) expect.fail(`${times[i]} after ${times[i - 1]}`);
      }),
      { numRuns: 100 },
    );
  });

  it('comes as often as the mean rate says, whatever the shape', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const rate = shape(...parts);
        const times = arrivalsUntil(open('deterministic', rate), 20e9);
        for (const [from, to] of [
          [0, 20e9],
          [3e9, 11e9],
        ]) {
          const expected = (meanRate(rate, from, to) * (to - from)) / 1e9;
          expect(times.filter((time) => time >= from && time < to).length).to.be.closeTo(expected, 1.01);
        }
      }),
      { numRuns: 100 },
    );
  });

  describe('diurnal', () => {
    const rate = shape({ type: 'diurnal', low: 100, high: 500, periodNs: 240e9, peakAtNs: 60e9 });

    it('follows the cosine from low to high and back', () => {
      const times = arrivalsUntil(open('deterministic', rate), 480e9);
      const found = counts(times, 2e9, 240);
      for (let i = 0; i < 240; i++) {
        const angle = (2 * Math.PI * (2 * i + 1 - 60)) / 240;
        expect(found[i] / 2, `at ${2 * i + 1}s`).to.be.closeTo(300 + 200 * Math.cos(angle), 1);
      }
    });

    it('has the mean of low and high over a period, wherever it begins', () => {
      for (const from of [0, 17e9, 60e9, 239e9]) expect(meanRate(rate, from, from + 240e9)).to.be.closeTo(300, 1e-9);
    });
  });

  it('adds bursts to what is there, again and again', () => {
    const rate = shape(stages({ durationNs: 0, target: 10 }), { type: 'burst', atNs: 5e9, durationNs: 2e9, rate: 90, everyNs: 10e9 });
    const found = counts(arrivalsUntil(open('deterministic', rate), 30e9), 1e9, 30);
    found.forEach((count, second) => {
      expect(count, `second ${second}`).to.be.closeTo([5, 6].includes(second % 10) ? 100 : 10, 1);
    });
    expect(meanRate(rate, 0, 30e9)).to.be.closeTo(28, 1e-9);
    expect(meanRate(rate, 6e9, 8e9)).to.be.closeTo(55, 1e-9);
  });

  describe('renewal', () => {
    it('has the coefficient of variation of its law, at its own rate', () => {
      for (const cv of [0.5, 1, 3]) {
        const times = arrivalsUntil(open({ law: 'gamma', mean: 7, cv }, constantRate(100)), 2000e9);
        const gaps = times.slice(1).map((time, i) => (time - times[i]) / 1e9);
        expect(mean(gaps), `mean at cv ${cv}`).to.be.closeTo(0.01, (4 * 0.01 * cv) / Math.sqrt(gaps.length));
        expect(Math.sqrt(variance(gaps)) / mean(gaps), `cv ${cv}`).to.be.closeTo(cv, 0.03 * cv);
      }
    });

    it('gives far counts an index of dispersion of cv² (Cox 1962, Renewal Theory, 4.2)', () => {
      const times = arrivalsUntil(open({ law: 'gamma', mean: 1, cv: 2 }, constantRate(500)), 4000e9);
      const perTwoSeconds = counts(times, 2e9, 2000);
      expect(variance(perTwoSeconds) / mean(perTwoSeconds)).to.be.closeTo(4, 4 * 4 * Math.sqrt(2 / 2000));
    });
  });

  describe('mmpp', () => {
    const rate: RateSpec = { type: 'mmpp', rates: [100, 1000], dwellNs: [4e9, 1e9] };

    it('has the stationary mean', () => {
      expect(meanRate(rate, 0, 1e9)).to.be.closeTo(280, 1e-9);
    });

    it('has the index of dispersion of counts of two states (Heffes and Lucantoni 1986, eq. 5)', () => {
      // I(t) = 1 + 2 (λ1 − λ2)² r1 r2 ÷ ((r1 + r2)² (λ1 r2 + λ2 r1)) · (1 − (1 − e^−(r1 + r2)t) ÷ ((r1 + r2) t))
      const [r1, r2, l1, l2] = [1 / 4, 1, 100, 1000];
      const sum = r1 + r2;
      const limit = (2 * (l1 - l2) ** 2 * r1 * r2) / (sum ** 2 * (l1 * r2 + l2 * r1));
      const times = arrivalsUntil(open('poisson', rate), 20_000e9);
      for (const [window, tolerance] of [
        [0.01, 0.03],
        [0.5, 0.06],
        [10, 0.15],
      ]) {
        const found = counts(times, window * 1e9, 20_000 / window);
        const expected = 1 + limit * (1 - (1 - Math.exp(-sum * window)) / (sum * window));
        expect(variance(found) / mean(found), `I(${window}s)`).to.be.closeTo(expected, tolerance * expected);
      }
    });

    it('starts from the stationary law: the first second is like any other', () => {
      const first: number[] = [];
      for (let replication = 0; replication < 4000; replication++) {
        const arrivals = createArrivals({ steps: STEPS.poisson, rate, batch: null }, deriveKey(key, replication));
        first.push(arrivalsUntil(arrivals, 1e9).length);
      }
      expect(mean(first)).to.be.closeTo(280, 4 * Math.sqrt(variance(first) / 4000));
    });
  });

  describe('batches', () => {
    it('come at one instant, and the rate counts requests', () => {
      const times = arrivalsUntil(open('deterministic', constantRate(100), { law: 'constant', value: 5 }), 1e9);
      expect(times).to.have.length(95); // 19 batches, every 50 ms; the 20th lies on the border
      for (let i = 0; i < times.length; i++) expect(times[i]).to.equal(5e7 * (Math.floor(i / 5) + 1));
    });

    const laws: [BatchSpec, number, number][] = [
      [{ law: 'geometric', mean: 4 }, 4, 12],
      [{ law: 'geometric', mean: 1 }, 1, 0],
      [{ law: 'uniform', min: 2, max: 6 }, 4, 2],
      [{ law: 'discrete', values: [20, 1], weights: [1, 9] }, 2.9, 32.49],
    ];
    for (const [batch, size, spread] of laws) {
      it(`have the sizes of ${JSON.stringify(batch)}`, () => {
        const times = arrivalsUntil(open('poisson', constantRate(1000), batch), 200e9);
        const sizes = new Map<number, number>();
        for (const time of times) sizes.set(time, (sizes.get(time) ?? 0) + 1);
        const found = [...sizes.values()];
        expect(meanBatch(batch)).to.be.closeTo(size, 1e-12);
        expect(times.length / 200).to.be.closeTo(1000, 4 * Math.sqrt((1000 * (size + spread / size)) / 200));
        expect(mean(found)).to.be.closeTo(size, 4 * Math.sqrt(spread / found.length) + 1e-4); // two batches may meet at one nanosecond
        expect(variance(found)).to.be.closeTo(spread, 0.05 * spread + 1e-4);
      });
    }
  });
});
