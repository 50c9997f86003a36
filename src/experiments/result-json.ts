/** The result document as text: what `-o json` prints and `results.json` holds, byte for byte. */
import { readFile } from 'node:fs/promises';
import { ScenarioError } from '../errors.ts';
import { systemReason } from './files.ts';
import type { Result } from './result.ts';
import { stableJson } from './stable-json.ts';

export function resultJson(result: Result): string {
  return `${stableJson(result, 2)}\n`;
}

/**
 * Reads a stored result.
 * @throws ScenarioError when the file cannot be read or is not a result of ours
 */
export async function readResult(file: string): Promise<Result> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ScenarioError([{ where: file, problem: `cannot be read: ${systemReason(error)}` }]);
  });
  const result = parseResult(text);
  if (result === null)
    throw new ScenarioError([{ where: file, problem: 'is not a result of evenkeel', hint: 'results.json of a folder written by run --out' }]);
  return result;
}

function parseResult(text: string): Result | null {
  try {
    const value = JSON.parse(text) as Result | null;
    return value?.kind === 'Result' && value.apiVersion === 'evenkeel.dev/v1alpha1' && Array.isArray(value.cells) && value.cells.length > 0 ? value : null;
  } catch {
    return null;
  }
}
