/**
 * `warmup: mser5`: the length of the warm-up from pilot replications, before the study runs.
 *
 * Pilots run without warm-up, with a seed of their own, so that what is cut does not depend on what is measured. The response time by time
 * of arrival, averaged over them, is cut by MSER-5; the longest cut of all cells is the warm-up of all, so that they stay comparable.
 */
import { join } from 'node:path';
import { SERIES_BINS, seriesBinValue } from '../measurement/histogram.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { mser5 } from '../statistics/index.ts';
import { type Plan, type PlannedCell, planCell } from './plan.ts';
import { type SessionOptions, withSession } from './session.ts';

const PILOTS = 10;

/** The run is too short to tell where its warm-up ends. */
export class InconclusiveError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'InconclusiveError';
  }
}

/**
 * The plan with a warm-up of known length; the plan itself when it has one already.
 * @throws InconclusiveError when a cell's cut reaches half of the run
 */
export async function settleWarmup(plan: Plan, options: Omit<SessionOptions, 'seed'>): Promise<Plan> {
  if (plan.cells.every(({ scenario }) => scenario.run.warmup !== 'open')) return plan;
  const pilots = plan.cells.map((cell) => withWarmup(cell, 0, 'pilot'));
  const out = options.out === undefined ? undefined : join(options.out, 'pilot');
  const cuts = await withSession({ ...options, out, seed: `${plan.study.seed} pilot` }, (session) =>
    Promise.all(pilots.map(async (cell) => cutOf(cell, await session.replications(cell, 0, PILOTS), plan.cells.length))),
  );
  const cutNs = Math.max(...cuts);
  const cells = plan.cells.map((cell) => withWarmup(cell, cutNs, 'mser5'));
  return { study: { ...plan.study, cells }, cells };
}

function withWarmup({ id, axes, scenario }: PlannedCell, warmupNs: number, warmup: 'pilot' | 'mser5'): PlannedCell {
  return planCell({ id, axes, scenario: { ...scenario, run: { ...scenario.run, warmupNs, warmup } } });
}

function cutOf(cell: PlannedCell, runs: readonly RunResult[], cells: number): number {
  const { truncate, isBeyondHalf } = mser5(meanDurations(runs));
  if (isBeyondHalf)
    throw new InconclusiveError(
      `warmup mser5: ${cells > 1 ? `cell ${cell.id} ` : 'the run '}is not steady after half of its ${cell.scenario.run.durationNs / 1e9} s (a longer run.duration would tell; a saturated system never is)`,
    );
  return truncate * runs[0].series.binNs;
}

/** By bin of the series, over all clients and replications; a bin without requests repeats the one before it. */
function meanDurations(runs: readonly RunResult[]): number[] {
  const means: number[] = [];
  for (let bin = 0; bin < runs[0].series.bins; bin++) {
    let [count, sum] = [0, 0];
    for (const { series } of runs)
      for (let i = 0; i < SERIES_BINS; i++) {
        const seen = series.durations[bin * SERIES_BINS + i];
        count += seen;
        sum += seen * seriesBinValue(i);
      }
    means.push(count === 0 ? (means.at(-1) ?? 0) : sum / count);
  }
  return means;
}
