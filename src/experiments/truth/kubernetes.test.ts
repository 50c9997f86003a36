/** What kube-proxy does to long-lived connections, counted: who gets how many, and what a scale-up changes. */
import { expect } from 'chai';
import type { CellResult, Estimate } from '../../experiments/result.ts';
import { expectAgreement } from '../../testing/agreement.ts';
import { numberOf, replicate, serviceManifest, simulate, station, TARGET, web } from '../../testing/truth-scenario.ts';

const FAST = station(100, '100us');
const IPTABLES = 'kubeProxy: { mode: iptables }';
const EAGER = 'protocol: { type: http/2, connect: eager }';

describe('connections thrown at random (iptables mode)', () => {
  const TRIALS = 25;
  const RUNS = 80;

  /** Connections per pod when `connections` clients open one each, many times over: every Service is a trial. */
  async function trials(connections: number, pods: number): Promise<number[][]> {
    const names = Array.from({ length: TRIALS }, (_, i) => `trial-${i}`);
    const runs = await replicate({
      replicas: pods,
      workload: FAST,
      objects: names.map((name) => serviceManifest(name, 'web')),
      clients: `[ ${names.map((name) => `{ name: ${name}, count: ${connections}, target: "http://${name}/", ${EAGER}, arrivals: { rate: 0.01/s } }`).join(', ')} ]`,
      cluster: `${IPTABLES}, nodes: { count: 1 }`,
      seconds: 1,
      warmup: '0s',
      replications: RUNS,
    });
    const counts = runs.flatMap((run) => run.services.filter(({ name }) => name !== 'default/web').map((service) => [...service.connections]));
    expect(counts).to.have.length(TRIALS * RUNS);
    for (const count of counts) expect(count.reduce((a, b) => a + b)).to.equal(connections);
    return counts;
  }

  /** The mean of a property lies within four standard errors. */
  function expectMean(name: string, values: readonly number[], expected: number, sd: number): void {
    expect(values.reduce((a, b) => a + b) / values.length, name).to.be.closeTo(expected, (4 * sd) / Math.sqrt(values.length));
  }

  const share = (p: number) => Math.sqrt(p * (1 - p));
  const used = (counts: readonly number[]) => counts.filter((count) => count > 0).length;

  it('K03-all-same-pod-k5-P3', async () => {
    const seen = await trials(5, 3);
    expectMean(
      'all on one pod',
      seen.map((counts) => Number(used(counts) === 1)),
      0.0123457,
      share(0.0123457),
    );
    expectMean(
      'every pod used',
      seen.map((counts) => Number(used(counts) === 3)),
      0.617284,
      share(0.617284),
    );
  });

  it('K03-all-same-pod-k10-P2', async () => {
    const seen = await trials(10, 2);
    expectMean(
      'all on one pod',
      seen.map((counts) => Number(used(counts) === 1)),
      0.00195312,
      share(0.00195312),
    );
    expectMean(
      'every pod used',
      seen.map((counts) => Number(used(counts) === 2)),
      0.998047,
      share(0.998047),
    );
  });

  it('K04-conn-imbalance-C10-P3', async () => {
    const seen = await trials(10, 3);
    const most = seen.map((counts) => Math.max(...counts));
    expectMean('busiest pod', most, 4.92659, 1);
    expect(most.reduce((a, b) => a + b) / most.length / (10 / 3)).to.be.closeTo(1.47798, 0.03); // requests balanced one by one: 1
    expectMean(
      'idle pods',
      seen.map((counts) => 3 - used(counts)),
      0.0520246,
      0.23,
    );
    const variance = seen.flatMap((counts) => [0, 1, 2].map((pod) => ((counts[pod] ?? 0) - 10 / 3) ** 2));
    expect(Math.sqrt(variance.reduce((a, b) => a + b) / variance.length)).to.be.closeTo(1.49071, 0.06);
  });

  it('K04: requests follow their connections', async () => {
    const clients = `[ { name: source, count: 10, target: "${TARGET}", ${EAGER}, arrivals: { rate: 1000/s } } ]`;
    const cell = await simulate({ replicas: 3, workload: FAST, clients, cluster: `${IPTABLES}, nodes: { count: 1 }`, seconds: 3, replications: 300 });
    expectAgreement(cell, 'busiest ÷ mean', web(cell).load.maxOverMean, 1.47798, { within: 0.02, not: [1] });
    expectAgreement(cell, 'idle pods', web(cell).load.idlePods, 0.0520246);
  });

  it('K14-ipvs-rr-synchronised-start: random start', async () => {
    expectMean(
      'busiest pod',
      (await trials(12, 3)).map((counts) => Math.max(...counts)),
      5.73171,
      1.1,
    );
  });
});

