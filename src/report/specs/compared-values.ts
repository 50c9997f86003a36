/** One metric over the cells of a comparison: every replication a dot, the value of all together with its interval. */
import type { Comparison, MetricComparison } from '../../experiments/comparison.ts';
import { type Drawing, table } from '../chart.ts';
import { FORMATS, labelOf, valueText } from '../comparison/words.ts';
import { durationUnit, plural } from '../format.ts';
import { chart, symbolLegend, values } from './parts.ts';

const ROW = 44;
/** Widest label of a cell [px]. */
export const LABEL = 220;
/** Pixels between the dots of a cell and its interval. */
const ABOVE = 9;
/** Dots of one cell that are drawn; the table and the document have all. */
const MOST_DOTS = 400;

const LAYERS = { dot: 'one replication', point: 'all together' } as const;

export function comparedValues(comparison: Comparison): readonly Drawing[] | string {
  const drawn = comparison.metrics.flatMap((metric) => draw(metric, comparison));
  return drawn.length === 0 ? 'No metric has finite values that differ.' : drawn;
}

function draw(metric: MetricComparison, comparison: Comparison): Drawing[] {
  const shown = metric.cells.filter(({ estimate }) => typeof estimate.value === 'number');
  if (shown.length === 0 || isTheSameEverywhere(metric)) return [];
  const unit = axisUnit(metric);
  const label = (cell: number) => labelOf(comparison, cell);
  const intervals = shown.map(({ cell, estimate }) => ({
    label: label(cell),
    what: LAYERS.point,
    value: (estimate.value as number) * unit.factor,
    ...('low' in estimate && { low: estimate.low * unit.factor, high: estimate.high * unit.factor }),
  }));
  const dots = shown.flatMap(({ cell, values: all }) =>
    (all ?? [])
      .slice(0, MOST_DOTS)
      .flatMap((value, replication) => (typeof value === 'number' ? [{ label: label(cell), what: LAYERS.dot, replication, value: value * unit.factor }] : [])),
  );
  const finding = findingOf(metric, comparison);
  const names = dots.length > 0 ? Object.values(LAYERS) : [LAYERS.point];
  const legend = symbolLegend(names, 'top', LABEL);
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { domain: shown.map(({ cell }) => label(cell)), padding: 0.5 },
    axis: { labelLimit: LABEL, ticks: false, domain: false, grid: true, labelPadding: 10 },
  };
  const all = [...dots, ...intervals].flatMap((row) => [row.value, ...('high' in row ? [row.low as number, row.high as number] : [])]);
  const isNothing = all.every((value) => value === all[0]);
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: `${metric.metric}${unit.name}`,
    scale: isNothing ? { zero: true, nice: true, ...(all[0] === 0 && { domain: [0, 1] }) } : { zero: false, nice: true },
    axis: { tickCount: 5 },
  });
  const shape = { field: 'what', type: 'nominal', scale: { domain: names, range: names.map((name) => (name === LAYERS.dot ? 'circle' : 'diamond')) }, legend };
  const color = { field: 'what', type: 'nominal', scale: { domain: names }, legend };
  const spec = chart(`${metric.metric}: ${finding}`, Math.max(70, shown.length * ROW), [
    {
      data: values('replications', dots),
      mark: { type: 'point', filled: true, size: 40, opacity: 0.5, yOffset: -ABOVE }, // or the interval would cover them
      encoding: {
        y,
        x: x('value'),
        shape,
        color,
        tooltip: [
          { field: 'label', title: 'cell' },
          { field: 'replication', title: 'replication' },
          { field: 'value', title: `${metric.metric}${unit.name}`, type: 'quantitative', format: '.3~r' },
        ],
      },
    },
    {
      data: values(
        'intervals',
        intervals.filter((row) => 'low' in row),
      ),
      mark: { type: 'rule', style: 'interval', strokeWidth: 3, aria: false },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    {
      data: values('values', intervals),
      mark: { type: 'point', filled: true, size: 130, opacity: 1 },
      encoding: {
        y,
        x: x('value'),
        shape,
        color,
        tooltip: [
          { field: 'label', title: 'cell' },
          { field: 'value', title: `${metric.metric}${unit.name}`, type: 'quantitative', format: '.3~r' },
        ],
      },
    },
  ]);
  const cut = shown.some(({ values: every }) => (every?.length ?? 0) > MOST_DOTS);
  return [
    {
      subject: metric.metric,
      finding,
      notes: [
        dots.length > 0
          ? `A dot is one replication${cut ? ` (the first ${MOST_DOTS} of each cell)` : ''}; the diamond below is the figure of all replications together, its rule the 95 % interval. The axis does not begin at zero.`
          : 'The values of single replications are not known: this result does not hold them.',
      ],
      spec,
      table: table(metric.cells, {
        cell: ({ cell }) => label(cell),
        [`${metric.metric}#`]: (figure) => valueText(figure, metric),
        'replications#': ({ cell }) => String(comparison.cells[cell].replications),
      }),
    },
  ];
}

/** Such as no failures at all: the table says so, a drawing would show nothing. */
export function isTheSameEverywhere({ cells }: MetricComparison): boolean {
  const [first] = cells;
  return cells.every(
    ({ estimate, values: all }) =>
      estimate.value === first.estimate.value && !('low' in estimate) && (all ?? []).every((value) => value === first.estimate.value),
  );
}

export function axisUnit(metric: MetricComparison): { readonly name: string; readonly factor: number } {
  if (metric.unit === 'share') return { name: ' [%]', factor: 100 };
  if (metric.unit === 'number') return { name: '', factor: 1 };
  if (metric.unit === 'bytes') return { name: ' [MiB]', factor: 1 / (1024 * 1024) };
  const longest = Math.max(
    ...metric.cells.map(({ estimate }) => ('high' in estimate ? estimate.high : typeof estimate.value === 'number' ? estimate.value : 0)),
  );
  const { name, perSecond } = durationUnit(longest);
  return { name: ` [${name}]`, factor: perSecond };
}

function findingOf(metric: MetricComparison, comparison: Comparison): string {
  const known = metric.cells.flatMap(({ cell, estimate }) => (typeof estimate.value === 'number' ? [{ cell, value: estimate.value }] : []));
  const [least, most] = [known.reduce((a, b) => (b.value < a.value ? b : a)), known.reduce((a, b) => (b.value > a.value ? b : a))];
  const text = (one: { cell: number; value: number }) => `${FORMATS[metric.unit](one.value)} with ${labelOf(comparison, one.cell)}`;
  const counted = known.length === metric.cells.length ? '' : ` ${plural(metric.cells.length - known.length, 'cell')} had no finite value.`;
  return `${least.value === most.value ? `${FORMATS[metric.unit](least.value)} everywhere.` : `From ${text(least)} to ${text(most)}.`}${counted}`;
}
