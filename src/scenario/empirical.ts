/** A sample of durations from a CSV file, for law `empirical`. */
import { parse } from 'csv-parse/sync';
import { isUnitProblem, NS_PER_SECOND, parseDuration } from '../units.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import { nearest } from './report.ts';

const MOST_ROWS = 1_000_000;
const MOST_ISSUES = 5;

/**
 * Sorted seconds of one column (the first without `column`). The first row names the columns. Values carry a unit, or the column's name
 * does (`latency_ms`).
 */
export function readEmpirical(context: Context, path: Path, file: string, column: string | undefined): readonly number[] {
  const text = context.data.get(file);
  if (text === undefined) return [0]; // reported when it was read
  const rows = parseCsv(context, path, file, text);
  if (rows === null) return [0];
  const header = rows[0] ?? [];
  const index = column === undefined ? 0 : header.indexOf(column);
  if (index < 0) {
    const close = nearest(column as string, header);
    context.issue([...path, 'column'], `no such column in ${file}`, column, `it has ${(close.length > 0 ? close : header.slice(0, 10)).join(', ')}`);
    return [0];
  }
  const values = readColumn(context, file, rows, index);
  if (values.length === 0) context.issue([...path, 'file'], 'no values in this file', file, 'the first row names the columns, each further one holds a value');
  return values.length === 0 ? [0] : values.sort((a, b) => a - b);
}

function parseCsv(context: Context, path: Path, file: string, text: string): string[][] | null {
  try {
    const rows = parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true, to: MOST_ROWS + 2 }) as string[][];
    if (rows.length <= MOST_ROWS + 1) return rows;
    context.issue([...path, 'file'], 'too many rows', file, `at most ${MOST_ROWS}: take a sample`);
  } catch (error) {
    context.issue([...path, 'file'], `not readable as CSV: ${(error as Error).message.split('\n', 1)[0]}`, file);
  }
  return null;
}

function readColumn(context: Context, file: string, rows: readonly string[][], index: number): number[] {
  const unit = /(?:_|^)(ns|us|ms|s|seconds)$/.exec(rows[0][index] ?? '')?.[1].replace('seconds', 's') ?? '';
  const values: number[] = [];
  let issues = 0;
  for (let row = 1; row < rows.length && issues < MOST_ISSUES; row++) {
    const cell = rows[row][index] ?? '';
    const ns = parseDuration(/^[0-9.]+$/.test(cell) ? cell + unit : cell);
    if (isUnitProblem(ns)) {
      issues++;
      context.report.add({ where: `${file}:${row + 1}:1`, problem: ns.problem, value: cell, hint: `${ns.hint}, or name the column …_ms` });
    } else values.push(ns / NS_PER_SECOND);
  }
  return values;
}
