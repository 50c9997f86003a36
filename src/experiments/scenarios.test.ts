/**
 * The scenarios that ship, through the public runner as a user gets them: every threshold holds, and the data could tell.
 * Below: what the READMEs claim of single cells, where one threshold cannot say it for all of them.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadStudy } from '../scenario/index.ts';
import { planStudy } from './plan.ts';
import type { CellResult, Result } from './result.ts';
import { runStudy } from './run.ts';

const FOLDER = fileURLToPath(new URL('../../scenarios/', import.meta.url));
const NAMES = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const results = new Map<string, Result>();

describe('the scenarios that ship', function () {
  this.timeout(120_000);

  for (const name of NAMES) {
    it(`${name}: thresholds hold, conclusively`, async () => {
      const study = await loadStudy({ files: [join(FOLDER, name, 'scenario.yaml')] });
      const { result } = await runStudy(planStudy(study), { workers: 2, resume: false });
      results.set(name, result);
      expect(study.name).to.equal(name);
      expect(existsSync(join(FOLDER, name, 'README.md')), 'README.md').to.equal(true);
      const thresholds = result.cells.flatMap((cell) => cell.thresholds);
      expect(thresholds).to.have.length.above(0);
      for (const threshold of thresholds) expect(threshold, JSON.stringify(threshold)).to.include({ ok: true, conclusive: true });
    });
  }

  it('keepalive-after-scale-up: new pods stay idle until connections end', () => {
    const [pinned, slow, fast] = cells('keepalive-after-scale-up');
    expect([pinned, slow, fast].map((cell) => numberOf(cell.services['default/checkout'].load.idlePods))).to.deep.equal([4, 0, 0]);
    const [jain, p99] = ['pod_load', 'request_duration'].map((metric) => [pinned, slow, fast].map((cell) => thresholdValue(cell, metric)));
    expect(jain[0]).to.be.below(0.5); // 4 of 8 pods
    expect(jain[1]).to.be.above(0.95);
    expect(jain[2]).to.be.above(0.99);
    expect(p99[0]).to.be.above(2 * p99[1]);
  });

  it('few-connections: idle pods and spread are those of independent draws', () => {
    const [ten, hundred, thousand] = cells('few-connections').map(({ services }) => services['default/web'].load);
    expect(numberOf(ten.idlePods)).to.be.closeTo(10 * 0.9 ** 10, 0.6);
    expect(numberOf(hundred.cov)).to.be.closeTo(0.3, 0.04);
    expect(numberOf(thousand.cov)).to.be.closeTo(Math.sqrt(9 / 1000), 0.025);
  });

  it('ipvs-turns-per-node: one connection per node is one pod for all', () => {
    const idle = cells('ipvs-turns-per-node').map(({ services }) => numberOf(services['default/web'].load.idlePods));
    expect(idle.slice(0, 3)).to.deep.equal([5, 4, 0]);
    for (const count of idle.slice(3)) expect(count).to.be.below(1.5);
  });

  it('affinity-timeout-by-mode: only ipvs remembers beyond the time-out', () => {
    const same = cells('affinity-timeout-by-mode').map(({ services }) => numberOf(services['default/carts'].stickiness.byConnection.samePod));
    expect(same[0]).to.be.closeTo(1 / 6, 0.01);
    expect(same[1]).to.be.closeTo(1 / 6, 0.01);
    expect(same[2]).to.equal(1);
  });

  it('affinity-on-failing-pod: who is remembered meets the ending pod again', () => {
    const [sticky, free] = cells('affinity-on-failing-pod').map(({ requests }) => requests.failed / requests.offered);
    expect(sticky).to.be.above(1.5 * free);
  });

  it('affinity-after-pods-go: the first new pod keeps what the last one never gets', () => {
    const [long, , short] = cells('affinity-after-pods-go').map(({ services }) => services['default/carts'].pods);
    const ratio = (pods: typeof long) => numberOf(pods['carts-5 (2)'].requests) / numberOf(pods['carts-0 (2)'].requests);
    expect(ratio(long)).to.be.above(4);
    expect(ratio(short)).to.be.below(2);
  });

  it('external-traffic-policy: Local shares by nodes, Cluster by pods', () => {
    const shares = cells('external-traffic-policy').map(({ services }) => Object.values(services['default/web'].pods).map(({ share }) => numberOf(share)));
    for (const share of shares[0]) expect(share).to.be.closeTo(1 / 3, 0.02);
    for (const [i, part] of [1 / 4, 1 / 4, 1 / 2].entries()) expect(shares[1].toSorted()[i]).to.be.closeTo(part, 0.02);
  });

  it('client-address: Local keeps it, ServiceLB never does', () => {
    const kept = cells('client-address').map((cell) => thresholdValue(cell, 'traffic'));
    expect(kept).to.deep.equal([0, 1, 0, 1, 0, 0]);
  });

  it('affinity-behind-load-balancer, affinity-per-port: it holds on one node and one port', () => {
    const same = ['affinity-behind-load-balancer', 'affinity-per-port'].map((name) =>
      cells(name).map(({ services }) => numberOf(services['default/web'].stickiness.byConnection.samePod)),
    );
    expect(same[0].slice(2)).to.deep.equal([1, 1]);
    expect(same[0][1]).to.be.closeTo(1 / 6, 0.02);
    expect(same[1][0]).to.be.closeTo(1 / 6, 0.02);
    expect(same[1][1]).to.equal(1);
  });

  it('zone-hints: nothing leaves its zone, and the busy zone is busier', () => {
    const [hinted, free] = cells('zone-hints');
    expect(thresholdValue(hinted, 'traffic')).to.equal(0);
    expect(thresholdValue(free, 'traffic')).to.be.closeTo(2 / 3, 0.02);
    expect(thresholdValue(hinted, 'utilization')).to.be.above(1.5 * thresholdValue(free, 'utilization'));
  });

  it('conntrack-full: a table stands its size ÷ 120 s of new connections', () => {
    const [anew, kept] = cells('conntrack-full').map(({ requests }) => requests.byOutcome.ok / requests.offered);
    expect(anew).to.be.closeTo(4096 / 120 / 60, 0.03);
    expect(kept).to.equal(1);
  });

  it('idle-timeouts: the hop that forgot is named, and probes keep it from that', () => {
    const broken = cells('idle-timeouts').map(({ connections }) => Object.keys(connections.brokenBy ?? {}));
    expect(broken).to.deep.equal([['nlb, idle for 350s'], [], ['azure, idle for 240s'], []]);
  });

  it('l4-against-l7: the same requests, shared evenly by L7 only', () => {
    const [l4, l7] = cells('l4-against-l7');
    expect(l4.requests.offered).to.equal(l7.requests.offered);
    expect(numberOf(l4.services['default/web'].load.jain)).to.be.below(0.85);
    expect(numberOf(l7.services['default/web'].load.jain)).to.be.above(0.999);
    expect(numberOf(l4.services['default/web'].stickiness.byRequest.samePod)).to.equal(1);
    expect(thresholdValue(l7, 'request_duration')).to.be.below(0.6 * thresholdValue(l4, 'request_duration'));
  });

  it('ingress-rules: what no rule knows is a 404 of the controller, and reaches no pod', () => {
    const [{ requests, services, replications }] = cells('ingress-rules');
    expect(Object.keys(requests.byOutcome).sort()).to.deep.equal(['not-found', 'ok']);
    const received = (service: string) => Object.values(services[service].pods).reduce((sum, pod) => sum + numberOf(pod.requests), 0) * replications;
    expect(received('default/web') + received('default/api') + received('default/admin')).to.be.closeTo(requests.byOutcome.ok, 20); // edges of the window
    expect(received('default/web') / received('default/api')).to.be.closeTo(1, 0.05);
  });

  it('nodeport-from-outside: a node without a public address is silent, the others answer for every pod', () => {
    const [{ requests, clients }] = cells('nodeport-from-outside');
    expect(Object.keys(requests.byOutcome).sort()).to.deep.equal(['node-not-public', 'ok']);
    expect(numberOf(clients['private-node'].request_duration.mean)).to.equal(3); // its time-out
    expect(numberOf(clients['without-pod'].request_duration.mean) - numberOf(clients['with-pod'].request_duration.mean)).to.be.within(0, 0.002); // one hop more, half as often
  });

  it('why-services: nobody answers at the address of a pod that is gone', () => {
    const [{ requests, services }] = cells('why-services');
    expect(requests.byOutcome['no-route']).to.be.above(0.2 * requests.offered);
    expect(Object.keys(services['default/catalog'].pods)).to.have.length(6); // three, and three that took their places
  });
});

function cells(name: string): readonly CellResult[] {
  const result = results.get(name);
  if (result === undefined) throw new Error(`${name} did not run`);
  return result.cells;
}

function numberOf(figure: { readonly value: number | 'inf' | null }): number {
  expect(figure.value).to.be.a('number');
  return figure.value as number;
}

function thresholdValue(cell: CellResult, metric: string): number {
  const threshold = cell.thresholds.find((one) => one.metric.startsWith(metric));
  if (threshold === undefined) throw new Error(`no threshold of ${metric}`);
  return numberOf(threshold);
}
