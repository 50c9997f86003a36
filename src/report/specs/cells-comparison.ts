/**
 * The cells of a sweep beside each other, one figure a drawing: point and 95 % interval; a cross marks cells that fail a threshold.
 *
 * Says in words whether a difference is real. Two 95 % intervals that do not overlap are a stricter test than one of the difference at
 * 5 %, so that a difference called real is one; where they overlap there may still be one.
 */
import type { CellResult, Estimate, Result } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { durationUnit, formatEstimate, formatNumber, formatSeconds, formatShare } from '../format.ts';
import { type ComparisonRow, comparisonRows, drawnServices } from '../tables.ts';
import { chart, symbolLegend, values } from './parts.ts';

const MOST_CELLS = 40;
const LINE = 14;
const GAP = 12;

const VERDICTS = { passed: 'thresholds hold', failed: 'a threshold fails', inconclusive: 'undecided', none: 'no thresholds' } as const;
const SHAPES: Readonly<Record<string, string>> = {
  [VERDICTS.passed]: 'circle',
  [VERDICTS.failed]: 'M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z',
  [VERDICTS.inconclusive]: 'triangle-up',
  [VERDICTS.none]: 'diamond',
};

interface Figure {
  readonly title: string;
  readonly unit: 'duration' | 'share' | 'number';
  read(cell: CellResult): Estimate | undefined;
}

export const cellsComparison: Chart = {
  name: 'cells-comparison',
  title: 'Comparison of cells',
  question: 'Which setting is better, and is the difference real?',
  draw(result) {
    if (result.cells.length < 2) return 'One cell: there is nothing to compare. A sweep with axes gives several.';
    return figures(result).flatMap((figure) => {
      const rows = comparisonRows(result, (cell) => figure.read(cell));
      const drawn = rows.filter((row) => typeof row.estimate.value === 'number');
      if (drawn.length === 0) return [];
      const format = FORMATS[figure.unit];
      const finding = describe(drawn, format);
      return [
        {
          subject: figure.title,
          finding,
          notes: [
            'Rules are 95 % intervals over replications. All cells meet the same traffic. Where two intervals overlap, no difference is shown; if there is a small one, more replications may show it.',
            ...(drawn.length < rows.length ? ['Cells whose figure had not ended or had no observation are in the table only.'] : []),
            ...(drawn.length > MOST_CELLS ? [`The first ${MOST_CELLS} of ${drawn.length} cells.`] : []),
          ],
          spec: cellsComparisonSpec(drawn.slice(0, MOST_CELLS), figure, `${figure.title}: ${finding}`),
          table: table(rows, {
            'N#': (row) => String(row.cell),
            cell: (row) => row.label,
            [`${figure.title}#`]: (row) => formatEstimate(row.estimate, format),
            [`against cell ${rows[0].cell}`]: (row) => (row === rows[0] ? '' : against(rows[0].estimate, row.estimate)),
            thresholds: (row) => VERDICTS[row.state],
          }),
        },
      ];
    });
  },
};

const FORMATS = { duration: formatSeconds, share: formatShare, number: formatNumber };

/** What is compared: tail, failures, and evenness at the Service with most pods. */
function figures(result: Result): Figure[] {
  const service = drawnServices(result.cells[0]).drawn[0]?.[0];
  return [
    { title: 'p99 latency', unit: 'duration', read: (cell) => cell.metrics.request_duration?.p99 },
    { title: 'failed requests', unit: 'share', read: (cell) => cell.metrics.request_failed?.rate },
    ...(service === undefined
      ? []
      : [{ title: 'evenness of load (Jain)', unit: 'number' as const, read: (cell: CellResult) => cell.services[service]?.load.jain }]),
  ];
}

