/** One replication of a study again, exactly, and the proof: it is compared with the stored one, byte for byte. */
import { createHash } from 'node:crypto';
import { ExperimentError, ModelError, ScenarioError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { collect } from './collect.ts';
import type { Plan, PlannedCell } from './plan.ts';
import type { Result } from './result.ts';
import { cellKey, RunStore } from './run-store.ts';
import { withSession } from './session.ts';
import { settleWarmup } from './settle-warmup.ts';
import { encodeArrays, stableJson } from './stable-json.ts';

export interface ReplayOptions {
  readonly cell: number;
  readonly replication: number;
  /** Folder that holds the one to compare with; absent = nothing is compared. */
  readonly out?: string;
  readonly seriesStepNs?: number;
  readonly signal?: AbortSignal;
}

export interface Replay {
  /** Of this replication alone. */
  readonly result: Result;
  readonly trafficHash: string;
  /** Of everything that the replication saw, hex; equal on any machine. */
  readonly sha256: string;
  /** File of the stored one, which is the same; `null` when there was no folder. */
  readonly sameAs: string | null;
}

/**
 * @throws ScenarioError when the study has no such cell or replication; ExperimentError when the folder holds none that can be compared
 * @throws ModelError when they differ: then something that a result must not depend on has got into it
 */
export async function replay(asked: Plan, options: ReplayOptions): Promise<Replay> {
  const { replication, out, signal } = options;
  const plan = await settleWarmup(asked, { workers: 1, resume: out !== undefined, ...(out !== undefined && { out }), ...(signal !== undefined && { signal }) });
  const cell = plan.cells.find(({ id }) => id === options.cell);
  if (cell === undefined) throw noSuch('cell', options.cell, plan.cells.length);
  if (replication >= plan.study.replications) throw noSuch('replication', replication, plan.study.replications);
  const stored = out === undefined ? null : await storedOne(cell, plan.study.seed, replication, out);
  const [run] = await withSession({ seed: plan.study.seed, workers: 1, signal: options.signal }, (session) =>
    session.replications(cell, replication, replication + 1),
  );
  if (stored !== null) compare(run, stored.run, stored.file);
  const one: Plan = { study: { ...plan.study, replications: 1, stopWhen: null }, cells: [cell] };
  const source = { replications: async () => [run] };
  const { result } = await collect(one, source, { cellsAtOnce: 1, seriesStepNs: options.seriesStepNs, wantsRows: false });
  return { result, trafficHash: run.trafficHash, sha256: createHash('sha256').update(bytesOf(run)).digest('hex'), sameAs: stored?.file ?? null };
}

function noSuch(what: string, number: number, count: number): ScenarioError {
  return new ScenarioError([
    { where: '--replay', problem: `no such ${what}`, value: String(number), hint: count === 1 ? 'there is only 0' : `0 to ${count - 1}` },
  ]);
}

async function storedOne(cell: PlannedCell, seed: string, replication: number, out: string): Promise<{ readonly run: RunResult; readonly file: string }> {
  const store = await RunStore.open(out);
  const key = cellKey(cell.scenario, seed);
  const run = await store.read(key, cell.id, replication);
  const file = await store.fileOf(key, replication);
  if (run !== null) return { run, file };
  throw new ExperimentError(
    (await store.stored(key)).has(replication)
      ? `${file}: damaged, so there is nothing to compare with (run --resume repeats it)`
      : `${out}: no stored replication of this scenario, seed and engine to compare with (without --out the replication is repeated alone)`,
  );
}

function bytesOf(run: RunResult): string {
  return stableJson(encodeArrays(run));
}

function compare(run: RunResult, stored: RunResult, file: string): void {
  if (bytesOf(run) === bytesOf(stored)) return;
  const parts = Object.keys(run) as (keyof RunResult)[];
  const different = parts.filter((part) => stableJson(encodeArrays(run[part])) !== stableJson(encodeArrays(stored[part])));
  throw new ModelError(`the replication differs from ${file} in ${different.join(', ')}`);
}
