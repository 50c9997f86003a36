/**
 * Latency by percentile, in the style of the HdrHistogram plotter: nines on the x axis, steps, the maximum always shown.
 *
 * x is 1/(1−p) on a log scale, so that each nine takes the same room. A step rises at its left end: between two known levels
 * the upper one is drawn, since a tail must not look better than it is. Levels that had not ended are not drawn but named.
 * y is logarithmic over more than two decades; zero has no place there, so levels of 0 s are named, and intervals end at the foot.
 */
import type { CellResult } from '../../experiments/result.ts';
import { type Chart, table, type VegaLiteSpec } from '../chart.ts';
import { visible } from '../escape.ts';
import { durationUnit, formatSeconds, formatShare, plural } from '../format.ts';
import { clientsByTraffic, type IntervalRow, type LevelRow, levelIntervalRows, levelRows } from '../tables.ts';
import { MOST_SERIES } from '../theme.ts';
import { parseExpression } from '../thresholds.ts';
import { chart, seriesScales, values } from './parts.ts';

/** y is logarithmic from this ratio of the longest to the shortest latency. */
const TWO_DECADES = 100;
/** The maximum stands this factor right of the last nine. */
const ROOM_FOR_MAXIMUM = 3;

export interface LimitRow {
  readonly label: string;
  readonly p: number;
  /** Seconds. */
  readonly limit: number;
}

export const latencyPercentiles: Chart = {
  name: 'latency-percentiles',
  title: 'Latency by percentile',
  question: 'How slow are the slowest requests, and for whom?',
  draw(_result, cell) {
    const all = clientsByTraffic(cell);
    const clients = all.slice(0, MOST_SERIES);
    const levels = levelRows(cell, clients);
    const reached = levels.flatMap((row) => row.value ?? []);
    if (reached.length === 0) return 'No request ended in the measured window, so there is no latency to draw.';
    if (Math.max(...reached) <= 0) return 'Every request that ended did so within 0 s, without waiting for anything, so there is no latency to draw.';
    const finding = describe(cell, clients);
    return [
      {
        subject: '',
        finding,
        notes: notes(cell, all.length, levels, limitRows(cell)),
        spec: latencyPercentilesSpec(levels, levelIntervalRows(cell, clients), limitRows(cell), finding),
        table: table(levels, {
          client: (row) => row.client,
          'percentile#': (row) => (row.p === 100 ? 'max' : `${row.p} %`),
          'request_duration#': (row) => (row.value === null ? 'not ended' : formatSeconds(row.value)),
        }),
      },
    ];
  },
};