it('K14-ipvs-rr-synchronised-start: twelve nodes open one connection each, all to the same pod', async () => {
  const clients = `[ { name: source, count: 12, target: "${TARGET}", ${EAGER}, arrivals: { rate: 12/s } } ]`;
  const [run] = await replicate({
    replicas: 3,
    workload: FAST,
    clients,
    cluster: 'kubeProxy: { mode: ipvs }, nodes: { count: 12 }',
    seconds: 1,
    warmup: '0s',
    replications: 1,
  });
  expect([...run.services[0].connections].sort((a, b) => b - a)).to.deep.equal([12, 0, 0]);
});

describe('scaling up from 4 pods to 8', () => {
  const STREAMS = 'type: http/2, connect: eager, maxConcurrentStreams: 1000000';
  const at = (when: string) => `[ { at: ${when}, do: kubectl scale deployment/web --replicas=8 } ]`;

  for (const mode of ['iptables', 'ipvs']) {
    it(`K05-scale-up-sticky: the new pods get nothing while connections live (${mode})`, async () => {
      const clients = `[ { name: source, count: 40, target: "${TARGET}", protocol: { ${STREAMS} }, arrivals: { rate: 400/s } } ]`;
      const cell = await simulate(
        {
          replicas: 4,
          workload: FAST,
          clients,
          cluster: `kubeProxy: { mode: ${mode} }, nodes: { count: 4 }`,
          seconds: 300,
          replications: 4,
          timeline: at('100s'),
        },
        10e9,
      );
      const pods = Object.values(web(cell).pods);
      expect(pods).to.have.length(8);
      expect(pods.filter((pod) => pod.requests.value === 0 && pod.connections.value === 0)).to.have.length(4);
      expect(cell.series?.workloads['deployment/web.default'].replicas.at(-1)).to.equal(8);
      expect(cell.connections).to.include({ opened: 0, open: 160 });
    });
  }

  it('a balancer that chooses per request uses them at once', async () => {
    const cell = await simulate({
      replicas: 4,
      workload: FAST,
      client: 'arrivals: { rate: 400/s }',
      seconds: 200,
      warmup: '110s',
      replications: 4,
      timeline: at('100s'),
    });
    for (const pod of Object.values(web(cell).pods)) expectAgreement(cell, 'share', pod.share, 1 / 8);
  });

  it('K06-scale-up-connection-churn: with connections of mean age 60 s the new pods get ½ (1 − e^(−t÷60 s))', async () => {
    const protocol = `protocol: { ${STREAMS}, maxConnectionAge: { law: exponential, mean: 60s } }`;
    const clients = `[ { name: source, count: 400, target: "${TARGET}", ${protocol}, arrivals: { rate: 400/s } } ]`;
    const cell = await simulate(
      {
        replicas: 4,
        workload: FAST,
        clients,
        cluster: `${IPTABLES}, nodes: { count: 4 }`,
        seconds: 420,
        warmup: '60s',
        replications: 10,
        timeline: at('100s'),
      },
      2e9,
    );
    for (const [t, expected] of [
      [30, 0.196735],
      [60, 0.31606],
      [120, 0.432332],
      [300, 0.496631],
    ]) {
      expect(shareOfNewPods(cell, 100 + t), `${t} s later`).to.be.closeTo(expected, 0.03);
    }
  });

  /** In the four seconds around `time`; new pods are those without a request before 100 s. */
  function shareOfNewPods(cell: CellResult, time: number): number {
    const { step, from, pods } = cell.series as NonNullable<CellResult['series']>;
    const bin = Math.round((time - from) / step);
    const before = Math.floor((100 - from) / step);
    let [all, fresh] = [0, 0];
    for (const counts of Object.values(pods)) {
      const now = (counts[bin - 1] ?? 0) + (counts[bin] ?? 0);
      all += now;
      if (counts.slice(0, before).every((count) => count === 0)) fresh += now;
    }
    return fresh / all;
  }
});

