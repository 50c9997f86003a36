/** `evenkeel init`: a commented scenario to start from. */
import { basename, resolve } from 'node:path';
import { writeAtomic } from '../../experiments/files.ts';
import { scenarioTemplate } from '../../scenario/index.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { textFlag } from '../flags.ts';
import { writeOut } from '../terminal.ts';

export async function init(operands: readonly string[], flags: FlagValues): Promise<number> {
  const [manifests] = operands;
  const text = scenarioTemplate(manifests === undefined ? undefined : basename(resolve(manifests)), manifests, textFlag(flags, 'to'));
  const out = textFlag(flags, 'out');
  await (out === undefined ? writeOut(text) : writeAtomic(out, text));
  return DONE;
}
