/**
 * Carries out units of work: in this process while there is little to do, on worker threads when there is more.
 *
 * Starting threads costs more than a small study takes, so the first units run here; when `INLINE_MS` have passed, what is left goes
 * to the pool (a replication that was under way starts again). Where a unit runs cannot be seen in its result.
 */
import { setImmediate } from 'node:timers/promises';
import { ExperimentError, ModelError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import type { Plan, Unit, UnitSpec } from './plan.ts';
import { simulateUnit, type WorkerData } from './worker.ts';

const INLINE_MS = 100;
const PROGRESS_MS = 100;

export interface ExecuteOptions {
  /** Most threads; 1 = all in this process. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  /** Called with each finished replication; units finish in any order. */
  onRun(unit: Unit, run: RunResult): Promise<void>;
  /** Called now and then with the units' worth of work done so far, finished ones included. */
  onProgress?(unitsDone: number): void;
}

/** The work was stopped by its signal. */
export class InterruptedError extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'InterruptedError';
  }
}

/**
 * @param units what to do, a part of `plan.units`
 * @throws InterruptedError soon after the signal; ExperimentError or ModelError of the first unit that failed, with its cell and replication
 */
export async function executeUnits(plan: Plan, units: readonly Unit[], options: ExecuteOptions): Promise<void> {
  const inPool = options.workers > 1 && units.length > 1;
  const left = await runInline(plan, units, options, inPool ? INLINE_MS : Infinity);
  if (left.length > 0) await runInPool(plan, left, units.length - left.length, options);
}

/** @returns the units that were not finished when the time was up */
async function runInline(plan: Plan, units: readonly Unit[], options: ExecuteOptions, milliseconds: number): Promise<readonly Unit[]> {
  const deadline = performance.now() + milliseconds;
  let nextReport = performance.now() + PROGRESS_MS;
  for (const [index, unit] of units.entries()) {
    const steps = simulateUnit(specOf(plan, unit));
    let step = advance(steps, plan, unit);
    while (!step.done) {
      await setImmediate(); // lets Ctrl-C in
      if (options.signal?.aborted) throw new InterruptedError();
      if (performance.now() > deadline) return units.slice(index);
      if (performance.now() > nextReport) {
        nextReport = performance.now() + PROGRESS_MS;
        options.onProgress?.(index + step.value);
      }
      step = advance(steps, plan, unit);
    }
    await options.onRun(unit, step.value);
    await setImmediate();
    if (options.signal?.aborted) throw new InterruptedError();
    if (performance.now() > deadline) return units.slice(index + 1);
  }
  return [];
}

function advance(steps: Generator<number, RunResult>, plan: Plan, unit: Unit): IteratorResult<number, RunResult> {
  try {
    return steps.next();
  } catch (error) {
    throw placed(error as Error, plan, unit);
  }
}

async function runInPool(plan: Plan, units: readonly Unit[], before: number, options: ExecuteOptions): Promise<void> {
  const { Pool } = await import('./pool.ts');
  const data: WorkerData = {
    cells: plan.cells.map((_, cell) => specOf(plan, { cell, replication: 0 })),
    progress: new Float64Array(new SharedArrayBuffer(8 * units.length)),
  };
  const workers = Math.min(options.workers, units.length);
  const pool = new Pool(workers, data);
  const report = setInterval(() => {
    let done = before;
    for (const share of data.progress) done += share;
    options.onProgress?.(done);
  }, PROGRESS_MS);
  const stopped = new AbortController();
  const queue = units.entries();
  const drain = async () => {
    for (const [index, unit] of queue) {
      if (stopped.signal.aborted) return;
      const run = await pool.run({ ...unit, index }).catch((error: Error) => {
        throw placed(error, plan, unit);
      });
      data.progress[index] = 1;
      await options.onRun(unit, run);
    }
  };
  try {
    // One more than there are workers, so that the next task already waits when one is done.
    const drains = Array.from({ length: workers + 1 }, drain);
    await Promise.race([Promise.all(drains), interruption(options.signal, stopped.signal)]);
  } finally {
    stopped.abort();
    clearInterval(report);
    await pool.close();
  }
}

/** Rejects when `signal` fires, until `done` does. */
function interruption(signal: AbortSignal | undefined, done: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(new InterruptedError());
    signal?.addEventListener('abort', () => reject(new InterruptedError()), { signal: done });
  });
}

function specOf(plan: Plan, unit: Unit): UnitSpec {
  const cell = plan.cells[unit.cell];
  return { scenario: cell.scenario, seed: plan.study.seed, cell: cell.id, replication: unit.replication };
}

/** Says which replication failed, and keeps the kind of error. */
function placed(error: Error, plan: Plan, unit: Unit): Error {
  const where = plan.cells.length > 1 ? `cell ${plan.cells[unit.cell].id}, replication ${unit.replication}` : `replication ${unit.replication}`;
  const message = `${where}: ${error.message}`;
  const named = error instanceof ExperimentError ? new ExperimentError(message) : new ModelError(message);
  named.stack = error.stack;
  return named;
}
