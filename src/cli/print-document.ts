/** A result in the form asked for by `-o`. */
import type { Result } from '../experiments/result.ts';
import { stableJson } from '../experiments/stable-json.ts';
import { printResult } from './print-result.ts';
import type { Terminal } from './terminal.ts';

/** @param output one of `OUTPUTS` in commands.ts */
export async function printDocument(result: Result, output: string, options: { readonly terminal: Terminal; readonly command?: string }): Promise<string> {
  return (await printStructured(result, output)) ?? printResult(result, { ...options, isWide: output === 'wide' });
}

/** Any document of ours as JSON or YAML, keys sorted; null for other forms. */
export async function printStructured(document: object, output: string): Promise<string | null> {
  const json = `${stableJson(document, 2)}\n`;
  if (output === 'json') return json;
  if (output !== 'yaml') return null;
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(json), { aliasDuplicateObjects: false });
}
