/**
 * The capacity curve: the figure of a threshold over the knob, with its limit, the verdict at each value, what saturates, and theory.
 *
 * Nothing is drawn across saturation: a saturated value has no figure, and the curve begins (or ends) beside it.
 */
import type { CapacityResult, VariantPoint } from '../../experiments/capacity/capacity-result.ts';
import type { DecidedThreshold } from '../../experiments/threshold-decision.ts';
import { type Drawing, table, type VegaLiteSpec } from '../chart.ts';
import { visible } from '../escape.ts';
import { durationUnit, formatExactly, formatNumber, type Quantity, type Unit } from '../format.ts';
import { DASHES } from '../theme.ts';
import { parseExpression } from '../thresholds.ts';
import { chart, symbolLegend, values } from './parts.ts';

const VERDICTS = { holds: 'holds', fails: 'fails', open: 'open' } as const;
const SHAPES: Readonly<Record<string, string>> = { holds: 'circle', fails: 'triangle-down', open: 'diamond' };
const MOST_VARIANTS = 6;
/** From this ratio of ends on an axis is logarithmic. */
const WIDE = { x: 8, y: 60 };

interface Row {
  readonly value: string;
  readonly number: number;
  readonly variant: string;
  readonly point: VariantPoint;
  readonly threshold: DecidedThreshold | undefined;
  readonly theory: number | null;
}

/** One drawing for each threshold. */
export function capacityDrawings(result: CapacityResult): Drawing[] {
  return result.thresholds.map(({ metric, expr }, i) => {
    const rows = rowsOf(result, i);
    const quantity = parseExpression(expr)?.quantity ?? 'number';
    const format = (value: number) => formatExactly(value, quantity, 3);
    const finding = describe(result, i, format);
    const hasTheory = rows.some(({ theory }) => theory !== null);
    return {
      subject: `${visible(metric)} ${visible(expr)}`,
      finding,
      notes: [
        'Rules are the bounds that decided each value; they are wider than 95 % intervals, since all verdicts together shall be right.',
        ...(hasTheory ? ['The dashed line is the closed form without the network, where one applies.'] : []),
        ...(rows.some(({ point }) => point.saturated.length > 0)
          ? ['Shaded values are saturated: offered more than they can serve, whatever the figure says.']
          : []),
        ...(result.variants.length > MOST_VARIANTS ? [`The first ${MOST_VARIANTS} of ${result.variants.length} variants.`] : []),
      ],
      spec: capacityCurveSpec(result, i, finding),
      table: table(rows, {
        'value#': (row) => row.value,
        ...(result.variants.length > 1 ? { variant: (row: Row) => row.variant } : {}),
        'load#': ({ point }) => loadText(point),
        'replications#': ({ point }) => String(point.replications),
        'figure#': ({ threshold }) =>
          threshold === undefined
            ? '-'
            : typeof threshold.value === 'number'
              ? format(threshold.value)
              : threshold.value === 'inf'
                ? 'not ended'
                : 'nothing seen',
        'bounds#': ({ threshold }) =>
          threshold?.low === undefined || threshold.high === undefined ? '-' : `${format(threshold.low)} to ${format(threshold.high)}`,
        'theory#': ({ theory }) => (theory === null ? '-' : format(theory)),
        verdict: ({ point, threshold }) =>
          threshold === undefined ? (point.saturated.length > 0 ? 'saturated, not simulated' : 'not looked at') : threshold.decision,
      }),
    };
  });
}

function rowsOf(result: CapacityResult, threshold: number): Row[] {
  return result.points.flatMap(({ value, number, variants }) =>
    variants.slice(0, MOST_VARIANTS).map((point) => ({
      value,
      number,
      variant:
        visible(
          Object.entries(point.axes)
            .map(([axis, at]) => `${axis}=${at}`)
            .join(', '),
        ) || 'all',
      point,
      threshold: point.thresholds[threshold],
      theory: point.saturated.length > 0 ? null : (point.theory[threshold] ?? null),
    })),
  );
}

function describe(result: CapacityResult, threshold: number, format: (value: number) => string): string {
  const { answer, points, knob } = result;
  const tail = (value: string | null) => {
    const seen = points
      .find((point) => point.value === value)
      ?.variants.flatMap(({ thresholds }) => (typeof thresholds[threshold]?.value === 'number' ? [thresholds[threshold].value as number] : []));
    return seen === undefined || seen.length === 0 ? '' : format(Math.max(...seen));
  };
  if (answer === null)
    return result.outcome === 'none'
      ? `No value of ${visible(knob.path)} holds.`
      : `What holds lies between ${result.candidates[0]} and ${result.candidates[result.candidates.length - 1]}.`;
  const at = points.findIndex(({ value }) => value === answer);
  const harder = points[knob.ask === 'smallest' ? at - 1 : at + 1];
  const before =
    harder === undefined ? '' : tail(harder.value) === '' ? `; ${harder.value} is saturated` : `; with ${harder.value} it is ${tail(harder.value)}`;
  return `With ${answer} it is ${tail(answer)}${before}.`;
}

