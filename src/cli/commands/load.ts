/** The flags by which commands name their input → a study. */
import type { Issue } from '../../errors.ts';
import { ScenarioError } from '../../errors.ts';
import type { Study } from '../../scenario/scenario.ts';
import type { FlagValues } from '../commands.ts';
import { countFlag, listFlag, textFlag } from '../flags.ts';

/** More would not fit into any machine, and is a slip of the finger. */
const MOST_REPLICATIONS = 100_000;

const QUICK_FLAGS = ['to', 'rate', 'duration', 'from', 'clients', 'connections', 'keepalive', 'service', 'concurrency'] as const;

/**
 * @param issues found in other flags already; thrown together with those of the flags read here
 * @throws ScenarioError with everything that is wrong with flags or files
 */
export async function loadFromFlags(operands: readonly string[], flags: FlagValues, issues: Issue[] = []): Promise<Study> {
  const replications = countFlag(flags, 'replications', MOST_REPLICATIONS, issues);
  const files = [...operands, ...listFlag(flags, 'filename')];
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
    ...(textFlag(flags, 'seed') !== undefined && { seed: textFlag(flags, 'seed') }),
    ...(replications !== undefined && { replications }),
    ...(Object.keys(quick).length > 0 && { quick }),
    ...(textFlag(flags, 'kubeProxy') !== undefined && { kubeProxy: textFlag(flags, 'kubeProxy') }),
  });
}
