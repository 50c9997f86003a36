/** What a Service's addresses and policies mean on each node: l4.md 1.1, 3.1, 5.6 and the rows of 8.6. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { addresses, deployment, NO_LATENCY, podsOn, replay, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

interface Way {
  readonly pods: readonly string[];
  readonly spec: string;
  readonly target: string;
  readonly from?: string;
  readonly mode?: string;
  readonly nodes?: number;
  readonly requests?: number;
  readonly clients?: number;
}

/** As many connections as asked for, a hundred a second, one request each. */
function go({ pods, spec, target, from = 'external', mode = 'iptables', nodes = 3, requests = 60, clients = 1 }: Way): Promise<RunResult> {
  return replay(
    `  run: { duration: ${requests * 10 + 5}ms, warmup: 0s, gracefulStop: 200s }
  cluster: { kubeProxy: { mode: ${mode} }, nodes: { count: ${nodes}, public: true }, ${NO_LATENCY} }
  clients: [ { name: c, count: ${clients}, from: ${from}, target: "${target}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s }, timeout: 5s } ]`,
    podsOn('web', pods) + service('web', spec),
  );
}

async function outcomesOf(way: Way): Promise<Record<string, number>> {
  return (await go(way)).requests.byOutcome;
}

/** Requests by node of the pod. */
function byNode(run: RunResult): Record<string, number> {
  const web = serviceOf(run, 'web');
  const sums: Record<string, number> = {};
  web.pods.forEach((pod, entry) => {
    const { node } = run.pods[pod];
    sums[node] = (sums[node] ?? 0) + web.requests[entry];
  });
  return sums;
}

const NODE_PORT = 'http://node-1:30080/';
const EXTERNAL_LOCAL = 'type: NodePort, externalTrafficPolicy: Local';

describe('internalTrafficPolicy Local', () => {
  const INTERNAL_LOCAL = 'internalTrafficPolicy: Local';

  it('keeps a caller’s connections on its node', async () => {
    const run = await go({ pods: ['node-1', 'node-1', 'node-2'], spec: INTERNAL_LOCAL, target: 'http://web/', from: 'node/node-2' });
    expect(byNode(run)).to.deep.equal({ 'node-1': 0, 'node-2': 60 });
  });

  it('is silence in iptables mode where no pod is, since others are elsewhere', async () => {
    const way = { pods: ['node-1'], spec: INTERNAL_LOCAL, target: 'http://web/', from: 'node/node-2' };
    expect(await outcomesOf(way)).to.deep.equal({ 'connect-timeout': 60 });
  });

  it('is refused in iptables mode when there is no pod anywhere, and in ipvs mode when there is none here: its virtual server is empty', async () => {
    const way = { spec: INTERNAL_LOCAL, target: 'http://web/', from: 'node/node-2' };
    expect(await outcomesOf({ ...way, pods: [] })).to.deep.equal({ refused: 60 });
    expect(await outcomesOf({ ...way, pods: ['node-1'], mode: 'ipvs' })).to.deep.equal({ refused: 60 });
  });

  it('does not concern callers from outside', async () => {
    const way = { pods: ['node-2', 'node-3'], spec: 'type: NodePort, internalTrafficPolicy: Local', target: NODE_PORT };
    expect(await outcomesOf(way)).to.deep.equal({ ok: 60 });
  });
});

