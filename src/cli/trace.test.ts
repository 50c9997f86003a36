/** `evenkeel trace` as a process: what stands on which stream, and exit codes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { WEB } from '../testing/scenarios.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

describe('evenkeel trace', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    writeFileSync(join(folder, 'web.yaml'), WEB);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function trace(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, [MAIN, 'trace', '-f', 'web.yaml', ...args], {
      encoding: 'utf8',
      cwd: folder,
      input,
      env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
    });
  }

  it('prints one answer as text within 80 columns, or as JSON', () => {
    const text = trace(['http://web/', '--kube-proxy', 'iptables', '--table', '--from', 'node/node-1']);
    expect(text.stderr).to.equal('');
    expect(text.stdout).to.contain('connection · kube-proxy iptables on node-1').and.contain('33.33%').and.contain('0.5000000000');
    for (const line of text.stdout.split('\n')) expect([...line].length, line).to.be.at.most(80);
    const json = JSON.parse(trace(['--to', 'http://web/', '-o', 'json']).stdout);
    expect(json).to.include({ outcome: 'ok', status: 200, service: 'default/web' });
  });

  it('answers lines in order, with an error in the place of a broken one', () => {
    const lines = [{ url: 'http://web/', seed: 'a' }, 'broken', { url: 'http://wob/' }, { seed: 3, from: 'deployment/web' }];
    const { status, stdout, stderr } = trace(
      ['--requests', '-', '--to', 'http://web/x'],
      lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    );
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers.map(({ outcome, line }) => outcome ?? line)).to.deep.equal(['ok', 2, 'unknown-host', 'ok']);
    expect(answers[1].error).to.contain('-:2: not a JSON object');
    expect(answers[3].url).to.equal('http://web/x');
    expect(answers[0]).to.deep.equal(JSON.parse(trace(['http://web/', '--seed', 'a', '-o', 'json']).stdout));
    expect(status).to.equal(2);
    expect(stderr).to.contain('1 of 4 lines');
  });

  it('refuses what it cannot read, before it prints anything', () => {
    const refused: readonly (readonly [readonly string[], string])[] = [
      [[], '--to: is missing'],
      [['http://web/', '--from', 'deployment/wob'], 'did you mean deployment/web?'],
      [['http://web/', '-H', 'Host'], '-H: not a header "Host"'],
      [['http://web/', '--without', 'web-x'], '--without: no such pod'],
      [['--requests', 'nowhere.jsonl'], '--requests: no such file'],
    ];
    for (const [args, message] of refused) {
      const { status, stdout, stderr } = trace(args);
      expect(stderr).to.contain(message);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    }
  });

  it('takes the target of the scenario’s first client', () => {
    writeFileSync(
      join(folder, 'scenario.yaml'),
      `apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: own }
spec:
  run: { duration: 1m }
  clients: [ { name: users, target: "http://web.default/cart", from: deployment/web, requests: [ { path: /cart, method: POST } ], arrivals: { rate: 1/s } } ]
`,
    );
    const { stdout } = trace(['-f', 'scenario.yaml']);
    expect(stdout).to.match(/^POST http:\/\/web\.default\/cart from a pod of deployment\/web\.default, seed 1\n/);
    expect(stdout).to.match(/the pod sees web\.default\/cart from \d/);
  });
});
