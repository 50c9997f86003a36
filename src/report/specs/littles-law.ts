/**
 * Little's law by pod: the time average of requests in the pod against arrival rate × time in the pod. A run that can be trusted
 * has every point on the line.
 *
 * The exact identity is tested inside each run (`checks`); the points are from published figures, whose requests arrive in the
 * window while the average is of the window's time, so that they may stray at the window's edges.
 */
import type { CellResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { formatNumber, formatShare } from '../format.ts';
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
    const finding = `${checksSentence(cell)} By published figures the pod furthest from the line is off by ${formatShare(Math.max(...rows.map(residual)))}.`;
    return [
      {
        subject: '',
        finding,
        notes: ['Points may stray from the line by requests that cross an edge of the window; the identity inside the run has no such edge.'],
        spec: littlesLawSpec(rows, finding),
        table: table(rows, {
          pod: (row) => row.pod,
          Service: (row) => row.service,
          'rate × time#': (row) => formatNumber(row.expected),
          'in the pod#': (row) => formatNumber(row.inSystem),
          'off by#': (row) => formatShare(residual(row)),
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
    title: 'arrival rate × mean time in the pod',
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

function residual({ expected, inSystem }: LittleRow): number {
  const larger = Math.max(expected, inSystem);
  return larger === 0 ? 0 : Math.abs(expected - inSystem) / larger;
}

function checksSentence(cell: CellResult): string {
  if (cell.checks.length === 0) return 'This result holds no checks.';
  const failed = cell.checks.filter((check) => !check.ok);
  const worst = Math.max(...cell.checks.map((check) => Math.abs(check.residual)));
  if (failed.length === 0) return `✓ All ${cell.checks.length} identities hold in every run (worst relative residual ${formatNumber(worst)}).`;
  return `✗ ${failed.length} of ${cell.checks.length} identities fail (worst relative residual ${formatNumber(worst)}): do not trust this run.`;
}
