/** A result in the form asked for by `-o`. */
import type { Result } from '../experiments/result.ts';
import { resultJson } from '../experiments/result-json.ts';
import { printResult } from './print-result.ts';
import type { Terminal } from './terminal.ts';

/** @param output one of `OUTPUTS` in commands.ts */
export async function printDocument(result: Result, output: string, options: { readonly terminal: Terminal; readonly command?: string }): Promise<string> {
  if (output === 'json') return resultJson(result);
  if (output === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(JSON.parse(resultJson(result)), { aliasDuplicateObjects: false });
  }
  return printResult(result, { ...options, isWide: output === 'wide' });
}
