/**
 * Load per pod: each pod's share of its Service's requests with its 95 % interval, beside the fair share.
 *
 * Bars start at zero and stand in order of creation. More pods than can be told apart become a distribution.
 */
import type { ServiceResult } from '../../experiments/result.ts';
import { type Chart, type Drawing, table } from '../chart.ts';
import { visible } from '../escape.ts';
import { formatEstimate, formatNumber, formatShare, plural } from '../format.ts';
import { areMeansMisleading, doRanksDiffer, drawnServices, finite, type PodRow, podRows, rankRows } from '../tables.ts';
import { chart, values } from './parts.ts';

const MOST_BARS = 40;
const BINS = 24;
const LINE = 22;
/** Ranks that a note lists. */
const MOST_RANKS = 8;

export const loadPerPod: Chart = {
  name: 'load-per-pod',
  title: 'Load per pod',
  question: 'Which pod gets how much?',
  draw(_result, cell) {
    const { drawn, left } = drawnServices(cell);
    if (drawn.length === 0) return 'No Service had a pod that took requests, so there is no load to draw.';
    return drawn.flatMap(([name, service], i) => [
      ...(areMeansMisleading(service) ? [rankDrawing(name, service)] : []),
      drawing(name, service, i === drawn.length - 1 ? left : 0),
    ]);
  },
};

/** What a run looked like, where the means by pod do not tell. */
function rankDrawing(name: string, service: ServiceResult): Drawing {
  const rows = rankRows(service);
  const { jain, busiestShare } = service.load;
  const pods = Object.keys(service.pods).length;
  const finding = `In each run one pod takes ${formatEstimate(busiestShare, formatShare)} of the requests of ${visible(name)} where the fair share is ${formatShare(1 / pods)}, another pod each time; Jain's index of evenness is ${formatEstimate(jain, formatNumber)}.`;
  return {
    subject: `${visible(name)}, busiest pod first`,
    finding,
    notes: [
      'The pods of each run in order of their load, then averaged by rank. Rules are 95 % intervals, the dashed line is the fair share.',
      ...(pods > rows.length ? [`The ${rows.length} busiest of ${pods} pods.`] : []),
    ],
    spec: loadPerPodSpec(rows, finding, 1 / pods),
    table: table(rows, {
      rank: (row) => row.pod,
      'share#': (row) => formatEstimate(service.load.byRank[rows.indexOf(row)], formatShare),
      'requests#': (row) => formatNumber(row.requests),
    }),
  };
}

function drawing(name: string, service: ServiceResult, left: number): Drawing {
  const rows = podRows(service);
  const finding = areMeansMisleading(service)
    ? `Averaged over the runs, each pod of ${visible(name)} takes its turn at being busy.`
    : describe(name, service, rows);
  const many = rows.length > MOST_BARS;
  return {
    subject: visible(name),
    finding,
    notes: [
      ...(areMeansMisleading(service)
        ? ['Means of all runs: another pod is the busy one in each, so that single runs are less even than this.']
        : rankNote(service)),
      ...(many
        ? [`${rows.length} pods: drawn as a distribution, each bar the number of pods in that range.`]
        : [
            'Bars are means over replications, rules their 95 % intervals. The dashed line is the fair share, equal for all pods; a pod that was there only part of the time gets less without being starved.',
          ]),
      ...(left > 0 ? [`${plural(left, 'more Service')} with fewer pods or less traffic: see results.json.`] : []),
    ],
    spec: many ? loadDistributionSpec(rows, finding) : loadPerPodSpec(rows, finding),
    table: table(many ? [...rows].sort((a, b) => b.share - a.share) : rows, {
      pod: (row) => row.pod,
      node: (row) => row.node,
      'share#': (row) => formatEstimate(service.pods[row.pod]?.share ?? { value: row.share, noInterval: '' }, formatShare),
      'requests#': (row) => formatNumber(row.requests),
      'utilization#': (row) => (row.utilization === null ? 'no observation' : formatShare(row.utilization)),
    }),
  };
}

