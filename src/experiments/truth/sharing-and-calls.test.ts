/** Processor sharing, closed loops and calls between services against their closed forms. Seconds. */
import { expect } from 'chai';
import { expectAgreement } from '../../testing/agreement.ts';
import { arrivals, client, EXPONENTIAL, LOGNORMAL, numberOf, podOf, rateOf, simulate, station, web } from '../../testing/truth-scenario.ts';

const SHARED = 'limit: none, discipline: ps';

describe('M/G/1-PS: mean sojourn S ÷ (1 − ρ) for any law (Kleinrock 1976, vol. 2, 4.4)', () => {
  for (const { law, not } of [
    { law: EXPONENTIAL, not: [0.01] },
    { law: '10ms', not: [0.0216667] },
    { law: LOGNORMAL, not: [0.0683333] },
    { law: '{ law: hyperexponential, mean: 10ms, cv: 3.16227766 }', not: [0.138333] },
    { law: '{ law: erlang, mean: 10ms, k: 3 }', not: [0.0255556] },
    { law: '{ law: weibull, mean: 10ms, shape: 0.7 }', not: [0.0466] },
  ]) {
    it(`Q12-MG1-PS-insensitivity: ${law}`, async () => {
      const cell = await simulate({ workload: station(100000, law, SHARED), client: arrivals(70), seconds: 1200 });
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0333333, { within: 0.03, not });
      expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, 2.33333, { within: 0.03 });
      expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, 0.7);
    });
  }

  it('Q12: a job of x waits x ÷ (1 − ρ): 5 ms and 50 ms side by side', async () => {
    const workload = station(100000, '{ byRoute: { /short: 5ms, /long: 50ms, default: 10ms } }', SHARED);
    const clients = [client('short', `requests: [ { path: /short } ], ${arrivals(40)}`), client('long', `requests: [ { path: /long } ], ${arrivals(10)}`)];
    const cell = await simulate({ workload, clients: `[ ${clients.join(', ')} ]`, seconds: 2000 });
    expectAgreement(cell, '5 ms', cell.clients.short.request_duration.mean, 0.0166667, { within: 0.02, not: [0.005, 0.0333333] });
    expectAgreement(cell, '50 ms', cell.clients.long.request_duration.mean, 0.166667, { within: 0.02, not: [0.05, 0.0333333] });
    const [{ load, meanService }] = cell.offeredLoad;
    expect(load).to.be.closeTo(0.7, 1e-9);
    expect(meanService).to.be.closeTo(0.014, 1e-9);
  });

  for (const law of [EXPONENTIAL, LOGNORMAL]) {
    it(`two cores: the number in the pod of M/M/2, ${law}`, async () => {
      const cell = await simulate({ workload: station(1000, law, SHARED), resources: '{ limits: { cpu: "2" } }', client: arrivals(160), seconds: 800 });
      expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, 4.44444, { within: 0.03, not: [4, 8] });
      expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, 0.8);
    });
  }

  it('half a core: service takes twice as long', async () => {
    const cell = await simulate({ workload: station(1000, EXPONENTIAL, SHARED), resources: '{ limits: { cpu: 500m } }', client: arrivals(35), seconds: 1500 });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0666667, { within: 0.03 });
    expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, 0.7);
  });

  it('slots and places admit: 2 slots and 3 places at ρ = 1 refuse one in six, as M/M/1/5 does', async () => {
    const cell = await simulate({ workload: station(2, EXPONENTIAL, 'limit: 3, discipline: ps'), client: arrivals(100), seconds: 500 });
    expectAgreement(cell, 'rejected', cell.metrics.request_failed.rate, 0.166667);
    expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, 2.5);
  });
});

describe('closed loops (finite source, R = N ÷ X − Z; only the mean of the think time matters)', () => {
  for (const { id, users, think, slots, law, queue, seconds, throughput, mean, inSystem, utilization, not } of [
    {
      id: 'Q18-closed-N20-Z100-c1',
      users: 20,
      think: '{ law: exponential, mean: 100ms }',
      slots: 1,
      law: EXPONENTIAL,
      queue: 'limit: none',
      seconds: 800,
      throughput: 99.8131,
      mean: 0.100375,
      inSystem: 10.0187,
      utilization: 0.998131,
      not: [5.35031],
    },
    {
      id: 'Q18-closed-N50-Z100-c4',
      users: 50,
      think: '{ law: exponential, mean: 100ms }',
      slots: 4,
      law: EXPONENTIAL,
      queue: 'limit: none',
      seconds: 300,
      throughput: 388.498,
      mean: 0.0287007,
      inSystem: 11.1502,
      utilization: 0.971246,
      not: [0.0914634],
    },
    {
      id: 'constant think time',
      users: 50,
      think: '100ms',
      slots: 4,
      law: EXPONENTIAL,
      queue: 'limit: none',
      seconds: 300,
      throughput: 388.498,
      mean: 0.0287007,
      inSystem: 11.1502,
      utilization: 0.971246,
      not: [0.0914634],
    },
    {
      id: 'shared processor, lognormal service, erlang think time',
      users: 12,
      think: '{ law: erlang, mean: 80ms, k: 3 }',
      slots: 1000,
      law: LOGNORMAL,
      queue: SHARED,
      seconds: 1000,
      throughput: 94.8605,
      mean: 0.0465031,
      inSystem: 4.41132,
      utilization: 0.948605,
      not: [],
    },
  ]) {
    it(id, async () => {
      const cell = await simulate({
        workload: station(slots, law, queue),
        clients: `[ ${client('users', `closedLoop: { users: ${users}, thinkTime: ${think} }`)} ]`,
        seconds,
      });
      expect(rateOf(cell, cell.requests.completed), 'throughput').to.be.closeTo(throughput, 0.008 * throughput);
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, mean, { within: 0.008, not });
      expectAgreement(cell, 'at the pod', podOf(web(cell)).inSystem.mean, inSystem, { within: 0.008 });
      expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, utilization, { within: 0.008 });
      expect(cell.metrics.request_duration.mean, 'users bound the queue: the interval stays').to.have.property('low');
    });
  }
});

