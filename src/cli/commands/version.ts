/** `evenkeel version`. */
import { ENGINE_VERSION } from '../../experiments/engine-version.ts';
import { DONE } from '../exit-codes.ts';
import { writeOut } from '../terminal.ts';

export async function version(): Promise<number> {
  await writeOut(`evenkeel ${ENGINE_VERSION}\n`);
  return DONE;
}
