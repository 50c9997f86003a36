/**
 * A result as tidy rows: one observation a row, SI units, names made visible. Charts and tables are drawn from these.
 *
 * Cut to what can be read: `MOST_…` say how much; what was cut is told by the chart.
 */
import type { CellResult, DurationFigures, Estimate, Result, SeriesResult, ServiceResult } from '../experiments/result.ts';
import { visible } from './escape.ts';
import { type State, thresholdState } from './thresholds.ts';

/** Drawings of one chart for several Services. */
const MOST_SERVICES = 4;
/** Rows and columns of a map that can still be told apart, and cells in all. */
const MOST_MAP_ROWS = 60;
const MOST_MAP_COLUMNS = 120;

export interface LevelRow {
  readonly client: string;
  /** Percent. */
  readonly p: number;
  /** Seconds; `null` = not ended. */
  readonly value: number | null;
}

export interface IntervalRow extends LevelRow {
  readonly low: number;
  readonly high: number;
}

/** Names of the clients in the order of their traffic, greatest first. */
export function clientsByTraffic(cell: CellResult): readonly string[] {
  return Object.entries(cell.clients)
    .sort(([a, x], [b, y]) => y.requests.offered - x.requests.offered || (a < b ? -1 : 1))
    .map(([name]) => name);
}

/** Percentile levels of `request_duration` by client: the distribution where the result has it, else the named percentiles. */
export function levelRows(cell: CellResult, clients: readonly string[]): LevelRow[] {
  return clients.flatMap((name) => {
    const { distribution, request_duration } = cell.clients[name];
    const levels =
      distribution ??
      [...named(request_duration)]
        .filter(([, figure]) => figure.value !== null)
        .map(([p, figure]) => ({ p, value: figure.value === 'inf' ? null : figure.value }));
    return levels.map(({ p, value }) => ({ client: visible(name), p, value }));
  });
}

/** Percentiles of `request_duration` that have an interval. */
export function levelIntervalRows(cell: CellResult, clients: readonly string[]): IntervalRow[] {
  return clients.flatMap((name) =>
    [...named(cell.clients[name].request_duration)].flatMap(([p, figure]) =>
      'noInterval' in figure ? [] : [{ client: visible(name), p, value: figure.value, low: figure.low, high: figure.high }],
    ),
  );
}

/** `p50` … `max` of a duration as percent → figure, ascending; `max` is 100. */
function named(figures: DurationFigures): Map<number, Estimate> {
  const levels = Object.entries(figures).flatMap(([name, figure]): [number, Estimate][] => {
    if (name === 'max') return [[100, figure]];
    return /^p\d+(\.\d+)?$/.test(name) ? [[Number(name.slice(1)), figure]] : [];
  });
  return new Map(levels.sort(([a], [b]) => a - b));
}

/** Services with traffic to draw, those with several pods and most traffic first, and how many are left to the table. */
export function drawnServices(cell: CellResult): { readonly drawn: readonly [string, ServiceResult][]; readonly left: number } {
  const traffic = (service: ServiceResult) => sum(Object.values(service.pods).map((pod) => finite(pod.requests.value)));
  const all = Object.entries(cell.services).filter(([, service]) => traffic(service) > 0);
  const sorted = all.sort(([a, x], [b, y]) => Number(several(y)) - Number(several(x)) || traffic(y) - traffic(x) || (a < b ? -1 : 1));
  const worth = sorted.filter(([, service]) => several(service));
  const drawn = (worth.length > 0 ? worth : sorted).slice(0, worth.length > 0 ? MOST_SERVICES : 1);
  return { drawn, left: all.length - drawn.length };
}

function several(service: ServiceResult): boolean {
  return Object.keys(service.pods).length > 1;
}

export interface PodRow {
  readonly pod: string;
  readonly label: string;
  readonly node: string;
  /** Of the Service's requests; the interval is absent when there is none. */
  readonly share: number;
  readonly low?: number;
  readonly high?: number;
  readonly requests: number;
  readonly utilization: number | null;
}

/** The pods of a Service in creation order. */
export function podRows(service: ServiceResult): PodRow[] {
  const names = podOrder(service);
  const labels = shortLabels(names);
  return names.map((name, i) => {
    const { node, share, requests, utilization } = service.pods[name];
    return {
      pod: visible(name),
      label: labels[i],
      node: visible(node),
      share: finite(share.value),
      ...('noInterval' in share ? {} : { low: share.low, high: share.high }),
      requests: finite(requests.value),
      utilization: typeof utilization.value === 'number' ? utilization.value : null,
    };
  });
}

/** How far the busiest pod of each run may lie above the busiest one on average before the two are told apart, and before means by pod mislead. */
const NOTICEABLE = 1.05;
const HIDDEN = 1.3;

