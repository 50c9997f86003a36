/** How a figure settles with replications: the mean of the replications' own values so far, with the interval that they give. */
import type { Comparison, MetricComparison } from '../../experiments/comparison.ts';
import { Estimator } from '../../statistics/index.ts';
import { type Drawing, table } from '../chart.ts';
import { FORMATS, labelOf } from '../comparison/words.ts';
import { formatShare, plural } from '../format.ts';
import { MOST_SERIES } from '../theme.ts';
import { axisUnit } from './compared-values.ts';
import { chart, seriesScales, values } from './parts.ts';

/** Points along a line; more cannot be told apart. */
const MOST_POINTS = 200;

export function convergence(comparison: Comparison): readonly Drawing[] | string {
  const drawn = comparison.metrics.flatMap((metric) => draw(metric, comparison));
  return drawn.length === 0 ? 'The values of single replications are not known, or there are fewer than three.' : drawn;
}

interface Row {
  readonly label: string;
  readonly replications: number;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

function draw(metric: MetricComparison, comparison: Comparison): Drawing[] {
  const known = metric.cells.filter(({ values: all }) => all !== undefined && all.length > 2 && all.every((value) => typeof value === 'number'));
  const spread = known.filter(({ values: all }) => new Set(all).size > 1);
  if (spread.length === 0) return [];
  const shown = spread.slice(0, MOST_SERIES);
  const unit = axisUnit(metric);
  const rows = shown.flatMap(({ cell, values: all }) => running(labelOf(comparison, cell), all as readonly number[], unit.factor));
  const last = shown.map(({ cell }) => rows.findLast(({ label }) => label === labelOf(comparison, cell)) as Row);
  const names = shown.map(({ cell }) => labelOf(comparison, cell));
  const { color, strokeDash } = seriesScales(names, 'bottom');
  const legend = { ...color.legend, symbolType: 'stroke', symbolOpacity: 1 }; // of the lines, not of the bands
  const widths = last.flatMap(({ value, low, high }) => (low === undefined || high === undefined || value === 0 ? [] : [(high - low) / 2 / Math.abs(value)]));
  const finding =
    widths.length === 0
      ? 'No interval.'
      : `After all replications the half width is ${range(widths.map((width) => formatShare(Number(width.toPrecision(2)))))} of the mean.`;
  const x = { field: 'replications', type: 'quantitative', title: 'replications', scale: { nice: false, zero: false }, axis: { grid: false, tickMinStep: 1 } };
  const y = (field: string) => ({ field, type: 'quantitative', title: `${metric.metric}${unit.name}`, scale: { zero: false, nice: true } });
  const spec = chart(`${metric.metric} by number of replications: ${finding}`, 240, [
    {
      data: values(
        'bands',
        rows.filter((row) => row.low !== undefined),
      ),
      mark: { type: 'area', opacity: 0.16, aria: false },
      encoding: { x, y: y('low'), y2: { field: 'high' }, color: { field: 'label', type: 'nominal', scale: color.scale, legend } },
    },
    {
      data: values('means', rows),
      mark: { type: 'line', strokeWidth: 2 },
      encoding: {
        x,
        y: y('value'),
        color: { field: 'label', type: 'nominal', scale: color.scale, legend },
        strokeDash: { field: 'label', type: 'nominal', scale: strokeDash.scale, legend },
        tooltip: [
          { field: 'label', title: 'cell' },
          { field: 'replications', title: 'replications' },
          { field: 'value', title: `${metric.metric}${unit.name}`, type: 'quantitative', format: '.3~r' },
        ],
      },
    },
  ]);
  return [
    {
      subject: metric.metric,
      finding,
      notes: [
        "The mean of the replications' own values, with Student's 95 % band from the third on. A line that still drifts, or a band that does not narrow, wants more replications or a longer warm-up.",
        ...(spread.length > shown.length ? [`The first ${MOST_SERIES} of ${plural(spread.length, 'cell')}.`] : []),
      ],
      spec,
      table: table(last, {
        cell: ({ label }) => label,
        'replications#': ({ replications }) => String(replications),
        'mean of the replications#': ({ value }) => FORMATS[metric.unit](value / unit.factor),
      }),
    },
  ];
}

function range(texts: readonly string[]): string {
  const [first, ...others] = [...new Set(texts)];
  return others.length === 0
    ? first
    : `${texts.reduce((a, b) => (Number.parseFloat(b) < Number.parseFloat(a) ? b : a))} to ${texts.reduce((a, b) => (Number.parseFloat(b) > Number.parseFloat(a) ? b : a))}`;
}

function running(label: string, all: readonly number[], factor: number): Row[] {
  const estimator = new Estimator();
  const every = Math.max(1, Math.ceil(all.length / MOST_POINTS));
  return all.flatMap((_, i): Row[] => {
    const n = i + 1;
    if (n < 2 || (n % every !== 0 && n !== all.length)) return [];
    const estimate = estimator.mean(all.slice(0, n), {});
    const value = (estimate.value as number) * factor;
    return [{ label, replications: n, value, ...(n > 2 && 'low' in estimate && { low: estimate.low * factor, high: estimate.high * factor }) }];
  });
}
