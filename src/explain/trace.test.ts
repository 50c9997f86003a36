/** Each way in, and each way in which it ends, on a small cluster. */
import { expect } from 'chai';
import fc from 'fast-check';
import { SCHEDULERS } from '../balancers/index.ts';
import { type ClientPlace, loadStudy, ProbeReader, type Scenario } from '../scenario/index.ts';
import { runReplication } from '../simulation/run.ts';
import type { Hop, TraceAnswer } from './answer.ts';
import { describeScenario } from './describe.ts';
import { Tracer } from './trace.ts';
import type { WalkOptions } from './walk.ts';

const CLUSTER = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [ { name: web, image: web:1, ports: [ { name: http, containerPort: 8080 } ] } ] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: 2
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [ { name: db, image: db:1, ports: [ { containerPort: 5432 } ] } ] }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { selector: { app: web }, ports: [ { port: 80, targetPort: http } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: sticky }, spec: { selector: { app: web }, sessionAffinity: ClientIP, ports: [ { port: 80, targetPort: http } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: ported }, spec: { type: NodePort, selector: { app: web }, ports: [ { port: 80, targetPort: http, nodePort: 30080 } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: front }, spec: { type: LoadBalancer, selector: { app: web }, ports: [ { port: 80, targetPort: http } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: db }, spec: { clusterIP: None, selector: { app: db }, ports: [ { port: 5432 } ] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: empty }, spec: { selector: { app: nobody }, ports: [ { port: 80 } ] } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop }
spec:
  rules:
    - host: shop.example
      http:
        paths:
          - { path: /web, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /empty, pathType: Prefix, backend: { service: { name: empty, port: { number: 80 } } } }
          - { path: /none, pathType: Prefix, backend: { service: { name: none, port: { number: 80 } } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: sessions, annotations: { nginx.ingress.kubernetes.io/affinity: cookie } }
spec:
  rules:
    - host: sessions.example
      http: { paths: [ { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } } ] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: rewritten, annotations: { nginx.ingress.kubernetes.io/rewrite-target: /$2 } }
spec:
  rules:
    - host: rewritten.example
      http: { paths: [ { path: "/api(/|$)(.*)", pathType: ImplementationSpecific, backend: { service: { name: web, port: { number: 80 } } } } ] }
`;

/** The cluster with a scenario around it; nodes and a client at wish. */
async function build(options: { kubeProxy?: string; nodes?: string; client?: string; more?: string } = {}): Promise<Scenario> {
  const { kubeProxy = 'ipvs', nodes = '{ count: 4 }', client = '{ name: c, target: http://web/, arrivals: { rate: 1/s } }', more = '' } = options;
  const text = `${CLUSTER}${more}
---
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: test }
spec:
  run: { duration: 10s, warmup: 0s }
  cluster: { nodes: ${nodes}, kubeProxy: { mode: ${kubeProxy} } }
  clients: [ ${client} ]
`;
  return (await loadStudy({ files: ['-'], stdin: text })).cells[0].scenario;
}

interface Asked {
  readonly from?: string;
  readonly seed?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

function ask(scenario: Scenario, url: string, asked: Asked = {}, options?: WalkOptions, tracer = new Tracer(scenario, '1')): TraceAnswer {
  const { target, from } = new ProbeReader(scenario).read(url, asked.from, { url: '--to', from: '--from' });
  return tracer.trace(
    { target, from, method: asked.method ?? 'GET', path: target.path, headers: asked.headers ?? {}, seed: asked.seed ?? '1', client: null },
    options,
  );
}

function hop(answer: TraceAnswer, kind: Hop['kind']): Hop {
  const found = answer.hops.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`no hop of kind ${kind} among ${answer.hops.map((each) => each.kind).join(', ')}`);
  return found;
}

const kinds = (answer: TraceAnswer) => answer.hops.map(({ kind }) => kind).join(' ');
const chances = ({ candidates }: Hop) => candidates.map(({ probability }) => Number(probability.toFixed(6)));

describe('trace inside the cluster', () => {
  it('gives the law of iptables and picks one of its candidates', async () => {
    const answer = ask(await build({ kubeProxy: 'iptables' }), 'http://web/cart');
    expect(kinds(answer)).to.equal('dns l4 pod');
    expect(chances(hop(answer, 'l4'))).to.deep.equal([0.333333, 0.333333, 0.333333]);
    const { picked, candidates } = hop(answer, 'l4');
    expect(candidates.find(({ endpoint }) => endpoint === picked)?.pod).to.equal(answer.pod);
    expect(answer).to.include({ outcome: 'ok', status: 200, grpcStatus: null, location: null, service: 'default/web' });
    expect(answer.forwarded).to.deep.equal({ host: 'web', path: '/cart', headers: {} });
  });

  it('tells every rule that the first packet passes, and how hints narrow the choice or why they do not', async () => {
    const hinted = (name: string, note: string, spec: string) =>
      `---\n{ apiVersion: v1, kind: Service, metadata: { name: ${name}, annotations: { ${note} } }, spec: { selector: { app: web }, ports: [ { port: 80, targetPort: http } ]${spec} } }\n`;
    const more = `${hinted('near', '', ', trafficDistribution: PreferClose')}${hinted('auto', 'service.kubernetes.io/topology-mode: Auto', '')}`;
    const scenario = await build({ kubeProxy: 'iptables', nodes: '{ count: 4, zones: [ a, b, c, d ] }', more });
    const { passed = [], rule } = hop(ask(scenario, 'http://web/', { from: 'node/node-1' }), 'l4');
    expect(passed.map((each) => each.slice(0, 9))).to.deep.equal(['PREROUTIN', 'KUBE-SERV', 'KUBE-SVC-', 'KUBE-SEP-']);
    expect(rule).to.equal('port 80 of default/web: random: chain of 3 statistic rules');
    const near = (node: number) => hop(ask(scenario, 'http://near/', { from: `node/node-${node}` }), 'l4');
    const rules = [1, 2, 3, 4].map((node) => near(node).rule);
    expect(rules.filter((each) => each.endsWith('1 of 3 endpoints'))).to.have.length(3);
    expect(rules.filter((each) => each.includes('no endpoint is hinted to zone'))).to.have.length(1);
    expect(hop(ask(scenario, 'http://auto/', { from: 'node/node-1' }), 'l4').rule).to.contain(
      'no hints: Insufficient number of endpoints (3 endpoints, 4 zones)',
    );
  });

  it('tells how many nodes answer the health check of a load balancer of policy Local', async () => {
    const more = `---\n{ apiVersion: v1, kind: Service, metadata: { name: near }, spec: { type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30999, selector: { app: web }, ports: [ { port: 80, targetPort: http } ] } }\n`;
    const scenario = await build({ more });
    const services = describeScenario(scenario).find(({ resource }) => resource === 'services');
    const address = services?.rows.find(([, name]) => name === 'near')?.[4];
    const lb = hop(ask(scenario, `http://${address}/`, { from: 'external' }), 'lb');
    expect(lb.rule).to.match(/health check port 30999 answers 200 on 3 of 4 nodes$/);
    expect(lb.candidates).to.have.length(3);
  });

  it('says whose address the pod sees: the caller’s within the cluster, the node’s where it is masqueraded', async () => {
    const scenario = await build({ nodes: '{ count: 3, public: true }', kubeProxy: 'iptables' });
    expect(ask(scenario, 'http://web/', { from: 'deployment/web' }).source).to.match(/^10\.244\./);
    expect(ask(scenario, 'http://empty/').source).to.equal(null);
    expect(ask(scenario, 'http://node-2:30080/', { from: 'external' }).source).to.equal('10.0.0.2');
  });

  it('gives the one next in turn under ipvs, the same on each node at rest', async () => {
    const scenario = await build();
    const answers = ['node/node-1', 'node/node-4'].map((from) => ask(scenario, 'http://web.default.svc.cluster.local/', { from }));
    expect(answers.map((answer) => chances(hop(answer, 'l4')))).to.deep.equal([[1], [1]]);
    expect(answers[0].pod).to.equal(answers[1].pod);
    expect(hop(answers[1], 'l4')).to.include({ node: 'node-4', plane: 'kube-proxy ipvs rr', remembered: null });
  });

  it('names the source that ClientIP affinity remembers, where, and for how long', async () => {
    for (const kubeProxy of ['ipvs', 'iptables']) {
      const answer = ask(await build({ kubeProxy }), 'http://sticky/', { from: 'deployment/web' });
      const { remembered, picked } = hop(answer, 'l4');
      expect(remembered?.key).to.match(/^10\.244\./);
      expect(remembered).to.include({ endpoint: picked, until: 10800 });
    }
  });

  it('refuses without endpoints, and takes the Service along', async () => {
    expect(ask(await build(), 'http://empty/')).to.include({ outcome: 'refused', status: null, service: 'default/empty', pod: null, forwarded: null });
  });

  it('refuses a wrong port under ipvs and times out under iptables', async () => {
    expect(ask(await build(), 'http://web:81/').outcome).to.equal('refused');
    expect(ask(await build({ kubeProxy: 'iptables' }), 'http://web:81/').outcome).to.equal('timeout');
  });

  it('spreads a headless name over its pods, and leads the name of one pod to that pod', async () => {
    const scenario = await build();
    const answer = ask(scenario, 'tcp://db:5432');
    expect(kinds(answer)).to.equal('dns pod');
    expect(chances(hop(answer, 'dns'))).to.deep.equal([0.5, 0.5]);
    expect(answer).to.include({ outcome: 'ok', status: null, service: 'default/db' });
    const seeds = Array.from({ length: 20 }, (_, i) => String(i));
    expect(new Set(seeds.map((seed) => ask(scenario, 'tcp://db:5432', { seed }).pod))).to.have.property('size', 2);
    expect(new Set(seeds.map((seed) => ask(scenario, 'tcp://db-1.db:5432', { seed, from: 'nodes' }).pod))).to.deep.equal(new Set(['default/db-1']));
    expect(ask(scenario, 'tcp://db:5433').outcome).to.equal('refused');
  });

  it('goes straight to a pod address, and nowhere at an address that nobody has', async () => {
    const scenario = await build();
    const picked = hop(ask(scenario, 'http://web/'), 'l4').picked as string;
    const direct = ask(scenario, `http://${picked}/`);
    expect(kinds(direct)).to.equal('pod');
    expect(direct).to.include({ outcome: 'ok', service: null, pod: ask(scenario, 'http://web/').pod });
    expect(ask(scenario, `http://${picked.replace(/:.*/, ':81')}/`).outcome).to.equal('refused');
    expect(ask(scenario, 'http://10.244.9.9/').outcome).to.equal('no-route');
    const reason = (url: string) => JSON.stringify(ask(scenario, url, { from: 'external' }));
    expect(reason('http://198.51.100.7/')).to.contain('nothing answers at 198.51.100.7');
    expect(reason(`http://${picked}/`)).to.contain('is an address inside the cluster');
    expect(ask(scenario, 'http://wob/').outcome).to.equal('unknown-host');
  });

  it('answers gRPC with both codes', async () => {
    expect(ask(await build(), 'grpc://web:80')).to.include({ outcome: 'ok', status: 200, grpcStatus: 0 });
  });
});

