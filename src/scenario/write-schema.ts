/** `node dist/scenario/write-schema.js`: writes `schema/scenario.schema.json` from `schema-source.ts`. */
import { writeFileSync } from 'node:fs';
import { SCHEMA_FILE } from './schema.ts';
import { buildJsonSchema } from './schema-source.ts';

writeFileSync(SCHEMA_FILE, `${JSON.stringify(buildJsonSchema(), null, 2)}\n`);
