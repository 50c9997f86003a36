/** `evenkeel validate`: what will be built and simulated, and what is not modelled. Nothing is simulated. */
import { printable } from '../../errors.ts';
import { assumptionsOf } from '../../experiments/collect.ts';
import { type Plan, planStudy } from '../../experiments/plan.ts';
import { stableJson } from '../../experiments/stable-json.ts';
import { describeScenario, type ObjectTable } from '../../explain/index.ts';
import { plural } from '../../report/format.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { textFlag } from '../flags.ts';
import { clientBoundLines, loadTable, peakLines, saturationLines, studySize, unreachableLines } from '../summary.ts';
import { formatTable } from '../table.ts';
import { openTerminal, type Terminal, writeOut } from '../terminal.ts';
import { loadFromFlags, NO_TRAFFIC } from './load.ts';

export async function validate(operands: readonly string[], flags: FlagValues): Promise<number> {
  const study = await loadFromFlags(operands, flags, [], { fallback: NO_TRAFFIC });
  const plan = planStudy(study);
  const tables = describeScenario(study.cells[0].scenario);
  const output = textFlag(flags, 'output') ?? 'table';
  if (output === 'json' || output === 'yaml') await writeOut(await asDocument(plan, tables, output));
  else {
    const terminal = await openTerminal({ color: flags.color !== false });
    await writeOut(terminal.text(asText(plan, tables, output === 'wide', terminal)));
  }
  return DONE;
}

async function asDocument(plan: Plan, tables: readonly ObjectTable[], output: 'json' | 'yaml'): Promise<string> {
  const { study, cells } = plan;
  const document = {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Validation',
    scenario: { name: study.name, hash: study.hash, seed: study.seed },
    objects: Object.fromEntries(
      tables.map(({ resource, columns, rows }) => [
        resource,
        rows.map((row) => Object.fromEntries(columns.map((column, i) => [column.toLowerCase(), row[i]]))),
      ]),
    ),
    cells: cells.map(({ id, axes, offeredLoad }) => ({ id, axes, offeredLoad })),
    replications: study.replications,
    assumptions: assumptionsOf(plan),
    notModelled: study.notModelled,
  };
  const json = `${stableJson(document, 2)}\n`;
  if (output === 'json') return json;
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(json), { aliasDuplicateObjects: false });
}

/** Tables of pods and slices are long; the plain form leaves them to `-o wide`. */
const ONLY_WIDE = ['pods', 'endpointslices'];

function asText(plan: Plan, tables: readonly ObjectTable[], isWide: boolean, terminal: Terminal): string {
  const { study, cells } = plan;
  const hasTraffic = cells[0].scenario.clients.some(({ target }) => target.text !== NO_TRAFFIC.to);
  const shown = tables.filter(({ resource }) => isWide || !ONLY_WIDE.includes(resource));
  const sections = [
    hasTraffic ? `${printable(study.name)}: ${studySize(plan)}, seed ${printable(study.seed)}\n` : '',
    ...shown.map((table) => objectTable(isWide ? table : withoutSelector(table), terminal.width)),
    hasTraffic
      ? loadTable(cells[0].offeredLoad, '') + saturationLines(cells) + peakLines(cells) + clientBoundLines(cells) + unreachableLines(cells)
      : 'no traffic yet: add --to URL --rate 100/s --duration 2m, or begin a scenario with evenkeel init\n',
    listOf('SERVICES WITHOUT PODS', [...new Set(cells.flatMap(({ traffic }) => traffic.emptyServices))]),
    listOf(
      'ASSUMED',
      assumptionsOf(plan)
        .filter(({ path }) => hasTraffic || !path.startsWith('/spec/clients'))
        .map(({ path, value, why }) => `${path}: ${value} (${why})`),
    ),
    listOf(
      'NOT MODELLED, COULD MATTER',
      study.notModelled.couldMatter.map(({ where, what }) => `${where}: ${what}`),
    ),
    `${plural(study.notModelled.noEffect.count, 'field')} without effect on traffic\n`,
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/** As kubectl: selectors are wide. */
function withoutSelector(table: ObjectTable): ObjectTable {
  const at = table.columns.indexOf('SELECTOR');
  if (at < 0) return table;
  return { ...table, columns: table.columns.toSpliced(at, 1), rows: table.rows.map((row) => row.toSpliced(at, 1)) };
}

function objectTable({ resource, columns, rows }: ObjectTable, width: number): string {
  const title = resource.toUpperCase();
  const text = formatTable(
    columns.map((column) => ({ title: column, align: 'left' as const, ...(column === 'SELECTOR' && { shrinkTo: 12 }) })),
    rows.map((row) => row.map(printable)),
    width,
    '  ',
  );
  return `${title}\n${text}`;
}

function listOf(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `${title}\n${items.map((item) => `  ${printable(item)}\n`).join('')}`;
}
