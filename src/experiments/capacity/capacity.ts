/**
 * A capacity plan: the smallest or largest value of one knob that holds the thresholds under every variant.
 *
 *     knob ─► points, hardest first ─► search ─► point (variants × replications, to a verdict) ─► answer, its neighbours, theory beside it
 *
 * The variants are the cells of the study (`--vary`, `spec.sweep`); the same replications of two points meet the same traffic.
 */
import { type Issue, ScenarioError } from '../../errors.ts';
import type { Study } from '../../scenario/scenario.ts';
import { assumptionsOf } from '../collect.ts';
import { ENGINE_VERSION } from '../engine-version.ts';
import { type Plan, type PlannedCell, planStudy } from '../plan.ts';
import { type SessionProgress, withSession } from '../session.ts';
import { isRuledOut, theoryOf } from './analytic.ts';
import type { AnalyticBound, CapacityPoint, CapacityResult } from './capacity-result.ts';
import type { Knob } from './knob.ts';
import { planLooks } from './looks.ts';
import { judgePoint, type PointVerdict } from './point.ts';
import { type Boundary, findBoundary, mostVerdicts } from './search.ts';
import { sensitivityOf } from './sensitivity.ts';

export interface CapacityOptions {
  readonly knob: Knob;
  /** The study with the knob at a value. @throws ScenarioError when it cannot be set there */
  readonly studyAt: (value: string) => Promise<Study>;
  /** Most replications of one value and variant. */
  readonly budget: number;
  readonly alpha: number;
  /** Repeat the answer with one assumption changed at a time. */
  readonly withSensitivity: boolean;
  readonly workers: number;
  readonly out?: string;
  readonly resume: boolean;
  readonly signal?: AbortSignal;
  onPoint?(point: CapacityPoint): void;
  onProgress?(progress: SessionProgress): void;
}

/** @throws ScenarioError when the scenario has no thresholds, kube-proxy's mode is not named, or a value cannot be set */
export async function planCapacity(options: CapacityOptions): Promise<CapacityResult> {
  const points = new Points(options);
  const first = await points.planAt(0);
  refuseUnready(first);
  await points.planAt(points.count - 1); // both ends, before anything is simulated
  const { study, cells } = first;
  const { thresholds } = cells[0].scenario;
  const looks = planLooks({ ...options, verdicts: mostVerdicts(points.count), judged: thresholds.length * cells.length });
  return withSession({ ...options, seed: study.seed }, async (session) => {
    const seen = new Map<number, CapacityPoint>();
    const boundary = await findBoundary(points.count, async (index) => {
      const point = points.describe(index, await judgePoint((await points.planAt(index)).cells, session, looks));
      seen.set(index, point);
      options.onPoint?.(point);
      return point.decision;
    });
    const analytic = await boundOf(points);
    const final = boundary.answer === null ? first : await points.planAt(boundary.answer);
    const answered = boundary.answer === null ? undefined : seen.get(boundary.answer);
    const sensitivity = options.withSensitivity && answered !== undefined ? await sensitivityOf(final.cells, answered, session) : [];
    return {
      apiVersion: 'evenkeel.dev/v1alpha1',
      kind: 'Plan',
      scenario: { name: study.name, description: study.description, hash: final.study.hash, seed: study.seed, engine: ENGINE_VERSION },
      knob: knobOf(options.knob),
      thresholds: thresholds.map(({ metric, expr, statistic, operator, limit }) => ({ metric, expr, statistic, operator, limit })),
      variants: cells.map(({ axes }) => axes),
      ...outcomeOf(boundary, points),
      statistics: {
        alpha: options.alpha,
        verdicts: mostVerdicts(points.count),
        looks: looks.sizes.length,
        budget: options.budget,
        replications: [...seen.values()].reduce((sum, { variants }) => sum + variants.reduce((all, { replications }) => all + replications, 0), 0),
      },
      analytic,
      points: [...seen.values()].sort((a, b) => a.number - b.number),
      sensitivity,
      assumptions: assumptionsOf(final),
      notModelled: study.notModelled,
    };
  });
}

