/** How far each watched figure moved against its baseline: the relative change with the bound that decided, beside what is allowed. */
import type { CheckResult, MetricChange } from '../../experiments/gate/check-result.ts';
import { type Drawing, table, type VegaLiteSpec } from '../chart.ts';
import { allowedText, axesLabel, figure, movedText, signedShare } from '../check.ts';
import { visible } from '../escape.ts';
import { chart, symbolLegend, values } from './parts.ts';

const LINE = 44;
const MOST_ROWS = 30;
const SHAPES: Readonly<Record<MetricChange['verdict'], string>> = {
  'not worse': 'circle',
  worse: 'triangle-down',
  better: 'triangle-up',
  inconclusive: 'diamond',
};

interface Row {
  readonly label: string;
  readonly metric: MetricChange;
}

/** @returns null where nothing has a percentage */
export function regressionDrawing(result: CheckResult): Drawing | null {
  const rows = result.cells.flatMap(({ axes, against }) =>
    (against?.metrics ?? []).map(
      (metric): Row => ({
        label: [metric.metric.replace(/:([^:]*)$/, ', $1'), axesLabel(axes)]
          .filter((part) => part !== '')
          .map(visible)
          .join(', '),
        metric,
      }),
    ),
  );
  const drawn = rows.filter(({ metric }) => metric.change !== null);
  if (drawn.length === 0) return null;
  const finding = describe(rows);
  return {
    subject: '',
    finding,
    notes: [
      'The rule runs to the bound that decides: whatever is not worse ends below what is allowed and five points, whatever is worse begins beyond what is allowed (the upright mark).',
      ...(drawn.length < rows.length ? ['Figures without a percentage (none before, not ended) are in the table only.'] : []),
      ...(drawn.length > MOST_ROWS ? [`The first ${MOST_ROWS} of ${drawn.length}.`] : []),
    ],
    spec: regressionSpec(drawn.slice(0, MOST_ROWS), finding),
    table: table(rows, {
      figure: ({ metric }) => metric.metric,
      'before#': ({ metric }) => figure(metric, metric.before),
      'now#': ({ metric }) => figure(metric, metric.after),
      'change#': ({ metric }) => movedText(metric),
      'allowed#': ({ metric }) => allowedText(metric),
      verdict: ({ metric }) => metric.verdict,
    }),
  };
}

function describe(rows: readonly Row[]): string {
  const worse = rows.filter(({ metric }) => metric.verdict === 'worse').sort((a, b) => (b.metric.change ?? Infinity) - (a.metric.change ?? Infinity));
  if (worse.length > 0) {
    const [{ metric }] = worse;
    const moved = metric.change === null ? (metric.note ?? 'worse') : signedShare(metric.worse === 'more' ? metric.change : -metric.change);
    return `${worse.length} of ${rows.length} figures got worse, ${visible(metric.metric)} most: ${figure(metric, metric.before)} before, ${figure(metric, metric.after)} now (${moved}).`;
  }
  const doubtful = rows.filter(({ metric }) => metric.verdict === 'inconclusive').length;
  if (doubtful > 0) return `Nothing is shown to be worse; of ${doubtful} of ${rows.length} figures it cannot be told.`;
  return rows.every(({ metric }) => metric.before === metric.after) ? 'Every figure is what it was.' : 'No figure got worse.';
}

export function regressionSpec(rows: readonly Row[], description: string): VegaLiteSpec {
  const shown = rows.map(({ label, metric }) => {
    const sign = metric.worse === 'more' ? 1 : -1;
    const bound = metric.verdict === 'worse' ? metric.low : metric.high;
    const change = metric.change as number;
    return {
      label,
      verdict: metric.verdict,
      change: sign * change * 100,
      allowed: sign * metric.allowed * 100,
      ...(bound === undefined ? {} : { bound: sign * bound * 100 }),
    };
  });
  const verdicts = (Object.keys(SHAPES) as MetricChange['verdict'][]).filter((verdict) => shown.some((row) => row.verdict === verdict));
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { domain: shown.map(({ label }) => label), padding: 0.5 },
    axis: { labelLimit: 170, labelExpr: "split(datum.label, ', ')", ticks: false, domain: false, grid: true, labelPadding: 8 },
  };
  const isStill = shown.every(({ change, bound = 0, allowed }) => change === 0 && bound === 0 && allowed === 0);
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: 'change [%]',
    scale: isStill ? { domain: [-5, 5] } : { zero: true, nice: true },
    axis: { tickCount: 7 },
  });
  const domain = Object.keys(SHAPES);
  const legend = { ...symbolLegend(verdicts, 'top'), columns: 1, values: verdicts }; // a column, whatever room the labels leave
  return chart(description, Math.max(90, shown.length * LINE), [
    { data: values('none', [{ zero: 0 }]), mark: { type: 'rule', style: 'interval', strokeWidth: 1, aria: false }, encoding: { x: x('zero') } },
    {
      data: values('allowed', shown),
      mark: { type: 'tick', style: 'limit', thickness: 2, size: 24, orient: 'vertical', aria: false },
      encoding: { y, x: x('allowed') },
    },
    {
      data: values(
        'bounds',
        shown.filter((row) => 'bound' in row),
      ),
      mark: { type: 'rule', style: 'interval', strokeWidth: 2, aria: false },
      encoding: { y, x: x('change'), x2: { field: 'bound' } },
    },
    {
      data: values('changes', shown),
      mark: { type: 'point', filled: true, size: 120, opacity: 1 },
      encoding: {
        y,
        x: x('change'),
        shape: { field: 'verdict', type: 'nominal', scale: { domain, range: Object.values(SHAPES) }, legend },
        color: { field: 'verdict', type: 'nominal', scale: { domain }, legend },
        tooltip: [
          { field: 'label', title: 'figure' },
          { field: 'change', title: 'change [%]', type: 'quantitative', format: '+.3~r' },
          { field: 'verdict', title: 'verdict' },
        ],
      },
    },
  ]);
}
