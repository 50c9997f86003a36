/**
 * A result as tidy tables: one row an observation, one column a variable, for CSV, Parquet and OpenMetrics.
 *
 *     figures   cell, axis.…, subject, name, metric, statistic, value, low, high, noInterval     subject: all, client, service, node
 *     pods      cell, axis.…, service, pod, node, workload, metric, statistic, value, low, high, noInterval
 *     series    cell, axis.…, time, subject, name, metric, value                                  subject: requests, pod, workload
 *
 * Seconds and shares, as in the result. Counts have neither interval nor reason: they are summed over replications. Beyond every finite
 * observation is Infinity, nothing seen is null.
 */
import { ScenarioError } from '../errors.ts';
import type { CellResult, Estimate, Result } from './result.ts';

export const TABLES = ['figures', 'pods', 'series'] as const;
export type TableName = (typeof TABLES)[number];

export interface Table {
  readonly columns: readonly Column[];
}

export type Column =
  | { readonly name: string; readonly type: 'text'; readonly values: readonly (string | null)[] }
  | { readonly name: string; readonly type: 'number'; readonly values: readonly (number | null)[] };

type Row = Readonly<Record<string, string | number | null>>;

const ESTIMATE = ['value', 'low', 'high', 'noInterval'];
const COLUMNS: Readonly<Record<TableName, readonly string[]>> = {
  figures: ['subject', 'name', 'metric', 'statistic', ...ESTIMATE],
  pods: ['service', 'pod', 'node', 'workload', 'metric', 'statistic', ...ESTIMATE],
  series: ['time', 'subject', 'name', 'metric', 'value'],
};
const NUMBERS = new Set(['cell', 'value', 'low', 'high', 'time']);

/** @throws ScenarioError when the result holds no series */
export function resultTable(result: Result, name: TableName): Table {
  const rows = { figures: figureRows, pods: podRows, series: seriesRows }[name];
  if (name === 'series' && result.cells.every(({ series }) => series === undefined))
    throw new ScenarioError([{ where: '--table series', problem: 'no series in the result', hint: 'run with --series 10s' }]);
  const axes = [...new Set(result.cells.flatMap((cell) => Object.keys(cell.axes)))];
  const all = result.cells.flatMap((cell) => {
    const head = { cell: cell.id, ...Object.fromEntries(axes.map((axis) => [axisColumn(axis), labelOf(cell.axes[axis])])) };
    return [...rows(cell)].map((row): Row => ({ ...head, ...row }));
  });
  const numeric = new Set([...NUMBERS, ...axes.filter((axis) => result.cells.every((cell) => typeof cell.axes[axis] === 'number')).map(axisColumn)]);
  const columns = ['cell', ...axes.map(axisColumn), ...COLUMNS[name]];
  return { columns: columns.map((column) => columnOf(column, all, numeric.has(column))) };
}

function axisColumn(axis: string): string {
  return `axis.${axis}`;
}

function labelOf(value: string | number | boolean | undefined): string | number | null {
  return typeof value === 'boolean' ? String(value) : (value ?? null);
}

function columnOf(name: string, rows: readonly Row[], isNumeric: boolean): Column {
  if (isNumeric) return { name, type: 'number', values: rows.map((row) => row[name] as number | null) };
  return { name, type: 'text', values: rows.map((row) => (row[name] === null || row[name] === undefined ? null : String(row[name]))) };
}

function* figureRows(cell: CellResult): Generator<Row> {
  const { requests, attempts, calls, connections, metrics } = cell;
  yield* named({ requests, attempts, calls, connections, ...metrics }, { subject: 'all', name: null });
  for (const [subject, group] of [
    ['client', cell.clients],
    ['service', cell.services],
    ['node', cell.nodes],
  ] as const)
    for (const [name, figures] of sorted<object>(group)) {
      const { pods: _pods, ...own } = figures as Record<string, unknown>;
      yield* named(own, { subject, name });
    }
}

function* podRows(cell: CellResult): Generator<Row> {
  for (const [service, { pods }] of sorted(cell.services))
    for (const [pod, { node, workload, ...figures }] of sorted(pods)) yield* named({ ...figures }, { service, pod, node, workload });
}

/** By name: the same rows from a stored result, whose keys are sorted, as from a fresh one. */
function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A row for every number and estimate below; lists have no place in these tables. */
function* named(value: Readonly<Record<string, unknown>>, head: Row, path: readonly string[] = []): Generator<Row> {
  for (const [key, inner] of sorted(value)) {
    const at = [...path, key];
    const names = at.length === 1 ? { metric: key, statistic: 'mean' } : { metric: at.slice(0, -1).join('.'), statistic: key };
    if (typeof inner === 'number') yield { ...head, ...names, value: inner, low: null, high: null, noInterval: null };
    else if (isEstimate(inner)) yield { ...head, ...names, ...estimateColumns(inner) };
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) yield* named(inner as Record<string, unknown>, head, at);
  }
}

function isEstimate(value: unknown): value is Estimate {
  return typeof value === 'object' && value !== null && 'value' in value && ('noInterval' in value || 'low' in value);
}

function estimateColumns(estimate: Estimate): Row {
  if ('low' in estimate) return { value: estimate.value, low: estimate.low, high: estimate.high, noInterval: null };
  return { value: estimate.value === 'inf' ? Infinity : estimate.value, low: null, high: null, noInterval: estimate.noInterval };
}

function* seriesRows({ series }: CellResult): Generator<Row> {
  if (series === undefined) return;
  const { from, step, offered, failed, p50, p99 } = series;
  const lines: [subject: string, name: string | null, metric: string, values: readonly (number | null)[]][] = [
    ...Object.entries({ offered, failed, p50, p99 }).map(([metric, values]): (typeof lines)[number] => ['requests', null, metric, values]),
    ...sorted(series.pods).map(([name, values]): (typeof lines)[number] => ['pod', name, 'requests', values]),
    ...sorted(series.workloads).flatMap(([name, figures]) =>
      Object.entries(figures).map(([metric, values]): (typeof lines)[number] => ['workload', name, metric, values]),
    ),
  ];
  for (const [subject, name, metric, values] of lines) for (const [i, value] of values.entries()) yield { time: from + i * step, subject, name, metric, value };
}

/** Header and rows, for CSV. */
export function* tableLines({ columns }: Table): Generator<readonly (string | number | null)[]> {
  yield columns.map(({ name }) => name);
  const count = columns[0].values.length;
  for (let i = 0; i < count; i++) yield columns.map(({ values }) => values[i]);
}
