/**
 * Carries out replications: in this process while there is little to do, on worker threads when there is more.
 *
 * Starting threads costs more than a small study takes, so the first replications run here; when `INLINE_MS` have been spent, what is
 * left goes to a pool that stays open (a replication that was under way starts again). Where one runs cannot be seen in its result.
 */
import { setImmediate } from 'node:timers/promises';
import { serialize } from 'node:v8';
import { ExperimentError, ModelError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import type { UnitSpec } from './plan.ts';
import type { Pool } from './pool.ts';
import { Recent } from './recent.ts';
import { simulateUnit, TASKS_AT_ONCE } from './worker.ts';

const INLINE_MS = 100;
const PROGRESS_MS = 100;
/** Mean of the replications so far. */
const SHORT_SECONDS = 0.2;

export interface ExecutorOptions {
  /** Most threads; 1 = all in this process. */
  readonly workers: number;
  readonly signal?: AbortSignal;
  /** Called now and then with the replications' worth of work done so far, finished ones included. */
  onProgress?(done: number): void;
}

/** The work was stopped by its signal. */
export class InterruptedError extends Error {
  constructor(message = 'interrupted') {
    super(message);
    this.name = 'InterruptedError';
  }
}

/** Everything of a unit but its replication. */
export interface CellWork {
  readonly spec: Omit<UnitSpec, 'replication'>;
  /** Names the cell in an error; empty = there is only one. */
  readonly label: string;
  /** Number of the cell within this executor, by which threads remember it. */
  readonly number: number;
}

interface Job {
  readonly cell: CellWork;
  readonly replication: number;
  keep(run: RunResult): Promise<void>;
  resolve(run: RunResult): void;
  reject(error: Error): void;
}

/**
 * A queue of replications, carried out in the order in which they were asked for, as many at a time as there are workers.
 * Close it in any case, or its threads keep the process alive.
 */
export class Executor {
  private readonly options: ExecutorOptions;
  private readonly queue: Job[] = [];
  private readonly underWay = new Set<Job>();
  private readonly report: NodeJS.Timeout;
  private readonly onAbort = () => this.fail(new InterruptedError());
  private failure: Error | null = null;
  private inlineMs = 0;
  private inlineShare = 0;
  private isInline = false;
  private pool: Pool | null = null;
  /** Shared with the threads: the share done of what each place of the pool is at. */
  private readonly shares: Float64Array;
  /** Shared with the threads: milliseconds of simulation in each place. */
  private readonly busy: Float64Array;
  private readonly freePlaces: number[];
  private readonly encoded = new Recent<Uint8Array>();
  private done = 0;
  private cells = 0;

  constructor(options: ExecutorOptions) {
    this.options = options;
    const places = options.workers * TASKS_AT_ONCE;
    this.shares = new Float64Array(new SharedArrayBuffer(8 * places));
    this.busy = new Float64Array(new SharedArrayBuffer(8 * places));
    this.freePlaces = Array.from({ length: places }, (_, place) => place);
    this.report = setInterval(() => this.tell(), PROGRESS_MS);
    this.report.unref();
    options.signal?.addEventListener('abort', this.onAbort);
    if (options.signal?.aborted) this.onAbort();
  }

  /** @returns what `run` takes for each replication of the cell */
  prepare(spec: CellWork['spec'], label: string): CellWork {
    return { spec, label, number: this.cells++ };
  }

  /**
   * @param keep stores the finished replication; no further one begins in its place before, so that little is lost whatever happens
   * @throws InterruptedError soon after the signal, or when the executor was closed; ExperimentError or ModelError with cell and replication
   */
  run(cell: CellWork, replication: number, keep: (run: RunResult) => Promise<void>): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) return reject(this.failure);
      this.queue.push({ cell, replication, keep, resolve, reject });
      this.advance();
    });
  }

  /** Ends all work at once; what was under way is lost, what was asked for and is not done is refused with InterruptedError. */
  async close(): Promise<void> {
    this.fail(new InterruptedError());
    clearInterval(this.report);
    this.options.signal?.removeEventListener('abort', this.onAbort);
    await this.pool?.close();
    this.pool = null;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    const jobs = [...this.underWay, ...this.queue.splice(0)];
    this.underWay.clear();
    for (const job of jobs) job.reject(this.failure);
  }

  /** Seconds that all workers together have spent on simulation. */
  get simulatedSeconds(): number {
    let milliseconds = this.inlineMs;
    for (const one of this.busy) milliseconds += one;
    return milliseconds / 1000;
  }

  /** Tells `onProgress` how things stand now. */
  tell(): void {
    let done = this.done + this.inlineShare;
    for (const share of this.shares) done += share;
    this.options.onProgress?.(done);
  }

  private advance(): void {
    if (this.isInline || this.failure !== null) return;
    if (this.pool !== null) return this.fillPool(this.pool);
    this.isInline = true;
    void this.runInline().then(() => {
      this.isInline = false;
      if (this.queue.length > 0) this.advance();
    });
  }

  private needsPool(): boolean {
    return this.inlineMs > INLINE_MS && this.options.workers > 1 && this.queue.length > 1;
  }

  /** Ends when nothing is left to do, or when there is a pool to do it. */
  private async runInline(): Promise<void> {
    await setImmediate(); // whoever asks for several has asked for all of them then
    for (let job = this.queue[0]; job !== undefined; job = this.queue[0]) {
      if (this.needsPool()) return this.openPool();
      await this.carryOut(job);
    }
  }

  /** Leaves the job at the head of the queue when the pool is to do it. */
  private async carryOut(job: Job): Promise<void> {
    const steps = simulateUnit({ ...job.cell.spec, replication: job.replication });
    for (;;) {
      const started = performance.now();
      let step: IteratorResult<number, RunResult>;
      try {
        step = steps.next();
      } catch (error) {
        this.queue.shift();
        return job.reject(placed(error as Error, job));
      }
      this.inlineMs += performance.now() - started;
      this.inlineShare = step.done ? 0 : step.value;
      if (step.done) {
        this.queue.shift();
        await this.finish(job, step.value);
      }
      await setImmediate(); // lets Ctrl-C in
      if (step.done || this.failure !== null || this.needsPool()) break;
    }
    this.inlineShare = 0;
  }

  private async finish(job: Job, run: RunResult): Promise<void> {
    try {
      await job.keep(run);
      this.done++;
      job.resolve(run);
    } catch (error) {
      job.reject(error as Error);
    }
  }

  private async openPool(): Promise<void> {
    const { Pool } = await import('./pool.ts');
    if (this.failure === null) this.pool = new Pool(this.options.workers, { shares: this.shares, busy: this.busy });
  }

  /**
   * A short replication is done sooner than the conductor gets to hand out the next one, so some wait with each thread. Of long ones none
   * waits: at the end of a study it would wait for one thread while another has nothing to do.
   */
  private mostUnderWay(): number {
    const isShort = this.simulatedSeconds < SHORT_SECONDS * Math.max(1, this.done);
    return this.options.workers * (isShort ? TASKS_AT_ONCE : 1);
  }

  private fillPool(pool: Pool): void {
    while (this.underWay.size < this.mostUnderWay() && this.queue.length > 0) {
      const place = this.freePlaces.pop() as number;
      const job = this.queue.shift() as Job;
      this.underWay.add(job);
      const { spec, number } = job.cell;
      void pool
        .run({ cell: number, bytes: this.encoded.get(number, () => shared(spec)), replication: job.replication, place })
        .then(
          (run) => this.finish(job, run),
          (error: Error) => job.reject(placed(error, job)),
        )
        .finally(() => {
          this.shares[place] = 0;
          this.freePlaces.push(place);
          this.underWay.delete(job);
          this.advance();
        });
    }
  }
}

/** Encoded once, and in memory that all threads see: sending it copies nothing. */
function shared(spec: CellWork['spec']): Uint8Array {
  const encoded = serialize(spec);
  const bytes = new Uint8Array(new SharedArrayBuffer(encoded.length));
  bytes.set(encoded);
  return bytes;
}

/** Says which replication failed, and keeps the kind of error. */
function placed(error: Error, { cell, replication }: Job): Error {
  const message = `${cell.label}replication ${replication}: ${error.message}`;
  const named = error instanceof ExperimentError ? new ExperimentError(message) : new ModelError(message);
  named.stack = error.stack;
  return named;
}
