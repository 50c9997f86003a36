/** Made-up runs for the tests of merging: complete, small, and easy to count by hand. */
import { Histogram, SERIES_BINS } from '../measurement/histogram.ts';
import { type ClientRun, type PodRun, REQUEST_PARTS, type RunResult, type ServiceRun, type SparseHistogram } from '../measurement/run-result.ts';

/** Durations in milliseconds, and how many never ended. */
export function histogramOf(milliseconds: readonly number[], infinite = 0): SparseHistogram {
  const histogram = new Histogram();
  for (const one of milliseconds) histogram.record(Math.round(one * 1e6));
  for (let i = 0; i < infinite; i++) histogram.recordInfinite();
  return histogram.sparse();
}

export interface RunShape {
  readonly replication?: number;
  /** Durations of the client's requests [ms]. */
  readonly durations?: readonly number[];
  readonly failed?: number;
  readonly inFlight?: number;
  /** Requests of the Service by pod. */
  readonly podRequests?: readonly number[];
  /** Ready seconds by pod, of a window of 10 s. */
  readonly readySeconds?: readonly number[];
}

const WINDOW_NS = 10e9;

/** One client `web`, one Service `default/web` of as many pods as `podRequests` has entries, one further window since 5 s. */
export function runOf(shape: RunShape = {}): RunResult {
  const { replication = 0, durations = [10, 20], failed = 0, inFlight = 0, podRequests = [1, 1] } = shape;
  const ready = podRequests.map((_, i) => (shape.readySeconds?.[i] ?? 10) * 1e9);
  const offered = durations.length + inFlight;
  const byOutcome: Record<string, number> = failed > 0 ? { ok: durations.length - failed, timeout: failed } : { ok: durations.length };
  const requests = { offered, completed: durations.length - failed, failed, inFlight, byOutcome };
  const histogram = histogramOf(durations, inFlight);
  const client: ClientRun = {
    name: 'web',
    offered,
    failed,
    inFlight,
    byOutcome: requests.byOutcome,
    request_duration: histogram,
    request_duration_ok: histogram,
    parts: Object.fromEntries(REQUEST_PARTS.map((part) => [part, histogramOf([0])])) as ClientRun['parts'],
  };
  const counts = Float64Array.from(podRequests);
  const sticky = { pairs: 4, same: 1, keys: 2, podsMet: 3, breaks: {} };
  const service: ServiceRun = {
    name: 'default/web',
    pods: podRequests.map((_, i) => i),
    requests: counts,
    connections: counts,
    readyNs: Float64Array.from(ready),
    unanswered: {},
    traffic: { sent: offered, clientAddressKept: offered, secondHop: 0, crossZone: 0, crossZoneBytes: 0 },
    hints: [],
    request_duration: histogram,
    queue_wait: histogramOf([0]),
    stickiness: { byConnection: sticky, byRequest: sticky },
    groups: ['web'],
    groupRequests: counts,
  };
  return {
    cell: 0,
    replication,
    trafficHash: 'f00d',
    window: { fromNs: 0, toNs: WINDOW_NS, endNs: WINDOW_NS },
    requests,
    attempts: { begun: offered, byOutcome: requests.byOutcome, inFlight },
    calls: { begun: 0, byOutcome: {}, inFlight: 0 },
    connections: { opened: 2, open: 1, openAtStart: 0, closed: { idle: 1 }, refused: 0, timedOut: 0, brokenBy: {} },
    clients: [client],
    services: [service],
    pods: podRequests.map((count, i) => podOf(i, count, ready[i])),
    nodes: [{ name: 'node-1', conntrack: { limit: 1000, peak: 10, dropped: 0, evicted: 0, byState: {} }, snat: { limit: 64512, peak: 0, dropped: 0 } }],
    windows: [
      {
        sinceNs: 5e9,
        clients: [{ offered, failed, request_duration: histogram, request_duration_ok: histogram }],
        services: [{ requests: Float64Array.from(podRequests, () => 1), readyNs: Float64Array.from(ready) }],
      },
    ],
    series: {
      binNs: 5e9,
      bins: 2,
      fromNs: 0,
      offered: Float64Array.of(offered, 0),
      failed: Float64Array.of(failed, 0),
      durations: new Uint32Array(2 * SERIES_BINS),
      podRequests: Uint32Array.from(podRequests.flatMap((count) => [count, 0])),
      replicas: { 'deployment/web.default': Float64Array.of(2, 3) },
    },
    checks: [{ name: 'requests', left: offered, right: offered, tolerance: 0 }],
    events: 100,
  };
}

/** A pod that holds one request for half of the window. */
function podOf(index: number, requests: number, readyNs: number): PodRun {
  const levelNs = new Float64Array(22);
  levelNs[0] = WINDOW_NS / 2;
  levelNs[1] = WINDOW_NS / 2;
  return {
    name: `default/web-${index}`,
    node: 'node-1',
    workload: 'deployment/web.default',
    slots: 2,
    readyNs,
    connections: requests,
    openConnections: 1,
    requests,
    rejected: 0,
    busyNs: WINDOW_NS / 2,
    inSystemArea: WINDOW_NS / 2,
    inSystemAreaSquared: WINDOW_NS / 2,
    levelNs,
    peakInFlight: 1,
    pod_duration: histogramOf([1]),
  };
}
