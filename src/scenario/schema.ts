/** The JSON Schema of scenarios, as shipped in `schema/`. */
import { readFileSync } from 'node:fs';

/** The same place seen from `src/scenario` and from `dist/scenario`. */
export const SCHEMA_FILE = new URL('../../schema/scenario.schema.json', import.meta.url);

/** The JSON Schema (draft-07) document: what `evenkeel schema` prints, and what scenarios are checked against. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Record<string, unknown>;
}
