/** The way of a packet by its URL: what answers, who is asked on the way, and how it fails. */
import { expect } from 'chai';
import { addresses, deployment, ingress, LATENCY, maxMs, meanMs, replay, requestsOf, service, serviceOf, totalOf } from '../testing/small-cluster.ts';

const WEB = deployment('web', 3) + service('web');
const NODE_PORT = deployment('web', 1) + service('web', 'type: NodePort');
const BALANCED = deployment('web', 4) + service('web', 'type: LoadBalancer');
const WORK = 'workloads: { deployment/web: { service: 1ms } }';

interface Way {
  readonly target: string;
  readonly from?: string;
  readonly manifests?: string;
  readonly cluster?: string;
  readonly client?: string;
  readonly more?: string;
}

/** Ten requests, one a second, each on a connection of its own. */
function go({ target, from, manifests = WEB, cluster = 'nodes: { count: 3 }', client = 'timeout: 5s', more = '' }: Way) {
  const place = from === undefined ? '' : `from: ${from}, `;
  return replay(
    `  run: { duration: 10500ms, warmup: 0s, gracefulStop: 200s }
  cluster: { ${cluster}, ${LATENCY} }
  ${WORK}
  clients: [ { name: c, count: 1, ${place}target: "${target}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 1/s }, ${client} } ]
  ${more}`,
    manifests,
  );
}

async function outcomeOf(way: Way): Promise<Record<string, number>> {
  return (await go(way)).requests.byOutcome;
}

describe('a ClusterIP Service', () => {
  it('answers to its name, short and long, and to its address, from inside', async () => {
    const { clusterIP } = await addresses(WEB);
    for (const host of ['web', 'web.default', 'web.default.svc', 'web.default.svc.cluster.local', clusterIP('web')]) {
      const run = await go({ target: `http://${host}/`, from: 'nodes' });
      expect(run.requests.byOutcome, host).to.deep.equal({ ok: 10 });
      expect(totalOf(requestsOf(run, 'web')), host).to.equal(10);
    }
  });

  it('is no name and no address outside', async () => {
    const { clusterIP } = await addresses(WEB);
    expect(await outcomeOf({ target: 'http://web/', from: 'external' })).to.deep.equal({ 'unknown-host': 10 });
    expect(await outcomeOf({ target: 'http://web/', from: 'vpc' })).to.deep.equal({ 'unknown-host': 10 });
    expect(await outcomeOf({ target: `http://${clusterIP('web')}/`, from: 'external' })).to.deep.equal({ 'no-route': 10 });
  });

  it('has one name per namespace; others are unknown at once', async () => {
    const run = await go({ target: 'http://web.other/', from: 'nodes' });
    expect(run.requests.byOutcome).to.deep.equal({ 'unknown-host': 10 });
    expect(maxMs(run.clients[0].request_duration)).to.equal(0);
  });

  it('without endpoints is refused at once, and the refusals are its own', async () => {
    const run = await go({ target: 'http://web/', from: 'nodes', manifests: deployment('web', 0) + service('web') });
    expect(run.requests.byOutcome).to.deep.equal({ refused: 10 });
    expect(run.connections).to.include({ refused: 10, timedOut: 0, opened: 0 });
    expect(serviceOf(run, 'web').unanswered).to.deep.equal({ refused: 10 });
    expect(maxMs(run.clients[0].request_duration)).to.be.below(5);
  });

  it('whose selector finds nothing is refused', async () => {
    expect(await outcomeOf({ target: 'http://lost/', from: 'nodes', manifests: WEB + service('lost', '', 'nobody') })).to.deep.equal({ refused: 10 });
  });

  it('on a port that it has not, is refused under ipvs and silent under iptables', async () => {
    expect(await outcomeOf({ target: 'http://web:81/', from: 'nodes', cluster: 'kubeProxy: { mode: ipvs }' })).to.deep.equal({ refused: 10 });
    const silent = await go({ target: 'http://web:81/', from: 'nodes', cluster: 'kubeProxy: { mode: iptables }' });
    expect(silent.requests.byOutcome).to.deep.equal({ 'connect-timeout': 10 });
    expect(maxMs(silent.clients[0].request_duration)).to.equal(5000); // the client's own time-out, with the reason
    const patient = await go({ target: 'http://web:81/', from: 'nodes', cluster: 'kubeProxy: { mode: iptables }', client: 'timeout: 1h' });
    expect(patient.requests.byOutcome).to.deep.equal({ 'connect-timeout': 10 });
    expect(maxMs(patient.clients[0].request_duration)).to.equal(127000);
  });
});

