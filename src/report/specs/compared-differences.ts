/** One metric's differences from the baseline, with the intervals that hold together, about the line of no difference. */
import type { Comparison, MetricComparison } from '../../experiments/comparison.ts';
import { type Drawing, table } from '../chart.ts';
import { differenceText, isShownRelative, labelOf, VERDICT_SHAPES } from '../comparison/words.ts';
import { formatNumber, formatShare, plural } from '../format.ts';
import { axisUnit, isTheSameEverywhere, LABEL } from './compared-values.ts';
import { chart, symbolLegend, values } from './parts.ts';

const ROW = 34;

export function comparedDifferences(comparison: Comparison): readonly Drawing[] | string {
  if (comparison.comparisons === 0) return 'Nothing was compared with a baseline: the best was found by elimination.';
  const drawn = comparison.metrics.flatMap((metric) => draw(metric, comparison));
  return drawn.length === 0 ? 'No difference could be told.' : drawn;
}

function draw(metric: MetricComparison, comparison: Comparison): Drawing[] {
  const known = metric.cells.flatMap(({ cell, difference }) =>
    difference === undefined || difference.absolute.value === null ? [] : [{ cell, difference, against: comparison.cells[cell].baseline as number }],
  );
  if (known.length === 0 || isTheSameEverywhere(metric)) return [];
  const isRelative = known.every(({ difference }) => isShownRelative(metric, difference));
  const unit = isRelative ? { name: ' [%]', factor: 100 } : axisUnit(metric);
  const hasSeveral = new Set(known.map(({ against }) => against)).size > 1;
  const label = (cell: number, against: number) =>
    hasSeveral ? `${labelOf(comparison, cell)} against ${labelOf(comparison, against)}` : labelOf(comparison, cell);
  const rows = known.map(({ cell, against, difference }) => {
    const shown = isRelative ? difference.relative : difference.absolute;
    return {
      label: label(cell, against),
      verdict: difference.verdict,
      value: (shown.value as number) * unit.factor,
      ...('low' in shown && { low: shown.low * unit.factor, high: shown.high * unit.factor }),
    };
  });
  const verdicts = (Object.keys(VERDICT_SHAPES) as (keyof typeof VERDICT_SHAPES)[]).filter((verdict) => rows.some((row) => row.verdict === verdict));
  const finding = findingOf(rows.map(({ verdict }) => verdict));
  const title = `difference${unit.name}`; // of what, the heading says
  const ends = rows.flatMap((row) => [row.value, ...('low' in row ? [row.low as number, row.high as number] : [])]);
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title,
    scale: ends.every((end) => end === 0) ? { domain: [-1, 1] } : { zero: true, nice: true },
    axis: { tickCount: 5 },
  });
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { domain: rows.map((row) => row.label), padding: 0.5 },
    axis: { labelLimit: LABEL, ticks: false, domain: false, grid: true, labelPadding: 10 },
  };
  const legend = symbolLegend(verdicts, 'top', LABEL);
  const spec = chart(`${metric.metric}: ${finding}`, Math.max(60, rows.length * ROW), [
    { data: values('zero', [{ zero: 0 }]), mark: { type: 'rule', style: 'limit', aria: false }, encoding: { x: { ...x('zero'), field: 'zero' } } },
    {
      data: values(
        'intervals',
        rows.filter((row) => 'low' in row),
      ),
      mark: { type: 'rule', style: 'interval', strokeWidth: 2, aria: false },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    {
      data: values('differences', rows),
      mark: { type: 'point', filled: true, size: 110, opacity: 1 },
      encoding: {
        y,
        x: x('value'),
        shape: { field: 'verdict', type: 'nominal', scale: { domain: verdicts, range: verdicts.map((verdict) => VERDICT_SHAPES[verdict]) }, legend },
        color: { field: 'verdict', type: 'nominal', scale: { domain: verdicts }, legend },
        tooltip: [
          { field: 'label', title: 'cell' },
          { field: 'value', title, type: 'quantitative', format: '.3~r' },
          { field: 'verdict', title: 'verdict' },
        ],
      },
    },
  ]);
  const against = hasSeveral ? 'its own baseline' : labelOf(comparison, known[0].against);
  return [
    {
      subject: metric.metric,
      finding,
      notes: [
        `Against ${against}; the dashed line is no difference. The ${plural(comparison.comparisons, 'interval')} of this page hold together with ${formatShare(1 - comparison.alpha)} (Bonferroni), and the verdict is read from them.`,
      ],
      spec,
      table: table(known, {
        cell: ({ cell, against: of }) => label(cell, of),
        'difference#': ({ difference }) => differenceText(difference, metric),
        verdict: ({ difference }) => difference.verdict,
        method: ({ difference }) => (difference.method === 'paired' ? 'paired' : 'Welch, not paired'),
        'variance unpaired ÷ paired#': ({ difference }) => (difference.varianceRatio === null ? '-' : formatNumber(difference.varianceRatio)),
        'p, Holm#': ({ difference }) => (difference.pHolm === null ? '-' : formatNumber(difference.pHolm)),
        'p, permutation#': ({ difference }) => (difference.pPermutation === null ? '-' : formatNumber(difference.pPermutation)),
      }),
    },
  ];
}

/** `Better in 3, no difference shown in 2.` */
function findingOf(verdicts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const verdict of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const text = [...counts].map(([verdict, count]) => (verdicts.length === 1 ? verdict : `${verdict} in ${count} of ${verdicts.length}`)).join(', ');
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
