/**
 * The baseline of a gate: a small file that goes into git, with the figures of every replication, what traffic each met, and what was
 * read, so that a later run can say what got worse and what was changed.
 */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ScenarioError } from '../../errors.ts';
import type { RunResult } from '../../measurement/run-result.ts';
import { systemReason, writeAtomic } from '../files.ts';
import type { Result } from '../result.ts';
import { encodeArrays, stableJson } from '../stable-json.ts';
import type { Documents } from './document-diff.ts';
import type { StoredFigure } from './gated-metrics.ts';

export interface Baseline {
  readonly apiVersion: 'evenkeel.dev/v1alpha1';
  readonly kind: 'Baseline';
  readonly scenario: Result['scenario'];
  /** What was read, relative to the folder of the baseline; absent for standard input. */
  readonly files?: readonly string[];
  readonly cells: readonly BaselineCell[];
  readonly documents: Documents;
}

export interface BaselineCell {
  readonly axes: Readonly<Record<string, string | number | boolean>>;
  /** One per replication. */
  readonly trafficHash: readonly string[];
  /** Of everything that the replications saw. */
  readonly bytes: string;
  /** By metric, e.g. `request_duration:p(99)`. */
  readonly metrics: Readonly<Record<string, StoredFigure>>;
}

/** Numbers in one line each: a file that git shows the changes of. */
export function baselineText(baseline: Baseline): string {
  return `${stableJson(baseline, 1).replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_, inner: string) => `[${inner.replace(/\s*\n\s*/g, ' ')}]`)}\n`;
}

export async function writeBaseline(file: string, baseline: Baseline): Promise<void> {
  await writeAtomic(file, baselineText(baseline));
}

/** Where a baseline is kept, and what may be in it. */
export interface BaselinePlace {
  readonly file: string;
  /** In a folder of baselines, where the name of the file is not the user's word. */
  readonly isByName: boolean;
  readonly scenario: string;
  readonly files?: readonly string[];
}

/**
 * A folder holds one file for each scenario, by its name.
 *
 * @param read files and folders of the scenario
 */
export async function baselinePlace(path: string, scenario: string, read: readonly string[]): Promise<BaselinePlace> {
  const info = await stat(path).catch(() => null);
  const isByName = info?.isDirectory() === true;
  const file = isByName ? join(path, `${scenario}.json`) : path;
  const files = read.map((one) => (relative(dirname(resolve(file)), resolve(one)) || '.').split(sep).join('/'));
  return { file, isByName, scenario, ...(!read.includes('-') && { files }) };
}

/** @throws ScenarioError when the file that a new baseline shall replace is one of another scenario */
export async function refuseOtherScenario({ file, ...place }: BaselinePlace): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const earlier = text === null ? null : parseBaseline(text);
  if (earlier !== null) refuseOther(earlier, { file, ...place });
}

/** Two scenarios of one name must not take each other's figures for their own. */
function refuseOther({ scenario, files: earlier }: Baseline, { file, isByName, scenario: name, files }: BaselinePlace): void {
  if (scenario.name !== name)
    throw new ScenarioError([
      { where: '--baseline', problem: `is of another scenario, ${scenario.name}`, value: file, hint: `this one is ${name}: name its own file` },
    ]);
  if (!isByName || earlier === undefined || files === undefined || earlier.join() === files.join()) return;
  const here = (paths: readonly string[]) => paths.map((path) => join(dirname(file), path)).join(', ');
  throw new ScenarioError([
    {
      where: '--baseline',
      problem: `is of another scenario of the same name: made from ${here(earlier)}, this one is ${here(files)}`,
      value: file,
      hint: 'give each a metadata.name of its own; if the file was moved, name the baseline itself or remove it first',
    },
  ]);
}

/** @throws ScenarioError when it cannot be read, is no baseline, or one of another scenario */
export async function readBaseline(place: BaselinePlace): Promise<Baseline> {
  const { file } = place;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ScenarioError([
      { where: '--baseline', problem: `cannot be read: ${systemReason(error)}`, value: file, hint: 'write one with --update-baseline' },
    ]);
  });
  const baseline = parseBaseline(text);
  if (baseline === null)
    throw new ScenarioError([
      {
        where: '--baseline',
        problem: 'is not a baseline of evenkeel, or a damaged one',
        value: file,
        hint: 'take it from git again, or write a new one with --update-baseline',
      },
    ]);
  refuseOther(baseline, place);
  return baseline;
}

function parseBaseline(text: string): Baseline | null {
  try {
    const value = JSON.parse(text) as Baseline | null;
    const isWhole =
      value?.kind === 'Baseline' && value.apiVersion === 'evenkeel.dev/v1alpha1' && typeof value.scenario?.name === 'string' && isRecord(value.documents);
    return isWhole && Array.isArray(value.cells) && value.cells.length > 0 && value.cells.every(isCell) ? value : null;
  } catch {
    return null;
  }
}

function isCell(cell: unknown): boolean {
  if (!isRecord(cell) || !isRecord(cell.axes) || !isRecord(cell.metrics) || typeof cell.bytes !== 'string' || !Array.isArray(cell.trafficHash)) return false;
  const count = cell.trafficHash.length;
  const isFigure = (figure: unknown) =>
    isRecord(figure) && isValue(figure.value) && Array.isArray(figure.values) && figure.values.length === count && figure.values.every(isValue);
  return count > 0 && Object.values(cell.metrics).every(isFigure);
}

function isValue(value: unknown): boolean {
  return value === null || value === 'inf' || (typeof value === 'number' && Number.isFinite(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The bytes of everything that replications saw; not how many events it took to see it, nor the number of the cell. */
export function bytesOf(runs: readonly RunResult[]): string {
  const hash = createHash('sha256');
  for (const { events: _events, cell: _cell, ...run } of runs) hash.update(stableJson(encodeArrays(run)));
  return `sha256:${hash.digest('hex')}`;
}
