/**
 * The program of the page as text: bundled from `page/script.ts` when the package is built (`scripts/build-page.js`).
 */
import { readFile } from 'node:fs/promises';
import { ModelError } from '../errors.ts';
import { programForScript } from './escape.ts';

/** @throws ModelError when the package was not built completely */
export async function pageScript(): Promise<string> {
  const file = new URL('./page-script.js', import.meta.url);
  try {
    return programForScript(await readFile(file, 'utf8'));
  } catch {
    throw new ModelError('the page program report/page-script.js is missing (run npm run build)');
  }
}