describe('externalTrafficPolicy Local', () => {
  it('gives callers from outside the pods of the node that they enter', async () => {
    const run = await go({ pods: ['node-1', 'node-2', 'node-2'], spec: EXTERNAL_LOCAL, target: NODE_PORT });
    expect(byNode(run)).to.deep.equal({ 'node-1': 60, 'node-2': 0 });
  });

  it('is silence in iptables mode at a node without a pod, and refused when there is none at all', async () => {
    expect(await outcomesOf({ pods: ['node-2'], spec: EXTERNAL_LOCAL, target: NODE_PORT })).to.deep.equal({ 'connect-timeout': 60 });
    expect(await outcomesOf({ pods: [], spec: EXTERNAL_LOCAL, target: NODE_PORT })).to.deep.equal({ refused: 60 });
  });

  it('is passed by callers within the cluster in iptables mode', async () => {
    const run = await go({ pods: ['node-1', 'node-2'], spec: EXTERNAL_LOCAL, target: 'http://node-3:30080/', from: 'node/node-1', requests: 400 });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 400 });
    expect(byNode(run)['node-1']).to.be.within(150, 250);
  });

  it('in ipvs mode binds callers within the cluster too, and lends pods of other nodes, whose answers only callers of the node can take', async () => {
    const way = { spec: EXTERNAL_LOCAL, mode: 'ipvs', target: NODE_PORT };
    expect(byNode(await go({ ...way, pods: ['node-1', 'node-2'], from: 'node/node-3' }))).to.deep.equal({ 'node-1': 60, 'node-2': 0 });
    expect(await outcomesOf({ ...way, pods: ['node-2'], from: 'node/node-1' })).to.deep.equal({ ok: 60 });
    expect(await outcomesOf({ ...way, pods: ['node-2'], from: 'node/node-3' })).to.deep.equal({ 'connect-timeout': 60 });
    expect(await outcomesOf({ ...way, pods: ['node-2'], from: 'external' })).to.deep.equal({ 'connect-timeout': 60 });
  });

  it('of Cilium binds callers from outside, and not those within the cluster at the same node port', async () => {
    const run = await replay(
      `  run: { duration: 605ms, warmup: 0s, gracefulStop: 20s }
  cluster: { kubeProxy: { mode: cilium }, nodes: { count: 3, public: true }, ${NO_LATENCY} }
  clients:
    - { name: a, count: 1, from: external, target: "${NODE_PORT}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } }
    - { name: b, count: 1, from: node/node-1, target: "${NODE_PORT}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } }`,
      podsOn('web', ['node-1', 'node-2']) + service('web', EXTERNAL_LOCAL),
    );
    expect(run.requests.byOutcome).to.deep.equal({ ok: 120 });
    expect(byNode(run)['node-2']).to.be.within(15, 45); // half of the 60 from inside, none from outside
    expect(serviceOf(run, 'web').traffic).to.include({ sent: 120, clientAddressKept: 120 });
  });

  it('does not concern the ClusterIP', async () => {
    expect(await outcomesOf({ pods: ['node-2'], spec: EXTERNAL_LOCAL, target: 'http://web/', from: 'node/node-1' })).to.deep.equal({ ok: 60 });
  });
});

describe('pods that terminate', () => {
  const ending = (policy: string, mode: string) =>
    replay(
      `  run: { duration: 5005ms, warmup: 0s, gracefulStop: 20s }
  cluster: { kubeProxy: { mode: ${mode} }, nodes: { count: 1, public: true }, ${NO_LATENCY} }
  clients: [ { name: c, count: 1, from: external, target: "${NODE_PORT}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } } ]
  timeline: [ { at: 2s, do: kubectl scale deployment/web --replicas=0 } ]`,
      deployment('web', 2, { container: 'lifecycle: { preStop: { sleep: { seconds: 2 } } }' }) +
        service('web', `type: NodePort, externalTrafficPolicy: ${policy}`),
    );

  it('serve on until SIGTERM when there are no others, by either policy', async () => {
    for (const policy of ['Cluster', 'Local']) {
      for (const mode of ['iptables', 'ipvs', 'nftables']) {
        const { ok, ...lost } = (await ending(policy, mode)).requests.byOutcome;
        expect(ok, `${policy} ${mode}`).to.be.within(398, 400); // 2 s, and 2 s of preStop
        expect(Object.keys(lost), `${policy} ${mode}`).to.include('refused');
      }
    }
  });

  it('take nothing new before Kubernetes 1.26', async () => {
    const old = await replay(
      `  run: { duration: 3005ms, warmup: 0s, gracefulStop: 20s }
  cluster: { kubernetesVersion: "1.25", kubeProxy: { mode: iptables }, nodes: { count: 1 }, ${NO_LATENCY} }
  clients: [ { name: c, count: 1, from: nodes, target: "http://web/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } } ]
  timeline: [ { at: 1s, do: kubectl scale deployment/web --replicas=0 } ]`,
      deployment('web', 2, { container: 'lifecycle: { preStop: { sleep: { seconds: 10 } } }' }) + service('web'),
    );
    expect(old.requests.byOutcome.ok).to.be.within(100, 112); // until the node has heard of it
    expect(old.requests.byOutcome.refused).to.be.within(188, 200);
  });
});