describe('stickiness', () => {
  const byConnection = (cell: CellResult): { samePod: Estimate; chance: Estimate } => web(cell).stickiness.byConnection;
  const visits = (think: string) =>
    `[ { name: source, target: "${TARGET}", protocol: { type: http/1.1, keepAlive: off }, closedLoop: { users: 200, thinkTime: ${think} } } ]`;

  for (const { idle, moved } of [
    { idle: '10801s', moved: 0.8 },
    { idle: '10799s', moved: 0 },
  ]) {
    it(`K15-clientip-timeout: after ${idle} without a connection ${moved} of the clients meet another of 5 pods`, async () => {
      const cell = await simulate({
        replicas: 5,
        service: 'sessionAffinity: ClientIP',
        workload: station(8, '0s'),
        clients: visits(idle),
        cluster: `${IPTABLES}, nodes: { count: 1 }`,
        seconds: 360000,
        replications: 8,
      });
      expect(1 - numberOf(byConnection(cell).samePod)).to.be.closeTo(moved, 0.02 * moved);
      expect(Object.keys(web(cell).stickiness.byConnection.breaks)).to.deep.equal(moved === 0 ? [] : ['expired']);
    });
  }

  it('without affinity a client meets its pod again by chance', async () => {
    const cell = await simulate({
      replicas: 4,
      workload: FAST,
      clients: visits('{ law: exponential, mean: 100ms }'),
      cluster: `${IPTABLES}, nodes: { count: 2 }`,
      seconds: 30,
    });
    expectAgreement(cell, 'same pod', byConnection(cell).samePod, 0.25);
    expectAgreement(cell, 'chance', byConnection(cell).chance, 0.25);
  });
});

describe('what is lost when pods go, is counted once', () => {
  const UPHEAVAL =
    '[ { at: 60s, do: kubectl scale deployment/web --replicas=3 }, { at: 120s, do: kubectl rollout restart deployment/web }, { at: 200s, do: kubectl delete pod -l app=web } ]';
  for (const { id, workload, client: rest } of [
    { id: 'shared processors', workload: station(50, '{ law: exponential, mean: 20s }', 'limit: none, discipline: ps'), client: 'arrivals: { rate: 0.2/s }' },
    {
      id: 'bounded waits',
      workload: station(2, '{ law: exponential, mean: 5s }', 'limit: none, discipline: lifo, timeout: 60s'),
      client: 'timeout: 70s, arrivals: { rate: 4/s }',
    },
  ]) {
    it(id, async () => {
      const clients = `[ { name: source, count: 3, target: "${TARGET}", protocol: { type: http/1.1, keepAlive: off }, ${rest} } ]`;
      const cell = await simulate({ replicas: 6, workload, clients, seconds: 400, replications: 4, timeline: UPHEAVAL });
      expect(cell.requests.byOutcome).to.include.keys('ok', 'reset');
      expect(cell.requests.inFlight).to.equal(0);
    });
  }
});

