/** When the balancer in front of the nodes learns what, by kind. */
import { expect } from 'chai';
import { createExplanation, createFlow } from '../balancers/index.ts';
import { scenario, sectionIssues } from '../testing/scenarios.ts';
import { addresses, deployment, NO_LATENCY, podsOn, replay, requestsOf, service } from '../testing/small-cluster.ts';
import { assemble, start } from './assemble.ts';

const LOCAL = 'type: LoadBalancer, externalTrafficPolicy: Local';
const WEB = (pods: number, more = LOCAL) => deployment('web', pods) + service('web', more);

/** Candidates, node (or pod) number → probability, at these times [s]. */
async function candidates(kind: string, times: readonly number[], { pods = 2, more = LOCAL, timeline = '', nodes = 'count: 4' } = {}) {
  const built = await scenario(
    `  run: { duration: 5m, warmup: 0s }
  cluster: { nodes: { ${nodes} }, loadBalancer: { ${kind} } }
  clients: [ { name: c, count: 1, from: nodes, target: "http://web/", arrivals: { rate: 1/s } } ]
  timeline: [ ${timeline} ]`,
    WEB(pods, more),
  );
  const assembly = assemble(built, 'test', 0);
  start(assembly, built);
  const { kernel, loadBalancers, planes } = assembly.world;
  return times.map((seconds) => {
    kernel.advance(seconds * 1e9, 1e9, assembly.path);
    const out = createExplanation();
    loadBalancers.at(planes.ports[0]).explain(createFlow(), out);
    return Object.fromEntries(out.candidates.map(({ endpoint, probability }) => [endpoint, probability]));
  });
}

describe('a load balancer of nodes', () => {
  it('uses all nodes with externalTrafficPolicy Cluster, with Local those that have a ready pod', async () => {
    for (const kind of ['flow-hash', 'nlb', 'azure', 'metallb-bgp', 'servicelb']) {
      const [cluster] = await candidates(`kind: ${kind}`, [0], { more: 'type: LoadBalancer' });
      expect(cluster, kind).to.deep.equal({ 0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25 });
      const [local] = await candidates(`kind: ${kind}`, [0]);
      expect(Object.values(local), kind).to.deep.equal([0.5, 0.5]);
    }
  });

  it('learns with its probes that a node has lost its last pod, and that one has a new pod', async () => {
    const scale = '{ at: 20s, do: kubectl scale deployment/web --replicas=4 }, { at: 100s, do: kubectl scale deployment/web --replicas=2 }';
    const sizes = async (kind: string, times: readonly number[]) => (await candidates(kind, times, { timeline: scale })).map((law) => Object.keys(law).length);
    // 2 good probes of 10 s: 10 to 20 s after the pods are ready, 1 failed probe more than that for the way out
    const check = 'kind: flow-hash, healthCheck: { interval: 10s, healthyThreshold: 2, unhealthyThreshold: 3 }';
    expect(await sizes(check, [19, 29.9, 40.5, 99, 119.9, 131])).to.deep.equal([2, 2, 4, 4, 4, 2]);
    expect(await sizes('kind: metallb-bgp', [19.9, 20.5, 99.9, 100.5])).to.deep.equal([2, 4, 4, 2]); // the watch brings it
  });

  it('sends a weighted share to nodes with more pods (Google)', async () => {
    const [law] = await candidates('kind: gcp, weighted: on', [0], { pods: 6 });
    expect(Object.values(law).sort()).to.satisfy((shares: number[]) => [1 / 6, 1 / 6, 1 / 3, 1 / 3].every((want, i) => Math.abs(shares[i] - want) < 0.001));
  });

  it('takes no target out on a change of mind between two probes', async () => {
    const blip = '{ at: 100s, do: kubectl scale deployment/web --replicas=1 }, { at: 105s, do: kubectl scale deployment/web --replicas=2 }';
    const laws = await candidates('kind: nlb', [99, 110, 120, 130, 140], { timeline: blip, nodes: 'count: 2' });
    for (const law of laws) expect(law).to.deep.equal({ 0: 0.5, 1: 0.5 });
  });
});

describe('a load balancer of pods', () => {
  it('chooses among the pods, a new one after its first good probes, and none that goes', async () => {
    const timeline = '{ at: 20s, do: kubectl scale deployment/web --replicas=3 }, { at: 100s, do: kubectl scale deployment/web --replicas=1 }';
    const laws = await candidates('kind: nlb, targets: ip', [0, 39, 51, 99, 100.5], { timeline });
    expect(laws.map((law) => Object.keys(law).length)).to.deep.equal([2, 2, 3, 3, 1]);
  });
});

