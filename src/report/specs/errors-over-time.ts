/**
 * Share of client requests that failed, over simulated time by intended arrival; events as rules.
 */
import type { SeriesResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { formatNumber, formatSeconds, formatShare } from '../format.ts';
import { stepStarts, sum } from '../tables.ts';
import { chart, eventLayers, eventNotes, NO_SERIES, timeAxis, timeChannel, values } from './parts.ts';

export const errorsOverTime: Chart = {
  name: 'errors-over-time',
  title: 'Errors over time',
  question: 'When did requests fail?',
  draw(_result, { series, requests }) {
    if (series === undefined) return requests.failed === 0 ? 'No request failed in any replication.' : NO_SERIES;
    if (sum(series.failed) === 0) return 'No request failed in any replication.';
    const finding = describe(series);
    const { unit } = timeAxis(series);
    return [
      {
        subject: '',
        finding,
        notes: eventNotes(series),
        spec: errorsOverTimeSpec(series, finding),
        table: table(
          errorRows(series).filter((row) => row.failed > 0),
          {
            [`from [${unit.name}]#`]: (row) => String(Number((row.from * unit.perSecond).toFixed(3))),
            'requests#': (row) => formatNumber(row.offered),
            'failed#': (row) => formatNumber(row.failed),
            'share#': (row) => formatShare(row.share),
          },
        ),
      },
    ];
  },
};

export function errorsOverTimeSpec(series: SeriesResult, description: string) {
  const axis = timeAxis(series);
  const { perSecond, name } = axis.unit;
  const rows = errorRows(series).map((row) => ({
    from: row.from * perSecond,
    to: Math.min(axis.to, row.from + series.step) * perSecond,
    share: row.share * 100,
    failed: row.failed,
  }));
  return chart(description, 160, [
    {
      data: values('errors', rows),
      mark: { type: 'bar', style: 'failed', binSpacing: 0, aria: false },
      encoding: {
        x: { ...timeChannel(axis, 'from'), bin: { binned: true } },
        x2: { field: 'to' },
        y: { field: 'share', type: 'quantitative', title: 'failed [%]', axis: { minExtent: 46, tickCount: 5 } },
        tooltip: [
          { field: 'from', title: `from [${name}]`, type: 'quantitative', format: '.3~f' },
          { field: 'failed', title: 'failed per replication', type: 'quantitative', format: ',.3~r' },
          { field: 'share', title: 'failed [%]', type: 'quantitative', format: '.3~r' },
        ],
      },
    },
    ...eventLayers(series, axis),
  ]);
}

function errorRows(series: SeriesResult) {
  return stepStarts(series, series.failed.length).map((from, i) => ({
    from,
    offered: series.offered[i],
    failed: series.failed[i],
    share: series.offered[i] === 0 ? 0 : series.failed[i] / series.offered[i],
  }));
}

function describe(series: SeriesResult): string {
  const rows = errorRows(series);
  const worst = rows.reduce((a, b) => (b.share > a.share ? b : a));
  const steps = rows.filter((row) => row.failed > 0).length;
  return `Requests fail in ${steps} of ${rows.length} steps; worst is the step from ${formatSeconds(worst.from)}, where ${formatShare(worst.share)} fail.`;
}
