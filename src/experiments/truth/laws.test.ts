/** Laws that hold whatever the station: Little, PASTA, the nonlinear price of slower service, overload, time-outs, changing rates. Seconds. */
import { expect } from 'chai';
import { expectAgreement } from '../../testing/agreement.ts';
import { arrivals, client, EXPONENTIAL, LOGNORMAL, numberOf, podOf, rateOf, replicate, simulate, station, web } from '../../testing/truth-scenario.ts';

describe('Q33-littles-law: number = throughput × sojourn, utilization = throughput × service ÷ slots, on any run', () => {
  for (const { workload, slots, rate } of [
    { workload: station(1, EXPONENTIAL), slots: 1, rate: 80 },
    { workload: station(4, LOGNORMAL, 'limit: 3'), slots: 4, rate: 500 },
    { workload: station(3, '{ law: uniform, min: 1ms, max: 30ms }', 'limit: none, discipline: lifo'), slots: 3, rate: 150 },
  ]) {
    it(workload, async () => {
      const cell = await simulate({ workload, client: arrivals(rate), seconds: 400 });
      const throughput = rateOf(cell, cell.requests.completed);
      const pod = podOf(web(cell));
      expect(numberOf(pod.inSystem.mean) / (throughput * numberOf(pod.pod_duration.mean))).to.be.closeTo(1, 0.005);
      expect((numberOf(pod.utilization) * slots) / (throughput * numberOf(cell.metrics.service_duration.mean))).to.be.closeTo(1, 0.005);
      expect(cell.checks).to.have.length.above(5);
    });
  }
});

describe('Q34-PASTA: who comes at random sees what the clock sees', () => {
  it('Poisson arrivals find all four slots busy as often as they are', async () => {
    const cell = await simulate({ workload: station(4, EXPONENTIAL), client: arrivals(320), seconds: 600 });
    expectAgreement(cell, 'by arrivals', web(cell).queue_wait.positive, 0.596432);
    expect(web(cell).occupancy[4], 'by time').to.be.closeTo(0.596432, 0.006);
  });

  it('paced arrivals do not', async () => {
    const cell = await simulate({ workload: station(4, EXPONENTIAL), client: arrivals(320, 'deterministic'), seconds: 600 });
    expectAgreement(cell, 'by arrivals', web(cell).queue_wait.positive, 0.404799, { not: [0.596432] });
    expect(web(cell).occupancy[4], 'by time').to.be.above(0.48);
  });
});

it('Q36-service-regression-nonlinear: 5 % more service, 31 % more p99', async () => {
  const [before, after] = await Promise.all(
    ['10ms', '10.5ms'].map((mean) => simulate({ workload: station(1, `{ law: exponential, mean: ${mean} }`), client: arrivals(80), seconds: 3000 })),
  );
  expectAgreement(before, 'before', before.metrics.request_duration.p99, 0.230259, { within: 0.02, not: [0.302214] });
  expectAgreement(after, 'after', after.metrics.request_duration.p99, 0.302214, { within: 0.02, not: [0.230259 * 1.05] });
  // The same requests met both: the ratio is sharper than either.
  expect(numberOf(after.metrics.request_duration.p99) / numberOf(before.metrics.request_duration.p99)).to.be.closeTo(1.3125, 0.07);
});

describe('Q37-overload-fluid: 120 requests/s on a pod of 100/s for 60 s', () => {
  const setting = { workload: station(1, EXPONENTIAL), client: arrivals(120), seconds: 60, warmup: '59900ms', replications: 40 };

  it('leaves a backlog of 1205, a wait of 12.05 s, and says that it grows', async () => {
    const cell = await simulate(setting);
    expectAgreement(cell, 'backlog', podOf(web(cell)).inSystem.mean, 1205, { within: 55 / 1205 });
    expectAgreement(cell, 'wait of the last', web(cell).queue_wait.mean, 12.05, { within: 0.55 / 12.05 });
    expect(cell.saturated).to.deep.equal(['deployment/web.default']);
    expect(cell.metrics.request_duration.mean)
      .to.have.property('noInterval')
      .that.matches(/saturated/);
  });

  it('drains in 12.05 s when the load stops', async () => {
    const runs = await replicate({
      ...setting,
      client: 'arrivals: { shape: [ { stages: [ { duration: 0s, target: 120/s }, { duration: 60s, target: 120/s }, { duration: 0s, target: 0/s } ] } ] }',
    });
    const drains = runs.map(({ window }) => (window.endNs - window.toNs) / 1e9);
    expect(drains.reduce((a, b) => a + b) / runs.length).to.be.closeTo(12.05, 0.55);
  });
});

