import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LoadOptions, loadStudy } from '../scenario/index.ts';
import { CART, ORDER, SCENARIO } from '../testing/busy-shop.ts';
import { ENGINE_VERSION } from './engine-version.ts';
import { mergeFolders } from './merge-folders.ts';
import { type Plan, planStudy } from './plan.ts';
import { replay } from './replay.ts';
import { resultJson } from './result-json.ts';
import { runShard, runStudy } from './run.ts';
import { cellKey, RunStore } from './run-store.ts';

/** Two cells of the shop of three replications each, timeline and thresholds included. */
const TEXT = SCENARIO.replace('MANIFESTS', JSON.stringify([{ inline: `${CART}\n---\n${ORDER}` }]));
const VARY = ['workloads.deployment/cart.concurrency=1,3'];

async function planOf(options: Partial<LoadOptions> = {}): Promise<Plan> {
  return planStudy(await loadStudy({ files: ['-'], stdin: TEXT, vary: VARY, replications: 3, ...options }));
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (one: Error) => one,
  );
  return `${error.name}: ${error.message}`;
}

describe('shards', function () {
  this.timeout(120_000);
  let folder: string;
  let plan: Plan;
  let whole: string;
  let shards: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
    plan = await planOf();
    shards = ['a', 'b'].map((name) => join(folder, name));
    whole = resultJson((await runStudy(plan, { workers: 1, resume: false, out: join(folder, 'whole'), seriesStepNs: 1e9 })).result);
    for (const [i, out] of shards.entries()) await runShard(plan, { number: i + 1, of: 2 }, { workers: 1, resume: false, out });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** A copy of the second shard to break. */
  async function copyOf(name: string): Promise<string> {
    const copy = join(folder, name);
    await cp(shards[1], copy, { recursive: true });
    return copy;
  }

  it('have each replication once, and no result', async () => {
    const lists = await Promise.all(shards.map((shard) => readdir(join(shard, 'runs'), { recursive: true })));
    const files = lists.map((list) => list.filter((name) => /\d+\.json$/.test(name)).sort());
    expect(files).to.deep.equal([
      ['0/0.json', '0/2.json', '1/1.json'],
      ['0/1.json', '1/0.json', '1/2.json'],
    ]);
    expect(await readdir(shards[0])).to.deep.equal(['runs', 'study.json']);
  });

  it('make the bytes of the whole when merged, in any order, and the folder of the whole', async () => {
    const out = join(folder, 'merged');
    const merged = await mergeFolders([shards[1], shards[0]], { out, seriesStepNs: 1e9 });
    expect(resultJson(merged.result)).to.equal(whole);
    expect(merged.reused).to.equal(6);
    for (const name of ['results.json', 'runs.csv', 'study.json', 'runs/0/0.json', 'runs/1/2.json', 'runs/1/cell.json'])
      expect(await readFile(join(out, name), 'utf8'), name).to.equal(await readFile(join(folder, 'whole', name), 'utf8'));
  });

  it('can be merged into one of them, and in one folder that all wrote into', async () => {
    const [one, other] = await Promise.all(['into', 'other'].map(copyOf));
    await mergeFolders([shards[0], one], { out: one, seriesStepNs: 1e9 });
    expect(await readFile(join(one, 'results.json'), 'utf8')).to.equal(whole);
    await runShard(plan, { number: 1, of: 2 }, { workers: 1, resume: true, out: other });
    expect(resultJson((await mergeFolders([other], { seriesStepNs: 1e9 })).result)).to.equal(whole);
  });

  it('are not merged while some are missing, and those are named', async () => {
    expect(await messageOf(mergeFolders([shards[0]], {}))).to.equal(
      'ExperimentError: 3 of 6 replications are missing: cell 0: 1; cell 1: 0, 2 (name the folders of all shards; a shard that was interrupted goes on with --resume)',
    );
  });

  it('are not merged when one is damaged, which is named, unless another folder has it', async () => {
    const broken = await copyOf('broken');
    const file = join(broken, 'runs', '1', '2.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/"offered":\d/, '"offered":0'));
    expect(await messageOf(mergeFolders([shards[0], broken], {}))).to.equal(
      `ExperimentError: ${file}: damaged, and no other folder has it (the shard that it is of repeats it with --resume)`,
    );
    expect(resultJson((await mergeFolders([shards[0], broken, shards[1]], { seriesStepNs: 1e9 })).result)).to.equal(whole);
    await runShard(plan, { number: 2, of: 2 }, { workers: 1, resume: true, out: broken });
    expect(resultJson((await mergeFolders([shards[0], broken], { seriesStepNs: 1e9 })).result)).to.equal(whole);
  });

  it('are not mixed with another seed, study or engine', async () => {
    const edited = async (name: string, edit: (text: string) => string) => {
      const copy = await copyOf(name);
      const file = join(copy, 'study.json');
      await writeFile(file, edit(await readFile(file, 'utf8')));
      return messageOf(mergeFolders([shards[0], copy], {}));
    };
    const head = `ScenarioError: ${folder}`;
    expect(await edited('seed', (text) => text.replace(/"seed": "1"/, '"seed": "2"'))).to.equal(
      `${head}/seed: does not fit ${shards[0]}: another seed, 2 and not 1`,
    );
    expect(await edited('count', (text) => text.replace(/"replications": 3/, '"replications": 4'))).to.include('another number of replications, 4 and not 3');
    expect(await edited('hash', (text) => text.replace(/sha256:../, 'sha256:__'))).to.include('another content of scenario or manifests');
    expect(await edited('engine', (text) => text.replace(`"${ENGINE_VERSION}"`, '"0.0.1"'))).to.include(`another engine, 0.0.1 and not ${ENGINE_VERSION}`);
    expect(await edited('damaged', (text) => text.slice(0, -20))).to.include(`${folder}/damaged/study.json: is damaged`);
    expect(await edited('foreign', () => '{}')).to.include('is not a study of this version');
    expect(await messageOf(mergeFolders([shards[0], shards[0]], {}))).to.include('is named twice');
  });

  it('are refused where the study decides on the way', async () => {
    const stopping = await planOf({ replications: undefined, stopWhen: 'request_duration:mean=5%' });
    expect(await messageOf(runShard(stopping, { number: 1, of: 2 }, { workers: 1, resume: false, out: join(folder, 'stop') }))).to.equal(
      'ScenarioError: --shard: stopWhen wants all replications in one place (give --replications, or run it whole)',
    );
  });

  describe('a replay', () => {
    it('repeats one replication, and finds the stored one to be the same', async () => {
      const out = join(folder, 'whole');
      const one = await replay(plan, { cell: 1, replication: 2, out });
      expect(one.sameAs).to.equal(join(out, 'runs', '1', '2.json'));
      expect(one.result.cells).to.have.length(1);
      expect(one.result.cells[0]).to.deep.include({ id: 1, replications: 1 });
      expect((await replay(plan, { cell: 1, replication: 2 })).sha256).to.equal(one.sha256);
      expect((await replay(plan, { cell: 1, replication: 1 })).sha256).not.to.equal(one.sha256);
    });

    it('says what differs when it is not', async () => {
      const out = await copyOf('forged');
      const key = cellKey(plan.cells[1].scenario, plan.study.seed);
      const store = await RunStore.open(out);
      const run = await store.read(key, 1, 2);
      await store.save(key, plan.cells[1], { ...(run as NonNullable<typeof run>), trafficHash: '00000000' });
      expect(await messageOf(replay(plan, { cell: 1, replication: 2, out }))).to.equal(
        `ModelError: the replication differs from ${out}/runs/1/2.json in trafficHash`,
      );
    });

    it('says when there is nothing to compare with, or no such replication', async () => {
      expect(await messageOf(replay(plan, { cell: 0, replication: 1, out: shards[0] }))).to.include('no stored replication of this scenario, seed and engine');
      expect(await messageOf(replay(plan, { cell: 2, replication: 1 }))).to.equal('ScenarioError: --replay: no such cell "2" (0 to 1)');
      expect(await messageOf(replay(plan, { cell: 1, replication: 3 }))).to.equal('ScenarioError: --replay: no such replication "3" (0 to 2)');
    });
  });
});
