/** `evenkeel check`: the gate of a CI pipeline. */
import type { Issue } from '../../errors.ts';
import { assumptionsOf } from '../../experiments/collect.ts';
import { InterruptedError } from '../../experiments/execute.ts';
import { writeAtomic } from '../../experiments/files.ts';
import { type Baseline, type BaselinePlace, baselinePlace, readBaseline, refuseOtherScenario, writeBaseline } from '../../experiments/gate/baseline.ts';
import { type Allowance, checkStudy, refuseUnready } from '../../experiments/gate/check.ts';
import type { CheckResult } from '../../experiments/gate/check-result.ts';
import { planStudy } from '../../experiments/plan.ts';
import { withSession } from '../../experiments/session.ts';
import { githubAnnotations, githubErrors, junit, markdown, type OnInconclusive } from '../check-formats.ts';
import type { FlagValues } from '../commands.ts';
import { DONE, FAILED, INCONCLUSIVE } from '../exit-codes.ts';
import { listFlag, textFlag } from '../flags.ts';
import { printCheck } from '../print-check.ts';
import { printStructured } from '../print-document.ts';
import { checkWritable, repeatCommand, stopOnSignals, workersFlag } from '../simulating.ts';
import { summary } from '../summary.ts';
import { openTerminal, type Terminal, writeError, writeOut } from '../terminal.ts';
import { loadFromFlags } from './load.ts';

export const CHECK_OUTPUTS = ['table', 'json', 'yaml', 'junit', 'markdown', 'github'] as const;

export async function check(operands: readonly string[], flags: FlagValues): Promise<number> {
  try {
    return await makeCheck(operands, flags);
  } catch (error) {
    if (process.env.GITHUB_ACTIONS === 'true') writeError(githubErrors(error));
    throw error;
  }
}

async function makeCheck(operands: readonly string[], flags: FlagValues): Promise<number> {
  const issues: Issue[] = [];
  const settings = readSettings(operands, flags, issues);
  const study = await loadFromFlags(operands, flags, issues);
  const plan = planStudy(study);
  const place = settings.baseline === undefined ? undefined : await baselinePlace(settings.baseline, study.name, settings.files);
  const baseline = place === undefined || settings.isUpdate ? null : await readBaseline(place);
  if (place !== undefined && settings.isUpdate) await refuseOtherScenario(place);
  refuseUnready(plan, baseline, settings.allowances, settings.isUpdate);
  await checkPlaces(settings, place?.file);
  const terminal = await openTerminal({ color: flags.color !== false });
  if (!settings.isQuiet) writeError(terminal.text(summary(plan, assumptionsOf(plan))));
  const stop = stopOnSignals();
  try {
    const checked = await withSession({ ...settings, seed: study.seed, signal: stop.signal }, (session) =>
      checkStudy(plan, session, baseline, settings.allowances),
    );
    await deliver(checked.result, settings, terminal);
    if (settings.isUpdate && place !== undefined) await keepBaseline(place, checked.baseline, settings.isQuiet);
    return exitCode(checked.result.verdict, settings.onInconclusive);
  } catch (error) {
    throw error instanceof InterruptedError && settings.out !== undefined
      ? new InterruptedError(`interrupted; what was finished is in ${settings.out}, --resume goes on`)
      : error;
  } finally {
    stop.forget();
  }
}

interface Settings {
  readonly baseline?: string;
  readonly isUpdate: boolean;
  readonly allowances: readonly Allowance[];
  readonly onInconclusive: OnInconclusive;
  readonly workers: number;
  readonly out?: string;
  readonly resume: boolean;
  readonly report?: string;
  readonly output: string;
  /** Further forms, each into its file. */
  readonly exports: readonly { readonly format: string; readonly file: string }[];
  readonly annotates: boolean;
  /** What is read; the first is the place of annotations. */
  readonly files: readonly string[];
  readonly isQuiet: boolean;
}

