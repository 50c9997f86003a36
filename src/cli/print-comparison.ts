/** A comparison as text: one block a metric, a row a cell, the difference from its baseline with the verdict; also Markdown and CSV. */
import { printable } from '../errors.ts';
import type { CellFigure, Comparison, DifferenceResult, MetricComparison, Selection } from '../experiments/comparison.ts';
import type { Estimate } from '../experiments/result.ts';
import { verdictsOf } from '../report/comparison/words.ts';
import { formatNumber, plural } from '../report/format.ts';
import { formatSize } from '../units.ts';
import { compactSeconds, compactShare, durationWithInterval, numberWithInterval, shareWithInterval } from './figures.ts';
import { type Column, formatTable, wrap } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface ComparisonPrintOptions {
  readonly terminal: Terminal;
  readonly isWide: boolean;
  /** The command line that repeats it. */
  readonly command?: string;
}

const left = (title: string, shrinkTo?: number): Column => ({ title, align: 'left', ...(shrinkTo !== undefined && { shrinkTo }) });
const right = (title: string): Column => ({ title, align: 'right' });

export function printComparison(comparison: Comparison, options: ComparisonPrintOptions): string {
  const { terminal } = options;
  const names = namesOf(comparison, options);
  const parts = [
    header(comparison),
    verdictFirst(comparison, options),
    names.legend,
    ...comparison.cells
      .filter((cell) => cell.saturated.length > 0)
      .map((cell) => {
        const text = `SATURATED ${printable(cell.saturated.join(', '))} with ${printable(cell.label)}: offered more than it can serve`;
        return terminal.paint.bad(wrap(text, '', terminal.width).trimEnd());
      }),
    ...comparison.metrics.map((metric) => metricText(metric, comparison, names, options)),
    notes(comparison, options),
  ];
  const text = parts.filter((part) => part !== '').map((part) => part.trimEnd());
  return terminal.text(`${text.join('\n\n')}\n`);
}

/** What the tables call the cells: by their labels where these leave room, else by numbers that a legend explains. */
interface Names {
  readonly legend: string;
  of(id: number): string;
}

function namesOf(comparison: Comparison, options: ComparisonPrintOptions): Names {
  const { cells, metrics } = comparison;
  const isCompared = cells.some(({ baseline }) => baseline !== null);
  const labels: Names = { legend: '', of: (id) => printable(cells[id].label) };
  if (metrics.every((metric) => isWithoutNews(metric, options) || layoutOf(metric, comparison, labels, options) !== undefined)) return labels;
  const legend = cells.map(({ id, label, baseline }) => `  cell ${id}  ${printable(label)}${isCompared && baseline === null ? ' (baseline)' : ''}\n`);
  return { legend: legend.join(''), of: (id) => `cell ${id}` };
}

/** What of a table there is room for: what pairing has gained, the intervals of the values beside those of the differences, verdicts in full. */
interface Layout {
  readonly showsPairing: boolean;
  readonly showsIntervals: boolean;
  readonly isTerse: boolean;
}

/** From the widest. */
const LAYOUTS: readonly Layout[] = [
  { showsPairing: true, showsIntervals: true, isTerse: false },
  { showsPairing: false, showsIntervals: true, isTerse: false },
  { showsPairing: false, showsIntervals: false, isTerse: false },
  { showsPairing: false, showsIntervals: false, isTerse: true },
];

/** Where nobody says how wide a line may be, e.g. in a file. */
const WIDEST = 120;

function layoutOf(metric: MetricComparison, comparison: Comparison, names: Names, options: ComparisonPrintOptions): Layout | undefined {
  const width = options.terminal.width === Infinity ? WIDEST : options.terminal.width;
  const lines = (layout: Layout) => tableOf(metric, comparison, names, layout, { ...options, terminal: PLAIN }).split('\n');
  return LAYOUTS.find((layout) => lines(layout).every((line) => line.length <= width));
}

function header({ scenario, cells }: Comparison): string {
  const [{ window }] = cells;
  const counts = [...new Set(cells.map(({ replications }) => replications))];
  const replications = counts.length === 1 ? plural(counts[0], 'replication') : `${Math.min(...counts)} to ${Math.max(...counts)} replications`;
  return [`COMPARE ${printable(scenario.name)}`, `${compactSeconds(window.to)} simulated, ${compactSeconds(window.from)} warm-up discarded`, replications].join(
    '   ',
  );
}

