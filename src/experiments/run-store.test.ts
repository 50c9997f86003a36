import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Scenario } from '../scenario/scenario.ts';
import { runOf } from '../testing/run-fixture.ts';
import { cellKey, RunStore } from './run-store.ts';

const CELL = (id = 0) => ({ id, axes: {}, scenario: SCENARIO });
const SCENARIO = { run: {}, objects: [], timeline: [], thresholds: [] } as unknown as Scenario;

describe('the store of replications', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function saved(key: string, run = runOf()): Promise<RunStore> {
    const store = await RunStore.open(folder);
    await store.save(key, CELL(), run);
    return RunStore.open(folder);
  }

  it('gives a replication back as it was, to any number of the cell', async () => {
    const run = runOf({ replication: 4, inFlight: 1 });
    const store = await saved(cellKey(SCENARIO, '1'), run);
    expect(await store.read(cellKey(SCENARIO, '1'), 0, 4)).to.deep.equal(run);
    expect(await store.read(cellKey(SCENARIO, '1'), 7, 4)).to.deep.equal({ ...run, cell: 7 });
  });

  it('gives it back to the same question only', async () => {
    const store = await saved(cellKey(SCENARIO, '1'));
    expect(await store.read(cellKey(SCENARIO, '2'), 0, 0)).to.equal(null);
    expect(await store.read(cellKey({ ...SCENARIO, clients: [] }, '1'), 0, 0)).to.equal(null);
    expect(await store.read(cellKey(SCENARIO, '1'), 0, 1)).to.equal(null);
  });

  it('knows the cell and which of its replications are there', async () => {
    const store = await saved('a'.repeat(64), runOf({ replication: 4 }));
    expect(await store.cell('a'.repeat(64))).to.deep.equal(CELL());
    expect(await store.stored('a'.repeat(64))).to.deep.equal(new Set([4]));
    expect([await store.cell('b'.repeat(64)), await store.stored('b'.repeat(64))]).to.deep.equal([null, new Set()]);
  });

  it('holds limits of thresholds and percentiles for a matter of the result, not of the replication', () => {
    const threshold = { metric: 'request_duration', sinceNs: null, limit: 1 } as unknown as Scenario['thresholds'][number];
    const key = cellKey({ ...SCENARIO, thresholds: [threshold] }, '1');
    expect(cellKey({ ...SCENARIO, run: { ...SCENARIO.run, percentiles: [25] }, thresholds: [{ ...threshold, limit: 2 }] }, '1')).to.equal(key);
    expect(cellKey({ ...SCENARIO, thresholds: [{ ...threshold, sinceNs: 5e9 }] }, '1')).not.to.equal(key);
  });

  it('keeps what another question has left in the place of the same cell', async () => {
    await saved('a'.repeat(64));
    const store = await saved('b'.repeat(64), runOf({ replication: 1 }));
    expect(await readdir(join(folder, 'runs'))).to.have.members(['0', '0-bbbbbbbbbbbb']);
    expect(await store.read('a'.repeat(64), 0, 0)).not.to.equal(null);
    expect(await store.read('b'.repeat(64), 0, 1)).not.to.equal(null);
  });

  for (const [what, damage] of Object.entries({
    'cut short': (text: string) => text.slice(0, 100),
    empty: () => '',
    'changed in one digit': (text: string) => text.replace('"offered":2', '"offered":3'),
    'of another replication': (text: string) => text.replace('"replication":0', '"replication":1'),
  })) {
    it(`counts one as absent that is ${what}`, async () => {
      const store = await saved('a'.repeat(64));
      const file = join(folder, 'runs', '0', '0.json');
      const text = await readFile(file, 'utf8');
      expect(damage(text)).not.to.equal(text);
      await writeFile(file, damage(text));
      expect(await store.read('a'.repeat(64), 0, 0)).to.equal(null);
    });
  }
});
