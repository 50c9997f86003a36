/** What nodes remember of connections, and what happens when they have no room. */
import { expect } from 'chai';
import type { NodeRun, RunResult } from '../measurement/run-result.ts';
import { LATENCY, maxMs, podsOn, replay, service } from '../testing/small-cluster.ts';

interface Setting {
  readonly target: string;
  readonly from: string;
  readonly conntrack?: string;
  readonly rate?: number;
  readonly seconds?: number;
  readonly protocol?: string;
  readonly spec?: string;
}

/** Connections of one request each to a Service whose pod is on node-2. */
function go({ target, from, conntrack = '', rate = 10, seconds = 60.05, protocol = 'keepAlive: off', spec = 'type: NodePort' }: Setting): Promise<RunResult> {
  return replay(
    `  run: { duration: ${seconds}s, warmup: 0s, gracefulStop: 10s }
  cluster: { nodes: { count: 3, public: true }, ${LATENCY}, kubeProxy: { mode: iptables }, conntrack: { ${conntrack} } }
  clients: [ { name: c, count: 1, from: ${from}, target: "${target}", protocol: { ${protocol} }, timeout: 1s, arrivals: { process: deterministic, rate: ${rate}/s } } ]`,
    podsOn('web', ['node-2']) + service('web', spec),
  );
}

const peaks = (run: RunResult, of: (node: NodeRun) => number = ({ conntrack }) => conntrack.peak) => run.nodes.map(of);

describe('flows in the tables of nodes', () => {
  it('count on each node that a connection passes, once', async () => {
    expect(peaks(await go({ target: 'http://web/', from: 'node/node-1' }))).to.deep.equal([600, 600, 0]);
    expect(peaks(await go({ target: 'http://web/', from: 'node/node-2' }))).to.deep.equal([0, 600, 0]);
    expect(peaks(await go({ target: 'http://node-3:30080/', from: 'external' }))).to.deep.equal([0, 600, 600]);
    expect(peaks(await go({ target: 'http://node-3:30080/', from: 'node/node-1' }))).to.deep.equal([600, 600, 600]);
  });

  it('stay for 120 s after their connection, in TIME_WAIT', async () => {
    const run = await go({ target: 'http://web/', from: 'node/node-2', seconds: 300.05 });
    expect(peaks(run)[1]).to.be.within(1190, 1200); // 10 a second; ends are rounded down to the second
    expect(run.nodes[1].conntrack.byState.TIME_WAIT).to.be.within(1189, 1200);
    const kept = await go({ target: 'http://web/', from: 'node/node-2', protocol: 'keepAlive: on', seconds: 300.05 });
    expect(kept.nodes[1].conntrack).to.deep.include({ peak: 1, byState: { ESTABLISHED: 1 } });
  });

  it('fill the table: new connections find nobody, and say why', async () => {
    const run = await go({ target: 'http://web/', from: 'node/node-1', conntrack: 'max: 500' });
    expect(run.requests.byOutcome).to.deep.equal({ ok: 500, 'conntrack-full': 100 });
    expect(run.nodes[0].conntrack).to.include({ limit: 500, peak: 500, dropped: 100 });
    expect(run.nodes[1].conntrack.dropped, 'they never came there').to.equal(0);
    expect(maxMs(run.clients[0].request_duration)).to.equal(1000);
    expect(run.connections.timedOut).to.be.above(0);
  });
});

describe('source ports of nodes that masquerade', () => {
  const NODE_PORT = 'http://node-3:30080/';
  const lent = (run: RunResult) => peaks(run, ({ snat }) => snat.peak);

  it('are lent to connections from outside by policy Cluster, and to no others', async () => {
    expect(lent(await go({ target: NODE_PORT, from: 'external' }))).to.deep.equal([0, 0, 600]);
    expect(lent(await go({ target: 'http://web/', from: 'node/node-1' }))).to.deep.equal([0, 0, 0]);
    const local = await go({ target: 'http://node-2:30080/', from: 'external', spec: 'type: NodePort, externalTrafficPolicy: Local' });
    expect(lent(local)).to.deep.equal([0, 0, 0]);
  });

  it('run out for connections to one pod faster than 64512 ÷ 120 s', async () => {
    const run = await go({ target: NODE_PORT, from: 'external', conntrack: 'snatPorts: 400', seconds: 200.05 });
    // 10 a second take 400 ports in 40 s; each comes back after 120 s.
    expect(run.requests.byOutcome.ok).to.be.within(790, 812);
    expect(run.requests.byOutcome['snat-ports']).to.equal(run.requests.offered - run.requests.byOutcome.ok);
    expect(run.nodes[2].snat).to.include({ limit: 400, peak: 400, dropped: run.requests.byOutcome['snat-ports'] });
  });
});
