/**
 * What stands below the charts: offered load, outcomes, what was not modelled, assumptions, method.
 */
import type { CellResult, OfferedLoadRow, Result } from '../experiments/result.ts';
import { escapeHtml } from './escape.ts';
import { formatEstimate, formatNumber, formatSeconds, formatShare, plural } from './format.ts';
import { columns, dataTable } from './markup.ts';
import { busyTables, sum } from './tables.ts';
import { type AssumptionRow, assumptionRows } from './verdict.ts';

/** Ids and titles, in the order of the page. */
export const SECTION_LINKS: readonly (readonly [string, string])[] = [
  ['offered-load', 'Offered load'],
  ['outcomes', 'Outcomes'],
  ['not-modelled', 'What was not modelled'],
  ['assumptions', 'Assumptions'],
  ['method', 'Method'],
];

export function sections(result: Result, cell: CellResult): string {
  const bodies = [offeredLoad(cell.offeredLoad), outcomes(cell), notModelled(result), assumptions(assumptionRows(result)), method(cell)];
  return SECTION_LINKS.map(([id, title], i) => `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${bodies[i]}</section>`).join('\n');
}

/** What each workload is asked to do, from the scenario alone. */
function offeredLoad(rows: readonly OfferedLoadRow[]): string {
  if (rows.length === 0) return '<p>No workload is offered requests.</p>';
  const isHeld = rows.some((row) => row.heldLoad > row.load && !row.isProxy);
  const body = [...rows]
    .sort((a, b) => b.heldLoad - a.heldLoad || (a.workload < b.workload ? -1 : 1))
    .map((row) => [
      row.workload,
      formatNumber(row.rate),
      formatSeconds(row.meanService),
      ...(row.isProxy
        ? [`${formatNumber(row.pods)}, proxy`, '-', '-', ...(isHeld ? ['-'] : [])]
        : [
            `${formatNumber(row.pods)} × ${formatNumber(row.slots)}`,
            formatNumber(row.capacity),
            marked(row.load),
            ...(isHeld ? [row.heldLoad > row.load ? marked(row.heldLoad) : 'same'] : []),
          ]),
    ]);
  const held = isHeld ? ' Load held counts a slot also while it waits for the calls of its request; it decides the capacity.' : '';
  const heads = columns('workload', 'requests/s#', 'mean service#', 'pods × slots#', 'capacity [/s]#', 'load#', ...(isHeld ? ['load held#'] : []));
  return `<p class="muted">Load is rate × mean service ÷ slots of all pods, before running. At 1 or more a queue cannot keep up.${held}</p>${dataTable({ columns: heads, rows: body }, 'Offered load by workload')}`;
}

function marked(load: number): string {
  return `${formatNumber(load)}${load >= 1 ? ' saturated' : ''}`;
}

/** How everything that began ended, summed over replications. */
function outcomes(cell: CellResult): string {
  const { requests, attempts, calls, connections } = cell;
  const unanswered = Object.entries(cell.services).flatMap(([name, service]) =>
    Object.entries(service.unanswered).map(([reason, count]): OutcomeRow => [`attempts at ${name} without a pod`, reason, count]),
  );
  const rows: OutcomeRow[] = [
    ...level('client requests', requests.byOutcome, requests.inFlight),
    ...level('attempts', attempts.byOutcome, attempts.inFlight),
    ...level('calls between services', calls.byOutcome, calls.inFlight),
    ...unanswered,
    ...Object.entries(connections.closed).map(([reason, count]): OutcomeRow => ['connections', `closed: ${reason}`, count]),
    ['connections', 'open at the end', connections.open],
    ['connections', 'refused', connections.refused],
    ['connections', 'timed out', connections.timedOut],
    ...Object.entries(connections.brokenBy).map(([hop, count]): OutcomeRow => ['connections broken', `by ${hop}`, count]),
  ];
  const total = (what: string) => sum(rows.filter((row) => row[0] === what).map((row) => row[2]));
  const body = rows.filter(([, , count]) => count > 0).map(([what, outcome, count]) => [what, outcome, formatNumber(count), formatShare(count / total(what))]);
  return `<p class="muted">Summed over ${plural(cell.replications, 'replication')}.</p>${dataTable({ columns: columns('what', 'outcome', 'count#', 'share#'), rows: body }, 'Outcomes')}${conntrack(cell)}`;
}

