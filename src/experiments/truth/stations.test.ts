/** One pod, one queue without bound, first come first served: M/M/c, M/D/1, M/G/1 and GI/M/1 against their closed forms. Seconds. */
import { expect } from 'chai';
import { expectAgreement } from '../../testing/agreement.ts';
import { arrivals, EXPONENTIAL, LOGNORMAL, podOf, simulate, station, web } from '../../testing/truth-scenario.ts';

describe('M/M/1 (sojourn exponential with rate μ − λ; Kleinrock 1975, vol. 1, 3.2)', () => {
  for (const { id, rate, seconds, within, mean, p50, p90, p95, p99, p999, inSystem } of [
    {
      id: 'Q01-MM1-rho80',
      rate: 80,
      seconds: 3000,
      within: 0.01,
      mean: 0.05,
      p50: 0.0346574,
      p90: 0.115129,
      p95: 0.149787,
      p99: 0.230259,
      p999: 0.345388,
      inSystem: 4,
    },
    {
      id: 'Q01-MM1-rho95',
      rate: 95,
      seconds: 3000,
      within: 0.04,
      mean: 0.2,
      p50: 0.138629,
      p90: 0.460517,
      p95: 0.599146,
      p99: 0.921034,
      p999: 1.38155,
      inSystem: 19,
    },
    {
      id: 'light load',
      rate: 10,
      seconds: 5000,
      within: 0.01,
      mean: 1 / 90,
      p50: 0.00770163,
      p90: 0.0255843,
      p95: 0.0332859,
      p99: 0.0511686,
      p999: 0.0767528,
      inSystem: 1 / 9,
    },
  ]) {
    it(id, async () => {
      const cell = await simulate({ workload: station(1, EXPONENTIAL), client: arrivals(rate), seconds });
      const sojourn = cell.metrics.request_duration;
      expectAgreement(cell, 'mean', sojourn.mean, mean, { within });
      expectAgreement(cell, 'mean wait', web(cell).queue_wait.mean, mean - 0.01, { within });
      expectAgreement(cell, 'p50', sojourn.p50, p50, { within });
      expectAgreement(cell, 'p90', sojourn.p90, p90, { within });
      expectAgreement(cell, 'p95', sojourn.p95, p95, { within });
      expectAgreement(cell, 'p99', sojourn.p99, p99, { within: 2 * within });
      expectAgreement(cell, 'p99.9', sojourn['p99.9'], p999, { within: 3 * within });
      const pod = podOf(web(cell));
      expectAgreement(cell, 'in system', pod.inSystem.mean, inSystem, { within });
      expectAgreement(cell, 'utilization', pod.utilization, rate / 100);
      expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, rate / 100);
      // The number in the pod is geometric: at least i with probability ρ^i.
      for (let i = 0; i <= 3; i++) expect(web(cell).occupancy[i], `at least ${i}`).to.be.closeTo((rate / 100) ** i, within);
    });
  }
});

