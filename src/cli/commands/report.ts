/** `evenkeel report`: a stored result shown again, as a page, as charts, or as tables. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExperimentError, type Issue, ScenarioError } from '../../errors.ts';
import { systemReason, writeAtomic } from '../../experiments/files.ts';
import type { Result } from '../../experiments/result.ts';
import { readResult } from '../../experiments/result-json.ts';
import type { TableName } from '../../experiments/result-tables.ts';
import type { PictureOptions } from '../../report/index.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { countFlag, textFlag } from '../flags.ts';
import { printDocument, tableFlag } from '../print-document.ts';
import { openTerminal, writeError, writeOut } from '../terminal.ts';

const PICTURES = ['svg', 'png'] as const;
/** Far more than a study may have. */
const MOST_CELLS = 1_000_000;

export async function report(operands: readonly string[], flags: FlagValues): Promise<number> {
  const [path] = operands;
  const chart = textFlag(flags, 'chart');
  const output = textFlag(flags, 'output') ?? (chart === undefined ? 'html' : 'svg');
  const asked = readAsked(flags, output);
  const stored = await readStored(path);
  const cell = asked.cell ?? stored.cell;
  if (cell !== undefined && !stored.result.cells.some(({ id }) => id === cell)) {
    const ids = stored.result.cells.map(({ id }) => id);
    throw new ScenarioError([{ where: '--cell', problem: 'no such cell', value: String(cell), hint: `there is ${ids.slice(0, 20).join(', ')}` }]);
  }
  const out = textFlag(flags, 'out');
  if (output === 'svg' || output === 'png') {
    const options = { ...(cell !== undefined && { cell }), ...(asked.subject !== undefined && { subject: asked.subject }) };
    await (chart === undefined ? writePictures(stored.result, output, out, options) : writePicture(stored.result, chart, output, out, options));
  } else {
    const shown = asked.cell === undefined ? stored.result : { ...stored.result, cells: stored.result.cells.filter(({ id }) => id === asked.cell) };
    const text =
      output === 'html'
        ? await page({ ...stored, ...(cell !== undefined && { cell }) })
        : await printDocument(shown, output, { terminal: await openTerminal({ color: flags.color !== false }), table: asked.table });
    await (out === undefined ? writeOut(text) : writeAtomic(out, text));
  }
  return DONE;
}

interface Asked {
  readonly table?: TableName;
  readonly cell?: number;
  readonly subject?: string;
}

function readAsked(flags: FlagValues, output: string): Asked {
  const issues: Issue[] = [];
  const cell = countFlag(flags, 'cell', MOST_CELLS, issues, 0);
  const subject = textFlag(flags, 'subject');
  const table = tableFlag(flags, output, issues);
  if (textFlag(flags, 'chart') !== undefined && !(PICTURES as readonly string[]).includes(output))
    issues.push({ where: '--chart', problem: 'needs a form that is a picture', value: output, hint: 'add -o svg or -o png' });
  if (subject !== undefined && textFlag(flags, 'chart') === undefined)
    issues.push({ where: '--subject', problem: 'needs the chart', hint: 'add --chart NAME' });
  if (issues.length > 0) throw new ScenarioError(issues);
  return { ...(cell !== undefined && { cell }), ...(table !== undefined && { table }), ...(subject !== undefined && { subject }) };
}

interface Stored {
  readonly result: Result;
  readonly command?: string;
  readonly cell?: number;
}

/** A result folder, its results.json, any result document, or a page that was rendered before. */
async function readStored(path: string): Promise<Stored> {
  const info = await stat(path).catch((error: unknown) => {
    throw new ScenarioError([{ where: path, problem: `cannot be read: ${systemReason(error)}` }]);
  });
  if (info.isDirectory()) return { result: await readResult(join(path, 'results.json')) };
  if (!path.endsWith('.html')) return { result: await readResult(path) };
  const { readPage } = await import('../../report/index.ts');
  const content = readPage(await readFile(path, 'utf8'));
  if (content === undefined) throw new ScenarioError([{ where: path, problem: 'is not a page of evenkeel' }]);
  return content;
}

async function page({ result, command, cell }: Stored): Promise<string> {
  const { renderHtml } = await import('../../report/index.ts');
  return renderHtml(result, { ...(command !== undefined && { command }), ...(cell !== undefined && { cell }) });
}

/** One chart, to a file or standard output. */
async function writePicture(result: Result, chart: string, format: 'svg' | 'png', out: string | undefined, options: PictureOptions): Promise<void> {
  const { renderPng, renderSvg } = await import('../../report/index.ts');
  const picture = await (format === 'svg' ? renderSvg(result, chart, options) : renderPng(result, chart, options));
  await (out === undefined ? writeOut(picture) : writeAtomic(out, picture));
}

/** One file per chart that has something to show, named after the chart. */
async function writePictures(result: Result, format: 'svg' | 'png', out: string | undefined, options: PictureOptions): Promise<void> {
  if (out === undefined)
    throw new ScenarioError([{ where: '--out', problem: 'needed, since there is one file per chart', hint: 'add --out FOLDER, or --chart NAME for one' }]);
  const { charts, renderPng, renderSvg } = await import('../../report/index.ts');
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw new ExperimentError(`${out}: cannot be made: ${systemReason(error)}`);
  });
  const empty: string[] = [];
  for (const { name } of charts) {
    const picture = await (format === 'svg' ? renderSvg(result, name, options) : renderPng(result, name, options)).catch((error: unknown) => {
      if (!(error instanceof ExperimentError) || error.message.startsWith('PNG')) throw error;
      empty.push(error.message);
    });
    if (picture !== undefined) await writeFile(join(out, `${name}.${format}`), picture);
  }
  for (const reason of empty) writeError(`not drawn: ${reason}\n`);
}
