/** `evenkeel check` as a pipeline runs it. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { scenarioText, WEB } from '../testing/scenarios.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Three pods of one slot, each busy to two thirds. */
const SECTIONS = `  run: { duration: 22s, warmup: 2s, seed: 1, replications: 6 }
  cluster: { kubeProxy: { mode: iptables } }
  workloads: { deployment/web: { concurrency: 1, service: { law: exponential, mean: 10ms } } }
  clients: [ { name: c, target: http://web/, protocol: { keepAlive: off }, arrivals: { rate: 200/s } } ]
  thresholds: { request_duration: [ "p(90)<200ms" ] }
`;

describe('evenkeel check', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    writeFileSync(join(folder, 'x.yaml'), scenarioText(SECTIONS));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function check(args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, [MAIN, 'check', 'x.yaml', '-j', '1', ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8', GITHUB_ACTIONS: '', ...env },
    });
  }

  function withBaseline(): void {
    expect(check(['--baseline', 'b.json', '--update-baseline', '--quiet'])).to.include({ status: 0, stderr: '' });
  }

  it('passes an unchanged scenario, byte for byte, in 80 columns', () => {
    withBaseline();
    const { status, stdout } = check(['--baseline', 'b.json']);
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/^✓ +request_duration:p\(99\) .* no change \(as before\) +0 %$/m)
      .and.include('bytes   unchanged, byte for byte')
      .and.include('→ test passed');
    for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80);
    expect(JSON.parse(readFileSync(join(folder, 'b.json'), 'utf8')).cells[0].trafficHash).to.have.length(6);
  });

  it('fails a changed manifest with exit 1, and says what was changed', () => {
    withBaseline();
    writeFileSync(join(folder, 'x.yaml'), scenarioText(SECTIONS, WEB.replace('replicas: 3', 'replicas: 2').replace('image: web:1', 'image: web:2')));
    const { status, stdout } = check(['--baseline', 'b.json']);
    expect(status).to.equal(1);
    expect(stdout)
      .to.match(/^✗ +request_du\S+mean .*≥/m)
      .and.include('paired: both met the same traffic');
    expect(stdout).to.include('changed Deployment/web spec.replicas: 3 → 2').and.include('→ test failed');
    const allowing = check(['--baseline', 'b.json', '--max-increase', 'mean=100000%', '--max-increase', '1%']).stdout;
    expect(allowing).not.to.match(/^✗ +request_du\S+mean/m);
    expect(allowing).to.match(/^✗ +request_du\S+p\(99\)/m);
  });

  it('compares other traffic by Welch, said aloud, and leaves the doubt to a flag', () => {
    withBaseline();
    const other = ['--baseline', 'b.json', '--seed', '2', '-o', 'json'];
    const { status, stdout } = check(other);
    const { verdict, baseline, cells } = JSON.parse(stdout);
    expect(cells[0].against).to.include({ method: 'welch', bytes: 'changed' });
    expect(baseline.changed).to.deep.equal({ engine: false, seed: true, input: false });
    expect([status, verdict]).to.deep.equal([3, 'inconclusive']); // six replications are too few for a p99 of 4,000 requests
    expect(baseline.statistics.needed).to.be.above(6);
    expect(check([...other, '--on-inconclusive', 'pass']).status).to.equal(0);
    expect(check([...other, '--on-inconclusive', 'fail']).status).to.equal(1);
  });

  it('pairs the replications that both have, and says why there are fewer', () => {
    withBaseline();
    const fewer = check(['--baseline', 'b.json', '--replications', '4', '--quiet']);
    expect(fewer.status, fewer.stdout).to.equal(0);
    expect(fewer.stdout)
      .to.match(/^✓ +request_duration:p\(99\) .* no change \(as before\)/m)
      .and.match(/paired: both met the same traffic in the 4\s+replications that both have/);
    const { stdout } = check(['--baseline', 'b.json', '--replications', '4', '-o', 'json', '--set', 'deployment/web.spec.replicas=2', '--quiet']);
    const [mean] = JSON.parse(stdout).cells[0].against.metrics;
    const { values } = JSON.parse(readFileSync(join(folder, 'b.json'), 'utf8')).cells[0].metrics['request_duration:mean'];
    expect(mean.before).to.be.closeTo(values.slice(0, 4).reduce((sum: number, value: number) => sum + value, 0) / 4, 1e-15);
    expect(mean.change).to.equal(mean.after / mean.before - 1);
    expect(mean.low).to.be.a('number');
  });

  it('says why a threshold has no interval, and that a longer run would have one', () => {
    const unsure = ['--set', 'thresholds={"request_duration":["p(99)<143ms"]}', '--export', 'junit=j.xml', '--export', 'markdown=c.md', '--quiet'];
    const { status, stdout, stderr } = check(unsure, { GITHUB_ACTIONS: 'true' });
    const why = 'no interval: fewer than 200 observations above it in a replication (run longer)';
    expect(status, stdout).to.equal(3);
    expect(stdout.replace(/\s+/g, ' ')).to.include(why);
    expect(stderr).to.match(/^::warning .*no interval: fewer than 200/m);
    expect(readFileSync(join(folder, 'j.xml'), 'utf8')).to.include(why);
    expect(readFileSync(join(folder, 'c.md'), 'utf8')).to.include(why);
  });

  it('annotates what is wrong with the input under GitHub Actions', () => {
    const { status, stderr } = check(['--baseline', 'none.json'], { GITHUB_ACTIONS: 'true' });
    expect(status).to.equal(2);
    expect(stderr)
      .to.match(/^::error title=evenkeel::--baseline: cannot be read/m)
      .and.match(/^--baseline: cannot be read/m);
  });

  it('fails a threshold without any baseline', () => {
    const { status, stdout } = check(['--set', 'thresholds={"request_duration":["p(90)<1ms"]}', '--quiet']);
    expect([status, stdout.includes('no baseline')]).to.deep.equal([1, true]);
  });

  it('gives JUnit XML, Markdown and annotations of one run', () => {
    withBaseline();
    const bad = ['--baseline', 'b.json', '--set', 'deployment/web.spec.replicas=2', '--export', 'junit=j.xml', '--export', 'markdown=c.md', '--quiet'];
    const { status, stderr } = check(bad, { GITHUB_ACTIONS: 'true' });
    expect(status).to.equal(1);
    expect(stderr).to.match(/^::error file=x\.yaml,title=test%3A request_duration%3Amean::[\d.]+ ms → .*%25/m);
    const xml = readFileSync(join(folder, 'j.xml'), 'utf8');
    expect(xml)
      .to.match(/<testsuites name="evenkeel" tests="5" failures="\d"/)
      .and.match(/<testcase classname="evenkeel.test" name="request_duration p\(90\)&lt;200ms"/);
    expect(xml.match(/<testcase /g)).to.have.length(5); // the threshold; mean, p(99), failures, and its p(90)
    const comment = readFileSync(join(folder, 'c.md'), 'utf8');
    expect(comment)
      .to.match(/^### ✗ evenkeel: test failed$/m)
      .and.include('| Deployment/web | `spec.replicas` | `3` | `2` |');
  });

  it('takes a folder of baselines by the name of the scenario', () => {
    mkdirSync(join(folder, 'baselines'));
    expect(check(['--baseline', 'baselines', '--update-baseline']).stderr).to.include('baseline baselines/test.json');
    expect(check(['--baseline', 'baselines']).status).to.equal(0);
  });

  it('refuses to compare or overwrite the baseline of another scenario of the same name', () => {
    for (const name of ['a', 'b', 'baselines']) mkdirSync(join(folder, name));
    for (const name of ['a', 'b']) writeFileSync(join(folder, name, 'load.yaml'), scenarioText(SECTIONS));
    const of = (name: string, ...more: string[]) =>
      spawnSync(process.execPath, [MAIN, 'check', `${name}/load.yaml`, '-j', '1', '--quiet', '--baseline', 'baselines', ...more], {
        encoding: 'utf8',
        cwd: folder,
      });
    expect(of('a', '--update-baseline').status).to.equal(0);
    const stored = readFileSync(join(folder, 'baselines/test.json'), 'utf8');
    expect(JSON.parse(stored).files).to.deep.equal(['../a/load.yaml']);
    for (const more of [[], ['--update-baseline']]) {
      const { status, stdout, stderr } = of('b', ...more);
      expect([status, stdout]).to.deep.equal([2, '']);
      expect(stderr).to.include('is of another scenario of the same name: made from a/load.yaml, this one is b/load.yaml').and.include('metadata.name');
    }
    expect(readFileSync(join(folder, 'baselines/test.json'), 'utf8')).to.equal(stored);
    expect(of('a').status).to.equal(0);
    expect(of('b', '--baseline', 'baselines/test.json').status, 'a file that is named is meant').to.equal(0);
    expect(of('a', '--set', 'metadata.name=other', '--baseline', 'baselines/test.json', '--update-baseline').status).to.equal(2);
  });

  it('is given names by init that tell scenarios apart, for baselines are kept by them', () => {
    for (const [path, name] of [
      ['shop/k8s', 'shop'],
      ['till/deploy/base', 'till'],
      ['stock', 'stock'],
    ]) {
      mkdirSync(join(folder, path), { recursive: true });
      writeFileSync(join(folder, path, 'web.yaml'), WEB);
      const { stdout, stderr } = spawnSync(process.execPath, [MAIN, 'init', path], { encoding: 'utf8', cwd: folder });
      expect(stdout, stderr).to.match(new RegExp(`name: "${name}"$`, 'm'));
    }
  });

  it('offers to repeat the comparison, not to write the baseline again', () => {
    const { stdout } = check(['--baseline', 'b.json', '--update-baseline', '--quiet']);
    expect(stdout).to.include('repeat  evenkeel check x.yaml -j 1 --baseline b.json\n');
  });

  it('gates the folder that ships: unchanged it passes, a changed manifest fails', () => {
    const shipped = fileURLToPath(new URL('../../scenarios/ci-gate/', import.meta.url));
    cpSync(shipped, join(folder, 'gate'), { recursive: true });
    const gate = () =>
      spawnSync(process.execPath, [MAIN, 'check', 'gate/scenario.yaml', '--baseline', 'gate/baseline.json', '--max-increase', '5%', '--quiet'], {
        encoding: 'utf8',
        cwd: folder,
      });
    const unchanged = gate();
    expect(unchanged.status, unchanged.stdout).to.equal(0);
    const manifest = join(folder, 'gate/k8s/shop.yaml');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('limits: { cpu: "2"', 'limits: { cpu: 1500m'));
    const changed = gate();
    expect(changed.status).to.equal(1);
    expect(changed.stdout)
      .to.match(/^✗ +request_du\S+p\(99\)/m)
      .and.match(/limits\.cpu:\s+"2" → "1500m"/);
  });

  const wrong: readonly [string, readonly string[], string][] = [
    [
      'a baseline that is not there',
      ['--baseline', 'none.json'],
      '--baseline: cannot be read: no such file or folder "none.json" (write one with --update-baseline)',
    ],
    ['a damaged baseline', ['--baseline', 'damaged.json'], 'is not a baseline of evenkeel, or a damaged one'],
    ['a baseline of another scenario', ['--baseline', 'other.json'], '--baseline: is of another scenario, shop'],
    ['a baseline of other cells', ['--baseline', 'b.json', '--vary', 'clients[0].arrivals.rate=100/s,200/s'], 'has none of the cells of this scenario'],
    [
      'a metric that is not watched',
      ['--baseline', 'b.json', '--max-increase', 'p98=5%'],
      '--max-increase: no such metric "p98" (one of request_duration:mean',
    ],
    ['an allowance without %', ['--max-increase', '5'], '--max-increase: not a share "5"'],
    ['an export to nowhere', ['--export', 'junit=no/where/j.xml'], '--export: cannot be written'],
    ['--update-baseline without a file', ['--update-baseline'], '--update-baseline: needs the file to write'],
    ['an unknown metric in a threshold', ['--set', 'thresholds={"latency":["p(99)<1s"]}'], 'unknown metric "latency"'],
    ['an unknown tag in a threshold', ['--set', 'thresholds={"request_duration{pod=x}":["p(99)<1s"]}'], 'unknown tag of request_duration "pod"'],
    ['a window that is not kept', ['--set', 'thresholds={"queue_wait{since=10s}":["p(99)<1s"]}'], 'queue_wait is not kept by window "since=10s"'],
    ['a mode of kube-proxy that nobody named', ['--set', 'cluster={}'], 'cluster.kubeProxy.mode: not named'],
  ];
  it('exits 2 with nothing on stdout, and every word of what is wrong, before it simulates', () => {
    withBaseline();
    const good = readFileSync(join(folder, 'b.json'), 'utf8');
    writeFileSync(join(folder, 'damaged.json'), good.slice(0, good.length / 2));
    writeFileSync(join(folder, 'other.json'), good.replaceAll('"name": "test"', '"name": "shop"'));
    for (const [what, args, message] of wrong) {
      const { status, stdout, stderr } = check(args);
      expect([status, stdout], what).to.deep.equal([2, '']);
      expect(stderr, what).to.include(message);
    }
    expect(readFileSync(join(folder, 'b.json'), 'utf8'), 'nothing lost').to.equal(good);
  });
});
