/**
 * Cells side by side: the document that `compare -o json` prints (`kind: Comparison`), and how it is made.
 *
 * Each candidate is compared with its baseline metric by metric: paired replication by replication where both met the same traffic (equal
 * `trafficHash`), by Welch otherwise. With m differences each interval has level 1 − α/m (Bonferroni), so all of them hold together with
 * 1 − α, and the verdict is read from that interval and nothing else. p-values beside it are for the record.
 *
 * Durations are of all outcomes, and a refusal is fast: who is shown to fail more gets no credit for shorter durations, and is not the best.
 */
import { deriveKey, RandomStream, seedKey } from '../random/stream.ts';
import { compareFigures, type Difference, holm, type Interval, KimNelson, LEAST_FIRST_STAGE } from '../statistics/index.ts';
import { type ComparedMetric, FAILURES, type Goal, type Unit } from './compared-metrics.ts';
import { excessFailures, type FailsMore, type FailureSample, failsMore, failuresOf, figureFor, type Sample, sampleOf } from './compared-samples.ts';
import type { MergedCell } from './merge.ts';
import { resolution } from './merged-histogram.ts';
import type { Estimate, Result } from './result.ts';

export interface Comparison {
  readonly apiVersion: 'evenkeel.dev/v1alpha1';
  readonly kind: 'Comparison';
  readonly scenario: Result['scenario'];
  /** What the intervals of all differences miss together, and how many there are: each has level 1 − alpha/comparisons. */
  readonly alpha: number;
  readonly comparisons: number;
  readonly cells: readonly ComparedCell[];
  /** Strategies asked for that say nothing about this scenario. */
  readonly notApplicable: readonly { readonly name: string; readonly reason: string }[];
  readonly metrics: readonly MetricComparison[];
  /** The best of three or more by elimination, by the first metric that has a better and a worse. */
  readonly selection?: Selection;
}

export interface ComparedCell {
  readonly id: number;
  readonly label: string;
  readonly axes: Readonly<Record<string, string | number | boolean>>;
  readonly replications: number;
  /** Seconds. */
  readonly window: { readonly from: number; readonly to: number };
  readonly saturated: readonly string[];
  /** Cell that this one is compared with; null for baselines. */
  readonly baseline: number | null;
  /** Whether replications are paired with the baseline's, and why not. */
  readonly pairing: { readonly isPaired: boolean; readonly why: string } | null;
  /** Present when it is shown to fail more than the cell that fails least; it cannot be the best then. */
  readonly failsMore?: FailsMore;
  /** Of the result that the cell is taken from, when it is not that of `scenario`. */
  readonly scenario?: Result['scenario'];
}

export interface MetricComparison {
  readonly metric: string;
  readonly unit: Unit;
  /** Which way is better. */
  readonly goal: Goal;
  /** In the order of `cells`; a cell that has no such figure is left out. */
  readonly cells: readonly CellFigure[];
}

export interface CellFigure {
  readonly cell: number;
  readonly estimate: Estimate;
  /** Of each replication by itself, in order; absent where a result does not hold them. */
  readonly values?: readonly (number | 'inf' | null)[];
  readonly difference?: DifferenceResult;
}

export type Verdict = 'better' | 'worse' | 'higher' | 'lower' | 'no difference shown' | 'cannot be told' | 'not compared';

export const FAILS_MORE = 'fails more';
export const BASELINE_FAILS_MORE = 'baseline fails more';

export interface DifferenceResult {
  readonly verdict: Verdict;
  /** Why it is not compared: who has the shorter durations is shown to fail more. */
  readonly notCompared?: typeof FAILS_MORE | typeof BASELINE_FAILS_MORE;
  readonly method: Difference['method'];
  readonly absolute: Interval;
  readonly relative: Interval;
  readonly pValue: number | null;
  /** Adjusted by Holm over all differences of the document. */
  readonly pHolm: number | null;
  /** By sign flips (paired) or relabelling, which assume no law; null without values. */
  readonly pPermutation: number | null;
  /** Variance of the difference were the replications independent ÷ as it is, paired; below 1 pairing made it worse. */
  readonly varianceRatio: number | null;
}

