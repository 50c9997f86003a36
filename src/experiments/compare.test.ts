import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Issue, ScenarioError } from '../errors.ts';
import { loadStudy } from '../scenario/load.ts';
import { client, scenarioText } from '../testing/truth-scenario.ts';
import { baselinesOf, type CompareSettings, compareSources, compareStudy, selectBest } from './compare.ts';
import { type ComparedMetric, figureOf, parseMetric } from './compared-metrics.ts';
import type { Comparison } from './comparison.ts';
import type { MergedCell } from './merge.ts';
import type { Plan } from './plan.ts';
import { planStudy } from './plan.ts';
import { runStudy } from './run.ts';
import { isStoredResult, readStoredResult, storedCells } from './stored-cells.ts';

/** Four pods of one slot at 0.6, a client that chooses by itself. */
const text = (more: { replications?: number; rate?: number; name?: string; queue?: string } = {}) =>
  scenarioText({
    seconds: 8,
    replications: more.replications ?? 12,
    replicas: 4,
    workload: `{ concurrency: 1, service: { law: exponential, mean: 10ms }${more.queue === undefined ? '' : `, queue: ${more.queue}`} }`,
    clients: `[ ${client('source', `count: 1, arrivals: { rate: ${more.rate ?? 240}/s }`)} ]`,
  }).replace('name: truth', `name: ${more.name ?? 'truth'}`);

const STRATEGIES = 'ideal:random,ideal:round_robin,ideal:least_connections';
const planOf = async (
  options: { strategies?: string; vary?: string[]; replications?: number; rate?: number; name?: string; seed?: string; queue?: string } = {},
): Promise<Plan> => planStudy(await loadStudy({ files: ['-'], stdin: text(options), ...options }));

const metric = (name: string): ComparedMetric => {
  const issues: Issue[] = [];
  const parsed = parseMetric(name, issues);
  if (parsed === null) throw new ScenarioError(issues);
  return parsed;
};
const SETTINGS: CompareSettings = { metrics: [], alpha: 0.05, selection: { confidence: 0.95, indifference: { share: 0.02 } } };
const WORKERS = { workers: 1, resume: false };
const MEAN = 'request_duration:mean';
const figuresOf = (comparison: Comparison, name: string) => comparison.metrics.find((one) => one.metric === name)?.cells ?? [];