describe('ports of one Service', () => {
  it('lead to ports of their own, by number or by each pod’s name for it', async () => {
    const manifests = `
apiVersion: v1
kind: Pod
metadata: { name: old, labels: { app: web } }
spec: { containers: [ { name: main, image: main, ports: [ { name: http, containerPort: 8080 }, { name: admin, containerPort: 9000 } ] } ] }
---
apiVersion: v1
kind: Pod
metadata: { name: new, labels: { app: web } }
spec: { containers: [ { name: main, image: main, ports: [ { name: http, containerPort: 8081 } ] } ] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [ { name: web, port: 80, targetPort: http }, { name: admin, port: 9000, targetPort: admin } ] }
---`;
    const at = (port: number) =>
      replay(
        `  run: { duration: 605ms, warmup: 0s, gracefulStop: 20s }
  cluster: { kubeProxy: { mode: ipvs }, nodes: { count: 1 }, ${NO_LATENCY} }
  clients: [ { name: c, count: 1, from: nodes, target: "http://web:${port}/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } } ]`,
        manifests,
      );
    expect([...serviceOf(await at(80), 'web').requests]).to.deep.equal([30, 30]);
    expect([...serviceOf(await at(9000), 'web').requests].sort()).to.deep.equal([0, 60]); // one pod has that port
  });
});

describe('frontends', () => {
  it('of ipvs take turns of their own: ClusterIP and node port both begin at the last pod', async () => {
    const both = await replay(
      `  run: { duration: 15ms, warmup: 0s, gracefulStop: 1s }
  cluster: { kubeProxy: { mode: ipvs }, nodes: { count: 3 }, ${NO_LATENCY} }
  clients:
    - { name: a, count: 1, from: node/node-1, target: "http://web/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } }
    - { name: b, count: 1, from: node/node-1, target: "${NODE_PORT}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } }`,
      podsOn('web', ['node-1', 'node-1', 'node-1']) + service('web', 'type: NodePort'),
    );
    expect([...serviceOf(both, 'web').requests]).to.deep.equal([0, 0, 2]);
  });

  it('at an external IP answer inside, on the node that has it, and outside by way of any node', async () => {
    const way = { pods: ['node-1', 'node-2'], spec: 'externalIPs: [192.0.2.80]' };
    for (const from of ['node/node-3', 'external', 'vpc']) {
      expect(await outcomesOf({ ...way, from, target: 'http://192.0.2.80/' }), from).to.deep.equal({ ok: 60 });
      expect(await outcomesOf({ ...way, from, target: 'http://192.0.2.80:81/' }), from).to.deep.equal({ 'connect-timeout': 60 });
    }
    expect(await outcomesOf({ ...way, spec: 'externalIPs: [203.0.113.2]', target: 'http://203.0.113.2/' })).to.deep.equal({ ok: 60 });
  });

  it('of a load balancer let in loadBalancerSourceRanges only; node ports let in all', async () => {
    const pods = ['node-1', 'node-2'];
    const spec = (range: string) => `type: LoadBalancer, loadBalancerSourceRanges: ["${range}"]`;
    const { loadBalancer } = await addresses(podsOn('web', pods) + service('web', spec('0.0.0.0/0')));
    const target = `http://${loadBalancer('web')}/`;
    expect(await outcomesOf({ pods, spec: spec('192.0.2.0/24'), target })).to.deep.equal({ 'connect-timeout': 60 });
    expect(await outcomesOf({ pods, spec: spec('198.18.0.0/15'), target })).to.deep.equal({ ok: 60 });
    expect(await outcomesOf({ pods, spec: spec('192.0.2.0/24'), target, from: 'node/node-1' })).to.deep.equal({ 'connect-timeout': 60 });
    const run = await replay(
      `  run: { duration: 105ms, warmup: 0s, gracefulStop: 1s }
  cluster: { nodes: { count: 3, public: true }, ${NO_LATENCY} }
  clients: [ { name: c, count: 1, from: external, target: "http://node-1:30080/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } } ]`,
      podsOn('web', pods) + service('web', spec('192.0.2.0/24')).replace('targetPort: http', 'targetPort: http, nodePort: 30080'),
    );
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
  });

  it('of a load balancer without node ports are its own address on each node', async () => {
    const pods = ['node-1', 'node-2'];
    const spec = 'type: LoadBalancer, allocateLoadBalancerNodePorts: false';
    const { loadBalancer } = await addresses(podsOn('web', pods) + service('web', spec));
    expect(await outcomesOf({ pods, spec, target: `http://${loadBalancer('web')}/` })).to.deep.equal({ ok: 60 });
  });
});