export function cellsComparisonSpec(rows: readonly ComparisonRow[], figure: Pick<Figure, 'title' | 'unit'>, description: string) {
  const unit = axisUnit(rows, figure.unit);
  const shown = rows.map(({ label, estimate, state }) => ({
    label,
    value: (estimate.value as number) * unit.factor,
    verdict: VERDICTS[state],
    ...('noInterval' in estimate ? {} : { low: estimate.low * unit.factor, high: estimate.high * unit.factor }),
  }));
  const lines = Math.max(...rows.map((row) => row.label.split(', ').length)); // one line of the label per axis
  const verdicts = Object.keys(SHAPES).filter((verdict) => shown.some((row) => row.verdict === verdict));
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { domain: rows.map((row) => row.label), padding: 0.5 },
    axis: { labelLimit: 240, labelExpr: "split(datum.label, ', ')", ticks: false, domain: false, grid: true, labelPadding: 10 },
  };
  const isNothing = shown.every((row) => row.value === 0 && (row.high ?? 0) === 0);
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: `${figure.title}${unit.name}`,
    scale: isNothing ? { domain: [0, 1] } : { zero: true, nice: true }, // an axis from 0 to 0 has no ticks that can be read
    axis: { tickCount: 8 },
  });
  const legend = verdicts[0] === VERDICTS.none ? null : symbolLegend(verdicts, 'top');
  return chart(description, Math.max(60, rows.length * (lines * LINE + GAP)), [
    {
      data: values(
        'intervals',
        shown.filter((row) => 'low' in row),
      ),
      mark: { type: 'rule', style: 'interval', strokeWidth: 2, aria: false },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    {
      data: values('cells', shown),
      mark: { type: 'point', filled: true, size: 110, opacity: 1 },
      encoding: {
        y,
        x: x('value'),
        shape: { field: 'verdict', type: 'nominal', scale: { domain: verdicts, range: verdicts.map((verdict) => SHAPES[verdict]) }, legend },
        color: { field: 'verdict', type: 'nominal', scale: { domain: verdicts }, legend },
        tooltip: [
          { field: 'label', title: 'cell' },
          { field: 'value', title: `${figure.title}${unit.name}`, type: 'quantitative', format: '.3~r' },
          { field: 'verdict', title: 'verdict' },
        ],
      },
    },
  ]);
}

function axisUnit(rows: readonly ComparisonRow[], unit: Figure['unit']): { readonly name: string; readonly factor: number } {
  if (unit === 'share') return { name: ' [%]', factor: 100 };
  if (unit === 'number') return { name: '', factor: 1 };
  const { name, perSecond } = durationUnit(Math.max(...rows.map((row) => ('high' in row.estimate ? row.estimate.high : (row.estimate.value as number)))));
  return { name: ` [${name}]`, factor: perSecond };
}

/** The least and the most, and in words whether their difference is real. */
function describe(rows: readonly ComparisonRow[], format: (value: number) => string): string {
  const [least, most] = [
    rows.reduce((a, b) => ((b.estimate.value as number) < (a.estimate.value as number) ? b : a)),
    rows.reduce((a, b) => ((b.estimate.value as number) > (a.estimate.value as number) ? b : a)),
  ];
  const [low, high] = [format(least.estimate.value as number), format(most.estimate.value as number)];
  if (least.estimate.value === most.estimate.value) return `${low} in ${rows.length === 2 ? 'both cells' : 'every cell'}.`;
  const range =
    low === high ? `About ${low} in ${rows.length === 2 ? 'both cells' : 'every cell'}` : `From ${low} with ${least.label} to ${high} with ${most.label}`;
  return `${range}: ${DIFFERENCES[difference(least.estimate, most.estimate)]}`;
}

const DIFFERENCES = {
  lower: 'a real difference, since their intervals do not overlap.',
  higher: 'a real difference, since their intervals do not overlap.',
  none: 'no difference shown, since their intervals overlap.',
  unknown: 'no interval for both, so whether the difference is real cannot be said.',
} as const;

/** Of `other` against `base`, as far as 95 % intervals tell. */
function difference(base: Estimate, other: Estimate): keyof typeof DIFFERENCES {
  if ('noInterval' in base || 'noInterval' in other) return 'unknown';
  if (other.high < base.low) return 'lower';
  return other.low > base.high ? 'higher' : 'none';
}

function against(base: Estimate, other: Estimate): string {
  const found = difference(base, other);
  return { lower: 'lower', higher: 'higher', none: 'no difference shown', unknown: 'cannot be said' }[found];
}