describe('traffic policies and hints', () => {
  const IMAGE = 'containers: [ { name: web, image: web, ports: [ { containerPort: 8080 } ] } ]';
  /** Bare pods `web-0` …, one on each node named. */
  const podsOn = (...nodes: string[]) =>
    nodes.map((node, i) => `{ apiVersion: v1, kind: Pod, metadata: { name: web-${i}, labels: { app: web } }, spec: { nodeName: ${node}, ${IMAGE} } }`);
  const nodePort = (policy: string) => `type: NodePort, externalTrafficPolicy: ${policy}`;
  /** A client for each node, equally many: what a load balancer in front does that spreads over them. */
  const throughEach = (nodes: number, address: (node: number) => string) =>
    `[ ${Array.from(
      { length: nodes },
      (_, i) =>
        `{ name: by-${i + 1}, count: 1, from: vpc, target: "http://${address(i)}:30080/", protocol: { type: http/1.1, keepAlive: off }, arrivals: { rate: 100/s } }`,
    ).join(', ')} ]`;
  const nodeName = (node: number) => `node-${node + 1}`;
  const sharesOf = (cell: CellResult) =>
    Object.values(web(cell).pods)
      .filter(({ node }) => node !== '')
      .map((pod) => pod.share);

  it('K09-etp-local-4-1: four pods on one node have an eighth each, the one on the other half', async () => {
    const run = (policy: string) =>
      simulate({
        replicas: 0,
        objects: podsOn('node-1', 'node-1', 'node-1', 'node-1', 'node-2'),
        service: nodePort(policy),
        nodePort: 30080,
        workload: FAST,
        clients: throughEach(2, nodeName),
        cluster: `${IPTABLES}, nodes: { count: 2 }`,
        seconds: 60,
      });
    const local = await run('Local');
    for (const pod of Object.values(web(local).pods))
      expectAgreement(local, `share on ${pod.node}`, pod.share, pod.node === 'node-1' ? 0.125 : 0.5, { not: [0.2] });
    expectAgreement(local, 'busiest ÷ mean', web(local).load.maxOverMean, 2.5, { within: 0.05 });
    expect(web(local).traffic.secondHop.value).to.equal(0);
    expect(web(local).traffic.clientAddressKept.value).to.equal(1);
    const cluster = await run('Cluster');
    for (const share of sharesOf(cluster)) expectAgreement(cluster, 'share', share, 0.2);
    expect(web(cluster).traffic.clientAddressKept.value).to.equal(0);
  });

  it('K11-etp-cluster-second-hop: with 2 pods on each of 10 nodes nine requests of ten go on to another node', async () => {
    const cell = await simulate({
      replicas: 0,
      objects: podsOn(...Array.from({ length: 20 }, (_, i) => nodeName(i % 10))),
      service: nodePort('Cluster'),
      nodePort: 30080,
      workload: FAST,
      clients: throughEach(10, nodeName),
      cluster: `${IPTABLES}, nodes: { count: 10 }`,
      seconds: 20,
    });
    for (const share of sharesOf(cell)) expectAgreement(cell, 'share', share, 0.05);
    expectAgreement(cell, 'second hop', web(cell).traffic.secondHop, 0.9);
  });

  it('K12-zone-prefer-close: zones with 60, 30, 10 % of the traffic load their own pods, and nothing crosses', async () => {
    const run = (service: string) =>
      simulate({
        replicas: 0,
        objects: podsOn('node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6'),
        service,
        workload: FAST,
        clients: `[ { name: source, count: 100, from: { zones: { a: 60%, b: 30%, c: 10% } }, target: "${TARGET}", protocol: { type: http/1.1, keepAlive: off }, arrivals: { rate: 1000/s }, requests: [ { path: /, bytes: { in: 1KiB, out: 3KiB } } ] } ]`,
        cluster: `${IPTABLES}, nodes: { count: 6, zones: [ a, b, c ] }`,
        seconds: 30,
      });
    const close = await run('trafficDistribution: PreferClose');
    for (const { node, share } of Object.values(web(close).pods)) expectAgreement(close, node, share, [0.05, 0.3, 0.15][Number(node.slice(5)) % 3]);
    expectAgreement(close, 'busiest ÷ mean', web(close).load.maxOverMean, 1.8, { within: 0.05 });
    expect(web(close).traffic.crossZone.value).to.equal(0);
    expect(web(close).hints).to.equal('on');
    const without = await run('trafficDistribution: null');
    expectAgreement(without, 'across zones', web(without).traffic.crossZone, 0.666667);
    expect(web(without).hints).to.equal(null);
    const bytes = numberOf(web(without).traffic.crossZoneBytes);
    expect(bytes / (27 * 1000 * 4096)).to.be.closeTo(2 / 3, 0.01);
  });
});