describe('trace from outside', () => {
  it('reaches a node port through a node without a pod, if the node is public', async () => {
    const scenario = await build({ nodes: '{ count: 9, public: true }', kubeProxy: 'iptables' });
    const answer = ask(scenario, 'http://node-9:30080/', { from: 'external' });
    expect(kinds(answer)).to.equal('dns l4 pod');
    expect(hop(answer, 'l4').node).to.equal('node-9');
    expect(hop(answer, 'l4').candidates.map(({ node }) => node))
      .to.have.lengthOf(3)
      .and.not.include('node-9');
    expect(ask(scenario, 'http://node-9:30081/', { from: 'external' }).outcome).to.equal('refused');
  });

  it('times out at a node that is not public, and says so', async () => {
    const answer = ask(await build(), 'http://10.0.0.1:30080/', { from: 'external' });
    expect(answer.outcome).to.equal('timeout');
    expect(hop(answer, 'l4').rule).to.contain('not public');
    expect(ask(await build(), 'http://10.0.0.1:30080/', { from: 'vpc' }).outcome).to.equal('ok');
  });

  it('finds no name and no address of the cluster', async () => {
    const scenario = await build();
    expect(ask(scenario, 'http://web/', { from: 'external' }).outcome).to.equal('unknown-host');
    const clusterIp = hop(ask(scenario, 'http://web/'), 'dns').picked;
    expect(ask(scenario, `http://${clusterIp}/`, { from: 'external' }).outcome).to.equal('no-route');
  });

  it('says what keeps a flow on its way, and for how long without packets', async () => {
    const keeps = async (kubeProxy: string, more = '') => {
      const scenario = await build({ kubeProxy, more });
      return ask(scenario, more === '' ? `http://${loadBalancerOf(scenario)}/` : 'udp://udp:53').hops.map((one) => one.keeps);
    };
    expect((await keeps('ipvs'))[1]).to.match(/^ipvs of node-\d keeps the connection there until it closes, or has been quiet for 900s: then RST$/);
    expect((await keeps('iptables'))[1]).to.contain('keeps the connection there until it closes, or has been quiet for 86400s');
    const udp =
      '---\n{ apiVersion: v1, kind: Service, metadata: { name: udp }, spec: { selector: { app: web }, ports: [ { port: 53, protocol: UDP, targetPort: 8080 } ] } }\n';
    expect((await keeps('iptables', udp))[1]).to.contain('for 30s after its last packet, 120s once answered');
    expect((await keeps('ipvs', udp))[1]).to.contain('for 300s after its last packet');
  });

  it('goes through load balancer, node and kube-proxy', async () => {
    const scenario = await build();
    const answer = ask(scenario, `http://${loadBalancerOf(scenario)}/`);
    expect(kinds(answer)).to.equal('lb l4 pod');
    const { candidates, picked } = hop(answer, 'lb');
    expect(chances(hop(answer, 'lb'))).to.deep.equal([0.25, 0.25, 0.25, 0.25]);
    expect(hop(answer, 'l4').node).to.equal(candidates.find(({ endpoint }) => endpoint === picked)?.node);
    expect(answer.service).to.equal('default/front');
  });
});