/** The gate and the plan want the choice of pods said: it moves every percentile. */
export function kubeProxyIssue(study: Study): Issue | null {
  if (study.cells.every(({ scenario }) => !scenario.cluster.kubeProxy.assumed)) return null;
  return {
    where: 'cluster.kubeProxy.mode',
    problem: 'not named, and the answer depends on it',
    hint: 'write cluster: { kubeProxy: { mode: iptables } }, add --kube-proxy iptables, or the KubeProxyConfiguration of your cluster (kubectl -n kube-system get cm kube-proxy)',
  };
}

function refuseUnready({ study, cells }: Plan): void {
  const issues: Issue[] = [];
  const mode = kubeProxyIssue(study);
  if (mode !== null) issues.push(mode);
  if (cells[0].scenario.thresholds.length === 0)
    issues.push({ where: 'spec.thresholds', problem: 'none: nothing says what has to hold', hint: 'e.g. thresholds: { request_duration: ["p(99)<250ms"] }' });
  if (issues.length > 0) throw new ScenarioError(issues);
}

/** The values of the knob from the hardest to the easiest, and what is planned at each. */
class Points {
  readonly count: number;
  readonly knob: Knob;
  private readonly options: CapacityOptions;
  private readonly plans = new Map<number, Plan>();

  constructor(options: CapacityOptions) {
    this.options = options;
    this.knob = options.knob;
    this.count = options.knob.values.length;
  }

  /** Index into the knob's values. */
  private at(index: number): number {
    return this.knob.ask === 'smallest' ? index : this.count - 1 - index;
  }

  valueOf(index: number): string {
    return this.knob.values[this.at(index)];
  }

  async planAt(index: number): Promise<Plan> {
    const known = this.plans.get(index);
    if (known !== undefined) return known;
    const plan = planStudy(await this.options.studyAt(this.valueOf(index)));
    const cells = plan.cells.map((cell): PlannedCell => ({ ...cell, id: this.at(index) * plan.cells.length + cell.id }));
    const numbered = { ...plan, cells };
    this.plans.set(index, numbered);
    return numbered;
  }

  describe(index: number, verdict: PointVerdict): CapacityPoint {
    return { value: this.valueOf(index), number: this.knob.numbers[this.at(index)], ...verdict };
  }
}

function knobOf({ ask, path, values, step }: Knob): CapacityResult['knob'] {
  return { ask, path, from: values[0], to: values[values.length - 1], ...(step !== undefined && { step }), values: values.length };
}

function outcomeOf({ answer, candidates, disorder }: Boundary, points: Points): Pick<CapacityResult, 'outcome' | 'answer' | 'candidates' | 'disorder'> {
  const among = candidates === null ? [] : Array.from({ length: candidates[1] - candidates[0] + 1 }, (_, i) => points.valueOf(candidates[0] + i));
  return {
    outcome: answer === 0 ? 'end' : answer !== null ? 'found' : candidates === null ? 'none' : 'undecided',
    answer: answer === null ? null : points.valueOf(answer),
    candidates: among,
    disorder: disorder.map(([holds, fails]) => ({ holds: points.valueOf(holds), fails: points.valueOf(fails) })),
  };
}

/** Bisection over what theory says, which costs no simulation. */
async function boundOf(points: Points): Promise<AnalyticBound> {
  const isOut = async (index: number) => (await points.planAt(index)).cells.some(isRuledOut);
  let [out, allowed] = [-1, points.count];
  while (allowed - out > 1) {
    const middle = Math.floor((out + allowed) / 2);
    if (await isOut(middle)) out = middle;
    else allowed = middle;
  }
  if (allowed === points.count) return { value: null, why: 'offered load below 1, and closed forms where they apply' };
  const models = (await points.planAt(allowed)).cells.map((cell) => theoryOf(cell)?.model ?? 'offered load below 1');
  return { value: points.valueOf(allowed), why: [...new Set(models)].join('; ') };
}
