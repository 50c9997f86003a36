/** Connections: how long they take to open, how many there are, who waits for them, and how they end. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { deployment, LATENCY, maxMs, meanMs, NO_LATENCY, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

interface Setting {
  /** Of the one client entry, beside `from` and `target`. */
  readonly client: string;
  readonly workload?: string;
  readonly pods?: number;
  readonly cluster?: string;
  readonly nodes?: string;
  readonly run?: string;
  readonly timeline?: string;
  readonly scheme?: string;
}

function go({
  client,
  workload = 'service: 1ms',
  pods = 1,
  cluster = LATENCY,
  nodes = '{ count: 1 }',
  run = 'duration: 10500ms, warmup: 0s',
  timeline = '[]',
  scheme = 'http',
}: Setting): Promise<RunResult> {
  return replay(
    `  run: { ${run} }
  cluster: { nodes: ${nodes}, ${cluster} }
  workloads: { deployment/web: { ${workload} } }
  clients: [ { name: c, from: nodes, target: "${scheme}://web:80/", ${client} } ]
  timeline: ${timeline}`,
    deployment('web', pods) + service('web'),
  );
}

const EVERY_SECOND = 'arrivals: { process: deterministic, rate: 1/s }';
const part = (run: RunResult, name: 'client_wait' | 'connect_duration' | 'network' | 'service_duration') => run.clients[0].parts[name];

describe('opening a connection', () => {
  for (const [tls, roundTrips] of [
    ['none', 1],
    ['1.2', 3],
    ['1.3', 2],
    ['1.2-resumed', 2],
    ['1.3-resumed', 2],
  ] as const) {
    it(`takes ${roundTrips} round trips with tls: ${tls}, once with keep-alive and each time without`, async () => {
      const once = await go({ client: `count: 1, protocol: { tls: "${tls}" }, ${EVERY_SECOND}` });
      expect(once.connections.opened).to.equal(1);
      expect(maxMs(part(once, 'connect_duration'))).to.equal(roundTrips * 2);
      expect(part(once, 'connect_duration').positive).to.equal(1);
      const each = await go({ client: `count: 1, protocol: { tls: "${tls}", keepAlive: off }, ${EVERY_SECOND}` });
      expect(each.connections.opened).to.equal(10);
      expect(meanMs(part(each, 'connect_duration'))).to.equal(roundTrips * 2);
      expect(meanMs(each.clients[0].request_duration)).to.equal(roundTrips * 2 + 2 + 1);
    });
  }

  it('is part of the wait of every request that waits for it', async () => {
    const run = await go({
      client: `count: 1, protocol: { type: http/2 }, arrivals: { process: deterministic, rate: 1000/s }`,
      run: 'duration: 6500us, warmup: 0s',
      workload: 'service: 0s',
    });
    // Requests at 1, 2, 3 … 6 ms; the connection is open at 3 ms.
    expect(run.requests.byOutcome).to.deep.equal({ ok: 6 });
    expect(part(run, 'connect_duration').sum / 1e6).to.equal(2 + 1 + 0);
    expect(part(run, 'client_wait').sum).to.equal(0);
  });

  it('is done beforehand by an eager client, as many as it may have', async () => {
    const run = await go({ client: `count: 3, protocol: { connect: eager, connections: 4 }, ${EVERY_SECOND}` });
    expect(run.connections).to.include({ opened: 12, open: 12 });
    expect(part(run, 'connect_duration').positive).to.equal(0);
  });

  it('fails and is tried again by an eager client, once a second, whatever comes meanwhile', async () => {
    const run = await go({
      pods: 0,
      client: 'count: 1, protocol: { type: grpc, connect: eager }, arrivals: { process: deterministic, rate: 50/s }',
      timeline: '[ { at: 5s, do: kubectl scale deployment/web --replicas=1 } ]',
    });
    expect(run.requests.byOutcome.refused).to.be.within(240, 260);
    expect(run.requests.byOutcome.ok).to.be.above(250);
    expect(run.connections.refused).to.be.below(run.requests.byOutcome.refused + 10);
    expect(run.connections.open).to.equal(1);
  });
});