describe('compare', function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'evenkeel-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('pairs strategies, which all meet the same traffic, and reads the verdict from the interval', async () => {
    const { comparison, result } = await compareStudy(await planOf({ strategies: STRATEGIES }), SETTINGS, WORKERS);
    expect(comparison.cells.map(({ label, baseline, pairing }) => [label, baseline, pairing?.isPaired])).to.deep.equal([
      ['ideal:random', null, undefined],
      ['ideal:round_robin', 0, true],
      ['ideal:least_connections', 0, true],
    ]);
    const figures = figuresOf(comparison, MEAN);
    expect(figures.map(({ difference }) => difference?.verdict)).to.deep.equal([undefined, 'better', 'better']);
    expect(figures.map(({ estimate }) => estimate)).to.deep.equal(result?.cells.map((cell) => cell.metrics.request_duration.mean));
    expect(comparison.comparisons).to.equal(comparison.metrics.length * 2);
    for (const { cells, goal } of comparison.metrics) {
      for (const { difference } of cells) {
        if (difference === undefined || !('low' in difference.absolute)) continue;
        const { low, high } = difference.absolute;
        const shown = low > 0 ? (goal === 'less' ? 'worse' : 'better') : high < 0 ? (goal === 'less' ? 'better' : 'worse') : 'no difference shown';
        expect(difference.verdict).to.equal(shown);
      }
    }
    expect(figures[2].difference?.varianceRatio).to.be.greaterThan(1);
    expect(figures[2].difference?.pPermutation).to.equal(2 / 4096); // of 12 pairs all are better
    expect(comparison.selection?.best).to.equal(2);
  });

  it('gives no credit for short durations to who fails more, on either side, and never finds it best', async () => {
    // Without a queue random refuses more than a third at once, which makes its mean the shortest.
    const plan = await planOf({ strategies: STRATEGIES, queue: '{ limit: 0 }' });
    const settings = { ...SETTINGS, metrics: [metric(MEAN)] };
    const against = (await compareStudy(plan, { ...settings, baseline: 'ideal:least_connections' }, WORKERS)).comparison;
    const [random, , least] = against.metrics[0].cells;
    expect(random.estimate.value).to.be.lessThan(least.estimate.value as number);
    expect(random.difference).to.deep.include({ verdict: 'not compared', notCompared: 'fails more' });
    expect(random.difference?.absolute).to.have.property('high').that.is.lessThan(0); // the difference itself stays
    expect(against.cells.map(({ failsMore }) => failsMore?.than)).to.deep.equal([2, 2, undefined]);
    expect(against.selection).to.deep.include({ best: 2, excluded: [0, 1], eliminated: [] });

    const { comparison } = await compareStudy(plan, settings, WORKERS);
    expect(comparison.metrics[0].cells[2].difference).to.deep.include({ verdict: 'not compared', notCompared: 'baseline fails more' });

    const best = (await selectBest(plan, metric(MEAN), settings, { ...WORKERS, most: 40 })).comparison;
    expect(best.selection).to.deep.include({ best: 2, excluded: [0, 1], eliminated: [] });
    expect(best.cells[0]).to.deep.include({ replications: 10 }).and.have.nested.property('failsMore.than', 2);
    const byFailures = (await selectBest(plan, metric('request_failed'), settings, { ...WORKERS, most: 40 })).comparison;
    expect(byFailures.selection).to.deep.include({ best: 2, excluded: [] }); // by failures themselves nobody is left out
  });

  it('says aloud that different traffic is not paired', async () => {
    const { comparison } = await compareStudy(await planOf({ vary: ['clients[0].arrivals.rate=200/s,240/s'] }), SETTINGS, WORKERS);
    expect(comparison.cells[1].pairing).to.deep.equal({ isPaired: false, why: 'they met different traffic' });
    const [, { difference }] = figuresOf(comparison, MEAN);
    expect(difference).to.deep.include({ method: 'welch', varianceRatio: null, verdict: 'worse' });
  });

  it('compares nothing that has too few observations for its interval', async () => {
    const { comparison } = await compareStudy(await planOf({ strategies: STRATEGIES }), { ...SETTINGS, metrics: [metric('request_duration:p(99)')] }, WORKERS);
    const [, { difference }] = comparison.metrics[0].cells;
    expect(difference?.verdict).to.equal('cannot be told');
    expect(difference?.absolute).to.have.property('noInterval').that.includes('fewer than 200 observations');
    expect(comparison.selection).to.include({ best: null }).and.have.property('undecided').that.includes('fewer than 200');
  });

  it('keeps percentiles that only the metric asks for', async () => {
    const { comparison } = await compareStudy(await planOf({ strategies: STRATEGIES }), { ...SETTINGS, metrics: [metric('request_duration:p(80)')] }, WORKERS);
    expect(comparison.metrics[0].cells[0].estimate).to.have.property('low');
  });

  it('finds the best by elimination, the same for any number of workers', async () => {
    const plan = await planOf({ strategies: STRATEGIES });
    const one = await selectBest(plan, metric(MEAN), SETTINGS, { ...WORKERS, most: 200 });
    const two = await selectBest(plan, metric(MEAN), SETTINGS, { workers: 2, resume: false, most: 200 });
    expect(two.comparison).to.deep.equal(one.comparison);
    expect(one.comparison.selection).to.include({ best: 2, procedure: 'Kim-Nelson', firstStage: 10 });
    expect(one.comparison.metrics[0].cells.map(({ values }) => values?.length)).to.deep.equal(one.comparison.cells.map(({ replications }) => replications));
  });

  it('stops undecided when the replications are used up', async () => {
    const plan = await planOf({ strategies: 'ideal:least_connections,ideal:join_idle_queue' });
    const { comparison } = await selectBest(
      plan,
      metric(MEAN),
      { ...SETTINGS, selection: { confidence: 0.95, indifference: { absolute: 1e-7 } } },
      { ...WORKERS, most: 11 },
    );
    expect(comparison.selection).to.deep.include({ best: null, survivors: [0, 1], undecided: '2 are left after 11 replications' });
  });

  it('gives of a stored folder what it gives of the scenario', async () => {
    const plan = await planOf({ strategies: STRATEGIES });
    const out = join(folder, 'stored');
    const live = (await compareStudy(plan, SETTINGS, { ...WORKERS, out })).comparison;
    expect(await isStoredResult(out)).to.equal(true);
    expect(await compareSources(storedCells([await readStoredResult(out)], undefined), SETTINGS, live.scenario)).to.deep.equal(live);
  });

  it('compares two folders cell by cell, and documents without replications by Welch', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    const plan = await planOf({ strategies: STRATEGIES });
    await runStudy(plan, { ...WORKERS, out: a });
    await runStudy(await planOf({ strategies: STRATEGIES, replications: 12, seed: 'other' }), { ...WORKERS, out: b });
    const both = storedCells([await readStoredResult(a), await readStoredResult(b)], undefined);
    expect(both.map(({ label, baseline }) => [label.replace(folder, ''), baseline])).to.deep.equal([
      ['/a ideal:random', null],
      ['/a ideal:round_robin', null],
      ['/a ideal:least_connections', null],
      ['/b ideal:random', 0],
      ['/b ideal:round_robin', 1],
      ['/b ideal:least_connections', 2],
    ]);
    await copyFile(join(a, 'results.json'), join(folder, 'alone.json'));
    const alone = storedCells([await readStoredResult(join(folder, 'alone.json'))], undefined);
    const { cells, metrics } = await compareSources(alone, SETTINGS, both[3].scenario as Comparison['scenario']);
    expect(cells[1].pairing).to.deep.equal({ isPaired: false, why: 'the values of single replications are not known' });
    expect(metrics[0].cells[2].difference).to.deep.include({ method: 'welch', verdict: 'better', pPermutation: null });
  });

  for (const [what, damage, problem] of [
    ['a table that lacks a replication', (csv: string) => csv.split('\r\n').slice(0, -2).join('\r\n'), 'has 1 replications of cell 0, results.json 2'],
    ['a table that is none', () => 'a,"b\n', 'is not CSV'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const out = join(folder, `damaged ${what}`);
      await runStudy(await planOf({ replications: 2 }), { ...WORKERS, out });
      await writeFile(join(out, 'runs.csv'), damage(await readFile(join(out, 'runs.csv'), 'utf8')));
      expect(await problemOf(readStoredResult(out))).to.include(problem);
    });
  }

  it('refuses results of different scenarios', async () => {
    const [a, c] = [join(folder, 'one'), join(folder, 'other')];
    await runStudy(await planOf({ replications: 2 }), { ...WORKERS, out: a });
    await runStudy(await planOf({ replications: 2, name: 'mail' }), { ...WORKERS, out: c });
    const stored = await Promise.all([a, c].map(readStoredResult));
    expect(() => storedCells(stored, undefined)).to.throw(ScenarioError, 'is of scenario mail');
  });
});

