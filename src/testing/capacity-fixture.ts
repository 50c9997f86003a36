/** A made-up capacity plan and a made-up check, for the tests of their pages. */
import type { CapacityPoint, CapacityResult } from '../experiments/capacity/capacity-result.ts';
import type { CheckResult } from '../experiments/gate/check-result.ts';
import type { OfferedLoadRow, Result } from '../experiments/result.ts';

const SCENARIO: Result['scenario'] = { name: 'shop', description: 'How many pods?', hash: 'sha256:f00d', seed: '1', engine: '0.1.0' };
const NOTHING: Pick<Result, 'assumptions' | 'notModelled'> = { assumptions: [], notModelled: { couldMatter: [], noEffect: { count: 0 } } };

/** p99 of 0.4 s ÷ (pods − 2), at two rates; two pods and fewer are saturated. */
export function capacityFixture(name = 'shop'): CapacityResult {
  const variant = (pods: number, rate: number) => ({
    axes: { rate: `${rate}/s` },
    decision: pods <= 2 ? ('fails' as const) : decisionOf(0.4 / (pods - 2), rate),
    replications: pods <= 2 ? 0 : 10,
    saturated: pods <= 2 ? ['deployment/shop.default'] : [],
    offeredLoad: [loadRow(pods, rate)],
    thresholds: pods <= 2 ? [] : [bounded((0.4 / (pods - 2)) * (rate / 100), rate)],
    theory: [pods <= 2 ? null : (0.38 / (pods - 2)) * (rate / 100)],
    model: pods <= 2 ? null : `M/M/1 at each of ${pods} pods`,
  });
  const points = [2, 4, 5, 6, 10, 40].map((pods): CapacityPoint => {
    const variants = [variant(pods, 100), variant(pods, 120)];
    const decision = variants.some((one) => one.decision === 'fails') ? 'fails' : 'holds';
    return { value: String(pods), number: pods, decision, variants };
  });
  return {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Plan',
    scenario: { ...SCENARIO, name },
    knob: { ask: 'smallest', path: 'deployment/shop.spec.replicas', from: '1', to: '40', step: '1', values: 40 },
    thresholds: [{ metric: 'request_duration', expr: 'p(99)<200ms', statistic: 'p(99)', operator: '<', limit: 0.2 }],
    variants: points[0].variants.map(({ axes }) => axes),
    outcome: 'found',
    answer: '5',
    candidates: [],
    disorder: [],
    statistics: { alpha: 0.05, verdicts: 9, looks: 7, budget: 100, replications: 100 },
    analytic: { value: '5', why: 'M/M/1 at each of 5 pods' },
    points,
    sensitivity: [
      { what: 'service law of deployment/shop', change: 'cv 2', value: 0.4, relative: 1.1, low: 1, high: 1.2, isPaired: true, replications: 10, holds: false },
      { what: 'rate of users', change: '−20 %', value: 0.1, relative: -0.3, low: -0.35, high: -0.25, isPaired: false, replications: 10, holds: true },
      { what: 'concurrency of deployment/shop', change: '1', value: null, relative: null, isPaired: false, replications: 0, holds: false, note: 'saturated' },
    ],
    ...NOTHING,
  };
}

function decisionOf(p99: number, rate: number): 'holds' | 'fails' {
  return p99 * (rate / 100) < 0.2 ? 'holds' : 'fails';
}

function bounded(value: number, rate: number) {
  const decision = value < 0.2 ? ('holds' as const) : ('fails' as const);
  return { metric: 'request_duration', expr: 'p(99)<200ms', decision, value, low: value * 0.95, high: value * 1.05, heldIn: `${rate === 100 ? 10 : 9}/10` };
}

function loadRow(pods: number, rate: number): OfferedLoadRow {
  const load = (rate * 0.02) / pods;
  return {
    workload: 'deployment/shop.default',
    rate,
    meanService: 0.02,
    slots: 1,
    pods,
    load,
    heldLoad: load,
    capacity: pods / 0.02,
    isProxy: false,
    unbounded: false,
  };
}

export function checkFixture(name = 'shop', change = '"2"'): CheckResult {
  const common = { worse: 'more' as const, allowed: 0.05, needed: 20 };
  return {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Check',
    scenario: { ...SCENARIO, name },
    verdict: 'failed',
    cells: [
      {
        axes: {},
        replications: 12,
        saturated: [],
        thresholds: [{ metric: 'request_duration', expr: 'p(99)<200ms', ok: false, conclusive: true, heldIn: '0/12', value: 0.305 }],
        against: {
          bytes: 'changed',
          method: 'paired',
          baselineReplications: 12,
          metrics: [
            { ...common, metric: 'request_duration:mean', before: 0.019, after: 0.019, verdict: 'not worse', change: 0.01, low: -0.01, high: 0.03 },
            { ...common, metric: 'request_duration:p(99)', before: 0.113, after: 0.305, verdict: 'worse', change: 1.7, low: 1.35, high: 2.1 },
            {
              ...common,
              metric: 'request_failed:rate',
              before: 0,
              after: 0.0001,
              verdict: 'inconclusive',
              change: null,
              needed: null,
              note: 'none before, too few to tell',
            },
            {
              ...common,
              metric: 'pod_load{service=default/shop}:jain',
              worse: 'less',
              before: 0.9,
              after: 0.95,
              verdict: 'better',
              change: -0.05,
              low: -0.06,
              high: -0.04,
            },
          ],
        },
      },
    ],
    baseline: {
      scenario: SCENARIO,
      changed: { engine: false, seed: false, input: true },
      changes: [{ document: 'Deployment/shop', path: 'spec.limits.cpu', before: change, after: '"1500m"' }],
      changeCount: 1,
      gone: [],
      statistics: { alpha: 0.01, comparisons: 4, power: 0.95, margin: 0.05, needed: 20 },
    },
    ...NOTHING,
  };
}
