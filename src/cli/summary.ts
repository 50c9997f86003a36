/** What stderr says before anything is simulated: the size of the study, the load offered, what was assumed and what is not modelled. */
import { printable } from '../errors.ts';
import { ENGINE_VERSION } from '../experiments/engine-version.ts';
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
    title + loadTable(cells[0].offeredLoad, '  ') + saturationLines(cells) + unreachableLines(cells) + assumptionLines(assumptions) + notModelledLines(plan)
  );
}

/** `2 cells × 20 replications`. */
export function studySize({ study, cells }: Plan): string {
  return `${plural(cells.length, 'cell')} × ${plural(study.replications, 'replication')}`;
}

export function loadTable(rows: readonly OfferedLoadRow[], indent: string): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => [
    printable(row.workload),
    `${formatNumber(row.rate)}/s`,
    compactSeconds(row.meanService),
    String(row.pods),
    ...(row.isProxy ? ['proxy', '-', '-'] : [String(row.slots), compactShare(Math.max(row.load, row.heldLoad)), `${formatNumber(row.capacity)}/s`]),
  ]);
  return formatTable(COLUMNS, cells, 100, indent);
}

/** One line for each workload that is offered more than it can serve, with the cell where there are several. */
export function saturationLines(cells: Plan['cells']): string {
  return cells
    .flatMap((cell) =>
      cell.offeredLoad.filter(isSaturated).map((row) => saturation(row, cells.length > 1 ? ` in cell ${cell.id} (${axesText(cell.axes)})` : '')),
    )
    .join('');
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

function isSaturated(row: OfferedLoadRow): boolean {
  return Math.max(row.load, row.heldLoad) >= 1;
}

function saturation(row: OfferedLoadRow, where: string): string {
  const growth = row.unbounded ? '; nothing bounds its queue, so percentiles grow with the duration and get no interval' : '';
  return `  SATURATED ${printable(row.workload)}${where}: offered ${formatNumber(row.rate)}/s, capacity ${formatNumber(row.capacity)}/s${growth}\n`;
}

function assumptionLines(assumptions: Result['assumptions']): string {
  const lines = assumptions
    .slice(0, MOST_ASSUMPTIONS)
    .map(({ path, value, why }) => `  assumed  ${printable(path)}: ${printable(value)} (${printable(why)})\n`);
  const more = assumptions.length - lines.length;
  return lines.join('') + (more > 0 ? `  assumed  ${more} more, listed in the result\n` : '');
}

function notModelledLines({ study }: Plan): string {
  const { couldMatter, noEffect } = study.notModelled;
  if (couldMatter.length === 0) return '';
  const first = couldMatter.slice(0, 3).map(({ where, what }) => `  not modelled  ${printable(what)} (${printable(where)})\n`);
  const more = couldMatter.length - first.length;
  return `${first.join('')}${more > 0 ? `  not modelled  ${more} more (evenkeel validate lists all)\n` : ''}${noEffect.count > 0 ? `  without effect on traffic  ${plural(noEffect.count, 'field')}\n` : ''}`;
}
