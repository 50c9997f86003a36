/**
 * The replications of one cell: as many as the study says, or until `run.stopWhen` is satisfied.
 *
 * Decided on complete prefixes of replications (10, 15, 22, …), so that the number does not depend on workers or on what was stored.
 */
import type { RunResult } from '../measurement/run-result.ts';
import type { StopSpec, Study } from '../scenario/scenario.ts';
import { decisionPoints, precisionOf } from '../statistics/index.ts';
import type { ReplicationSource } from './collect.ts';
import { mergeCell } from './merge.ts';
import type { PlannedCell } from './plan.ts';
import type { CellResult, PrecisionResult } from './result.ts';
import { selectFigure } from './threshold-figures.ts';

export interface Replicated {
  readonly runs: readonly RunResult[];
  readonly stopWhen?: CellResult['stopWhen'];
}

export async function replicate(source: ReplicationSource, cell: PlannedCell, study: Study): Promise<Replicated> {
  if (study.stopWhen === null) return { runs: await source.replications(cell, 0, study.replications) };
  const { relative, max } = study.stopWhen;
  const runs: RunResult[] = [];
  const points = decisionPoints(max);
  for (;;) {
    runs.push(...(await source.replications(cell, runs.length, points.shift() as number)));
    const { isOver, figures } = decide(cell, runs, study.stopWhen);
    if (isOver || points.length === 0) return { runs, stopWhen: { relative, max, met: figures.every(({ met }) => met), figures } };
  }
}

/** Over when all figures are precise enough, or when one of them never will be. */
function decide(cell: PlannedCell, runs: readonly RunResult[], stop: StopSpec): { isOver: boolean; figures: PrecisionResult[] } {
  const merged = mergeCell(cell, runs);
  const verdicts = stop.figures.map((spec) => {
    const estimate = selectFigure(merged, spec) ?? { value: null, noInterval: 'no observation' };
    return { spec, estimate, precision: precisionOf(estimate, stop.relative) };
  });
  return {
    isOver: verdicts.every(({ precision }) => precision.verdict === 'enough') || verdicts.some(({ precision }) => precision.verdict === 'never'),
    figures: verdicts.map(({ spec, estimate, precision }) => ({
      metric: spec.metric,
      statistic: spec.statistic,
      met: precision.verdict === 'enough',
      reached: precision.verdict === 'never' ? null : precision.relative,
      ...('noInterval' in estimate && { noInterval: estimate.noInterval }),
    })),
  };
}
