/**
 * `npm run build`: `src/` → `dist/`, then what is made from sources by other means than the compiler: the validator of scenarios, and the
 * script of the report page, which is bundled because the page has no network.
 *
 * `dist/` is emptied first, so that tests of files which are gone do not run on.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './sources.mjs';

function run(file, args) {
  const { status } = spawnSync(process.execPath, [join(ROOT, file), ...args], { stdio: 'inherit', cwd: ROOT });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.json']);
run('scripts/build-validator.js', []);
run('scripts/build-page.js', []);