describe('the share of each pod behind a load balancer (l4.md 8.6)', () => {
  interface Row {
    readonly kind: string;
    /** Node of each pod. */
    readonly pods: readonly string[];
    readonly nodes?: string;
    readonly spec?: string;
    readonly mode?: string;
    readonly clients?: number;
    readonly keepAlive?: string;
  }

  /** Shares of 4000 connections from as many clients outside. */
  async function shares({ kind, pods, nodes = 'count: 2', spec = ', externalTrafficPolicy: Local', mode = 'iptables', clients = 4000, keepAlive = 'on' }: Row) {
    const manifests = podsOn('web', pods) + service('web', `type: LoadBalancer${spec}`);
    const { loadBalancer } = await addresses(manifests, `  cluster: { nodes: { ${nodes} } }`);
    const run = await replay(
      `  run: { duration: 4005ms, warmup: 0s }
  cluster: { nodes: { ${nodes} }, loadBalancer: { kind: ${kind} }, kubeProxy: { mode: ${mode} }, ${NO_LATENCY} }
  clients: [ { name: c, count: ${clients}, from: external, target: "http://${loadBalancer('web')}/", protocol: { keepAlive: ${keepAlive} }, arrivals: { process: deterministic, rate: 1000/s }, timeout: 1s } ]`,
      manifests,
    );
    return requestsOf(run, 'web').map((count) => count / run.requests.offered);
  }

  function close(found: readonly number[], wanted: readonly number[], what: string) {
    expect(found, what).to.have.length(wanted.length);
    for (const [i, share] of wanted.entries()) expect(found[i], what).to.be.closeTo(share, 0.03);
  }

  it('Local, 2 pods on one node and 1 on the other, equal parts per node: 25, 25, 50 %', async () => {
    for (const kind of ['flow-hash', 'azure', 'gcp', 'metallb-bgp', 'nlb', 'servicelb'])
      close(await shares({ kind, pods: ['node-1', 'node-1', 'node-2'], keepAlive: 'off', clients: 40 }), [0.25, 0.25, 0.5], kind);
  });

  it('MetalLB layer 2 and Local: all on the leader, 50, 50, 0 %', async () => {
    const found = await shares({ kind: 'metallb-l2', pods: ['node-1', 'node-1', 'node-2'] });
    const leads = found[2] === 0 ? [0.5, 0.5, 0] : [0, 0, 1];
    close(found, leads, 'metallb-l2');
  });

  it('NLB in two zones, cross-zone off, 1 pod in one and 3 in the other: 50, 16.7 ×3 %; with cross-zone 25 % each', async () => {
    const pods = ['node-1', 'node-2', 'node-4', 'node-6']; // zones a, b, b, b
    const nodes = 'count: 6, zones: [a, b]';
    close(await shares({ kind: 'nlb', pods, nodes }), [1 / 2, 1 / 6, 1 / 6, 1 / 6], 'off');
    close(await shares({ kind: 'nlb, crossZone: on', pods, nodes }), [1 / 4, 1 / 4, 1 / 4, 1 / 4], 'on');
    close(await shares({ kind: 'nlb, targets: ip', pods, nodes, spec: '' }), [1 / 2, 1 / 6, 1 / 6, 1 / 6], 'pods');
  });

  it('Cluster, 3 nodes with a pod each: 33.3 % each', async () => {
    close(await shares({ kind: 'nlb', pods: ['node-1', 'node-2', 'node-3'], nodes: 'count: 3', spec: '' }), [1 / 3, 1 / 3, 1 / 3], 'cluster');
  });

  it('ClientIP affinity pins each client once for each node that its ports fall to; behind ServiceLB all clients are one', async () => {
    const sticky = ', sessionAffinity: ClientIP';
    const pods = ['node-1', 'node-1', 'node-2', 'node-2', 'node-3', 'node-3', 'node-3', 'node-3'];
    const used = async (kind: string, clients: number) =>
      (await shares({ kind, pods, nodes: 'count: 3', spec: sticky, clients, keepAlive: 'off' })).filter((share) => share > 0).length;
    expect(await used('flow-hash', 1)).to.be.within(2, 3);
    expect(await used('azure, hash: 2-tuple', 1)).to.equal(1);
    expect(await used('servicelb', 500), 'one source address for each node').to.be.at.most(3);
    expect(await used('flow-hash', 500)).to.equal(8);
  });
});

describe('the words of cluster.loadBalancer', () => {
  const issuesOf = (text: string) => sectionIssues(`  cluster: { loadBalancer: { ${text} } }`);

  it('names knobs that the kind does not have, and values out of its range', async () => {
    expect((await issuesOf('kind: metallb-l2, hash: 3-tuple'))[0]).to.contain('hash: a knob that kind: metallb-l2 does not have (metallb-l2 has none)');
    expect((await issuesOf('kind: metallb-bgp, hash: 2-tuple'))[0]).to.contain('a hash that kind: metallb-bgp does not have "2-tuple" (5-tuple, 3-tuple)');
    expect((await issuesOf('kind: nlb, idleTimeout: 30s'))[0]).to.contain('idle time-out out of range "30s" (60s to 6000s)');
    expect((await issuesOf('kind: azure, idleTimeout: 2h'))[0]).to.contain('(240s to 6000s)');
    expect((await issuesOf('kind: nlb, healthCheck: { interval: 10ms }'))[0]).to.contain('more often than once a second');
    expect((await issuesOf('kind: elb'))[0]).to.contain('unknown value "elb"');
    expect(await issuesOf('kind: nlb, targets: ip, crossZone: on, stickiness: source-ip, idleTimeout: 350s')).to.deep.equal([]);
  });
});