/** The address that `validate` shows for the Service `front`. */
function loadBalancerOf(scenario: Scenario): string {
  const services = describeScenario(scenario).find(({ resource }) => resource === 'services');
  const row = services?.rows.find((cells) => cells.includes('front')) ?? [];
  return row[services?.columns.indexOf('EXTERNAL-IP') ?? -1];
}

describe('what a scenario builds', () => {
  it('shows an assumed ingress controller as such, and its address at the Ingress', async () => {
    const scenario = await build();
    const tables = new Map(describeScenario(scenario).map((table) => [table.resource, table]));
    const services = tables.get('services');
    const controller = services?.rows.find((row) => row.includes('ingress-nginx-controller')) ?? [];
    expect(controller.at(-1)).to.equal('assumed');
    expect(services?.rows.find((row) => row.includes('web'))?.at(-1)).to.equal('');
    expect(tables.get('workloads')?.rows.find(([namespace]) => namespace === 'ingress-nginx')).to.deep.equal([
      'ingress-nginx',
      'deployment/ingress-nginx-controller',
      '2/2',
      'assumed',
    ]);
    const ingresses = tables.get('ingresses');
    const address = ingresses?.rows[0][ingresses.columns.indexOf('ADDRESS')];
    expect(address)
      .to.match(/^\d+\.\d+\.\d+\.\d+$/)
      .and.equal(controller[services?.columns.indexOf('EXTERNAL-IP') ?? -1]);
  });
});