export interface Selection {
  readonly metric: string;
  readonly goal: Goal;
  readonly procedure: 'Kim-Nelson';
  /** Probability with which the best is chosen when it leads by the indifference zone, or else one within that of it. */
  readonly confidence: number;
  /** In the unit of the metric; null when it never came to that. */
  readonly indifference: number | null;
  readonly firstStage: number;
  /** Replications looked at. */
  readonly replications: number;
  readonly best: number | null;
  readonly survivors: readonly number[];
  /** Out of the race from the start: shown to fail more than another cell. */
  readonly excluded: readonly number[];
  /** In the order of elimination. */
  readonly eliminated: readonly { readonly cell: number; readonly after: number; readonly by: number | null; readonly mean: number | null }[];
  /** Why it is not decided. */
  readonly undecided?: string;
}

/** A cell with everything that its figures are read from. */
export interface CellSource {
  readonly label: string;
  readonly axes: ComparedCell['axes'];
  readonly merged: MergedCell;
  /** Each replication by itself; null when only the merged figures are known. */
  readonly alone: readonly MergedCell[] | null;
  /** Of each replication, in order. */
  readonly trafficHashes: readonly string[];
  /** Index of the cell that this one is compared with; null for baselines. */
  readonly baseline: number | null;
  /** Named when not that of the whole comparison. */
  readonly scenario?: Result['scenario'];
}

export interface ComparisonOptions {
  readonly scenario: Result['scenario'];
  readonly alpha: number;
  readonly notApplicable: Comparison['notApplicable'];
  readonly selection: { readonly confidence: number; readonly indifference: { readonly absolute: number } | { readonly share: number } };
  /** From `statistics/permutation.ts`, which is loaded by those who compare only. */
  readonly permutation: {
    signFlipTest(differences: readonly number[], random: () => number): number;
    relabelTest(first: readonly number[], second: readonly number[], random: () => number): number;
  };
}

export function compareCells(sources: readonly CellSource[], metrics: readonly ComparedMetric[], options: ComparisonOptions): Comparison {
  const failures = sources.map(failuresOf);
  const excess = failsMore(failures, options.alpha);
  const cells = sources.map((source, id): ComparedCell => {
    const more = excess[id];
    return { ...comparedCell(source, id, sources), ...(more !== null && { failsMore: more }) };
  });
  const samples = metrics.map((metric) => sources.map((source) => sampleOf(source, metric)));
  const asked = samples.flatMap((row) =>
    row.filter((sample, id) => sample !== null && sources[id].baseline !== null && row[sources[id].baseline] !== null),
  ).length;
  const alphaEach = options.alpha / Math.max(1, asked);
  const compared = metrics.map((metric, m) => compareMetric(metric, samples[m], cells, { ...options, alphaEach, failures }));
  const selection = sources.length > 2 ? select(metrics, samples, cells, options) : undefined;
  return {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Comparison',
    scenario: options.scenario,
    alpha: options.alpha,
    comparisons: asked,
    cells,
    notApplicable: options.notApplicable,
    metrics: withHolm(compared),
    ...(selection !== undefined && { selection }),
  };
}

function comparedCell(source: CellSource, id: number, sources: readonly CellSource[]): ComparedCell {
  const { merged, baseline } = source;
  return {
    id,
    label: source.label,
    axes: source.axes,
    replications: merged.replications,
    window: { from: merged.window.from, to: merged.window.to },
    saturated: merged.saturated,
    baseline,
    pairing: baseline === null ? null : pairingOf(sources[baseline], source),
    ...(source.scenario !== undefined && { scenario: source.scenario }),
  };
}

function pairingOf(baseline: CellSource, candidate: CellSource): { isPaired: boolean; why: string } {
  const [ours, theirs] = [candidate.trafficHashes, baseline.trafficHashes];
  if (candidate.alone === null || baseline.alone === null) return { isPaired: false, why: 'the values of single replications are not known' };
  if (ours.length !== theirs.length) return { isPaired: false, why: `${theirs.length} and ${ours.length} replications` };
  if (ours.some((hash, i) => hash !== theirs[i])) return { isPaired: false, why: 'they met different traffic' };
  return { isPaired: true, why: 'the same traffic in each replication' };
}

interface MetricOptions extends ComparisonOptions {
  readonly alphaEach: number;
  /** Of each cell. */
  readonly failures: readonly FailureSample[];
}

