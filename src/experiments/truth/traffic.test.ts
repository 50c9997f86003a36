/** Queues under arrivals that are no plain Poisson stream, against their closed forms. Seconds. */
import { expect } from 'chai';
import { planStudy } from '../../experiments/plan.ts';
import { loadStudy } from '../../scenario/index.ts';
import { expectAgreement } from '../../testing/agreement.ts';
import { EXPONENTIAL, numberOf, rateOf, scenarioText, simulate, station, web } from '../../testing/truth-scenario.ts';

const POD = station(1, EXPONENTIAL);

describe('batch arrivals, M^[X]/M/1 (Gross and Harris 1998, 3.1: L = ρ (1 + E[X²]/E[X]) ÷ (2 (1 − ρ)))', () => {
  for (const [name, batch, ratio, rate] of [
    ['five at once', '5', 5, 60],
    ['geometric sizes of mean 4', '{ law: geometric, mean: 4 }', 7, 60],
    ['uniform sizes of 1 to 3', '{ law: uniform, min: 1, max: 3 }', 14 / 6, 80],
  ] as const) {
    it(name, async () => {
      const cell = await simulate({ workload: POD, client: `arrivals: { rate: ${rate}/s, batch: ${batch} }`, seconds: 1500 });
      const load = rate / 100;
      const inSystem = (load * (1 + ratio)) / (2 * (1 - load));
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, inSystem / rate, { within: 0.03, not: [0.01 / (1 - load)] });
      expect(rateOf(cell, cell.requests.offered)).to.be.closeTo(rate, 0.03 * rate);
    });
  }
});

describe('renewal arrivals, GI/M/1 (Kleinrock 1975, vol. 1, 6.4: wait from the root σ of σ = A*(μ − μσ))', () => {
  const mu = 100;
  const rate = 80;
  const laws: [string, string, (s: number) => number][] = [
    ['Erlang of 4', '{ law: erlang, mean: 1s, k: 4 }', (s) => (4 / (4 + s / rate)) ** 4],
    [
      'hyperexponential of cv 3',
      '{ law: hyperexponential, mean: 1h, cv: 3 }',
      (s) => {
        const p = (1 + Math.sqrt(8 / 10)) / 2;
        return (p * 2 * p * rate) / (2 * p * rate + s) + ((1 - p) * 2 * (1 - p) * rate) / (2 * (1 - p) * rate + s);
      },
    ],
  ];
  for (const [name, law, transform] of laws) {
    it(name, async () => {
      let sigma = 0.5;
      for (let round = 0; round < 2000; round++) sigma = transform(mu * (1 - sigma));
      const cell = await simulate({ workload: POD, client: `arrivals: { process: renewal, law: ${law}, rate: ${rate}/s }`, seconds: 1500 });
      const expected = 1 / (mu * (1 - sigma));
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, expected, { within: 0.06, not: [0.05] });
      expectAgreement(cell, 'share that waits', web(cell).queue_wait.positive, sigma, { within: 0.02, not: [0.8] });
    });
  }
});

describe('a rate that changes slowly is a mixture of M/M/1 queues', () => {
  it('mmpp', async () => {
    const cell = await simulate({ workload: POD, client: 'arrivals: { process: mmpp, rates: [20/s, 80/s], dwell: [300s, 100s] }', seconds: 10_000 });
    // Of 35 requests a second on average, 20 · 3/4 find 20/s and 80 · 1/4 find 80/s.
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, (15 / 80 + 20 / 20) / 35, { within: 0.02, not: [1 / 65] });
  });

  it('diurnal', async () => {
    const cell = await simulate({
      workload: POD,
      client: 'arrivals: { shape: [ { diurnal: { low: 20/s, high: 80/s, period: 1000s } } ] }',
      seconds: 10_000,
      warmup: '1000s',
    });
    let area = 0;
    for (let i = 0; i < 1000; i++) {
      const rate = 50 - 30 * Math.cos((2 * Math.PI * (i + 0.5)) / 1000);
      area += rate / (100 - rate) / 1000 / 50;
    }
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, area, { within: 0.02, not: [1 / 50] });
  });
});

describe('offered load before the run', () => {
  it('knows the mean of every kind of traffic, and claims no theory for it', async () => {
    for (const [arrivals, rate] of [
      ['{ process: mmpp, rates: [20/s, 80/s], dwell: [3s, 1s] }', 35],
      ['{ process: renewal, law: { law: gamma, mean: 1s, cv: 3 }, rate: 35/s }', 35],
      ['{ rate: 35/s, batch: 7 }', 35],
      ['{ shape: [ { diurnal: { low: 20/s, high: 80/s, period: 10s } }, { burst: { at: 0s, duration: 1s, rate: 10/s, every: 10s } } ] }', 51],
    ] as const) {
      const study = await loadStudy({ files: ['-'], stdin: scenarioText({ workload: POD, client: `arrivals: ${arrivals}`, seconds: 100 }) });
      const [{ traffic }] = planStudy(study).cells;
      expect(traffic.offeredLoad[0].rate, arrivals).to.be.closeTo(rate, 1e-9);
      expect(traffic.theory, arrivals).to.deep.equal([]);
      const cell = await simulate({ workload: POD, client: `arrivals: ${arrivals}`, seconds: 500 });
      expect(rateOf(cell, cell.requests.offered), arrivals).to.be.closeTo(rate, 0.1 * rate);
      expect(numberOf(cell.metrics.request_failed.rate), arrivals).to.equal(0);
    }
  });

  it('names workloads that bursts overload though their mean does not', async () => {
    for (const [arrivals, peaks] of [
      ['{ process: mmpp, rates: [20/s, 180/s], dwell: [3s, 1s] }', [180]],
      ['{ shape: [ { stages: [ { duration: 0s, target: 50/s } ] }, { burst: { at: 20s, duration: 1s, rate: 70/s } } ] }', [120]],
      ['{ shape: [ { stages: [ { duration: 0s, target: 50/s } ] }, { burst: { at: 1s, duration: 1s, rate: 70/s } } ] }', []], // in the warm-up
      ['{ shape: [ { stages: [ { duration: 50s, target: 130/s }, { duration: 50s, target: 10/s } ] } ] }', [130]],
      ['{ shape: [ { diurnal: { low: 20/s, high: 80/s, period: 10s } } ] }', []],
      ['{ rate: 130/s }', []], // saturated, which is said by itself
    ] as const) {
      const study = await loadStudy({ files: ['-'], stdin: scenarioText({ workload: POD, client: `arrivals: ${arrivals}`, seconds: 100 }) });
      const [{ traffic }] = planStudy(study).cells;
      expect(
        traffic.peaks.map(({ peak }) => peak),
        arrivals,
      ).to.deep.equal(peaks);
    }
  });
});
