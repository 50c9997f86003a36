/**
 * p50 and p99 of latency over simulated time, by intended arrival, from histograms merged over replications; events as rules.
 */
import type { SeriesResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { durationUnit, formatSeconds } from '../format.ts';
import { stepStarts } from '../tables.ts';
import { chart, eventLayers, eventNotes, NO_SERIES, seriesScales, timeAxis, timeChannel, values } from './parts.ts';

const QUANTILES = ['p50', 'p99'] as const;

export const latencyOverTime: Chart = {
  name: 'latency-over-time',
  title: 'Latency over time',
  question: 'When were requests slow?',
  draw(_result, { series }) {
    if (series === undefined) return NO_SERIES;
    if (!ended(series).length) return 'No request of the series ended, so there is no latency over time.';
    const finding = describe(series);
    const { unit } = timeAxis(series);
    return [
      {
        subject: '',
        finding,
        notes: ['A gap: no request of that step ended, or its percentile had not, or it is 0 s on a log axis.', ...eventNotes(series)],
        spec: latencyOverTimeSpec(series, finding),
        table: table(
          stepStarts(series, series.p50.length).map((at, i) => ({ at, p50: series.p50[i], p99: series.p99[i], offered: series.offered[i] })),
          {
            [`from [${unit.name}]#`]: (row) => String(Number((row.at * unit.perSecond).toFixed(3))),
            'requests#': (row) => String(Math.round(row.offered)),
            'p50#': (row) => (row.p50 === null ? 'none' : formatSeconds(row.p50)),
            'p99#': (row) => (row.p99 === null ? 'none' : formatSeconds(row.p99)),
          },
        ),
      },
    ];
  },
};

export function latencyOverTimeSpec(series: SeriesResult, description: string) {
  const all = ended(series);
  const longest = Math.max(...all);
  const shortest = Math.min(...all.filter((value) => value > 0));
  const logarithmic = longest / shortest > 100;
  const unit = durationUnit(longest);
  const axis = timeAxis(series);
  const rows = QUANTILES.flatMap((quantile) =>
    stepStarts(series, series.p50.length).map((at, i) => {
      const value = series[quantile][i];
      return {
        quantile,
        at: (at + series.step / 2) * axis.unit.perSecond,
        latency: value === null || (logarithmic && value <= 0) ? null : value * unit.perSecond,
      };
    }),
  );
  const scales = seriesScales(QUANTILES, 'bottom');
  const y = {
    field: 'latency',
    type: 'quantitative',
    title: `latency [${unit.name}]${logarithmic ? ', log scale' : ''}`,
    scale: logarithmic ? { type: 'log', nice: true } : { zero: true, nice: true },
    axis: { minExtent: 46 },
  };
  return chart(description, 240, [
    {
      data: values('latency', rows),
      mark: { type: 'line', strokeWidth: 2, point: false, tooltip: true, aria: false },
      encoding: {
        x: timeChannel(axis, 'at'),
        y,
        color: { field: 'quantile', type: 'nominal', ...scales.color },
        strokeDash: { field: 'quantile', type: 'nominal', ...scales.strokeDash },
        tooltip: [
          { field: 'quantile', title: 'percentile' },
          { field: 'at', title: `time [${axis.unit.name}]`, type: 'quantitative', format: '.3~f' },
          { field: 'latency', title: `latency [${unit.name}]`, type: 'quantitative', format: '.3~r' },
        ],
      },
    },
    ...eventLayers(series, axis),
  ]);
}

function ended(series: SeriesResult): number[] {
  return QUANTILES.flatMap((quantile) => series[quantile].filter((value): value is number => value !== null));
}

function describe(series: SeriesResult): string {
  const peak = series.p99.reduce<number>((best, value, i) => ((value ?? -1) > (series.p99[best] ?? -1) ? i : best), 0);
  const value = series.p99[peak];
  if (value === null) return 'No step has a 99th percentile that ended.';
  const sorted = series.p99.filter((p99): p99 is number => p99 !== null).sort((a, b) => a - b);
  return `p99 peaks at ${formatSeconds(value)} in the step from ${formatSeconds(series.from + peak * series.step)}; half of all steps stay below ${formatSeconds(sorted[Math.floor(sorted.length / 2)])}.`;
}
