/**
 * Stickiness: which pods answer each group of clients. Affinity shows as one bright cell a row, an even spread as one tone.
 *
 * Colour is the share of the group's requests, so that large and small groups compare; the table has the counts.
 */
import type { ServiceResult } from '../../experiments/result.ts';
import { type Chart, table } from '../chart.ts';
import { visible } from '../escape.ts';
import { formatEstimate, formatNumber, formatShare } from '../format.ts';
import { drawnServices, type Matrix, stickinessMatrix, sum } from '../tables.ts';
import { amountLegend, chart, values } from './parts.ts';

/** Columns of the table under the chart. */
const TABLE_PODS = 20;

export const stickinessMap: Chart = {
  name: 'stickiness-map',
  title: 'Stickiness: client group and pod',
  question: 'Do clients meet the same pod again?',
  draw(_result, cell) {
    const drawings = drawnServices(cell).drawn.flatMap(([name, service]) => {
      const matrix = stickinessMatrix(service);
      if (matrix.rows.length === 0 || matrix.columns.length === 0) return [];
      const finding = describe(visible(name), service);
      const pods = matrix.columns.slice(0, TABLE_PODS);
      const cut = matrix.columns.length > TABLE_PODS ? { cut: `The first ${TABLE_PODS} of ${matrix.columns.length} pods; all are in results.json.` } : {};
      const rows = matrix.rows.map((group, i) => ({ group, requests: matrix.values[i] }));
      const columns = Object.fromEntries(pods.map((pod, j) => [`${pod}#`, (row: (typeof rows)[number]) => formatNumber(row.requests[j])]));
      return [
        {
          subject: visible(name),
          finding,
          notes: [
            'A line is a client group and adds up to 100 %. Blank: no request.',
            ...meansOverRuns(cell.replications),
            ...breaks(service),
            ...matrix.notes,
          ],
          spec: stickinessMapSpec(matrix, finding),
          table: { ...table(rows, { 'client group': (row) => row.group, ...columns }), ...cut },
        },
      ];
    });
    return drawings.length > 0 ? drawings : 'No Service had a pod that took requests, or the result does not say which clients met which pods.';
  },
};

export function stickinessMapSpec(matrix: Matrix, description: string) {
  const cells = matrix.values.flatMap((row, i) => {
    const total = sum(row);
    return row.flatMap((requests, j) => (requests === 0 ? [] : [{ group: matrix.rows[i], pod: matrix.columns[j], requests, share: (requests / total) * 100 }]));
  });
  const line = matrix.rows.length <= 25 ? 22 : 13;
  return chart(description, Math.max(60, matrix.rows.length * line), [
    {
      data: values('cells', cells),
      mark: { type: 'rect', aria: false },
      encoding: {
        x: {
          field: 'pod',
          type: 'nominal',
          title: 'pod',
          sort: null,
          scale: { domain: matrix.columns, padding: 0.06 },
          axis: { labelAngle: -40, labelLimit: 170, labelOverlap: true, ticks: false },
        },
        y: {
          field: 'group',
          type: 'nominal',
          title: null, // stands in the notes: beside labels this long there is no room
          sort: null,
          scale: { domain: matrix.rows, padding: 0.06 },
          axis: { labelLimit: { expr: 'max(120, width * 0.4)' }, ticks: false },
        },
        color: {
          field: 'share',
          type: 'quantitative',
          title: "share of the group's requests [%]",
          scale: { scheme: 'viridis', domain: [0, 100] },
          legend: amountLegend(),
        },
        tooltip: [
          { field: 'group', title: 'client group' },
          { field: 'pod', title: 'pod' },
          { field: 'share', title: "share of the group's requests [%]", type: 'quantitative', format: '.3~r' },
          { field: 'requests', title: 'requests per replication', type: 'quantitative', format: ',.3~r' },
        ],
      },
    },
  ]);
}

function describe(name: string, service: ServiceResult): string {
  const { samePod, chance, podsPerKey } = service.stickiness.byRequest;
  if (samePod.value === null) return `No client of ${name} sent a second request, so stickiness has no figure.`;
  return `At ${name}, ${formatEstimate(samePod, formatShare)} of requests meet the pod of the client's last one; chance alone would give ${formatEstimate(chance, formatShare)}. Pods that a client meets: ${formatEstimate(podsPerKey, formatNumber)}.`;
}

/** One bright cell a row can only be seen if the same pod is met in every replication. */
function meansOverRuns(replications: number): string[] {
  return replications > 1 ? [`Means of ${replications} replications: a client that keeps to one pod in each may keep to another one in the next.`] : [];
}

function breaks(service: ServiceResult): string[] {
  const reasons = Object.entries(service.stickiness.byRequest.breaks).filter(([, count]) => count > 0);
  return reasons.length === 0
    ? []
    : [`Breaks of promised affinity: ${reasons.map(([reason, count]) => `${visible(reason)} ${formatNumber(count)}`).join(', ')}.`];
}
