/** `evenkeel run`: load, say what will happen, simulate, print. */
import { type Issue, ModelError } from '../../errors.ts';
import { assumptionsOf } from '../../experiments/collect.ts';
import { InterruptedError } from '../../experiments/execute.ts';
import { type Plan, planStudy } from '../../experiments/plan.ts';
import { runShard, runStudy, type Shard } from '../../experiments/run.ts';
import { plural } from '../../report/format.ts';
import type { FlagValues } from '../commands.ts';
import { type Delivery, deliver, readDelivery, verdictOf } from '../delivery.ts';
import { DONE } from '../exit-codes.ts';
import { textFlag } from '../flags.ts';
import { ProgressLine } from '../progress.ts';
import { checkWritable, speedLine, stopOnSignals, workersFlag } from '../simulating.ts';
import { summary } from '../summary.ts';
import { openTerminal, type Terminal, writeError } from '../terminal.ts';
import { loadFromFlags } from './load.ts';

const MOST_SHARDS = 100_000;
const MOST_CELLS = 1_000_000;

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
    const options = { ...settings, signal: stop.signal, ...(!settings.isQuiet && { onProgress: progress.update.bind(progress) }) };
    if (settings.replay !== undefined) return await repeatOne(plan, { ...settings, ...settings.replay, signal: stop.signal }, terminal, say);
    if (settings.shard !== undefined && settings.out !== undefined) {
      const done = await runShard(plan, settings.shard, { ...options, out: settings.out });
      progress.end();
      say(speedLine(done));
      say(shardLine(settings.shard, settings.out, done.replications));
      return DONE;
    }
    const outcome = await runStudy(plan, options);
    progress.end();
    say(speedLine(outcome));
    await deliver(outcome.result, settings, terminal);
    return verdictOf(outcome.result, flags);
  } catch (error) {
    progress.end();
    throw settings.out === undefined ? error : withWayOn(error as Error, settings.out);
  } finally {
    stop.forget();
  }
}

/** Whatever stopped the study, finished replications are in the folder. */
function withWayOn(error: Error, out: string): Error {
  const kept = `what was finished is in ${out}, --resume goes on`;
  if (error instanceof InterruptedError) return new InterruptedError(`interrupted; ${kept}`);
  if (error instanceof ModelError) error.message += `; ${kept}`;
  return error;
}

interface Settings extends Delivery {
  readonly workers: number;
  readonly resume: boolean;
  readonly shard?: Shard;
  readonly replay?: { readonly cell: number; readonly replication: number };
}

function readSettings(flags: FlagValues, issues: Issue[]): Settings {
  const delivery = readDelivery(flags, issues);
  const shard = readShard(flags, delivery, issues);
  const replay = readReplay(flags, issues);
  if (flags.resume === true && delivery.out === undefined) issues.push({ where: '--resume', problem: 'needs the folder to go on in', hint: 'add --out DIR' });
  return {
    ...delivery,
    workers: workersFlag(flags, issues),
    resume: flags.resume === true,
    ...(shard !== undefined && { shard }),
    ...(replay !== undefined && { replay }),
  };
}

function readShard(flags: FlagValues, { out, report }: Delivery, issues: Issue[]): Shard | undefined {
  const text = textFlag(flags, 'shard');
  if (text === undefined) return undefined;
  const where = '--shard';
  const merged = 'the result is made by evenkeel merge';
  if (out === undefined) issues.push({ where, problem: 'needs a folder for its replications', hint: 'add --out DIR' });
  if (report !== undefined) issues.push({ where: '--report', problem: 'a shard has no result yet', hint: merged });
  if (textFlag(flags, 'output') !== undefined) issues.push({ where: '-o', problem: 'a shard has no result yet', hint: merged });
  if (textFlag(flags, 'stopWhen') !== undefined)
    issues.push({ where: '--stop-when', problem: 'wants all replications in one place', hint: 'leave --shard out' });
  const [, number, of] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of && of <= MOST_SHARDS) return { number, of };
  issues.push({ where, problem: 'not i/n', value: text, hint: `write 1/3, 2/3 and 3/3 for three shards; at most ${MOST_SHARDS}` });
  return undefined;
}

/** `cell=0,rep=3`, in any order; a study of one cell needs no cell. */
function readReplay(flags: FlagValues, issues: Issue[]): Settings['replay'] {
  const text = textFlag(flags, 'replay');
  if (text === undefined) return undefined;
  const where = '--replay';
  for (const other of ['shard', 'resume'])
    if (flags[other] !== undefined) issues.push({ where, problem: `together with --${other}`, hint: 'a replay repeats one replication and writes none' });
  const parts = new Map(text.split(',').map((part) => part.split('=', 2) as [string, string]));
  const number = (name: string) => (/^\d{1,7}$/.test(parts.get(name) ?? '') ? Number(parts.get(name)) : undefined);
  const [cell, replication] = [parts.has('cell') ? number('cell') : 0, number('rep')];
  const isKnown = [...parts.keys()].every((name) => name === 'cell' || name === 'rep');
  if (isKnown && cell !== undefined && cell <= MOST_CELLS && replication !== undefined) return { cell, replication };
  issues.push({ where, problem: 'not cell=NUMBER,rep=NUMBER', value: text, hint: 'e.g. --replay cell=0,rep=3; both count from 0' });
  return undefined;
}

/** With a folder it is compared with the stored one: what differs is our fault, and exit 4. */
async function repeatOne(
  plan: Plan,
  options: Delivery & { readonly cell: number; readonly replication: number; readonly signal: AbortSignal },
  terminal: Terminal,
  say: (text: string) => void,
): Promise<number> {
  const { replay } = await import('../../experiments/replay.ts');
  const { result, trafficHash, sha256, sameAs } = await replay(plan, options);
  say(`replication ${options.replication} of cell ${options.cell}: traffic ${trafficHash}, sha256:${sha256}\n`);
  if (sameAs !== null) say(`the same, byte for byte, as ${sameAs}\n`);
  await deliver(result, options, terminal);
  return DONE;
}

function shardLine({ number, of }: Shard, out: string, replications: number): string {
  return `shard ${number}/${of}: ${plural(replications, 'replication')} in ${out}; evenkeel merge, with the folders of all ${of} shards, makes the result\n`;
}