function compareMetric(metric: ComparedMetric, samples: readonly (Sample | null)[], cells: readonly ComparedCell[], options: MetricOptions): MetricComparison {
  const figures = cells.flatMap((cell): CellFigure[] => {
    const sample = samples[cell.id];
    if (sample === null) return [];
    const baseline = cell.baseline === null ? null : samples[cell.baseline];
    const difference =
      baseline === null || cell.baseline === null ? undefined : differenceOf(metric, [baseline, sample], [cells[cell.baseline], cell], options);
    return [
      {
        cell: cell.id,
        estimate: sample.estimate,
        ...(sample.values !== null && { values: sample.values.map((value) => (value === Infinity ? 'inf' : value)) }),
        ...(difference !== undefined && { difference }),
      },
    ];
  });
  return { metric: metric.text, unit: metric.unit, goal: metric.goal, cells: figures };
}

function differenceOf(
  metric: ComparedMetric,
  [baseline, candidate]: readonly [Sample, Sample],
  [ofBaseline, ofCandidate]: readonly [ComparedCell, ComparedCell],
  options: MetricOptions,
): DifferenceResult {
  const isPaired = ofCandidate.pairing?.isPaired === true;
  const obstacle = baseline.obstacle ?? candidate.obstacle;
  if (obstacle !== null) {
    const nothing = { value: null, noInterval: obstacle };
    const method = isPaired ? 'paired' : 'welch';
    return { verdict: 'cannot be told', method, absolute: nothing, relative: nothing, pValue: null, pHolm: null, pPermutation: null, varianceRatio: null };
  }
  const difference = compareFigures(figureFor(baseline, ofBaseline.replications), figureFor(candidate, ofCandidate.replications), {
    isPaired,
    alpha: options.alphaEach,
    resolution: resolutionOf(metric, baseline, candidate),
  });
  const { method, absolute, relative, pValue, varianceRatio } = difference;
  const random = new RandomStream(deriveKey(seedKey(options.scenario.seed), 'compare', metric.text, ofBaseline.label, ofCandidate.label));
  const verdict = verdictOf(difference, metric.goal, options.alphaEach);
  const notCompared =
    metric.unit === 'seconds' ? unearned(verdict, options.failures[ofBaseline.id], options.failures[ofCandidate.id], options.alphaEach) : null;
  return {
    ...(notCompared === null ? { verdict } : { verdict: 'not compared', notCompared }),
    method,
    absolute,
    relative,
    pValue,
    pHolm: null,
    pPermutation: permutationOf(baseline, candidate, isPaired, () => random.uniform(), options.permutation),
    varianceRatio,
  };
}

/** Percentiles are read from a histogram: less than its bins can tell is no difference; equal ones are equal. */
function resolutionOf({ unit, figure }: ComparedMetric, baseline: Sample, candidate: Sample): number {
  if (unit !== 'seconds' || !figure.statistic.startsWith('p')) return 0;
  if (baseline.values?.every((value, i) => value === candidate.values?.[i]) === true) return 0;
  const half = ({ estimate }: Sample) => resolution((estimate.value as number) * 1e9) / 1e9;
  return half(baseline) + half(candidate);
}

function permutationOf(
  { values: first }: Sample,
  { values: second }: Sample,
  isPaired: boolean,
  random: () => number,
  permutation: ComparisonOptions['permutation'],
): number | null {
  if (first === null || second === null) return null;
  const [a, b] = [first as readonly number[], second as readonly number[]];
  return isPaired
    ? permutation.signFlipTest(
        b.map((value, i) => value - a[i]),
        random,
      )
    : permutation.relabelTest(a, b, random);
}

/** From the interval; where pairs differ all by the same, from their number (`compareFigures`). */
function verdictOf({ absolute, pValue }: Difference, goal: Goal, alpha: number): Verdict {
  const isShown = 'low' in absolute ? absolute.low > 0 || absolute.high < 0 : pValue <= alpha && absolute.value !== 0;
  if (!isShown || absolute.value === null) return 'no difference shown';
  const isLess = absolute.value < 0;
  if (goal === 'none') return isLess ? 'lower' : 'higher';
  return isLess === (goal === 'less') ? 'better' : 'worse';
}

/** Why a verdict about durations does not count; null when it does. */
function unearned(verdict: Verdict, baseline: FailureSample, candidate: FailureSample, alpha: number): DifferenceResult['notCompared'] | null {
  if (verdict === 'better' && excessFailures(baseline, candidate, alpha) !== null) return FAILS_MORE;
  if (verdict === 'worse' && excessFailures(candidate, baseline, alpha) !== null) return BASELINE_FAILS_MORE;
  return null;
}