describe('a connection carries', () => {
  it('with http/1.1 one request at a time: others wait in the client', async () => {
    const run = await go({
      client: 'count: 1, protocol: { connections: 1 }, arrivals: { process: deterministic, rate: 100/s }',
      workload: 'service: 15ms',
      cluster: NO_LATENCY,
      run: 'duration: 105ms, warmup: 0s, gracefulStop: 1s',
    });
    // Arrivals at 10, 20 … 100 ms, each served 15 ms: the i-th waits 5 ms more than the one before.
    expect(run.connections.opened).to.equal(1);
    expect(part(run, 'client_wait').sum / 1e6).to.equal((5 * (9 * 10)) / 2);
    expect(run.clients[0].parts.queue_wait.positive).to.equal(0);
  });

  it('with two connections two', async () => {
    const run = await go({
      client: 'count: 1, protocol: { connections: 2 }, arrivals: { process: deterministic, rate: 100/s }',
      workload: 'service: 15ms',
      cluster: NO_LATENCY,
      run: 'duration: 105ms, warmup: 0s, gracefulStop: 1s',
    });
    expect(run.connections.opened).to.equal(2);
    expect(part(run, 'client_wait').positive).to.equal(0);
  });

  for (const type of ['http/2', 'grpc']) {
    it(`with ${type} as many streams as it may, then requests wait, then a further connection is opened if there may be one`, async () => {
      const streams = (connections: number) =>
        go({
          client: `count: 1, protocol: { type: ${type}, maxConcurrentStreams: 3, connections: ${connections} }, arrivals: { process: deterministic, rate: 1000/s }`,
          workload: 'service: 100ms, concurrency: 100',
          cluster: NO_LATENCY,
          run: 'duration: 6500us, warmup: 0s, gracefulStop: 1s',
        });
      const one = await streams(1);
      expect(one.connections.opened).to.equal(1);
      expect(part(one, 'client_wait').positive).to.equal(3);
      expect(maxMs(part(one, 'client_wait'))).to.equal(97);
      const two = await streams(2);
      expect(two.connections.opened).to.equal(2);
      expect(part(two, 'client_wait').positive).to.equal(0);
    });
  }

  it('without keep-alive one request, and there is no limit on connections', async () => {
    const run = await go({
      client: 'count: 1, protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s }',
      workload: 'service: 1s, concurrency: 1000',
      run: 'duration: 1005ms, warmup: 0s, gracefulStop: 5s',
    });
    expect(run.connections).to.include({ opened: 100 });
    expect(part(run, 'client_wait').positive).to.equal(0);
    expect(totalOf([...serviceOf(run, 'web').connections])).to.equal(100);
  });
});

