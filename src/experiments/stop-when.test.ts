import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LoadOptions, loadStudy } from '../scenario/index.ts';
import { scenarioText, station } from '../testing/truth-scenario.ts';
import { planStudy } from './plan.ts';
import type { CellResult, Result } from './result.ts';
import { resultJson } from './result-json.ts';
import { type RunOptions, runStudy } from './run.ts';

/** M/M/1 at 50 %, 20 s: the mean of a replication varies by some 9 %. */
const TEXT = scenarioText({
  workload: station(1, '{ law: exponential, mean: 10ms }'),
  client: 'arrivals: { process: poisson, rate: 50/s }',
  seconds: 20,
}).replace('replications: 6, ', '');

function withStop(stop: string): string {
  return TEXT.replace('run: {', `run: { stopWhen: ${stop},`);
}

const MEAN = '{ metrics: { request_duration: [mean] }, relative: 5%, max: 60 }';

async function resultOf(text: string, load: Partial<LoadOptions> = {}, run: Partial<RunOptions> = {}): Promise<Result> {
  const plan = planStudy(await loadStudy({ files: ['-'], stdin: text, ...load }));
  return (await runStudy(plan, { workers: 1, resume: false, ...run })).result;
}

async function cellOf(text: string, load: Partial<LoadOptions> = {}): Promise<CellResult> {
  return (await resultOf(text, load)).cells[0];
}

describe('stopWhen', function () {
  this.timeout(60_000);

  it('stops at the first of 10, 15, 22, … replications that is precise enough', async () => {
    const cell = await cellOf(withStop(MEAN));
    expect(cell.replications).to.be.oneOf([15, 22, 33]);
    expect(cell.stopWhen).to.deep.include({ relative: 0.05, max: 60, met: true });
    const { low, high, value } = cell.metrics.request_duration.mean as { low: number; high: number; value: number };
    const reached = Math.max(high - value, value - low) / value;
    expect(reached).to.be.at.most(0.05 / 1.05);
    expect(cell.stopWhen?.figures).to.deep.equal([{ metric: 'request_duration', statistic: 'mean', met: true, reached }]);
    // One decision earlier it was not: the same replications, as a plain study of that many.
    const before = await cellOf(TEXT, { replications: Math.ceil(cell.replications / 1.5) });
    const earlier = before.metrics.request_duration.mean as { low: number; high: number; value: number };
    expect((earlier.high - earlier.low) / 2 / earlier.value).to.be.above(0.05 / 1.05);
  });

  it('gives the bytes of a plain study of as many replications, but for what it says of itself', async () => {
    const [stopped] = (await resultOf(withStop(MEAN))).cells;
    const { stopWhen: _stopWhen, ...rest } = stopped;
    expect(rest).to.deep.equal(await cellOf(TEXT, { replications: stopped.replications }));
  });

  it('gives the same bytes for any number of workers and when it goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
    try {
      const text = withStop(MEAN);
      const vary = ['clients[0].arrivals.rate=30/s,50/s'];
      const one = resultJson(await resultOf(text, { vary }));
      expect(resultJson(await resultOf(text, { vary }, { workers: 3 }))).to.equal(one);
      await resultOf(TEXT, { vary, replications: 12 }, { out: folder });
      expect(resultJson(await resultOf(text, { vary }, { out: folder, resume: true, workers: 2 }))).to.equal(one);
      const counts = JSON.parse(one).cells.map((cell: CellResult) => cell.replications);
      expect(counts[0]).to.be.below(counts[1]); // each cell by itself: the quieter one needs fewer
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says when the most replications were not enough', async () => {
    const cell = await cellOf(withStop('{ metrics: { request_duration: [mean, "p(50)"] }, relative: 0.1%, max: 12 }'));
    expect(cell.replications).to.equal(12);
    expect(cell.stopWhen?.met).to.equal(false);
    expect(cell.stopWhen?.figures.map(({ met }) => met)).to.deep.equal([false, false]);
  });

  it('does not go on for a figure that can have no interval', async () => {
    const cell = await cellOf(withStop('{ metrics: { request_duration: ["p(99.9)"] }, relative: 5% }'));
    expect(cell.replications).to.equal(10);
    expect(cell.stopWhen?.figures[0]).to.include({ met: false, reached: null, noInterval: 'fewer than 200 observations above it in a replication' });
  });

  it('can be asked for on the command line, and gives way to a number of replications', async () => {
    expect((await cellOf(TEXT.replace('run: {', 'run: { replications: 3,'), { stopWhen: 'request_duration{client=source}:mean=5%' })).stopWhen?.met).to.equal(
      true,
    );
    const cell = await cellOf(withStop(MEAN), { replications: 2 });
    expect([cell.replications, cell.stopWhen]).to.deep.equal([2, undefined]);
  });

  for (const [stop, message] of [
    ['{ metrics: { request_duration: [mean] }, relative: 5 }', /run\.stopWhen\.relative: share without % "5" \(write 5%/],
    ['{ metrics: { request_duration: [mean] }, relative: 0% }', /run\.stopWhen\.relative: no interval is that narrow "0%"/],
    ['{ metrics: { request_duration: [mean] }, relative: 5%, max: 5 }', /run\.stopWhen\.max: number out of range "5"/],
    ['{ metrics: {}, relative: 5% }', /run\.stopWhen\.metrics: empty/],
    ['{ metrics: { request_durations: [mean] }, relative: 5% }', /request_durations: unknown metric "request_durations" \(did you mean request_duration\?/],
    ['{ metrics: { request_duration: [median] }, relative: 5% }', /request_duration\[0\]: unknown statistic of this metric "median"/],
    ['{ metrics: { "request_duration{client=x}": [mean] }, relative: 5% }', /no such client "x"/],
    ['{ metrics: { "request_duration{since=12s}": [mean] }, relative: 5% }', /since is not for stopWhen/],
    ['{ metrics: { request_duration: [mean] }, relative: 5% }, replications: 5', /run\.replications: replications and stopWhen at once "5"/],
  ] as const) {
    it(`refuses ${stop}`, async () => {
      const error = await loadStudy({ files: ['-'], stdin: withStop(stop) }).catch((one: Error) => one);
      expect((error as Error).message).to.match(message);
      expect((error as Error).message.split('\n')).to.have.length(1);
    });
  }

  it('refuses an axis over itself, and a flag that says nothing', async () => {
    const message = async (options: Partial<LoadOptions>) =>
      ((await loadStudy({ files: ['-'], stdin: withStop(MEAN), ...options }).catch((one: Error) => one)) as Error).message;
    expect(await message({ vary: ['run.stopWhen.max=20,30'] })).to.include('an axis cannot change this "/spec/run/stopWhen/max"');
    expect(await message({ stopWhen: '2%' })).to.equal(`--stop-when: not metric:statistic=share "2%" (e.g. --stop-when 'request_duration:p(99)=2%')`);
  });
});