describe('trace through an ingress controller', () => {
  it('goes through a public node when the controller has a node port only', async () => {
    const controller = `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: nginx }
spec:
  selector: { matchLabels: { app: nginx } }
  template:
    metadata: { labels: { app: nginx } }
    spec: { containers: [ { name: controller, image: "registry.k8s.io/ingress-nginx/controller:v1.14.0", ports: [ { containerPort: 80 } ] } ] }
---
{ apiVersion: v1, kind: Service, metadata: { name: nginx }, spec: { type: NodePort, selector: { app: nginx }, ports: [ { port: 80, nodePort: 30500 } ] } }
`;
    const answer = ask(await build({ nodes: '[ { name: inner }, { name: outer, public: true } ]', more: controller }), 'http://shop.example:30500/web');
    expect(kinds(answer)).to.equal('dns l4 l7 pod');
    expect(hop(answer, 'l4').node).to.equal('outer');
    expect(ask(await build({ more: controller }), 'http://shop.example:30500/web').outcome).to.equal('timeout');
  });

  it('follows host and path to the pod, and says what the pod sees', async () => {
    const answer = ask(await build(), 'http://shop.example/web/cart?x=1', { headers: { accept: 'text/html', 'x-forwarded-for': '192.0.2.1' } });
    expect(kinds(answer)).to.equal('dns lb l4 l7 pod');
    expect(hop(answer, 'l7').rule).to.contain('shop.example/web (Prefix) to default/web:80');
    expect(answer).to.include({ outcome: 'ok', status: 200, service: 'default/web' });
    expect(answer.forwarded).to.deep.include({ host: 'shop.example', path: '/web/cart?x=1' });
    expect(answer.forwarded?.headers).to.include({
      accept: 'text/html',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example',
      'x-original-forwarded-for': '192.0.2.1',
    });
    expect(answer.forwarded?.headers['x-forwarded-for']).to.equal(answer.forwarded?.headers['x-real-ip']);
  });

  it('rewrites the path', async () => {
    expect(ask(await build(), 'http://rewritten.example/api/v1/items').forwarded?.path).to.equal('/v1/items');
  });

  it('answers by itself without a rule, and without endpoints', async () => {
    const scenario = await build();
    expect(ask(scenario, 'http://shop.example/other')).to.include({ outcome: 'ok', status: 404, service: null, pod: null });
    expect(ask(scenario, 'http://shop.example/empty')).to.include({ outcome: 'ok', status: 503, service: 'default/empty', pod: null });
    expect(ask(scenario, 'http://shop.example/none')).to.include({ outcome: 'ok', status: 503, service: 'default/none', pod: null });
    expect(ask(scenario, 'http://other.example/').outcome).to.equal('unknown-host');
    expect(ask(scenario, 'http://shop.example:81/').outcome).to.equal('timeout');
  });

  it('answers 404 at the listener for a host that no rule knows', async () => {
    const scenario = await build();
    const listener = hop(ask(scenario, 'http://shop.example/web'), 'dns').picked;
    expect(ask(scenario, `http://${listener}/`, { headers: { host: 'other.example' } })).to.include({ outcome: 'ok', status: 404, service: null });
    expect(ask(scenario, `http://${listener}/web`, { headers: { host: 'SHOP.example' } })).to.include({ status: 200, service: 'default/web' });
  });

  it('keeps a session by its cookie', async () => {
    const scenario = await build();
    const first = hop(ask(scenario, 'http://sessions.example/'), 'l7');
    expect(first.candidates.reduce((sum, { probability }) => sum + probability, 0)).to.be.closeTo(1, 1e-12);
    expect(first.remembered).to.include({ endpoint: first.picked, until: null });
    for (const seed of ['2', '3', '4']) {
      const next = hop(ask(scenario, 'http://sessions.example/', { seed, headers: { cookie: `a=b; ${first.remembered?.cookie}` } }), 'l7');
      expect(next.picked).to.equal(first.picked);
      expect(chances(next)).to.deep.equal([1]);
    }
  });
});

