/** The whole command on absurd scenarios and at the hands of the system: one clear message or a counted outcome, within a bound, no stack trace. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { scenarioText, WEB } from '../testing/scenarios.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));
const RUN = '  run: { duration: 10s, warmup: 1s, replications: 2 }\n';
const INSTANT = '  cluster: { network: { latency: { sameNode: 0s, sameZone: 0s, crossZone: 0s, external: 0s } } }\n';

/** One client on the Service `web`, with further words. */
function client(words: string): string {
  return `${RUN}  clients: [ { name: c, target: http://web/, ${words} } ]\n`;
}

describe('evenkeel, on input that makes no sense', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(text: string, ...args: readonly string[]) {
    writeFileSync(join(folder, 'x.yaml'), text);
    const done = spawnSync(process.execPath, [MAIN, 'run', 'x.yaml', '--quiet', '-o', 'json', ...args], { encoding: 'utf8', cwd: folder });
    expect(done.stderr).not.to.match(/^\s+at /m);
    return done;
  }

  const refused: readonly [string, string, string][] = [
    ['duration 0', scenarioText('  run: { duration: 0s }\n'), 'spec.run.duration: nothing to simulate "0s"'],
    ['a warm-up without an end', scenarioText('  run: { duration: 10s, warmup: 10s }\n'), 'spec.run.warmup: not shorter than the duration "10s"'],
    ['rate 0', scenarioText(client('arrivals: { rate: 0/s }')), 'arrivals.rate: no request ever comes "0/s"'],
    ['count 0', scenarioText(client('arrivals: { rate: 1/s }, count: 0')), 'spec.clients[0].count: number out of range "0"'],
    ['count -1', scenarioText(client('arrivals: { rate: 1/s }, count: -1')), 'spec.clients[0].count: negative number "-1"'],
    ['no clients', scenarioText('  clients: []\n'), 'spec.clients: empty'],
    ['10^9 pods', scenarioText(RUN, WEB.replace('replicas: 3', 'replicas: 1000000000')), 'spec.replicas: Invalid value: 1000000000'],
    [
      '10^9 connections',
      scenarioText(client('arrivals: { rate: 1/s }, protocol: { connections: 1000000, connect: eager }')),
      '50000000 connections at once "eager"',
    ],
    ['text without end', scenarioText('').replace('name: test', `name: test, description: "${'x'.repeat(1e6)}"`), 'metadata.description: text too long'],
    ['a key without end', scenarioText(`  ${'k'.repeat(1e6)}: 1\n`), 'broken YAML'],
    [
      'users who never wait',
      scenarioText(`${client('closedLoop: { users: 1 }')}${INSTANT}  workloads: { deployment/web: { service: 0s } }\n`),
      'time stands still at 0.0s',
    ],
    [
      'a queue without end',
      scenarioText(
        `  run: { duration: 1h, replications: 1, maxInFlight: 5000 }\n  workloads: { deployment/web: { queue: { limit: none }, service: 10s } }\n  clients: [ { name: c, target: http://web/, arrivals: { rate: 100/s }, protocol: { keepAlive: off } } ]\n`,
      ),
      'more than 5000 requests and calls are in flight',
    ],
  ];
  for (const [name, text, message] of refused) {
    it(`refuses ${name}`, () => {
      const { status, stdout, stderr } = run(text);
      expect(stderr).to.include(message);
      expect(stderr.trim().split('\n'), stderr).to.have.length(1);
      expect(stderr.length).to.be.below(500);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }

  const counted: readonly [string, string, string][] = [
    ['no pods', scenarioText(RUN, WEB.replace('replicas: 3', 'replicas: 0')), 'refused'],
    ['a Service without endpoints', scenarioText(RUN, WEB.replace('selector: { app: web }\n  ports', 'selector: { app: nobody }\n  ports')), 'refused'],
    ['a host that nobody has', scenarioText(client('arrivals: { rate: 10/s }').replace('web/', 'nobody.example/')), 'unknown-host'],
    ['a million clients', scenarioText(client('count: 1000000, arrivals: { rate: 10/s }')), 'ok'],
    ['names of any script', scenarioText(RUN).replace('name: test', 'name: "tëst ✓ 漢字 \\u202e"'), 'ok'],
  ];
  for (const [name, text, outcome] of counted) {
    it(`counts what becomes of requests with ${name}`, () => {
      const { status, stdout } = run(text);
      expect(status).to.equal(0);
      const { requests, checks } = JSON.parse(stdout).cells[0];
      expect(requests.offered).to.be.above(100);
      expect(requests.byOutcome).to.deep.equal({ [outcome]: requests.offered });
      for (const check of checks) expect(check, JSON.stringify(check)).to.include({ ok: true });
    });
  }

  it('begins no scenario over one that is there', () => {
    const init = () => spawnSync(process.execPath, [MAIN, 'init', '--out', 'mine.yaml'], { encoding: 'utf8', cwd: folder });
    expect(init().status).to.equal(0);
    writeFileSync(join(folder, 'mine.yaml'), 'edited');
    const { status, stderr } = init();
    expect([status, stderr]).to.deep.equal([2, '--out: the file is there already "mine.yaml" (name another, or remove it first)\n']);
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).to.equal('edited');
  });

  it('says before the run that the page would take the place of a folder', () => {
    const { status, stdout, stderr } = run(scenarioText(RUN), '--report', '.');
    expect([status, stdout, stderr]).to.deep.equal([2, '', '--report: cannot be written: it is a folder "."\n']);
  });

  it('writes names as text into the page', () => {
    const text = scenarioText(RUN).replace('name: test', 'name: "<script>alert(1)</script>", description: "</script><img src=x onerror=alert(2)>"');
    expect(run(text, '--report', 'page.html').status).to.equal(0);
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).not.to.match(/<script>alert|<img src=x/);
  });

  it('says all that is wrong at once, with places', () => {
    const { stderr } = run(scenarioText('  run: { duration: 10, warmup: -1s, nonsense: 1 }\n  workloads: { deployment/nope: {} }\n  clients: []\n'));
    expect(stderr.trim().split('\n')).to.have.length.above(3);
    for (const line of stderr.trim().split('\n')) expect(line).to.match(/^x\.yaml:\d+:\d+ /);
  });
});