export function latencyPercentilesSpec(levels: readonly LevelRow[], intervals: readonly IntervalRow[], limits: readonly LimitRow[], description: string) {
  const { longest, foot, logarithmic } = latencyAxis(levels, limits);
  const ended = levels.filter((row): row is LevelRow & { value: number } => row.value !== null && row.value >= foot);
  const unit = durationUnit(longest);
  const lastLevel = Math.max(0, ...levels.filter((row) => row.p < 100).map((row) => row.p));
  const lastNine = 10 ** Math.max(2, Math.ceil(nines(lastLevel) - 1e-9));
  const right = lastNine * ROOM_FOR_MAXIMUM;
  const at = (p: number) => (p >= 100 ? right : 10 ** nines(p));
  const scaled = <Row extends LevelRow & { value: number }>(rows: readonly Row[]) =>
    rows.map((row) => ({ client: row.client, percentile: row.p === 100 ? 'max' : `${row.p} %`, x: at(row.p), y: row.value * unit.perSecond }));

  const scales = seriesScales([...new Set(levels.map((row) => row.client))], 'top');
  const x = {
    field: 'x',
    type: 'quantitative',
    title: 'percentile of requests',
    scale: { type: 'log', domain: [1, right], nice: false },
    axis: percentileAxis(lastNine, right),
  };
  const y = {
    field: 'y',
    type: 'quantitative',
    title: `latency [${unit.name}]${logarithmic ? ', log scale' : ''}`,
    scale: logarithmic ? { type: 'log', nice: true } : { zero: true, nice: true },
  };
  const tooltip = [
    { field: 'client', title: 'client' },
    { field: 'percentile', title: 'percentile' },
    { field: 'y', title: `latency [${unit.name}]`, format: '.3~r' },
  ];
  const focused = { condition: { param: 'focus', value: 1 }, value: 0.15 };
  const maxima = scaled(ended.filter((row) => row.p === 100));

  return chart(description, 340, [
    {
      data: values('levels', scaled(ended)),
      params: [{ name: 'focus', select: { type: 'point', fields: ['client'] }, bind: 'legend' }],
      mark: { type: 'line', interpolate: 'step-before', strokeWidth: 2.5, strokeJoin: 'miter', aria: false },
      encoding: {
        x,
        y,
        color: { field: 'client', type: 'nominal', ...scales.color },
        strokeDash: { field: 'client', type: 'nominal', ...scales.strokeDash },
        opacity: focused,
      },
    },
    {
      data: values(
        'intervals',
        intervals
          .filter((row) => row.high > foot)
          .map((row) => ({ client: row.client, x: at(row.p), low: Math.max(foot, row.low) * unit.perSecond, high: row.high * unit.perSecond })),
      ),
      mark: { type: 'rule', style: 'interval', aria: false },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, opacity: focused },
    },
    {
      data: values('points', scaled(ended)),
      mark: { type: 'point', filled: true, size: 55, opacity: 1 },
      encoding: {
        x,
        y,
        color: { field: 'client', type: 'nominal', ...scales.color },
        shape: { field: 'client', type: 'nominal', ...scales.shape },
        opacity: focused,
        tooltip,
      },
    },
    {
      data: values(
        'maxima',
        spaced(maxima, logarithmic).map((row) => ({ ...row, label: `max ${formatSeconds(row.y / unit.perSecond)}` })),
      ),
      mark: { type: 'text', align: 'right', dx: -4, dy: -10, aria: false },
      encoding: { x, y, text: { field: 'label' } },
    },
    {
      data: values(
        'open-ends',
        scaled(openEnds(levels, foot)).map((row) => ({ ...row, label: 'the rest had not ended' })),
      ),
      mark: { type: 'text', style: 'note', align: 'right', dy: -11, opacity: { expr: 'width < 420 ? 0 : 1' }, aria: false },
      encoding: { x, y, text: { field: 'label' } },
    },
    ...limitLayers(limits, unit.perSecond, right, x, y, at),
  ]);
}

/** What y reaches over [s]: `foot` is the shortest latency above zero on a logarithmic axis, else zero. */
function latencyAxis(levels: readonly LevelRow[], limits: readonly LimitRow[]) {
  const positive = levels.flatMap((row) => (row.value !== null && row.value > 0 ? row.value : []));
  const longest = Math.max(...positive, ...limits.map((row) => row.limit));
  const shortest = Math.min(...positive);
  const logarithmic = longest / shortest > TWO_DECADES;
  return { longest, logarithmic, foot: logarithmic ? shortest : 0 };
}

/** Number of nines: 0 for p0, 1 for p90, 2 for p99. */
function nines(p: number): number {
  return -Math.log10(1 - p / 100);
}

function percentileAxis(lastNine: number, right: number) {
  const labels: [number, string][] = [
    [1, '0 %'],
    [2, '50 %'],
  ];
  for (let at = 10, text = '90'; at <= lastNine; at *= 10) {
    labels.push([at, `${text} %`]);
    text = at === 10 ? '99' : at === 100 ? '99.9' : `${text}9`;
  }
  labels.push([right, 'max']);
  const choose = labels.reduceRight((rest, [at, text]) => `datum.value == ${at} ? '${text}' : ${rest}`, "''");
  return { values: labels.map(([at]) => at), labelExpr: choose, grid: true, labelOverlap: 'greedy', labelFlush: true };
}

/** Drops labels that would cover one already placed: within a twentieth of the axis. */
function spaced<Row extends { readonly y: number }>(rows: readonly Row[], logarithmic: boolean): Row[] {
  const place = (row: Row) => (logarithmic ? Math.log(row.y) : row.y);
  const sorted = [...rows].sort((a, b) => b.y - a.y);
  const room = sorted.length === 0 ? 0 : logarithmic ? 0.3 : sorted[0].y / 16;
  const kept: Row[] = [];
  for (const row of sorted) if (kept.length === 0 || place(kept[kept.length - 1]) - place(row) > room) kept.push(row);
  return kept;
}

