/** Clients: who they are to the network, how often each asks, and the balancers that they bring. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { zipfGroupSizes } from '../random/zipf.ts';
import { scenario } from '../testing/scenarios.ts';
import { deployment, meanMs, NO_LATENCY, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';
import { assemble } from './assemble.ts';

const WEB = deployment('web', 4) + service('web');

function sections(client: string, more = ''): string {
  return `  run: { duration: 50s, warmup: 0s }
  cluster: { nodes: { count: 3, zones: [a, b, c] }, ${NO_LATENCY} }
  workloads: { deployment/web: { service: 1ms, concurrency: 100 } }
  clients: [ { name: c, target: "http://web/", ${client} } ]
  ${more}`;
}

async function entry(client: string) {
  return assemble(await scenario(sections(client), WEB), 'test', 0).world.clients[0];
}

/** Requests of each group of source addresses, in order. */
function byGroup(run: RunResult): number[] {
  const { groups, groupRequests, pods } = serviceOf(run, 'web');
  return groups.map((_, row) => totalOf([...groupRequests.slice(row * pods.length, (row + 1) * pods.length)]));
}

describe('client addresses', () => {
  it('are one per client, or shared in turn, or one per NAT', async () => {
    const keysOf = async (client: string) => [...(await entry(`count: 12, arrivals: { rate: 1/s }, ${client}`)).sourceKey];
    expect(await keysOf('from: nodes')).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await keysOf('from: nodes, sources: { addresses: 5 }')).to.deep.equal([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]);
    const nat = await keysOf('from: nodes, sources: { nat: { groups: 3, skew: 1.1 } }');
    const sizes = [0, 1, 2].map((group) => nat.filter((key) => key === group).length);
    expect(sizes).to.deep.equal([...zipfGroupSizes(12, 3, 1.1)]);
    expect(totalOf(sizes)).to.equal(12);
    expect(sizes[0]).to.be.above(sizes[2]);
  });

  it('depend on names only: equal in every replication', async () => {
    const one = await scenario(sections('count: 5, from: external, arrivals: { rate: 1/s }').replace('http://web/', 'http://203.0.113.9/'), WEB);
    const addresses = [0, 1].map((replication) => [...assemble(one, 'test', replication).world.clients[0].address]);
    expect(addresses[0]).to.deep.equal(addresses[1]);
    expect(addresses[0].every((address) => address >>> 17 === 0xc612 >>> 1)).to.equal(true); // 198.18.0.0/15
  });
});

describe('where clients are', () => {
  it('on all nodes in turn, on one, in the pods of a workload, or by zones', async () => {
    const places = async (from: string) => [...(await entry(`count: 6, from: ${from}, arrivals: { rate: 1/s }`)).place];
    expect(await places('nodes')).to.deep.equal([0, 1, 2, 0, 1, 2]);
    expect(await places('node/node-2')).to.deep.equal([1, 1, 1, 1, 1, 1]);
    expect(await places('external')).to.deep.equal([3, 3, 3, 3, 3, 3]);
    expect(await places('vpc')).to.deep.equal([4, 4, 4, 4, 4, 4]);
    expect(await places('{ zones: { a: 50%, c: 50% } }')).to.deep.equal([0, 0, 0, 2, 2, 2]);
    expect(new Set(await places('deployment/web')).size).to.equal(3);
  });
});

describe('the popularity of clients', () => {
  it('gives client i of n a rate in proportion to i^−s', async () => {
    const run = await replay(sections('count: 4, from: nodes, popularity: { skew: 1 }, arrivals: { rate: 800/s }'), WEB);
    const shares = byGroup(run).map((count) => count / run.requests.offered);
    const sum = 1 + 1 / 2 + 1 / 3 + 1 / 4;
    shares.forEach((share, i) => {
      expect(share).to.be.closeTo(1 / (i + 1) / sum, 0.01);
    });
  });

  it('is the same for all without a skew', async () => {
    const run = await replay(sections('count: 4, from: nodes, arrivals: { rate: 800/s }'), WEB);
    for (const count of byGroup(run)) expect(count / run.requests.offered).to.be.closeTo(0.25, 0.01);
  });
});

