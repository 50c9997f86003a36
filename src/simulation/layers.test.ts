/** Who decides what: L4 places connections and never looks inside, L7 places requests; the traffic is the same for both. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { RunResult } from '../measurement/run-result.ts';
import { deployment, ingress, LATENCY, NO_LATENCY, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

const WEB = deployment('web', 4) + service('web', 'type: LoadBalancer') + ingress('shop.example', { '/': 'web' });

function go(client: string, more: { mode?: string; workload?: string; timeline?: string; latency?: string } = {}, seed?: string): Promise<RunResult> {
  const { mode = 'ipvs', workload = 'service: { law: exponential, mean: 5ms }', timeline = '[]', latency = NO_LATENCY } = more;
  return replay(
    `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 2 }, kubeProxy: { mode: ${mode} }, ${latency}, ingress: { class: nginx, replicas: 1, workers: 1 } }
  workloads: { deployment/web: { ${workload} } }
  clients: [ { name: c, arrivals: { rate: 100/s }, ${client} } ]
  timeline: ${timeline}`,
    WEB,
    seed,
  );
}

describe('an L4 plane', () => {
  it('is blind to content: method, path, headers and sizes change nothing', () => {
    const request = fc.record({
      path: fc.constantFrom('/', '/cart', '/a/b?c=d', '/index.html'),
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
      headers: fc.dictionary(fc.constantFrom('host', 'cookie', 'x-user'), fc.constantFrom('a', 'b=c', 'shop.example'), { maxKeys: 3 }),
      bytes: fc.record({ in: fc.constantFrom('1KiB', '3MiB'), out: fc.constantFrom('1KiB', '8MiB') }),
    });
    return fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), fc.constantFrom('ipvs', 'iptables'), async (requests, mode) => {
        const client = 'target: "http://web/", from: nodes, count: 6';
        const [plain, other] = [await go(client, { mode }), await go(`${client}, requests: ${JSON.stringify(requests)}`, { mode })];
        expect(requestsOf(other, 'web')).to.deep.equal(requestsOf(plain, 'web'));
        expect(other.clients[0].request_duration).to.deep.equal(plain.clients[0].request_duration);
        expect(other.trafficHash).to.equal(plain.trafficHash);
      }),
      { seed: 14, numRuns: 12 },
    );
  });

  it('decides once per connection: few clients leave pods idle', async () => {
    const run = await go('target: "http://web/", from: nodes, count: 2');
    expect(requestsOf(run, 'web').filter((count) => count > 0).length).to.be.at.most(2);
    expect(serviceOf(run, 'web').stickiness.byRequest).to.deep.include({ podsMet: 2, keys: 2 });
  });
});

describe('an L7 plane', () => {
  it('decides per request: two clients reach all pods alike', async () => {
    const run = await go('target: "http://shop.example/", count: 2');
    for (const count of requestsOf(run, 'web')) expect(count / run.requests.offered).to.be.closeTo(0.25, 0.001);
  });

  it('gives a new pod requests as soon as its worker knows of it, on connections that were there before', async () => {
    const run = await go('target: "http://shop.example/", count: 2', { timeline: '[ { at: 10s, do: kubectl scale deployment/web --replicas=8 } ]' });
    const counts = requestsOf(run, 'web');
    expect(counts).to.have.length(8);
    for (const count of counts.slice(4)) expect(count / run.requests.offered).to.be.within(0.05, 0.07);
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
  });
});

describe('the traffic', () => {
  const ways: [string, Promise<RunResult>][] = [];
  before(() => {
    for (const mode of ['ipvs', 'iptables']) ways.push([mode, go('target: "http://web/", from: nodes', { mode })]);
    for (const policy of ['random', 'round_robin', 'least_connections', 'power_of_choices', 'join_idle_queue', 'least_work_left'])
      ways.push([policy, go(`target: "http://web/", from: nodes, balancer: { plane: ideal, policy: ${policy} }`)]);
    ways.push(['ingress', go('target: "http://shop.example/"')]);
    ways.push(['latency', go('target: "http://web/", from: nodes', { latency: LATENCY })]);
  });

  it('is the same whoever balances it', async () => {
    const hashes = await Promise.all(ways.map(async ([, run]) => (await run).trafficHash));
    expect(new Set(hashes).size).to.equal(1);
    for (const [name, run] of ways) expect((await run).requests.offered, name).to.equal((await ways[0][1]).requests.offered);
  });

  it('is another with another seed', async () => {
    const other = await go('target: "http://web/", from: nodes', {}, 'other');
    expect(other.trafficHash).to.not.equal((await ways[0][1]).trafficHash);
  });

  it('brings the same work to the pods: one queue that all share sees equal busy time', async () => {
    const busy = await Promise.all(
      ways.slice(0, 8).map(async ([, run]) => totalOf((await run).pods.filter((pod) => pod.workload === 'deployment/web.default').map((pod) => pod.busyNs))),
    );
    for (const one of busy) expect(one).to.be.closeTo(busy[0], 0.002 * busy[0]); // cut by the end of the window
  });
});