/** The best, or of two cells what the one is in comparison with the other. */
function verdictFirst(comparison: Comparison, { terminal }: ComparisonPrintOptions): string {
  const { cells, selection } = comparison;
  if (selection !== undefined) return selectionText(selection, comparison, terminal);
  return cells
    .flatMap(({ id, label, baseline }) => {
      if (baseline === null) return [];
      const verdicts = [...verdictsOf(comparison, id)].map(
        ([verdict, metrics]) => `${verdict} in ${metrics.map(({ metric }) => printable(metric)).join(', ')}`,
      );
      return [wrap(`VERDICT ${printable(label)} against ${printable(cells[baseline].label)}: ${verdicts.join('; ')}`, '', terminal.width)];
    })
    .join('');
}

const BETTER = { less: 'less is better', more: 'more is better', none: '' };

function metricText(metric: MetricComparison, comparison: Comparison, names: Names, options: ComparisonPrintOptions): string {
  const { terminal } = options;
  const title = terminal.paint.strong(printable(metric.metric));
  const obstacles = obstacleLines(metric.cells, terminal);
  if (isWithoutNews(metric, options)) return `${title}: ${withoutNews(metric)}\n${obstacles}`;
  const better = BETTER[metric.goal] === '' ? '' : `   ${BETTER[metric.goal]}`;
  const layout = layoutOf(metric, comparison, names, options) ?? LAYOUTS[LAYOUTS.length - 1];
  const folded = metric.cells.length - shownRows(metric, comparison, options).length;
  const rest = folded === 0 ? '' : `  ${folded} more as the baseline: no difference shown\n`;
  return `${title}${better}\n${tableOf(metric, comparison, names, layout, options)}${rest}${obstacles}`;
}

/** Rows that say the same from which on one line says it for all. */
const LEAST_FOLDED = 3;

/** A row that shows something of its cell; one that has not ended does. */
function isNews({ difference, estimate }: CellFigure): boolean {
  return difference === undefined || typeof estimate.value !== 'number' || !['no difference shown', 'cannot be told'].includes(difference.verdict);
}

function isWithoutNews({ cells }: MetricComparison, { isWide }: Pick<ComparisonPrintOptions, 'isWide'>): boolean {
  const candidates = cells.filter(({ difference }) => difference !== undefined);
  return !isWide && candidates.length >= LEAST_FOLDED && !candidates.some(isNews);
}

/** `no difference shown in 18 cells, 0% everywhere`. */
function withoutNews({ cells, unit }: MetricComparison): string {
  const counts = new Map<string, number>();
  for (const { difference } of cells) if (difference !== undefined) counts.set(difference.verdict, (counts.get(difference.verdict) ?? 0) + 1);
  const verdicts = [...counts].map(([verdict, count]) => `${verdict} in ${plural(count, 'cell')}`);
  const values = cells.flatMap(({ estimate: { value } }) => (typeof value === 'number' ? [value] : []));
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => estimateText({ value, noInterval: '' }, unit));
  return `${verdicts.join(', ')}, ${least === most ? `${least} everywhere` : `${least} to ${most}`}`;
}

/** Without those that are like their baseline to the last digit, where there are many. */
function shownRows({ cells, unit }: MetricComparison, comparison: Comparison, { isWide }: Pick<ComparisonPrintOptions, 'isWide'>): readonly CellFigure[] {
  const textOf = (id: number | null) => cells.flatMap(({ cell, estimate }) => (cell === id ? [estimateText(estimate, unit)] : []))[0];
  const isSame = (figure: CellFigure) =>
    !isNews(figure) && figure.difference?.verdict === 'no difference shown' && textOf(figure.cell) === textOf(comparison.cells[figure.cell].baseline);
  const shown = cells.filter((figure) => !isSame(figure));
  return isWide || cells.length - shown.length < LEAST_FOLDED ? cells : shown;
}

interface ComparisonColumn {
  readonly column: Column;
  text(figure: CellFigure): string;
}

