/** Clients that balance by DNS: how old the answers are, in which order addresses come, and what a look-up costs. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { deployment, ingress, LATENCY, meanMs, replay, requestsOf, service, totalOf } from '../testing/small-cluster.ts';

const HEADLESS = (pods: number, container = '') => deployment('web', pods, { container }) + service('web', 'clusterIP: None');

interface Setting {
  readonly pods?: number;
  readonly clients?: number;
  readonly rate?: string;
  readonly dns?: string;
  readonly protocol?: string;
  readonly timeline?: string;
  readonly target?: string;
  readonly manifests?: string;
  readonly seed?: string;
  readonly seconds?: number;
}

function go(setting: Setting): Promise<RunResult> {
  const { pods = 4, clients = 1, rate = '10/s', dns = '', protocol = 'keepAlive: off', timeline = '', target = 'http://web:8080/', seconds = 60.05 } = setting;
  return replay(
    `  run: { duration: ${seconds}s, warmup: 0s, gracefulStop: 10s }
  cluster: { nodes: { count: 2 }, ${LATENCY}, dns: { ${dns} } }
  workloads: { deployment/web: { service: 1ms } }
  clients: [ { name: c, count: ${clients}, from: nodes, target: "${target}", protocol: { ${protocol} }, timeout: 2s, arrivals: { process: deterministic, rate: ${rate} } } ]
  timeline: [ ${timeline} ]`,
    setting.manifests ?? HEADLESS(pods),
    setting.seed,
  );
}

const podsMet = (run: RunResult) => requestsOf(run, 'web').filter((count) => count > 0).length;

describe('a headless name', () => {
  it('leads each look-up to any of its pods, otherwise in each replication', async () => {
    const shares = requestsOf(await go({}), 'web').map((count) => count / 600);
    for (const share of shares) expect(share).to.be.closeTo(0.25, 0.06);
    const firsts = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(async (seed) => requestsOf(await go({ seed, seconds: 0.15, rate: '10/s' }), 'web').join()),
    );
    expect(new Set(firsts).size).to.be.above(1);
  });

  it('leads all clients to the first pod when the answer is not shuffled', async () => {
    expect(requestsOf(await go({ clients: 12, dns: 'shuffle: off' }), 'web')).to.deep.equal([600, 0, 0, 0]);
    expect(podsMet(await go({ dns: 'shuffle: off', protocol: 'keepAlive: off, dns: { pick: random }' }))).to.equal(4);
  });

  it('is looked up again only when a connection opens', async () => {
    expect(podsMet(await go({ protocol: 'keepAlive: on' }))).to.equal(1);
  });

  it('stays with one pod for the time to live in a resolver with a cache, then takes any other', async () => {
    expect(podsMet(await go({ protocol: 'keepAlive: off, dns: { cache: on }', seconds: 29.05 }))).to.equal(1);
    const long = requestsOf(await go({ protocol: 'keepAlive: off, dns: { cache: on }', rate: '1/s', seconds: 1200.5 }), 'web');
    for (const count of long) expect(count % 30, 'whole times to live').to.equal(0);
    expect(podsMet(await go({ protocol: 'keepAlive: off, dns: { cache: on, pick: random }', seconds: 29.05 }))).to.equal(4);
  });

  it('leads to pods that are gone as long as the answer is old, and not to new ones', async () => {
    const down = '{ at: 35s, do: kubectl scale deployment/web --replicas=2 }'; // the answer of 30 s holds until 60 s
    const stale = (await go({ timeline: down, seconds: 90.05 })).requests.byOutcome;
    expect(stale['no-route'] ?? 0).to.be.within(90, 160); // half of 250
    const fresh = (await go({ timeline: down, seconds: 90.05, dns: 'cache: 0s' })).requests.byOutcome;
    expect(fresh).to.deep.equal({ ok: 900 });
    const up = await go({ pods: 2, timeline: '{ at: 35s, do: kubectl scale deployment/web --replicas=4 }', seconds: 60.05 });
    expect(podsMet(up)).to.equal(2);
    expect(podsMet(await go({ pods: 2, timeline: '{ at: 35s, do: kubectl scale deployment/web --replicas=4 }', seconds: 70.05 }))).to.equal(4);
  });

  it('without a ready pod is unknown, for as long as that answer is old; with publishNotReadyAddresses it leads to pods that are not ready', async () => {
    const slow = 'readinessProbe: { httpGet: { port: http }, initialDelaySeconds: 20, periodSeconds: 1 }';
    const restart = '{ at: 10s, do: kubectl scale deployment/web --replicas=0 }, { at: 12s, do: kubectl scale deployment/web --replicas=2 }';
    const run = (more: string) =>
      go({
        manifests: deployment('web', 2, { container: slow }) + service('web', `clusterIP: None${more}`),
        timeline: restart,
        dns: 'cache: 5s',
        rate: '10/s',
      });
    const unknown = (await run('')).requests.byOutcome['unknown-host'];
    expect(unknown).to.be.within(150, 300);
    const published = (await run(', publishNotReadyAddresses: true')).requests.byOutcome;
    expect(published['unknown-host'] ?? 0).to.be.below(60); // the list that was empty for two seconds, kept for five
  });
});

describe('a look-up', () => {
  it('takes its time before the connection, as a part of connect_duration', async () => {
    const free = await go({ target: 'http://web/', manifests: deployment('web', 1) + service('web') });
    const slow = await go({ target: 'http://web/', manifests: deployment('web', 1) + service('web'), dns: 'lookup: 5ms' });
    const connect = (run: RunResult) => meanMs(run.clients[0].parts.connect_duration);
    expect(connect(slow) - connect(free)).to.equal(5);
    const kept = await go({
      target: 'http://web/',
      manifests: deployment('web', 1) + service('web'),
      dns: 'lookup: 5ms',
      protocol: 'keepAlive: off, dns: { cache: on }',
    });
    expect(connect(kept) - connect(free)).to.be.closeTo((5 * 3) / 600, 0.01); // at 0.1, 30.1 and 60.1 s
  });
});

describe('an ExternalName Service', () => {
  const alias = (name: string) => `
apiVersion: v1
kind: Service
metadata: { name: alias }
spec: { type: ExternalName, externalName: ${name} }
---`;

  it('leads to the Service that it names', async () => {
    const run = await go({ target: 'http://alias/', manifests: deployment('web', 2) + service('web') + alias('web.default.svc.cluster.local') });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 600 });
    expect(totalOf(requestsOf(run, 'web'))).to.equal(600);
  });

  it('leads to an Ingress by its host, where the request still names the Service: 404', async () => {
    const run = await go({
      target: 'http://alias/',
      manifests: deployment('web', 2) + service('web') + ingress('shop.example', { '/': 'web' }) + alias('shop.example'),
    });
    expect(run.requests.byOutcome).to.deep.equal({ 'not-found': 600 });
  });

  it('ends outside the cluster, of which nothing is known', async () => {
    const run = await go({ target: 'http://alias/', manifests: deployment('web', 2) + service('web') + alias('db.example.com') });
    expect(run.requests.byOutcome).to.deep.equal({ 'unknown-host': 600 });
  });
});