function withHolm(metrics: readonly MetricComparison[]): MetricComparison[] {
  const differences = metrics.flatMap(({ cells }) =>
    cells.flatMap(({ difference }) => (difference?.pValue === null || difference === undefined ? [] : [difference])),
  );
  const adjusted = new Map(holm(differences.map(({ pValue }) => pValue as number)).map((p, i) => [differences[i], p]));
  return metrics.map((metric) => ({
    ...metric,
    cells: metric.cells.map((cell) =>
      cell.difference === undefined ? cell : { ...cell, difference: { ...cell.difference, pHolm: adjusted.get(cell.difference) ?? null } },
    ),
  }));
}

/** Runs the elimination over the replications that are there, in their order; it may have to stop undecided. */
function select(
  metrics: readonly ComparedMetric[],
  samples: readonly (readonly (Sample | null)[])[],
  cells: readonly ComparedCell[],
  { selection: { confidence, indifference } }: ComparisonOptions,
): Selection | undefined {
  // By p99 where that can be told, else by the first metric that can be.
  const obstacles = metrics.map((_, m) => selectionObstacle(cells.map(({ id }) => samples[m][id])));
  const able = metrics.flatMap(({ goal }, m) => (goal === 'none' ? [] : [m]));
  const [at] = [...able].sort((a, b) => Number(obstacles[a] !== null) - Number(obstacles[b] !== null) || rank(metrics[a]) - rank(metrics[b]) || a - b);
  if (at === undefined) return undefined;
  const metric = metrics[at];
  const obstacle = obstacles[at];
  const rows = cells.map(({ id }) => samples[at][id]);
  const replications = Math.min(...cells.map((cell) => cell.replications));
  const procedure = new KimNelson({
    alternatives: cells.length,
    goal: metric.goal === 'more' ? 'most' : 'least',
    confidence,
    firstStage: LEAST_FIRST_STAGE,
    indifference,
  });
  const excluded = metric.text === FAILURES.text ? [] : cells.flatMap((cell) => (cell.failsMore === undefined ? [] : [cell.id]));
  while (obstacle === null && !procedure.isDecided && procedure.replications < replications)
    procedure.add(procedure.survivors.map((id) => (excluded.includes(id) ? Number.NaN : (rows[id]?.values?.[procedure.replications] ?? Number.NaN))));
  return selectionOf(procedure, metric, confidence, { obstacle, excluded });
}

function rank({ figure }: ComparedMetric): number {
  return figure.statistic === 'p(99)' ? 0 : 1;
}

/** What is not finite is out of the race, and no obstacle to it. */
function selectionObstacle(rows: readonly (Sample | null)[]): string | null {
  if (rows.some((row) => row === null || row.values === null)) return 'the values of single replications are not known';
  return rows.find((row) => row?.hasOnlyFinite && row.obstacle !== null)?.obstacle ?? null;
}

/** @param excluded alternatives that were given no finite value, since they fail more */
export function selectionOf(
  procedure: KimNelson,
  metric: Pick<ComparedMetric, 'text' | 'goal'>,
  confidence: number,
  { obstacle, excluded }: { readonly obstacle: string | null; readonly excluded: readonly number[] },
): Selection {
  const eliminated = [...procedure.eliminations].flatMap(([cell, { after, by }]) => {
    if (excluded.includes(cell)) return [];
    const mean = procedure.meanOf(cell);
    return [{ cell, after, by, mean: Number.isFinite(mean) ? mean : null }];
  });
  const undecided =
    obstacle ??
    (procedure.isDecided
      ? procedure.best === null
        ? 'no alternative has a finite figure'
        : undefined
      : procedure.replications < LEAST_FIRST_STAGE
        ? `fewer than ${LEAST_FIRST_STAGE} replications`
        : `${procedure.survivors.length} are left after ${procedure.replications} replications`);
  return {
    metric: metric.text,
    goal: metric.goal,
    procedure: 'Kim-Nelson',
    confidence,
    indifference: Number.isFinite(procedure.indifference) ? procedure.indifference : null,
    firstStage: LEAST_FIRST_STAGE,
    replications: procedure.replications,
    best: obstacle === null ? procedure.best : null,
    survivors: procedure.survivors,
    excluded,
    eliminated: eliminated.sort((a, b) => a.after - b.after || a.cell - b.cell),
    ...(undecided !== undefined && { undecided }),
  };
}