describe('M/M/c (Erlang C)', () => {
  for (const { id, slots, rate, seconds, within, waits, wait, mean, p50, p90, p99, inSystem, separate, faster } of [
    {
      id: 'Q02-MMc-c2-rho90',
      slots: 2,
      rate: 180,
      seconds: 1000,
      within: 0.02,
      waits: 0.852632,
      wait: 0.0426316,
      mean: 0.0526316,
      p50: 0.0376916,
      p90: 0.118315,
      p99: 0.233444,
      inSystem: 9.47368,
      separate: 0.1,
      faster: Infinity,
    },
    {
      id: 'Q02-MMc-c4-rho80',
      slots: 4,
      rate: 320,
      seconds: 600,
      within: 0.01,
      waits: 0.596432,
      wait: 0.00745541,
      mean: 0.0174554,
      p50: 0.013462,
      p90: 0.0377596,
      p99: 0.068932,
      inSystem: 5.58573,
      separate: 0.05,
      faster: 0.0125,
    },
    {
      id: 'Q02-MMc-c10-rho90',
      slots: 10,
      rate: 900,
      seconds: 200,
      within: 0.02,
      waits: 0.668732,
      wait: 0.00668732,
      mean: 0.0166873,
      p50: 0.0132909,
      p90: 0.035109,
      p99: 0.0624988,
      inSystem: 15.0186,
      separate: 0.1,
      faster: 0.01,
    },
    {
      id: 'Q02-MMc-c32-rho95',
      slots: 32,
      rate: 3040,
      seconds: 60,
      within: 0.03,
      waits: 0.69571,
      wait: 0.00434819,
      mean: 0.0143482,
      p50: 0.0114905,
      p90: 0.0297825,
      p99: 0.0535319,
      inSystem: 43.6185,
      separate: 0.2,
      faster: 0.00625,
    },
  ]) {
    it(id, async () => {
      const cell = await simulate({ workload: station(slots, EXPONENTIAL), client: arrivals(rate), seconds });
      const sojourn = cell.metrics.request_duration;
      expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, waits, { within });
      expectAgreement(cell, 'mean wait', web(cell).queue_wait.mean, wait, { within });
      expectAgreement(cell, 'mean', sojourn.mean, mean, { within, not: [separate, faster] });
      expectAgreement(cell, 'p50', sojourn.p50, p50, { within });
      expectAgreement(cell, 'p90', sojourn.p90, p90, { within });
      expectAgreement(cell, 'p99', sojourn.p99, p99, { within: 2 * within });
      expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, inSystem, { within });
      expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, rate / 100 / slots);
    });
  }

  it('Q03-MMc-wait-percentiles: the wait alone, with its mass at zero', async () => {
    const cell = await simulate({ workload: station(4, EXPONENTIAL), client: arrivals(320), seconds: 800, run: 'percentiles: [25, 40]' });
    const { queue_wait: wait } = web(cell);
    expect(wait.p25.value).to.equal(0);
    expect(wait.p40.value).to.equal(0);
    expectAgreement(cell, 'p50', wait.p50, 0.00220447, { within: 0.015 });
    expectAgreement(cell, 'p95', wait.p95, 0.0309868, { within: 0.015 });
    expectAgreement(cell, 'p99', wait.p99, 0.0511048, { within: 0.03 });
  });
});

it('Q31-MD4: four slots of constant service', async () => {
  const cell = await simulate({ workload: station(4, '10ms'), client: arrivals(320), seconds: 400 });
  expectAgreement(cell, 'mean wait', web(cell).queue_wait.mean, 0.00386095, { within: 0.015, not: [0.00745541] });
  expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0138609, { within: 0.015, not: [0.0174554] });
  expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.578282, { within: 0.015 });
});

