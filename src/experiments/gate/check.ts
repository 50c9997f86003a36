/**
 * The gate: do the thresholds hold, and did anything get worse against a stored baseline.
 *
 * Two questions are kept apart. Did the bytes change: with the same input and seed only the engine can change them. Did the system get
 * worse: judged on every watched metric of every cell, whatever was changed.
 */

import { type Issue, ScenarioError } from '../../errors.ts';
import type { RunResult } from '../../measurement/run-result.ts';
import type { Study } from '../../scenario/scenario.ts';
import { kubeProxyIssue } from '../capacity/capacity.ts';
import { assumptionsOf, finishCell, type ReplicationSource } from '../collect.ts';
import { ENGINE_VERSION } from '../engine-version.ts';
import type { Plan, PlannedCell } from '../plan.ts';
import type { CellResult, Result, ThresholdResult } from '../result.ts';
import { stableJson } from '../stable-json.ts';
import { type Baseline, type BaselineCell, bytesOf } from './baseline.ts';
import type { CellChange, CheckedCell, CheckResult, ComparedBaseline, MetricChange } from './check-result.ts';
import { diffDocuments } from './document-diff.ts';
import { type GatedMetric, gatedMetrics, isNamed, type StoredFigure, sampled, storedFigures } from './gated-metrics.ts';
import { judgeChange, MARGIN, POWER } from './regression.ts';

/** Of all alarms together. */
export const ALPHA = 0.01;
/** Changes that a result lists. */
const MOST_CHANGES = 200;

/** `--max-increase 5%` has no name. */
export interface Allowance {
  readonly name: string | null;
  readonly share: number;
}

export interface Checked {
  readonly result: CheckResult;
  /** What a new baseline would hold. */
  readonly baseline: Baseline;
  /** The same replications as a result, for the page. */
  readonly cells: readonly CellResult[];
}

/** @throws ScenarioError for what makes no gate: before anything is simulated */
export function refuseUnready(plan: Plan, baseline: Baseline | null, allowances: readonly Allowance[], isUpdate: boolean): void {
  const issues: Issue[] = [];
  const mode = kubeProxyIssue(plan.study);
  if (mode !== null) issues.push(mode);
  const hasThresholds = plan.cells.some(({ scenario }) => scenario.thresholds.length > 0);
  if (!hasThresholds && baseline === null && !isUpdate)
    issues.push({ where: 'check', problem: 'nothing to check', hint: 'write spec.thresholds, or give --baseline FILE (written by --update-baseline)' });
  const known = plan.cells.flatMap(({ scenario }) => gatedMetrics(scenario));
  for (const { name } of allowances) {
    if (name !== null && !known.some((metric) => isNamed(metric, name)))
      issues.push({
        where: '--max-increase',
        problem: 'no such metric',
        value: name,
        hint: `one of ${[...new Set(known.map(({ text }) => text))].join(', ')}`,
      });
  }
  if (baseline !== null && !plan.cells.some((cell) => cellOf(baseline, cell) !== undefined))
    issues.push({
      where: '--baseline',
      problem: 'has none of the cells of this scenario',
      hint: 'the axes were changed: write a new one with --update-baseline',
    });
  if (issues.length > 0) throw new ScenarioError(issues);
}

export async function checkStudy(plan: Plan, source: ReplicationSource, baseline: Baseline | null, allowances: readonly Allowance[]): Promise<Checked> {
  const comparisons = plan.cells.reduce((sum, cell) => sum + comparedMetrics(cell, baseline).length, 0);
  const seen: CellSeen[] = [];
  for (const cell of plan.cells) {
    const runs = await source.replications(cell, 0, plan.study.replications);
    seen.push(look(cell, runs, baseline === null ? undefined : cellOf(baseline, cell), { allowances, alpha: ALPHA / Math.max(1, comparisons) }));
  }
  const scenario = scenarioOf(plan.study);
  const cells = seen.map(({ checked }) => checked);
  const against = baseline === null ? null : compared(plan, baseline, cells, comparisons);
  return {
    result: {
      apiVersion: 'evenkeel.dev/v1alpha1',
      kind: 'Check',
      scenario,
      verdict: verdictOf(cells),
      cells,
      baseline: against,
      assumptions: assumptionsOf(plan),
      notModelled: plan.study.notModelled,
    },
    baseline: { apiVersion: 'evenkeel.dev/v1alpha1', kind: 'Baseline', scenario, cells: seen.map(({ stored }) => stored), documents: plan.study.documents },
    cells: seen.map(({ result }) => result),
  };
}

function scenarioOf({ name, description, hash, seed }: Study): Result['scenario'] {
  return { name, description, hash, seed, engine: ENGINE_VERSION };
}

function cellOf(baseline: Baseline, { axes }: PlannedCell): BaselineCell | undefined {
  const wanted = stableJson(axes);
  return baseline.cells.find((cell) => stableJson(cell.axes) === wanted);
}

function comparedMetrics(cell: PlannedCell, baseline: Baseline | null): GatedMetric[] {
  const before = baseline === null ? undefined : cellOf(baseline, cell);
  return before === undefined ? [] : gatedMetrics(cell.scenario).filter(({ text }) => Object.hasOwn(before.metrics, text));
}

interface CellSeen {
  readonly checked: CheckedCell;
  readonly stored: BaselineCell;
  readonly result: CellResult;
}

interface LookOptions {
  readonly allowances: readonly Allowance[];
  readonly alpha: number;
}