describe('closed loops over four pods, chosen at random (product form, mean value analysis)', () => {
  for (const { id, users, think, throughput, mean, not } of [
    { id: 'Q20-closed-MVA-4pods-random', users: 20, think: '{ law: exponential, mean: 100ms }', throughput: 171.563, mean: 0.0165752, not: [0.01] },
    { id: 'Q21-closed-zero-think-random', users: 8, think: '0s', throughput: 290.909, mean: 0.0275, not: [0.02] },
  ]) {
    it(id, async () => {
      const clients = `[ ${client('users', `closedLoop: { users: ${users}, thinkTime: ${think} }`)} ]`;
      const cell = await simulate({ replicas: 4, workload: station(1, EXPONENTIAL), clients, seconds: 150 });
      expect(rateOf(cell, cell.requests.completed), 'throughput').to.be.closeTo(throughput, 0.008 * throughput);
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, mean, { not });
    });
  }
});

describe('calls between services', () => {
  it('Q22-jackson-tandem-3: three stations in series are independent (Burke 1956, Reich 1957)', async () => {
    const asynchronous = (mean: string, target: string) =>
      `{ concurrency: 1, queue: { limit: none }, service: { law: exponential, mean: ${mean} }, holdWhileCalling: false, calls: [ { target: "http://${target}/" } ] }`;
    const cell = await simulate({
      workload: asynchronous('10ms', 'second'),
      workloads: `deployment/second: ${asynchronous('8ms', 'third')}, deployment/third: ${station(1, '{ law: exponential, mean: 12.5ms }')}`,
      more: ['second', 'third'],
      client: arrivals(60),
      seconds: 1500,
    });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0903846, { within: 0.015 });
    expectAgreement(cell, 'p50', cell.metrics.request_duration.p50, 0.0775823, { within: 0.015 });
    expectAgreement(cell, 'p95', cell.metrics.request_duration.p95, 0.202034, { within: 0.015 });
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.283146, { within: 0.03, not: [0.416237] });
    expectAgreement(cell, 'third', cell.services['default/third'].request_duration.mean, 0.05, { within: 0.015 });
    expectAgreement(cell, 'second and third', cell.services['default/second'].request_duration.mean, 0.0653846, { within: 0.015 });
    expectAgreement(cell, 'probability of wait at the third', cell.services['default/third'].queue_wait.positive, 0.75);
  });

  it('a slot that is held while the call is out makes one station of two', async () => {
    const cell = await simulate({
      workload: `{ concurrency: 1, queue: { limit: none }, service: 5ms, calls: [ { target: "http://second/" } ] }`,
      workloads: `deployment/second: ${station(1, '5ms')}`,
      more: ['second'],
      client: arrivals(80),
      seconds: 800,
    });
    expectAgreement(cell, 'M/D/1 of 10 ms', cell.metrics.request_duration.mean, 0.03, { not: [0.0133333] });
    expect(numberOf(cell.services['default/second'].queue_wait.max)).to.equal(0);
  });

  it('Q24-forkjoin-2: both of two stations, (12 − ρ) ÷ 8 of M/M/1 (Flatto and Hahn 1984)', async () => {
    const cell = await simulate({
      workload:
        '{ concurrency: 100000, queue: { limit: none }, service: 0s, calls: [ { parallel: [ { target: "http://left/" }, { target: "http://right/" } ] } ] }',
      workloads: `deployment/left: ${station(1, EXPONENTIAL)}, deployment/right: ${station(1, EXPONENTIAL)}`,
      more: ['left', 'right'],
      client: arrivals(80),
      seconds: 1500,
    });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.07, { within: 0.015, not: [0.075, 0.05] });
    expect(cell.calls.begun).to.equal(2 * cell.requests.offered);
  });
});
