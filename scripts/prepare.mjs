/**
 * `npm run prepare`, which npm calls by itself at the end of `npm ci`: builds.
 *
 * npx calls it as well, when it runs this checkout's own command for the first time; what is built already is then left as it is.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './sources.mjs';

if (process.env.npm_command !== 'exec' || !existsSync(join(ROOT, 'dist/cli/main.js'))) await import('./build.mjs');