function look(cell: PlannedCell, runs: readonly RunResult[], before: BaselineCell | undefined, options: LookOptions): CellSeen {
  const result = finishCell(cell, runs, undefined);
  const metrics = gatedMetrics(cell.scenario);
  const figures = storedFigures(cell, runs, result, metrics);
  const stored: BaselineCell = {
    axes: cell.axes,
    trafficHash: runs.map(({ trafficHash }) => trafficHash),
    bytes: bytesOf(runs),
    metrics: Object.fromEntries(metrics.map(({ text }, i) => [text, figures[i]])),
  };
  const { replications, saturated, thresholds } = result;
  const against = before === undefined ? null : compareCell(metrics, stored, before, options);
  return { checked: { axes: cell.axes, replications, saturated, thresholds, against }, stored, result };
}

function compareCell(metrics: readonly GatedMetric[], now: BaselineCell, before: BaselineCell, { allowances, alpha }: LookOptions): CellChange {
  const both = Math.min(now.trafficHash.length, before.trafficHash.length);
  const isPaired = now.trafficHash.slice(0, both).every((hash, i) => hash === before.trafficHash[i]);
  // A pooled figure is of all replications: where one side has more, pairs are compared by their mean.
  const isCut = isPaired && now.trafficHash.length !== before.trafficHash.length;
  return {
    bytes: now.bytes === before.bytes ? 'same' : 'changed',
    method: isPaired ? 'paired' : 'welch',
    baselineReplications: before.trafficHash.length,
    metrics: metrics
      .filter(({ text }) => Object.hasOwn(before.metrics, text))
      .map((metric): MetricChange => {
        const [was, is] = [before.metrics[metric.text], now.metrics[metric.text]].map((one) => (isCut ? meanOfFirst(one, both) : one));
        const allowed =
          allowances.findLast(({ name }) => name !== null && isNamed(metric, name))?.share ?? allowances.findLast(({ name }) => name === null)?.share ?? 0;
        const common = { metric: metric.text, worse: metric.worse, allowed, before: was.value, after: is.value };
        const [first, second] = [sampled(was), sampled(is)];
        if (first === null || second === null) return { ...common, ...withoutNumbers(was, is, both) };
        return { ...common, ...judgeChange(first, second, { isPaired, worse: metric.worse, allowed, alpha }) };
      }),
  };
}

/** The figure of the replications that both sides have. */
function meanOfFirst({ values }: StoredFigure, count: number): StoredFigure {
  const first = values.slice(0, count);
  const numbers = first.filter((value) => typeof value === 'number');
  if (numbers.length < count) return { value: first.includes('inf') ? 'inf' : null, values: first };
  return { value: numbers.reduce((sum, value) => sum + value, 0) / count, values: first };
}

/** Where a figure had not ended, or nothing was seen. */
function withoutNumbers(was: StoredFigure, is: StoredFigure, replications: number): Pick<MetricChange, 'verdict' | 'change' | 'needed' | 'note'> {
  const isBroken = (figure: StoredFigure) => figure.value === 'inf' || figure.value === null;
  const worst = (figure: StoredFigure) => figure.values.filter((value) => value === 'inf' || value === null).length;
  const nothing = { change: null, needed: null };
  if (isBroken(is) && !isBroken(was)) return { ...nothing, verdict: 'worse', note: is.value === null ? 'nothing is seen any more' : 'does not end any more' };
  if (isBroken(was) && !isBroken(is)) return { ...nothing, verdict: 'better', note: 'did not end before' };
  if (JSON.stringify(was) === JSON.stringify(is)) return { ...nothing, verdict: 'not worse', note: 'as before' };
  return { ...nothing, verdict: 'inconclusive', note: `not finite in ${Math.max(worst(was), worst(is))} of ${replications} replications` };
}

function compared({ study, cells: planned }: Plan, baseline: Baseline, cells: readonly CheckedCell[], comparisons: number): ComparedBaseline {
  const changes = diffDocuments(baseline.documents, study.documents);
  // What has been shown needs no more replications.
  const needed = cells.flatMap(
    ({ against }) => against?.metrics.flatMap(({ verdict, needed }) => (verdict === 'worse' || needed === null ? [] : needed)) ?? [],
  );
  const wanted = new Set(planned.map(({ axes }) => stableJson(axes)));
  return {
    scenario: baseline.scenario,
    changed: { engine: baseline.scenario.engine !== ENGINE_VERSION, seed: baseline.scenario.seed !== study.seed, input: baseline.scenario.hash !== study.hash },
    changes: changes.slice(0, MOST_CHANGES),
    changeCount: changes.length,
    gone: baseline.cells.map(({ axes }) => axes).filter((axes) => !wanted.has(stableJson(axes))),
    statistics: { alpha: ALPHA, comparisons, power: POWER, margin: MARGIN, needed: needed.length === 0 ? null : Math.max(...needed) },
  };
}

/** A conclusive failure outweighs doubt. */
function verdictOf(cells: readonly CheckedCell[]): CheckResult['verdict'] {
  const thresholds = cells.flatMap((cell) => cell.thresholds);
  const metrics = cells.flatMap(({ against }) => against?.metrics ?? []);
  if (thresholds.some(isBroken) || metrics.some(({ verdict }) => verdict === 'worse')) return 'failed';
  return thresholds.some(({ conclusive }) => !conclusive) || metrics.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'passed';
}

function isBroken({ ok, conclusive, value }: ThresholdResult): boolean {
  return !ok && (conclusive || value === null || value === 'inf');
}
