/**
 * Replications on demand: the one way from planned cells to what their replications saw, for `run`, `compare`, `plan` and `check`.
 *
 *     await withSession({ seed, workers }, async (session) => {
 *       const first = await session.replications(cell, 0, 10);   // PlannedCell of planStudy or planCell
 *       const more = await session.replications(cell, 10, 15);   // further ones of the same cell, whenever they are wanted
 *     });
 *
 * What it promises:
 * - Replications come in order of their number, and are functions of (scenario, seed, replication) alone: the same for any number of
 *   workers, whatever was stored, and whoever asked first. Decide on what is returned, never on which call returned first.
 * - Calls may overlap (`Promise.all` over cells). Work is done in the order in which it was asked for; the workers are kept busy as long
 *   as something is asked for. A few cells at a time are enough: hold as many results as you have asked for, no more are kept here.
 * - The pool of workers is opened when there is enough to do, and stays open until the end of the session. A cell is encoded once and
 *   sent to a worker once, however many replications of it are asked for, as long as no more than 32 cells take turns.
 * - A cell may be made at any time, e.g. `planCell({ id, axes, scenario })`. Its `id` names it in messages and in the folder; cells that
 *   differ should have different ones.
 * - With `out`, each replication is written when it is finished, before it is returned. With `resume` a stored one that answers exactly
 *   this question (same engine, seed and scenario by content, see `run-store.ts`) is taken instead, wherever in the folder it is.
 * - After `signal`, or when the session has ended, every call is refused with InterruptedError; what was finished is on disk.
 */
import { ExperimentError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { type CellWork, Executor } from './execute.ts';
import type { PlannedCell } from './plan.ts';
import { cellKey, RunStore } from './run-store.ts';

export interface SessionOptions {
  readonly seed: string;
  /** Most worker threads. */
  readonly workers: number;
  /** Folder in which replications are kept; absent = nothing is written. */
  readonly out?: string;
  /** Take replications from `out` that answer exactly what is asked. */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  /** Called now and then while something is under way. */
  onProgress?(progress: SessionProgress): void;
}

export interface SessionProgress {
  /** Replications asked for so far. */
  readonly asked: number;
  /** Replications' worth of work done, stored ones and parts included. */
  readonly done: number;
  /** Client requests and events of the replications simulated so far. */
  readonly requests: number;
  readonly events: number;
}

export class Session {
  private readonly options: SessionOptions;
  private readonly executor: Executor;
  private readonly works = new WeakMap<PlannedCell, CellWork>();
  private readonly keys = new WeakMap<PlannedCell, string>();
  private store: Promise<RunStore> | null = null;
  private asked = 0;
  private reusedCount = 0;
  private requests = 0;
  private events = 0;

  constructor(options: SessionOptions) {
    this.options = options;
    this.executor = new Executor({
      workers: options.workers,
      signal: options.signal,
      onProgress: (done) => options.onProgress?.(this.progress(done)),
    });
  }

  /**
   * Replications `from` … `to` − 1 of the cell, in order.
   * @throws InterruptedError after the signal or the end of the session
   * @throws ExperimentError when one cannot be carried out, or not be written; ModelError when we are wrong
   */
  async replications(cell: PlannedCell, from: number, to: number): Promise<readonly RunResult[]> {
    if (cell.scenario.run.warmup === 'open') throw new ExperimentError('warmup: mser5 is for run; give a time here, e.g. --set run.warmup=30s');
    this.asked += to - from;
    return Promise.all(Array.from({ length: to - from }, (_, i) => this.replication(cell, from + i)));
  }

  /** Replications taken from the folder instead of simulated. */
  get reused(): number {
    return this.reusedCount;
  }

  /** Seconds that all workers together have spent on simulation. */
  get simulatedSeconds(): number {
    return this.executor.simulatedSeconds;
  }

  /** What was simulated, by replications that are finished. */
  get simulated(): { readonly requests: number; readonly events: number } {
    return { requests: this.requests, events: this.events };
  }

  /** By which the store knows the cell. */
  key(cell: PlannedCell): string {
    let key = this.keys.get(cell);
    if (key === undefined) {
      key = cellKey(cell.scenario, this.options.seed);
      this.keys.set(cell, key);
    }
    return key;
  }

  /** Tells `onProgress` how things stand now. */
  tell(): void {
    this.executor.tell();
  }

  /** Ends the workers at once. */
  async close(): Promise<void> {
    await this.executor.close();
  }

  private progress(done: number): SessionProgress {
    return { asked: this.asked, done: done + this.reusedCount, requests: this.requests, events: this.events };
  }

  private async replication(cell: PlannedCell, replication: number): Promise<RunResult> {
    const { out, resume } = this.options;
    if (out === undefined) return this.simulate(cell, replication, async () => {});
    this.store ??= RunStore.open(out);
    const store = await this.store;
    const key = this.key(cell);
    const stored = resume ? await store.read(key, cell.id, replication) : null;
    if (stored !== null) {
      this.reusedCount++;
      return stored;
    }
    return this.simulate(cell, replication, (run) => store.save(key, cell, run));
  }

  private async simulate(cell: PlannedCell, replication: number, keep: (run: RunResult) => Promise<void>): Promise<RunResult> {
    let work = this.works.get(cell);
    if (work === undefined) {
      const { seed } = this.options;
      work = this.executor.prepare({ scenario: cell.scenario, seed, cell: cell.id }, Object.keys(cell.axes).length > 0 ? `cell ${cell.id}, ` : '');
      this.works.set(cell, work);
    }
    const run = await this.executor.run(work, replication, keep);
    this.requests += run.requests.offered;
    this.events += run.events;
    return run;
  }
}

/** Opens a session, and ends it when `use` is done or fails. */
export async function withSession<T>(options: SessionOptions, use: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session(options);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}
