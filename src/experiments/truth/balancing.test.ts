/** One balancer in front of several pods, where queueing theory or a numerical solution knows the answer. Seconds. */
import { expect } from 'chai';
import { expectAgreement } from '../../testing/agreement.ts';
import { arrivals, EXPONENTIAL, numberOf, simulate, station, TARGET, web } from '../../testing/truth-scenario.ts';

/** Every request on a connection of its own, so that kube-proxy places each. */
const ONE_REQUEST_A_CONNECTION = 'protocol: { type: http/1.1, keepAlive: off }';

describe('uniformly random: Poisson streams split into Poisson streams', () => {
  it('D01-random-k10: ten M/M/1', async () => {
    const cell = await simulate({ replicas: 10, workload: station(1, EXPONENTIAL), client: arrivals(800), seconds: 300 });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.05, { not: [0.0292227] });
    expectAgreement(cell, 'p50', cell.metrics.request_duration.p50, 0.0346574);
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.230259, { within: 0.02 });
    for (const pod of Object.values(web(cell).pods)) expectAgreement(cell, 'share', pod.share, 0.1);
  });

  it('D02-random-k5-c4: five M/M/4', async () => {
    const cell = await simulate({ replicas: 5, workload: station(4, EXPONENTIAL), client: arrivals(1600), seconds: 120 });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0174554, { not: [0.0106402] });
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.068932, { within: 0.02 });
    expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.596432);
  });

  it('the same through kube-proxy in iptables mode, one request a connection', async () => {
    const clients = `[ { name: source, count: 5, target: "${TARGET}", ${ONE_REQUEST_A_CONNECTION}, ${arrivals(320)} } ]`;
    const cell = await simulate({
      replicas: 4,
      workload: station(1, EXPONENTIAL),
      clients,
      cluster: 'kubeProxy: { mode: iptables }, nodes: { count: 1 }',
      seconds: 400,
    });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.05, { not: [0.0326738] });
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.230259, { within: 0.02 });
  });

  it('pods of speed 1 and 2: two different M/M/1', async () => {
    const workload = `{ concurrency: 1, queue: { limit: none }, service: ${EXPONENTIAL}, speed: [1, 2] }`;
    const cell = await simulate({ replicas: 2, workload, client: arrivals(160), seconds: 1500 });
    const [fast, slow] = Object.values(web(cell).pods).sort((a, b) => numberOf(a.utilization) - numberOf(b.utilization));
    expectAgreement(cell, 'utilization of the fast', fast.utilization, 0.4);
    expectAgreement(cell, 'utilization of the slow', slow.utilization, 0.8);
    expectAgreement(cell, 'sojourn at the fast', fast.pod_duration.mean, 1 / 120);
    expectAgreement(cell, 'sojourn at the slow', slow.pod_duration.mean, 0.05);
  });
});

describe('round robin: each of k pods sees Erlang-k arrivals (E_k/M/1)', () => {
  for (const { id, pods, seconds, waits, mean, p50, p99 } of [
    { id: 'D03-RR-k2', pods: 2, seconds: 800, waits: 0.739853, mean: 0.0384398, p50: 0.0266444, p99: 0.177022 },
    { id: 'D03-RR-k4', pods: 4, seconds: 400, waits: 0.693945, mean: 0.0326738, p50: 0.0226478, p99: 0.150469 },
    { id: 'D03-RR-k10', pods: 10, seconds: 150, waits: 0.6578, mean: 0.0292227, p50: 0.0202556, p99: 0.134575 },
    { id: 'D03-RR-k100', pods: 100, seconds: 20, waits: 0.631765, mean: 0.0271566, p50: 0.0188235, p99: 0.125061 },
  ]) {
    it(id, async () => {
      const cell = await simulate({ replicas: pods, workload: station(1, EXPONENTIAL), policy: 'round_robin', client: arrivals(80 * pods), seconds });
      expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, waits, { not: [0.8] });
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, mean, { not: [0.05] });
      expectAgreement(cell, 'p50', cell.metrics.request_duration.p50, p50);
      expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, p99, { within: 0.02 });
      // Shares of pods differ by one request at each end of the window.
      expect(numberOf(web(cell).load.maxOverMean)).to.be.below(1 + 2 / (80 * 0.9 * seconds));
    });
  }

  it('the same through kube-proxy in ipvs mode on one node, one request a connection', async () => {
    const clients = `[ { name: source, count: 5, target: "${TARGET}", ${ONE_REQUEST_A_CONNECTION}, ${arrivals(320)} } ]`;
    const cell = await simulate({
      replicas: 4,
      workload: station(1, EXPONENTIAL),
      clients,
      cluster: 'kubeProxy: { mode: ipvs }, nodes: { count: 1 }',
      seconds: 300,
    });
    expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, 0.693945, { not: [0.8] });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0326738, { not: [0.05] });
  });

  it('many nodes of ipvs, each with its own turn, are between round robin and random', async () => {
    const clients = `[ { name: source, count: 200, target: "${TARGET}", ${ONE_REQUEST_A_CONNECTION}, ${arrivals(320)} } ]`;
    const cell = await simulate({
      replicas: 4,
      workload: station(1, EXPONENTIAL),
      clients,
      cluster: 'kubeProxy: { mode: ipvs }, nodes: { count: 50 }',
      seconds: 300,
    });
    expect(numberOf(cell.metrics.request_duration.mean)).to.be.within(0.04, 0.0515);
  });
});