describe('a NodePort', () => {
  it('answers at any node, also one without a pod, which is a hop more', async () => {
    const durations: number[] = [];
    for (const node of ['node-1', 'node-2', 'node-3']) {
      const run = await go({ target: `http://${node}:30080/`, from: 'node/node-1', manifests: NODE_PORT });
      expect(run.requests.byOutcome, node).to.deep.equal({ ok: 10 });
      durations.push(meanMs(run.clients[0].request_duration));
    }
    // TCP and request, 2 round trips of 2 links, and 1 ms of service. The link from a node to itself counts.
    expect(durations).to.deep.equal([9, 9, 9]);
  });

  it('answers from outside where the node is public', async () => {
    const run = await go({ target: 'http://node-2:30080/', from: 'external', manifests: NODE_PORT, cluster: 'nodes: { count: 3, public: true }' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(meanMs(run.clients[0].request_duration)).to.equal(2 * 2 * 11 + 1);
  });

  it('is a time-out with that reason where the node is not', async () => {
    const run = await go({ target: 'http://node-2:30080/', from: 'external', manifests: NODE_PORT });
    expect(run.requests.byOutcome).to.deep.equal({ 'node-not-public': 10 });
    expect(maxMs(run.clients[0].request_duration)).to.equal(5000);
  });

  it('answers inside the network around the cluster either way', async () => {
    expect(await outcomeOf({ target: 'http://node-2:30080/', from: 'vpc', manifests: NODE_PORT })).to.deep.equal({ ok: 10 });
  });

  it('that nobody has is refused', async () => {
    expect(await outcomeOf({ target: 'http://node-2:30081/', from: 'nodes', manifests: NODE_PORT })).to.deep.equal({ refused: 10 });
  });

  it('without endpoints is refused', async () => {
    expect(
      await outcomeOf({ target: 'http://node-2:30080/', from: 'nodes', manifests: deployment('web', 0) + service('web', 'type: NodePort') }),
    ).to.deep.equal({ refused: 10 });
  });
});

describe('a LoadBalancer', () => {
  it('answers at its address from outside, over a node', async () => {
    const { loadBalancer } = await addresses(BALANCED);
    const run = await go({ target: `http://${loadBalancer('web')}/`, from: 'external', manifests: BALANCED });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(meanMs(run.clients[0].request_duration)).to.equal(2 * 2 * 12 + 1);
  });

  it('is a short cut inside: kube-proxy translates its address on the spot', async () => {
    const { loadBalancer } = await addresses(BALANCED);
    const run = await go({ target: `http://${loadBalancer('web')}/`, from: 'nodes', manifests: BALANCED });
    expect(meanMs(run.clients[0].request_duration)).to.equal(2 * 2 * 1 + 1);
  });

  it('chooses the node by the flow: one connection stays, many spread', async () => {
    const { loadBalancer } = await addresses(BALANCED);
    const target = `http://${loadBalancer('web')}/`;
    const cluster = 'nodes: { count: 4 }, kubeProxy: { mode: ipvs }';
    const flows = (client: string) =>
      replay(
        `  run: { duration: 20s, warmup: 0s }
  cluster: { ${cluster} }
  ${WORK}
  clients: [ { name: c, target: "${target}", from: external, arrivals: { rate: 100/s }, ${client} } ]`,
        BALANCED,
      );
    expect((await flows('count: 1')).connections.opened).to.equal(1);
    const many = await flows('count: 1, protocol: { keepAlive: off }');
    // Each node takes turns by itself, so the pods get the same only because flows meet all nodes alike.
    for (const count of requestsOf(many, 'web')) expect(count / many.requests.offered).to.be.closeTo(0.25, 0.05);
  });
});

describe('a pod address', () => {
  it('answers inside, on the port that the container has', async () => {
    const { pods } = await addresses(WEB);
    const run = await go({ target: `http://${pods[1]}:8080/`, from: 'nodes' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(run.pods.map((pod) => pod.requests)).to.deep.equal([0, 10, 0]);
    expect(await outcomeOf({ target: `http://${pods[1]}/`, from: 'nodes' })).to.deep.equal({ refused: 10 });
    expect(await outcomeOf({ target: `http://${pods[1]}:8080/`, from: 'external' })).to.deep.equal({ 'no-route': 10 });
  });

  it('dies with its pod, while the Service goes on: that is why there are Services', async () => {
    const { pods } = await addresses(WEB);
    const clients = [`http://${pods[0]}:8080/`, 'http://web/'].map(
      (target, i) =>
        `{ name: c${i}, count: 1, from: nodes, target: "${target}", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 1/s }, timeout: 2s }`,
    );
    const run = await replay(
      `  run: { duration: 100500ms, warmup: 0s }
  ${WORK}
  clients: [ ${clients.join(', ')} ]
  timeline: [ { at: 40500ms, do: "kubectl delete pod -l app=web" } ]`,
      WEB,
    );
    expect(run.clients[0].byOutcome.ok).to.equal(40);
    expect(Object.keys(run.clients[0].byOutcome)).to.include('no-route');
    expect(run.clients[1].byOutcome).to.deep.equal({ ok: 100 });
    expect(run.pods).to.have.length(6);
    expect(new Set(run.pods.map((pod) => pod.name)).size).to.equal(6);
  });
});

describe('a headless Service', () => {
  const HEADLESS = deployment('web', 3) + service('web', 'clusterIP: None');

  it('leads straight to one of its pods, at the port of the pod', async () => {
    const run = await go({ target: 'http://web:8080/', from: 'nodes', manifests: HEADLESS });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    expect(totalOf(requestsOf(run, 'web'))).to.equal(10);
    expect(await outcomeOf({ target: 'http://web/', from: 'nodes', manifests: HEADLESS })).to.deep.equal({ refused: 10 });
  });

  it('without a ready pod has no address', async () => {
    expect(await outcomeOf({ target: 'http://web:8080/', from: 'nodes', manifests: deployment('web', 0) + service('web', 'clusterIP: None') })).to.deep.equal({
      'unknown-host': 10,
    });
  });
});

describe('an Ingress', () => {
  const SHOP =
    deployment('web', 2) +
    service('web') +
    deployment('cart', 2) +
    service('cart') +
    deployment('none', 0) +
    service('none') +
    ingress('shop.example', { '/': 'web', '/cart': 'cart', '/none': 'none', '/typo': 'nothing' }) +
    ingress('*.wild.example', { '/': 'cart' });

  it('sends each path of a host to its Service', async () => {
    const paths = ['/', '/carts', '/cart', '/cart/1'].map((path) => `{ path: ${path} }`).join(', ');
    const run = await go({ target: 'http://shop.example/', manifests: SHOP, client: `requests: [ ${paths} ]`, more: '' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 10 });
    const [web, cart] = [totalOf(requestsOf(run, 'web')), totalOf(requestsOf(run, 'cart'))];
    expect(web + cart).to.equal(10);
    expect(Math.min(web, cart)).to.be.above(0);
    expect(totalOf(requestsOf(run, 'ingress-nginx-controller'))).to.equal(10);
  });

  for (const [what, target, expected] of [
    ['a wildcard host', 'http://a.wild.example/', 'ok'],
    ['a host that nobody names', 'http://else.example/', 'unknown-host'],
    ['a Service without endpoints', 'http://shop.example/none', 'unavailable'],
    ['a Service that does not exist', 'http://shop.example/typo', 'unavailable'],
  ]) {
    it(`gives ${expected} for ${what}`, async () => {
      expect(await outcomeOf({ target, from: 'external', manifests: SHOP })).to.deep.equal({ [expected]: 10 });
    });
  }

  it('counts its own 503 at the Service that the rule names', async () => {
    const run = await go({ target: 'http://shop.example/none', from: 'external', manifests: SHOP });
    expect(serviceOf(run, 'none').unanswered).to.deep.equal({ unavailable: 10 });
  });

  it('answers 404 at the address of its load balancer for hosts that no rule knows', async () => {
    const { loadBalancer } = await addresses(SHOP);
    const target = `http://${loadBalancer('ingress-nginx-controller')}/`;
    expect(await outcomeOf({ target, from: 'external', manifests: SHOP })).to.deep.equal({ 'not-found': 10 });
    expect(await outcomeOf({ target, from: 'external', manifests: SHOP, client: 'requests: [ { headers: { host: shop.example } } ]' })).to.deep.equal({
      ok: 10,
    });
    expect(await outcomeOf({ target, from: 'external', manifests: SHOP, client: 'requests: [ { headers: { Host: nobody.example } } ]' })).to.deep.equal({
      'not-found': 10,
    });
  });

  it('answers pods that call its host by the path they call', async () => {
    const caller = deployment('caller', 1) + service('caller');
    const run = await replay(
      `  run: { duration: 10s, warmup: 0s }
  workloads: { deployment/caller: { service: 1ms, calls: [ { target: "http://shop.example/cart", optional: true } ] } }
  clients: [ { name: c, count: 2, target: "http://caller/elsewhere", requests: [ { path: /elsewhere, headers: { host: other } } ], arrivals: { rate: 5/s } } ]`,
      SHOP + caller,
    );
    expect(run.requests.byOutcome).to.deep.equal({ ok: run.requests.offered });
    expect(run.calls.byOutcome).to.deep.equal({ ok: run.requests.offered });
    expect(totalOf(requestsOf(run, 'cart'))).to.equal(run.requests.offered);
    expect(totalOf(requestsOf(run, 'web'))).to.equal(0);
  });
});
