/**
 * Ready pods of each workload whose number changes over simulated time; events as rules.
 */
import type { SeriesResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { visible } from '../escape.ts';
import { formatNumber, plural } from '../format.ts';
import { stepStarts } from '../tables.ts';
import { MOST_SERIES } from '../theme.ts';
import { chart, eventLayers, eventNotes, NO_SERIES, seriesScales, timeAxis, timeChannel, values } from './parts.ts';

export const replicasOverTime: Chart = {
  name: 'replicas-over-time',
  title: 'Ready pods over time',
  question: 'How many pods were there to take the load?',
  draw(_result, { series }) {
    if (series === undefined) return NO_SERIES;
    const changing = changingWorkloads(series);
    if (changing.length === 0) return 'The number of ready pods does not change in the measured window.';
    const finding = changing
      .slice(0, MOST_SERIES)
      .map((key) => describe(key, series))
      .join(' ');
    const { unit } = timeAxis(series);
    const rows = changing.flatMap((key) => changes(key, series));
    return [
      {
        subject: '',
        finding,
        notes: [...eventNotes(series), ...(changing.length > MOST_SERIES ? [`${MOST_SERIES} of ${changing.length} workloads that change.`] : [])],
        spec: replicasOverTimeSpec(series, changing.slice(0, MOST_SERIES), finding),
        table: table(rows, {
          workload: (row) => row.workload,
          [`from [${unit.name}]#`]: (row) => String(Number((row.at * unit.perSecond).toFixed(3))),
          'ready pods#': (row) => formatNumber(row.replicas),
        }),
      },
    ];
  },
};

export function replicasOverTimeSpec(series: SeriesResult, workloads: readonly string[], description: string) {
  const axis = timeAxis(series);
  const rows = workloads.flatMap((key) => {
    const { replicas } = series.workloads[key];
    const levels = [...replicas, replicas[replicas.length - 1]]; // the last level holds to the end of its step
    return stepStarts(series, levels.length).map((at, i) => ({ workload: visible(key), at: at * axis.unit.perSecond, replicas: levels[i] }));
  });
  const scales = seriesScales(workloads.map(visible), 'bottom');
  return chart(description, 160, [
    {
      data: values('replicas', rows),
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2.5, aria: false },
      encoding: {
        x: timeChannel(axis, 'at'),
        y: { field: 'replicas', type: 'quantitative', title: 'ready pods', scale: { zero: true }, axis: { minExtent: 46, tickMinStep: 1, tickCount: 5 } },
        color: { field: 'workload', type: 'nominal', ...scales.color },
        strokeDash: { field: 'workload', type: 'nominal', ...scales.strokeDash },
        tooltip: [
          { field: 'workload', title: 'workload' },
          { field: 'at', title: `time [${axis.unit.name}]`, type: 'quantitative', format: '.3~f' },
          { field: 'replicas', title: 'ready pods', type: 'quantitative', format: '.3~r' },
        ],
      },
    },
    ...eventLayers(series, axis),
  ]);
}

function changingWorkloads(series: SeriesResult): string[] {
  return Object.entries(series.workloads)
    .filter(([, { replicas }]) => replicas.some((count) => count !== replicas[0]))
    .map(([key]) => key);
}

/** The steps in which the number changes, the first included. */
function changes(key: string, series: SeriesResult) {
  const { replicas } = series.workloads[key];
  return stepStarts(series, replicas.length)
    .map((at, i) => ({ workload: visible(key), at, replicas: replicas[i], changed: i === 0 || replicas[i] !== replicas[i - 1] }))
    .filter((row) => row.changed);
}

function describe(key: string, series: SeriesResult): string {
  const { replicas } = series.workloads[key];
  const [first, last] = [replicas[0], replicas[replicas.length - 1]];
  return `${visible(key)} begins with ${plural(first, 'ready pod')} and ends with ${formatNumber(last)} (between ${formatNumber(Math.min(...replicas))} and ${formatNumber(Math.max(...replicas))}).`;
}