/** True when the busiest pod of each run takes noticeably more than the pod that is the busiest on average. */
export function doRanksDiffer(service: ServiceResult): boolean {
  return busiestAbove(service, NOTICEABLE);
}

/** True when another pod is the busy one in each run, so that the means by pod look far more even than any run was. */
export function areMeansMisleading(service: ServiceResult): boolean {
  return busiestAbove(service, HIDDEN);
}

function busiestAbove({ load, pods }: ServiceResult, factor: number): boolean {
  const largestMean = Math.max(0, ...Object.values(pods).map(({ share }) => finite(share.value)));
  return load.byRank.length > 0 && finite(load.busiestShare.value) > factor * largestMean;
}

/** Shares by rank within each run: the busiest pod, the second, … */
export function rankRows(service: ServiceResult): PodRow[] {
  const all = sum(Object.values(service.pods).map(({ requests }) => finite(requests.value)));
  return service.load.byRank.map((share, i) => ({
    pod: i === 0 ? 'busiest pod of each run' : `${ordinal(i + 1)} busiest pod of each run`,
    label: i === 0 ? 'busiest' : ordinal(i + 1),
    node: 'another one in each run',
    share: finite(share.value),
    ...('noInterval' in share ? {} : { low: share.low, high: share.high }),
    requests: finite(share.value) * all,
    utilization: null,
  }));
}

function ordinal(count: number): string {
  const ending = count % 100 >= 11 && count % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}

/** The map lists pods in creation order; the keys of `pods` are sorted by name. */
export function podOrder(service: ServiceResult): string[] {
  const listed = service.map.pods.filter((pod) => pod in service.pods);
  return [...listed, ...Object.keys(service.pods).filter((pod) => !listed.includes(pod))];
}

/** Without what all names share up to a dash, when that is long: `checkout-7d9c5b8f6d-x2k4p` → `…x2k4p`. Stays unique. */
export function shortLabels(names: readonly string[]): string[] {
  const shown = names.map(visible);
  if (shown.length < 2) return shown;
  const [first] = shown;
  let common = 0;
  while (common < first.length && shown.every((name) => name[common] === first[common])) common++;
  const cut = first.lastIndexOf('-', common - 1) + 1;
  return cut < 8 ? shown : shown.map((name) => `…${name.slice(cut)}`);
}

export interface Matrix {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** [row][column]. */
  readonly values: readonly (readonly number[])[];
  readonly notes: readonly string[];
}

/** Requests per second by pod and time; pods and times merged to what can be told apart. */
export function podTimeMatrix(namespace: string, service: ServiceResult, series: SeriesResult): (Matrix & { readonly step: number }) | undefined {
  const pods = podOrder(service).filter((pod) => `${namespace}/${pod}` in series.pods);
  if (pods.length === 0) return undefined;
  const values = pods.map((pod) => series.pods[`${namespace}/${pod}`].map((count, i) => count / stepWidth(series, i)));
  const time = Math.max(1, Math.ceil(values[0].length / MOST_MAP_COLUMNS));
  const merged = mergeRows({ rows: shortLabels(pods), columns: [], values, notes: [] }, 'pods in order of creation');
  const notes = time === 1 ? merged.notes : [...merged.notes, `Each column is the mean of ${time} steps of the series.`];
  return { ...merged, values: merged.values.map((row) => means(row, time)), notes, step: series.step * time };
}

/** Requests per replication by client group and pod; groups in natural order (10.0.2 before 10.0.10). */
export function stickinessMatrix(service: ServiceResult): Matrix {
  const { groups, pods, requests } = service.map;
  const order = groups.map((_, i) => i).sort((a, b) => naturalOrder(groups[a], groups[b]));
  const busiest = order.slice().sort((a, b) => sum(requests[b]) - sum(requests[a]) || a - b);
  const kept = new Set(busiest.slice(0, MOST_MAP_ROWS));
  const shown = order.filter((i) => kept.has(i));
  const notes = groups.length > shown.length ? [`The ${shown.length} client groups with most requests of ${groups.length}.`] : [];
  const turned = mergeRows(
    {
      rows: shortLabels(pods),
      columns: [],
      values: transpose(
        shown.map((i) => requests[i]),
        pods.length,
      ),
      notes,
    },
    'pods in order of creation',
  );
  return { rows: shown.map((i) => visible(groups[i])), columns: turned.rows, values: transpose(turned.values, shown.length), notes: turned.notes };
}

/** Neighbouring rows become their mean, until at most `MOST_MAP_ROWS` are left. */
function mergeRows(matrix: Matrix, what: string): Matrix {
  const size = Math.ceil(matrix.rows.length / MOST_MAP_ROWS);
  if (size <= 1) return matrix;
  const chunks = Array.from({ length: Math.ceil(matrix.rows.length / size) }, (_, i) => [i * size, Math.min(matrix.rows.length, (i + 1) * size)] as const);
  return {
    ...matrix,
    rows: chunks.map(([from, to]) => `${from + 1} to ${to}`),
    values: chunks.map(([from, to]) => transpose(matrix.values.slice(from, to), matrix.values[0].length).map((column) => sum(column) / column.length)),
    notes: [...matrix.notes, `${matrix.rows.length} pods are more than can be told apart: each line is the mean of ${size} ${what}.`],
  };
}

