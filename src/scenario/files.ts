/**
 * Paths as kubectl takes them → texts: files, folders (not recursive unless asked), globs, `-` for standard input.
 *
 * A file is read once, however often it is named. Names are shown as the user typed them.
 */
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { Report } from './report.ts';

export interface SourceText {
  /** As shown in messages. */
  readonly file: string;
  /** Without the folder that was named; what results show. */
  readonly relativeName: string;
  /** Folder that relative paths inside the text start from. */
  readonly folder: string;
  readonly text: string;
}

const EXTENSIONS = ['.json', '.yaml', '.yml']; // kubectl: resource.FileExtensions
const MIB = 1048576;
/** YAML is read at about half a MiB a second, JSON far faster. */
const LARGEST_YAML = 16 * MIB;
const LARGEST_JSON = 256 * MIB;

/** Reads texts and remembers which files it has read. */
export class SourceReader {
  private readonly seen = new Set<string>();
  private readonly report: Report;
  private readonly recursive: boolean;
  private readonly stdin: string | Readable;

  constructor(report: Report, recursive: boolean, stdin: string | Readable) {
    this.report = report;
    this.recursive = recursive;
    this.stdin = stdin;
  }

  /**
   * @param where the flag or the place in a file that names `path`, for the message when there is no such thing
   * @param base folder that names in results start from; absent = the one that `path` names, or stands in
   */
  async read(path: string, where?: string, base?: string): Promise<SourceText[]> {
    try {
      if (path === '-') return await this.readStdin();
      if (/^https?:\/\//.test(path)) return this.fail(path, where, 'not a file', `curl ${path} | evenkeel … -f -`);
      const found = await exists(path);
      if (!found && /[*?[]/.test(path)) return await this.readGlob(path, where, base ?? beforeWildcard(path));
      if (!found) return this.fail(path, where, 'no such file or folder', await similar(path));
      return (await stat(path)).isDirectory() ? await this.readFolder(path, where, base ?? path) : await this.readFile(path, base ?? dirname(path));
    } catch (error) {
      return this.fail(path, where, describe(error), undefined);
    }
  }

  /** One data file, e.g. of an empirical law; null after an issue. */
  async readData(path: string, where: string): Promise<string | null> {
    try {
      if (!(await exists(path))) return this.failData(where, path, 'no such file');
      if ((await stat(path)).isDirectory()) return this.failData(where, path, 'a folder where a file is expected');
      return await readText(createReadStream(path), LARGEST_JSON);
    } catch (error) {
      return this.failData(where, path, describe(error));
    }
  }

  private failData(where: string, value: string, problem: string): null {
    this.report.add({ where, problem, value });
    return null;
  }

  private fail(path: string, where: string | undefined, problem: string, hint: string | undefined): SourceText[] {
    const issue = where === undefined ? { where: path, problem } : { where, problem, value: path };
    this.report.add({ ...issue, ...(hint !== undefined && { hint }) });
    return [];
  }

  private async readStdin(): Promise<SourceText[]> {
    if (this.seen.has('-')) return [];
    this.seen.add('-');
    const text = typeof this.stdin === 'string' ? this.stdin : await readText(this.stdin, LARGEST_JSON);
    if (text.trim() === '') return this.fail('-', undefined, 'nothing on standard input', 'pipe manifests in: kubectl kustomize DIR | evenkeel … -f -');
    return [{ file: '-', relativeName: '-', folder: '.', text }];
  }

  private async readFile(path: string, base: string): Promise<SourceText[]> {
    const real = await realpath(path);
    if (this.seen.has(real)) return [];
    this.seen.add(real);
    const text = await readText(createReadStream(path), extname(path) === '.json' ? LARGEST_JSON : LARGEST_YAML);
    return [{ file: path, relativeName: relative(base, path).replaceAll('\\', '/'), folder: dirname(path), text }];
  }

  private async readFolder(path: string, where: string | undefined, base: string): Promise<SourceText[]> {
    const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1)); // by code unit, as Go's filepath.Walk
    if (entries.some((entry) => entry.name === 'Chart.yaml'))
      return this.fail(path, where, 'a Helm chart, not manifests', `helm template ${path} | evenkeel … -f -`);
    if (entries.some((entry) => /^kustomization\.ya?ml$|^Kustomization$/.test(entry.name))) {
      return this.fail(path, where, 'a Kustomization, not manifests', `kubectl kustomize ${path} | evenkeel … -f -`);
    }
    const texts: SourceText[] = [];
    let files = 0;
    for (const entry of entries) {
      const name = join(path, entry.name);
      if (await isFolder(name)) {
        if (this.recursive) texts.push(...(await this.readFolder(name, where, base)));
      } else if (EXTENSIONS.includes(extname(entry.name))) {
        files++;
        texts.push(...(await this.read(name, undefined, base)));
      }
    }
    const folders = entries.some((entry) => entry.isDirectory());
    if (files === 0 && !this.recursive) {
      return this.fail(path, where, 'no .yaml, .yml or .json file in this folder', folders ? '-R reads the folders in it too' : undefined);
    }
    return texts;
  }

