/** `evenkeel plan`: the smallest or largest value of one knob that holds the thresholds. */
import { join } from 'node:path';
import { type Issue, ScenarioError } from '../../errors.ts';
import { planCapacity } from '../../experiments/capacity/capacity.ts';
import type { CapacityResult } from '../../experiments/capacity/capacity-result.ts';
import { type Knob, parseKnob } from '../../experiments/capacity/knob.ts';
import { InterruptedError } from '../../experiments/execute.ts';
import { writeAtomic } from '../../experiments/files.ts';
import { stableJson } from '../../experiments/stable-json.ts';
import type { Study } from '../../scenario/scenario.ts';
import type { FlagValues } from '../commands.ts';
import { DONE, FAILED, INCONCLUSIVE } from '../exit-codes.ts';
import { countFlag, listFlag, textFlag } from '../flags.ts';
import { capacityCsv, planTitle, pointLine, printCapacity } from '../print-capacity.ts';
import { printStructured } from '../print-document.ts';
import { checkWritable, repeatCommand, stopOnSignals, workersFlag } from '../simulating.ts';
import { openTerminal, type Terminal, writeError, writeOut } from '../terminal.ts';
import { loadFromFlags, readStandardInput } from './load.ts';

const DEFAULT_BUDGET = 100;
const MOST_BUDGET = 100_000;
const FEWEST_BUDGET = 10;
const DEFAULT_ALPHA = 0.05;

const EXIT_CODES: Readonly<Record<CapacityResult['outcome'], number>> = { found: DONE, end: DONE, none: FAILED, undecided: INCONCLUSIVE };

export async function plan(operands: readonly string[], flags: FlagValues): Promise<number> {
  const settings = readSettings(flags);
  await checkWritable(settings);
  const stdin = await readStandardInput(operands, flags);
  const studyAt = (value: string): Promise<Study> =>
    loadFromFlags(operands, { ...flags, set: [...listFlag(flags, 'set'), `${settings.knob.path}=${value}`] }, [], { stdin });
  const terminal = await openTerminal({ color: flags.color !== false });
  const say = (text: string) => {
    if (!settings.isQuiet) writeError(terminal.text(text));
  };
  const stop = stopOnSignals();
  let isTitled = false;
  try {
    const result = await planCapacity({
      ...settings,
      studyAt: async (value) => {
        const study = await studyAt(value);
        if (!isTitled) say(planTitle(study, settings.knob));
        isTitled = true;
        return study;
      },
      signal: stop.signal,
      onPoint: (point) => say(pointLine(point)),
    });
    await deliver(result, settings, terminal);
    return EXIT_CODES[result.outcome];
  } catch (error) {
    throw error instanceof InterruptedError && settings.out !== undefined
      ? new InterruptedError(`interrupted; what was finished is in ${settings.out}, --resume goes on`)
      : error;
  } finally {
    stop.forget();
  }
}

interface Settings {
  readonly knob: Knob;
  readonly budget: number;
  readonly alpha: number;
  readonly withSensitivity: boolean;
  readonly workers: number;
  readonly out?: string;
  readonly resume: boolean;
  readonly report?: string;
  readonly output: string;
  readonly isQuiet: boolean;
}

function readSettings(flags: FlagValues): Settings {
  const issues: Issue[] = [];
  const [out, report] = [textFlag(flags, 'out'), textFlag(flags, 'report')];
  if (flags.resume === true && out === undefined) issues.push({ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' });
  const common = {
    budget: countFlag(flags, 'budget', MOST_BUDGET, issues, FEWEST_BUDGET) ?? DEFAULT_BUDGET,
    alpha: shareFlag(flags, 'alpha', issues) ?? DEFAULT_ALPHA,
    withSensitivity: flags.sensitivity === true,
    workers: workersFlag(flags, issues),
    ...(out !== undefined && { out }),
    resume: flags.resume === true,
    ...(report !== undefined && { report }),
    output: textFlag(flags, 'output') ?? 'table',
    isQuiet: flags.quiet === true,
  };
  const knob = readKnob(flags, issues);
  if (issues.length > 0 || knob === null) throw new ScenarioError(issues);
  return { ...common, knob };
}

function readKnob(flags: FlagValues, issues: Issue[]): Knob | null {
  const asked = (['smallest', 'largest'] as const).flatMap((ask) => {
    const text = textFlag(flags, ask);
    return text === undefined ? [] : [{ ask, text }];
  });
  const [knob] = asked;
  if (asked.length !== 1) {
    const hint = '--smallest deployment/web.spec.replicas=1..40, or --largest clients[0].arrivals.rate=100/s..2000/s';
    issues.push({ where: 'plan', problem: asked.length === 0 ? 'no knob' : 'two knobs', hint });
    return null;
  }
  const step = textFlag(flags, 'step');
  try {
    return parseKnob({ ...knob, ...(step !== undefined && { step }) });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    issues.push(...error.issues);
    return null;
  }
}

/** A share strictly between 0 and one half. */
function shareFlag(flags: FlagValues, name: string, issues: Issue[]): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (value > 0 && value < 0.5) return value;
  issues.push({ where: `--${name}`, problem: 'not a share below 50%', value: text, hint: 'e.g. 5% or 0.05' });
  return undefined;
}

async function deliver(result: CapacityResult, settings: Settings, terminal: Terminal): Promise<void> {
  const command = repeatCommand(process.argv.slice(2));
  const text =
    settings.output === 'csv' ? capacityCsv(result) : ((await printStructured(result, settings.output)) ?? printCapacity(result, { terminal, command }));
  if (settings.out !== undefined) await writeAtomic(join(settings.out, 'plan.json'), `${stableJson(result, 2)}\n`);
  await writeOut(text);
  if (settings.report === undefined) return;
  const { planPage } = await import('../../report/index.ts');
  await writeAtomic(settings.report, await planPage(result, command));
  if (!settings.isQuiet) writeError(`report ${settings.report}\n`);
}
