/** `evenkeel schema`: the JSON Schema of scenario, result or comparison documents. */
import { ScenarioError } from '../../errors.ts';
import { DONE } from '../exit-codes.ts';
import { writeOut } from '../terminal.ts';

export async function schema([what = 'scenario', ...more]: readonly string[]): Promise<number> {
  if (more.length > 0) throw new ScenarioError([{ where: 'schema', problem: 'one document at a time', value: more[0] }]);
  await writeOut(`${JSON.stringify(await schemaOf(what), null, 2)}\n`);
  return DONE;
}

async function schemaOf(what: string): Promise<object> {
  if (what === 'scenario') return (await import('../../scenario/index.ts')).scenarioJsonSchema();
  if (what === 'result') return (await import('../../experiments/result-schema.ts')).resultJsonSchema();
  if (what === 'comparison') return (await import('../../experiments/comparison-schema.ts')).comparisonJsonSchema();
  throw new ScenarioError([{ where: 'schema', problem: 'no such document', value: what, hint: 'scenario, result or comparison' }]);
}
