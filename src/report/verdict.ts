/**
 * What the first screen says: the verdict over all cells, a sentence for each threshold that failed, saturation, headline figures.
 */
import type { CellResult, Result } from '../experiments/result.ts';
import { visible } from './escape.ts';
import { formatEstimate, formatNumber, formatSeconds, formatShare, plural } from './format.ts';
import { cellLabel, drawnServices } from './tables.ts';
import { type State, thresholdSentence, thresholdState } from './thresholds.ts';

export interface Verdict {
  readonly state: State;
  readonly headline: string;
  /** One sentence for each failed or undecided threshold and each saturated workload, with the cell where there are several. */
  readonly sentences: readonly string[];
}

export function verdict(result: Result): Verdict {
  const thresholds = result.cells.flatMap((cell) => cell.thresholds);
  const failed = thresholds.filter((threshold) => !threshold.ok && threshold.conclusive).length;
  const undecided = thresholds.filter((threshold) => !threshold.conclusive).length;
  const untrusted = result.cells.flatMap((cell) =>
    cell.checks.filter((check) => !check.ok).map((check) => `The check "${visible(check.name)}" failed${inCell(cell)}: do not trust this result.`),
  );
  const problems = result.cells.flatMap((cell) =>
    cell.thresholds.filter((threshold) => !threshold.ok || !threshold.conclusive).map((threshold) => `${thresholdSentence(threshold)}${inCell(cell)}.`),
  );
  const cells = result.cells.length > 1 ? ` in ${result.cells.length} cells` : '';
  return {
    state: thresholdState(thresholds),
    headline: headline(thresholds.length, failed, undecided, cells),
    sentences: [...untrusted, ...problems, ...result.cells.flatMap(saturation)],
  };
}

function headline(all: number, failed: number, undecided: number, cells: string): string {
  if (all === 0) return 'No thresholds were set';
  if (failed > 0) return `${failed} of ${plural(all, 'threshold')}${cells} failed${undecided > 0 ? `, ${undecided} undecided` : ''}`;
  if (undecided > 0) return `${undecided} of ${plural(all, 'threshold')}${cells} undecided, none failed`;
  if (all === 1) return 'The threshold holds';
  return all === 2 && cells === '' ? 'Both thresholds hold' : `All ${all} thresholds${cells} hold`;
}

function saturation(cell: CellResult): string[] {
  return cell.saturated.map((workload) => {
    const row = cell.offeredLoad.find((load) => load.workload === workload);
    if (row === undefined) return `Saturated: ${visible(workload)} is offered more than it can serve${inCell(cell)}.`;
    const growth = row.unbounded ? ' Nothing bounds its queue: its percentiles grow with the duration and say little by themselves.' : '';
    return `Saturated: ${visible(workload)} is offered ${formatNumber(row.rate)} requests/s and can serve ${formatNumber(row.capacity)}/s (load ${formatNumber(Math.max(row.load, row.heldLoad))})${inCell(cell)}.${growth}`;
  });
}

export interface Tile {
  readonly title: string;
  readonly value: string;
  /** Interval, or why there is none. */
  readonly detail: string;
}

/** The figures that answer most questions at a glance, of one cell. */
export function tiles(cell: CellResult): Tile[] {
  const { request_duration: duration, request_failed: failed } = cell.metrics;
  const [service] = drawnServices(cell).drawn;
  const pods = service === undefined ? 0 : Object.keys(service[1].pods).length;
  return [
    ...(['p50', 'p99', 'p99.9'] as const).flatMap((name) => (duration?.[name] === undefined ? [] : [tile(`${name} latency`, duration[name], formatSeconds)])),
    ...(failed?.rate === undefined ? [] : [tile('failed requests', failed.rate, formatShare)]),
    ...(service === undefined || pods < 2
      ? []
      : [
          tile(`evenness (Jain), ${visible(service[0])}`, service[1].load.jain, formatNumber),
          tile(`busiest of ${pods} pods`, service[1].load.busiestShare, formatShare),
        ]),
  ];
}

function tile(title: string, estimate: Parameters<typeof formatEstimate>[0], format: (value: number) => string): Tile {
  const text = formatEstimate(estimate, format);
  const [, value, interval] = /^(.*?)(?: \((.*)\))?$/.exec(text) ?? [];
  return { title, value, detail: 'noInterval' in estimate ? withSeparators(visible(estimate.noInterval)) : (interval ?? 'to all digits shown') };
}

/** `none in 392753` → `none in 392,753`. */
function withSeparators(text: string): string {
  return text.replace(/\d{4,}/g, (digits) => formatNumber(Number(digits)));
}

export interface AssumptionRow {
  readonly what: string;
  readonly value: string;
  readonly why: string;
}

/** Parts of a path that move results most, most first. */
const WEIGHT = ['kubeProxy', 'service', 'calls', 'concurrency', 'replicas', 'queue', 'arrivals', 'clients', 'network'];

/** Assumptions with those that move results most first; the same one for several workloads is one row. */
export function assumptionRows(result: Pick<Result, 'assumptions'>): AssumptionRow[] {
  const groups = new Map<string, { readonly paths: string[]; readonly value: string; readonly why: string; readonly weight: number }>();
  for (const { path, value, why } of result.assumptions) {
    const [, workload, rest] = /^\/?spec\/workloads\/([^/]+)\/(.*)$/.exec(path) ?? [];
    const key = JSON.stringify([workload === undefined ? path : rest, value, why]);
    const group = groups.get(key) ?? { paths: [], value, why, weight: weight(path) };
    group.paths.push(path);
    groups.set(key, group);
  }
  return [...groups.values()]
    .sort((a, b) => a.weight - b.weight)
    .map(({ paths, value, why }) => ({ what: assumedWhat(paths), value: visible(value), why: visible(why) }));
}

function weight(path: string): number {
  const last = WEIGHT.findIndex((word) => path.split('/').includes(word));
  return last === -1 ? WEIGHT.length : last;
}

/** `/spec/workloads/deployment~1cart.default/service` → `service of deployment/cart.default`; other paths in the form that `--set` takes. */
function assumedWhat(paths: readonly string[]): string {
  const parts = paths.map((path) => /^\/?spec\/workloads\/([^/]+)\/(.*)$/.exec(path));
  if (parts[0] === null) return visible(readablePath(paths[0]));
  const workloads = parts.map((match) => visible((match?.[1] ?? '').replaceAll('~1', '/')));
  return `${visible(parts[0][2].replace(INDEX, '[$1]').replaceAll('/', '.'))} of ${workloads.length > 3 ? `${workloads.slice(0, 2).join(', ')} and ${workloads.length - 2} more workloads` : workloads.join(', ')}`;
}

/** A step of a path that counts. */
const INDEX = /\/(\d+)(?=\/|$)/g;

function readablePath(path: string): string {
  const [, kind, name] = /^\/?manifests\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  if (kind !== undefined) return `${kind.toLowerCase()}/${name}`;
  return path
    .replace(/^\/(spec\/)?/, '')
    .replace(INDEX, '[$1]')
    .replaceAll('/', '.')
    .replaceAll('~1', '/');
}

function inCell(cell: CellResult): string {
  const label = cellLabel(cell);
  return label === '' ? '' : `, with ${label}`;
}

/** The cell that the charts show when nobody names one: the first that fails a threshold, else the first. */
export function defaultCell(result: Result): CellResult | undefined {
  return result.cells.find((cell) => cell.thresholds.some((threshold) => !threshold.ok)) ?? result.cells[0];
}
