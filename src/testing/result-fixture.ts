/**
 * A made-up result for the report's tests: a sweep of three cells around a scale-up, with everything a page must cope with.
 *
 * Two clients, ten pods behind one Service (four old, six added by the timeline) and a saturated second workload, long names,
 * failed and inconclusive thresholds, figures with and without interval. Deterministic: every number is a formula.
 */
import type { CellResult, ClientResult, DurationFigures, Estimate, PodResult, Result, ServiceResult } from '../experiments/result.ts';

const STEP = 10;
const FROM = 120;
const TO = 1200;
const SCALE_UP = 480;
const ROLLOUT = 900;
const OLD_PODS = 4;

/** A result of three cells: connections that never end (new pods starve), and two maximal ages. */
export function fixtureResult(): Result {
  return {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Result',
    scenario: {
      name: 'grpc-pinning',
      description: 'Do new pods get any traffic after a scale-up?',
      hash: 'sha256:3f1c9a0b2d5e77c4a1908c1b6d2f4e5a9b8c7d6e5f40312233445566778899aa',
      seed: '42',
      engine: '0.1.0',
    },
    assumptions: [
      { path: '/spec/workloads/deployment~1checkout.default/concurrency', value: '8', why: 'not in the manifests' },
      { path: '/spec/workloads/deployment~1cart.default/concurrency', value: '8', why: 'not in the manifests' },
      { path: '/spec/workloads/deployment~1cart.default/service', value: 'exponential 10ms', why: 'not in the manifests' },
      { path: '/spec/workloads/deployment~1checkout.default/service', value: 'exponential 10ms', why: 'not in the manifests' },
      { path: '/spec/cluster/network/latency', value: '50us, 300us, 1ms, 18ms', why: 'default' },
      { path: '/spec/cluster/kubeProxy/mode', value: 'ipvs, scheduler rr', why: 'assumed: clusters in iptables mode choose at random and queue longer' },
    ],
    notModelled: {
      couldMatter: [
        { where: 'k8s/checkout.yaml:41:11', what: 'Deployment/checkout: spec.template.spec.containers[0].livenessProbe' },
        { where: 'k8s/checkout.yaml:77:3', what: 'HorizontalPodAutoscaler/checkout: spec.behavior' },
      ],
      noEffect: { count: 61 },
    },
    cells: [fixtureCell(0, '0s', 0), fixtureCell(1, '30s', 1), fixtureCell(2, '2m', 0.85)],
  };
}

/** The same without sweep, thresholds, series and distribution, in one replication: the poorest result a run can give. */
export function bareResult(): Result {
  const full = fixtureResult();
  const { series: _series, ...cell } = full.cells[0];
  const clients = Object.fromEntries(
    Object.entries(cell.clients).map(([name, client]) => {
      const { distribution: _distribution, ...rest } = client;
      return [name, rest as ClientResult];
    }),
  );
  return {
    ...full,
    assumptions: [],
    notModelled: { couldMatter: [], noEffect: { count: 0 } },
    cells: [{ ...cell, axes: {}, clients, thresholds: [], saturated: [], theory: [], checks: [] }],
  };
}

