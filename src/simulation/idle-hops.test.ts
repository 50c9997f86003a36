/** Connections that are quiet for longer than some hop remembers them, and those whose node is no longer theirs. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { addresses, deployment, replay, service } from '../testing/small-cluster.ts';

interface Setting {
  /** Seconds between the requests of the one client. */
  readonly every: number;
  readonly kind?: string;
  /** Beside `type: LoadBalancer`. */
  readonly service?: string;
  readonly protocol?: string;
  readonly from?: string;
  readonly cluster?: string;
  readonly more?: string;
  readonly pods?: number;
  readonly timeline?: string;
  readonly seconds?: number;
  readonly workload?: string;
}

const OUTSIDE = 'network: { latency: { sameNode: 0s, sameZone: 0s, crossZone: 0s, external: 10ms } }';

/** One client on one connection to a Service of type LoadBalancer, from outside, or by its name from within. */
async function go(setting: Setting): Promise<RunResult> {
  const { every, kind = 'kind: flow-hash', service: more = '', protocol = '', from = 'external', cluster = 'kubeProxy: { mode: iptables }' } = setting;
  const { pods = 2, timeline = '', seconds = 10 * every + 0.5, workload = 'service: 0s' } = setting;
  const manifests = deployment('web', pods) + service('web', `type: LoadBalancer${more}`);
  const { loadBalancer } = await addresses(manifests, `  cluster: { nodes: { count: 3 }, loadBalancer: { ${kind} } }`);
  const target = from === 'external' ? `http://${loadBalancer('web')}/` : 'http://web/';
  return replay(
    `  run: { duration: ${seconds}s, warmup: 0s, gracefulStop: 2000s }
  cluster: { nodes: { count: 3 }, loadBalancer: { ${kind} }, ${OUTSIDE}, ${cluster} }
  workloads: { deployment/web: { ${workload} } }
  clients: [ { name: c, count: 1, from: ${from}, target: "${target}", protocol: { ${protocol} }, arrivals: { process: deterministic, rate: ${60 / every}/m }${setting.more ?? ''} } ]
  timeline: [ ${timeline} ]`,
    manifests,
  );
}

