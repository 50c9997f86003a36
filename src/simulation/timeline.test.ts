/** What kubectl does to traffic while the clock runs: who gets requests when, and what is lost. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { deployment, LATENCY, maxMs, NO_LATENCY, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

interface Setting {
  readonly pods?: number;
  readonly workload?: string;
  readonly pod?: { pod?: string; container?: string; spec?: string };
  readonly client?: string;
  readonly timeline: string;
  readonly cluster?: string;
  readonly run?: string;
}

/** Connections of one request each, so that each request is placed anew. */
const ANEW = 'count: 20, protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 200/s }';

function go({
  pods = 3,
  workload = 'service: 1ms',
  pod,
  client = ANEW,
  timeline,
  cluster = `nodes: { count: 3 }, ${LATENCY}`,
  run = 'duration: 20s, warmup: 0s',
}: Setting): Promise<RunResult> {
  return replay(
    `  run: { ${run} }
  cluster: { ${cluster} }
  workloads: { deployment/web: { ${workload} } }
  clients: [ { name: c, from: nodes, target: "http://web/", ${client} } ]
  timeline: [ ${timeline} ]`,
    deployment('web', pods, pod) + service('web'),
  );
}

/** Requests that ended otherwise than `ok`. */
function lost(run: RunResult): Record<string, number> {
  const { ok, ...others } = run.requests.byOutcome;
  expect(ok).to.be.above(0);
  return others;
}

describe('a pod of a StatefulSet', () => {
  it('that is deleted comes back under its name as another pod, which gets its part', async () => {
    const manifests = deployment('db', 3).replace('kind: Deployment', 'kind: StatefulSet').replace('replicas:', 'serviceName: db\n  replicas:');
    const run = await replay(
      `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 3 }, ${NO_LATENCY} }
  workloads: { statefulset/db: { service: 1ms } }
  clients: [ { name: c, from: nodes, target: "http://db/", ${ANEW} } ]
  timeline: [ { at: 10s, do: kubectl delete pod db-0 } ]`,
      manifests + service('db'),
    );
    expect(run.requests.offered - run.requests.byOutcome.ok).to.be.below(0.01 * run.requests.offered); // until all nodes know
    const db = serviceOf(run, 'db');
    expect(db.pods.map((pod) => run.pods[pod].name)).to.deep.equal(['default/db-0', 'default/db-1', 'default/db-2', 'default/db-0 (2)']);
    expect(db.requests[3] / run.requests.offered).to.be.closeTo(1 / 6, 0.01);
  });
});

describe('scaling', () => {
  it('up brings pods that get their part at once of what is placed anew', async () => {
    const run = await go({ timeline: '{ at: 10s, do: kubectl scale deployment/web --replicas=6 }' });
    expect(lost(run)).to.deep.equal({});
    const counts = requestsOf(run, 'web');
    expect(counts).to.have.length(6);
    for (const count of counts.slice(0, 3)) expect(count / run.requests.offered).to.be.closeTo(0.25, 0.01);
    for (const count of counts.slice(3)) expect(count / run.requests.offered).to.be.closeTo(1 / 12, 0.01);
    const { replicas } = run.series;
    expect(replicas['deployment/web.default'].at(0)).to.equal(3);
    expect(replicas['deployment/web.default'].at(-1)).to.equal(6);
  });

  it('counts a new pod from when it is ready: the probe, then the slices, then each node', async () => {
    const pod = { container: 'readinessProbe: { httpGet: { port: http }, initialDelaySeconds: 4, periodSeconds: 1 }' };
    const run = await go({ pod, timeline: '{ at: 10s, do: kubectl scale deployment/web --replicas=6 }' });
    const { pods, readyNs } = serviceOf(run, 'web');
    for (const [i, index] of pods.entries()) {
      if (i < 3) expect(readyNs[i]).to.equal(20e9);
      else expect(readyNs[i]).to.be.within(5e9, 6e9);
      expect(run.pods[index].readyNs).to.equal(readyNs[i]);
    }
    const perReadySecond = requestsOf(run, 'web').map((count, i) => count / (readyNs[i] / 1e9));
    for (const rate of perReadySecond.slice(3)) expect(rate).to.be.closeTo(33, 3);
  });

  it('down takes pods away; what is in them is finished, idle connections close', async () => {
    const run = await go({
      pods: 6,
      workload: 'service: 500ms, concurrency: 100',
      client: 'count: 40, protocol: { type: http/2 }, arrivals: { process: deterministic, rate: 200/s }',
      timeline: '{ at: 10s, do: kubectl scale deployment/web --replicas=2 }',
    });
    expect(Object.keys(lost(run))).to.not.include('reset');
    expect(run.series.replicas['deployment/web.default'].at(-1)).to.equal(2);
    expect(run.connections.closed.server).to.be.above(10);
    expect(run.connections.open).to.equal(40);
  });

  it('to 0 leaves nobody: no answer, at once', async () => {
    const run = await go({ timeline: '{ at: 10s, do: kubectl scale deployment/web --replicas=0 }' });
    expect(lost(run)).to.have.all.keys('no-route', 'refused'); // until the node has heard of it, and then
    expect(run.requests.byOutcome.refused).to.be.within(1980, 2001);
    expect(maxMs(run.clients[0].request_duration)).to.be.below(10);
  });
});

