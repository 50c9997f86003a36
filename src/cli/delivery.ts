/** What commands that make a result have in common: its forms and places, and what the exit code says of it. */
import type { Issue } from '../errors.ts';
import { writeAtomic } from '../experiments/files.ts';
import type { Result } from '../experiments/result.ts';
import type { TableName } from '../experiments/result-tables.ts';
import { isUnitProblem, parseDuration } from '../units.ts';
import type { FlagValues } from './commands.ts';
import { DONE, FAILED } from './exit-codes.ts';
import { textFlag } from './flags.ts';
import { printDocument, tableFlag } from './print-document.ts';
import { repeatCommand } from './simulating.ts';
import { type Terminal, writeError, writeOut } from './terminal.ts';

export interface Delivery {
  readonly out?: string;
  readonly report?: string;
  /** Wanted step of the time series; 0 = as fine as stored. */
  readonly seriesStepNs?: number;
  readonly output: string;
  readonly table?: TableName;
  readonly isQuiet: boolean;
}

export function readDelivery(flags: FlagValues, issues: Issue[]): Delivery {
  const out = textFlag(flags, 'out');
  const report = textFlag(flags, 'report');
  const needsSeries = report !== undefined || textFlag(flags, 'table') === 'series'; // the page's charts over time do
  const seriesStepNs = readSeriesStep(flags, issues) ?? (needsSeries ? 0 : undefined);
  const output = textFlag(flags, 'output') ?? 'table';
  const table = tableFlag(flags, output, issues);
  return {
    ...(out !== undefined && { out }),
    ...(table !== undefined && { table }),
    ...(report !== undefined && { report }),
    ...(seriesStepNs !== undefined && { seriesStepNs }),
    output,
    isQuiet: flags.quiet === true,
  };
}

function readSeriesStep(flags: FlagValues, issues: Issue[]): number | undefined {
  const text = textFlag(flags, 'series');
  if (text === undefined) return undefined;
  const step = parseDuration(text);
  if (isUnitProblem(step)) issues.push({ where: '--series', problem: step.problem, value: text, hint: step.hint });
  else if (step <= 0) issues.push({ where: '--series', problem: 'must be above 0', value: text, hint: 'write 10s' });
  else return step;
  return undefined;
}

/** Prints the result, and writes the page if one is asked for. */
export async function deliver(result: Result, settings: Delivery, terminal: Terminal): Promise<void> {
  const command = repeatCommand(process.argv.slice(2));
  await writeOut(await printDocument(result, settings.output, { terminal, command, table: settings.table }));
  if (settings.report === undefined) return;
  const { renderHtml } = await import('../report/index.ts');
  await writeAtomic(settings.report, await renderHtml(result, { command }));
  if (!settings.isQuiet) writeError(`report ${settings.report}\n`);
}

/** The exit code: 1 when a threshold failed, unless that is not to count. */
export function verdictOf(result: Result, flags: FlagValues): number {
  const hasFailed = result.cells.some((cell) => cell.thresholds.some((threshold) => !threshold.ok));
  return hasFailed && flags.fail !== false ? FAILED : DONE;
}
