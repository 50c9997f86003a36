/** `evenkeel schema`: the JSON Schema of scenario documents. */
import { DONE } from '../exit-codes.ts';
import { writeOut } from '../terminal.ts';

export async function schema(): Promise<number> {
  const { scenarioJsonSchema } = await import('../../scenario/index.ts');
  await writeOut(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  return DONE;
}