describe('a pod that is told to end', () => {
  it('is missed until each node has heard of it', async () => {
    const run = await go({ timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }' });
    const refused = lost(run);
    expect(refused).to.have.all.keys('no-route'); // there was nothing to finish: their addresses are gone
    // 200 a second for 10 to 100 ms per node; new pods are in the same news.
    expect(refused['no-route']).to.be.within(1, 21);
    expect(run.connections).to.include({ refused: refused['no-route'], timedOut: 0 });
  });

  it('loses nothing that arrives while it ignores SIGTERM, and resets what is in it when it is killed', async () => {
    const run = await go({
      pod: { pod: 'terminationGracePeriodSeconds: 5' },
      workload: 'service: 300ms, concurrency: 1000, server: { sigterm: ignore }',
      timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }',
    });
    expect(Object.keys(lost(run))).to.deep.equal([]); // its nodes have long heard of it when it is killed, and it is empty
    const killedAtOnce = await go({
      workload: 'service: 300ms, concurrency: 1000, server: { sigterm: exit }',
      timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }',
    });
    expect(lost(killedAtOnce)).to.include.keys('reset', 'no-route');
    expect(lost(killedAtOnce).reset).to.be.within(45, 75); // 200 a second for 300 ms
  });

  it('refuses them while it finishes what it has', async () => {
    const run = await go({
      workload: 'service: 300ms, concurrency: 1000',
      timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }',
    });
    expect(Object.keys(lost(run))).to.deep.equal(['refused']);
    expect(run.requests.byOutcome.refused).to.be.within(1, 21);
    expect(run.connections.refused).to.equal(run.requests.byOutcome.refused);
  });

  it('loses nobody with a preStop sleep longer than the news takes', async () => {
    const pod = { container: 'lifecycle: { preStop: { sleep: { seconds: 1 } } }' };
    expect(lost(await go({ pod, timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }' }))).to.deep.equal({});
  });

  it('resets what is in it at the end of its grace period', async () => {
    const pod = { pod: 'terminationGracePeriodSeconds: 2' };
    const run = await go({
      pod,
      workload: 'service: 5s, concurrency: 10000',
      client: 'count: 20, protocol: { type: http/2 }, arrivals: { process: deterministic, rate: 20/s }',
      timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }',
    });
    // Of the 5 s of requests that are in the pods at 10 s, those of the last 3 s are not done 2 s later.
    expect(run.requests.byOutcome.reset).to.be.within(55, 65);
    expect(run.pods.slice(0, 3).every((pod) => pod.inSystemArea > 0)).to.equal(true);
  });

  it('comes back with another name and another address', async () => {
    const run = await go({ timeline: '{ at: 10s, do: "kubectl delete pod -l app=web" }' });
    expect(run.pods).to.have.length(6);
    expect(new Set(run.pods.map((pod) => pod.name)).size).to.equal(6);
    for (const pod of run.pods) expect(pod.readyNs).to.be.closeTo(10e9, 1e8);
  });

  it('is as busy as its ready time says, however short it lived', async () => {
    const run = await go({
      workload: 'service: 30ms, concurrency: 2',
      client: 'count: 20, protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 60/s }',
      timeline: '{ at: 5s, do: "kubectl delete pod -l app=web" }',
    });
    for (const pod of run.pods) expect(pod.busyNs / (pod.slots * pod.readyNs)).to.be.closeTo(0.3, 0.02);
  });
});

describe('a rolling restart', () => {
  const restart = (spec: string, replicas = 4) =>
    go({
      pods: replicas,
      pod: {
        container: 'readinessProbe: { httpGet: { port: http }, periodSeconds: 1 }, lifecycle: { preStop: { sleep: { seconds: 1 } } }',
        spec,
      },
      client: 'count: 20, protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s }',
      run: 'duration: 60s, warmup: 0s',
      timeline: '{ at: 10s, do: kubectl rollout restart deployment/web }',
    });

  it('replaces every pod and loses nobody', async () => {
    const run = await restart('strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }');
    expect(lost(run)).to.deep.equal({});
    expect(run.pods).to.have.length(8);
    const replicas = [...run.series.replicas['deployment/web.default']];
    expect(Math.min(...replicas)).to.equal(4);
    expect(Math.max(...replicas)).to.be.at.most(5);
    expect(replicas.at(-1)).to.equal(4);
    for (const pod of run.pods.slice(4)) expect(pod.requests).to.be.above(0);
  });

  it('never has more unavailable than it may', async () => {
    const run = await restart('strategy: { rollingUpdate: { maxUnavailable: 2, maxSurge: 0 } }');
    const replicas = [...run.series.replicas['deployment/web.default']];
    expect(Math.min(...replicas)).to.equal(2);
    expect(Math.max(...replicas)).to.equal(4);
    expect(lost(run)).to.deep.equal({});
  });
});

describe('a label that is changed', () => {
  it('takes a pod out of the Service; its connections stay, another pod comes', async () => {
    const run = await replay(
      `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 1 }, ${NO_LATENCY} }
  workloads: { deployment/web: { service: 1ms } }
  clients:
    - { name: new, count: 1, from: nodes, target: "http://web/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } }
    - { name: kept, count: 10, from: nodes, target: "http://web/", protocol: { type: http/2, connect: eager }, arrivals: { process: deterministic, rate: 100/s } }
  timeline: [ { at: 10s, do: "kubectl label pod -l app=web app=quarantine --overwrite" } ]`,
      deployment('web', 2) + service('web'),
    );
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
    const { groups, groupRequests, pods } = serviceOf(run, 'web');
    const ofEntry = (name: string) =>
      pods.map((_, pod) => totalOf(groups.flatMap((group, row) => (group.startsWith(name) ? [groupRequests[row * pods.length + pod]] : []))));
    expect(ofEntry('kept').slice(2)).to.deep.equal([0, 0]);
    for (const count of ofEntry('new')) expect(count).to.be.closeTo(500, 15);
  });
});
