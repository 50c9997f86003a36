import { spawn, spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ExperimentError } from '../errors.ts';
import { writeAtomic } from './files.ts';
import { decodeArrays, encodeArrays, stableJson } from './stable-json.ts';

describe('files of a result folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
  });

  it('appear whole, with nothing beside them', async () => {
    await writeAtomic(join(folder, 'a', 'b.json'), 'text');
    expect(await readFile(join(folder, 'a', 'b.json'), 'utf8')).to.equal('text');
    expect(await readdir(join(folder, 'a'))).to.deep.equal(['b.json']);
  });

  it('do not take the place of a pipe or a device', async function () {
    const pipe = join(folder, 'pipe');
    if (spawnSync('mkfifo', [pipe]).status !== 0) this.skip();
    const reader = spawn('cat', [pipe]);
    let text = '';
    reader.stdout.on('data', (data) => (text += data));
    const ended = new Promise((resolve) => reader.on('close', resolve));
    await writeAtomic(pipe, 'text');
    await ended;
    expect(text).to.equal('text');
    expect(lstatSync(pipe).isFIFO()).to.equal(true);
  });

  it('share folders that do not exist yet', async () => {
    await Promise.all([1, 2, 3, 4].map((i) => writeAtomic(join(folder, 'runs', '0', `${i}.json`), '')));
    expect(await readdir(join(folder, 'runs', '0'))).to.have.length(4);
  });

  it('say why they cannot be written, and leave nothing behind', async () => {
    await writeFile(join(folder, 'file'), '');
    const error = await writeAtomic(join(folder, 'file', 'below'), 'text').catch((one: unknown) => one);
    expect(error).to.be.instanceOf(ExperimentError);
    expect((error as Error).message).to.match(/file.below: cannot be written: a part of its path is not a folder$/);
    expect(await readdir(folder)).to.deep.equal(['file']);
  });
});

describe('stable JSON', () => {
  it('sorts keys at every depth and keeps lists', () => {
    expect(stableJson({ b: 1, a: [{ d: 1, c: 2 }, 3] })).to.equal('{"a":[{"c":2,"d":1},3],"b":1}');
  });

  it('carries typed arrays, zeros left out', () => {
    const value = { counts: Float64Array.of(0, 0, 1.5, 2, 0, 3), bins: Uint32Array.of(7), empty: new Float64Array(0) };
    const text = JSON.stringify(encodeArrays(value));
    expect(text).to.include('"runs":[[2,1.5,2],[5,3]]');
    expect(decodeArrays(JSON.parse(text))).to.deep.equal(value);
  });
});