describe('trace of the scenario’s own client', () => {
  const traced = (scenario: Scenario, seed: string) => {
    const [client] = scenario.clients;
    return new Tracer(scenario, seed).trace({
      target: client.target,
      from: client.from as ClientPlace,
      method: 'GET',
      path: '/',
      headers: {},
      seed,
      client: client.name,
    });
  };

  it('uses the client’s own balancer', async () => {
    const answer = traced(
      await build({ client: '{ name: c, count: 2, target: http://web/, balancer: { plane: ideal, policy: random }, arrivals: { rate: 1/s } }' }),
      '1',
    );
    expect(kinds(answer)).to.equal('dns l7 pod');
    expect(chances(hop(answer, 'l7'))).to.deep.equal([0.333333, 0.333333, 0.333333]);
  });

  it('picks the pod that the first connection of replication 0 gets', async () => {
    const scenario = await build({ kubeProxy: 'iptables', client: '{ name: c, count: 1, target: http://web/, arrivals: { rate: 10/s } }' });
    for (const seed of ['1', '2', '3', '4', '5']) {
      const { pods } = runReplication(scenario, { seed, replication: 0, cell: 0 });
      const busy = pods.filter((pod) => pod.requests > 0).map((pod) => pod.name);
      expect(busy).to.deep.equal([traced(scenario, seed).pod]);
    }
  });
});

