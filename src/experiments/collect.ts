/**
 * The cells of a plan, one after the other: their replications from wherever they come, merged in order, into one result.
 *
 * The result is a function of the study alone: not of the number of workers, of what was resumed or merged, or of the folder.
 */
import type { RunResult } from '../measurement/run-result.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { mergeCell } from './merge.ts';
import type { Plan, PlannedCell } from './plan.ts';
import type { CellResult, Result } from './result.ts';
import { type RunRow, runRow } from './runs-csv.ts';
import { replicate } from './stop-when.ts';
import { theoryRows } from './theory.ts';
import { evaluateThresholds } from './thresholds.ts';

/** Gives replications in order: a session, which simulates them, or folders that hold them already. */
export interface ReplicationSource {
  /** Replications `from` … `to` − 1 of the cell. */
  replications(cell: PlannedCell, from: number, to: number): Promise<readonly RunResult[]>;
}

export interface CollectOptions {
  /** Cells worked at side by side, so that nobody waits for a cell to be merged; few, so that few replications are held. */
  readonly cellsAtOnce: number;
  /** Wanted step of the time series in the result; absent = no series, 0 = as fine as stored. */
  readonly seriesStepNs?: number;
  /** Make the rows of runs.csv. */
  readonly wantsRows: boolean;
  /** Called with the replications of each cell, which nobody keeps afterwards; cells come in any order. */
  onCell?(cell: PlannedCell, runs: readonly RunResult[]): void;
}

export interface Collected {
  readonly result: Result;
  /** In order of cells and replications; empty unless wanted. */
  readonly rows: readonly RunRow[];
}

export async function collect(plan: Plan, source: ReplicationSource, options: CollectOptions): Promise<Collected> {
  const cells: CellResult[] = [];
  const rows: RunRow[][] = [];
  const queue = plan.cells.entries();
  const turn = async () => {
    for (const [index, cell] of queue) {
      const { runs, stopWhen } = await replicate(source, cell, plan.study);
      cells[index] = { ...finishCell(cell, runs, options.seriesStepNs), ...(stopWhen !== undefined && { stopWhen }) };
      options.onCell?.(cell, runs);
      rows[index] = options.wantsRows ? runs.map((run) => runRow(cell, run)) : [];
    }
  };
  await Promise.all(Array.from({ length: options.cellsAtOnce }, turn));
  return { result: resultOf(plan, cells), rows: rows.flat() };
}

/** All figures of one cell, thresholds and theory included. */
export function finishCell(cell: PlannedCell, runs: readonly RunResult[], seriesStepNs: number | undefined): CellResult {
  const merged = mergeCell(cell, runs, seriesStepNs);
  return { ...merged, thresholds: evaluateThresholds(cell, runs, merged), theory: theoryRows(cell.traffic.theory, merged) };
}

function resultOf(plan: Plan, cells: readonly CellResult[]): Result {
  const { study } = plan;
  return {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Result',
    scenario: scenarioOf(study),
    assumptions: assumptionsOf(plan),
    notModelled: study.notModelled,
    cells,
  };
}

export function scenarioOf({ name, description, hash, seed }: Plan['study']): Result['scenario'] {
  return { name, description, hash, seed, engine: ENGINE_VERSION };
}

/** Assumptions of all cells, each once; those about workloads that no request reaches cannot move the result and are left out. */
export function assumptionsOf(plan: Plan): Result['assumptions'] {
  const seen = new Map<string, Result['assumptions'][number]>();
  for (const cell of plan.cells) {
    const reached = new Set(cell.offeredLoad.map((row) => row.workload));
    for (const { path, value, why, workload } of [...cell.scenario.assumptions, ...cell.traffic.assumptions]) {
      if (workload !== undefined && !reached.has(workload)) continue;
      seen.set(`${path}\n${value}`, { path, value, why });
    }
  }
  return [...seen.values()];
}
