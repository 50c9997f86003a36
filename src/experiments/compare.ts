/**
 * `compare`: the cells of a study side by side, with the replications simulated here; or the best of them by elimination, where each
 * replication may be the last of those that are clearly worse.
 */
import { type Issue, ScenarioError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { STRATEGY_AXIS } from '../scenario/strategies.ts';
import { Estimator, KimNelson, LEAST_FIRST_STAGE } from '../statistics/index.ts';
import { scenarioOf } from './collect.ts';
import { type ComparedMetric, FAILURES, figureOf, type Prices, percentileOf, usualMetrics } from './compared-metrics.ts';
import { type FailsMore, type FailureSample, failsMore, failuresOf, type Sample, sampleOf } from './compared-samples.ts';
import { type CellSource, type Comparison, type ComparisonOptions, compareCells, selectionOf } from './comparison.ts';
import { type CellInput, isSaturated, type MergedCell, mergeCell } from './merge.ts';
import type { Plan, PlannedCell } from './plan.ts';
import { type Done, type RunOptions, runStudy, type StudyRun } from './run.ts';
import { withSession } from './session.ts';

export interface CompareSettings {
  /** Empty = what one looks at first. */
  readonly metrics: readonly ComparedMetric[];
  /** As typed after `--baseline`: id, label, or axis=value; absent = the first cell, of strategies the first strategy. */
  readonly baseline?: string;
  readonly alpha: number;
  /** For the cost, which is a metric when they are given. */
  readonly prices?: Prices;
  readonly selection: ComparisonOptions['selection'];
}

export interface ComparedStudy extends Done {
  readonly comparison: Comparison;
  /** Absent after an elimination: cells then have different numbers of replications. */
  readonly result?: StudyRun['result'];
}

/** The plan with the percentiles that the metrics ask for. */
export function planFor(plan: Plan, metrics: readonly ComparedMetric[]): Plan {
  const percentiles = metrics.flatMap(percentileOf);
  const cells = plan.cells.map((cell): PlannedCell => {
    const { run } = cell.scenario;
    return { ...cell, scenario: { ...cell.scenario, run: { ...run, percentiles: [...new Set([...run.percentiles, ...percentiles])] } } };
  });
  return { ...plan, cells };
}

/** @throws ScenarioError when there is nothing to compare, or a metric or the baseline is not there; as `runStudy` otherwise */
export async function compareStudy(plan: Plan, settings: CompareSettings, options: RunOptions): Promise<ComparedStudy> {
  const baselines = baselinesOf(plan.cells, settings.baseline);
  const asked = planFor(plan, settings.metrics);
  const alone: (readonly MergedCell[])[] = [];
  const hashes: string[][] = [];
  const index = new Map(asked.cells.map((cell, i) => [cell, i]));
  const outcome = await runStudy(asked, {
    ...options,
    onCell: (cell, runs) => {
      const at = index.get(cell) as number;
      alone[at] = runs.map((run) => aloneOf(cell, run));
      hashes[at] = runs.map((run) => run.trafficHash);
    },
  });
  const merged = outcome.result.cells;
  const sources = plan.cells.map(
    (cell, i): CellSource => ({ label: labelOf(cell), axes: cell.axes, merged: merged[i], alone: alone[i], trafficHashes: hashes[i], baseline: baselines[i] }),
  );
  return { ...outcome, comparison: await compareSources(sources, settings, outcome.result.scenario, plan.study.notApplicable) };
}

/** @throws ScenarioError with every metric that a cell has no figure for */
export async function compareSources(
  sources: readonly CellSource[],
  settings: CompareSettings,
  scenario: Comparison['scenario'],
  notApplicable: Comparison['notApplicable'] = [],
): Promise<Comparison> {
  const merged = sources.map((source) => source.merged);
  const metrics = settings.metrics.length > 0 ? settings.metrics : usualMetrics(merged, settings.prices);
  refuseUnknown(metrics, merged);
  const permutation = await import('../statistics/permutation.ts');
  return compareCells(sources, metrics, { scenario, alpha: settings.alpha, notApplicable, selection: settings.selection, permutation });
}

/** A replication by itself, without what no metric reads: there may be many. */
function aloneOf(cell: CellInput, run: RunResult): MergedCell {
  const merged = mergeCell(cell, [run]);
  const services = Object.fromEntries(
    Object.entries(merged.services).map(([name, service]) => [name, { ...service, pods: {}, map: { groups: [], pods: [], requests: [] } }]),
  );
  return { ...merged, services };
}

function refuseUnknown(metrics: readonly ComparedMetric[], cells: readonly MergedCell[]): void {
  const issues: Issue[] = metrics.flatMap((metric) => {
    const without = cells.find((cell) => figureOf(cell, metric) === undefined);
    if (without === undefined) return [];
    const { client, service } = metric.figure.tags;
    const known = service !== undefined ? Object.keys(without.services) : client !== undefined ? Object.keys(without.clients) : Object.keys(without.metrics);
    return [{ where: '--metric', problem: 'no such figure in the result', value: metric.text, hint: `there is ${known.slice(0, 8).join(', ')}` }];
  });
  if (issues.length > 0) throw new ScenarioError(issues);
}

/** `iptables`, or `strategy=iptables, replicas=4`; `as written` without axes. */
export function labelOf({ axes }: Pick<CellInput, 'axes'>): string {
  const entries = Object.entries(axes);
  if (entries.length === 0) return 'as written';
  return entries.length === 1 ? String(entries[0][1]) : entries.map(([axis, value]) => `${axis}=${value}`).join(', ');
}

/**
 * For each cell the index of the one that it is compared with, null for baselines. A baseline that names some axes only has one cell for
 * each value of the others, so that each cell is compared with its own kind; strategies are compared so by themselves.
 */
export function baselinesOf(cells: readonly Pick<CellInput, 'id' | 'axes'>[], text: string | undefined): (number | null)[] {
  if (cells.length < 2)
    throw new ScenarioError([
      { where: 'compare', problem: 'one cell, nothing to compare', hint: 'add --strategies l4 or --vary PATH=V1,V2, or name two results' },
    ]);
  const wanted = text === undefined ? defaultBaseline(cells) : namedBaseline(cells, text);
  const others = (axes: CellInput['axes']) => JSON.stringify(Object.entries(axes).filter(([axis]) => !Object.hasOwn(wanted, axis)));
  const isBaseline = ({ axes }: Pick<CellInput, 'axes'>) => Object.entries(wanted).every(([axis, value]) => axes[axis] === value);
  const baselines = new Map(cells.flatMap((cell, i) => (isBaseline(cell) ? [[others(cell.axes), i] as const] : [])));
  return cells.map((cell) => (isBaseline(cell) ? null : (baselines.get(others(cell.axes)) ?? null)));
}

function defaultBaseline([{ axes }]: readonly Pick<CellInput, 'axes'>[]): CellInput['axes'] {
  return Object.hasOwn(axes, STRATEGY_AXIS) ? { [STRATEGY_AXIS]: axes[STRATEGY_AXIS] } : axes;
}

function namedBaseline(cells: readonly Pick<CellInput, 'id' | 'axes'>[], text: string): CellInput['axes'] {
  const parts = text.split(',').map((part) => part.trim());
  const byAxes = (axes: CellInput['axes']) =>
    parts.every((part) => part.includes('=') && String(axes[part.slice(0, part.indexOf('='))]) === part.slice(part.indexOf('=') + 1));
  const exact = cells.find((cell) => String(cell.id) === text || labelOf(cell) === text);
  if (exact !== undefined) return exact.axes;
  const partial = cells.find(({ axes }) => byAxes(axes));
  if (partial !== undefined) {
    const named = parts.map((part) => part.slice(0, part.indexOf('=')));
    return Object.fromEntries(Object.entries(partial.axes).filter(([axis]) => named.includes(axis)));
  }
  const strategy = cells.find(({ axes }) => axes[STRATEGY_AXIS] === text);
  if (strategy !== undefined) return { [STRATEGY_AXIS]: text };
  throw new ScenarioError([
    {
      where: '--baseline',
      problem: 'no such cell',
      value: text,
      hint: `there is ${cells
        .slice(0, 8)
        .map((cell) => `${cell.id} (${labelOf(cell)})`)
        .join(', ')}`,
    },
  ]);
}

/** Replications of each survivor asked for at a time: fewer keep no worker busy, more are lost when their cell is eliminated. */
const AHEAD = 4;

/**
 * The best cell by elimination. Decided on prefixes of replications, in order; what was simulated beyond the decision is not looked at.
 * @param most replications of each cell
 */
export async function selectBest(
  plan: Plan,
  metric: ComparedMetric,
  settings: CompareSettings,
  options: RunOptions & { readonly most: number },
): Promise<ComparedStudy> {
  baselinesOf(plan.cells, undefined);
  const started = performance.now();
  const { cells, study } = planFor(plan, [metric]);
  const { confidence, indifference } = settings.selection;
  const procedure = new KimNelson({
    alternatives: cells.length,
    goal: metric.goal === 'more' ? 'most' : 'least',
    confidence,
    firstStage: LEAST_FIRST_STAGE,
    indifference,
  });
  const values: (number | null)[][] = cells.map(() => []);
  let obstacle: string | null = null;
  let excess: readonly (FailsMore | null)[] = [];
  const outcome = await withSession(
    {
      seed: study.seed,
      workers: options.workers,
      out: options.out,
      resume: options.resume,
      signal: options.signal,
      onProgress: ({ asked, done, requests, events }) => options.onProgress?.({ units: asked, done, requests, events }),
    },
    async (session) => {
      while (!procedure.isDecided && procedure.replications < options.most && obstacle === null) {
        const from = procedure.replications;
        const to = Math.min(options.most, from === 0 ? LEAST_FIRST_STAGE : from + AHEAD);
        const round = await Promise.all(
          procedure.survivors.map(async (id) => {
            const runs = await session.replications(cells[id], from, to);
            return [id, runs] as const;
          }),
        );
        const failures: FailureSample[] = [];
        for (const [id, runs] of round) {
          const merged = mergeCell(cells[id], runs);
          refuseUnknown([metric], [merged]);
          const source = { merged, alone: runs.map((run) => mergeCell(cells[id], [run])) };
          failures.push(failuresOf({ ...source, trafficHashes: runs.map((run) => run.trafficHash) }));
          const sample = sampleOf(source, metric) as Sample;
          values[id].push(...(sample.values as readonly (number | null)[]));
          if (sample.hasOnlyFinite && runs.length > 1) obstacle ??= sample.obstacle; // what is not finite is out of the race
        }
        // Once, before the first elimination: all cells are still there, and the test is not repeated until it says yes.
        if (from === 0 && metric.text !== FAILURES.text) excess = failsMore(failures, settings.alpha);
        while (obstacle === null && procedure.replications < to && !procedure.isDecided)
          procedure.add(procedure.survivors.map((id) => (excess[id] ? Number.NaN : (values[id][procedure.replications] ?? Number.NaN))));
      }
      return { reused: session.reused, simulatedSeconds: session.simulatedSeconds, ...session.simulated };
    },
  );
  const selection = selectionOf(procedure, metric, confidence, { obstacle, excluded: excess.flatMap((more, id) => (more === null ? [] : [id])) });
  const seen = (id: number) => (excess[id] ? Math.min(LEAST_FIRST_STAGE, options.most) : seenOf(id, procedure));
  const comparison: Comparison = {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Comparison',
    scenario: scenarioOf(study),
    alpha: settings.alpha,
    comparisons: 0,
    cells: cells.map((cell, id) => ({ ...selectedCell(cell, id, seen(id)), ...(excess[id] && { failsMore: excess[id] }) })),
    notApplicable: study.notApplicable,
    metrics: [
      {
        metric: metric.text,
        unit: metric.unit,
        goal: metric.goal,
        cells: values.map((all, cell) => selectedFigure(cell, all.slice(0, seen(cell)))),
      },
    ],
    selection,
  };
  return { ...outcome, wallSeconds: (performance.now() - started) / 1000, comparison };
}

/** Replications that the procedure has looked at. */
function seenOf(cell: number, procedure: KimNelson): number {
  return procedure.eliminations.get(cell)?.after ?? procedure.replications;
}

function selectedCell(cell: PlannedCell, id: number, replications: number): Comparison['cells'][number] {
  const { warmupNs, durationNs } = cell.scenario.run;
  return {
    id,
    label: labelOf(cell),
    axes: cell.axes,
    replications,
    window: { from: warmupNs / 1e9, to: durationNs / 1e9 },
    saturated: cell.offeredLoad.filter(isSaturated).map((row) => row.workload),
    baseline: null,
    pairing: null,
  };
}

/** The mean of the replications' own values, which is what the procedure compares. */
function selectedFigure(cell: number, values: readonly (number | null)[]): Comparison['metrics'][number]['cells'][number] {
  return { cell, estimate: new Estimator().mean(values), values: values.map((value) => (value === Infinity ? 'inf' : value)) };
}