function means(values: readonly number[], size: number): number[] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => {
    const part = values.slice(i * size, (i + 1) * size);
    return sum(part) / part.length;
  });
}

function transpose(values: readonly (readonly number[])[], columns: number): number[][] {
  return Array.from({ length: columns }, (_, j) => values.map((row) => row[j]));
}

/** Order that reads numbers inside names as numbers. */
export function naturalOrder(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => text.split(/(\d+)/));
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] === y[i]) continue;
    return i % 2 === 1 && Number(x[i]) !== Number(y[i]) ? Number(x[i]) - Number(y[i]) : x[i] < y[i] ? -1 : 1;
  }
  return x.length - y.length;
}

/** How long step `i` lasts [s]: the last one ends with the window. */
function stepWidth({ from, to, step }: SeriesResult, i: number): number {
  return Math.min(step, to - (from + i * step));
}

/** Instants of the series' steps: begin of each [s]. */
export function stepStarts(series: SeriesResult, count: number): number[] {
  return Array.from({ length: count }, (_, i) => series.from + i * series.step);
}

export interface ComparisonRow {
  readonly cell: number;
  readonly label: string;
  readonly estimate: Estimate;
  readonly state: State;
}

/** One figure of every cell, in the order of the sweep. */
export function comparisonRows(result: Result, figure: (cell: CellResult) => Estimate | undefined): ComparisonRow[] {
  const axes = varying(result.cells);
  return result.cells.flatMap((cell) => {
    const estimate = figure(cell);
    if (estimate === undefined) return [];
    return [{ cell: cell.id, label: cellLabel(cell, axes), estimate, state: thresholdState(cell.thresholds) }];
  });
}

/** Names of the axes that differ between the cells. */
function varying(cells: readonly CellResult[]): string[] {
  return Object.keys(cells[0]?.axes ?? {}).filter((axis) => cells.some((cell) => cell.axes[axis] !== cells[0].axes[axis]));
}

/** `maxConnectionAge=0s, replicas=4`; '' for a result without a sweep. @param axes those to name; without it all */
export function cellLabel(cell: CellResult, axes: readonly string[] = Object.keys(cell.axes)): string {
  return Object.entries(cell.axes)
    .filter(([axis]) => axes.includes(axis))
    .map(([axis, value]) => visible(`${axis}=${value}`))
    .join(', ');
}

/** Share of its limit from which on a table of connections, or a budget of source ports, is worth a look. */
const NEARLY_FULL = 0.8;

/** Nodes whose connections or source ports were nearly all taken, or not enough; fullest first. */
export function busyTables(nodes: CellResult['nodes']): (readonly [string, CellResult['nodes'][string]])[] {
  const fullness = ({ conntrack, snat }: CellResult['nodes'][string]) =>
    Math.max(finite(conntrack.peak.value) / conntrack.limit, finite(snat.peak.value) / snat.limit);
  const dropped = ({ conntrack, snat }: CellResult['nodes'][string]) => finite(conntrack.dropped.value) + finite(snat.dropped.value);
  return Object.entries(nodes)
    .filter(([, node]) => fullness(node) >= NEARLY_FULL || dropped(node) > 0)
    .sort(([, a], [, b]) => fullness(b) - fullness(a) || dropped(b) - dropped(a));
}

export interface LittleRow {
  readonly pod: string;
  readonly service: string;
  /** Requests per second × mean seconds of an attempt, the way included, and the time average of requests in the pod. */
  readonly expected: number;
  readonly inSystem: number;
}

/** Both sides of Little's law by pod, from the published figures. */
export function littleRows(cell: CellResult): LittleRow[] {
  const seconds = cell.window.to - cell.window.from;
  const seen = new Set<string>();
  return Object.entries(cell.services).flatMap(([service, { pods }]) =>
    Object.entries(pods).flatMap(([pod, row]) => {
      const key = `${service.split('/')[0]}/${pod}`;
      const [requests, inSystem, duration] = [row.requests.value, row.inSystem.mean?.value, row.pod_duration.mean?.value];
      if (seen.has(key) || typeof requests !== 'number' || typeof inSystem !== 'number' || typeof duration !== 'number') return [];
      seen.add(key);
      return [{ pod: visible(pod), service: visible(service), expected: (requests / seconds) * duration, inSystem }];
    }),
  );
}

export function finite(value: number | 'inf' | null): number {
  return typeof value === 'number' ? value : 0;
}

export function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