describe('M/G/1 (Pollaczek and Khinchine: wait = ρ·S·(1 + scv) ÷ (2 (1 − ρ)))', () => {
  it('Q08-MD1-rho80: constant service', async () => {
    const cell = await simulate({ workload: station(1, '10ms'), client: arrivals(80), seconds: 2000 });
    const sojourn = cell.metrics.request_duration;
    expectAgreement(cell, 'mean wait', web(cell).queue_wait.mean, 0.02);
    expectAgreement(cell, 'mean', sojourn.mean, 0.03, { not: [0.05] });
    expectAgreement(cell, 'p50', sojourn.p50, 0.0227594);
    expectAgreement(cell, 'p90', sojourn.p90, 0.0601151);
    expectAgreement(cell, 'p99', sojourn.p99, 0.113559, { within: 0.02 });
    expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.8);
  });

  it('Q08-MD1-rho50', async () => {
    const cell = await simulate({ workload: station(1, '10ms'), client: arrivals(50), seconds: 1500 });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.015, { not: [0.02] });
    expectAgreement(cell, 'p90', cell.metrics.request_duration.p90, 0.0251574);
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.0433626, { within: 0.02 });
    expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.5);
  });

  for (const { id, law, rate, scv, seconds, within, not } of [
    { id: 'Q09-MG1-lognormal-scv4', law: LOGNORMAL, rate: 70, scv: 4, seconds: 3000, within: 0.03, not: [0.0233333] },
    { id: 'Q09-MG1-erlang4', law: '{ law: erlang, mean: 10ms, k: 4 }', rate: 80, scv: 0.25, seconds: 2000, within: 0.01, not: [0.04] },
    { id: 'gamma', law: '{ law: gamma, mean: 10ms, cv: 1.5 }', rate: 60, scv: 2.25, seconds: 800, within: 0.02, not: [0.015] },
    { id: 'hyperexponential', law: '{ law: hyperexponential, mean: 10ms, cv: 2 }', rate: 60, scv: 4, seconds: 800, within: 0.02, not: [0.015] },
    // Second moment 2·(0.9·5² + 0.1·55²) = 650 ms².
    {
      id: 'hyperexponential by its parts',
      law: '{ law: hyperexponential, p: 0.9, mean1: 5ms, mean2: 55ms }',
      rate: 60,
      scv: 5.5,
      seconds: 800,
      within: 0.02,
      not: [0.015],
    },
    { id: 'weibull', law: '{ law: weibull, mean: 10ms, shape: 2 }', rate: 60, scv: 0.2732395, seconds: 800, within: 0.01, not: [0.015] },
    { id: 'uniform', law: '{ law: uniform, min: 0ms, max: 20ms }', rate: 60, scv: 1 / 3, seconds: 800, within: 0.01, not: [0.015] },
    // Second moment 0.9·5² + 0.1·55² = 325 ms².
    { id: 'bimodal', law: '{ law: bimodal, p: 0.1, fast: 5ms, slow: 55ms }', rate: 60, scv: 2.25, seconds: 800, within: 0.02, not: [0.015] },
    {
      id: 'pareto-bounded',
      law: '{ law: pareto-bounded, mean: 10ms, shape: 1.5, ratio: 20 }',
      rate: 60,
      scv: boundedParetoScv(1.5, 20),
      seconds: 800,
      within: 0.02,
      not: [0.06],
    },
  ]) {
    it(id, async () => {
      const cell = await simulate({ workload: station(1, law), client: arrivals(rate), seconds });
      const load = rate / 100;
      const wait = (load * 0.01 * (1 + scv)) / (2 * (1 - load));
      expectAgreement(cell, 'mean wait', web(cell).queue_wait.mean, wait, { within, not });
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, wait + 0.01, { within });
      expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, load);
    });
  }

  it('last come, first served: the same mean, another tail (Cohen 1969, III.3)', async () => {
    const cell = await simulate({ workload: station(1, EXPONENTIAL, 'limit: none, discipline: lifo'), client: arrivals(80), seconds: 1500 });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.05);
    expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, 0.8);
    expect(cell.metrics.request_duration.p99.value).to.be.above(0.3); // 0.23 in order of arrival
  });
});

describe('GI/M/1 (sojourn exponential with rate μ (1 − σ), σ = A*(μ (1 − σ)); Kleinrock 1975, vol. 1, 6.4)', () => {
  it('Q14-DM1: paced arrivals', async () => {
    const cell = await simulate({ workload: station(1, EXPONENTIAL), client: arrivals(80, 'deterministic'), seconds: 1500 });
    expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.62863, { within: 0.015, not: [0.8] });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0269273, { within: 0.015, not: [0.05] });
    expectAgreement(cell, 'mean wait', web(cell).queue_wait.mean, 0.0169273, { within: 0.015 });
    expectAgreement(cell, 'p50', cell.metrics.request_duration.p50, 0.0186646, { within: 0.015 });
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.124005, { within: 0.03 });
  });

  it('uniform gaps: A*(s) = (1 − e^(−2s/λ)) ÷ (2s/λ)', async () => {
    const cell = await simulate({ workload: station(1, EXPONENTIAL), client: arrivals(80, 'uniform'), seconds: 1000 });
    expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.715972, { not: [0.8] });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0352078, { not: [0.05] });
  });
});

/** Moments of the density proportional to x^(−shape − 1) on [1, ratio]. */
function boundedParetoScv(shape: number, ratio: number): number {
  const moment = (k: number) => ((shape / (1 - ratio ** -shape)) * (ratio ** (k - shape) - 1)) / (k - shape);
  return moment(2) / moment(1) ** 2 - 1;
}
