/** Affinity as it is promised: by address at L4, by cookie at L7; and why it breaks. */
import { expect } from 'chai';
import type { RunResult, StickinessRun } from '../measurement/run-result.ts';
import { deployment, ingress, NO_LATENCY, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

function share({ same, pairs }: StickinessRun): number {
  return same / pairs;
}

describe('sessionAffinity: ClientIP', () => {
  function visits(mode: string, more: { timeout?: number; client?: string; timeline?: string; nodes?: number } = {}): Promise<RunResult> {
    const { timeout = 10800, client = 'arrivals: { rate: 40/s }', timeline = '[]', nodes = 2 } = more;
    return replay(
      `  run: { duration: 100s, warmup: 0s }
  cluster: { nodes: { count: ${nodes} }, kubeProxy: { mode: ${mode} }, ${NO_LATENCY} }
  workloads: { deployment/web: { service: 1ms } }
  clients: [ { name: c, count: 20, from: nodes, target: "http://web/", protocol: { keepAlive: off }, ${client} } ]
  timeline: ${timeline}`,
      deployment('web', 4) + service('web', `sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: ${timeout} } }`),
    );
  }

  const byConnection = (run: RunResult) => serviceOf(run, 'web').stickiness.byConnection;

  for (const mode of ['iptables', 'nftables', 'ipvs', 'ipvs, scheduler: wlc', 'ipvs, scheduler: twos', 'cilium', 'userspace']) {
    it(`leads a client to its pod again, connection after connection (${mode})`, async () => {
      const run = await visits(mode);
      expect(byConnection(run)).to.deep.include({ same: byConnection(run).pairs, keys: 20, podsMet: 20, breaks: {} });
      expect(byConnection(run).pairs).to.equal(run.connections.opened - 20);
    });

    it(`breaks when the pod is gone, once for each of its clients (${mode})`, async () => {
      const run = await visits(mode, { timeline: '[ { at: 50s, do: kubectl scale deployment/web --replicas=3 } ]' });
      const { breaks } = byConnection(run);
      expect(Object.keys(breaks)).to.deep.equal(['pod gone']);
      const { pods, groups, groupRequests } = serviceOf(run, 'web');
      const gone = pods.findIndex((pod) => run.pods[pod].readyNs < 99e9);
      expect(breaks['pod gone']).to.equal(groups.filter((_, row) => groupRequests[row * pods.length + gone] > 0).length);
    });

    it(`is not moved by a scale-up (${mode})`, async () => {
      const run = await visits(mode, { timeline: '[ { at: 50s, do: kubectl scale deployment/web --replicas=8 } ]' });
      expect(share(byConnection(run))).to.equal(1);
      expect(requestsOf(run, 'web').filter((count) => count === 0)).to.have.length(4);
    });

    it(`is without affinity the same pod by chance (${mode})`, async () => {
      const none = await replay(
        `  run: { duration: 100s, warmup: 0s }
  cluster: { nodes: { count: 2 }, kubeProxy: { mode: ${mode} } }
  clients: [ { name: c, count: 20, from: nodes, target: "http://web/", protocol: { keepAlive: off }, arrivals: { rate: 40/s } } ]`,
        deployment('web', 4) + service('web'),
      );
      expect(share(byConnection(none))).to.be.closeTo(0.25, 0.03);
      expect(byConnection(none).breaks).to.deep.equal({});
    });
  }

  it('ends when nothing came for as long as it is kept: iptables counts from the last opening', async () => {
    const run = await visits('iptables', { timeout: 1, client: 'arrivals: { process: deterministic, rate: 5/s }' }); // every 4 s a client on average
    expect(share(byConnection(run))).to.be.within(0.3, 0.65);
    expect(Object.keys(byConnection(run).breaks)).to.deep.equal(['expired']);
  });

  for (const { mode, from, isKept } of [
    { mode: 'iptables', from: 'external', isKept: false },
    { mode: 'nftables', from: 'external', isKept: false },
    { mode: 'cilium', from: 'nodes', isKept: false },
    { mode: 'cilium', from: 'external', isKept: true },
    { mode: 'ipvs', from: 'external', isKept: true },
  ]) {
    it(`after a connection longer than the time-out is ${isKept ? 'kept' : 'gone'} (${mode}, ${from})`, async () => {
      const target = from === 'external' ? 'http://node-1:30080/' : 'http://web/';
      const run = await replay(
        `  run: { duration: 600s, warmup: 0s }
  cluster: { nodes: { count: 2, public: true }, kubeProxy: { mode: ${mode} }, ${NO_LATENCY} }
  workloads: { deployment/web: { service: 1ms } }
  clients: [ { name: c, count: 20, from: ${from}, target: "${target}", protocol: { maxConnectionAge: 30s }, arrivals: { process: deterministic, rate: 20/s } } ]`,
        deployment('web', 4) + service('web', 'type: NodePort, sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } }'),
      );
      const again = share(byConnection(run));
      if (isKept) expect(again).to.equal(1);
      else expect(again).to.be.within(0.1, 0.45);
    });
  }

  it('lasts longer under ipvs, where a template lives as long as a connection that it placed: 120 s after', async () => {
    const run = await visits('ipvs', { timeout: 1, client: 'arrivals: { process: deterministic, rate: 5/s }' });
    expect(share(byConnection(run))).to.equal(1);
  });
});

describe('affinity: cookie of an Ingress', () => {
  const SHOP = (mode: string, affinity = true) =>
    deployment('web', 4) + service('web') + ingress('shop.example', { '/': 'web' }, affinity ? { affinity: 'cookie', 'affinity-mode': mode } : {});

  function browse(mode: string, { timeline = '[]', count = 200, affinity = true } = {}): Promise<RunResult> {
    return replay(
      `  run: { duration: 60s, warmup: 0s }
  cluster: { nodes: { count: 3 }, ingress: { class: nginx, replicas: 2, workers: 2 } }
  workloads: { deployment/web: { service: 1ms } }
  clients: [ { name: c, count: ${count}, target: "http://shop.example/", arrivals: { rate: 100/s } } ]
  timeline: ${timeline}`,
      SHOP(mode, affinity),
    );
  }

  const byRequest = (run: RunResult) => serviceOf(run, 'web').stickiness.byRequest;
  const UP = '[ { at: 30s, do: kubectl scale deployment/web --replicas=6 } ]';
  const DOWN = '[ { at: 30s, do: kubectl scale deployment/web --replicas=3 } ]';

  for (const mode of ['persistent', 'balanced']) {
    it(`leads every session to its pod (${mode})`, async () => {
      const run = await browse(mode);
      expect(share(byRequest(run))).to.equal(1);
      expect(byRequest(run).breaks).to.deep.equal({});
      expect(requestsOf(run, 'web').every((count) => count > 0)).to.equal(true);
    });

    it(`breaks where the pod is gone (${mode})`, async () => {
      const { breaks, pairs, same } = byRequest(await browse(mode, { timeline: DOWN }));
      expect(breaks['pod gone']).to.be.within(30, 75); // a quarter of 200
      expect(totalOf(Object.values(breaks))).to.equal(pairs - same);
    });
  }

  it('persistent stays after a scale-up, and the new pods wait for new sessions', async () => {
    const run = await browse('persistent', { timeline: UP });
    expect(share(byRequest(run))).to.equal(1);
    expect(requestsOf(run, 'web').slice(4)).to.deep.equal([0, 0]);
  });

  it('balanced moves about 1 − 4 ÷ 6 of the sessions, each where the ring says', async () => {
    const { breaks } = byRequest(await browse('balanced', { timeline: UP }));
    expect(breaks.rehashed / 200).to.be.within(0.2, 0.55);
    expect(Object.keys(breaks)).to.deep.equal(['rehashed']);
  });

  it('is not there without the annotation: workers take turns by themselves', async () => {
    const run = await browse('balanced', { affinity: false });
    const counts = requestsOf(run, 'web');
    // Four workers, each with a turn of its own from a start of its own: never more than one apart each.
    expect(Math.max(...counts) - Math.min(...counts)).to.be.within(0, 4);
    expect(share(byRequest(run))).to.be.closeTo(0.25, 0.1);
    expect(byRequest(run).breaks).to.deep.equal({});
  });
});

describe('an Ingress in front of a Service', () => {
  it('is what opens connections to its pods: at most one per worker and request at once', async () => {
    const run = await replay(
      `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 2 }, ingress: { class: nginx, replicas: 1, workers: 2 } }
  workloads: { deployment/web: { service: 1ms } }
  clients: [ { name: c, count: 30, target: "http://shop.example/", arrivals: { process: deterministic, rate: 5/s } } ]`,
      deployment('web', 2) + service('web') + ingress('shop.example', { '/': 'web' }),
    );
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
    expect([...serviceOf(run, 'web').connections]).to.deep.equal([2, 2]);
  });

  it('tries another pod when a connection is refused, so that a scale-down loses nobody', async () => {
    const run = await replay(
      `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 2 }, ingress: { class: nginx, replicas: 1, workers: 2 } }
  workloads: { deployment/web: { service: 100ms, concurrency: 1000, server: { maxRequestsPerConnection: 1 } } }
  clients: [ { name: c, count: 30, target: "http://shop.example/", arrivals: { process: deterministic, rate: 100/s } } ]
  timeline: [ { at: 10s, do: kubectl scale deployment/web --replicas=2 } ]`,
      deployment('web', 4) + service('web') + ingress('shop.example', { '/': 'web' }),
    );
    expect(run.connections.refused).to.be.above(0);
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
  });

  it('answers 502 when all its tries fail, or the pod goes away under the request', async () => {
    const run = await replay(
      `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 1 }, ingress: { class: nginx, replicas: 1, workers: 1 } }
  workloads: { deployment/web: { service: 3s, concurrency: 1000 } }
  clients: [ { name: c, count: 100, target: "http://shop.example/", arrivals: { process: deterministic, rate: 20/s } } ]
  timeline: [ { at: 10s, do: "kubectl delete pod -l app=web" } ]`,
      deployment('web', 1, { pod: 'terminationGracePeriodSeconds: 1' }) + service('web') + ingress('shop.example', { '/': 'web' }),
    );
    expect(Object.keys(run.requests.byOutcome)).to.have.members(['ok', 'bad-gateway']);
    expect(run.requests.byOutcome['bad-gateway']).to.be.within(35, 65); // 2 s of requests, and those until the worker's poll
  });

  it('lets go of what it holds when its own pod is killed', async () => {
    const gate = deployment('gate', 1, { pod: 'terminationGracePeriodSeconds: 1' }).replace('gate:1', 'registry.k8s.io/ingress-nginx/controller:v1.13.0');
    const run = await replay(
      `  run: { duration: 20s, warmup: 0s }
  cluster: { nodes: { count: 1 } }
  workloads: { deployment/web: { service: 4s, concurrency: 1000 } }
  clients: [ { name: c, count: 100, target: "http://shop.example/", arrivals: { process: deterministic, rate: 20/s } } ]
  timeline: [ { at: 10s, do: "kubectl delete pod -l app=gate" } ]`,
      deployment('web', 1) + service('web') + gate + service('gate', 'type: LoadBalancer') + ingress('shop.example', { '/': 'web' }),
    );
    expect(run.requests).to.include({ inFlight: 0 });
    // At the end of the grace period those of the 3 s before SIGTERM that had a connection are not answered; the pods go on with them.
    expect(run.requests.byOutcome.reset).to.be.within(45, 62);
    expect(requestsOf(run, 'web')).to.deep.equal([run.requests.byOutcome.ok + run.requests.byOutcome.reset]);
  });
});
