/** `evenkeel plan` as a user runs it. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { scenarioText } from '../testing/scenarios.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Pods of one slot and 10 ms, 200 requests/s: two are saturated, three busy to 67 %. */
const SECTIONS = `  run: { duration: 22s, warmup: 2s, seed: 1 }
  cluster: { kubeProxy: { mode: iptables } }
  workloads: { deployment/web: { concurrency: 1, queue: { limit: none }, service: { law: exponential, mean: 10ms } } }
  clients: [ { name: c, target: http://web/, protocol: { keepAlive: off }, arrivals: { rate: 200/s } } ]
  thresholds: { "utilization{service=web}": [ "mean<=70%" ] }
`;

describe('evenkeel plan', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function plan(sections: string, ...args: readonly string[]): SpawnSyncReturns<string> {
    writeFileSync(join(folder, 'x.yaml'), scenarioText(sections));
    const env = { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' };
    return spawnSync(process.execPath, [MAIN, 'plan', 'x.yaml', '-j', '1', ...args], { encoding: 'utf8', cwd: folder, env });
  }

  it('prints the answer with its neighbours, theory and error, in 80 columns', () => {
    const { status, stdout, stderr } = plan(SECTIONS, '--smallest', 'deployment/web.spec.replicas=1..6');
    expect(status).to.equal(0);
    expect(stdout).to.match(/^ +2 +100% +0 .* fails: saturated, not simulated$/m);
    expect(stdout).to.match(/^ +3 +66.7% +10 +66.* ✓ holds {2}← answer$/m);
    expect(stdout).to.match(/^→ 3\n {2}2 fails, 3 holds, 4 holds too\.$/m);
    expect(stdout).to.match(/^theory +at least 3 \(M\/M\/1 at each of 3 pods\)$/m);
    expect(stdout).to.include('at most 5 %');
    for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80);
    expect(stderr).to.include('smallest deployment/web.spec.replicas=1..6 of 6 values').and.include('3 holds  (10 replications)');
  });

  it('gives the curve as JSON and CSV, and keeps it with its replications', () => {
    const args = ['--smallest', 'deployment/web.spec.replicas=2..4', '--out', 'out'];
    const csv = plan(SECTIONS, ...args, '-o', 'csv').stdout.split('\n');
    expect(csv[0]).to.equal('value,number,decision,replications,saturated,load,metric,threshold,limit,figure,low,high,theory');
    expect(csv[1]).to.match(/^2,2,fails,0,deployment\/web\.default,1,utilization\{service=web\},mean<=70%,0\.7,,,,/);
    expect(csv[2]).to.match(/^3,3,holds,10,,0\.66/);
    const json = plan(SECTIONS, ...args, '--resume', '-o', 'json').stdout;
    expect(JSON.parse(json)).to.include({ kind: 'Plan', outcome: 'found', answer: '3' });
    expect(readFileSync(join(folder, 'out', 'plan.json'), 'utf8')).to.equal(json);
    expect(existsSync(join(folder, 'out', 'runs'))).to.equal(true);
  });

  it('exits 1 when no value holds, and 3 when the budget does not tell', () => {
    const none = plan(SECTIONS, '--smallest', 'deployment/web.spec.replicas=1..2');
    expect([none.status, none.stdout.includes('→ none\n  Even 2 fails')]).to.deep.equal([1, true]);
    const open = plan(SECTIONS.replace('mean<=70%', 'mean<66.67%'), '--smallest', 'deployment/web.spec.replicas=1..6', '--budget', '10');
    expect(open.status).to.equal(3);
    expect(open.stdout).to.match(/^→ undecided: (3|between 3 and 4)$/m);
  });

  const wrong: readonly [string, string, readonly string[], string][] = [
    ['no knob', SECTIONS, [], 'plan: no knob (--smallest deployment/web.spec.replicas=1..40'],
    ['two knobs', SECTIONS, ['--smallest', 'x=1..2', '--largest', 'x=1..2'], 'plan: two knobs'],
    [
      'a knob that points nowhere',
      SECTIONS,
      ['--smallest', 'deployment/wob.spec.replicas=1..4'],
      'the path points nowhere "/manifests/deployment/wob/spec/replicas" (did you mean',
    ],
    ['flags out of range, all at once', SECTIONS, ['--smallest', 'x=4..1', '--budget', '3', '--alpha', '80%'], '--budget: not a whole number in range "3"'],
    [
      'a mode of kube-proxy that nobody named',
      SECTIONS.replace(/ {2}cluster.*\n/, ''),
      ['--smallest', 'deployment/web.spec.replicas=1..4'],
      'cluster.kubeProxy.mode: not named',
    ],
    ['no thresholds', SECTIONS.replace(/ {2}thresholds.*\n/, ''), ['--smallest', 'deployment/web.spec.replicas=1..4'], 'spec.thresholds: none'],
  ];
  for (const [what, sections, args, message] of wrong) {
    it(`exits 2 with nothing on stdout on ${what}`, () => {
      const { status, stdout, stderr } = plan(sections, ...args);
      expect([status, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.include(message);
    });
  }
});