function tableOf(metric: MetricComparison, comparison: Comparison, names: Names, layout: Layout, { terminal, isWide }: ComparisonPrintOptions): string {
  const { unit } = metric;
  const cells = shownRows(metric, comparison, { isWide });
  const isPaired = layout.showsPairing && cells.some(({ difference }) => difference?.varianceRatio != null);
  const hasSeveral = comparison.cells.filter(({ baseline }) => baseline === null).length > 1;
  const against = ({ cell }: CellFigure) => (hasSeveral ? names.of(comparison.cells[cell].baseline as number) : '');
  const ofDifference = (column: Column, text: (difference: DifferenceResult, figure: CellFigure) => string, otherwise = ''): ComparisonColumn => ({
    column,
    text: (figure) => (figure.difference === undefined ? otherwise : text(figure.difference, figure)),
  });
  const p = (title: string, read: (difference: DifferenceResult) => number | null) => ofDifference(right(title), (difference) => pText(read(difference)));
  const differences = [
    ofDifference(right('DIFFERENCE'), (difference) => differenceText(difference, unit), 'baseline'),
    ...(isPaired ? [ofDifference(right('PAIRING'), ratioText)] : []),
    ofDifference(left('VERDICT'), (difference, figure) => verdictText(difference, against(figure), layout, terminal)),
    ...(isWide
      ? [
          ofDifference(right('ABSOLUTE'), ({ absolute }) => signedInterval(absolute, formatOf(unit))),
          p('P', ({ pValue }) => pValue),
          p('P (HOLM)', ({ pHolm }) => pHolm),
          p('P (PERMUTATION)', ({ pPermutation }) => pPermutation),
        ]
      : []),
  ];
  const columns: ComparisonColumn[] = [
    { column: left('CELL'), text: ({ cell }) => names.of(cell) },
    layout.showsIntervals
      ? { column: right('VALUE [95% CI]'), text: ({ estimate }) => estimateText(estimate, unit) }
      : { column: right('VALUE'), text: ({ estimate: { value } }) => estimateText({ value, noInterval: '' }, unit) },
    ...(cells.some(({ difference }) => difference !== undefined)
      ? differences
      : [{ column: right('REPLICATIONS'), text: ({ cell }: CellFigure) => formatNumber(comparison.cells[cell].replications) }]),
  ];
  return formatTable(
    columns.map(({ column }) => column),
    cells.map((figure) => columns.map(({ text }) => text(figure))),
    terminal.width,
    '  ',
  );
}

/** Why a difference cannot be told, once for each reason. */
function obstacleLines(cells: readonly CellFigure[], { width }: Terminal): string {
  const reasons = cells.flatMap(({ difference }) =>
    difference?.verdict === 'cannot be told' && 'noInterval' in difference.absolute ? [difference.absolute.noInterval] : [],
  );
  return [...new Set(reasons)].map((reason) => wrap(`cannot be told: ${printable(reason)}`, '  ', width)).join('');
}

export function estimateText(estimate: Estimate, unit: MetricComparison['unit']): string {
  if (unit === 'seconds') return estimate.value === 'inf' ? 'not ended' : durationWithInterval(estimate, 0);
  if (unit === 'bytes') return typeof estimate.value === 'number' ? formatSize(estimate.value) : '-';
  return unit === 'share' ? shareWithInterval(estimate) : numberWithInterval(estimate);
}

/** `−33.5% [−36, −31]`; in the unit of the metric where the baseline is near zero, and of shares and indices, which are relative already. */
export function differenceText({ absolute, relative }: DifferenceResult, unit: MetricComparison['unit']): string {
  if ((unit === 'seconds' || unit === 'bytes') && relative.value !== null) return signedInterval(relative, compactShare);
  return signedInterval(absolute, formatOf(unit));
}

function formatOf(unit: MetricComparison['unit']): (value: number) => string {
  if (unit === 'seconds') return compactSeconds;
  if (unit === 'bytes') return formatSize;
  return unit === 'share' ? (value) => compactShare(value).replace('%', ' points') : formatNumber;
}

/** Two digits: no more of a difference can be known. */
function signedInterval(interval: DifferenceResult['absolute'], format: (value: number) => string): string {
  const sign = (value: number) => (value === 0 ? '0' : `${value > 0 ? '+' : '−'}${format(Number(Math.abs(value).toPrecision(2)))}`);
  if (interval.value === null) return '-';
  if (!('low' in interval)) return sign(interval.value);
  const unit = / ?[a-zµ%]+$/.exec(sign(interval.value))?.[0] ?? '';
  const ends = [sign(interval.low), sign(interval.high)];
  const isSame = unit !== '' && ends.every((end) => end.endsWith(unit) && /[\d]$/.test(end.slice(0, -unit.length)));
  return `${sign(interval.value)} [${ends.map((end) => (isSame ? end.slice(0, -unit.length) : end)).join(', ')}]`;
}

