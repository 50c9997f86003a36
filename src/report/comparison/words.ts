/** A comparison in words: values, differences and verdicts as the page, its charts and their tables say them. */
import type { CellFigure, Comparison, DifferenceResult, MetricComparison, Verdict } from '../../experiments/comparison.ts';
import { formatSize } from '../../units.ts';
import { visible } from '../escape.ts';
import { formatEstimate, formatNumber, formatSeconds, formatShare } from '../format.ts';

export const FORMATS = { seconds: formatSeconds, share: formatShare, number: formatNumber, bytes: formatSize } as const;

export function labelOf(comparison: Comparison, id: number): string {
  return visible(comparison.cells[id].label);
}

export function valueText({ estimate }: CellFigure, { unit }: MetricComparison): string {
  return formatEstimate(estimate, FORMATS[unit]);
}

/** Durations differ by a share of the baseline; shares and indices by themselves, since they are relative already. */
export function isShownRelative({ unit }: Pick<MetricComparison, 'unit'>, { relative }: DifferenceResult): boolean {
  return (unit === 'seconds' || unit === 'bytes') && relative.value !== null;
}

/** `−57 % (−60 % to −54 %)`. */
export function differenceText(difference: DifferenceResult, metric: Pick<MetricComparison, 'unit'>): string {
  const shown = isShownRelative(metric, difference) ? difference.relative : difference.absolute;
  if (shown.value === null) return '-';
  const format = isShownRelative(metric, difference) ? formatShare : FORMATS[metric.unit];
  const sign = (value: number) => (value === 0 ? '0' : `${value > 0 ? '+' : '−'}${format(Number(Math.abs(value).toPrecision(2)))}`);
  return 'low' in shown ? `${sign(shown.value)} (${sign(shown.low)} to ${sign(shown.high)})` : `${sign(shown.value)}, ${shown.noInterval}`;
}

/** Each verdict has a shape beside its colour. */
export const VERDICT_SHAPES: Readonly<Record<Verdict, string>> = {
  better: 'triangle-up',
  worse: 'triangle-down',
  higher: 'diamond',
  lower: 'square',
  'no difference shown': 'circle',
  'cannot be told': 'cross',
  'not compared': 'triangle-right',
};

export function verdictsOf(comparison: Comparison, cell: number): ReadonlyMap<Verdict, readonly MetricComparison[]> {
  const found = new Map<Verdict, MetricComparison[]>();
  for (const metric of comparison.metrics) {
    const verdict = metric.cells.find((figure) => figure.cell === cell)?.difference?.verdict;
    if (verdict !== undefined) found.set(verdict, [...(found.get(verdict) ?? []), metric]);
  }
  return found;
}
