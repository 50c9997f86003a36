/** What every command that simulates does around its work: workers, places to write to, Ctrl-C, the command line to repeat it. */
import { availableParallelism } from 'node:os';
import { type Issue, ScenarioError } from '../errors.ts';
import { whyNotWritable, whyNotWritableFile } from '../experiments/files.ts';
import type { Done } from '../experiments/run.ts';
import { formatNumber, plural } from '../report/format.ts';
import type { FlagValues } from './commands.ts';
import { compactSeconds } from './figures.ts';
import { countFlag } from './flags.ts';

const MOST_WORKERS = 1024;

export function workersFlag(flags: FlagValues, issues: Issue[]): number {
  return countFlag(flags, 'workers', MOST_WORKERS, issues) ?? availableParallelism();
}

interface Places {
  readonly out?: string;
  readonly report?: string;
  /** Of other flags. */
  readonly files?: readonly { readonly where: string; readonly file: string }[];
}

/** Better to know before an hour of simulation than after. */
export async function checkWritable({ out, report, files = [] }: Places): Promise<void> {
  const places = [
    ...(out === undefined ? [] : [{ where: '--out', path: out, check: whyNotWritable }]),
    ...(report === undefined ? [] : [{ where: '--report', path: report, check: whyNotWritableFile }]),
    ...files.map(({ where, file }) => ({ where, path: file, check: whyNotWritableFile })),
  ];
  const issues: Issue[] = [];
  for (const { where, path, check } of places) {
    const reason = await check(path);
    if (reason !== null) issues.push({ where, problem: `cannot be written: ${reason}`, value: path });
  }
  if (issues.length > 0) throw new ScenarioError(issues);
}

/** The first Ctrl-C stops the study and keeps what is finished; a second one ends the process at once. */
export function stopOnSignals(): { readonly signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    forget: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

/** The command line as a shell would read it again, without what only silences it. */
export function repeatCommand(args: readonly string[]): string {
  return ['evenkeel', ...args.filter((arg) => arg !== '--quiet')]
    .map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

/** What was simulated and how long it took. */
export function speedLine({ wallSeconds, requests, events, reused }: Done): string {
  const again = reused > 0 ? `${plural(reused, 'replication')} ${reused === 1 ? 'was' : 'were'} there already; ` : '';
  return `${again}simulated ${formatNumber(requests)} requests, ${formatNumber(events)} events in ${compactSeconds(wallSeconds)}\n`;
}