describe('a connection ends', () => {
  it('after as many requests as the client sends on one', async () => {
    const run = await go({ client: `count: 1, protocol: { requestsPerConnection: 4 }, ${EVERY_SECOND}` });
    expect(run.connections.opened).to.equal(3);
    expect(run.connections.closed).to.deep.equal({ client: 2 });
  });

  it('after as many requests as the server takes on one', async () => {
    const run = await go({ client: `count: 1, ${EVERY_SECOND}`, workload: 'service: 1ms, server: { maxRequestsPerConnection: 3 }' });
    expect(run.connections.opened).to.equal(4);
    expect(run.connections.closed).to.deep.equal({ server: 3 });
  });

  it('without keep-alive by the client', async () => {
    expect((await go({ client: `count: 1, protocol: { keepAlive: off }, ${EVERY_SECOND}` })).connections.closed).to.deep.equal({ client: 10 });
  });

  it('when it has been idle as long as the server allows', async () => {
    const run = await go({ client: `count: 1, ${EVERY_SECOND}`, workload: 'service: 1ms, server: { keepAliveTimeout: 900ms }' });
    expect(run.connections.opened).to.equal(10);
    expect(run.connections.closed.idle).to.be.within(9, 10);
    const longer = await go({ client: `count: 1, ${EVERY_SECOND}`, workload: 'service: 1ms, server: { keepAliveTimeout: 1100ms }' });
    expect(longer.connections).to.deep.include({ opened: 1, closed: {} });
  });

  it('at its age, when what is on it has ended', async () => {
    const run = await go({ client: `count: 1, protocol: { maxConnectionAge: 2500ms }, ${EVERY_SECOND}` });
    expect(run.connections.closed).to.deep.equal({ age: run.connections.opened - run.connections.open });
    expect(run.connections.opened).to.equal(4); // at 1, 4, 7 and 10 s
    const busy = await go({
      client: 'count: 1, protocol: { maxConnectionAge: 2500ms }, arrivals: { process: deterministic, rate: 100/s }',
      workload: 'service: 9ms',
    });
    expect(busy.requests.byOutcome).to.deep.equal({ ok: busy.requests.offered });
    expect(Object.keys(busy.connections.closed)).to.deep.equal(['age']);
  });

  it('at the age of the server, with the ±10 % of grpc', async () => {
    const run = await go({
      scheme: 'grpc',
      client: 'count: 50, protocol: { type: grpc, connect: eager }, arrivals: { process: deterministic, rate: 100/s }',
      workload: 'service: 1ms, server: { protocol: grpc, maxConnectionAge: 5s }',
      cluster: NO_LATENCY,
      run: 'duration: 5400ms, warmup: 4600ms',
    });
    expect(run.connections.closed.age).to.be.within(40, 49); // 4.6 to 5.4 of 4.5 to 5.5 s
  });

  it('does not keep others waiting: a multiplexed one that may take no more gives its place to the next', async () => {
    const run = await go({
      scheme: 'grpc',
      client: 'count: 1, protocol: { type: grpc }, arrivals: { process: deterministic, rate: 10/s }',
      workload: 'service: 3s, concurrency: 100, server: { protocol: grpc, maxConnectionAge: 1s, jitter: 0% }',
      cluster: NO_LATENCY,
      run: 'duration: 5s, warmup: 0s, gracefulStop: 10s',
    });
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
    expect(part(run, 'client_wait').positive).to.equal(0);
    expect(run.connections.opened).to.equal(5);
  });

  it('after the grace that the server gives, whatever is on it', async () => {
    const run = await go({
      scheme: 'grpc',
      client: 'count: 1, protocol: { type: grpc }, arrivals: { process: deterministic, rate: 1/s }',
      workload: 'service: 5s, concurrency: 100, server: { protocol: grpc, maxConnectionAge: 1500ms, maxConnectionAgeGrace: 1s, jitter: 0% }',
      cluster: NO_LATENCY,
      run: 'duration: 10500ms, warmup: 0s, gracefulStop: 20s',
    });
    expect(run.requests.byOutcome).to.deep.equal({ reset: 10 });
    expect(maxMs(run.clients[0].request_duration)).to.equal(2500);
  });
});

describe('pinning', () => {
  const AT = '[ { at: 20s, do: kubectl scale deployment/web --replicas=8 } ]';
  const pin = (protocol: string, workload = 'service: 1ms') =>
    go({
      pods: 4,
      workload,
      client: `count: 40, protocol: { type: http/2, ${protocol} }, arrivals: { rate: 200/s }`,
      timeline: AT,
      run: 'duration: 100s, warmup: 30s',
    });

  it('forty http/2 connections stay on 4 pods after a scale-up to 8', async () => {
    const run = await pin('connections: 1');
    const counts = requestsOf(run, 'web');
    expect(counts).to.have.length(8);
    expect(counts.filter((count) => count === 0)).to.have.length(4);
    expect(run.connections).to.deep.include({ opened: 0, open: 40, closed: {} });
  });

  it('with a greatest age, of client or server, the new pods get their part', async () => {
    for (const run of [await pin('maxConnectionAge: 10s'), await pin('connections: 1', 'service: 1ms, server: { maxConnectionAge: 10s }')]) {
      const counts = requestsOf(run, 'web');
      for (const count of counts) expect(count / totalOf(counts)).to.be.within(0.06, 0.2);
    }
  });
});

describe('the limit of a node on flows it tracks', () => {
  it('drops new ones, which the client sees as silence with that reason', async () => {
    const run = await go({
      client: 'count: 1, protocol: { keepAlive: off }, timeout: 1s, arrivals: { process: deterministic, rate: 1500/s }',
      workload: 'service: 0s, concurrency: 1000',
      cluster: NO_LATENCY,
      nodes: '{ count: 1, cpu: 1 }',
      run: 'duration: 100s, warmup: 0s',
    });
    // Each is remembered for 120 s after it closed.
    expect(run.requests.byOutcome).to.deep.equal({ ok: 131072, 'conntrack-full': run.requests.offered - 131072 });
    expect(maxMs(run.clients[0].request_duration)).to.equal(1000);
  });
});
