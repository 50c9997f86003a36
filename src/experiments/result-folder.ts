/**
 * A result folder (`--out DIR`): `study.json` (what is studied), `runs/` (its replications, see `run-store.ts`), and when all of them are
 * there `results.json`, `runs.csv` and `run.json` (timings, which are no part of the result).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Issue, ScenarioError } from '../errors.ts';
import type { Study } from '../scenario/scenario.ts';
import type { Collected } from './collect.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { systemReason, writeAtomic } from './files.ts';
import type { Plan } from './plan.ts';
import { resultJson } from './result-json.ts';
import { runsCsv } from './runs-csv.ts';
import { stableJson } from './stable-json.ts';

const FORMAT = 'evenkeel study 1';
const STUDY_FILE = 'study.json';

/** Enough to make the result of stored replications without the scenario's files; the scenario of each cell stands with its replications. */
export interface StudyFile {
  readonly format: typeof FORMAT;
  readonly engine: string;
  readonly study: Omit<Study, 'cells'>;
  /** In order; `key` is that of `cellKey`. */
  readonly cells: readonly { readonly id: number; readonly axes: Study['cells'][number]['axes']; readonly key: string }[];
}

/** @param keys of the cells, in order */
export async function writeStudyFile(out: string, plan: Plan, keys: readonly string[]): Promise<void> {
  const { cells: _cells, ...study } = plan.study;
  const file: StudyFile = { format: FORMAT, engine: ENGINE_VERSION, study, cells: plan.cells.map(({ id, axes }, i) => ({ id, axes, key: keys[i] })) };
  await writeAtomic(join(out, STUDY_FILE), `${stableJson(file, 1)}\n`);
}

/** @returns the study of a folder, or what is wrong with it */
export async function readStudyFile(folder: string): Promise<StudyFile | Issue> {
  const where = join(folder, STUDY_FILE);
  try {
    const file = JSON.parse(await readFile(where, 'utf8')) as StudyFile;
    if (file.format === FORMAT) return file;
    return { where, problem: 'is not a study of this version', hint: 'a folder written by run --out' };
  } catch (error) {
    const problem = error instanceof SyntaxError ? 'is damaged' : `cannot be read: ${systemReason(error)}`;
    return { where, problem, hint: 'a folder written by run --shard i/n --out' };
  }
}

/** What happened on the way, for `run.json`. */
export interface Timings {
  readonly workers: number;
  readonly reused: number;
  readonly wallSeconds: number;
  readonly simulatedSeconds: number;
  readonly events: number;
  readonly requests: number;
}

export async function writeResults(out: string, { result, rows }: Collected, timings: Timings): Promise<void> {
  await writeAtomic(join(out, 'runs.csv'), runsCsv(rows));
  await writeAtomic(join(out, 'results.json'), resultJson(result));
  const machine = {
    engine: ENGINE_VERSION,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    finishedAt: new Date().toISOString(),
  };
  await writeAtomic(join(out, 'run.json'), `${stableJson({ ...machine, ...timings }, 2)}\n`);
}

/** @throws ScenarioError with them, when there are any */
export function refuse(issues: readonly Issue[]): void {
  if (issues.length > 0) throw new ScenarioError(issues);
}
