/** Capacity plans through the real engine: exact answers where queueing theory knows them, and what is said where there is none. */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ScenarioError } from '../../errors.ts';
import { loadStudy } from '../../scenario/index.ts';
import { mmc, studentTQuantile } from '../../statistics/index.ts';
import { arrivals, EXPONENTIAL, type Setting, scenarioText, station } from '../../testing/truth-scenario.ts';
import { type CapacityOptions, planCapacity } from './capacity.ts';
import type { CapacityResult } from './capacity-result.ts';
import { parseKnob } from './knob.ts';

interface Case extends Partial<Setting> {
  readonly knob: string;
  readonly ask?: 'smallest' | 'largest';
  readonly thresholds: string;
  readonly vary?: readonly string[];
}

const IPTABLES = 'nodes: { count: 1 }, kubeProxy: { mode: iptables }';

function plan({ knob, ask = 'smallest', thresholds, vary, ...setting }: Case, options: Partial<CapacityOptions> = {}): Promise<CapacityResult> {
  const parsed = parseKnob({ ask, text: knob });
  const text = `${scenarioText({ workload: station(1, EXPONENTIAL), client: arrivals(100), seconds: 22, cluster: IPTABLES, ...setting })}  thresholds: { ${thresholds} }\n`;
  const studyAt = (value: string) => loadStudy({ files: ['-'], stdin: text, sets: [`${parsed.path}=${value}`], ...(vary !== undefined && { vary }) });
  return planCapacity({ knob: parsed, studyAt, budget: 73, alpha: 0.05, withSensitivity: false, workers: 1, resume: false, ...options });
}

const SLOTS = 'workloads["deployment/web"].concurrency';