  private async readGlob(pattern: string, where: string | undefined, base: string): Promise<SourceText[]> {
    const matches = await expandGlob(pattern);
    if (matches.length === 0) return this.fail(pattern, where, 'no file matches', undefined);
    const texts: SourceText[] = [];
    for (const match of matches) texts.push(...(await this.read(match, where, base)));
    return texts;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await exists(path)) && (await stat(path)).isDirectory();
}

async function similar(path: string): Promise<string | undefined> {
  for (const extension of EXTENSIONS) {
    if (await exists(path + extension)) return `there is ${basename(path)}${extension}`;
  }
  return undefined;
}

class TextError extends Error {}

async function readText(stream: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer | string);
    size += bytes.length;
    if (size > limit) throw new TextError(`larger than ${limit / MIB} MiB`);
    chunks.push(bytes);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.includes(0)) throw new TextError('a binary file, not YAML or JSON');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TextError('not UTF-8 text');
  }
}

function describe(error: unknown): string {
  if (error instanceof TextError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') return 'not readable: permission denied';
  if (code === 'EISDIR') return 'a folder where a file is expected';
  if (code === 'ELOOP') return 'a symbolic link that leads to itself';
  if (code === 'ENAMETOOLONG') return 'a name that is too long';
  return `not readable: ${message}`;
}

/** The folder that all matches are in: `k8s` of `k8s/web-*.yaml`. */
function beforeWildcard(pattern: string): string {
  const [fixed] = /^[^*?[]*\/|^/.exec(pattern) as RegExpExecArray;
  return fixed === '' ? '.' : fixed;
}

/** `*`, `?`, `[ab]` inside a name, `**` for any folders; matches in the order of names. */
async function expandGlob(pattern: string): Promise<string[]> {
  const absolute = pattern.startsWith('/');
  let found = [absolute ? '/' : ''];
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  for (const [i, part] of parts.entries()) {
    const next: string[] = [];
    for (const folder of found) next.push(...(await step(folder, part, i === parts.length - 1)));
    found = next;
  }
  return [...new Set(found)];
}

async function step(folder: string, part: string, last: boolean): Promise<string[]> {
  if (!/[*?[]/.test(part)) return (await exists(join(folder, part))) ? [join(folder, part)] : [];
  const names = await readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch(() => []);
  const sorted = names.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  if (part !== '**') return sorted.filter((entry) => globRegExp(part).test(entry.name) && (!last || entry.isFile())).map((entry) => join(folder, entry.name));
  const below: string[] = [folder];
  for (const entry of sorted) {
    if (entry.isDirectory()) below.push(...(await step(join(folder, entry.name), part, last)));
  }
  return below;
}

function globRegExp(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /(?!)/; // an unclosed bracket matches nothing
  }
}
