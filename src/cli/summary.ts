/** What stderr says before anything is simulated: the size of the study, the load offered, what was assumed and what is not modelled. */
import { printable } from '../errors.ts';
import { ENGINE_VERSION } from '../experiments/engine-version.ts';
import { isSaturated } from '../experiments/merge.ts';
import type { Plan } from '../experiments/plan.ts';
import type { OfferedLoadRow, Result } from '../experiments/result.ts';
import { formatNumber, plural } from '../report/format.ts';
import { compactSeconds, compactShare } from './figures.ts';
import { type Column, formatTable } from './table.ts';

/** Assumptions listed before they are only counted; all are in the result. */
const MOST_ASSUMPTIONS = 8;

const COLUMNS: readonly Column[] = [
  { title: 'OFFERED LOAD', align: 'left', shrinkTo: 20 },
  { title: 'RATE', align: 'right' },
  { title: 'MEAN', align: 'right' },
  { title: 'PODS', align: 'right' },
  { title: 'SLOTS', align: 'right' },
  { title: 'LOAD', align: 'right' },
  { title: 'CAPACITY', align: 'right' },
];

export function summary(plan: Plan, assumptions: Result['assumptions']): string {
  const { study, cells } = plan;
  const title = `evenkeel ${ENGINE_VERSION}  ${printable(study.name)}  ${studySize(plan)}  seed ${printable(study.seed)}\n`;
  return (
    title +
    loadTable(cells[0].offeredLoad, '  ') +
    saturationLines(cells) +
    peakLines(cells) +
    clientBoundLines(cells) +
    unreachableLines(cells) +
    assumptionLines(assumptions) +
    notModelledLines(plan)
  );
}

/** `2 cells × 20 replications`, or `× up to 200` where precision decides. */
export function studySize({ study, cells }: Plan): string {
  const upTo = study.stopWhen === null ? '' : 'up to ';
  return `${plural(cells.length, 'cell')} × ${upTo}${plural(study.replications, 'replication')}`;
}

export function loadTable(rows: readonly OfferedLoadRow[], indent: string): string {
  if (rows.length === 0) return '';
  // Slots may be held while calls are out: then a pod is busier than its own service makes it.
  const isHeld = rows.some((row) => !row.isProxy && row.heldLoad > row.load * 1.01);
  const held = (row: OfferedLoadRow) => (isHeld ? [compactShare(row.heldLoad)] : []);
  const cells = rows.map((row) => [
    printable(row.workload),
    `${formatNumber(row.rate)}/s`,
    compactSeconds(row.meanService),
    String(row.pods),
    ...(row.isProxy
      ? ['proxy', '-', ...(isHeld ? ['-'] : []), '-']
      : [String(row.slots), compactShare(row.load), ...held(row), `${formatNumber(row.capacity)}/s`]),
  ]);
  const columns = isHeld ? [...COLUMNS.slice(0, 6), { title: 'HELD', align: 'right' as const }, ...COLUMNS.slice(6)] : COLUMNS;
  const note = isHeld ? `${indent}LOAD: rate × mean ÷ slots. HELD: with slots held while calls are out; CAPACITY counts them.\n` : '';
  return formatTable(columns, cells, 100, indent) + note;
}

/** One line for each workload that is offered more than it can serve, with the cell where there are several. */
export function saturationLines(cells: Plan['cells']): string {
  return cells
    .flatMap((cell) =>
      cell.offeredLoad.filter(isSaturated).map((row) => saturation(row, cells.length > 1 ? ` in cell ${cell.id} (${axesText(cell.axes)})` : '')),
    )
    .join('');
}

/** Workloads whose mean load says little: what comes for a while is more than they can serve. */
export function peakLines(cells: Plan['cells']): string {
  return cells
    .flatMap((cell) =>
      cell.traffic.peaks.map(({ workload, rate, peak, capacity }) => {
        const where = cells.length > 1 ? ` in cell ${cell.id} (${axesText(cell.axes)})` : '';
        return `  PEAKS ${printable(workload)}${where}: up to ${formatNumber(peak)}/s for a while, capacity ${formatNumber(capacity)}/s, mean ${formatNumber(rate)}/s\n`;
      }),
    )
    .join('');
}

