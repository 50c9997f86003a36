/**
 * Part of `npm run prepare`: makes `npx evenkeel` in a checkout run this checkout.
 *
 * npm links the commands of dependencies only, and npx would go and ask the registry for a package of this name.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './sources.mjs';

const folder = join(ROOT, 'node_modules/.bin');
mkdirSync(folder, { recursive: true });
if (process.platform === 'win32') {
  writeFileSync(join(folder, 'evenkeel.cmd'), '@node "%~dp0\\..\\..\\bin\\evenkeel.js" %*\r\n');
} else {
  chmodSync(join(ROOT, 'bin/evenkeel.js'), 0o755);
  rmSync(join(folder, 'evenkeel'), { force: true });
  symlinkSync('../../bin/evenkeel.js', join(folder, 'evenkeel'));
}
