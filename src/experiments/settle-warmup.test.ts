import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LoadOptions, loadStudy } from '../scenario/index.ts';
import { scenarioText, station } from '../testing/truth-scenario.ts';
import { mergeFolders } from './merge-folders.ts';
import { planStudy } from './plan.ts';
import { resultJson } from './result-json.ts';
import { type RunOptions, runShard, runStudy } from './run.ts';
import { withSession } from './session.ts';

/** M/M/1, begun empty: at 90 % it takes some seconds to fill. */
function text(rate: number, seconds = 60): string {
  return scenarioText({
    workload: station(1, '{ law: exponential, mean: 10ms }'),
    client: `arrivals: { process: poisson, rate: ${rate}/s }`,
    seconds,
    warmup: 'mser5',
    replications: 2,
  });
}

async function planOf(stdin: string, options: Partial<LoadOptions> = {}) {
  return planStudy(await loadStudy({ files: ['-'], stdin, ...options }));
}

async function resultOf(stdin: string, options: Partial<LoadOptions> = {}, run: Partial<RunOptions> = {}) {
  return (await runStudy(await planOf(stdin, options), { workers: 1, resume: false, ...run })).result;
}

describe('warmup: mser5', function () {
  this.timeout(120_000);

  it('cuts what differs from the rest, and says how much', async () => {
    const [cell] = (await resultOf(text(90))).cells;
    expect(cell.warmup.method).to.equal('mser5');
    expect(cell.warmup.cut).to.be.within(0.25, 20);
    expect(cell.window.from).to.equal(cell.warmup.cut);
    // As a study with that warm-up written, but for its name.
    const [written] = (await resultOf(text(90).replace('warmup: mser5', `warmup: ${cell.warmup.cut}s`))).cells;
    expect({ ...written, warmup: cell.warmup }).to.deep.equal(cell);
  });

  it('is one for all cells: that of the slowest', async () => {
    const path = 'clients[0].arrivals.rate';
    const { cells } = await resultOf(text(10), { vary: [`${path}=10/s,90/s`] });
    const [alone] = (await resultOf(text(90))).cells;
    expect(cells.map(({ warmup }) => warmup.cut)).to.deep.equal([alone.warmup.cut, alone.warmup.cut]);
  });

  it('gives the same bytes with more workers, when it goes on, and in shards', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
    try {
      const whole = resultJson(await resultOf(text(80)));
      const out = join(folder, 'out');
      expect(resultJson(await resultOf(text(80), {}, { workers: 2, out }))).to.equal(whole);
      expect(resultJson(await resultOf(text(80), {}, { out, resume: true }))).to.equal(whole);
      const shards = ['a', 'b'].map((name) => join(folder, name));
      for (const [i, shard] of shards.entries()) await runShard(await planOf(text(80)), { number: i + 1, of: 2 }, { workers: 1, resume: false, out: shard });
      expect(resultJson((await mergeFolders(shards, {})).result)).to.equal(whole);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is inconclusive where the run is never steady', async () => {
    const error = (await resultOf(text(150)).catch((one: unknown) => one)) as Error;
    expect(error.name).to.equal('InconclusiveError');
    expect(error.message).to.match(/^warmup mser5: the run is not steady after half of its 60 s/);
  });

  it('is refused where traffic or cluster change, and where no pilots run', async () => {
    const issue = async (changed: string) => ((await loadStudy({ files: ['-'], stdin: changed }).catch((one: unknown) => one)) as Error).message;
    expect(await issue(text(10).replace('timeline: []', 'timeline: [ { at: 5s, do: kubectl scale deployment/web --replicas=3 } ]'))).to.match(
      /spec\.timeline: warmup: mser5 with a timeline \(it wants a steady run; give a time/,
    );
    expect(await issue(text(10).replace('process: poisson, rate: 10/s', 'shape: [ { stages: [ { duration: 10s, target: 10/s } ] } ]'))).to.match(
      /spec\.clients\[0\]\.arrivals\.shape: warmup: mser5 with a rate that changes/,
    );
    expect(await issue(text(10).replace('mser5', 'mser6'))).to.match(/run\.warmup: unknown duration "mser6"/);
    const { cells } = await planOf(text(10));
    const error = await withSession({ seed: '1', workers: 1 }, (session) => session.replications(cells[0], 0, 1)).catch((one: unknown) => one);
    expect((error as Error).message).to.equal('warmup: mser5 is for run; give a time here, e.g. --set run.warmup=30s');
  });
});
