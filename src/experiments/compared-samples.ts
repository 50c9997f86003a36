/** The figures of a cell as a comparison takes them: all replications together and each by itself; and who fails more than another. */
import { compareFigures, type Interval, type SampledFigure, type SummarizedFigure, studentT } from '../statistics/index.ts';
import { type ComparedMetric, FAILURES, figureOf } from './compared-metrics.ts';
import type { MergedCell } from './merge.ts';
import type { Estimate } from './result.ts';
import { COUNTED } from './threshold-figures.ts';

/** What a sample is read from. */
interface SampleSource {
  readonly merged: MergedCell;
  /** Each replication by itself; null when only the merged figures are known. */
  readonly alone: readonly MergedCell[] | null;
}

/** A figure of one cell as it was seen. */
export interface Sample {
  readonly estimate: Estimate;
  readonly values: readonly (number | null)[] | null;
  /** Why it cannot be compared; null when it can. */
  readonly obstacle: string | null;
  /** Together and in each replication. */
  readonly hasOnlyFinite: boolean;
}

export function sampleOf({ merged, alone }: SampleSource, metric: ComparedMetric): Sample | null {
  const estimate = figureOf(merged, metric);
  if (estimate === undefined) return null;
  const values = alone === null ? null : alone.map((one) => figureValue(figureOf(one, metric)));
  const hasOnlyFinite = typeof estimate.value === 'number' && (values === null || values.every((value) => value !== Infinity));
  return { estimate, values, obstacle: obstacleOf(estimate, values), hasOnlyFinite };
}

function figureValue(estimate: Estimate | undefined): number | null {
  return estimate === undefined ? null : estimate.value === 'inf' ? Infinity : estimate.value;
}

/** Reasons for having no interval that stand for no spread, not for too little data. */
const WITHOUT_SPREAD = /^(the same in all|none in) /;

function obstacleOf(estimate: Estimate, values: Sample['values']): string | null {
  if (estimate.value === null || estimate.value === 'inf') return 'noInterval' in estimate ? estimate.noInterval : 'no observation';
  if ('noInterval' in estimate && estimate.noInterval !== COUNTED && !WITHOUT_SPREAD.test(estimate.noInterval)) return estimate.noInterval;
  if (values?.length === 1) return 'one replication';
  const missing = values?.filter((value) => value === null).length ?? 0;
  return missing > 0 ? `not seen in ${missing} of ${values?.length} replications` : null;
}

/** What `compareFigures` takes; the standard error of an interval that was cut at a bound is read from its uncut side. */
export function figureFor({ estimate, values }: Sample, replications: number): SampledFigure | SummarizedFigure {
  const pooled = estimate.value as number;
  if (values !== null) return { pooled, values: values as readonly number[] };
  const half = 'low' in estimate ? Math.max(estimate.high - pooled, pooled - estimate.low) : 0;
  return { pooled, standardError: half / studentT(0.95, Math.max(1, replications - 1)), replications };
}

/** Failures of a cell with what tells whether its replications pair with another's. */
export interface FailureSample {
  readonly sample: Sample | null;
  readonly replications: number;
  /** Of each replication, in order. */
  readonly trafficHashes: readonly string[];
}

export function failuresOf(source: SampleSource & Pick<FailureSample, 'trafficHashes'>): FailureSample {
  return { sample: sampleOf(source, FAILURES), replications: source.merged.replications, trafficHashes: source.trafficHashes };
}

/**
 * Candidate − baseline in the share of requests that fail; null when that is not shown to be above zero. A difference that is the same in
 * every replication, such as all against none, has no spread to doubt it by.
 */
export function excessFailures(baseline: FailureSample, candidate: FailureSample, alpha: number): Interval | null {
  const [first, second] = [baseline.sample, candidate.sample];
  if (first === null || second === null || first.obstacle !== null || second.obstacle !== null) return null;
  const replications = Math.min(baseline.replications, candidate.replications);
  if (replications < 2) return null;
  const isPaired =
    baseline.trafficHashes.length === candidate.trafficHashes.length && candidate.trafficHashes.every((hash, i) => hash === baseline.trafficHashes[i]);
  const { absolute } = compareFigures(figureFor(first, baseline.replications), figureFor(second, candidate.replications), { isPaired, alpha });
  const isShown = 'low' in absolute ? absolute.low > 0 : (absolute.value ?? 0) > 0;
  return isShown ? absolute : null;
}

/** That a cell fails more than another one: short durations are then no merit, since refusals are fast. */
export interface FailsMore {
  readonly than: number;
  /** In the share of requests that fail. */
  readonly difference: Interval;
}

/** Of each cell, against the one that fails least. Which one that is the data say, so the level is shared by all pairs. */
export function failsMore(cells: readonly FailureSample[], alpha: number): readonly (FailsMore | null)[] {
  const rates = cells.map(({ sample }) => (typeof sample?.estimate.value === 'number' ? sample.estimate.value : Infinity));
  const least = rates.indexOf(Math.min(...rates));
  const pairs = (cells.length * (cells.length - 1)) / 2;
  return cells.map((cell, id) => {
    const difference = id === least ? null : excessFailures(cells[least], cell, alpha / pairs);
    return difference === null ? null : { than: least, difference };
  });
}