/** Clients that cannot send what they offer: their requests wait for a connection before any pod is asked. */
export function clientBoundLines(cells: Plan['cells']): string {
  const lines = cells.flatMap((cell) =>
    cell.traffic.clientBound.map(
      ({ client, rate, capacity, connections }) =>
        `  CLIENT-BOUND ${printable(client)}: offered ${formatNumber(rate)}/s, but ${plural(connections, 'connection')} carry about ${formatNumber(capacity)}/s (more clients or connections, or keepAlive: off)\n`,
    ),
  );
  return [...new Set(lines)].join('');
}

/** Targets that lead nowhere: their requests fail, and are counted. */
export function unreachableLines(cells: Plan['cells']): string {
  const lines = cells.flatMap((cell) =>
    cell.traffic.unreachable.map(({ caller, target, reason }) => `  UNREACHABLE ${printable(target)} for ${printable(caller)}: ${printable(reason)}\n`),
  );
  return [...new Set(lines)].join('');
}

function axesText(axes: Plan['cells'][number]['axes']): string {
  return Object.entries(axes)
    .map(([axis, value]) => `${printable(axis)}=${printable(String(value))}`)
    .join(' ');
}

function saturation(row: OfferedLoadRow, where: string): string {
  const growth = row.unbounded ? '; nothing bounds its queue, so percentiles grow with the duration and get no interval' : '';
  return `  SATURATED ${printable(row.workload)}${where}: offered ${formatNumber(row.rate)}/s, capacity ${formatNumber(row.capacity)}/s${growth}\n`;
}

function assumptionLines(assumptions: Result['assumptions']): string {
  const groups = grouped(assumptions).sort((a, b) => importance(a.path) - importance(b.path));
  const lines = groups.slice(0, MOST_ASSUMPTIONS).map(({ path, text }) => `  assumed  ${printable(path)}: ${printable(text)}\n`);
  const more = groups.length - lines.length;
  return lines.join('') + (more > 0 ? `  assumed  ${more} more (evenkeel validate lists all)\n` : '');
}

/** What is assumed alike of several workloads is one line; so are all calls that environment variables name. */
function grouped(assumptions: Result['assumptions']): { path: string; text: string }[] {
  const groups = new Map<string, { path: string; of: Result['assumptions'][number][] }>();
  for (const assumption of assumptions) {
    const isCall = /\/calls\/\d+$/.test(assumption.path);
    const path = assumption.path.replace(/^\/spec\/workloads\/[^/]+/, '/spec/workloads/*').replace(/\/calls\/\d+$/, '/calls');
    const key = isCall ? path : `${path} ${assumption.value} ${assumption.why}`;
    const group = groups.get(key) ?? { path, of: [] };
    group.of.push(assumption);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ path, of }) => {
    const [{ path: only, value, why }] = of;
    if (of.length === 1) return { path: only, text: `${value} (${why})` };
    if (path.endsWith('/calls')) return { path, text: `${of.length} calls taken from environment variables, each made once per request` };
    return { path, text: `${value}, of ${of.length} workloads (${why})` };
  });
}

/** What moves results most comes first: invented calls, how pods are chosen, what clients do, how long service takes. */
const BY_IMPORTANCE = [/\/calls/, /\/kubeProxy/, /\/protocol/, /\/service$/, /\/concurrency/, /\/clients\/\d+\/count/, /\/queue/, /\/latency/, /\/clients/];

function importance(path: string): number {
  const rank = BY_IMPORTANCE.findIndex((pattern) => pattern.test(path));
  return rank < 0 ? BY_IMPORTANCE.length : rank;
}

function notModelledLines({ study }: Plan): string {
  const { couldMatter, noEffect } = study.notModelled;
  if (couldMatter.length === 0) return '';
  const first = couldMatter.slice(0, 3).map(({ where, what }) => `  not modelled  ${printable(what)} (${printable(where)})\n`);
  const more = couldMatter.length - first.length;
  return `${first.join('')}${more > 0 ? `  not modelled  ${more} more (evenkeel validate lists all)\n` : ''}${noEffect.count > 0 ? `  without effect on traffic  ${plural(noEffect.count, 'field')}\n` : ''}`;
}
