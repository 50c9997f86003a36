/** What the repository's own checks share: the source files, and their text without comments and strings. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Every TypeScript file under `src/` as `{ path, text }`, in order of path.
 * @returns {{ path: string, text: string }[]} `path` is relative to `src/`, with forward slashes
 */
export function readSources() {
  const src = join(ROOT, 'src');
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: relative(src, file).split(sep).join('/'), text: readFileSync(file, 'utf8') }));
}

export const isTest = (path) => path.endsWith('.test.ts');

/** Blanks out comments, and strings too unless `keepStrings`; line numbers stay. */
export function stripped(text, { keepStrings = false } = {}) {
  const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
  return text.replace(tokens, (token) => (keepStrings && token[0] !== '/' ? token : token.replace(/[^\n]/g, ' ')));
}

export const lineAt = (text, index) => text.slice(0, index).split('\n').length;

/** Prints the issues of a check and sets the exit code. */
export function report(checkName, issues) {
  for (const issue of issues) console.error(issue);
  console.error(`${checkName}: ${issues.length === 0 ? 'ok' : `${issues.length} issues`}`);
  process.exitCode = issues.length === 0 ? 0 : 1;
}
