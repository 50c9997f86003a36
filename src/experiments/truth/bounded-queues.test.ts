/** Queues with an end: Erlang B, M/M/c/K, patience, time-outs in the queue; and no queue at all, M/G/∞. Seconds. */
import { expect } from 'chai';
import { expectAgreement } from '../../testing/agreement.ts';
import { arrivals, EXPONENTIAL, LOGNORMAL, podOf, rateOf, simulate, station, web } from '../../testing/truth-scenario.ts';

describe('M/G/c/c: no queue (Erlang B, insensitive to the law of the service)', () => {
  for (const law of [EXPONENTIAL, LOGNORMAL, '10ms']) {
    for (const { id, slots, rate, seconds, rejected, busy } of [
      { id: 'Q04-ErlangB-c1-a0.5', slots: 1, rate: 50, seconds: 1000, rejected: 0.333333, busy: 0.333333 },
      { id: 'Q04-ErlangB-c4-a8', slots: 4, rate: 800, seconds: 80, rejected: 0.574635, busy: 3.40292 },
      { id: 'Q05-ErlangB-insensitivity', slots: 10, rate: 800, seconds: 120, rejected: 0.121661, busy: 8 * (1 - 0.121661) },
    ]) {
      it(`${id}: ${law}`, async () => {
        const cell = await simulate({ workload: station(slots, law, 'limit: 0'), client: arrivals(rate), seconds });
        expectAgreement(cell, 'rejected', cell.metrics.request_failed.rate, rejected, { within: 0.015 });
        expectAgreement(cell, 'busy slots', podOf(web(cell)).inSystem.mean, busy);
        expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, busy / slots);
        expect(rateOf(cell, cell.requests.completed), 'goodput').to.be.closeTo(rate * (1 - rejected), 0.015 * rate);
        expect(web(cell).queue_wait.max.value).to.equal(0);
      });
    }
  }
});

describe('M/M/c/K (birth and death)', () => {
  for (const { id, slots, limit, rate, seconds, within, rejected, mean, goodput, inSystem, not } of [
    {
      id: 'Q06-MMcK-c4-K8-a3.8',
      slots: 4,
      limit: 4,
      rate: 380,
      seconds: 400,
      within: 0.01,
      rejected: 0.117018,
      mean: 0.013676,
      goodput: 335.533,
      inSystem: 4.58874,
      not: [0.0674815],
    },
    {
      id: 'Q06-MMcK-c4-K104-a4.8',
      slots: 4,
      limit: 100,
      rate: 480,
      seconds: 300,
      within: 0.01,
      rejected: 0.166667,
      mean: 0.2475,
      goodput: 400,
      inSystem: 99,
      not: [],
    },
    {
      id: 'Q07-MM1K-rho1',
      slots: 1,
      limit: 4,
      rate: 100,
      seconds: 1500,
      within: 0.005,
      rejected: 0.166667,
      mean: 0.03,
      goodput: 83.3333,
      inSystem: 2.5,
      not: [1 / 5, 1 / 7],
    },
    {
      id: 'two slots, three places',
      slots: 2,
      limit: 3,
      rate: 250,
      seconds: 400,
      within: 0.01,
      rejected: 0.283653,
      mean: 0.0183002,
      goodput: 179.087,
      inSystem: 3.27721,
      not: [],
    },
  ]) {
    it(id, async () => {
      const cell = await simulate({ workload: station(slots, EXPONENTIAL, `limit: ${limit}`), client: arrivals(rate), seconds });
      expectAgreement(cell, 'rejected', cell.metrics.request_failed.rate, rejected, { within, not });
      expectAgreement(cell, 'mean of the accepted', cell.metrics['request_duration{outcome=ok}'].mean, mean, { within });
      expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, inSystem, { within });
      expect(rateOf(cell, cell.requests.completed), 'goodput').to.be.closeTo(goodput, 0.015 * goodput);
      expect(Object.keys(cell.requests.byOutcome)).to.have.members(['ok', 'rejected']);
      const [theory] = cell.theory.filter(({ metric }) => metric === 'request_failed.rate');
      expect(theory.theory).to.be.closeTo(rejected, 1e-6);
    });
  }

  it('Q07: every level from 0 to 5 has the same share of the time', async () => {
    const cell = await simulate({ workload: station(1, EXPONENTIAL, 'limit: 4'), client: arrivals(100), seconds: 1000 });
    for (const [level, share] of web(cell).occupancy.entries()) expect(share, `at least ${level}`).to.be.closeTo(Math.max(0, 1 - level / 6), 0.005);
  });
});

describe('waits that end early', () => {
  it('M/M/c+M (Erlang A): 10 slots, 1200 requests/s, patience of 10 ms: an M/M/∞ queue, which loses what comes above 10', async () => {
    const patience = 'limit: none, patience: { law: exponential, mean: 10ms }';
    const cell = await simulate({ workload: station(10, EXPONENTIAL, patience), client: arrivals(1200), seconds: 150 });
    // Every one of n leaves at rate μ, served or not: n is Poisson with mean 12; E(n − 10)⁺ ÷ 12 = 0.213632.
    expectAgreement(cell, 'gave up', cell.metrics.request_failed.rate, 0.213632);
    expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, 12);
    expect(Object.keys(cell.requests.byOutcome)).to.have.members(['ok', 'queue-timeout']);
  });

  it('M/M/1+D: 120 requests/s on 100, time-out in the queue of 50 ms', async () => {
    const cell = await simulate({ workload: station(1, EXPONENTIAL, 'limit: none, timeout: 50ms'), client: arrivals(120), seconds: 600 });
    // Density of the virtual wait v on [0, τ]: λ·P0·e^((λ−μ)v), above τ falling with e^(−μ(v−τ)) (Barrer 1957): lost = P(v > τ).
    const [arrivalRate, serviceRate, bound] = [120, 100, 0.05];
    const below = (arrivalRate * (Math.exp((arrivalRate - serviceRate) * bound) - 1)) / (arrivalRate - serviceRate);
    const above = (arrivalRate * Math.exp((arrivalRate - serviceRate) * bound)) / serviceRate;
    expectAgreement(cell, 'gave up', cell.metrics.request_failed.rate, above / (1 + below + above), { not: [1 / 6] });
    expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, 1 - 1 / (1 + below + above));
    expect(cell.requests.offered).to.equal(cell.requests.completed + cell.requests.failed);
    expect(cell.requests.inFlight).to.equal(0);
    expect(web(cell).queue_wait.max.value).to.equal(0.05);
  });
});

it('Q29-MGinf-inflight: without contention the number in flight is Poisson with mean λ·S', async () => {
  const cell = await simulate({ workload: station(100000, LOGNORMAL), client: arrivals(2000), seconds: 60 });
  const { inSystem } = podOf(web(cell));
  expectAgreement(cell, 'mean', inSystem.mean, 20, { within: 0.02 });
  expectAgreement(cell, 'standard deviation', inSystem.sd, Math.sqrt(20), { within: 0.02 });
  expect(web(cell).occupancy[20], 'P(N ≥ 20)').to.be.closeTo(0.529743, 0.01);
  expect(web(cell).occupancy[12], 'P(N ≥ 12)').to.be.closeTo(0.978613, 0.005);
  expect(web(cell).queue_wait.max.value).to.equal(0);
});
