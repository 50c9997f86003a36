/**
 * What cells are compared by: `request_duration:p(99)`, `pod_load{service=default/web}:jain`; the figures that thresholds speak of, with
 * the unit to show them in and which way is better.
 */
import type { Issue } from '../errors.ts';
import type { FigureSpec } from '../scenario/scenario.ts';
import type { MergedCell } from './merge.ts';
import type { Estimate } from './result.ts';
import { COUNTED, selectFigure, thresholdProblem } from './threshold-figures.ts';

export type Unit = 'seconds' | 'share' | 'number' | 'bytes';
/** Which way is better; `none` where more is neither good nor bad. */
export type Goal = 'less' | 'more' | 'none';

export interface ComparedMetric {
  /** As it is written, e.g. `request_duration{client=web}:p(99)`. */
  readonly text: string;
  readonly figure: FigureSpec;
  readonly unit: Unit;
  readonly goal: Goal;
  /** Set where the figure is not one of the result but made of several. */
  readonly read?: (cell: MergedCell) => Estimate;
}

/** What the user pays, in whatever currency. */
export interface Prices {
  readonly nodeHour: number;
  readonly crossZoneGib: number;
}

const GIB = 1024 * 1024 * 1024;

/** Bytes between zones in an hour, of all Services together: requests and answers, each crossing once. */
const CROSS_ZONE: ComparedMetric = madeOf('cross_zone_bytes:perHour', 'bytes', (cell) => crossZoneBytes(cell) / hours(cell));

/** Node hours and bytes between zones at the user's prices, per hour. */
function costMetric({ nodeHour, crossZoneGib }: Prices): ComparedMetric {
  return madeOf('cost:perHour', 'number', (cell) => cell.nodeCount * nodeHour + (crossZoneBytes(cell) / GIB / hours(cell)) * crossZoneGib);
}

function madeOf(text: string, unit: Unit, value: (cell: MergedCell) => number): ComparedMetric {
  const [name, statistic] = text.split(':');
  const figure = { metric: name, name, tags: {}, sinceNs: null, statistic };
  return { text, figure, unit, goal: 'less', read: (cell) => ({ value: value(cell), noInterval: COUNTED }) };
}

function crossZoneBytes({ services }: MergedCell): number {
  return Object.values(services).reduce((sum, { traffic }) => sum + (typeof traffic.crossZoneBytes.value === 'number' ? traffic.crossZoneBytes.value : 0), 0);
}

function hours({ window }: MergedCell): number {
  return (window.to - window.from) / 3600;
}

const METRIC = /^\s*([A-Za-z_]+)\s*(?:\{([^{}]*)\})?\s*(?::\s*(\S+)\s*)?$/;

/** Taken where no statistic is written. */
const USUAL_STATISTIC: Readonly<Record<string, string>> = { request_failed: 'rate', pod_load: 'jain', stickiness: 'samePod' };

/** @returns null with an issue when it is no metric, or one that results do not hold */
export function parseMetric(text: string, issues: Issue[], prices?: Prices): ComparedMetric | null {
  const match = METRIC.exec(text);
  const add = (problem: string, hint: string) => {
    issues.push({ where: '--metric', problem, value: text, hint });
    return null;
  };
  if (match === null) return add('not a metric', "e.g. 'request_duration:p(99)' or 'pod_load{service=default/web}:jain'");
  const made = madeMetric(match[1], prices);
  if (made === null) return add('cost needs prices', 'add --price-node-hour and --price-cross-zone-gib');
  if (made !== undefined) return made;
  const [, name, tagText = '', statistic = USUAL_STATISTIC[name] ?? 'p(99)'] = match;
  const tags: Record<string, string> = {};
  for (const part of tagText.split(',').filter((one) => one.trim() !== '')) {
    const [key, value] = part.split('=', 2).map((word) => word.trim());
    if (value === undefined || value === '' || Object.hasOwn(tags, key)) return add(`tag "${key}" has no value, or two`, `write {${key}=…}`);
    tags[key] = value;
  }
  if (tags.since !== undefined) return add('windows are not kept for comparison', 'set run.warmup to that time instead');
  const metric = metricOf(name, statistic, tags);
  const wrong = thresholdProblem(metric.figure);
  return wrong === null ? metric : add(wrong.problem, wrong.hint);
}

