/** Carries out a plan: the replications of each cell from a session, one result; or a shard of them, to be merged later. */
import { ScenarioError } from '../errors.ts';
import { type CollectOptions, collect } from './collect.ts';
import type { Plan } from './plan.ts';
import type { Result } from './result.ts';
import { writeResults, writeStudyFile } from './result-folder.ts';
import { type Session, withSession } from './session.ts';
import { settleWarmup } from './settle-warmup.ts';

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
  /** As of `CollectOptions`. */
  readonly onCell?: CollectOptions['onCell'];
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

export interface StudyRun extends Done {
  readonly result: Result;
}

export interface Done {
  /** Replications taken from the folder instead of simulated. */
  readonly reused: number;
  readonly wallSeconds: number;
  /** Of all workers together, spent on simulation. */
  readonly simulatedSeconds: number;
  readonly events: number;
  readonly requests: number;
}

/** Part `number` (from 1) of `of`: its replications of each cell. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

/**
 * @throws InterruptedError after `signal`, with finished replications on disk if there is a folder
 * @throws ExperimentError when a replication cannot be carried out or a file not be written; ModelError when we are wrong
 */
export async function runStudy(asked: Plan, options: RunOptions): Promise<StudyRun> {
  const plan = await settled(asked, options);
  const { study } = plan;
  const { collected, ...done } = await inSession(plan, options, plan.cells.length * study.replications, async (session) => {
    const { seriesStepNs, onCell } = options;
    const wantsRows = options.out !== undefined;
    return { collected: await collect(plan, session, { cellsAtOnce: options.workers + 2, seriesStepNs, wantsRows, onCell }) };
  });
  if (options.out !== undefined) await writeResults(options.out, collected, { workers: options.workers, ...done });
  return { result: collected.result, ...done };
}

/**
 * The shard's replications, on disk; there is no result before all shards are merged.
 * @returns also how many replications the shard has
 * @throws as `runStudy`; ScenarioError when the study decides on the way, which takes one conductor
 */
export async function runShard(asked: Plan, shard: Shard, options: RunOptions & { readonly out: string }): Promise<Done & { readonly replications: number }> {
  if (asked.study.stopWhen !== null)
    throw new ScenarioError([{ where: '--shard', problem: 'stopWhen wants all replications in one place', hint: 'give --replications, or run it whole' }]);
  const plan = await settled(asked, options);
  const units = plan.cells.flatMap((cell, index) => replicationsOf(shard, index, plan.study.replications).map((replication) => ({ cell, replication })));
  return inSession(plan, options, units.length, async (session) => {
    const queue = units.values();
    const turn = async () => {
      for (const { cell, replication } of queue) await session.replications(cell, replication, replication + 1);
    };
    await Promise.all(Array.from({ length: 2 * options.workers + 1 }, turn));
    return { replications: units.length };
  });
}

function settled(plan: Plan, { workers, out, resume, signal }: RunOptions): Promise<Plan> {
  return settleWarmup(plan, { workers, resume, ...(out !== undefined && { out }), ...(signal !== undefined && { signal }) });
}

/** Replications of a cell go to the shards in turn, beginning with another one in each cell: shards differ by at most a replication a cell. */
function replicationsOf(shard: Shard, cell: number, replications: number): number[] {
  return Array.from({ length: replications }, (_, replication) => replication).filter((replication) => (cell + replication) % shard.of === shard.number - 1);
}

async function inSession<T>(plan: Plan, options: RunOptions, units: number, work: (session: Session) => Promise<T>): Promise<T & Done> {
  if (options.resume && options.out === undefined)
    throw new ScenarioError([{ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' }]);
  const started = performance.now();
  const { study } = plan;
  const settings = {
    seed: study.seed,
    workers: Math.max(1, Math.min(options.workers, units)),
    out: options.out,
    resume: options.resume,
    signal: options.signal,
    onProgress: ({ asked, ...progress }: { asked: number; done: number; requests: number; events: number }) =>
      options.onProgress?.({ units: study.stopWhen === null ? units : asked, ...progress }),
  };
  return withSession(settings, async (session) => {
    if (options.out !== undefined)
      await writeStudyFile(
        options.out,
        plan,
        plan.cells.map((cell) => session.key(cell)),
      );
    const outcome = await work(session);
    session.tell();
    return {
      ...outcome,
      reused: session.reused,
      wallSeconds: (performance.now() - started) / 1000,
      simulatedSeconds: session.simulatedSeconds,
      ...session.simulated,
    };
  });
}