describe('policies that look at the pods (numerical solutions of the chains)', () => {
  for (const { id, pods, policy, rate, seconds, mean, waits, within, not } of [
    {
      id: 'D10-JSQ2-rho50',
      pods: 2,
      policy: 'least_connections',
      rate: 100,
      seconds: 800,
      mean: 0.0142632,
      waits: 0.315967,
      within: 0.012,
      not: [0.0161803, 0.02],
    },
    {
      id: 'D11-pod2-n2-replace-rho80',
      pods: 2,
      policy: 'power_of_choices, replacement: true',
      rate: 160,
      seconds: 500,
      mean: 0.0326795,
      waits: 0.737981,
      within: 0.015,
      not: [0.05],
    },
    { id: 'D12-JIQ-n2-rho80', pods: 2, policy: 'join_idle_queue', rate: 160, seconds: 500, mean: 0.0346154, waits: 0.678013, within: 0.015, not: [0.05] },
  ]) {
    it(id, async () => {
      const cell = await simulate({ replicas: pods, workload: station(1, EXPONENTIAL), policy, client: arrivals(rate), seconds });
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, mean, { within, not });
      expectAgreement(cell, 'probability of wait', web(cell).queue_wait.positive, waits, { within });
    });
  }

  it('D07-pod-d2-rho90: the shorter of two among 100 pods', async () => {
    const cell = await simulate({ replicas: 100, workload: station(1, EXPONENTIAL), policy: 'power_of_choices', client: arrivals(9000), seconds: 10 });
    expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, 0.0264662, { not: [0.1, 0.0167221] });
    expectAgreement(cell, 'p99', cell.metrics.request_duration.p99, 0.089161, { not: [0.0645932] });
  });

  for (const { id, policy, mean, share } of [
    { id: 'random', policy: 'random', mean: 0.0545455, share: 0.5 },
    { id: 'weighted random', policy: 'random, weighted: true', mean: 0.0166667, share: 0.75 },
    { id: 'least connections', policy: 'least_connections', mean: 0.0152493, share: 0.637741 },
    { id: 'weighted least connections', policy: 'least_connections, weighted: true', mean: 0.0117577, share: 0.913654 },
  ]) {
    it(`D16-hetero-2pods-rho40: ${id}`, async () => {
      const workload = `{ concurrency: 1, queue: { limit: none }, service: ${EXPONENTIAL}, speed: [1.5, 0.5], weight: [3, 1] }`;
      const cell = await simulate({ replicas: 2, workload, policy, client: arrivals(80), seconds: 600 });
      const [fast] = Object.values(web(cell).pods).sort((a, b) => numberOf(a.pod_duration.mean) - numberOf(b.pod_duration.mean));
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, mean, { within: 0.015 });
      expectAgreement(cell, 'share of the fast', fast.share, share, { within: 0.015 });
    });
  }

  for (const { policy, mean, not } of [
    { policy: 'least_connections', mean: 0.040904, not: [0.019156, 0.032908] },
    { policy: 'power_of_choices', mean: 0.032908, not: [0.0261406, 0.040904] },
  ]) {
    it(`D22-stale-period1: ${policy} of ten pods by a view of 10 ms ago`, async () => {
      const cell = await simulate({
        replicas: 10,
        workload: station(1, EXPONENTIAL),
        policy: `${policy}, view: { refresh: 10ms }`,
        client: arrivals(900),
        seconds: 100,
      });
      expectAgreement(cell, 'mean', cell.metrics.request_duration.mean, mean, { within: 0.04, not });
    });
  }
});
