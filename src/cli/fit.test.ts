/** `evenkeel fit` as a process: what stands on which stream, and exit codes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Two minutes of nginx, `$request_time $upstream_response_time` appended, and one broken line. */
function log(): string {
  const lines = Array.from({ length: 600 }, (_, i) => {
    const second = Math.floor(i / 5);
    const time = `01/Mar/2026:08:${String(Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')} +0000`;
    const took = (5 + ((i * 7919) % 23)) / 1e3;
    return `203.0.113.${(i * i) % 17} - - [${time}] "GET /cart HTTP/1.1" 200 5 "-" "ua" ${(took + 0.001).toFixed(3)} ${took.toFixed(3)}`;
  });
  return `${lines.join('\n')}\nnot a log line\n`;
}

describe('evenkeel fit', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-'));
    writeFileSync(join(folder, 'access.log'), log());
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function run(args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, [MAIN, 'fit', ...args], {
      encoding: 'utf8',
      cwd: folder,
      input,
      env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
    });
  }

  it('prints YAML to paste, and broken lines on the other stream', () => {
    const { status, stdout, stderr } = run(['access.log', '--to', 'http://shop/', '--workload', 'deployment/shop', '--client', 'buyers']);
    expect(status).to.equal(0);
    expect(stderr).to.contain('1 line of 601 left out: no requests as combined (0.17 %)\n  access.log:601: not a log line\n');
    const { clients, workloads } = parse(stdout);
    expect(clients[0]).to.deep.include({ name: 'buyers', target: 'http://shop/', requests: [{ path: '/cart', method: 'GET', weight: 600 }] });
    expect(workloads['deployment/shop'].service).to.have.property('law');
    expect(stdout).to.contain('# assumed: service time is taken from the time that the server behind took');
  });

  it('prints tables and JSON, from standard input as well', () => {
    const table = run(['access.log', '-o', 'table']).stdout;
    expect(table)
      .to.match(/LAW +BIC +P +OFF BY/)
      .and.to.contain('index of dispersion')
      .and.to.contain('CLIENTS');
    const json = JSON.parse(run(['-', '-o', 'json'], log()).stdout);
    expect(json).to.deep.include({ kind: 'Fit', requests: 600, broken: 1, files: ['-'] });
    expect(json.service.laws[0]).to.have.keys('name', 'law', 'text', 'bic', 'pValue', 'groups', 'distance', 'tail', 'verdict');
  });

  it('writes the trace beside it', () => {
    expect(run(['access.log', '--trace', 'trace.csv']).stdout).to.contain('trace: { file: "trace.csv", format: csv }');
    const lines = readFileSync(join(folder, 'trace.csv'), 'utf8').trimEnd().split('\n');
    expect(lines).to.have.length(601);
    expect(lines[0]).to.equal('time,client,method,path');
    expect(lines[1]).to.match(/^1772352000\.\d{6},203\.0\.113\.0,GET,\/cart$/);
    const { status, stdout, stderr } = run(['access.log', '--trace', 'no/such/folder/trace.csv', '--empirical', '.']);
    expect([status, stdout]).to.deep.equal([2, '']);
    expect(stderr).to.contain('--trace: cannot be written: its folder does not exist "no/such/folder/trace.csv"');
    expect(stderr).to.contain('--empirical: cannot be written: it is a folder "."');
  });

  it('refuses wrong flags and files, with nothing on stdout', () => {
    for (const [args, message] of [
      [[], 'fit: nothing to read (name log files, or - for standard input)'],
      [['-', '-'], '-: standard input twice'],
      [['access.log', '--field', 'x=y'], '--field: not FIELD=NAME or FIELD=NAME:UNIT "x=y" (fields are time, client'],
      [['none.log', '--to', 'not-a-url'], '--to: not a URL "not-a-url" (write http://not-a-url)'],
      [['none.log', '--to', 'ftp://shop/'], '--to: unknown scheme "ftp" (http, https, grpc'],
      [['none.log', '--workload', 'shop'], '--workload: not a workload "shop" (write kind/name, e.g. deployment/checkout)'],
      [['none.log', '--workload', 'deployment/a: b'], '--workload: not a workload "deployment/a: b" ('],
      [['none.log'], 'none.log: no such file'],
      [['access.log', '--format', 'csv'], 'no request as csv'],
    ] as const) {
      const { status, stdout, stderr } = run(args);
      expect([status, stdout], message).to.deep.equal([2, '']);
      expect(stderr).to.contain(message);
    }
    expect(run(['access.log', '--format', 'w3c']).status).to.equal(2);
  });
});
