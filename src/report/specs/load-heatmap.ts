/**
 * Requests per second by pod and time, with the timeline's events: do new pods get load, and when?
 *
 * Cells without a request stay blank, so that a starved pod and a pod that was not there yet are seen at once.
 */
import type { SeriesResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { visible } from '../escape.ts';
import { formatNumber, plural } from '../format.ts';
import { areMeansMisleading, drawnServices, type Matrix, podTimeMatrix, sum } from '../tables.ts';
import { amountLegend, chart, eventLayers, eventNotes, NO_SERIES, timeAxis, timeChannel, values } from './parts.ts';

const TABLE_COLUMNS = 12;

export const loadHeatmap: Chart = {
  name: 'load-heatmap',
  title: 'Load by pod and time',
  question: 'When does each pod get its load?',
  draw(_result, cell) {
    const { series } = cell;
    if (series === undefined) return NO_SERIES;
    const drawings = drawnServices(cell).drawn.flatMap(([name, service]) => {
      const matrix = podTimeMatrix(name.split('/')[0], service, series);
      if (matrix === undefined) return [];
      const areMisleading = areMeansMisleading(service);
      const finding = areMisleading
        ? `Averaged over the runs; in each run another pod of ${visible(name)} is the busy one, which this map cannot show.`
        : describe(visible(name), matrix, series);
      return [
        {
          subject: visible(name),
          finding,
          notes: ['Blank: no request in that step. Pods in order of creation.', ...matrix.notes, ...eventNotes(series)],
          spec: loadHeatmapSpec(matrix, series, finding),
          table: heatTable(matrix, series),
        },
      ];
    });
    return drawings.length > 0 ? drawings : 'The series of this result holds no pod of a Service.';
  },
};

export function loadHeatmapSpec(matrix: Matrix & { readonly step: number }, series: SeriesResult, description: string) {
  const axis = timeAxis(series);
  const { perSecond } = axis.unit;
  const cells = matrix.values.flatMap((row, i) =>
    row.flatMap((load, j) => {
      const from = series.from + j * matrix.step;
      return load === 0
        ? []
        : [{ pod: matrix.rows[i], from: round(from * perSecond), to: round(Math.min(axis.to, from + matrix.step) * perSecond), load: round(load) }];
    }),
  );
  const most = Math.max(1e-9, ...matrix.values.flat());
  const line = matrix.rows.length <= 25 ? 20 : 12;
  return chart(description, Math.max(60, matrix.rows.length * line), [
    {
      data: values('cells', cells),
      mark: { type: 'rect', aria: false },
      encoding: {
        x: { ...timeChannel(axis, 'from'), bin: { binned: true } },
        x2: { field: 'to' },
        y: {
          field: 'pod',
          type: 'nominal',
          title: null,
          sort: null,
          scale: { domain: matrix.rows, padding: 0.08 },
          axis: { labelLimit: 180, ticks: false, domain: false },
        },
        color: { field: 'load', type: 'quantitative', title: 'requests per second', scale: { scheme: 'viridis', domain: [0, most] }, legend: amountLegend() },
        tooltip: [
          { field: 'pod', title: 'pod' },
          { field: 'from', title: `from [${axis.unit.name}]`, type: 'quantitative', format: '.3~f' },
          { field: 'load', title: 'requests per second', type: 'quantitative', format: '.3~r' },
        ],
      },
    },
    ...eventLayers(series, axis),
  ]);
}

function round(value: number): number {
  return Number(value.toPrecision(5));
}

function heatTable(matrix: Matrix & { readonly step: number }, series: SeriesResult) {
  const columns = matrix.values[0].length;
  const size = Math.ceil(columns / TABLE_COLUMNS);
  const { perSecond, name } = timeAxis(series).unit;
  const spans = Array.from({ length: Math.ceil(columns / size) }, (_, i) => [i * size, Math.min(columns, (i + 1) * size)] as const);
  return table(
    matrix.rows.map((pod, i) => ({ pod, values: matrix.values[i] })),
    {
      'pod (requests per second)': (row) => row.pod,
      ...Object.fromEntries(
        spans.map(([from, to]) => [
          `from ${round((series.from + from * matrix.step) * perSecond)} ${name}#`,
          (row: { readonly values: readonly number[] }) => formatNumber(sum(row.values.slice(from, to)) / (to - from)),
        ]),
      ),
    },
  );
}

/** Compares the last quarter of the window with the fair share. */
function describe(service: string, matrix: Matrix, series: SeriesResult): string {
  const columns = matrix.values[0].length;
  const late = matrix.values.map((row) => sum(row.slice(Math.floor(columns * 0.75))));
  const total = sum(late);
  if (total === 0) return `No pod of ${service} gets a request in the last quarter of the window.`;
  const fair = total / late.length;
  const starved = late.filter((load) => load < fair / 4).length;
  const after = series.events.length > 0 ? 'In the last quarter of the window, after the events, ' : 'In the last quarter of the window ';
  if (starved === 0) return `${after}every pod of ${service} gets at least a quarter of its fair share.`;
  return `${after}${plural(starved, 'pod')} of ${late.length} of ${service} ${starved === 1 ? 'gets' : 'get'} less than a quarter of the fair share.`;
}
