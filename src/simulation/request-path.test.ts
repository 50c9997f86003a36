/** What happens to a request in the client, in the pod, and in the calls it causes; and that its time adds up. */
import { expect } from 'chai';
import { REQUEST_PARTS, type RunResult } from '../measurement/run-result.ts';
import { deployment, LATENCY, maxMs, meanMs, NO_LATENCY, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

interface Setting {
  readonly workload: string;
  readonly client?: string;
  readonly rate?: string;
  readonly arriving?: string;
}

/** Constant arrivals for a while, then none, so that what is late meets nothing that is later. */
function some(rate: string, arriving: string): string {
  return `{ process: deterministic, shape: [ { stages: [ { duration: 0s, target: ${rate} }, { duration: ${arriving}, target: ${rate} }, { duration: 0s, target: 0/s } ] } ] }`;
}

/** One pod, ten requests, each on a stream of one connection. */
function go({ workload, client = 'timeout: 1h', rate = '100/s', arriving = '105ms' }: Setting): Promise<RunResult> {
  return replay(
    `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 1 }, ${NO_LATENCY} }
  workloads: { deployment/web: { ${workload} } }
  clients: [ { name: c, count: 1, from: nodes, target: "http://web/", protocol: { type: http/2 }, arrivals: ${some(rate, arriving)}, ${client} } ]`,
    deployment('web', 1) + service('web'),
  );
}

const queueWait = (run: RunResult) => run.clients[0].parts.queue_wait;

/** The parts of all requests together make up their durations. */
function expectPartsToAddUp(run: RunResult): void {
  for (const { parts, request_duration } of run.clients) {
    const sum = REQUEST_PARTS.reduce((total, part) => total + parts[part].sum, 0);
    expect(sum).to.be.closeTo(request_duration.sum, 1e-9 * request_duration.sum);
    for (const part of REQUEST_PARTS) expect(parts[part].count, part).to.equal(request_duration.count);
  }
}

describe('the queue of a pod', () => {
  // Ten arrivals every 10 ms, one slot, 25 ms each: the i-th (from 0) starts at 10 + 25 i ms.
  const SLOW = 'concurrency: 1, service: 25ms';

  it('fifo: each waits for all before it', async () => {
    const run = await go({ workload: `${SLOW}, queue: { discipline: fifo }` });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(queueWait(run).sum / 1e6).to.equal((15 * (9 * 10)) / 2);
    expect(maxMs(queueWait(run))).to.equal(9 * 15);
  });

  it('lifo: the same time in all, and the first of those who wait waits longest', async () => {
    const run = await go({ workload: `${SLOW}, queue: { discipline: lifo }` });
    expect(queueWait(run).sum / 1e6).to.equal((15 * (9 * 10)) / 2);
    expect(maxMs(queueWait(run))).to.equal(10 + 9 * 25 - 20); // the second to come, served last
  });

  it('refuses what does not fit, at once', async () => {
    const run = await go({ workload: `${SLOW}, queue: { limit: 2 }` });
    // 10 → slot; 20, 30 wait; 35: 20 starts; 40 waits; 50 and 60 (slot free at 60, before it comes) …
    expect(run.requests.byOutcome).to.deep.equal({ ok: 6, rejected: 4 });
    expect(run.pods[0]).to.include({ requests: 10, rejected: 4 });
    expect(queueWait(run).count).to.equal(6);
    expect(run.pods[0].pod_duration.count).to.equal(6);
    expect(totalOf(requestsOf(run, 'web'))).to.equal(10);
  });

  it('with a limit of 0 refuses all that find no slot', async () => {
    expect((await go({ workload: `${SLOW}, queue: { limit: 0 }` })).requests.byOutcome).to.deep.equal({ ok: 4, rejected: 6 });
  });

  it('lets go of what has waited too long', async () => {
    const run = await go({ workload: `${SLOW}, queue: { timeout: 30ms }` });
    expect(Object.keys(run.requests.byOutcome)).to.have.members(['ok', 'queue-timeout']);
    expect(maxMs(queueWait(run))).to.equal(30);
    expect(run.pods[0].pod_duration.count).to.equal(run.requests.byOutcome.ok);
  });

  it('lets go of whom has lost patience', async () => {
    const run = await go({ workload: `${SLOW}, queue: { patience: { law: constant, value: 20ms } }` });
    expect(run.requests.byOutcome['queue-timeout']).to.be.above(0);
    expect(maxMs(queueWait(run))).to.equal(20);
  });

  it('ps: all share the processor, slots admit', async () => {
    const run = await go({
      workload: 'concurrency: 2, service: 25ms, queue: { discipline: ps }',
      rate: '50/s',
      arriving: '45ms',
    });
    // At 20 alone; at 40 the second comes: 5 ms of work left of the first takes 10, the second then has 20 left.
    expect(run.clients[0].request_duration.sum / 1e6).to.equal(30 + 30);
    expect(run.pods[0]).to.include({ busyNs: 50e6, peakInFlight: 2 });
  });

  it('gives a slot that becomes free to an arrival of the same instant', async () => {
    const run = await go({ workload: 'concurrency: 1, service: 10ms, queue: { limit: 0 }' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
  });
});

describe('a client that gives up', () => {
  const LATE = 'concurrency: 1, service: 50ms';

  it('is free, but the pod goes on', async () => {
    const run = await go({ workload: LATE, client: 'timeout: 20ms', rate: '10/s', arriving: '1005ms' });
    expect(run.requests.byOutcome).to.deep.equal({ timeout: 10 });
    expect(maxMs(run.clients[0].request_duration)).to.equal(20);
    expect(run.pods[0].busyNs).to.equal(10 * 50e6);
    expect(run.pods[0].pod_duration.count).to.equal(0);
  });

  it('gives its place in the queue back where the server notices', async () => {
    const wait = (cancel: string) => go({ workload: `${LATE}, queue: { limit: 3 }, server: { cancel: ${cancel} }`, client: 'timeout: 20ms' });
    const [goesOn, notices] = [await wait('never'), await wait('onDisconnect')];
    expect(goesOn.requests.byOutcome.rejected).to.be.above(0);
    expect(notices.requests.byOutcome).to.deep.equal({ timeout: 10 });
    expect(notices.pods[0].inSystemArea).to.be.below(goesOn.pods[0].inSystemArea);
  });

  it('takes an answer that comes at the very instant', async () => {
    expect((await go({ workload: 'service: 20ms', client: 'timeout: 20ms' })).requests.byOutcome).to.deep.equal({ ok: 10 });
  });

  it('loses a connection of one request, and only a stream of many', async () => {
    const setting = (type: string) =>
      replay(
        `  run: { duration: 1005ms, warmup: 0s, gracefulStop: 1s }
  workloads: { deployment/web: { service: 50ms } }
  clients: [ { name: c, count: 1, target: "http://web/", protocol: { type: ${type} }, timeout: 20ms, arrivals: { process: deterministic, rate: 10/s } } ]`,
        deployment('web', 1) + service('web'),
      );
    expect((await setting('http/1.1')).connections).to.deep.include({ opened: 10, closed: { client: 9 } });
    expect((await setting('http/2')).connections).to.deep.include({ opened: 1, closed: {} });
  });
});

describe('the parts of a request', () => {
  for (const [what, workload, client] of [
    ['queueing', 'concurrency: 2, service: { law: exponential, mean: 15ms }', 'count: 4'],
    ['TLS', 'service: 3ms', 'count: 2, protocol: { tls: "1.2", keepAlive: off }'],
    ['one connection', 'service: { law: lognormal, mean: 12ms, p99: 80ms }', 'count: 1'],
    [
      'calls',
      'service: 1ms, calls: [ { target: "http://cart/", count: 2 }, { parallel: [ { target: "http://cart/a" }, { target: "http://cart/b" } ] } ]',
      'count: 3',
    ],
  ]) {
    it(`add up to its duration: ${what}`, async () => {
      const run = await replay(
        `  run: { duration: 5s, warmup: 0s, gracefulStop: 1h }
  cluster: { ${LATENCY} }
  workloads: { deployment/web: { queue: { limit: none }, ${workload} }, deployment/cart: { service: 2ms } }
  clients: [ { name: c, target: "http://web/", arrivals: { rate: 60/s }, ${client} } ]`,
        deployment('web', 2) + service('web') + deployment('cart', 2) + service('cart'),
      );
      expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
      expectPartsToAddUp(run);
    });
  }
});

describe('calls to other services', () => {
  const SHOP = deployment('web', 1) + service('web') + deployment('cart', 2) + service('cart') + deployment('none', 0) + service('none');

  function calls(steps: string, { more = '', cart = 'service: 10ms', client = 'timeout: 1h', rate = '10/s', arriving = '1005ms' } = {}): Promise<RunResult> {
    return replay(
      `  run: { duration: 200s, warmup: 0s }
  cluster: { nodes: { count: 1 }, ${NO_LATENCY} }
  workloads: { deployment/web: { service: 5ms, calls: [ ${steps} ], ${more} }, deployment/cart: { ${cart} } }
  clients: [ { name: c, count: 1, from: nodes, target: "http://web/", protocol: { type: http/2 }, arrivals: ${some(rate, arriving)}, ${client} } ]`,
      SHOP,
    );
  }

  /** Busy slot time of a workload's pods [ns]. */
  function busyOf(run: RunResult, name: string): number {
    return totalOf(run.pods.filter((pod) => pod.workload === `deployment/${name}.default`).map((pod) => pod.busyNs));
  }

  it('come one after the other, each counted', async () => {
    const run = await calls('{ target: "http://cart/" }, { target: "http://cart/x", count: 2 }');
    expect(meanMs(run.clients[0].request_duration)).to.equal(5 + 3 * 10);
    expect(meanMs(run.clients[0].parts.call_duration)).to.equal(30);
    expect(run.calls).to.deep.equal({ begun: 30, byOutcome: { ok: 30 }, inFlight: 0 });
    expect(totalOf(requestsOf(run, 'cart'))).to.equal(30);
    expect(meanMs(serviceOf(run, 'cart').request_duration)).to.equal(10);
  });

  it('in parallel take as long as the longest', async () => {
    const run = await calls('{ parallel: [ { target: "http://cart/", count: 2 }, { target: "http://cart/slow" } ] }', {
      cart: 'service: { byRoute: { /slow: 40ms, default: 10ms } }',
    });
    expect(meanMs(run.clients[0].request_duration)).to.equal(45);
    expect(run.calls.begun).to.equal(30);
  });

  it('happen with their probability, by the request and not by what else is called', async () => {
    const long = { arriving: '100s' };
    const one = await calls('{ target: "http://cart/", probability: 0.3 }', long);
    expect(one.calls.begun / one.requests.offered).to.be.closeTo(0.3, 0.05);
    const two = await calls('{ target: "http://cart/other" }, { target: "http://cart/", probability: 0.3 }', long);
    expect(two.calls.begun).to.equal(one.calls.begun + two.requests.offered);
  });

  it('that fail, fail their caller, and end it', async () => {
    const run = await calls('{ target: "http://none/" }, { target: "http://cart/" }');
    expect(run.requests.byOutcome).to.deep.equal({ 'call-failed': 10 });
    expect(run.calls.byOutcome).to.deep.equal({ refused: 10 });
    expect(serviceOf(run, 'none').unanswered).to.deep.equal({ refused: 10 });
    expect(serviceOf(run, 'web').unanswered).to.deep.equal({});
  });

  it('that fail and are optional, do not', async () => {
    const run = await calls('{ target: "http://none/", optional: true }, { target: "http://cart/" }');
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(run.calls.byOutcome).to.deep.equal({ ok: 10, refused: 10 });
  });

  it('have a time-out of their own, and what was called goes on', async () => {
    const run = await calls('{ target: "http://cart/", timeout: 4ms }');
    expect(run.requests.byOutcome).to.deep.equal({ 'call-failed': 10 });
    expect(meanMs(run.clients[0].request_duration)).to.equal(9);
    expect(run.calls.byOutcome).to.deep.equal({ timeout: 10 });
    expect(busyOf(run, 'cart')).to.equal(10 * 10e6);
  });

  it('hold the slot of their caller, or not', async () => {
    const wait = (holds: boolean) =>
      calls('{ target: "http://cart/" }', {
        more: `concurrency: 1, holdWhileCalling: ${holds}`,
        rate: '100/s',
        arriving: '105ms',
      });
    const [holding, free] = [await wait(true), await wait(false)];
    expect(holding.clients[0].parts.queue_wait.sum / 1e6).to.equal((5 * (9 * 10)) / 2);
    expect(free.clients[0].parts.queue_wait.positive).to.equal(0);
    expect(busyOf(free, 'web')).to.equal(10 * 5e6);
  });

  it('to a grpc server take one connection per calling pod, and its one pod', async () => {
    const pinned = await calls('{ target: "grpc://cart:80/" }', { cart: 'service: 30ms, server: { protocol: grpc }', rate: '100/s' });
    expect([...serviceOf(pinned, 'cart').connections]).to.have.members([1, 0]);
    expect(requestsOf(pinned, 'cart')).to.have.members([100, 0]);
    const spread = await calls('{ target: "http://cart/" }', { cart: 'service: 30ms', rate: '100/s' });
    expect(totalOf([...serviceOf(spread, 'cart').connections])).to.be.within(3, 5);
  });

  it('of a caller whose client has gone, go on', async () => {
    const run = await calls('{ target: "http://cart/", count: 3 }', { client: 'timeout: 12ms' });
    expect(run.requests.byOutcome).to.deep.equal({ timeout: 10 });
    expect(run.calls.begun).to.equal(30);
  });
});
