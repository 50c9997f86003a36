/** `runs.csv`: one row per cell and replication with every figure, so that quantiles over runs can be had with any tool. */
import type { RunResult } from '../measurement/run-result.ts';
import { csvText } from './csv.ts';
import { type CellInput, mergeCell } from './merge.ts';

export type RunRow = Readonly<Record<string, string | number>>;

/** The figures of one replication by themselves; column = path in the cell of the result, joined by dots. */
export function runRow(cell: CellInput, run: RunResult): RunRow {
  const { requests, attempts, calls, connections, metrics, clients, services } = mergeCell(cell, [run]);
  const row: Record<string, string | number> = { cell: cell.id };
  for (const [axis, value] of Object.entries(cell.axes)) row[`axis.${axis}`] = String(value);
  row.replication = run.replication;
  row.trafficHash = run.trafficHash;
  addFigures(row, '', { requests, attempts, calls, connections, metrics, clients, services });
  return row;
}

/** Numbers and estimates become columns; lists (occupancy, maps, distributions) do not fit a row. */
function addFigures(row: Record<string, string | number>, path: string, value: unknown): void {
  if (typeof value === 'number') row[path] = value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  if ('noInterval' in value && 'value' in value) {
    row[path] = (value.value as number | 'inf' | null) ?? '';
    return;
  }
  for (const [key, item] of Object.entries(value)) addFigures(row, path === '' ? key : `${path}.${key}`, item);
}

/** RFC 4180, header first; a figure that a replication has not is empty. */
export function runsCsv(rows: readonly RunRow[]): string {
  const ordered = [...rows].sort((a, b) => Number(a.cell) - Number(b.cell) || Number(a.replication) - Number(b.replication));
  const columns = [...new Set(ordered.flatMap((row) => Object.keys(row)))];
  return csvText([columns, ...ordered.map((row) => columns.map((column) => row[column] ?? null))]);
}