describe('a capacity plan', function () {
  this.timeout(120_000);

  describe('on M/M/c, with the limit of the mean wait between c − 1 and c', () => {
    // Requests/s of a service of 10 ms: 0.3 to 13 Erlang.
    for (const rate of [30, 50, 80, 120, 180, 250, 420, 650, 900, 1300]) {
      it(`finds the exact smallest c at ${rate}/s`, async () => {
        const least = Math.floor(rate * 0.01) + 1;
        const wait = (slots: number) => mmc(rate, 0.01, slots).meanWait;
        const exact = least + 2;
        const limit = Math.sqrt(wait(exact) * wait(exact - 1));
        const found = await plan({
          knob: `${SLOTS}=1..40`,
          thresholds: `queue_wait: ["mean<${(limit * 1e6).toFixed(0)}us"]`,
          client: arrivals(rate),
          seconds: 4000 / rate + 18,
        });
        expect([found.outcome, found.answer, found.analytic.value]).to.deep.equal(['found', String(exact), String(exact)]);
        for (const value of [exact - 1, exact]) expect(halfWidthsAway(found, String(value), limit), `of ${value}`).to.be.above(3);
        expect(found.points.length).to.be.at.most(10);
        expect(found.points.find(({ number }) => number === 1)?.variants[0].replications ?? 0, 'saturated').to.equal(0);
      });
    }
  });

  it('finds the largest rate, and the same answer for any number of workers', async () => {
    const rates: Case = {
      ask: 'largest',
      knob: 'clients[0].arrivals.rate=40/s,60/s,70/s,80/s,90/s,120/s',
      thresholds: 'queue_wait: ["mean<30ms"]',
      seconds: 200,
    }; // M/M/1: 23 ms at 70/s, 40 ms at 80/s
    const [one, two] = await Promise.all([plan(rates), plan(rates, { workers: 2 })]);
    expect([one.outcome, one.answer, one.analytic.value]).to.deep.equal(['found', '70/s', '70/s']);
    expect(two).to.deep.equal(one);
  });

  it('says 5 for the worked sizing case that ships: ⌈(55 / 16.64) / 0.70⌉', async () => {
    const knob = parseKnob({ ask: 'smallest', text: 'deployment/vector.spec.replicas=1..40' });
    const file = fileURLToPath(new URL('../../../scenarios/capacity-vector/scenario.yaml', import.meta.url));
    const studyAt = (value: string) => loadStudy({ files: [file], sets: [`${knob.path}=${value}`] });
    const found = await planCapacity({ knob, studyAt, budget: 100, alpha: 0.05, withSensitivity: false, workers: 2, resume: false });
    expect([found.outcome, found.answer, found.analytic.value]).to.deep.equal(['found', '5', '5']);
    expect(found.points.filter(({ variants }) => variants[0].replications === 0).map(({ value }) => value)).to.deep.equal(['2', '3']);
  });

  it('wants every variant to hold', async () => {
    const thresholds = '"utilization{service=default/web}": ["mean<70%"]';
    const alone = await plan({ knob: `${SLOTS}=1..8`, thresholds });
    const both = await plan({ knob: `${SLOTS}=1..8`, thresholds, vary: ['clients[0].arrivals.rate=100/s,250/s'] });
    expect([alone.answer, both.answer]).to.deep.equal(['2', '4']);
    expect(both.points.find(({ value }) => value === '3')?.variants.map(({ decision }) => decision)).to.have.property('1', 'fails');
    expect(both.variants).to.deep.equal([{ rate: '100/s' }, { rate: '250/s' }]);
  });

  it('leaves the candidates where the budget does not tell', async () => {
    const wait = mmc(100, 0.01, 2).meanWait; // the limit is the very value
    const found = await plan({ knob: `${SLOTS}=1..8`, thresholds: `queue_wait: ["mean<${(wait * 1e6).toFixed(0)}us"]` }, { budget: 15 });
    expect([found.outcome, found.answer, found.candidates]).to.deep.equal(['undecided', null, ['2', '3']]);
  });

  it('says when the whole range holds, and when none of it does', async () => {
    const thresholds = '"utilization{service=default/web}": ["mean<70%"]';
    expect(await plan({ knob: `${SLOTS}=3..8`, thresholds })).to.include({ outcome: 'end', answer: '3' });
    const none = await plan({ knob: `${SLOTS}=1..8`, thresholds, client: arrivals(2000) });
    expect(none).to.include({ outcome: 'none', answer: null });
    expect(
      none.points.map(({ variants }) => variants[0].replications),
      'not simulated',
    ).to.deep.equal([0]);
  });

  it('shows which assumption moves the answer most', async () => {
    const { sensitivity } = await plan({ knob: `${SLOTS}=1..8`, thresholds: '"utilization{service=default/web}": ["mean<70%"]' }, { withSensitivity: true });
    const of = (what: string, change: string) => sensitivity.find((row) => row.what === what && row.change === change);
    expect(of('concurrency of deployment/web', '1')?.note).to.equal('saturated');
    expect(of('service mean of deployment/web', '+20 %')?.relative).to.be.closeTo(0.2, 0.02);
    expect(of('rate of source', '−20 %')?.relative).to.be.closeTo(-0.2, 0.05);
    expect(Math.abs(of('service law of deployment/web', 'cv 2')?.relative ?? 1)).to.be.below(0.1);
  });

  it('refuses a mode of kube-proxy that nobody named, and a scenario without thresholds', async () => {
    const unnamed = await plan({ knob: `${SLOTS}=1..4`, thresholds: 'queue_wait: ["mean<1s"]', cluster: 'nodes: { count: 1 }' }).catch(
      (error: unknown) => error,
    );
    expect(unnamed)
      .to.be.instanceOf(ScenarioError)
      .with.property('message')
      .that.includes('cluster.kubeProxy.mode: not named')
      .and.includes('--kube-proxy iptables');
    const vacuous = await plan({ knob: `${SLOTS}=1..4`, thresholds: '' }).catch((error: unknown) => error);
    expect(vacuous).to.be.instanceOf(ScenarioError).with.property('message').that.includes('spec.thresholds: none');
  });

  it('refuses a path that points nowhere, and a value that cannot be', async () => {
    const nowhere = await plan({ knob: 'deployment/wob.spec.replicas=1..4', thresholds: 'queue_wait: ["mean<1s"]' }).catch((error: unknown) => error);
    expect(nowhere).to.be.instanceOf(ScenarioError).with.property('message').that.includes('the path points nowhere');
    const wrong = await plan({ knob: `${SLOTS}=0..4`, thresholds: 'queue_wait: ["mean<1s"]' }).catch((error: unknown) => error);
    expect(wrong).to.be.instanceOf(ScenarioError).with.property('message').that.includes('concurrency');
  });
});

/** How many half widths of the figure's 95 % interval lie between it and the limit; the bounds of the plan are at another level. */
function halfWidthsAway({ points, statistics }: CapacityResult, value: string, limit: number): number {
  const variant = points.find((point) => point.value === value)?.variants[0];
  const [threshold] = variant?.thresholds ?? [];
  if (variant === undefined || threshold?.high === undefined || typeof threshold.value !== 'number') throw new Error(`no bounds at ${value}`);
  const error = statistics.alpha / (statistics.verdicts * statistics.looks);
  const at = (tail: number) => studentTQuantile(1 - tail, variant.replications - 1);
  const half = ((threshold.high - threshold.value) * at(0.025)) / at(error);
  return Math.abs(threshold.value - limit) / half;
}