function readSettings(operands: readonly string[], flags: FlagValues, issues: Issue[]): Settings {
  const [baseline, out, report] = [textFlag(flags, 'baseline'), textFlag(flags, 'out'), textFlag(flags, 'report')];
  const output = textFlag(flags, 'output') ?? 'table';
  if (flags.updateBaseline === true && baseline === undefined)
    issues.push({ where: '--update-baseline', problem: 'needs the file to write', hint: 'add --baseline FILE' });
  if (flags.resume === true && out === undefined) issues.push({ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' });
  return {
    ...(baseline !== undefined && { baseline }),
    isUpdate: flags.updateBaseline === true,
    allowances: listFlag(flags, 'maxIncrease').flatMap((text) => readAllowance(text, issues)),
    onInconclusive: (textFlag(flags, 'onInconclusive') ?? '3') as OnInconclusive,
    workers: workersFlag(flags, issues),
    ...(out !== undefined && { out }),
    resume: flags.resume === true,
    ...(report !== undefined && { report }),
    output,
    exports: listFlag(flags, 'export').flatMap((text) => readExport(text, issues)),
    annotates: process.env.GITHUB_ACTIONS === 'true' && output !== 'github',
    files: [...operands, ...listFlag(flags, 'filename')],
    isQuiet: flags.quiet === true,
  };
}

/** `5%`, or `p99=5%`. */
function readAllowance(text: string, issues: Issue[]): Allowance[] {
  const at = text.lastIndexOf('=');
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text.slice(at + 1).trim());
  if (match !== null && at !== 0) return [{ name: at < 0 ? null : text.slice(0, at).trim(), share: Number(match[1]) / 100 }];
  issues.push({ where: '--max-increase', problem: 'not a share', value: text, hint: 'e.g. 5%, or p99=5% for one metric' });
  return [];
}

/** `junit=check.xml`. */
function readExport(text: string, issues: Issue[]): Settings['exports'] {
  const at = text.indexOf('=');
  const [format, file] = [text.slice(0, at), text.slice(at + 1)];
  if (at > 0 && file !== '' && (CHECK_OUTPUTS as readonly string[]).includes(format)) return [{ format, file }];
  issues.push({ where: '--export', problem: 'not form=file', value: text, hint: `e.g. junit=check.xml; forms: ${CHECK_OUTPUTS.join(', ')}` });
  return [];
}

/** Better to know before the simulation than after. */
async function checkPlaces({ out, report, exports, isUpdate }: Settings, baseline: string | undefined): Promise<void> {
  const files = [
    ...exports.map(({ file }) => ({ where: '--export', file })),
    ...(isUpdate && baseline !== undefined ? [{ where: '--baseline', file: baseline }] : []),
  ];
  await checkWritable({ ...(out !== undefined && { out }), ...(report !== undefined && { report }), files });
}

async function deliver(result: CheckResult, settings: Settings, terminal: Terminal): Promise<void> {
  for (const { format, file } of settings.exports) await writeAtomic(file, await inForm(result, format, settings, terminal));
  await writeOut(await inForm(result, settings.output, settings, terminal));
  if (settings.annotates) writeError(githubAnnotations(result, settings.files[0]));
  if (settings.report === undefined) return;
  const { checkPage } = await import('../../report/index.ts');
  await writeAtomic(settings.report, await checkPage(result, repeatText()));
  if (!settings.isQuiet) writeError(`report ${settings.report}\n`);
}

/** Who repeats a check means to compare with the baseline, not to write it again. */
function repeatText(): string {
  return repeatCommand(process.argv.slice(2).filter((arg) => arg !== '--update-baseline'));
}

async function inForm(result: CheckResult, format: string, { onInconclusive, files }: Settings, terminal: Terminal): Promise<string> {
  const command = repeatText();
  switch (format) {
    case 'junit':
      return junit(result, onInconclusive);
    case 'markdown':
      return markdown(result, command);
    case 'github':
      return githubAnnotations(result, files[0]);
    default:
      return (await printStructured(result, format)) ?? printCheck(result, { terminal, command });
  }
}

async function keepBaseline({ file, files }: BaselinePlace, baseline: Baseline, isQuiet: boolean): Promise<void> {
  await writeBaseline(file, { ...baseline, ...(files !== undefined && { files }) });
  if (!isQuiet) writeError(`baseline ${file}\n`);
}

function exitCode(verdict: CheckResult['verdict'], onInconclusive: OnInconclusive): number {
  if (verdict === 'passed') return DONE;
  if (verdict === 'failed') return FAILED;
  return onInconclusive === 'pass' ? DONE : onInconclusive === 'fail' ? FAILED : INCONCLUSIVE;
}