async function problemOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: Error) => error.message,
  );
}

describe('baselines', () => {
  const cells = [
    { id: 0, axes: { strategy: 'a', replicas: 4 } },
    { id: 1, axes: { strategy: 'a', replicas: 8 } },
    { id: 2, axes: { strategy: 'b', replicas: 4 } },
    { id: 3, axes: { strategy: 'b', replicas: 8 } },
  ];

  it('are the first strategy, each within its own kind', () => {
    expect(baselinesOf(cells, undefined)).to.deep.equal([null, null, 0, 1]);
    expect(baselinesOf(cells, 'b')).to.deep.equal([2, 3, null, null]);
    expect(baselinesOf(cells, 'replicas=8')).to.deep.equal([1, null, 3, null]);
  });

  it('are one cell when it is named, or without strategies the first', () => {
    expect(baselinesOf(cells, '2')).to.deep.equal([2, 2, null, 2]);
    expect(baselinesOf(cells, 'strategy=b, replicas=4')).to.deep.equal([2, 2, null, 2]);
    expect(
      baselinesOf(
        cells.map(({ id, axes }) => ({ id, axes: { replicas: axes.replicas, policy: axes.strategy } })),
        undefined,
      ),
    ).to.deep.equal([null, 0, 0, 0]);
  });

  it('that are not there, or of one cell, are refused', () => {
    expect(() => baselinesOf(cells, 'c')).to.throw(ScenarioError, 'no such cell "c"');
    expect(() => baselinesOf(cells.slice(0, 1), undefined)).to.throw(ScenarioError, 'nothing to compare');
  });
});

describe('metrics of a comparison', () => {
  it('are written as figures of the result, with a unit and a way that is better', () => {
    expect(metric('request_duration{client=web}:p(95)')).to.include({ unit: 'seconds', goal: 'less' });
    expect(metric('pod_load{service=web}:jain')).to.include({ unit: 'number', goal: 'more' });
    expect(metric('request_failed')).to.include({ text: 'request_failed:rate', unit: 'share', goal: 'less' });
    expect(metric('stickiness{service=web, by=request}')).to.include({ unit: 'share', goal: 'none' });
    expect(metric('stickiness{service=web, by=request}:breaks')).to.include({ unit: 'number', goal: 'less' });
  });

  it('make a cost of node hours and bytes between zones, at the prices that are given', () => {
    const issues: Issue[] = [];
    expect(parseMetric('cost', issues)).to.equal(null);
    expect(issues[0].problem).to.equal('cost needs prices');
    const services = {
      a: { traffic: { crossZoneBytes: { value: 2 ** 30, noInterval: '' } } },
      b: { traffic: { crossZoneBytes: { value: null, noInterval: '' } } },
    };
    const cell = { nodeCount: 3, window: { from: 0, to: 1800 }, services } as unknown as MergedCell;
    const cost = parseMetric('cost', issues, { nodeHour: 0.1, crossZoneGib: 0.02 }) as ComparedMetric;
    expect(figureOf(cell, cost)?.value).to.be.closeTo(3 * 0.1 + 2 * 0.02, 1e-12); // 1 GiB in half an hour
    expect(figureOf(cell, metric('cross_zone_bytes'))?.value).to.equal(2 ** 31);
  });

  for (const [text, problem] of [
    ['latency', 'unknown metric "latency"'],
    ['request_duration:p(200)', 'no statistic'],
    ['request_duration{pod=a}', 'no tag "pod"'],
    ['pod_load', 'needs the tag "service"'],
    ['request_duration{since=5s}', 'windows are not kept'],
    ['request_duration{client}', 'tag "client" has no value'],
    ['a b', 'not a metric'],
  ]) {
    it(`refuse ${text}`, () => {
      expect(() => metric(text)).to.throw(ScenarioError, problem);
    });
  }
});