describe('a closed loop', () => {
  it('has each user ask, wait for the answer, and think', async () => {
    const run = await replay(sections('from: nodes, closedLoop: { users: 5, thinkTime: 99ms }'), WEB);
    // A round is 99 ms of thinking and 1 ms of service; the first thinks first.
    expect(run.requests.offered).to.equal(5 * 500);
    expect(meanMs(run.clients[0].request_duration)).to.equal(1);
  });

  it('thinks again after a failure', async () => {
    const run = await replay(
      sections('from: nodes, closedLoop: { users: 5, thinkTime: 100ms }').replace('http://web/', 'http://none/'),
      WEB + service('none', '', 'nobody'),
    );
    expect(run.requests.byOutcome).to.deep.equal({ refused: run.requests.offered });
    expect(run.requests.offered).to.be.within(5 * 499, 5 * 500);
  });
});

describe('a client-side plane', () => {
  const plane = (policy: string, more = 'count: 2') => `from: nodes, ${more}, balancer: { plane: ideal, policy: ${policy} }`;

  it('chooses per request: each client takes its own turn', async () => {
    const run = await replay(sections(`${plane('round_robin')}, arrivals: { process: deterministic, rate: 80/s }`), WEB);
    for (const count of requestsOf(run, 'web')) expect(count).to.be.closeTo(run.requests.offered / 4, 2);
  });

  it('keeps connections to each pod that it chose', async () => {
    const run = await replay(sections(`${plane('round_robin')}, arrivals: { process: deterministic, rate: 20/s }`), WEB);
    expect([...serviceOf(run, 'web').connections]).to.deep.equal([2, 2, 2, 2]);
    expect(run.connections).to.include({ opened: 8, open: 8 });
    const each = await replay(
      sections(`${plane('round_robin', 'count: 2, protocol: { keepAlive: off }')}, arrivals: { process: deterministic, rate: 20/s }`),
      WEB,
    );
    expect(totalOf([...serviceOf(each, 'web').connections])).to.equal(each.requests.offered);
  });

  it('hears of a scale-up at once', async () => {
    const run = await replay(
      sections(
        `${plane('round_robin')}, arrivals: { process: deterministic, rate: 80/s }`,
        'timeline: [ { at: 25s, do: kubectl scale deployment/web --replicas=8 } ]',
      ),
      WEB,
    );
    const counts = requestsOf(run, 'web');
    expect(counts).to.have.length(8);
    for (const count of counts.slice(4)) expect(count).to.be.closeTo(250, 3);
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
  });

  it('loses what it sends to a pod that is gone before it hears of it: nothing', async () => {
    const run = await replay(
      sections(`${plane('least_connections')}, arrivals: { rate: 80/s }`, 'timeline: [ { at: 25s, do: kubectl scale deployment/web --replicas=1 } ]'),
      WEB,
    );
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
  });

  it('without any pod is refused by itself', async () => {
    const run = await replay(sections(`${plane('random')}, arrivals: { rate: 10/s }`), deployment('web', 0) + service('web'));
    expect(run.requests.byOutcome).to.deep.equal({ unavailable: run.requests.offered });
    expect(serviceOf(run, 'web').unanswered).to.deep.equal({ unavailable: run.requests.offered });
  });

  it('that sees the true state queues less than one that sees its own attempts, and one that sees an old copy more', async () => {
    const wait = async (view: string) => {
      const client = `from: nodes, count: 40, protocol: { type: http/2 }, balancer: { plane: ideal, policy: least_connections, view: ${view} }, arrivals: { rate: 300/s }`;
      const run = await replay(sections(client).replace('service: 1ms, concurrency: 100', 'service: { law: exponential, mean: 10ms }, concurrency: 1'), WEB);
      return meanMs(serviceOf(run, 'web').queue_wait);
    };
    const [shared, fresh, stale, own] = [await wait('shared'), await wait('{ refresh: 1ms }'), await wait('{ refresh: 200ms }'), await wait('own')];
    expect(shared).to.be.below(fresh);
    expect(fresh).to.be.below(stale);
    expect(shared).to.be.below(own);
    expect(stale).to.be.above(own); // all run to the pod that was idle a while ago
  });
});
