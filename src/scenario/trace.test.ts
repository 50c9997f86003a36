import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ScenarioError } from '../errors.ts';
import { planStudy } from '../experiments/plan.ts';
import { runReplication } from '../simulation/run.ts';
import { MULTIPLEXED, scenarioText, TARGET } from '../testing/truth-scenario.ts';
import { loadStudy } from './index.ts';
import type { Study } from './scenario.ts';

const TRACE = 'time,client,path\n100.5,a,/\n100,b,/slow\n101,a,/slow\n101,a,/\n125,c,/\n';
const LOG_LINE = '203.0.113.7 - - [01/Mar/2026:08:00:01 +0000] "GET /cart HTTP/1.1" 200 5 "-" "ua" 0.500';

describe('a trace', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-trace-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function study(trace: string, text: string, more = ''): Promise<Study> {
    const clients = `[ { name: c, target: "${TARGET}", ${MULTIPLEXED}, trace: ${trace}${more} } ]`;
    const workload = '{ service: { byRoute: { /slow: 200ms, default: 10ms } }, concurrency: 9 }';
    writeFileSync(join(folder, 'trace.log'), text);
    writeFileSync(join(folder, 'scenario.yaml'), scenarioText({ workload, clients, seconds: 30, warmup: '0s', replications: 2 }));
    return loadStudy({ files: [join(folder, 'scenario.yaml')] });
  }

  async function client(trace: string, text: string, more?: string) {
    return (await study(trace, text, more)).cells[0].scenario.clients[0];
  }

  async function timesOf(trace: string, text: string): Promise<readonly number[]> {
    const { arrivals } = await client(trace, text);
    return arrivals.type === 'trace' ? Array.from(arrivals.timesNs) : [];
  }

  async function issue(trace: string, text: string, more?: string): Promise<string> {
    try {
      await study(trace, text, more);
      return 'no issue';
    } catch (error) {
      if (error instanceof ScenarioError) return error.message;
      throw error;
    }
  }

  it('is replayed: its instants, its clients, its paths, the same in every replication', async () => {
    const read = await study('{ file: trace.log }', TRACE);
    const [{ scenario }] = read.cells;
    expect(scenario.clients[0].count).to.equal(3);
    expect(scenario.clients[0].requests.map(({ path, weight }) => [path, weight])).to.deep.equal([
      ['/slow', 2],
      ['/', 3],
    ]);
    expect(scenario.clients[0].arrivals).to.deep.equal({
      type: 'trace',
      timesNs: Float64Array.of(0, 0.5e9, 1e9, 1e9, 25e9),
      members: Int32Array.of(0, 1, 1, 1, 2),
      classes: Int32Array.of(0, 1, 0, 1, 1),
    });
    const [{ rate, meanService }] = planStudy(read).cells[0].traffic.offeredLoad;
    expect(rate).to.be.closeTo(5 / 30, 1e-12);
    expect(planStudy(read).cells[0].traffic.peaks).to.deep.equal([]);
    expect(meanService).to.be.closeTo((2 * 0.2 + 3 * 0.01) / 5, 1e-12);
    for (const replication of [0, 1]) {
      const run = runReplication(scenario, { seed: read.seed, replication, cell: 0 });
      expect(run.requests.offered).to.equal(5);
    }
  });

  it('goes faster, and in part', async () => {
    expect(await timesOf('{ file: trace.log, speed: 2 }', TRACE)).to.deep.equal([0, 0.25e9, 0.5e9, 0.5e9, 12.5e9]);
    expect(await timesOf('{ file: trace.log, window: { from: 500ms, to: 2s } }', TRACE)).to.deep.equal([0, 0.5e9, 0.5e9]);
  });

  it('gives its clients to as many as are asked for, and leaves paths alone where requests are written', async () => {
    const read = await client('{ file: trace.log }', TRACE, ', count: 2, requests: [ { path: /other } ]');
    expect(read.count).to.equal(2);
    expect(read.requests.map(({ path }) => path)).to.deep.equal(['/other']);
    expect(read.arrivals).to.deep.include({ classes: null, members: Int32Array.of(0, 1, 1, 1, 2) });
  });

  it('begins requests when they began, not when they were logged, and spreads whole seconds', async () => {
    const lines = `${LOG_LINE}\n${LOG_LINE.replace('0.500', '0.750').replace(':01 ', ':02 ')}\nrubbish\n`;
    const read = await study('{ file: trace.log }', lines);
    const [first, second] = await timesOf('{ file: trace.log, format: combined }', lines);
    expect(first).to.equal(0);
    expect(second).to.be.within(0, 1.75e9).and.not.equal(0.75e9);
    const said = read.cells[0].scenario.assumptions.map(({ value, why }) => `${value} (${why})`).join('\n');
    expect(said).to.contain('1 of 3 lines left out (no requests as combined, the first at trace.log:3)');
    expect(said).to.contain('spread at random within each second');
    expect(said).to.match(/2 requests, the last at .*replayed from trace.log/);
  });

  it('has a hash of its content', async () => {
    const { hash } = await study('{ file: trace.log }', TRACE);
    expect((await study('{ file: trace.log }', TRACE)).hash).to.equal(hash);
    expect((await study('{ file: trace.log }', TRACE.replace('125', '126'))).hash).not.to.equal(hash);
  });

  const wrong: [string, string, string, string, string?][] = [
    ['a file that is not there', '{ file: other.log }', TRACE, 'no such file'],
    ['a file without lines', '{ file: trace.log }', '', 'trace.file: no line in this file "trace.log"'],
    ['an unknown format', '{ file: trace.log, format: w3c }', TRACE, 'trace.format: unknown value "w3c"'],
    ['a text that is no log', '{ file: trace.log }', 'a\nb\n', 'trace.file: no format that is known "trace.log" (write format: ingress-nginx | combined'],
    ['another format', '{ file: trace.log, format: envoy }', LOG_LINE, 'trace.file: no request in this file as envoy'],
    ['an empty window', '{ file: trace.log, window: { from: 1h } }', TRACE, 'trace.window: no request in this window "1h to 25s" (trace.log is 25s long)'],
    ['a speed of 0', '{ file: trace.log, speed: 0 }', TRACE, 'trace.speed: number out of range "0"'],
    ['arrivals beside it', '{ file: trace.log }', TRACE, 'trace: trace beside arrivals', ', arrivals: { rate: 1/s }'],
    ['popularity of clients that it names', '{ file: trace.log }', TRACE, 'popularity beside a trace that names clients', ', popularity: { skew: 1 }'],
  ];
  for (const [name, trace, text, message, more] of wrong) {
    it(`refuses ${name}`, async () => {
      expect(await issue(trace, text, more)).to.contain(message);
    });
  }
});
