/**
 * Little's law by pod: the time average of requests in the pod against arrival rate × mean time of an attempt.
 *
 * The exact identity is tested inside each run (`checks`). The points are from published figures, which time an attempt from its
 * dispatch at the caller: a point lies right of the line by the requests that are on their way, and may stray by those that cross
 * an edge of the window.
 */
import type { CellResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { formatNumber } from '../format.ts';
import { type LittleRow, littleRows } from '../tables.ts';
import { MOST_SERIES } from '../theme.ts';
import { chart, seriesScales, values } from './parts.ts';

export const littlesLaw: Chart = {
  name: 'littles-law',
  title: "Can this run be trusted? Little's law",
  question: 'Does the simulation agree with what must hold in every queue?',
  draw(_result, cell) {
    const rows = littleRows(cell);
    if (rows.length === 0) return `No pod has the figures that Little's law compares. ${checksSentence(cell)}`;
    const finding = checksSentence(cell);
    return [
      {
        subject: '',
        finding,
        notes: [
          'An attempt is timed from its dispatch at the caller: a point lies right of the line by the requests that are on the way to the pod and back. It may stray by those that cross an edge of the window; the identity inside the run has neither.',
        ],
        spec: littlesLawSpec(rows, finding),
        table: table(rows, {
          pod: (row) => row.pod,
          Service: (row) => row.service,
          'rate × time#': (row) => formatNumber(row.expected),
          'in the pod#': (row) => formatNumber(row.inSystem),
          'on the way#': (row) => formatNumber(row.expected - row.inSystem),
        }),
      },
    ];
  },
};

export function littlesLawSpec(rows: readonly LittleRow[], description: string) {
  const most = Math.max(1e-9, ...rows.flatMap((row) => [row.expected, row.inSystem])) * 1.05;
  const x = {
    field: 'expected',
    type: 'quantitative',
    title: 'arrival rate × mean time of an attempt',
    scale: { domain: [0, most], nice: true },
    axis: { tickCount: 8, format: '~r' },
  };
  const y = {
    field: 'inSystem',
    type: 'quantitative',
    title: 'mean requests in the pod',
    scale: { domain: [0, most], nice: true },
    axis: { tickCount: 6, format: '~r' },
  };
  const services = [...new Set(rows.map((row) => row.service))];
  const { color, shape } = seriesScales(services, 'top');
  return chart(description, 300, [
    {
      data: values('line', [
        { expected: 0, inSystem: 0 },
        { expected: most, inSystem: most },
      ]),
      mark: { type: 'line', style: 'limit', aria: false },
      encoding: { x, y },
    },
    {
      data: values('pods', rows),
      mark: { type: 'point', size: 70, strokeWidth: 2, opacity: 1, aria: rows.length <= 60 },
      encoding: {
        x,
        y,
        ...(services.length > 1 && services.length <= MOST_SERIES
          ? { color: { field: 'service', type: 'nominal', ...color }, shape: { field: 'service', type: 'nominal', ...shape } }
          : {}),
        tooltip: [
          { field: 'pod', title: 'pod' },
          { field: 'service', title: 'Service' },
          { field: 'expected', title: 'rate × time', type: 'quantitative', format: '.4~r' },
          { field: 'inSystem', title: 'in the pod', type: 'quantitative', format: '.4~r' },
        ],
      },
    },
  ]);
}

function checksSentence(cell: CellResult): string {
  if (cell.checks.length === 0) return 'This result holds no checks.';
  const failed = cell.checks.filter((check) => !check.ok);
  const worst = Math.max(...cell.checks.map((check) => Math.abs(check.residual)));
  if (failed.length === 0) return `✓ All ${cell.checks.length} identities hold in every run (worst relative residual ${formatNumber(worst)}).`;
  return `✗ ${failed.length} of ${cell.checks.length} identities fail (worst relative residual ${formatNumber(worst)}): do not trust this run.`;
}