/** Tables of connections that were nearly full, or are. */
function conntrack({ nodes }: CellResult): string {
  const rows = busyTables(nodes).map(
    ([
      name,
      {
        conntrack: { peak, limit, dropped },
        snat,
      },
    ]) => [
      name,
      formatEstimate(peak, formatNumber),
      formatNumber(limit),
      formatEstimate(dropped, formatNumber),
      formatEstimate(snat.peak, formatNumber),
      formatEstimate(snat.dropped, formatNumber),
    ],
  );
  if (rows.length === 0) return '';
  const heads = columns(
    'node',
    'most flows at once#',
    'limit#',
    'new flows dropped per replication#',
    'most source ports towards a pod#',
    'connections without a port#',
  );
  return `<h3>Connection tracking</h3>${dataTable({ columns: heads, rows }, 'Connection tracking by node')}`;
}

/** Level, outcome, count. */
type OutcomeRow = [string, string, number];

function level(what: string, byOutcome: Readonly<Record<string, number>>, inFlight: number): OutcomeRow[] {
  return [...Object.entries(byOutcome).map(([outcome, count]): OutcomeRow => [what, outcome, count]), [what, 'not ended', inFlight]];
}

export function notModelled(result: Pick<Result, 'notModelled'>): string {
  const { couldMatter, noEffect } = result.notModelled;
  const none = '<p>Nothing in the manifests that could change the result was left out.</p>';
  const list = dataTable(
    { columns: columns('where', 'what'), rows: couldMatter.map((row) => [row.where, row.what]) },
    'Fields that are not modelled and could change the result',
  );
  const some = `<p>These fields of the manifests could change the result and were ignored.</p>${list}`;
  return `${couldMatter.length === 0 ? none : some}<p class="muted">${plural(noEffect.count, 'further field')} without effect on traffic.</p>`;
}

export function assumptions(rows: readonly AssumptionRow[]): string {
  if (rows.length === 0) return '<p>None: every value that can move the result was given.</p>';
  return dataTable({ columns: columns('what', 'assumed', 'why'), rows: rows.map((row) => [row.what, row.value, row.why]) }, 'All assumptions');
}

function method(cell: CellResult): string {
  const facts: readonly [string, string][] = [
    [
      'Requests measured',
      `Client requests whose intended arrival lies from ${formatSeconds(cell.window.from)} to ${formatSeconds(cell.window.to)}; the first ${formatSeconds(cell.warmup.cut)} are warm-up. A request that had not ended when the run stopped counts as infinitely slow.`,
    ],
    ['Latency', 'From the intended arrival to the last byte or the known failure, every outcome, so that waiting for a connection counts.'],
    [
      'Intervals',
      `At 95 %, over ${plural(cell.replications, 'replication')} with streams of chance of their own. A quantile has one only if each replication holds at least 200 observations above it; a maximum never has one.`,
    ],
    [
      'Load',
      "Attempts that reach a pod. Jain's index is 1 when all pods of the Service get the same and 1/n when one of n gets all; it is taken in each replication and then averaged.",
    ],
    ['Stickiness', "The share of a client's next requests that meet the pod of its last one, beside the share that chance alone would give."],
    ['Over time', 'Means per replication in each step, by intended arrival; percentiles of a step are of the histogram merged over replications.'],
  ];
  return `<div class="card"><dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl></div>`;
}

/** Identities of every run, and closed forms beside simulated figures. */
export function checks(cell: CellResult): string {
  const rows = cell.checks.map((check) => [check.ok ? '✓ holds' : '✗ fails', check.name, formatNumber(check.residual)]);
  const theory = cell.theory.map((row) => [
    row.workload,
    `${row.model}: ${row.why}`,
    row.metric,
    asMetric(row.metric, row.theory),
    formatEstimate(row.simulated, (value) => asMetric(row.metric, value)),
  ]);
  return [
    rows.length === 0
      ? ''
      : `<details><summary>All ${rows.length} identities</summary>${dataTable({ columns: columns('verdict', 'identity', 'worst relative residual#'), rows }, 'Identities that hold in every run')}</details>`,
    theory.length === 0
      ? ''
      : `<h3>Beside the theory</h3>${dataTable({ columns: columns('workload', 'closed form', 'metric', 'theory#', 'simulated#'), rows: theory }, 'Closed forms beside simulated figures')}`,
  ].join('');
}

/** Durations of closed forms are seconds; shares, counts and probabilities are plain. */
function asMetric(metric: string, value: number): string {
  return /duration|wait/.test(metric) && !/positive|probability/.test(metric) ? formatSeconds(value) : formatNumber(value);
}
