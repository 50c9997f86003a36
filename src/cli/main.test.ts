import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Two pods behind a Service; about 40 requests a second. */
function scenario(options: { readonly duration?: string; readonly limit?: string } = {}): string {
  return `apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: two-pods }
spec:
  manifests:
    - inline: |
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 2
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec: { containers: [ { name: web, image: web, ports: [ { containerPort: 8080 } ] } ] }
        ---
        apiVersion: v1
        kind: Service
        metadata: { name: web }
        spec: { selector: { app: web }, ports: [ { port: 80, targetPort: 8080 } ] }
  run: { duration: ${options.duration ?? '20s'}, warmup: 1s, seed: 7, replications: 3 }
  cluster: { kubeProxy: { mode: iptables } }
  clients:
    - { name: users, count: 5, target: "http://web.default.svc.cluster.local/", arrivals: { process: poisson, rate: 40/s } }
  thresholds:
    "request_duration{client=users}": ["p(90)<${options.limit ?? '1s'}"]
`;
}

describe('evenkeel', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    file = join(folder, 'scenario.yaml');
    writeFileSync(file, scenario());
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function evenkeel(args: readonly string[], options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {}): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, [MAIN, ...args], {
      encoding: 'utf8',
      cwd: folder,
      input: options.input,
      env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8', ...options.env },
    });
  }

  it('prints the result alone on stdout, and all else on stderr', () => {
    const { status, stdout, stderr } = evenkeel(['run', file, '-o', 'json']);
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.include({ kind: 'Result', apiVersion: 'evenkeel.dev/v1alpha1' });
    expect(stderr).to.include('1 cell × 3 replications  seed 7').and.include('OFFERED LOAD');
  });

  it('says nothing on stderr with --quiet', () => {
    expect(evenkeel(['run', file, '--quiet']).stderr).to.equal('');
  });

  it('gives the same bytes for any number of workers, in one go or resumed', () => {
    const alone = evenkeel(['run', file, '-j', '1', '-o', 'json', '--out', 'out']).stdout;
    expect(evenkeel(['run', file, '-j', '2', '-o', 'json']).stdout).to.equal(alone);
    expect(readFileSync(join(folder, 'out', 'results.json'), 'utf8')).to.equal(alone);
    rmSync(join(folder, 'out', 'runs', '0', '1.json'));
    const { stdout, stderr } = evenkeel(['run', file, '-o', 'json', '--out', 'out', '--resume']);
    expect(stdout).to.equal(alone);
    expect(stderr).to.include('2 replications were there already');
    expect(readdirSync(join(folder, 'out'))).to.have.members(['results.json', 'run.json', 'runs', 'runs.csv', 'study.json']);
    expect(evenkeel(['run', file, '-o', 'json', '--seed', '8']).stdout).not.to.equal(alone);
  });

  it('moves its work to threads when there is more of it, with the same bytes', () => {
    writeFileSync(file, scenario({ duration: '1h' }));
    expect(evenkeel(['run', file, '-j', '3', '-o', 'json']).stdout).to.equal(evenkeel(['run', file, '-j', '1', '-o', 'json']).stdout);
  });

  it('exits 1 when a threshold fails, with the result on stdout, unless told not to', () => {
    writeFileSync(file, scenario({ limit: '1ms' }));
    const failed = evenkeel(['run', file]);
    expect(failed.status).to.equal(1);
    expect(failed.stdout).to.include('✗  request_duration{client=users}  p(90)<1ms');
    expect(evenkeel(['run', file, '--no-fail']).status).to.equal(0);
  });

  it('takes requests that hang for ever for failed where a threshold asks', () => {
    const hangs = scenario()
      .replace('http://web.default.svc.cluster.local/', 'http://203.0.113.9/')
      .replace('request_duration{client=users}', 'request_failed');
    writeFileSync(file, hangs.replace('p(90)<1s', 'rate<0.1%'));
    const { status, stdout } = evenkeel(['run', file, '--quiet']);
    expect(stdout).to.match(/^CLIENT +REQUESTS +FAILED +NOT ENDED/m);
    expect(stdout).to.match(/^✗ +request_failed +rate<0.1% +100% .*not ended as failed/m);
    expect(status).to.equal(1);
  });

  it('marks saturated cells of a sweep, and gives no percentiles where nothing succeeded', () => {
    const sweep = evenkeel(['run', file, '--vary', 'clients.0.arrivals.rate=40/s,4000/s']);
    expect(sweep.stderr).to.match(/SATURATED .* in cell 1 \(.*4000\/s\)/);
    expect(sweep.stdout).to.match(/ SATURATED /);
    writeFileSync(file, scenario().replace('http://web.default', 'http://wbe.default'));
    expect(evenkeel(['run', file]).stdout).to.match(/^users +[\d,]+ +100% +- +- +-$/m);
  });

  it('writes plain words for marks where the locale has no such signs', () => {
    expect(evenkeel(['run', file, '--quiet'], { env: { LC_ALL: 'C' } }).stdout)
      .to.match(/^ok +request_duration/m)
      .and.not.match(/[^\n\x20-\x7e]/);
  });

  it('reads a scenario from standard input', () => {
    expect(evenkeel(['run', '-f', '-', '--quiet', '-o', 'json'], { input: scenario() }).status).to.equal(0);
  });

  it('prints tables for programs, alike from a run and from its folder', () => {
    const { status, stdout } = evenkeel(['run', file, '--quiet', '--out', 'data', '-o', 'csv', '--table', 'pods']);
    expect(status).to.equal(0);
    expect(stdout.split('\r\n')[0]).to.equal('cell,service,pod,node,workload,metric,statistic,value,low,high,noInterval');
    expect(evenkeel(['report', 'data', '-o', 'csv', '--table', 'pods']).stdout).to.equal(stdout);
    expect(evenkeel(['report', 'data', '-o', 'openmetrics']).stdout).to.match(/^# TYPE evenkeel_attempts gauge\n/);
    const { status: missing, stderr } = evenkeel(['report', 'data', '-o', 'csv', '--table', 'series']);
    expect([missing, stderr]).to.deep.equal([2, '--table series: no series in the result (run with --series 10s)\n']);
    expect(JSON.parse(evenkeel(['schema', 'result']).stdout).title).to.equal('evenkeel Result');
  });

  it('lists every issue with exit 2 and keeps stdout empty', () => {
    writeFileSync(file, scenario().replace('40/s', '40').replace('20s', '20'));
    const { status, stdout, stderr } = evenkeel(['run', file]);
    expect(status).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr.trim().split('\n')).to.have.length(2);
    expect(stderr).to.match(/scenario\.yaml:\d+:\d+ spec\.run\.duration: /);
  });

  it('refuses what the API server refuses, in its words', () => {
    const service = (name: string) =>
      `{ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "${name}" }, "spec": { "type": "NodePort", "ports": [ { "port": 80, "nodePort": 30080 } ] } }\n---\n`;
    writeFileSync(join(folder, 'services.yaml'), service('a') + service('b'));
    for (const verb of ['run', 'validate']) {
      const { status, stdout, stderr } = evenkeel([verb, 'services.yaml', '--to', 'http://a/', '--rate', '1/s', '--duration', '10s']);
      expect(stderr).to.match(/^services\.yaml:3:\d+ Service\/b: .*provided port is already allocated\n$/);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    }
  });

  const refused: readonly [readonly string[], string][] = [
    [['serve'], 'serve: is not built yet'],
    [['run', 'x', '--shard', '1/3'], '--shard: needs a folder for its replications (add --out DIR)'],
    [['run', 'x', '--shard', '4/3', '--out', 'o'], '--shard: not i/n "4/3"'],
    [['run', 'x', '--shard', '1/3', '--out', 'o', '--report', 'r.html'], '--report: a shard has no result yet'],
    [['run', 'x', '--shard', '1/3', '--out', 'o', '--stop-when', 'request_duration:mean=2%'], '--stop-when: wants all replications in one place'],
    [['run', 'x', '--replay', '3'], '--replay: not cell=NUMBER,rep=NUMBER "3"'],
    [['run', 'x', '--replay', 'rep=3', '--resume'], '--replay: together with --resume'],
    [['run', 'x', '--table', 'pods'], '--table: needs a form of rows and columns "pods" (add -o csv or -o parquet)'],
    [['schema', 'page'], 'schema: no such document "page" (scenario, result or comparison)'],
    [['merge'], "missing required argument 'folder'"],
    [['merge', 'missing'], 'missing/study.json: cannot be read: no such file or folder'],
    [['run', '-o', 'junit'], 'form of output is not built yet "junit"'],
    [['run', '-o', 'xml', 'x'], "'xml' is invalid"],
    [['run'], 'nothing to read'],
    [['nonsense'], "unknown command 'nonsense'"],
    [['run', '--nonsense'], "unknown option '--nonsense'"],
    [['run', 'x', '--replications', '0'], '--replications: not a whole number in range "0"'],
    [['run', 'x', '-j', '1.5'], '--workers: not a whole number in range "1.5"'],
    [['run', 'x', '--resume'], '--resume: needs the folder to go on in'],
    [['run', 'x', '--series', '10'], '--series: duration without a unit "10"'],
    [['run', 'missing.yaml'], 'missing.yaml'],
    [['report', 'missing'], 'missing: cannot be read: no such file or folder'],
    [['completion', 'tcsh'], 'unknown shell "tcsh"'],
    [[], 'Usage'],
  ];
  for (const [args, message] of refused) {
    it(`refuses "${args.join(' ')}" by name`, () => {
      const { status, stdout, stderr } = evenkeel(args);
      expect(stderr).to.include(message);
      expect(status).to.equal(2);
      expect(stdout).to.equal('');
    });
  }

  it('says before the run that the folder cannot be written', () => {
    writeFileSync(join(folder, 'taken'), '');
    const { status, stderr } = evenkeel(['run', file, '--quiet', '--out', 'taken']);
    expect(status).to.equal(2);
    expect(stderr).to.equal('--out: cannot be written: it is not a folder "taken"\n');
  });

  it('says that the disk is full', function () {
    if (process.platform !== 'linux') this.skip(); // /dev/full is a Linux device
    const { status, stderr } = spawnSync('sh', ['-c', `exec "${process.execPath}" "${MAIN}" run "${file}" --quiet -o json > /dev/full`], { encoding: 'utf8' });
    expect(stderr).to.include('standard output: cannot be written');
    expect(status).to.equal(2);
  });

  it('does not mind a reader that goes away', () => {
    const { status, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${MAIN}" run "${file}" --quiet -o json; echo $? >&2`], {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    expect(status).to.equal(0);
    expect(stderr).to.equal('0\n');
    const piped = spawnSync('sh', ['-c', `{ "${process.execPath}" "${MAIN}" run "${file}" --quiet -o json; echo $? >&2; } | true`], { encoding: 'utf8' });
    expect(piped.stderr).to.equal('0\n');
  });

  for (const workers of ['1', '2']) {
    it(`stops on Ctrl-C with ${workers} workers, and keeps what is finished`, async () => {
      writeFileSync(file, scenario({ duration: '10h' }));
      const child = spawn(process.execPath, [MAIN, 'run', file, '-j', workers, '--replications', '40', '--out', 'out'], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (data) => (stdout += data));
      child.stderr.on('data', (data) => (stderr += data));
      const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
      while (!existsFirstRun(folder)) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill('SIGINT');
      expect(await ended).to.equal(130);
      expect(stdout).to.equal('');
      expect(stderr).to.include('interrupted; what was finished is in out, --resume goes on');
      expect(readdirSync(join(folder, 'out'))).to.deep.equal(['runs', 'study.json']);
      for (const name of readdirSync(join(folder, 'out', 'runs', '0')))
        if (name.endsWith('.json')) JSON.parse(readFileSync(join(folder, 'out', 'runs', '0', name), 'utf8'));
    });
  }

  it('shows what will be built without simulating', () => {
    const { status, stdout } = evenkeel(['validate', file]);
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/default +deployment\/web +2\/2/)
      .and.match(/default +web +ClusterIP/)
      .and.include('OFFERED LOAD');
    expect(JSON.parse(evenkeel(['validate', file, '-o', 'json']).stdout))
      .to.have.nested.property('objects.pods')
      .with.length(2);
  });

  it('shows one cell or one chart of a stored sweep', () => {
    evenkeel(['run', file, '--quiet', '--vary', 'clients[0].arrivals.rate=20/s,40/s', '--out', 'out', '--report', 'page.html']);
    expect(evenkeel(['report', 'page.html', '--cell', '1', '-o', 'table']).stdout)
      .to.include('CLIENT')
      .and.not.include('CELL');
    expect(evenkeel(['report', 'out', '--cell', '1']).stdout).to.include('are of cell 1, <b>rate=40/s</b>');
    expect(evenkeel(['report', 'out', '--chart', 'load-per-pod', '--subject', 'default/web']).stdout).to.match(/^<svg/);
    const all = evenkeel(['report', 'out', '-o', 'svg', '--out', 'pictures']);
    // Charts without data say why, each by its name: nothing failed, and the replicas never changed.
    expect(all.stderr.match(/^not drawn: chart [a-z-]+(?=: .)/gm)).to.deep.equal(['not drawn: chart errors-over-time', 'not drawn: chart replicas-over-time']);
    expect(all.stderr.trim().split('\n')).to.have.length(2);
    expect(readdirSync(join(folder, 'pictures'))).to.include('load-per-pod.svg');
    expect(evenkeel(['report', 'out', '--cell', '7']).stderr).to.equal('--cell: no such cell "7" (there is 0, 1)\n');
    expect(evenkeel(['report', 'out', '--chart', 'nonsense']).stderr).to.include('unknown chart "nonsense"');
    expect(evenkeel(['report', 'out', '-o', 'table', '--chart', 'load-per-pod']).status).to.equal(2);
  });

  it('shows a stored result again', () => {
    const { stdout } = evenkeel(['run', file, '--quiet', '-o', 'json', '--out', 'out']);
    expect(evenkeel(['report', 'out', '-o', 'json']).stdout).to.equal(stdout);
    expect(evenkeel(['report', join('out', 'results.json'), '-o', 'table']).stdout).to.include('SCENARIO two-pods');
  });

  it('writes completions that shells can read', () => {
    const bash = evenkeel(['completion', 'bash']).stdout;
    expect(spawnSync('bash', ['-n'], { input: bash, encoding: 'utf8' })).to.include({ status: 0, stderr: '' });
    const answer = spawnSync('bash', ['-c', `${bash}\nCOMP_WORDS=(evenkeel run --re); COMP_CWORD=2; _evenkeel; echo "\${COMPREPLY[@]}"`], { encoding: 'utf8' });
    expect(answer.stdout.trim().split(' ')).to.include.members(['--replications', '--resume', '--report', '--recursive']);
    const asked = (words: string) =>
      spawnSync(
        'bash',
        ['-c', `${bash}\nCOMP_WORDS=(${words}); COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )); _evenkeel; echo "\${COMPREPLY[@]}"; complete -p evenkeel`],
        { encoding: 'utf8' },
      ).stdout;
    expect(asked('evenkeel completion ""')).to.equal('bash zsh fish\ncomplete -o filenames -F _evenkeel evenkeel\n');
    expect(asked('evenkeel report -o ""')).to.match(/^html svg png table/);
    expect(asked('evenkeel run -o ""')).to.match(/^table wide json yaml csv parquet openmetrics\n/);
    expect(evenkeel(['completion', 'fish']).stdout).to.include("-l output -x -a 'table wide json yaml'");
    expect(evenkeel(['completion', 'zsh']).stdout).to.include('#compdef evenkeel');
  });

  it('knows its version, its schema and a scenario to start from', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(evenkeel(['version']).stdout).to.equal(`evenkeel ${version ?? '0.1.0'}\n`);
    expect(JSON.parse(evenkeel(['schema']).stdout)).to.have.property('$schema');
    expect(evenkeel(['init']).stdout).to.include('kind: Scenario');
  });
});

function existsFirstRun(folder: string): boolean {
  try {
    return readdirSync(join(folder, 'out', 'runs', '0')).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
}