function loadText({ offeredLoad }: VariantPoint): string {
  const loads = offeredLoad.filter(({ isProxy }) => !isProxy).map((row) => Math.max(row.load, row.heldLoad));
  return loads.length === 0 ? '-' : formatExactly(Math.max(...loads), 'share', 3);
}

export function capacityCurveSpec(result: CapacityResult, threshold: number, description: string): VegaLiteSpec {
  const { expr, limit } = result.thresholds[threshold];
  const rows = rowsOf(result, threshold);
  const seen = rows.flatMap((row) =>
    row.threshold !== undefined && typeof row.threshold.value === 'number' ? [{ ...row, threshold: row.threshold, figure: row.threshold.value }] : [],
  );
  const heights = [
    limit,
    ...seen.flatMap(({ figure, threshold: { low, high } }) => [figure, low ?? figure, high ?? figure]),
    ...rows.flatMap(({ theory }) => theory ?? []),
  ];
  const quantity = parseExpression(expr)?.quantity ?? 'number';
  const unit = unitOf(quantity, Math.max(...heights));
  const positive = heights.filter((height) => height > 0);
  const isLogY =
    positive.length > 0 && Math.max(...positive) / Math.min(...seen.map(({ figure }) => figure).filter((figure) => figure > 0), limit || Infinity) > WIDE.y;
  const foot = Math.min(...positive) * unit.perSecond;
  const numbers = result.points.map(({ number }) => number);
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const isLogX = least > 0 && most / least > WIDE.x;
  const variants = [...new Set(rows.map(({ variant }) => variant))];
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: `${visible(result.knob.path)}${unitText(result)}${isLogX ? ', log scale' : ''}`,
    scale: isLogX ? { type: 'log', domain: [least, most], nice: false, padding: 12 } : { domain: [least, most], nice: false, zero: false, padding: 12 },
    axis: { grid: false, tickCount: 8, format: '~r', titleLimit: { expr: 'width' }, labelOverlap: 'greedy', ...(isLogX && { values: ticks(numbers) }) },
  });
  const y = (field: string) => ({
    field,
    type: 'quantitative',
    title: `${statisticOf(expr)}${unit.name === '' ? '' : ` [${unit.name}]`}${isLogY ? ', log scale' : ''}`,
    scale: isLogY ? { type: 'log', nice: true } : { zero: true, nice: true },
    axis: { tickCount: 6, titleLimit: 300 },
  });
  const scaled = (value: number) => (isLogY ? Math.max(foot, value * unit.perSecond) : value * unit.perSecond);
  const variantLegend = { ...symbolLegend(variants, 'top'), symbolType: 'stroke' };
  const ofVariant = { field: 'variant', type: 'nominal', scale: { domain: variants }, legend: variantLegend };
  const byVariant =
    variants.length < 2
      ? {}
      : {
          color: ofVariant,
          strokeDash: {
            field: 'variant',
            type: 'nominal',
            scale: { domain: variants, range: variants.map((_, i) => DASHES[i % DASHES.length]) },
            legend: variantLegend,
          },
        };
  const verdicts = Object.values(VERDICTS).filter((verdict) => seen.some(({ threshold: { decision } }) => decision === verdict));
  const saturated = result.points.filter(({ variants: all }) => all.some((variant) => variant.saturated.length > 0)).map(({ number }) => number);
  const theory = rows.flatMap(({ number, theory: height, variant }) => (height === null ? [] : [{ x: number, y: scaled(height), variant }]));
  return chart(description, 320, [
    ...(saturated.length === 0 ? [] : saturation(saturated, numbers, x)),
    {
      data: values('limit', [{ y: scaled(limit), label: `limit ${expr}` }]),
      layer: [
        { mark: { type: 'rule', style: 'limit', aria: false }, encoding: { y: y('y') } },
        {
          mark: {
            type: 'text',
            style: 'limit-label',
            align: result.knob.ask === 'smallest' ? 'right' : 'left',
            dx: result.knob.ask === 'smallest' ? -6 : 6,
            dy: -7,
            aria: false,
          },
          encoding: { y: y('y'), x: { value: result.knob.ask === 'smallest' ? { expr: 'width' } : 0 }, text: { field: 'label' } },
        },
      ],
    },
    ...(theory.length < 2
      ? []
      : [
          {
            data: values('theory', theory),
            mark: { type: 'line', style: 'note', strokeDash: [5, 4], strokeWidth: 1.5, opacity: 0.8, aria: false },
            encoding: { x: x('x'), y: y('y'), detail: { field: 'variant' } },
          },
        ]),
    {
      data: values(
        'curve',
        seen.map((row) => ({ x: row.number, y: scaled(row.figure), variant: row.variant })),
      ),
      mark: { type: 'line', strokeWidth: 2, aria: false },
      encoding: { x: x('x'), y: y('y'), ...byVariant },
    },
    {
      data: values(
        'bounds',
        seen.flatMap((row) =>
          row.threshold.low === undefined || row.threshold.high === undefined
            ? []
            : [{ x: row.number, low: scaled(row.threshold.low), high: scaled(row.threshold.high) }],
        ),
      ),
      mark: { type: 'rule', style: 'interval', aria: false },
      encoding: { x: x('x'), y: y('low'), y2: { field: 'high' } },
    },
    {
      data: values(
        'values',
        seen.map((row) => ({
          x: row.number,
          y: scaled(row.figure),
          value: row.value,
          variant: row.variant,
          verdict: row.threshold.decision,
          replications: row.point.replications,
        })),
      ),
      mark: { type: 'point', filled: true, size: 100, opacity: 1 },
      encoding: {
        x: x('x'),
        y: y('y'),
        shape: {
          field: 'verdict',
          type: 'nominal',
          scale: { domain: verdicts, range: verdicts.map((verdict) => SHAPES[verdict]) },
          legend: symbolLegend(verdicts, 'top'),
        },
        ...(variants.length < 2 ? {} : { color: ofVariant }),
        tooltip: [
          { field: 'value', title: 'value' },
          ...(variants.length < 2 ? [] : [{ field: 'variant', title: 'variant' }]),
          { field: 'y', title: unit.name === '' ? 'figure' : `figure [${unit.name}]`, type: 'quantitative', format: '.3~r' },
          { field: 'verdict', title: 'verdict' },
          { field: 'replications', title: 'replications' },
        ],
      },
    },
    ...answerLayer(result, x),
  ]);
}