/** Shares by rank, where the busiest pod of a run is noticeably busier than the busiest bar. */
function rankNote(service: ServiceResult): string[] {
  if (!doRanksDiffer(service)) return [];
  const ranks = service.load.byRank.slice(0, MOST_RANKS).map((share) => formatShare(finite(share.value)));
  const rest = Object.keys(service.pods).length > MOST_RANKS ? ', the others less' : '';
  return [`Not the same pod is the busiest in each run. By rank within each run, busiest first: ${ranks.join(', ')}${rest}.`];
}

/** @param fairShare of one pod */
export function loadPerPodSpec(rows: readonly PodRow[], description: string, fairShare = 1 / rows.length) {
  const shown = rows.map((row) => ({
    ...row,
    share: row.share * 100,
    low: percent(row.low),
    high: percent(row.high),
    text: formatShare(row.share),
    end: (row.high ?? row.share) * 100,
  }));
  const domain = rows.map((row) => row.label);
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: null,
    scale: { domain, paddingInner: 0.3, paddingOuter: 0.2 },
    axis: { labelLimit: 200, ticks: false, domain: false },
  };
  const fair = 100 * fairShare;
  const x = (field: string) => ({
    field,
    type: 'quantitative',
    title: "share of the Service's requests [%]",
    scale: { domain: [0, Math.max(fair, ...shown.map((row) => row.end)) * 1.12], nice: false },
    axis: { tickCount: 8 },
  });
  const data = values('pods', shown);
  return chart(description, Math.max(60, rows.length * LINE), [
    {
      data,
      mark: { type: 'bar' },
      encoding: {
        y,
        x: x('share'),
        tooltip: [
          { field: 'pod', title: 'pod' },
          { field: 'node', title: 'node' },
          { field: 'text', title: 'share' },
          { field: 'requests', title: 'requests per replication', format: ',.0f' },
        ],
      },
    },
    {
      data: values(
        'intervals',
        shown.filter((row) => row.low !== undefined),
      ),
      mark: { type: 'rule', style: 'interval', aria: false },
      encoding: { y, x: x('low'), x2: { field: 'high' } },
    },
    { data: values('fair', [{ fair }]), mark: { type: 'rule', style: 'limit', aria: false }, encoding: { x: x('fair') } },
    { data: values('texts', shown), mark: { type: 'text', align: 'left', dx: 6, aria: false }, encoding: { y, x: x('end'), text: { field: 'text' } } },
  ]);
}

/** Number of pods by share, for Services with very many pods. */
export function loadDistributionSpec(rows: readonly PodRow[], description: string) {
  const width = (Math.max(...rows.map((row) => row.share)) || 1) / BINS;
  const bins = Array.from({ length: BINS }, (_, i) => ({
    from: i * width * 100,
    to: (i + 1) * width * 100,
    pods: rows.filter((row) => Math.min(BINS - 1, Math.floor(row.share / width)) === i).length,
  }));
  const x = { field: 'from', type: 'quantitative', bin: { binned: true }, title: "share of the Service's requests [%]" };
  return chart(description, 260, [
    {
      data: values('bins', bins),
      mark: { type: 'bar' },
      encoding: {
        x,
        x2: { field: 'to' },
        y: { field: 'pods', type: 'quantitative', title: 'number of pods', axis: { tickMinStep: 1 } },
        tooltip: ['from', 'to', 'pods'].map((field) => ({ field, type: 'quantitative', format: '.3~r' })),
      },
    },
    {
      data: values('fair', [{ fair: 100 / rows.length }]),
      mark: { type: 'rule', style: 'limit', aria: false },
      encoding: { x: { field: 'fair', type: 'quantitative' } },
    },
  ]);
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : share * 100;
}

function describe(name: string, service: ServiceResult, rows: readonly PodRow[]): string {
  if (rows.length === 1) return `${visible(name)} has one pod, which takes all its requests.`;
  const busiest = rows.reduce((a, b) => (b.share > a.share ? b : a));
  const idle = rows.filter((row) => row.share === 0).length;
  const idlePart = idle === 0 ? '' : ` ${plural(idle, 'pod')} of ${rows.length} took no request.`;
  return `${busiest.pod} takes ${formatShare(busiest.share)} of the requests of ${visible(name)} where the fair share is ${formatShare(1 / rows.length)}; Jain's index of evenness is ${formatEstimate(service.load.jain, formatNumber)}.${idlePart}`;
}