describe('trace of many requests', () => {
  it('gives each the answer that it has alone, and the law over many seeds', async () => {
    const scenario = await build({ kubeProxy: 'iptables' });
    const tracer = new Tracer(scenario, '1');
    const urls = ['http://web/', 'http://sticky/', 'http://shop.example/web', 'http://sessions.example/', 'http://wob/'];
    const counts = new Map<string | null, number>();
    for (let i = 0; i < 1000; i++) {
      const answer = ask(scenario, urls[i % urls.length], { seed: String(i) }, undefined, tracer);
      if (i % urls.length === 0) counts.set(answer.pod, (counts.get(answer.pod) ?? 0) + 1);
      if (i % 97 === 0) expect(answer).to.deep.equal(ask(scenario, urls[i % urls.length], { seed: String(i) }));
    }
    expect(counts.size).to.equal(3);
    for (const count of counts.values()) expect(count).to.be.within(40, 95); // 200 draws over 3 pods
  });

  it('is blind to content at L4', async () => {
    const scenario = await build({ kubeProxy: 'iptables' });
    const tracer = new Tracer(scenario, '1');
    const header = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,8}$/), fc.stringMatching(/^[ -~]{0,12}$/), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'DELETE'), fc.stringMatching(/^\/[a-z/]{0,20}$/), header, fc.nat(50), (method, path, headers, seed) => {
        const plain = ask(scenario, 'http://web/', { seed: String(seed) }, undefined, tracer);
        const other = ask(scenario, `http://web${path}`, { method, headers, seed: String(seed) }, undefined, tracer);
        expect(hop(other, 'l4')).to.deep.equal(hop(plain, 'l4'));
      }),
      { seed: 1, numRuns: 100 },
    );
  });
});