/** @returns undefined for figures of the result, null for a cost without prices */
function madeMetric(name: string, prices: Prices | undefined): ComparedMetric | null | undefined {
  if (name === 'cross_zone_bytes') return CROSS_ZONE;
  if (name !== 'cost') return undefined;
  return prices === undefined ? null : costMetric(prices);
}

function metricOf(name: string, statistic: string, tags: Readonly<Record<string, string>> = {}): ComparedMetric {
  const tagTexts = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  const metric = `${name}${tagTexts.length === 0 ? '' : `{${tagTexts.join(', ')}}`}`;
  const figure = { metric, name, tags, sinceNs: null, statistic };
  return { text: `${metric}:${statistic}`, figure, unit: unitOf(figure), goal: goalOf(figure) };
}

const SHARES = ['rate', 'positive', 'busiestShare', 'samePod', 'chance'];
const PLAIN = ['pod_load', 'stickiness'];
const SHARE_METRICS = ['utilization'];

function unitOf({ name, statistic }: FigureSpec): Unit {
  if (SHARES.includes(statistic) || SHARE_METRICS.includes(name)) return 'share';
  return PLAIN.includes(name) ? 'number' : 'seconds';
}

/** Waiting, failing and unevenness are bad; how sticky clients should be, only their owner knows. */
function goalOf({ name, statistic }: FigureSpec): Goal {
  if (statistic === 'jain') return 'more';
  const isNeutral = (name === 'stickiness' && statistic !== 'breaks') || (name === 'utilization' && statistic === 'mean');
  return isNeutral ? 'none' : 'less';
}

/** Of all requests: what durations are judged beside. */
export const FAILURES: ComparedMetric = metricOf('request_failed', 'rate');

/** Percentiles that a metric asks for beyond those every result has, in percent. */
export function percentileOf({ figure }: ComparedMetric): readonly number[] {
  const match = /^p\(?(\d+(?:\.\d+)?)\)?$/.exec(figure.statistic);
  return match === null ? [] : [Number(match[1])];
}

/** Services that the table shows when nobody names metrics. */
const MOST_SERVICES = 3;

/** What one looks at first: latency, failures, evenness, and broken promises of stickiness where there are any. */
export function usualMetrics(cells: readonly MergedCell[], prices?: Prices): readonly ComparedMetric[] {
  const services = balancedServices(cells);
  return [
    metricOf('request_duration', 'mean'),
    metricOf('request_duration', 'p(50)'),
    metricOf('request_duration', 'p(99)'),
    metricOf('request_failed', 'rate'),
    ...services.flatMap((service) => [metricOf('pod_load', 'jain', { service }), metricOf('pod_load', 'maxOverMean', { service })]),
    ...services
      .filter((service) => cells.some((cell) => breaksAt(cell, service) > 0))
      .map((service) => metricOf('stickiness', 'breaks', { service, by: 'connection' })),
    ...(cells.some((cell) => crossZoneBytes(cell) > 0) ? [CROSS_ZONE] : []),
    ...(prices === undefined ? [] : [costMetric(prices)]),
  ];
}

/** With traffic and more than one pod, those that are balanced worst somewhere first; what proxies get counts where nothing else has traffic. */
function balancedServices(cells: readonly MergedCell[]): readonly string[] {
  const [first] = cells;
  const proxies = new Set(first.offeredLoad.filter((row) => row.isProxy).map((row) => row.workload));
  const known = Object.keys(first.services).flatMap((name) => {
    const pods = Object.values(first.services[name].pods);
    const evenness = cells.flatMap((cell) => (typeof cell.services[name]?.load.jain.value === 'number' ? [cell.services[name].load.jain.value] : []));
    if (pods.length < 2 || evenness.length === 0) return [];
    return [{ name, least: Math.min(...evenness), isProxy: pods.every((pod) => proxies.has(pod.workload)) }];
  });
  const counted = known.some(({ isProxy }) => !isProxy) ? known.filter(({ isProxy }) => !isProxy) : known;
  return counted
    .sort((a, b) => a.least - b.least || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_SERVICES)
    .map(({ name }) => name);
}

function breaksAt(cell: MergedCell, service: string): number {
  return Object.values(cell.services[service]?.stickiness.byConnection.breaks ?? {}).reduce((sum, one) => sum + one, 0);
}

/** The figure of a cell; undefined when the cell has no such client, Service or percentile. */
export function figureOf(cell: MergedCell, { figure, read }: ComparedMetric): Estimate | undefined {
  return read === undefined ? selectFigure(cell, figure) : read(cell);
}
