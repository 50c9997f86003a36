import { expect } from 'chai';
import { type Journey, type Progress, Recorder } from './recorder.ts';
import type { RunResult } from './run-result.ts';

const MS = 1e6;
const NONE = -1;
const OK = 0;
const REFUSED = 1;

/** Two clients, two Services, two pods; the window is from 10 to 20 ms, and a further one from 15. */
function recorder(): { recorder: Recorder; clock: { now: number } } {
  const clock = { now: 0 };
  const options = {
    fromNs: 10 * MS,
    toNs: 20 * MS,
    since: [15 * MS],
    clients: ['a', 'b'],
    services: ['default/x', 'default/y'],
    groups: ['a 1', 'b 1'],
    outcomes: ['ok', 'refused'],
    hops: ['', 'nlb'],
  };
  const made = new Recorder(options, clock);
  made.resize(2, 2);
  return { recorder: made, clock };
}

/** A request of a client to a Service that came at 12 ms, or when it says. */
function journey(client: number, service: number, intended = 12 * MS): Journey {
  const at = (ms: number) => intended + ms * MS;
  const stations = { connectNs: 2 * MS, sent: at(3), reached: at(4), started: at(4), served: at(8), responded: at(8) };
  return { client, service, bin: 0, intended, ...stations, viaNetwork: 0, viaQueue: 0, viaService: 0 };
}

const PODS = ['web-0', 'web-1'].map((name) => ({ name: `default/${name}`, node: 'node-1', workload: 'deployment/web.default', slots: 2, isSharing: false }));

function resultOf(made: Recorder, inFlight: readonly number[] = [0, 0]): RunResult {
  const attempts = inFlight.reduce((a, b) => a + b);
  return made.result({ cell: 0, replication: 0, trafficHash: 'f00d', endNs: 20 * MS, events: 1 }, PODS, { clients: inFlight, attempts, calls: 0 }, [], []);
}

