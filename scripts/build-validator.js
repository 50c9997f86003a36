/**
 * Compiles schema/scenario.schema.json to <out>/scenario/validate-scenario.js, a module that needs nothing else.
 *
 * Compiling takes ajv 0.1 s, a fifth of what a small study takes; so it is done once, here, and ajv is not loaded by the program.
 *
 * usage: node scripts/build-validator.js [out]      out: dist when absent
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? `${ROOT}dist`;

// `verbose`: errors carry the part of the schema that they come from, for the words of the message.
const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strictTypes: false, code: { source: true } });
const validate = ajv.compile(JSON.parse(readFileSync(`${ROOT}schema/scenario.schema.json`, 'utf8')));

await build({
  // ajv's own functions (lengths in characters, deep equality) are required by the code; the bundle has them inside.
  stdin: { contents: standalone.default(ajv, validate), resolveDir: ROOT },
  outfile: `${out}/scenario/validate-scenario.js`,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  banner: { js: '/* Made by ajv from schema/scenario.schema.json. ajv: MIT, Evgeny Poberezkin. fast-deep-equal: MIT, Evgeny Poberezkin. */' },
});
