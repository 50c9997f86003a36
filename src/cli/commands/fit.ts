/** `evenkeel fit FILE…`: logs and histogram buckets → entries of a scenario. */
import { type Issue, printable, ScenarioError } from '../../errors.ts';
import { stableJson } from '../../experiments/stable-json.ts';
import { type Fit, fitFiles, lawText, type SnippetNames, snippet } from '../../fit/index.ts';
import { FIELDS, type Field, type FieldNames, TIME_UNITS, type TimeUnit } from '../../logs/index.ts';
import { plural } from '../../report/format.ts';
import { parseTarget, parseWorkload, WORKLOAD_HINT } from '../../scenario/index.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { listFlag, textFlag } from '../flags.ts';
import { printFit } from '../print-fit.ts';
import { checkWritable } from '../simulating.ts';
import { openTerminal, writeError, writeOut } from '../terminal.ts';

const NAMES = { client: 'fitted', target: 'http://CHANGE-ME/', workload: 'deployment/CHANGE-ME' };

export async function fit(operands: readonly string[], flags: FlagValues): Promise<number> {
  const issues: Issue[] = [];
  if (operands.length === 0) issues.push({ where: 'fit', problem: 'nothing to read', hint: 'name log files, or - for standard input' });
  if (operands.filter((file) => file === '-').length > 1) issues.push({ where: '-', problem: 'standard input twice' });
  const format = textFlag(flags, 'format') ?? null;
  const fields = readFields(listFlag(flags, 'field'), issues);
  const names = readNames(flags, issues);
  if (issues.length > 0) throw new ScenarioError(issues);
  const [trace, empirical] = [textFlag(flags, 'trace'), textFlag(flags, 'empirical')];
  await checkWritable({
    files: [
      ...(trace === undefined ? [] : [{ where: '--trace', file: trace }]),
      ...(empirical === undefined ? [] : [{ where: '--empirical', file: empirical }]),
    ],
  });
  const found = await fitFiles(operands, {
    format,
    fields,
    stdin: process.stdin,
    ...optional('metric', textFlag(flags, 'metric')),
    ...optional('trace', trace),
    ...optional('empirical', empirical),
    ...optional('law', textFlag(flags, 'law')),
  });
  sayBroken(found);
  const output = textFlag(flags, 'output') ?? 'yaml';
  if (output === 'json') await writeOut(asJson(found));
  else if (output === 'yaml') await writeOut(snippet(found, names));
  else {
    const terminal = await openTerminal({ color: flags.color !== false });
    await writeOut(terminal.text(printFit(found, terminal.width)));
  }
  for (const warning of found.warnings) writeError(`warning: ${printable(warning)}\n`);
  return DONE;
}

function optional<Name extends string>(name: Name, value: string | undefined): { readonly [name in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [name in Name]: string });
}

/** What is pasted must be taken by the scenario: better to know before a long log is read. */
function readNames(flags: FlagValues, issues: Issue[]): SnippetNames {
  const target = textFlag(flags, 'to') ?? NAMES.target;
  const parsed = parseTarget(target);
  if ('problem' in parsed) issues.push({ where: '--to', ...parsed });
  const workload = textFlag(flags, 'workload') ?? NAMES.workload;
  const name = parseWorkload(workload)?.name;
  if (name === undefined || !/^[\w.-]+$/.test(name)) issues.push({ where: '--workload', problem: 'not a workload', value: workload, hint: WORKLOAD_HINT });
  return { client: textFlag(flags, 'client') ?? NAMES.client, target, workload };
}

/** `time=ts`, `duration=http.latency:ms`. */
function readFields(texts: readonly string[], issues: Issue[]): FieldNames {
  const fields: Partial<Record<Field, { name: string; unit: TimeUnit | null }>> = {};
  for (const text of texts) {
    const match = /^(\w+)=(.+?)(?::(ns|us|ms|s))?$/.exec(text);
    const field = FIELDS.find((each) => each === match?.[1]);
    if (match === null || field === undefined)
      issues.push({
        where: '--field',
        problem: 'not FIELD=NAME or FIELD=NAME:UNIT',
        value: text,
        hint: `fields are ${FIELDS.join(', ')}; units ${Object.keys(TIME_UNITS).join(', ')}`,
      });
    else fields[field] = { name: match[2], unit: (match[3] as TimeUnit | undefined) ?? null };
  }
  return fields;
}

function sayBroken({ broken, lines, firstBroken, format }: Fit): void {
  if (broken === 0) return;
  writeError(`${plural(broken, 'line')} of ${lines} left out: no requests as ${format} (${((100 * broken) / lines).toPrecision(2)} %)\n`);
  for (const { file, line, text } of firstBroken) writeError(`  ${printable(file)}:${line}: ${printable(text)}\n`);
}

/** Everything, with laws as a scenario writes them. */
function asJson(found: Fit): string {
  const { service } = found;
  const laws = service?.laws.map((law) => ({ ...law, text: lawText(law.law) }));
  const document = {
    apiVersion: 'evenkeel.dev/v1alpha1',
    kind: 'Fit',
    ...found,
    service: service === null ? null : { ...service, laws, chosen: service.chosen === null ? null : lawText(service.chosen.law) },
  };
  return `${stableJson(document, 2)}\n`;
}
