/** Files, standard input and gzip → lines, in blocks; memory does not depend on how much there is. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { ScenarioError } from '../errors.ts';

/** Longer ones are cut: no log has them, but a binary file has. */
const LONGEST = 1 << 20;
const BLOCK_BYTES = 1 << 18;

/** @throws ScenarioError when the file cannot be read, or is gzip and broken */
export async function* readLines(file: string, stdin: Readable): AsyncGenerator<readonly string[]> {
  try {
    if (file !== '-' && (await stat(file)).isDirectory())
      throw new ScenarioError([{ where: file, problem: 'a folder where a log is expected', hint: `name its files: ${file}/*` }]);
    const bytes = file === '-' ? stdin : createReadStream(file, { highWaterMark: BLOCK_BYTES });
    yield* splitLines(await gunzipped(bytes));
  } catch (error) {
    if (error instanceof ScenarioError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'no such file' : code?.startsWith('Z_') ? `broken gzip: ${message}` : `not readable: ${message}`;
    throw new ScenarioError([{ where: file, problem }]);
  }
}

/** Whatever begins with gzip's two bytes is gzip, whatever its name. */
async function gunzipped(stream: Readable): Promise<AsyncIterable<Buffer>> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  const first = await iterator.next();
  const head = first.done ? Buffer.alloc(0) : Buffer.from(first.value);
  const all = async function* () {
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield Buffer.from(next.value);
  };
  if (head[0] !== 0x1f || head[1] !== 0x8b) return all();
  const source = Readable.from(all());
  const gunzip = createGunzip({ chunkSize: BLOCK_BYTES });
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

async function* splitLines(blocks: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const block of blocks) {
    const lines = (rest + decoder.write(block)).split('\n');
    rest = lines.pop() as string;
    if (rest.length > LONGEST) rest = rest.slice(0, LONGEST);
    yield lines;
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}