describe('a hop that forgets quiet connections', () => {
  it('nlb: answers the next packet after 350 s with a reset; the client opens another connection', async () => {
    const run = await go({ kind: 'kind: nlb', every: 400 });
    // Request 1 opens, 2 is reset, 3 opens, …
    expect(run.requests.byOutcome).to.deep.equal({ ok: 5, reset: 5 });
    expect(run.connections.brokenBy).to.deep.equal({ 'nlb, idle for 350s': 5 });
    expect(run.connections.closed).to.deep.equal({ reset: 5 });
    expect(run.connections.opened).to.equal(5);
    expect((await go({ kind: 'kind: nlb', every: 300 })).requests.byOutcome).to.deep.equal({ ok: 10 });
    expect((await go({ kind: 'kind: nlb, idleTimeout: 6000s', every: 400 })).requests.byOutcome).to.deep.equal({ ok: 10 });
  });

  it('azure: says nothing after 4 minutes, so that the client waits for its own time-out, or for TCP to give up', async () => {
    const patient = await go({ kind: 'kind: azure', every: 300, more: ', timeout: 2s' });
    expect(patient.requests.byOutcome).to.deep.equal({ ok: 5, timeout: 5 });
    expect(patient.connections.brokenBy).to.deep.equal({ 'azure, idle for 240s': 5 });
    const endless = await go({ kind: 'kind: azure', every: 1000 });
    expect(endless.requests.byOutcome).to.deep.equal({ ok: 5, timeout: 5 });
    expect(endless.clients[0].request_duration.max).to.equal(924.6e9); // Linux, tcp_retries2
  });

  it('azure with TCP reset: lets the client know at once, so that no request fails', async () => {
    const run = await go({ kind: 'kind: azure, tcpReset: on', every: 300 });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(run.connections.opened).to.equal(10);
    expect(run.connections.brokenBy).to.deep.equal({ 'azure, idle for 240s': 9 }); // the tenth after the end
  });

  it('gcp: hashes the flow anew after 60 s, to the same node as long as the nodes stay', async () => {
    const run = await go({ kind: 'kind: gcp', every: 100 });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(run.connections.opened).to.equal(1);
  });

  it('ipvs: resets after 900 s, from inside too', async () => {
    for (const from of ['external', 'nodes']) {
      const run = await go({ every: 1000, from, cluster: 'kubeProxy: { mode: ipvs }' });
      expect(run.requests.byOutcome, from).to.deep.equal({ ok: 5, reset: 5 });
      expect(run.connections.brokenBy, from).to.deep.equal({ 'kube-proxy ipvs rr, idle for 900s': 5 });
    }
  });

  it('the one with the shortest time is named when several stand on the way', async () => {
    const run = await go({ kind: 'kind: nlb', every: 1000, cluster: 'kubeProxy: { mode: ipvs }' });
    expect(run.connections.brokenBy).to.deep.equal({ 'nlb, idle for 350s': 5 });
  });

  it('conntrack: takes the flow up as a new one after 24 h; with one pod it goes on, with more it meets a stranger', async () => {
    const one = await go({ every: 90000, from: 'nodes', pods: 1 });
    expect(one.requests.byOutcome).to.deep.equal({ ok: 10 });
    const many = await go({ every: 90000, from: 'nodes', pods: 20, seconds: 40 * 90000 + 1 });
    expect(many.connections.brokenBy['conntrack, idle for 86400s']).to.be.within(15, 20);
    expect((await go({ every: 80000, from: 'nodes', pods: 20 })).requests.byOutcome).to.deep.equal({ ok: 10 });
    const short = await go({ every: 400, from: 'nodes', pods: 20, cluster: 'kubeProxy: { mode: iptables }, conntrack: { tcpEstablishedTimeout: 300s }' });
    expect(short.connections.brokenBy['conntrack, idle for 300s']).to.be.above(3);
  });

  it('is kept awake by TCP keep-alive, if the probes come often enough', async () => {
    for (const kind of ['nlb', 'azure']) {
      const run = await go({ kind: `kind: ${kind}`, every: 1000, protocol: 'tcpKeepAlive: 15s' });
      expect(run.requests.byOutcome, kind).to.deep.equal({ ok: 10 });
      expect(run.connections.opened, kind).to.equal(1);
    }
  });

  it('is found out by the probe when it comes too late: no request fails, but the connection is gone', async () => {
    const run = await go({ kind: 'kind: nlb', every: 1000, protocol: 'tcpKeepAlive: 400s' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(run.connections.opened).to.equal(10);
    expect(run.connections.brokenBy).to.deep.equal({ 'nlb, idle for 350s': 9 }); // the tenth after the end
  });

  it('does not matter when the server closes idle connections before', async () => {
    const run = await go({ kind: 'kind: nlb', every: 400, workload: 'service: 0s, server: { keepAliveTimeout: 60s }' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(run.connections.brokenBy).to.deep.equal({});
  });

  it('takes all streams of a connection with it', async () => {
    const run = await go({ kind: 'kind: azure', every: 300, protocol: 'type: http/2', more: ', timeout: 10s' });
    // The client cannot tell silence from a slow server: it goes on with the connection until TCP gives up, 924.6 s after the first loss.
    // Lost are those at 600, 900, 1200, 1500, then at 2100, 2400, 2700, 3000 s.
    expect(run.requests.byOutcome).to.deep.equal({ ok: 2, timeout: 8 });
  });
});

describe('a load balancer whose targets change', () => {
  const CLUSTER = 'nodes: { count: 4 }, addressSeed: 4'; // an address that node-1, where the first pod is, does not lead

  /** 200 clients with a connection each, a request a second; the Service's policy is Local, so a node is a target while it has a pod. */
  async function flows(kind: string, scale: readonly [number, number]): Promise<RunResult> {
    const manifests = deployment('web', scale[0]) + service('web', 'type: LoadBalancer, externalTrafficPolicy: Local');
    const { loadBalancer } = await addresses(manifests, `  cluster: { ${CLUSTER} }`);
    return replay(
      `  run: { duration: 60s, warmup: 0s }
  cluster: { ${CLUSTER}, loadBalancer: { ${kind} }, kubeProxy: { mode: iptables }, ${OUTSIDE} }
  workloads: { deployment/web: { concurrency: 100, service: 1ms } }
  clients: [ { name: c, count: 200, from: external, target: "http://${loadBalancer('web')}/", arrivals: { rate: 200/s }, timeout: 5s } ]
  timeline: [ { at: 20s, do: kubectl scale deployment/web --replicas=${scale[1]} } ]`,
      manifests,
    );
  }

  it('keeps the flows of nodes that stay (Google, Azure)', async () => {
    for (const kind of ['gcp', 'azure', 'flow-hash']) {
      const run = await flows(`kind: ${kind}`, [4, 3]);
      expect(run.connections.brokenBy, kind).to.deep.equal({});
      expect(run.requests.byOutcome.reset, kind).to.equal(undefined);
    }
  });

  it('moves most flows to other nodes, where nobody knows them, when a router has one node less; resilient few', async () => {
    const broken = async (more: string) =>
      (await flows(`kind: metallb-bgp${more}`, [4, 3])).connections.brokenBy['metallb-bgp, flow moved to another node'] ?? 0;
    expect(await broken('')).to.be.within(80, 130); // two thirds of 150: the fourth node's own end with their pod
    expect(await broken(', resilient: on')).to.be.below(10);
  });

  it('moves all flows when another node leads (MetalLB, layer 2)', async () => {
    const run = await flows('kind: metallb-l2', [1, 4]);
    expect(run.connections.brokenBy).to.deep.equal({ 'metallb-l2, flow moved to another node': 200 });
    expect(run.requests.byOutcome.reset).to.equal(200);
  });
});