/** `spread` 0: old connections never move; 1: load follows the endpoints. */
function fixtureCell(id: number, age: string, spread: number): CellResult {
  const pods = podNames('checkout-7d9c5b8f6d', 10);
  const slow = 1 + 3 * (1 - spread);
  const p99 = 0.046 * slow;
  return {
    id,
    axes: { maxConnectionAge: age },
    replications: 20,
    window: { from: FROM, to: TO, gracefulStop: 30 },
    warmup: { method: 'time', cut: FROM },
    offeredLoad: [
      {
        workload: 'deployment/checkout.default',
        rate: 2000,
        meanService: 0.012,
        slots: 8,
        pods: 4,
        load: 0.75,
        heldLoad: 0.81,
        capacity: 2666.7,
        isProxy: false,
        unbounded: false,
      },
      {
        workload: 'deployment/cart.default',
        rate: 1000,
        meanService: 0.012,
        slots: 8,
        pods: 1,
        load: 1.5,
        heldLoad: 1.5,
        capacity: 666.7,
        isProxy: false,
        unbounded: true,
      },
    ],
    saturated: id === 0 ? ['deployment/cart.default'] : [],
    requests: {
      offered: 43_200_000,
      completed: 43_100_000,
      failed: id === 0 ? 98_000 : 1_100,
      inFlight: 12,
      byOutcome: { ok: 43_000_000, timeout: 97_000, rejected: 1_000 },
    },
    attempts: { begun: 43_210_000, inFlight: 12, byOutcome: { ok: 43_000_000, timeout: 97_000 } },
    calls: { begun: 21_000_000, inFlight: 3, byOutcome: { ok: 21_000_000 } },
    connections: { opened: 1_600, open: 800, closed: { 'max age': 800 }, refused: 0, timedOut: 0, brokenBy: { 'nlb, idle for 350s': 7 } },
    metrics: {
      request_duration: durations(p99, 0.03),
      'request_duration{outcome=ok}': durations(p99 * 0.95, 0.03),
      queue_wait: durations(p99 * 0.6, 0.04),
      request_failed: { rate: id === 0 ? around(0.00227, 0.05) : around(0.000025, 0.3) },
    },
    clients: {
      storefront: fixtureClient(p99, 0.03, id === 0),
      'mobile-application-for-tablets-europe-west': fixtureClient(p99 * 1.6, 0.05, id === 0),
    },
    services: { 'default/checkout': checkoutService(pods, spread), 'default/cart': cartService() },
    nodeCount: 3,
    nodes: {
      'node-1': {
        conntrack: {
          limit: 131072,
          peak: around(120_000, 0.02),
          dropped: around(40, 0.2),
          evicted: around(3, 0.5),
          byState: { ESTABLISHED: 400, TIME_WAIT: 1_000 },
        },
        snat: { limit: 64512, peak: around(900, 0.1), dropped: around(2, 0.5) },
      },
    },
    series: {
      step: STEP,
      from: FROM,
      to: FROM + bins().length * STEP,
      offered: bins().map((t) => 20_000 + 900 * wave(t)),
      failed: bins().map((t) => (id === 0 && t >= SCALE_UP - 60 && t < SCALE_UP + 90 ? 300 + 40 * wave(t) : 0)),
      p50: bins().map((t) => 0.013 * (1 + 0.05 * wave(t))),
      p99: bins().map((t, i) => (i === 50 ? null : p99 * (1 + 0.1 * wave(t)) * (t < SCALE_UP ? 1.6 : 1))),
      pods: Object.fromEntries(pods.map((pod, i) => [`default/${pod}`, bins().map((t) => podLoad(i, t, spread) * STEP)])),
      workloads: {
        'deployment/checkout.default': { replicas: bins().map((t) => (t < SCALE_UP ? 4 : 10)) },
        'deployment/cart.default': { replicas: bins().map(() => 1) },
      },
      events: [
        { at: SCALE_UP, label: 'scale-up to 10' },
        { at: ROLLOUT, label: 'kubectl rollout restart deployment/cart' },
      ],
    },
    thresholds: [
      {
        metric: 'request_duration{client=storefront}',
        expr: 'p(99)<120ms',
        ok: p99 < 0.12,
        conclusive: true,
        heldIn: p99 < 0.12 ? '20/20' : '0/20',
        value: p99,
      },
      {
        metric: 'request_failed',
        expr: 'rate<0.1%',
        ok: id !== 0,
        conclusive: true,
        heldIn: id === 0 ? '3/20' : '20/20',
        value: id === 0 ? 0.00227 : 0.000025,
      },
      {
        metric: 'pod_load{service=default/checkout, since=6m}',
        expr: 'jain>=0.95',
        ok: spread > 0.9,
        conclusive: id !== 2,
        heldIn: id === 1 ? '20/20' : id === 2 ? '9/20' : '0/20',
        value: [0.44, 0.981, 0.949][id],
      },
    ],
    checks: [
      { name: 'requests: begun = ended + open', ok: true, residual: 0 },
      { name: "Little's law: pods of default/checkout", ok: true, residual: 3.1e-13 },
      { name: 'utilisation law: pods of default/checkout', ok: true, residual: 8.8e-14 },
    ],
    theory: [
      {
        workload: 'deployment/checkout.default',
        model: 'M/M/c',
        metric: 'queue_wait.mean',
        theory: 0.0021,
        simulated: around(0.00212, 0.02),
        why: 'Poisson arrivals, exponential service, one queue a pod',
      },
    ],
  };
}

function fixtureClient(p99: number, width: number, unfinished: boolean): ClientResult {
  return {
    requests: { offered: 21_600_000, failed: 49_000, inFlight: 6, byOutcome: { ok: 21_500_000, timeout: 49_000 } },
    request_duration: durations(p99, width),
    'request_duration{outcome=ok}': durations(p99 * 0.95, width),
    request_failed: { rate: around(0.00227, 0.05) },
    distribution: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100].map((p) => ({
      p,
      value: unfinished && p > 99.995 ? null : quantile(p99, p),
    })),
    queue_wait: durations(p99 * 0.6, width),
  };
}

/** A smooth law whose 99th percentile is `p99` and whose tail grows with the logarithm of the nines. */
function quantile(p99: number, p: number): number {
  const nines = p >= 100 ? 6.5 : -Math.log10(1 - p / 100);
  return p99 * (0.12 + 0.34 * nines + 0.05 * nines * nines);
}

function durations(p99: number, width: number): DurationFigures {
  return {
    mean: around(p99 * 0.3, width),
    sd: around(p99 * 0.25, width),
    p50: around(quantile(p99, 50), width),
    p90: around(quantile(p99, 90), width),
    p95: around(quantile(p99, 95), width),
    p99: around(p99, width),
    'p99.9': around(quantile(p99, 99.9), width * 2),
    max: { value: quantile(p99, 100), noInterval: 'a maximum has no interval' },
    positive: around(0.62, 0.02),
  };
}

