/** `evenkeel merge`: folders of shards → one result. */
import { type Issue, ScenarioError } from '../../errors.ts';
import { mergeFolders } from '../../experiments/merge-folders.ts';
import { plural } from '../../report/format.ts';
import type { FlagValues } from '../commands.ts';
import { deliver, readDelivery, verdictOf } from '../delivery.ts';
import { checkWritable } from '../simulating.ts';
import { openTerminal, writeError } from '../terminal.ts';

export async function merge(operands: readonly string[], flags: FlagValues): Promise<number> {
  const issues: Issue[] = [];
  const delivery = readDelivery(flags, issues);
  if (issues.length > 0) throw new ScenarioError(issues);
  await checkWritable(delivery);
  const { result, reused } = await mergeFolders(operands, delivery);
  if (!delivery.isQuiet) writeError(`merged ${plural(reused, 'replication')} of ${plural(operands.length, 'folder')}\n`);
  await deliver(result, delivery, await openTerminal({ color: flags.color !== false }));
  return verdictOf(result, flags);
}
