/**
 * Result folders of shards → one result: the bytes that one machine alone would have made.
 *
 * Nothing is simulated. The study and its cells stand in the folders, each replication is taken from the first folder that has it
 * undamaged. Folders of different studies, seeds or engines are refused, and what is missing is named.
 */
import { resolve } from 'node:path';
import { ExperimentError, type Issue, ScenarioError } from '../errors.ts';
import type { RunResult } from '../measurement/run-result.ts';
import type { Study } from '../scenario/scenario.ts';
import { collect, type ReplicationSource } from './collect.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { type Plan, type PlannedCell, planCell } from './plan.ts';
import { readStudyFile, refuse, type StudyFile, writeResults, writeStudyFile } from './result-folder.ts';
import type { StudyRun } from './run.ts';
import { RunStore } from './run-store.ts';
import { stableJson } from './stable-json.ts';

/** Cells named in a message about what is missing, and replications of each. */
const MOST_NAMED = 8;

export interface MergeOptions {
  /** Folder for the whole; it may be one of those that are merged. Absent = nothing is written. */
  readonly out?: string;
  readonly seriesStepNs?: number;
}

/** @throws ScenarioError when the folders do not fit together; ExperimentError when replications are missing or damaged */
export async function mergeFolders(folders: readonly string[], options: MergeOptions): Promise<StudyRun> {
  const started = performance.now();
  const file = await commonStudy(folders);
  const stores = await Promise.all(folders.map((folder) => RunStore.open(folder)));
  await refuseMissing(file, stores);
  const plan = await planOf(file, stores);
  const target = options.out === undefined ? null : await RunStore.open(options.out);
  const source = new StoredReplications(file, stores, target);
  const collected = await collect(plan, source, { cellsAtOnce: 1, seriesStepNs: options.seriesStepNs, wantsRows: options.out !== undefined });
  const done = { reused: source.count, wallSeconds: (performance.now() - started) / 1000, simulatedSeconds: 0, requests: 0, events: 0 };
  if (options.out !== undefined) {
    await writeStudyFile(
      options.out,
      plan,
      file.cells.map(({ key }) => key),
    );
    await writeResults(options.out, collected, { workers: 0, ...done });
  }
  return { result: collected.result, ...done };
}

/** The study that all folders hold a part of. */
async function commonStudy(folders: readonly string[]): Promise<StudyFile> {
  const twice = folders.filter((folder, i) => folders.findIndex((other) => resolve(other) === resolve(folder)) < i);
  refuse(twice.map((folder) => ({ where: folder, problem: 'is named twice' })));
  const files = await Promise.all(folders.map(readStudyFile));
  refuse(files.filter((file): file is Issue => 'problem' in file));
  const [first, ...others] = files as StudyFile[];
  const issues: Issue[] = [];
  if (first.engine !== ENGINE_VERSION)
    issues.push({
      where: folders[0],
      problem: `was simulated by engine ${first.engine}, this is ${ENGINE_VERSION}`,
      hint: 'simulate and merge with one version',
    });
  if (first.study.stopWhen !== null)
    issues.push({
      where: folders[0],
      problem: 'has as many replications as its stopWhen took; only a fixed number can be merged',
      hint: 'give --replications',
    });
  for (const [i, other] of others.entries()) {
    const difference = differenceOf(first, other);
    if (difference !== null) issues.push({ where: folders[i + 1], problem: `does not fit ${folders[0]}: ${difference}` });
  }
  refuse(issues);
  return first;
}

/** The first thing in which two folders differ; in this order, since each explains those after it. */
function differenceOf(one: StudyFile, other: StudyFile): string | null {
  const facts = (file: StudyFile): [string, string][] => [
    ['engine', file.engine],
    ['scenario', file.study.name],
    ['seed', file.study.seed],
    ['number of replications', String(file.study.replications)],
    ['number of cells', String(file.cells.length)],
    ['content of scenario or manifests', file.study.hash],
    ['cells', stableJson(file.cells)],
  ];
  const theirs = facts(other);
  const at = facts(one).findIndex(([, value], i) => value !== theirs[i][1]);
  if (at < 0) return null;
  const [what, value] = theirs[at];
  return value.length > 40 ? `another ${what}` : `another ${what}, ${value} and not ${facts(one)[at][1]}`;
}

async function refuseMissing({ study, cells }: StudyFile, stores: readonly RunStore[]): Promise<void> {
  const missing: string[] = [];
  let count = 0;
  for (const { id, key } of cells) {
    const stored = await Promise.all(stores.map((store) => store.stored(key)));
    const lost = Array.from({ length: study.replications }, (_, replication) => replication).filter((one) => !stored.some((set) => set.has(one)));
    if (lost.length === 0) continue;
    count += lost.length;
    missing.push(`${cells.length > 1 ? `cell ${id}: ` : ''}${listed(lost)}`);
  }
  if (count === 0) return;
  const of = cells.length * study.replications;
  throw new ExperimentError(
    `${count} of ${of} replications are missing: ${missing.slice(0, MOST_NAMED).join('; ')}${missing.length > MOST_NAMED ? '; …' : ''} (name the folders of all shards; a shard that was interrupted goes on with --resume)`,
  );
}

function listed(numbers: readonly number[]): string {
  return `${numbers.slice(0, MOST_NAMED).join(', ')}${numbers.length > MOST_NAMED ? `, … (${numbers.length})` : ''}`;
}

/** The cells as they were planned when the shards ran. */
async function planOf({ study, cells }: StudyFile, stores: readonly RunStore[]): Promise<Plan> {
  const planned: PlannedCell[] = [];
  for (const { id, axes, key } of cells) {
    let found: Study['cells'][number] | null = null;
    for (const store of stores) found ??= await store.cell(key);
    if (found === null) throw new ScenarioError([{ where: `cell ${id}`, problem: 'has replications, but its cell.json is missing or damaged' }]);
    planned.push(planCell({ id, axes, scenario: found.scenario }));
  }
  return { study: { ...study, cells: planned }, cells: planned };
}

class StoredReplications implements ReplicationSource {
  /** Replications read so far. */
  count = 0;
  private readonly keys: ReadonlyMap<number, string>;
  private readonly stores: readonly RunStore[];
  /** Where they are gathered. */
  private readonly target: RunStore | null;

  constructor(file: StudyFile, stores: readonly RunStore[], target: RunStore | null) {
    this.keys = new Map(file.cells.map(({ id, key }) => [id, key]));
    this.stores = stores;
    this.target = target;
  }

  async replications(cell: PlannedCell, from: number, to: number): Promise<readonly RunResult[]> {
    const key = this.keys.get(cell.id) as string;
    const there = (await this.target?.stored(key)) ?? new Set();
    const runs: RunResult[] = [];
    for (let replication = from; replication < to; replication++) {
      const run = await this.read(key, cell.id, replication);
      if (!there.has(replication)) await this.target?.save(key, cell, run);
      runs.push(run);
      this.count++;
    }
    return runs;
  }

  private async read(key: string, cell: number, replication: number): Promise<RunResult> {
    const damaged: string[] = [];
    for (const store of this.stores) {
      const run = await store.read(key, cell, replication);
      if (run !== null) return run;
      if ((await store.stored(key)).has(replication)) damaged.push(await store.fileOf(key, replication));
    }
    throw new ExperimentError(`${damaged.join(', ')}: damaged, and no other folder has it (the shard that it is of repeats it with --resume)`);
  }
}
