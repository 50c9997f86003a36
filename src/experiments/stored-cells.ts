/**
 * Cells of stored results for comparison: a folder written by `--out` (`results.json` and `runs.csv`, which holds the figures of each
 * replication), or a result document alone, whose cells can be compared but not paired.
 */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type Issue, ScenarioError } from '../errors.ts';
import { baselinesOf, labelOf } from './compare.ts';
import type { CellSource } from './comparison.ts';
import { systemReason } from './files.ts';
import type { MergedCell } from './merge.ts';
import type { CellResult, Result } from './result.ts';
import { readResult } from './result-json.ts';

/** A result as it is named on the command line. */
export interface StoredResult {
  readonly name: string;
  readonly result: Result;
  /** Cell id → rows in the order of replications; null = only the merged figures are known. */
  readonly rows: ReadonlyMap<number, readonly Row[]> | null;
}

type Row = Readonly<Record<string, string>>;

/** True for what `compare` takes for a stored result: a folder with results.json, or a document that says `kind: Result`. */
export async function isStoredResult(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (info === null) return false;
  if (info.isDirectory()) return (await stat(join(path, 'results.json')).catch(() => null)) !== null;
  if (!path.endsWith('.json')) return false;
  return /"kind":\s*"Result"/.test(await readFile(path, 'utf8').catch(() => ''));
}

/** @throws ScenarioError when it cannot be read, or its parts do not fit together */
export async function readStoredResult(path: string): Promise<StoredResult> {
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const result = await readResult(isFolder ? join(path, 'results.json') : path);
  const name = path.replace(/\/+$/, '');
  if (!isFolder && !path.endsWith('results.json')) return { name, result, rows: null };
  const file = join(folder, 'runs.csv');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new ScenarioError([{ where: file, problem: `cannot be read: ${systemReason(error)}` }]);
  });
  return { name, result, rows: text === null ? null : rowsOf(text, result, file) };
}

function rowsOf(text: string, result: Result, file: string): ReadonlyMap<number, readonly Row[]> {
  const wrong = (problem: string) => new ScenarioError([{ where: file, problem, hint: 'write the folder again: run --out DIR --resume' }]);
  let rows: readonly Row[];
  try {
    rows = parse(text, { columns: true, skip_empty_lines: true }) as Row[];
  } catch (error) {
    throw wrong(`is not CSV: ${(error as Error).message}`);
  }
  const byCell = new Map(result.cells.map((cell) => [cell.id, rows.filter((row) => row.cell === String(cell.id))]));
  for (const cell of result.cells) {
    const found = byCell.get(cell.id)?.length ?? 0;
    if (found !== cell.replications) throw wrong(`has ${found} replications of cell ${cell.id}, results.json ${cell.replications}`);
  }
  return byCell;
}

/** The figures of one replication in the form of the merged cell: each estimate that the row holds, without interval. */
function aloneOf(cell: CellResult, row: Row): MergedCell {
  const { clients, services, metrics } = cell;
  const slim = Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, { ...service, pods: {}, map: { groups: [], pods: [], requests: [] } }]),
  );
  return { ...cell, replications: 1, ...(filled({ clients, services: slim, metrics }, row, '') as Pick<MergedCell, 'clients' | 'services' | 'metrics'>) };
}

function filled(value: unknown, row: Row, path: string): unknown {
  if (typeof value === 'number') return Number(row[path] ?? 0); // a count that is not written did not happen
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('value' in value && ('noInterval' in value || 'low' in value)) {
    const text = row[path] ?? '';
    return { value: text === '' ? null : text === 'inf' ? 'inf' : Number(text), noInterval: 'one replication' };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner, row, path === '' ? key : `${path}.${key}`)]));
}

/**
 * One result: its cells against its first, or the one that `baseline` names. Several: each cell against the cell of the first result
 * that has the same axes.
 * @throws ScenarioError when they answer different questions
 */
export function storedCells(stored: readonly StoredResult[], baseline: string | undefined): readonly CellSource[] {
  const [first] = stored;
  if (stored.length === 1) {
    const baselines = baselinesOf(first.result.cells, baseline);
    return first.result.cells.map((cell, i) => sourceOf(first, cell, labelOf(cell), baselines[i]));
  }
  if (baseline !== undefined)
    throw new ScenarioError([
      { where: '--baseline', problem: 'several results: the first is the baseline', value: baseline, hint: 'name the results in that order' },
    ]);
  refuseDifferent(stored);
  const { cells } = first.result;
  return stored.flatMap((one) =>
    one.result.cells.map((cell) => {
      const twin = cells.findIndex((other) => axesText(other) === axesText(cell));
      const label = cells.length === 1 ? one.name : `${one.name} ${labelOf(cell)}`;
      return { ...sourceOf(one, cell, label, one === first ? null : twin), ...(one !== first && { scenario: one.result.scenario }) };
    }),
  );
}

function sourceOf({ rows }: StoredResult, cell: CellResult, label: string, baseline: number | null): CellSource {
  const own = rows?.get(cell.id) ?? null;
  return {
    label,
    axes: cell.axes,
    merged: cell,
    alone: own === null ? null : own.map((row) => aloneOf(cell, row)),
    trafficHashes: own === null ? [] : own.map((row) => row.trafficHash),
    baseline,
  };
}

function axesText({ axes }: CellResult): string {
  return JSON.stringify(Object.entries(axes).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Different manifests or settings are what one compares; another scenario, window or set of cells is a slip. */
function refuseDifferent(stored: readonly StoredResult[]): void {
  const [first, ...others] = stored;
  const issues: Issue[] = [];
  const windowOf = ({ window }: CellResult) => `${window.from} s to ${window.to} s`;
  for (const other of others) {
    const add = (problem: string, hint: string) => issues.push({ where: other.name, problem, hint });
    const [ours, theirs] = [first.result, other.result];
    if (ours.scenario.name !== theirs.scenario.name) {
      add(`is of scenario ${theirs.scenario.name}, ${first.name} of ${ours.scenario.name}`, 'compare results of one scenario');
      continue;
    }
    const missing = theirs.cells.filter((cell) => !ours.cells.some((one) => axesText(one) === axesText(cell)));
    if (missing.length > 0 || ours.cells.length !== theirs.cells.length)
      add(
        `its cells are not those of ${first.name}`,
        `${theirs.cells.map(labelOf).slice(0, 4).join(', ')} and ${ours.cells.map(labelOf).slice(0, 4).join(', ')}`,
      );
    else if (windowOf(ours.cells[0]) !== windowOf(theirs.cells[0]))
      add(`measures ${windowOf(theirs.cells[0])}, ${first.name} ${windowOf(ours.cells[0])}`, 'give both the same duration and warm-up');
  }
  if (issues.length > 0) throw new ScenarioError(issues);
}