describe("clients' time-outs do not free the server", () => {
  for (const { id, timeout, seconds, late } of [
    { id: 'R05-mm1-timeout-50', timeout: '50ms', seconds: 1500, late: 0.367879 },
    { id: 'R05-mm1-timeout-200', timeout: '200ms', seconds: 4000, late: 0.0183156 },
  ]) {
    it(`${id}: e^(−(μ − λ)·τ) of the requests, and the station stays M/M/1`, async () => {
      const cell = await simulate({ workload: station(1, EXPONENTIAL), client: `${arrivals(80)}, timeout: ${timeout}`, seconds });
      expectAgreement(cell, 'timed out', cell.metrics.request_failed.rate, late, { within: 0.03 });
      expectAgreement(cell, 'in system', podOf(web(cell)).inSystem.mean, 4);
      expectAgreement(cell, 'utilization', podOf(web(cell)).utilization, 0.8);
      expect(cell.requests.byOutcome).to.have.keys('ok', 'timeout');
      expect(cell.metrics.request_duration.max.value).to.equal(Number.parseInt(timeout, 10) / 1000);
    });
  }

  it('unless it notices: then whoever waited is gone, and fewer are late', async () => {
    const workload = `{ concurrency: 1, queue: { limit: none }, service: ${EXPONENTIAL}, server: { cancel: onDisconnect } }`;
    const cell = await simulate({ workload, client: `${arrivals(80)}, timeout: 50ms`, seconds: 800 });
    expect(numberOf(cell.metrics.request_failed.rate)).to.be.below(0.3);
    expect(numberOf(podOf(web(cell)).inSystem.mean)).to.be.below(3);
    expect(cell.theory).to.deep.equal([]);
  });
});

describe('arrivals', () => {
  it('two clients of one Poisson stream: both meet the M/M/1 of the sum', async () => {
    const clients = [client('one', `count: 1, ${arrivals(50)}`), client('seven', `count: 7, ${arrivals(30)}`)];
    const cell = await simulate({ workload: station(1, EXPONENTIAL), clients: `[ ${clients.join(', ')} ]`, seconds: 2000 });
    expectAgreement(cell, 'one', cell.clients.one.request_duration.mean, 0.05, { not: [0.02, 0.0142857] });
    expectAgreement(cell, 'seven', cell.clients.seven.request_duration.mean, 0.05, { not: [0.02, 0.0142857] });
    expect(rateOf(cell, cell.clients.one.requests.offered)).to.be.closeTo(50, 0.5);
    expect(rateOf(cell, cell.clients.seven.requests.offered)).to.be.closeTo(30, 0.4);
  });

  it('stages: as many requests as the area under the rate, 500 + 2000 + 5000 + 2500 a replication', async () => {
    const stages =
      '{ duration: 10s, target: 100/s }, { duration: 20s, target: 100/s }, { duration: 0s, target: 500/s }, { duration: 10s, target: 500/s }, { duration: 10s, target: 0/s }';
    const cell = await simulate(
      { workload: station(100, '1ms'), client: `arrivals: { shape: [ { stages: [ ${stages} ] } ] }`, seconds: 60, warmup: '0s', replications: 20 },
      10e9,
    );
    expect(cell.requests.offered / 20).to.be.closeTo(10000, 4 * Math.sqrt(10000 / 20));
    const offered = cell.series?.offered ?? [];
    for (const [bin, mean] of [500, 1000, 1000, 5000, 2500, 0].entries()) expect(offered[bin], `bin ${bin}`).to.be.closeTo(mean, 4 * Math.sqrt(mean / 20));
  });
});