describe('the recorder', () => {
  it('keeps durations by who asked and which Service answered; clients, Services and the whole are sums of them', () => {
    const { recorder: made, clock } = recorder();
    for (const [client, service, outcome, ms] of [
      [0, 0, OK, 10],
      [0, 1, OK, 20],
      [1, 0, REFUSED, 40],
      [1, NONE, REFUSED, 80],
    ]) {
      made.requestOffered(client);
      clock.now = (12 + ms) * MS;
      made.requestEnded(journey(client, service), outcome, outcome === OK ? 3 : 0);
    }
    const run = resultOf(made);
    expect(run.requests).to.deep.equal({ offered: 4, completed: 2, failed: 2, inFlight: 0, byOutcome: { ok: 2, refused: 2 } });
    expect(run.clients.map((client) => client.request_duration.sum / MS)).to.deep.equal([30, 120]);
    expect(run.clients.map((client) => client.request_duration_ok.count)).to.deep.equal([2, 0]);
    expect(run.services.map((service) => service.request_duration.sum / MS)).to.deep.equal([50, 20]);
    expect(run.checks.filter(({ left, right }) => left !== right)).to.deep.equal([]);
  });

  it('records the parts as far as the request came', () => {
    const { recorder: made, clock } = recorder();
    clock.now = 22 * MS;
    for (const progress of [0, 1, 2, 3] as Progress[]) {
      made.requestOffered(0);
      made.requestEnded(journey(0, 0), OK, progress);
    }
    const parts = Object.entries(resultOf(made).clients[0].parts);
    const counts = Object.fromEntries(parts.map(([part, histogram]) => [part, histogram.count]));
    expect(counts).to.deep.equal({ client_wait: 3, connect_duration: 3, network: 1, queue_wait: 2, service_duration: 1, call_duration: 1 });
    const longest = Object.fromEntries(parts.map(([part, histogram]) => [part, histogram.max / MS]));
    expect(longest).to.deep.equal({ client_wait: 1, connect_duration: 2, network: 3, queue_wait: 0, service_duration: 4, call_duration: 0 });
  });

  it('counts what never ended as infinitely long, in each window that it belongs to', () => {
    const { recorder: made } = recorder();
    for (const intended of [12 * MS, 16 * MS]) {
      made.requestOffered(1);
      made.requestInFlight(journey(1, 0, intended));
    }
    const run = resultOf(made, [0, 2]);
    expect(run.requests).to.deep.include({ offered: 2, inFlight: 2, completed: 0 });
    expect(run.clients[1].request_duration).to.include({ infinite: 2, count: 0 });
    expect(run.windows[0].clients[1]).to.deep.include({ offered: 1, failed: 0 });
  });

  it('says which identity does not hold', () => {
    const { recorder: made } = recorder();
    made.requestOffered(0); // never ends, and nobody says so
    const broken = resultOf(made).checks.filter(({ left, right }) => left !== right);
    expect(broken.map(({ name }) => name)).to.deep.equal(['requests: offered = ended + in flight', 'attempts: begun = ended + in flight']);
  });

  it('counts connections of the window only, and those that were open before', () => {
    const { recorder: made } = recorder();
    made.connectionOpened(0, 0);
    made.openWindow(10 * MS, Int32Array.of(0, 0), 2);
    made.connectionOpened(1, 0);
    made.connectionOpened(1, NONE);
    made.connectionClosed(1, 'idle');
    made.connectionFailed(false);
    made.connectionFailed(true);
    made.closeWindow(20 * MS);
    made.connectionClosed(0, 'client');
    made.connectionFailed(true);
    const run = resultOf(made);
    expect(run.connections).to.deep.equal({ opened: 2, open: 2, openAtStart: 1, closed: { idle: 1 }, refused: 1, timedOut: 1, brokenBy: {} });
    expect(run.pods.map((pod) => pod.connections)).to.deep.equal([0, 2]);
    expect(run.pods.map((pod) => pod.openConnections)).to.deep.equal([1, 1]);
    expect([...run.services[0].connections]).to.deep.equal([1]);
  });

  it('knows how long a pod was a ready endpoint in each window, and not after', () => {
    const { recorder: made } = recorder();
    const [service] = made.services;
    service.ready(0, 0);
    made.openWindow(10 * MS, Int32Array.of(0, 0), 2);
    service.notReady(0, 10 * MS, 13 * MS);
    service.ready(1, 14 * MS);
    made.closeWindow(20 * MS);
    service.notReady(1, 10 * MS, 25 * MS);
    service.ready(0, 26 * MS);
    service.notReady(0, 10 * MS, 29 * MS);
    const run = resultOf(made);
    expect([...run.services[0].readyNs]).to.deep.equal([3 * MS, 6 * MS]);
    expect([...run.windows[0].services[0].readyNs]).to.deep.equal([0, 5 * MS]);
  });

  it('counts attempts where they arrive, by Service, group and further window', () => {
    const { recorder: made, clock } = recorder();
    clock.now = 12 * MS;
    made.reached(0, 0, 0, 0, false);
    clock.now = 16 * MS;
    made.reached(1, 0, 1, 1, false);
    made.reached(1, NONE, NONE, 1, false);
    const run = resultOf(made);
    expect(run.pods.map((pod) => pod.requests)).to.deep.equal([1, 2]);
    expect([...run.services[0].requests]).to.deep.equal([1, 1]);
    expect([...run.services[0].groupRequests]).to.deep.equal([1, 0, 0, 1]);
    expect([...run.windows[0].services[0].requests]).to.deep.equal([0, 1]);
  });

  it('names why a session met another pod although it was promised its own', () => {
    const { recorder: made } = recorder();
    const [service] = made.services;
    service.ready(0, 0);
    service.ready(1, 0);
    made.reached(0, 0, 0, 0, false);
    made.reached(1, 0, 0, 0, true);
    service.notReady(1, 10 * MS, 13 * MS);
    made.reached(0, 0, 0, 0, true);
    made.reached(1, 0, 0, 0, false);
    expect(resultOf(made).services[0].stickiness.byRequest).to.deep.equal({ pairs: 3, same: 0, keys: 1, podsMet: 2, breaks: { 'pod gone': 1, rehashed: 1 } });
  });
});