/** `×12`: as many unpaired replications would be needed for the same width. */
function ratioText({ varianceRatio }: DifferenceResult): string {
  return varianceRatio === null ? '-' : `×${formatNumber(Number(varianceRatio.toPrecision(2)))}`;
}

function verdictText({ verdict, notCompared }: DifferenceResult, against: string, { isTerse }: Layout, { paint }: Terminal): string {
  if (notCompared !== undefined) return paint.bad(isTerse ? verdict : `${verdict}: ${notCompared}`);
  const word = isTerse && verdict === 'no difference shown' ? 'none shown' : verdict;
  const text = against === '' || verdict === 'cannot be told' ? word : `${word} (${against})`;
  if (verdict === 'better') return paint.good(text);
  return verdict === 'worse' ? paint.bad(text) : text;
}

function pText(value: number | null): string {
  return value === null ? '-' : value < 1e-4 ? '< 0.0001' : value.toFixed(4);
}

function selectionText(selection: Selection, comparison: Comparison, terminal: Terminal): string {
  const { metric, goal, confidence, indifference, best, survivors, replications } = selection;
  const { cells } = comparison;
  const label = (id: number) => printable(cells[id].label);
  const indented = (text: string) => wrap(text, '  ', terminal.width).trimEnd();
  const zone =
    indifference === null
      ? ''
      : ` by ${metric.startsWith('pod_load') || metric.startsWith('stickiness') || metric.startsWith('request_failed') ? formatNumber(indifference) : compactSeconds(indifference)} or more`;
  const claim = `chosen with probability ${compactShare(confidence)} or more when it leads${zone}, else one within that of it`;
  const first = `BEST by ${printable(metric)} (${goal})`;
  if (best !== null && selection.excluded.length === cells.length - 1) return `${first}: ${terminal.paint.good(label(best))}   all others fail more`;
  if (best !== null)
    return `${first}: ${terminal.paint.good(label(best))}   ${plural(replications, 'replication')}\n${indented(`${claim} (Kim and Nelson, first stage ${selection.firstStage})`)}`;
  const left = survivors.length < cells.length ? `; still in: ${survivors.map(label).join(', ')}` : '';
  return `${wrap(`${first}: undecided, ${printable(selection.undecided ?? '')}${left}`, '', terminal.width)}  compare --best goes on until it is decided`;
}

function notes(comparison: Comparison, { terminal, command }: ComparisonPrintOptions): string {
  const { comparisons, alpha, cells, notApplicable, scenario } = comparison;
  const unpaired = cells.filter(({ pairing }) => pairing !== null && !pairing.isPaired);
  const reasons = [...new Set(unpaired.map(({ pairing }) => pairing?.why))];
  const isAnyPaired = cells.some(({ pairing }) => pairing?.isPaired);
  const ratios = comparison.metrics.flatMap(({ cells: figures }) => figures.flatMap(({ difference }) => difference?.varianceRatio ?? []));
  const lines = [
    ...(comparisons > 0
      ? [
          `${plural(comparisons, 'difference')}: intervals hold together with ${compactShare(1 - alpha)} (Bonferroni, α ${formatNumber(alpha)} ÷ ${comparisons} each); the verdict is read from them`,
        ]
      : []),
    ...(isAnyPaired
      ? [
          `paired: ${cells.length > 2 && unpaired.length > 0 ? 'cells that met the same traffic' : 'the same traffic in each replication'}${pairingNote(ratios)}`,
        ]
      : []),
    ...(unpaired.length > 0
      ? [
          `NOT PAIRED (Welch), ${reasons.join('; ')}: ${unpaired.length === cells.length - 1 ? 'all' : unpaired.map(({ label }) => printable(label)).join(', ')}`,
        ]
      : []),
    ...failureNote(comparison),
    ...notApplicable.map(({ name, reason }) => `not compared  ${printable(name)}: ${printable(reason)}`),
  ];
  return [
    ...lines.map((line) => wrap(line, '', terminal.width).trimEnd()),
    terminal.paint.faint(`seed ${printable(scenario.seed)}   engine ${scenario.engine}   scenario ${scenario.hash.slice(0, 19)}`),
    ...(command === undefined ? [] : [terminal.paint.faint(`again: ${command}`)]), // whole, to be copied
  ].join('\n');
}

