/** The other end of `pool.ts`: one replication at a time, in a thread of its own; or in the main one, step by step. */
import { deserialize } from 'node:v8';
import { workerData } from 'node:worker_threads';
import type { RunResult } from '../measurement/run-result.ts';
import { createSimulation } from '../simulation/run.ts';
import type { UnitSpec } from './plan.ts';
import { Recent } from './recent.ts';

/** About 20 to 50 ms of work. */
const EVENTS_PER_SLICE = 100_000;

/** Tasks that a thread may be given before it has done the first: short ones are then never waited for. */
export const TASKS_AT_ONCE = 3;

/** What every worker is given once. */
export interface WorkerData {
  /** Shared: the share done of the task in each place, written by its worker, read by the progress line. */
  readonly shares: Float64Array;
  /** Shared: milliseconds spent on simulation in each place so far. */
  readonly busy: Float64Array;
}

export interface WorkerTask {
  /** By which the thread remembers the cell. */
  readonly cell: number;
  /** Everything of the unit but its replication, encoded; shared memory. */
  readonly bytes: Uint8Array;
  readonly replication: number;
  /** Index into `WorkerData.shares`. */
  readonly place: number;
}

/** Errors lose their class on the way between threads, so they travel as data. */
export type WorkerReply = { readonly run: RunResult } | { readonly error: { readonly name: string; readonly message: string; readonly stack: string } };

type CellSpec = Omit<UnitSpec, 'replication'>;

/** The cells that this thread has decoded: plain data, so replications still find a clean room. */
const decoded = new Recent<CellSpec>();

/**
 * Carries out one unit. The result is copied, not transferred: at most a megabyte a replication, less than loading what a transfer needs.
 */
export default function carryOut(task: WorkerTask): WorkerReply {
  const { shares, busy } = workerData as WorkerData;
  try {
    const cell = decoded.get(task.cell, () => deserialize(task.bytes) as CellSpec);
    const started = performance.now();
    const steps = simulateUnit({ ...cell, replication: task.replication });
    for (;;) {
      const step = steps.next();
      if (step.done) {
        busy[task.place] += performance.now() - started;
        return { run: step.value };
      }
      shares[task.place] = step.value;
    }
  } catch (thrown) {
    const error = thrown as Error;
    return { error: { name: error.name, message: error.message, stack: error.stack ?? '' } };
  }
}

/**
 * Simulates one replication in slices, so that it can be watched and stopped.
 * @returns steps that yield the share done, 0 … 1, and end with the result
 */
export function* simulateUnit(spec: UnitSpec): Generator<number, RunResult> {
  const simulation = createSimulation(spec.scenario, { seed: spec.seed, replication: spec.replication, cell: spec.cell });
  while (!simulation.advanceTo(Infinity, EVENTS_PER_SLICE)) yield simulation.progress();
  return simulation.result();
}
