/** `evenkeel report`: a stored result shown again, as a page, as charts, or as tables. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExperimentError, ScenarioError } from '../../errors.ts';
import { systemReason, writeAtomic } from '../../experiments/files.ts';
import type { Result } from '../../experiments/result.ts';
import { readResult } from '../../experiments/result-json.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { textFlag } from '../flags.ts';
import { printDocument } from '../print-document.ts';
import { openTerminal, writeError, writeOut } from '../terminal.ts';

export async function report(operands: readonly string[], flags: FlagValues): Promise<number> {
  const [path] = operands;
  const stored = await readStored(path);
  const output = textFlag(flags, 'output') ?? 'html';
  const out = textFlag(flags, 'out');
  if (output === 'svg' || output === 'png') await writePictures(stored.result, output, out);
  else {
    const text =
      output === 'html' ? await page(stored) : await printDocument(stored.result, output, { terminal: await openTerminal({ color: flags.color !== false }) });
    await (out === undefined ? writeOut(text) : writeAtomic(out, text));
  }
  return DONE;
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

/** One file per chart that has something to show, named after the chart. */
async function writePictures(result: Result, format: 'svg' | 'png', out: string | undefined): Promise<void> {
  if (out === undefined) throw new ScenarioError([{ where: '--out', problem: 'needed, since there is one file per chart', hint: 'add --out FOLDER' }]);
  const { charts, renderPng, renderSvg } = await import('../../report/index.ts');
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw new ExperimentError(`${out}: cannot be made: ${systemReason(error)}`);
  });
  for (const { name } of charts) {
    const picture = await (format === 'svg' ? renderSvg(result, name) : renderPng(result, name)).catch((error: unknown) => {
      if (error instanceof ExperimentError && !error.message.startsWith('PNG'))
        writeError(`${error.message}\n`); // nothing to draw, and why
      else throw error;
    });
    if (picture !== undefined) await writeFile(join(out, `${name}.${format}`), picture);
  }
}
