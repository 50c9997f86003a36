/** Worker threads for replications: the only file that knows piscina. */
import { Piscina } from 'piscina';
import { ExperimentError, ModelError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { TASKS_AT_ONCE, type WorkerData, type WorkerReply, type WorkerTask } from './worker.ts';

export class Pool {
  private readonly threads: Piscina<WorkerTask, WorkerReply>;

  constructor(workers: number, data: WorkerData) {
    this.threads = new Piscina({
      filename: new URL('./worker.js', import.meta.url).href,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: TASKS_AT_ONCE,
      workerData: data,
    });
  }

  /**
   * @throws ExperimentError when the replication says that what is asked cannot be done; ModelError when the model or the worker broke
   */
  async run(task: WorkerTask): Promise<RunResult> {
    const reply = await this.threads.run(task).catch((error: Error) => {
      throw new ModelError(`a worker was lost: ${error.message}`);
    });
    if ('run' in reply) return reply.run;
    const { name, message, stack } = reply.error;
    if (name === 'ExperimentError') throw new ExperimentError(message);
    const error = new ModelError(name === 'ModelError' ? message : `${name}: ${message}`);
    error.stack = stack;
    throw error;
  }

  /** Ends all threads at once, in the middle of their work if need be. */
  async close(): Promise<void> {
    await this.threads.destroy();
  }
}
