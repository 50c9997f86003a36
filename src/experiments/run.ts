/**
 * Carries out a plan: the replications of each cell from a session, cells merged in order, one result.
 *
 * The result is a function of the study alone: not of the number of workers, of what was resumed, or of the folder.
 */
import { join } from 'node:path';
import { ScenarioError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { writeAtomic } from './files.ts';
import { mergeCell } from './merge.ts';
import type { Plan, PlannedCell } from './plan.ts';
import type { CellResult, Result } from './result.ts';
import { resultJson } from './result-json.ts';
import { type RunRow, runRow, runsCsv } from './runs-csv.ts';
import { withSession } from './session.ts';
import { stableJson } from './stable-json.ts';
import { replicate } from './stop-when.ts';
import { theoryRows } from './theory.ts';
import { evaluateThresholds } from './thresholds.ts';

export interface RunOptions {
  /** Most worker threads; never more are started than there are replications. */
  readonly workers: number;
  /** Result folder; absent = nothing is written. */
  readonly out?: string;
  /** Take replications from `out` that answer exactly this study. */
  readonly resume: boolean;
  /** Wanted step of the time series in the result; absent = no series, 0 = as fine as stored. */
  readonly seriesStepNs?: number;
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
}

export interface Progress {
  /** Replications of the study; with stopWhen those wanted so far. */
  readonly units: number;
  /** Replications' worth of work done, parts included. */
  readonly done: number;
  /** Client requests and events simulated so far, by finished replications of this invocation. */
  readonly requests: number;
  readonly events: number;
}

export interface StudyRun {
  readonly result: Result;
  /** Replications taken from the folder instead of simulated. */
  readonly reused: number;
  readonly wallSeconds: number;
  readonly events: number;
  readonly requests: number;
}

/**
 * @throws InterruptedError after `signal`, with finished replications on disk if there is a folder
 * @throws ExperimentError when a replication cannot be carried out or a file not be written; ModelError when we are wrong
 */
export async function runStudy(plan: Plan, options: RunOptions): Promise<StudyRun> {
  if (options.resume && options.out === undefined)
    throw new ScenarioError([{ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' }]);
  const started = performance.now();
  const most = plan.cells.length * plan.study.replications;
  const cells: CellResult[] = [];
  const rows: RunRow[] = [];
  const outcome = await withSession(
    {
      seed: plan.study.seed,
      workers: Math.min(options.workers, most),
      out: options.out,
      resume: options.resume,
      signal: options.signal,
      onProgress: ({ asked, ...progress }) => options.onProgress?.({ units: plan.study.stopWhen === null ? most : asked, ...progress }),
    },
    async (session) => {
      await inTurns(plan.cells, options.workers, async (cell, index) => {
        const { runs, stopWhen } = await replicate(session, cell, plan.study);
        cells[index] = { ...finishCell(cell, runs, options.seriesStepNs), ...(stopWhen !== undefined && { stopWhen }) };
        if (options.out !== undefined) rows.push(...runs.map((run) => runRow(cell, run)));
      });
      const done = cells.reduce((sum, cell) => sum + cell.replications, 0);
      options.onProgress?.({ units: done, done, ...session.simulated });
      const wallSeconds = (performance.now() - started) / 1000;
      return { result: resultOf(plan, cells), reused: session.reused, wallSeconds, ...session.simulated };
    },
  );
  if (options.out !== undefined) await writeFolder(options.out, outcome, rows, options.workers);
  return outcome;
}

/** Some cells side by side, so that no worker waits for a cell to be merged; few, so that few replications are held. */
async function inTurns(cells: readonly PlannedCell[], workers: number, work: (cell: PlannedCell, index: number) => Promise<void>): Promise<void> {
  const queue = cells.entries();
  const turn = async () => {
    for (const [index, cell] of queue) await work(cell, index);
  };
  await Promise.all(Array.from({ length: workers + 2 }, turn));
}

function finishCell(cell: PlannedCell, runs: readonly RunResult[], seriesStepNs: number | undefined): CellResult {
  const merged = mergeCell(cell, runs, seriesStepNs);
  return { ...merged, thresholds: evaluateThresholds(cell, runs, merged), theory: theoryRows(cell.traffic.theory, merged) };
}

function resultOf(plan: Plan, cells: readonly CellResult[]): Result {
  const { study } = plan;
  return {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Result',
    scenario: { name: study.name, description: study.description, hash: study.hash, seed: study.seed, engine: ENGINE_VERSION },
    assumptions: assumptionsOf(plan),
    notModelled: study.notModelled,
    cells,
  };
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

async function writeFolder(out: string, outcome: StudyRun, rows: readonly RunRow[], workers: number): Promise<void> {
  await writeAtomic(join(out, 'runs.csv'), runsCsv(rows));
  await writeAtomic(join(out, 'results.json'), resultJson(outcome.result));
  const timings = {
    engine: ENGINE_VERSION,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    finishedAt: new Date().toISOString(),
    workers,
    reused: outcome.reused,
    wallSeconds: outcome.wallSeconds,
    events: outcome.events,
    requests: outcome.requests,
  };
  await writeAtomic(join(out, 'run.json'), `${stableJson(timings, 2)}\n`);
}
