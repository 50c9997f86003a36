/** UDP through a Service: where datagrams go, who keeps them there, and when they are lost. */
import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import { sectionIssues } from '../testing/scenarios.ts';
import { LATENCY, maxMs, replay, requestsOf, totalOf } from '../testing/small-cluster.ts';

/** Pods that answer DNS, behind a Service with the same port for UDP and TCP. */
const DNS = (pods: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: dns }
spec:
  replicas: ${pods}
  selector: { matchLabels: { app: dns } }
  template:
    metadata: { labels: { app: dns } }
    spec: { containers: [ { name: dns, image: "dns:1" } ] }
---
apiVersion: v1
kind: Service
metadata: { name: dns }
spec: { selector: { app: dns }, ports: [ { name: tcp, port: 53 }, { name: udp, port: 53, protocol: UDP }, { name: only, port: 54, protocol: UDP } ] }
---`;

interface Setting {
  readonly pods?: number;
  /** Of the one client entry: how many, their rate, their time-out, and the rest. */
  readonly clients?: number;
  readonly rate?: string;
  readonly timeout?: string;
  readonly client?: string;
  readonly cluster?: string;
  readonly timeline?: string;
  readonly target?: string;
  readonly seconds?: number;
}

/** One client in the cluster that sends a datagram a second. */
function go(setting: Setting): Promise<RunResult> {
  const { pods = 4, clients = 1, rate = `${clients}/s`, timeout = '2s', client = '' } = setting;
  const { cluster = 'kubeProxy: { mode: iptables }', timeline = '', target = 'udp://dns:53', seconds = 60.5 } = setting;
  return replay(
    `  run: { duration: ${seconds}s, warmup: 0s, gracefulStop: 10s }
  cluster: { nodes: { count: 2 }, ${LATENCY}, ${cluster} }
  workloads: { deployment/dns: { service: 1ms } }
  clients: [ { name: c, from: nodes, target: "${target}", count: ${clients}, arrivals: { process: deterministic, rate: ${rate} }, timeout: ${timeout}${client} } ]
  timeline: [ ${timeline} ]`,
    DNS(pods),
  );
}

const scale = (at: string, replicas: number) => `{ at: ${at}, do: kubectl scale deployment/dns --replicas=${replicas} }`;

describe('datagrams', () => {
  it('take one way there and one back, without a handshake', async () => {
    const run = await go({});
    expect(run.requests.byOutcome).to.deep.equal({ ok: 60 });
    expect(maxMs(run.clients[0].request_duration)).to.equal(3);
    expect(maxMs(run.clients[0].parts.connect_duration)).to.equal(0);
  });

  it('of one socket stay on one pod; with a new source port for each they spread', async () => {
    expect(requestsOf(await go({}), 'dns').filter((count) => count > 0)).to.have.length(1);
    const fresh = requestsOf(await go({ client: ', protocol: { keepAlive: off }', seconds: 200.5 }), 'dns');
    expect(fresh).to.have.length(4);
    for (const count of fresh) expect(count).to.be.within(30, 70);
  });

  it('are chosen anew when the socket was quiet for 30 s; for 120 s once the flow is older than 2 s and has been answered', async () => {
    const podsMet = async (gap: number, more = '') => {
      const run = await go({ rate: `${60 / gap}/m`, seconds: 40 * gap + 0.5, cluster: `kubeProxy: { mode: iptables }${more}` });
      return requestsOf(run, 'dns').filter((count) => count > 0);
    };
    expect(await podsMet(25)).to.have.length(1);
    expect(await podsMet(40)).to.have.length(4); // each answer comes before the flow is 2 s old
    expect(await podsMet(40, ', conntrack: { udpTimeout: 60s }')).to.have.length(1);
    expect(await podsMet(100, ', conntrack: { udpTimeout: 110s, udpStreamTimeout: 90s }')).to.have.length(4);
  });

  it('find their port by protocol', async () => {
    expect((await go({ target: 'udp://dns:54' })).requests.byOutcome).to.deep.equal({ ok: 60 });
    expect((await go({ target: 'tcp://dns:54', timeout: '500ms' })).requests.byOutcome).to.deep.equal({ 'connect-timeout': 60 });
    expect((await go({ target: 'tcp://dns:53' })).requests.byOutcome).to.deep.equal({ ok: 60 });
  });

  it('are refused at once when the Service has no endpoint (ICMP port unreachable)', async () => {
    const run = await go({ pods: 0 });
    expect(run.requests.byOutcome).to.deep.equal({ refused: 60 });
    expect(maxMs(run.clients[0].request_duration)).to.be.below(5);
  });
});

describe('datagrams to a pod that goes', () => {
  const ALL = { clients: 20 };
  const iptables = (more: string) => `kubeProxy: { mode: iptables }, ${more}`;

  it('are lost until kube-proxy has flushed their flows, in every version', async () => {
    for (const udpCleanup of ['event', 'reconcile-skip-empty', 'reconcile-all']) {
      const run = await go({ ...ALL, timeline: scale('20s', 2), cluster: iptables(`conntrack: { udpCleanup: ${udpCleanup} }`) });
      const { ok, timeout = 0, ...others } = run.requests.byOutcome;
      expect(others, udpCleanup).to.deep.equal({});
      expect(timeout, udpCleanup).to.be.within(1, 12); // half of 20 a second, until a watch of 0.1 s and a sync of up to 1 s are over
      expect(ok + timeout).to.equal(totalOf([...run.clients.map((client) => client.offered)]));
    }
  });

  it('fall into a black hole when a Service is scaled to zero, until it has a pod again (1.32 and later, k/k#139628)', async () => {
    const timeline = `${scale('20s', 0)}, ${scale('40s', 2)}`;
    const outcomes = async (cluster: string) => (await go({ ...ALL, timeline, cluster })).requests.byOutcome;
    const skipping = await outcomes(iptables('kubernetesVersion: "1.35"'));
    expect(skipping.timeout).to.be.within(390, 425); // 20 s of 20 datagrams, and what the next sync takes
    expect(skipping.refused).to.equal(undefined);
    for (const cluster of [iptables('kubernetesVersion: "1.31"'), iptables('kubernetesVersion: "1.37"')]) {
      const flushing = await outcomes(cluster);
      expect(flushing.refused, cluster).to.be.within(370, 425); // flushed: the next packet meets the REJECT rule, and the client knows
      expect(flushing.timeout ?? 0, cluster).to.be.below(25);
    }
  });

  it('name the hop that keeps them there', async () => {
    const run = await go({ ...ALL, timeline: scale('20s', 0) });
    expect(run.connections.brokenBy).to.deep.equal({ 'conntrack, UDP flow kept on a pod that is gone': 20 });
  });

  it('end the black hole by silence: the entry runs out', async () => {
    const run = await go({ rate: '0.4/m', timeline: scale('160s', 0), seconds: 601 }); // a datagram every 150 s
    expect(run.requests.byOutcome).to.deep.equal({ ok: 1, refused: 3 });
  });

  it('are found by ipvs, which knows that the pod is gone', async () => {
    expect((await go({ ...ALL, timeline: scale('20s', 0) })).requests.byOutcome.timeout).to.be.above(700);
    const ipvs = await go({ ...ALL, timeline: scale('20s', 0), cluster: 'kubeProxy: { mode: ipvs }' });
    expect(ipvs.requests.byOutcome.refused).to.be.above(700);
    expect(ipvs.requests.byOutcome.timeout ?? 0).to.be.below(10);
  });
});

describe('SCTP', () => {
  it('opens associations in two round trips, which heartbeats keep awake', async () => {
    expect(maxMs((await go({ target: 'tcp://dns:53' })).clients[0].parts.connect_duration)).to.equal(2);
    const manifests = DNS(1).replaceAll('protocol: UDP', 'protocol: SCTP');
    const sctp = await replay(
      `  run: { duration: 3000.5s, warmup: 0s, gracefulStop: 10s }
  cluster: { nodes: { count: 2 }, ${LATENCY}, kubeProxy: { mode: ipvs } }
  workloads: { deployment/dns: { service: 1ms } }
  clients: [ { name: c, count: 1, from: nodes, target: "sctp://dns:54", arrivals: { process: deterministic, rate: 0.06/m } } ]`,
      manifests,
    );
    expect(sctp.requests.byOutcome).to.deep.equal({ ok: 3 });
    expect(sctp.connections.opened).to.equal(1);
    expect(maxMs(sctp.clients[0].parts.connect_duration)).to.equal(4);
  });
});

describe('words of UDP', () => {
  it('want a URL of their own scheme', async () => {
    const of = (client: string) => sectionIssues(`  clients: [ { name: c, ${client}, arrivals: { rate: 1/s } } ]`);
    expect((await of('target: "http://web/", protocol: { type: udp }'))[0]).to.contain('udp at a URL of http "http://web/" (write udp://HOST:PORT)');
    expect((await of('target: "udp://web:80", protocol: { type: tcp }'))[0]).to.contain(
      'tcp at a URL of udp "udp://web:80" (write type: udp, or leave it out)',
    );
    expect((await of('target: "udp://web:80", protocol: { tls: "1.3" }'))[0]).to.contain('TLS over udp');
    expect((await of('target: "udp://web"'))[0]).to.contain('udp URL without a port');
  });
});
