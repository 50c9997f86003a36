/** The flags by which commands name their input → a study. */
import type { Issue } from '../../errors.ts';
import { ScenarioError } from '../../errors.ts';
import type { QuickFlags } from '../../scenario/quick.ts';
import type { Study } from '../../scenario/scenario.ts';
import type { FlagValues } from '../commands.ts';
import { countFlag, listFlag, textFlag } from '../flags.ts';

/** More would not fit into any machine, and is a slip of the finger. */
const MOST_REPLICATIONS = 100_000;

const QUICK_FLAGS = ['to', 'rate', 'duration', 'from', 'clients', 'connections', 'keepalive', 'service', 'concurrency'] as const;

/** Stands in for a scenario in commands that measure no traffic. */
export const NO_TRAFFIC = { to: 'http://nobody.invalid/', rate: '1/s', duration: '1s' };

interface LoadMore {
  /** Used when there is neither a scenario document nor one by flags. */
  readonly fallback?: QuickFlags;
  /** What standard input held, for commands that load several times. */
  readonly stdin?: string;
}

/**
 * @param issues found in other flags already; thrown together with those of the flags read here
 * @throws ScenarioError with everything that is wrong with flags or files
 */
export async function loadFromFlags(operands: readonly string[], flags: FlagValues, issues: Issue[] = [], more: LoadMore = {}): Promise<Study> {
  const replications = countFlag(flags, 'replications', MOST_REPLICATIONS, issues);
  const files = [...operands, ...listFlag(flags, 'filename')];
  if (replications !== undefined && textFlag(flags, 'stopWhen') !== undefined)
    issues.push({ where: '--stop-when', problem: 'together with --replications', hint: 'one of them: as many as are needed, or a number' });
  if (files.length === 0)
    issues.push({ where: '-f', problem: 'nothing to read', hint: 'name a scenario, or a folder of manifests with --to URL --rate 100/s --duration 2m' });
  if (issues.length > 0) throw new ScenarioError(issues);
  const quick = Object.fromEntries(QUICK_FLAGS.flatMap((name) => (textFlag(flags, name) === undefined ? [] : [[name, textFlag(flags, name)]])));
  const { loadStudy } = await import('../../scenario/index.ts');
  return loadStudy({
    files,
    recursive: flags.recursive === true,
    sets: listFlag(flags, 'set'),
    vary: listFlag(flags, 'vary'),
    ...(textFlag(flags, 'stopWhen') !== undefined && { stopWhen: textFlag(flags, 'stopWhen') }),
    ...(textFlag(flags, 'seed') !== undefined && { seed: textFlag(flags, 'seed') }),
    ...(replications !== undefined && { replications }),
    ...(Object.keys(quick).length > 0 ? { quick } : more.fallback !== undefined && { fallback: more.fallback }),
    ...(more.stdin !== undefined && { stdin: more.stdin }),
    ...(textFlag(flags, 'strategies') !== undefined && { strategies: textFlag(flags, 'strategies') }),
    ...(textFlag(flags, 'kubeProxy') !== undefined && { kubeProxy: textFlag(flags, 'kubeProxy') }),
  });
}

/** Standard input, when one of the files is `-`; it can be read only once. */
export async function readStandardInput(operands: readonly string[], flags: FlagValues): Promise<string | undefined> {
  if (![...operands, ...listFlag(flags, 'filename')].includes('-')) return undefined;
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
