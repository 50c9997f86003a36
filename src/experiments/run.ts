/**
 * Carries out a plan: units to workers, replications to disk, cells merged in order, one result.
 *
 * The result is a function of the study alone: not of the number of workers, of what was resumed, or of the folder.
 */
import { join } from 'node:path';
import { ScenarioError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { executeUnits } from './execute.ts';
import { writeAtomic } from './files.ts';
import { mergeCell } from './merge.ts';
import type { Plan, PlannedCell, Unit } from './plan.ts';
import type { CellResult, Result } from './result.ts';
import { resultJson } from './result-json.ts';
import { cellKey, readRun, saveRun } from './run-store.ts';
import { type RunRow, runRow, runsCsv } from './runs-csv.ts';
import { stableJson } from './stable-json.ts';
import { theoryRows } from './theory.ts';
import { evaluateThresholds } from './thresholds.ts';

export interface RunOptions {
  /** Most worker threads; never more are started than there are units. */
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
  readonly units: number;
  /** Units' worth of work done, parts of units included. */
  readonly done: number;
  /** Client requests and events simulated so far, by finished units of this invocation. */
  readonly requests: number;
  readonly events: number;
}

export interface StudyRun {
  readonly result: Result;
  /** Units taken from the folder instead of simulated. */
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
  const collector = new Collector(plan, options);
  const keys = options.out === undefined ? [] : plan.cells.map((cell) => cellKey(cell.scenario, plan.study.seed));
  const pending = options.resume ? await takeStored(plan, keys, options.out as string, collector) : plan.units;
  const reused = plan.units.length - pending.length;
  let [requests, events] = [0, 0];
  await executeUnits(plan, pending, {
    workers: Math.min(options.workers, pending.length),
    signal: options.signal,
    onRun: async (unit, run) => {
      requests += run.requests.offered;
      events += run.events;
      if (options.out !== undefined) await saveRun(options.out, keys[unit.cell], run);
      collector.add(unit, run);
    },
    onProgress: (done) => options.onProgress?.({ units: plan.units.length, done: done + reused, requests, events }),
  });
  options.onProgress?.({ units: plan.units.length, done: plan.units.length, requests, events });
  const outcome = { result: resultOf(plan, collector.cells), reused, wallSeconds: (performance.now() - started) / 1000, events, requests };
  if (options.out !== undefined) await writeFolder(options.out, outcome, collector.rows, options.workers);
  return outcome;
}

async function takeStored(plan: Plan, keys: readonly string[], out: string, collector: Collector): Promise<Unit[]> {
  const pending: Unit[] = [];
  for (const unit of plan.units) {
    const run = await readRun(out, keys[unit.cell], plan.cells[unit.cell].id, unit.replication);
    if (run === null) pending.push(unit);
    else collector.add(unit, run);
  }
  return pending;
}

/** Gathers replications in any order; merges a cell, in order, when its last one has come, and lets them go. */
class Collector {
  readonly cells: CellResult[] = [];
  readonly rows: RunRow[] = [];
  private readonly plan: Plan;
  private readonly options: RunOptions;
  private readonly waiting: (RunResult | undefined)[][];

  constructor(plan: Plan, options: RunOptions) {
    this.plan = plan;
    this.options = options;
    this.waiting = plan.cells.map(() => []);
  }

  add(unit: Unit, run: RunResult): void {
    const runs = this.waiting[unit.cell];
    runs[unit.replication] = run;
    const seen = runs.filter((one) => one !== undefined);
    if (seen.length < this.plan.study.replications) return;
    this.waiting[unit.cell] = [];
    const cell = this.plan.cells[unit.cell];
    this.cells[unit.cell] = finishCell(cell, seen, this.options.seriesStepNs);
    if (this.options.out !== undefined) this.rows.push(...seen.map((one) => runRow(cell, one)));
  }
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