function checkoutService(pods: readonly string[], spread: number): ServiceResult {
  const groups = Array.from({ length: 12 }, (_, i) => `10.0.${i}.0/24`);
  const totals = pods.map((_, i) => sum(bins().map((t) => podLoad(i, t, spread) * STEP)));
  const all = sum(totals);
  return {
    request_duration: durations(0.05, 0.03),
    queue_wait: durations(0.02, 0.03),
    load: {
      jain: around(spread === 0 ? 0.44 : 0.9 + 0.08 * spread, 0.01),
      maxOverMean: around(2.5 - 1.4 * spread, 0.03),
      cov: around(1.1 - spread, 0.05),
      busiestShare: around(0.25 - 0.14 * spread, 0.03),
      idlePods: around(6 * (1 - spread), 0.01),
      byRank: pods.map((_, i) => around((2 * (pods.length - i)) / (pods.length * (pods.length + 1)), 0.05)),
    },
    utilization: { mean: around(0.6, 0.02), max: around(0.7 + 0.2 * (1 - spread), 0.02) },
    occupancy: [1, 0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02],
    unanswered: {},
    traffic: { clientAddressKept: around(0.4, 0.02), secondHop: around(0.6, 0.02), crossZone: around(0.3, 0.02), crossZoneBytes: around(3e9, 0.02) },
    hints: null,
    stickiness: {
      byConnection: { samePod: around(0.11, 0.05), chance: around(0.1, 0.02), podsPerKey: around(6.2, 0.02), breaks: {} },
      byRequest: {
        samePod: around(0.98 - 0.2 * spread, 0.01),
        chance: around(0.25 - 0.15 * spread, 0.02),
        podsPerKey: around(1 + 5 * spread, 0.02),
        breaks: { 'pod gone': 3, expired: 40 },
      },
    },
    pods: Object.fromEntries(pods.map((pod, i) => [pod, fixturePod(i, totals[i], totals[i] / all)])),
    map: {
      groups,
      pods,
      requests: groups.map((_, g) =>
        pods.map((_pod, i) => Math.round((totals[i] / 12) * (spread > 0.5 ? 1 + 0.2 * wave(g * 7 + i) : i === g % OLD_PODS ? 3.4 : 0.2))),
      ),
    },
  };
}

function cartService(): ServiceResult {
  const pod = 'cart-5f6d7c8b9-mmz2x';
  const row = fixturePod(2, 1_080_000, 1);
  return {
    ...checkoutService([pod], 1),
    load: { jain: around(1, 0), maxOverMean: around(1, 0), cov: around(0, 0), busiestShare: around(1, 0), idlePods: around(0, 0), byRank: [around(1, 0)] },
    pods: { [pod]: { ...row, workload: 'deployment/cart.default', utilization: { value: 1, noInterval: 'saturated' } } },
    map: { groups: ['checkout pods'], pods: [pod], requests: [[1_080_000]] },
  };
}

function fixturePod(i: number, requests: number, share: number): PodResult {
  const rate = requests / (TO - FROM);
  const duration = 0.0124 + 0.0001 * i;
  return {
    node: `node-${(i % 6) + 1}`,
    workload: 'deployment/checkout.default',
    connections: around(requests / 1e5, 0.1),
    openConnections: around(requests / 1e5, 0.1),
    requests: around(requests, 0.02),
    share: around(share, 0.02),
    utilization: around(Math.min(0.97, rate * 0.0015), 0.02),
    peakInFlight: { value: 40 + i, noInterval: 'a maximum has no interval' },
    inSystem: { mean: around(rate * duration * (1 + 0.002 * wave(i)), 0.02), sd: around(2, 0.05) },
    pod_duration: durations(duration * 3.3, 0.03),
  };
}

/** Attempts per second at pod `i` at time `t`: new pods start at the scale-up and get the share that `spread` grants them. */
function podLoad(i: number, t: number, spread: number): number {
  if (t < SCALE_UP) return i < OLD_PODS ? 500 * (1 + 0.06 * wave(t + 31 * i)) : 0;
  const settled = spread * Math.min(1, (t - SCALE_UP) / 200);
  const base = i < OLD_PODS ? 500 - 300 * settled : 200 * settled;
  return base * (1 + 0.06 * wave(t + 31 * i));
}

function bins(): number[] {
  return Array.from({ length: (TO - FROM) / STEP }, (_, i) => FROM + i * STEP);
}

/** A reproducible wobble in [-1, 1]. */
function wave(t: number): number {
  return Math.sin(t * 0.37) * 0.6 + Math.sin(t * 1.3) * 0.4;
}

function around(value: number, relative: number): Estimate {
  return { value, low: value * (1 - relative), high: value * (1 + relative) };
}

function podNames(prefix: string, count: number): string[] {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from(
    { length: count },
    (_, i) => `${prefix}-${Array.from({ length: 5 }, (_l, k) => letters[(i * 7 + k * 11 + i * k) % letters.length]).join('')}`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
