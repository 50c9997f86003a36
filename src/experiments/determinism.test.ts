/** What a result depends on: the scenario and the seed. Not on workers, interruptions, slices, folders or the order of files. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { RunResult } from '../measurement/run-result.ts';
import { type LoadOptions, loadStudy } from '../scenario/index.ts';
import { createSimulation, runReplication } from '../simulation/run.ts';
import { CART, ORDER, SCENARIO } from '../testing/busy-shop.ts';
import { randomScenario } from '../testing/random-scenarios.ts';
import { InterruptedError } from './execute.ts';
import { planStudy } from './plan.ts';
import { resultJson } from './result-json.ts';
import { type RunOptions, runStudy } from './run.ts';

const MS = 1e6;

async function bytesOf(load: LoadOptions, run: Partial<RunOptions> = {}): Promise<string> {
  const { result } = await runStudy(planStudy(await loadStudy(load)), { workers: 1, resume: false, ...run });
  return resultJson(result);
}

describe('the bytes of a result', function () {
  this.timeout(120_000);
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    file = put('one');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The shop in a folder of its own. @returns the scenario's file */
  function put(name: string, manifests: readonly string[] = ['./k8s/']): string {
    mkdirSync(join(folder, name, 'k8s'), { recursive: true });
    writeFileSync(join(folder, name, 'k8s', 'cart.yaml'), CART);
    writeFileSync(join(folder, name, 'k8s', 'order.yaml'), ORDER);
    const scenario = join(folder, name, 'scenario.yaml');
    writeFileSync(scenario, SCENARIO.replace('MANIFESTS', JSON.stringify(manifests)));
    return scenario;
  }

  it('are the same for 1, 2 and 4 workers', async () => {
    const alone = await bytesOf({ files: [file] });
    for (const workers of [2, 4]) expect(await bytesOf({ files: [file] }, { workers })).to.equal(alone);
  });

  it('are the same when interrupted and resumed, in another folder too', async () => {
    const out = join(folder, 'out');
    const plan = planStudy(await loadStudy({ files: [file] }));
    const stop = new AbortController();
    const watch = setInterval(() => existsSync(join(out, 'runs', '0', '0.json')) && stop.abort(), 1);
    const stopped = await runStudy(plan, { workers: 1, resume: false, out, signal: stop.signal }).catch((error: unknown) => error);
    clearInterval(watch);
    expect(stopped).to.be.instanceOf(InterruptedError);
    const moved = join(folder, 'moved');
    cpSync(out, moved, { recursive: true });
    const resumed = await runStudy(planStudy(await loadStudy({ files: [put('other')] })), { workers: 2, resume: true, out: moved });
    expect(resumed.reused).to.be.within(1, plan.cells.length * plan.study.replications - 1);
    expect(resultJson(resumed.result)).to.equal(await bytesOf({ files: [file] }));
    expect(readFileSync(join(moved, 'results.json'), 'utf8')).to.equal(resultJson(resumed.result));
  });

  it('do not depend on the folder, nor on how its name is written', async () => {
    const one = await bytesOf({ files: [file] });
    expect(JSON.parse(one).notModelled.couldMatter[0].where).to.match(/^k8s\/cart\.yaml:\d+$/);
    for (const path of [put('two'), relative('.', put('a b/ü')), join(folder, 'one')]) expect(await bytesOf({ files: [path] }), path).to.equal(one);
    expect(await bytesOf({ files: [put('three', [join(folder, 'three', 'k8s')])] })).to.include('"where": "cart.yaml:');
    const quick = { to: 'http://cart/', rate: '50/s', duration: '10s' };
    const flags = await bytesOf({ files: [join(folder, 'one', 'k8s')], quick });
    expect(await bytesOf({ files: [`${relative('.', folder)}/two/../two/k8s/`], quick })).to.equal(flags);
  });

  it('do not depend on the order of the files', async () => {
    const one = await bytesOf({ files: [put('order', ['k8s/cart.yaml', 'k8s/order.yaml'])] });
    expect(await bytesOf({ files: [put('reversed', ['k8s/order.yaml', 'k8s/cart.yaml'])] })).to.equal(one);
    const quick = { to: 'http://cart/', rate: '50/s', duration: '10s' };
    const [cart, order] = ['cart', 'order'].map((name) => join(folder, 'one', 'k8s', `${name}.yaml`));
    expect(await bytesOf({ files: [order, cart], quick })).to.equal(await bytesOf({ files: [cart, order], quick }));
  });

  it('change with the seed, and with nothing else of the command', async () => {
    const one = await bytesOf({ files: [file], seed: '1' });
    expect(await bytesOf({ files: [file], seed: '2' })).not.to.equal(one);
    expect(await bytesOf({ files: [file], seed: '1' })).to.equal(one);
  });
});

describe('a replication', function () {
  this.timeout(120_000);

  it('is the same in slices of 1 ms, of 1 event, and in one go', async () => {
    const text = SCENARIO.replace('MANIFESTS', JSON.stringify([{ inline: `${CART}\n---\n${ORDER}` }]));
    const { cells, seed } = await loadStudy({ files: ['-'], stdin: text });
    const options = { seed, replication: 3, cell: 0 };
    const whole = runReplication(cells[0].scenario, options);
    expect(whole.requests.completed).to.be.above(1000);
    const sliced = (advance: (simulation: ReturnType<typeof createSimulation>, step: number) => boolean): RunResult => {
      const simulation = createSimulation(cells[0].scenario, options);
      for (let step = 1; !advance(simulation, step); step++);
      return simulation.result();
    };
    expect(sliced((simulation, step) => simulation.advanceTo(step * MS, Infinity))).to.deep.equal(whole);
    expect(sliced((simulation) => simulation.advanceTo(Infinity, 1))).to.deep.equal(whole);
    expect(sliced((simulation, step) => simulation.advanceTo(step * 7_777_777, (step * 31) % 97))).to.deep.equal(whole);
  });
});

describe('any scenario', function () {
  this.timeout(300_000);

  it('gives the same bytes again and in slices, and its identities hold', () =>
    fc.assert(
      fc.asyncProperty(randomScenario, fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 1000 }), async (text, events, ms) => {
        const plan = planStudy(await loadStudy({ files: ['-'], stdin: text }));
        const { result } = await runStudy(plan, { workers: 1, resume: false, seriesStepNs: 0 });
        for (const check of result.cells[0].checks) expect(check, JSON.stringify(check)).to.include({ ok: true });
        const options = { seed: plan.study.seed, replication: 0, cell: 0 };
        const { scenario } = plan.cells[0];
        const whole = runReplication(scenario, options);
        const simulation = createSimulation(scenario, options);
        for (let step = 1; !simulation.advanceTo(step * ms * MS, events); step++);
        expect(simulation.result()).to.deep.equal(whole);
        const again = await runStudy(plan, { workers: 1, resume: false, seriesStepNs: 0 });
        expect(resultJson(again.result)).to.equal(resultJson(result));
      }),
      { numRuns: 60, seed: 11 },
    ));
});
