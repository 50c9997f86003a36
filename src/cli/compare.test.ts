import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Comparison } from '../experiments/comparison.ts';
import { client, scenarioText } from '../testing/truth-scenario.ts';
import { printComparison } from './print-comparison.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const STRATEGIES = ['--strategies', 'ideal:random,ideal:least_connections'];

describe('evenkeel compare', function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    file = join(folder, 'scenario.yaml');
    const workload = '{ concurrency: 1, service: { law: exponential, mean: 10ms } }';
    const clients = `[ ${client('source', 'count: 1, arrivals: { rate: 120/s }')} ]`;
    writeFileSync(file, scenarioText({ seconds: 5, replications: 10, replicas: 2, workload, clients }));
  });
  after(() => rmSync(folder, { recursive: true }));

  function evenkeel(...args: readonly string[]): SpawnSyncReturns<string> {
    const env = { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' };
    return spawnSync(process.execPath, [MAIN, 'compare', ...args], { encoding: 'utf8', cwd: folder, env });
  }

  it('shows a table a metric with how sure it is, and of what is stored the same in any form', () => {
    const live = evenkeel(file, ...STRATEGIES, '--out', 'out');
    expect(live.stderr).to.include('2 cells × 10 replications');
    expect(live.status).to.equal(0);
    expect(live.stdout)
      .to.match(/ideal:random +[\d.]+ms \[[\d., ]+\] +baseline/)
      .and.match(/ideal:least_connections.* better/);
    expect(live.stdout).to.include('differences: intervals hold together with 95% (Bonferroni, α 0.05 ÷ ').and.include('paired: the same traffic');
    const again = evenkeel('out').stdout;
    expect(again.slice(0, again.indexOf('again:'))).to.equal(live.stdout.slice(0, live.stdout.indexOf('again:')));

    const json = JSON.parse(evenkeel('out', '-o', 'json', '--metric', 'request_duration:mean').stdout) as Comparison;
    expect(json).to.include({ kind: 'Comparison', apiVersion: 'evenkeel.dev/v1alpha1', comparisons: 1, alpha: 0.05 });
    const [, { difference, estimate }] = json.metrics[0].cells;
    expect(difference?.verdict).to.equal('better');
    const csv = evenkeel('out', '-o', 'csv', '--metric', 'request_duration:mean').stdout.split('\r\n');
    expect(csv).to.have.length(4);
    expect(csv[2])
      .to.match(/^request_duration:mean,seconds,less,1,ideal:least_connections,0,10,/)
      .and.include(`${estimate.value},`)
      .and.include('paired,better');
    const markdown = evenkeel('out', '-o', 'markdown').stdout;
    expect(markdown).to.include('| cell | value [95 % CI] | difference | pairing | verdict |').and.include('**better**');
    expect(evenkeel('out', '-o', 'yaml').stdout).to.include('kind: Comparison');
  });

  const paint = { good: String, bad: String, faint: String, strong: String };
  const terminal = { isErrorTty: false, paint, marks: { good: '', bad: '' }, text: String };

  for (const [width, name, what] of [
    [80, '  ideal:least_connections  ', 'with the names of the cells'],
    [58, '  cell 1  ideal:least_connections\n', 'by a legend of cells where names leave no room'],
  ] as const) {
    it(`keeps to ${width} columns ${what}, the verdict first`, () => {
      const comparison = JSON.parse(evenkeel('out', '-o', 'json').stdout) as Comparison;
      const text = printComparison(comparison, { terminal: { ...terminal, width }, isWide: false });
      for (const line of text.split('\n').filter((one) => !one.startsWith('COMPARE'))) expect(line.length, line).to.be.at.most(width);
      expect(text).to.include(name);
      expect(text.replaceAll(/\s+/g, ' ')).to.match(/^COMPARE .* 10 replications VERDICT ideal:least_connections against ideal:random: better in /);
      expect(text.includes('cell 1')).to.equal(width < 80);
    });
  }

  it('says once what is the same in many cells', () => {
    const two = JSON.parse(evenkeel('out', '-o', 'json').stdout) as Comparison;
    const [baseline, candidate] = two.cells;
    const cells = [baseline, ...Array.from({ length: 5 }, (_, i) => ({ ...candidate, id: i + 1, label: `strategy ${i + 1}` }))];
    const metrics = two.metrics.map((metric) => ({
      ...metric,
      cells: cells.map(({ id }) => ({ ...metric.cells[Math.min(id, 1)], cell: id })),
    }));
    const print = (comparison: Comparison, isWide = false) => printComparison(comparison, { terminal: { ...terminal, width: 80 }, isWide });
    expect(print({ ...two, cells, metrics }))
      .to.include('request_failed:rate: no difference shown in 5 cells, 0% everywhere\n')
      .and.match(/\nrequest_duration:p\(99\): cannot be told in 5 cells, [\d.]+ms to [\d.]+ms\n {2}cannot be told: fewer than 200 .*\n\n/);
    const failing = metrics.map((metric) => {
      if (metric.metric !== 'request_failed:rate') return metric;
      const last = metric.cells[5];
      const difference = { ...last.difference, verdict: 'worse', absolute: { value: 0.5, low: 0.4, high: 0.6 } };
      return { ...metric, cells: [...metric.cells.slice(0, 5), { ...last, estimate: { value: 0.5, low: 0.4, high: 0.6 }, difference }] };
    });
    expect(print({ ...two, cells, metrics: failing as unknown as Comparison['metrics'] })).to.match(
      /strategy 5 .*\+50 points \[\+40, \+60\] .*worse\n {2}4 more as the baseline: no difference shown\n/,
    );
    expect(print({ ...two, cells, metrics }, true)).not.to.include('no difference shown in 5 cells');
  });

  it('finds the best as long as it takes', () => {
    const { stdout } = evenkeel(file, ...STRATEGIES, '--best', '--metric', 'request_duration:mean', '--quiet');
    expect(stdout).to.include('BEST by request_duration:mean (less): ideal:least_connections').and.include('with probability 95% or more');
  });

  it('exits 3 when what cannot be told is to count', () => {
    const same = [file, '--strategies', 'ideal:random,as-written', '--metric', 'request_duration:p(99)'];
    expect(evenkeel(...same, '--on-inconclusive', 'fail').status).to.equal(3);
  });

  for (const [what, args, problem] of [
    ['an unknown metric', ['--metric', 'latency:p(99)', ...STRATEGIES], '--metric: unknown metric "latency" "latency:p(99)" (known: request_duration, '],
    [
      'a client that is not there',
      ['--metric', 'request_duration{client=me}:mean', ...STRATEGIES],
      '--metric: no such figure in the result "request_duration{client=me}:mean" (there is source)',
    ],
    [
      'an unknown cell',
      ['--baseline', 'ideal:randm', ...STRATEGIES],
      '--baseline: no such cell "ideal:randm" (there is 0 (ideal:random), 1 (ideal:least_connections))',
    ],
    ['an unknown strategy', ['--strategies', 'ideal:randm,l4'], '--strategies: no such strategy "ideal:randm" (did you mean ideal:random?)'],
    ['a single cell', [], 'compare: one cell, nothing to compare'],
    ['an α that is none', ['--alpha', '2', ...STRATEGIES], '--alpha: '],
    ['an indifference that is none', ['--indifference', 'little', ...STRATEGIES], '--indifference: not a share, duration or number above 0 "little"'],
    ['a metric that has no better', ['--best', '--metric', 'stickiness{service=web, by=request}', ...STRATEGIES], 'neither less nor more of it is better'],
  ] as const) {
    it(`refuses ${what} before anything is simulated`, () => {
      const { status, stdout, stderr } = evenkeel(file, ...args);
      expect(stderr).to.include(problem);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }
});