/** Why short durations of some cells count for nothing. */
function failureNote({ cells, metrics }: Comparison): string[] {
  const failing = cells.flatMap(({ label, failsMore }) =>
    failsMore === undefined
      ? []
      : [`${printable(label)} (${signedInterval(failsMore.difference, formatOf('share'))} against ${printable(cells[failsMore.than].label)})`],
  );
  const isLeftOut = metrics.some(({ cells: figures }) => figures.some(({ difference }) => difference?.notCompared !== undefined));
  if (failing.length === 0 && !isLeftOut) return [];
  return [`fails more: ${failing.join(', ')}${failing.length === 0 ? '' : '; '}refusals are fast, so shorter durations do not make it better or best`];
}

/** By what pairing narrows, over all differences; also where it did the opposite. */
function pairingNote(ratios: readonly number[]): string {
  if (ratios.length === 0) return '';
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => `×${formatNumber(Number(ratio.toPrecision(2)))}`);
  return `; PAIRING, variance unpaired ÷ paired: ${least === most ? least : `${least} to ${most}`}${least.startsWith('×0') ? ' (below ×1 it made it worse)' : ''}`;
}

/** A table a metric, as GitHub and GitLab draw them. */
export function comparisonMarkdown(comparison: Comparison): string {
  const cellText = (text: string) => printable(text).replaceAll('|', '\\|');
  const tables = comparison.metrics.map(({ metric, unit, goal, cells }) => {
    const rows = cells.map(({ cell, estimate, difference }) => {
      const verdict = difference === undefined ? (comparison.cells[cell].baseline === null ? 'baseline' : '') : difference.verdict;
      const marked = verdict === 'better' || verdict === 'worse' ? `**${verdict}**` : verdict;
      return `| ${[cellText(comparison.cells[cell].label), estimateText(estimate, unit), difference === undefined ? '' : differenceText(difference, unit), difference === undefined ? '' : ratioText(difference), marked].join(' | ')} |`;
    });
    return `### \`${metric}\`${BETTER[goal] === '' ? '' : ` (${BETTER[goal]})`}\n\n| cell | value [95 % CI] | difference | pairing | verdict |\n|---|--:|--:|--:|---|\n${rows.join('\n')}\n`;
  });
  const options = { terminal: PLAIN, isWide: false };
  const selection = comparison.selection === undefined ? [] : [`${selectionText(comparison.selection, comparison, PLAIN).replace(/\n\s+/g, '; ')}\n`];
  return [
    `## ${cellText(header(comparison))}\n`,
    ...tables,
    ...selection,
    `${notes(comparison, options)
      .split('\n')
      .map((line) => `- ${cellText(line)}`)
      .join('\n')}\n`,
  ].join('\n');
}

const same = (text: string) => text;
/** A stream without colours and without an end of the line. */
const PLAIN: Terminal = {
  width: Infinity,
  isErrorTty: false,
  paint: { good: same, bad: same, faint: same, strong: same },
  marks: { good: '✓', bad: '✗' },
  text: same,
};

const CSV_COLUMNS = [
  'metric',
  'unit',
  'goal',
  'cell',
  'label',
  'baseline',
  'replications',
  'value',
  'low',
  'high',
  'difference',
  'differenceLow',
  'differenceHigh',
  'relative',
  'relativeLow',
  'relativeHigh',
  'method',
  'verdict',
  'pValue',
  'pHolm',
  'pPermutation',
  'varianceRatio',
] as const;

/** RFC 4180, one row a metric and cell; what there is not is empty. */
export function comparisonCsv(comparison: Comparison): string {
  const ends = (interval: Estimate | DifferenceResult['absolute'] | undefined) =>
    interval === undefined ? ['', '', ''] : [interval.value ?? '', ...('low' in interval ? [interval.low, interval.high] : ['', ''])];
  const rows = comparison.metrics.flatMap(({ metric, unit, goal, cells }) =>
    cells.map(({ cell, estimate, difference }) => [
      metric,
      unit,
      goal,
      cell,
      comparison.cells[cell].label,
      comparison.cells[cell].baseline ?? '',
      comparison.cells[cell].replications,
      ...ends(estimate),
      ...ends(difference?.absolute),
      ...ends(difference?.relative),
      difference?.method ?? '',
      difference?.verdict ?? '',
      difference?.pValue ?? '',
      difference?.pHolm ?? '',
      difference?.pPermutation ?? '',
      difference?.varianceRatio ?? '',
    ]),
  );
  const field = (value: unknown) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return [CSV_COLUMNS, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}
