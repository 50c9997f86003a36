/** `evenkeel run`: load, say what will happen, simulate, print. */
import type { Issue } from '../../errors.ts';
import { InterruptedError } from '../../experiments/execute.ts';
import { writeAtomic } from '../../experiments/files.ts';
import { planStudy } from '../../experiments/plan.ts';
import type { Result } from '../../experiments/result.ts';
import { assumptionsOf, runStudy, type StudyRun } from '../../experiments/run.ts';
import { formatNumber, plural } from '../../report/format.ts';
import { isUnitProblem, parseDuration } from '../../units.ts';
import type { FlagValues } from '../commands.ts';
import { DONE, FAILED } from '../exit-codes.ts';
import { compactSeconds } from '../figures.ts';
import { textFlag } from '../flags.ts';
import { printDocument } from '../print-document.ts';
import { ProgressLine } from '../progress.ts';
import { checkWritable, repeatCommand, stopOnSignals, workersFlag } from '../simulating.ts';
import { summary } from '../summary.ts';
import { openTerminal, type Terminal, writeError, writeOut } from '../terminal.ts';
import { loadFromFlags } from './load.ts';

export async function run(operands: readonly string[], flags: FlagValues): Promise<number> {
  const issues: Issue[] = [];
  const settings = readSettings(flags, issues);
  const study = await loadFromFlags(operands, flags, issues);
  const terminal = await openTerminal({ color: flags.color !== false });
  const plan = planStudy(study);
  await checkWritable(settings);
  const say = (text: string) => {
    if (!settings.isQuiet) writeError(terminal.text(text));
  };
  say(summary(plan, assumptionsOf(plan)));
  const progress = new ProgressLine(terminal.isErrorTty);
  const stop = stopOnSignals();
  try {
    const outcome = await runStudy(plan, {
      ...settings,
      signal: stop.signal,
      ...(!settings.isQuiet && { onProgress: (now) => progress.update(now) }),
    });
    progress.end();
    say(speedLine(outcome));
    await deliver(outcome.result, settings, terminal);
    return flags.fail !== false && hasFailed(outcome.result) ? FAILED : DONE;
  } catch (error) {
    progress.end();
    throw error instanceof InterruptedError && settings.out !== undefined
      ? new InterruptedError(`interrupted; what was finished is in ${settings.out}, --resume goes on`)
      : error;
  } finally {
    stop.forget();
  }
}

interface Settings {
  readonly workers: number;
  readonly out?: string;
  readonly resume: boolean;
  readonly seriesStepNs?: number;
  readonly report?: string;
  readonly output: string;
  readonly isQuiet: boolean;
}

function readSettings(flags: FlagValues, issues: Issue[]): Settings {
  const out = textFlag(flags, 'out');
  const report = textFlag(flags, 'report');
  if (flags.resume === true && out === undefined) issues.push({ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' });
  const seriesStepNs = readSeriesStep(flags, issues) ?? (report === undefined ? undefined : 0); // the page's charts over time need the series
  return {
    workers: workersFlag(flags, issues),
    ...(out !== undefined && { out }),
    resume: flags.resume === true,
    ...(seriesStepNs !== undefined && { seriesStepNs }),
    ...(report !== undefined && { report }),
    output: textFlag(flags, 'output') ?? 'table',
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

function speedLine({ wallSeconds, requests, events, reused }: StudyRun): string {
  const again = reused > 0 ? `${plural(reused, 'replication')} ${reused === 1 ? 'was' : 'were'} there already; ` : '';
  return `${again}simulated ${formatNumber(requests)} requests, ${formatNumber(events)} events in ${compactSeconds(wallSeconds)}\n`;
}

async function deliver(result: Result, settings: Settings, terminal: Terminal): Promise<void> {
  const command = repeatCommand(process.argv.slice(2));
  await writeOut(await printDocument(result, settings.output, { terminal, command }));
  if (settings.report === undefined) return;
  const { renderHtml } = await import('../../report/index.ts');
  await writeAtomic(settings.report, await renderHtml(result, { command }));
  if (!settings.isQuiet) writeError(`report ${settings.report}\n`);
}

function hasFailed(result: Result): boolean {
  return result.cells.some((cell) => cell.thresholds.some((threshold) => !threshold.ok));
}