/** A band over the saturated values, half way to their neighbour. */
function saturation(saturated: readonly number[], numbers: readonly number[], x: (field: string) => VegaLiteSpec): VegaLiteSpec[] {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  const isLow = saturated.includes(least);
  const edge = isLow ? Math.max(...saturated) : Math.min(...saturated);
  const beyond = numbers.filter((number) => (isLow ? number > edge : number < edge));
  const middle = beyond.length === 0 ? edge : (edge + (isLow ? Math.min(...beyond) : Math.max(...beyond))) / 2;
  const band = isLow ? { from: least, to: middle } : { from: middle, to: most };
  if (band.from === band.to) return [];
  return [
    {
      data: values('saturated', [{ ...band, label: 'saturated' }]),
      layer: [
        { mark: { type: 'rect', style: 'note', opacity: 0.14, aria: false }, encoding: { x: x('from'), x2: { field: 'to' } } },
        {
          mark: { type: 'text', style: 'note', align: 'left', baseline: 'bottom', dx: 6, dy: -6, aria: false },
          encoding: { x: x('from'), y: { value: { expr: 'height' } }, text: { field: 'label' } },
        },
      ],
    },
  ];
}

function answerLayer(result: CapacityResult, x: (field: string) => VegaLiteSpec): VegaLiteSpec[] {
  const point = result.points.find(({ value }) => value === result.answer);
  if (point === undefined) return [];
  return [
    {
      data: values('answer', [{ x: point.number, label: `answer: ${point.value}` }]),
      layer: [
        { mark: { type: 'rule', style: 'event', aria: false }, encoding: { x: x('x') } },
        {
          mark: { type: 'text', style: 'event-label', align: 'left', baseline: 'top', dx: 6, aria: false },
          encoding: { x: x('x'), y: { value: 8 }, text: { field: 'label' } },
        },
      ],
    },
  ];
}

/** The values that were looked at, thinned out where a log axis would crowd them. */
function ticks(numbers: readonly number[]): number[] {
  const kept: number[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) if (kept.length === 0 || number / kept[kept.length - 1] >= 1.12) kept.push(number);
  return kept;
}

function unitOf(quantity: Quantity, longest: number): Unit {
  if (quantity === 'share') return { name: '%', perSecond: 100 };
  return quantity === 'number' ? { name: '', perSecond: 1 } : durationUnit(longest);
}

function unitText({ knob }: CapacityResult): string {
  const unit = knob.from.replace(/^[\d.]+/, '');
  return unit === '' ? '' : ` [${visible(unit)}]`;
}

function statisticOf(expr: string): string {
  return visible(parseExpression(expr)?.statistic ?? 'figure');
}

/** How many values were looked at, for the page's first screen. */
export function lookedAt(result: CapacityResult): string {
  return `${formatNumber(result.points.length)} of ${formatNumber(result.knob.values)}`;
}