/** The limit as a line, its percentile as a mark on it, its text at the right where curves have left room below. */
function limitLayers(
  limits: readonly LimitRow[],
  perSecond: number,
  right: number,
  x: VegaLiteSpec,
  y: VegaLiteSpec,
  at: (p: number) => number,
): VegaLiteSpec[] {
  if (limits.length === 0) return [];
  const rows = limits.map((row) => ({ label: row.label, x: at(row.p), right, y: row.limit * perSecond }));
  return [
    { data: values('limits', rows), mark: { type: 'rule', style: 'limit', aria: false }, encoding: { y } },
    {
      data: values('limit-points', rows),
      mark: { type: 'point', style: 'limit', shape: 'triangle-down', filled: true, size: 90, yOffset: -6, aria: false },
      encoding: { x, y },
    },
    {
      data: values('limit-labels', rows),
      mark: { type: 'text', style: 'limit-label', align: 'right', dx: -6, dy: 11, limit: { expr: 'width * 0.8' }, aria: false },
      encoding: { x: { ...x, field: 'right' }, y, text: { field: 'label' } },
    },
  ];
}

/** Where a curve ends because the rest had not ended. */
function openEnds(levels: readonly LevelRow[], foot: number): (LevelRow & { readonly value: number })[] {
  const clients = [...new Set(levels.filter((row) => row.value === null).map((row) => row.client))];
  return clients.flatMap((client) =>
    levels.filter((row): row is LevelRow & { value: number } => row.client === client && row.value !== null && row.value >= foot).slice(-1),
  );
}

/** Thresholds on percentiles of `request_duration`, as limits to draw. */
function limitRows(cell: CellResult): LimitRow[] {
  return cell.thresholds.flatMap(({ metric, expr }) => {
    const expression = parseExpression(expr);
    const percentile = /^p\(?(\d+(?:\.\d+)?)\)?$/.exec(expression?.statistic ?? '');
    if (expression === undefined || percentile === null || !/^request_duration($|\{client=[^,}]*\}$)/.test(metric) || !expression.operator.startsWith('<'))
      return [];
    const client = /client=([^}]*)/.exec(metric)?.[1];
    return [{ label: visible(`${client === undefined ? '' : `${client}: `}${expr}`), p: Number(percentile[1]), limit: expression.limit }];
  });
}

function describe(cell: CellResult, clients: readonly string[]): string {
  const tails = clients.flatMap((client) => {
    const p99 = cell.clients[client].request_duration.p99?.value;
    return typeof p99 === 'number' ? [{ client: visible(client), p99 }] : [];
  });
  if (tails.length === 0) return 'Too few requests ended to state a 99th percentile.';
  const [worst, best] = [tails.reduce((a, b) => (b.p99 > a.p99 ? b : a)), tails.reduce((a, b) => (b.p99 < a.p99 ? b : a))];
  const first = `99 % of the requests of ${worst.client} end within ${formatSeconds(worst.p99)}`;
  return worst.client === best.client
    ? `${first}.`
    : `${first}, ${(worst.p99 / best.p99).toFixed(1)} times as long as those of ${best.client} (${formatSeconds(best.p99)}).`;
}

function notes(cell: CellResult, clients: number, levels: readonly LevelRow[], limits: readonly LimitRow[]): string[] {
  const { inFlight, offered } = cell.requests;
  const isZeroHidden = latencyAxis(levels, limits).logarithmic && levels.some((row) => row.value !== null && row.value <= 0);
  const open = levels.some((row) => row.value === null) || inFlight > 0;
  return [
    'Vertical rules are 95 % intervals over replications; between two known levels the upper one is drawn. Select a name in the legend to see it alone.',
    ...(open
      ? [
          `${plural(inFlight, 'request')} of ${plural(offered, 'request')} (${formatShare(offered === 0 ? 0 : inFlight / offered)}) had not ended; they count as infinitely slow, and levels that they reach are not drawn.`,
        ]
      : []),
    ...(isZeroHidden
      ? ['Some requests ended within 0 s, such as those refused at once; a log axis has no place for zero, so these levels are in the table only.']
      : []),
    ...(clients > MOST_SERIES ? [`The ${MOST_SERIES} clients with most requests of ${clients}.`] : []),
  ];
}
