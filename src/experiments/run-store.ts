/**
 * The replications of a study on disk: `<out>/runs/<cell>/<replication>.json`.
 *
 * Each file names, by content, the question that it answers (engine, seed, the cell's whole scenario), so that `--resume` takes only
 * what this study would compute again, and a file is worth the same in any folder.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from '../measurement/run-result.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { writeAtomic } from './files.ts';
import { decodeArrays, encodeArrays, stableJson } from './stable-json.ts';

const FORMAT = 'evenkeel run 1';

interface RunFile {
  readonly format: typeof FORMAT;
  readonly key: string;
  readonly run: unknown;
}

/** Hash of everything that a replication of this cell depends on, but for its number: the same in any folder. */
export function cellKey(scenario: Scenario, seed: string): string {
  const content = {
    ...scenario,
    objects: scenario.objects.map(({ origin: _origin, ...object }) => object),
    timeline: scenario.timeline.map(({ where: _where, ...action }) => action),
  };
  return createHash('sha256')
    .update(stableJson([FORMAT, ENGINE_VERSION, seed, content]))
    .digest('hex');
}

/** @throws ExperimentError when the file cannot be written */
export async function saveRun(out: string, key: string, run: RunResult): Promise<void> {
  const file: RunFile = { format: FORMAT, key, run: encodeArrays(run) };
  await writeAtomic(runFile(out, run.cell, run.replication), `${JSON.stringify(file)}\n`);
}

/** The stored replication, or null when there is none that answers exactly this question. */
export async function readRun(out: string, key: string, cell: number, replication: number): Promise<RunResult | null> {
  try {
    const file = JSON.parse(await readFile(runFile(out, cell, replication), 'utf8')) as RunFile;
    return file.format === FORMAT && file.key === key ? (decodeArrays(file.run) as RunResult) : null;
  } catch {
    return null; // absent, unreadable or damaged: it is simulated again
  }
}

function runFile(out: string, cell: number, replication: number): string {
  return join(out, 'runs', String(cell), `${replication}.json`);
}