describe('a load balancer over nodes (l4.md 8.6)', () => {
  const balanced = async (pods: readonly string[], nodes: number, policy: string) => {
    const spec = `type: LoadBalancer, externalTrafficPolicy: ${policy}`;
    const { loadBalancer } = await addresses(podsOn('web', pods) + service('web', spec));
    return go({ pods, spec, nodes, target: `http://${loadBalancer('web')}/`, requests: 4000, clients: 4000 });
  };

  it('with policy Local gives each node its equal part: 2 pods on one and 1 on the other get 25, 25, 50 %', async () => {
    const run = await balanced(['node-1', 'node-1', 'node-2'], 2, 'Local');
    const shares = [...serviceOf(run, 'web').requests].map((count) => count / 4000);
    [0.25, 0.25, 0.5].forEach((share, i) => {
      expect(shares[i]).to.be.closeTo(share, 0.03);
    });
  });

  it('with policy Cluster gives each pod its equal part', async () => {
    const run = await balanced(['node-1', 'node-1', 'node-2'], 2, 'Cluster');
    for (const count of serviceOf(run, 'web').requests) expect(count / 4000).to.be.closeTo(1 / 3, 0.03);
    expect(totalOf([...serviceOf(run, 'web').requests])).to.equal(4000);
  });
});

describe('topology hints', () => {
  const zoned = (spec: string, from: string, pods = ['node-1', 'node-2', 'node-3', 'node-4']) =>
    replay(
      `  run: { duration: 605ms, warmup: 0s, gracefulStop: 200s }
  cluster: { kubeProxy: { mode: iptables }, nodes: { count: 6, zones: [a, b, c] }, ${NO_LATENCY} }
  clients: [ { name: c, count: 1, from: ${from}, target: "http://web/", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 100/s } } ]`,
      podsOn('web', pods) + service('web', spec),
    );

  it('keep traffic in its zone, or on its node', async () => {
    expect(byNode(await zoned('trafficDistribution: PreferClose', 'node/node-5'))).to.deep.equal({ 'node-1': 0, 'node-2': 60, 'node-3': 0, 'node-4': 0 });
    const near = byNode(await zoned('trafficDistribution: PreferSameZone', 'node/node-1'));
    expect([near['node-2'], near['node-3']]).to.deep.equal([0, 0]);
    expect(near['node-1']).to.be.within(15, 45);
    expect(byNode(await zoned('trafficDistribution: PreferSameNode', 'node/node-1'))['node-1']).to.equal(60);
  });

  it('leave a zone without a pod with all', async () => {
    const all = byNode(await zoned('trafficDistribution: PreferClose', 'node/node-3', ['node-1', 'node-2']));
    expect(all['node-1']).to.be.within(15, 45);
    expect(all['node-2']).to.be.within(15, 45);
  });
});