describe('evenkeel, when it is killed', function () {
  this.timeout(60_000);
  const TEXT = scenarioText('  run: { duration: 10m, replications: 6 }\n  clients: [ { name: c, target: http://web/, arrivals: { rate: 200/s } } ]\n');
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    writeFileSync(join(folder, 'x.yaml'), TEXT);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const runs = () =>
    existsSync(join(folder, 'out', 'runs', '0')) ? readdirSync(join(folder, 'out', 'runs', '0')).filter((name) => /^\d+\.json$/.test(name)) : [];
  const args = [MAIN, 'run', 'x.yaml', '--quiet', '-o', 'json', '-j', '2'];
  /** Goes on from what is stored: only what has no file is simulated. */
  const finish = () => {
    const stored = runs();
    const resumed = spawnSync(process.execPath, [...args, '--out', 'out', '--resume'], { encoding: 'utf8', cwd: folder }).stdout;
    expect(JSON.parse(readFileSync(join(folder, 'out', 'run.json'), 'utf8')).reused).to.equal(stored.length);
    return resumed;
  };
  let whole: string | undefined;
  const fresh = () => (whole ??= spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder }).stdout);

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`keeps whole files only (${signal}), and goes on to the same result`, async () => {
      const child = spawn(process.execPath, [...args, '--out', 'out'], { cwd: folder, stdio: 'ignore' });
      const ended = new Promise<unknown>((resolve) => child.on('close', (code, by) => resolve(code ?? by)));
      while (runs().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill(signal);
      expect(await ended).to.be.oneOf([signal, 130]);
      for (const name of runs()) JSON.parse(readFileSync(join(folder, 'out', 'runs', '0', name), 'utf8'));
      expect(existsSync(join(folder, 'out', 'results.json'))).to.equal(false);
      expect(finish()).to.equal(fresh());
    });
  }

  it('keeps finished work when a worker is lost, and says so', () => {
    // Threads cannot be killed from outside; this one leaves in the middle of its work.
    mkdirSync(join(folder, 'out'));
    const lost = `import { isMainThread } from 'node:worker_threads';
      const imul = Math.imul;
      let calls = 0;
      if (!isMainThread) Math.imul = (a, b) => (++calls === 100_000 ? process.exit(9) : imul(a, b));`;
    writeFileSync(join(folder, 'lost.mjs'), lost);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', './lost.mjs', ...args, '--out', 'out'], { encoding: 'utf8', cwd: folder });
    expect(stderr).to.match(/a worker was lost: .*; what was finished is in out, --resume goes on/);
    expect(stdout).to.equal('');
    expect(status).to.equal(4);
    expect(finish()).to.equal(fresh());
  });
});