describe('tables of trace', () => {
  const table = (scenario: Scenario, url: string, without: string, seed = '1') =>
    (ask(scenario, url, { seed }, { hasTables: true, without }).tables ?? []).at(-1);

  it('shows the chain of iptables as printed and as drawn', async () => {
    const rows = table(await build({ kubeProxy: 'iptables' }), 'http://web/', '')?.rows ?? [];
    expect(rows.map(({ printed }) => printed)).to.deep.equal(['0.3333333333', '0.5000000000', null]);
    expect(rows.map(({ kernel }) => kernel)).to.deep.equal([715827883 / 2 ** 31, 0.5, 1]);
  });

  it('shows the turn of ipvs, from the pick that comes next', async () => {
    const scenario = await build();
    const rows = table(scenario, 'http://sticky/', '')?.rows ?? [];
    expect(rows.map(({ endpoint }) => endpoint)).to.deep.equal(
      rows
        .map(({ endpoint }) => endpoint)
        .toSorted()
        .reverse(),
    );
    expect(rows[0].endpoint).to.equal(hop(ask(scenario, 'http://sticky/'), 'l4').picked);
  });

  const PLANES = ['iptables', 'nftables', 'cilium', 'cilium, algorithm: maglev', 'userspace', ...SCHEDULERS.map((name) => `ipvs, scheduler: ${name}`)];
  for (const kubeProxy of PLANES) {
    it(`shows all of ${kubeProxy}, with and without a pod, and what is remembered`, async () => {
      const scenario = await build({ kubeProxy, nodes: '{ count: 2, public: true }' });
      for (const [url, from] of [
        ['http://web/', undefined],
        ['http://node-1:30080/', 'external'],
      ]) {
        const answer = ask(scenario, url as string, { from });
        const { candidates, picked } = hop(answer, 'l4');
        expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).to.be.closeTo(1, 1e-12);
        expect(candidates.map(({ endpoint }) => endpoint)).to.include(picked);
        const shown = ask(scenario, url as string, { from }, { hasTables: true, without: (answer.pod as string).split('/')[1] }).tables?.at(-1);
        const rows = shown?.rows ?? [];
        const sum = (name: 'share' | 'shareWithout') => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
        expect([rows.length, sum('share'), sum('shareWithout')].map((n) => Number(n.toFixed(9)))).to.deep.equal([3, 1, 1]);
        expect(rows.find(({ pod }) => pod === answer.pod)?.shareWithout).to.equal(0);
        const isHashed = rows.every(({ entries }) => entries !== undefined);
        expect(isHashed).to.equal(/\b(sh|dh|mh)$/.test(kubeProxy) || (kubeProxy.includes('maglev') && from === 'external'));
        expect(shown?.without?.moves).to.contain(isHashed ? 'slots of the others' : 'of new connections');
      }
      const { remembered, picked, rule } = hop(ask(scenario, 'http://sticky/', { from: 'deployment/web' }), 'l4');
      expect(remembered).to.include({ endpoint: picked });
      expect(remembered?.until).to.be.closeTo(10800, 1);
      expect(rule).to.match(/^port 80 of default\/sticky: ./);
    });
  }

  it('moves only the pod’s own sessions on a ring', async () => {
    const scenario = await build();
    const pod = ask(scenario, 'http://sessions.example/').pod as string;
    const found = table(scenario, 'http://sessions.example/', pod.split('/')[1]);
    const rows = found?.rows ?? [];
    const gone = rows.find((row) => row.pod === pod);
    expect(gone?.shareWithout).to.equal(0);
    for (const row of rows) if (row.pod !== pod) expect(row.shareWithout).to.be.at.least(row.share);
    expect(rows.reduce((sum, { shareWithout = 0 }) => sum + shareWithout, 0)).to.be.closeTo(1, 1e-12);
    expect(found?.without?.moves).to.contain(`${Number(((gone?.share ?? 0) * 100).toFixed(2))} % of sessions`);
  });
});
