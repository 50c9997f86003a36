/** From a log to a scenario that validates, and back: what is simulated from the fit looks like the log. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { ScenarioError } from '../errors.ts';
import { createLaw, lawMean } from '../random/laws.ts';
import { deriveKey, keyedBits, seedKey } from '../random/stream.ts';
import { loadStudy } from '../scenario/index.ts';
import { WEB } from '../testing/scenarios.ts';
import { createArrivals } from '../workload/arrivals.ts';
import { STEPS } from '../workload/process.ts';
import { constantRate, type RateSpec } from '../workload/rate.ts';
import { type Fit, type FitOptions, fitFiles } from './fit.ts';
import { lawText, snippet } from './snippet.ts';

const key = seedKey('log');
const NAMES = { client: 'shoppers', target: 'http://web/', workload: 'deployment/web' };

/** An Envoy log: exponential service of 20 ms, plus waiting at will. */
function envoyLog(rate: RateSpec, seconds: number, waiting = (_second: number) => 1): string {
  const arrivals = createArrivals({ steps: STEPS.poisson, rate, batch: null }, key);
  const law = createLaw({ law: 'exponential', mean: 0.02 }, 1);
  const { high, low } = deriveKey(key, 'durations');
  const lines: string[] = [];
  for (let time = arrivals.next(), i = 0; time < seconds * 1e9; time = arrivals.next(), i++) {
    const at = new Date(1772352000000 + time / 1e6).toISOString();
    const took = Math.floor(1e3 * law.sample(keyedBits(high, low, i)) * waiting(Math.floor(time / 1e9)));
    lines.push(`[${at}] "GET /${i % 4 === 0 ? 'cart' : ''} HTTP/1.1" 200 - 0 99 ${took + 1} ${took} "198.51.100.${i % 50}" "ua" "id" "web" "10.0.0.1:80"`);
  }
  return `${lines.join('\n')}\n`;
}

describe('fit', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-fit-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function fitted(content: string | Buffer, more: Partial<FitOptions> = {}, name = 'access.log'): Promise<Fit> {
    writeFileSync(join(folder, name), content);
    return fitFiles([join(folder, name)], { format: null, fields: {}, stdin: Readable.from([]), ...more });
  }

  async function issue(content: string | Buffer, more: Partial<FitOptions> = {}): Promise<string> {
    try {
      await fitted(content, more);
      return 'no issue';
    } catch (error) {
      if (error instanceof ScenarioError) return error.message;
      throw error;
    }
  }

  /** The scenario with the snippet pasted in. */
  function paste(text: string) {
    const indented = text.replace(/^(?=.)/gm, '  ');
    writeFileSync(join(folder, 'k8s.yaml'), WEB);
    writeFileSync(
      join(folder, 'scenario.yaml'),
      `apiVersion: evenkeel.dev/v1alpha1\nkind: Scenario\nmetadata: { name: fitted }\nspec:\n  manifests: [ k8s.yaml ]\n  run: { duration: 10m }\n${indented}`,
    );
    return loadStudy({ files: [join(folder, 'scenario.yaml')] });
  }

  it('makes entries that a scenario takes as they are', async () => {
    const found = await fitted(envoyLog(constantRate(40), 600));
    expect(found).to.deep.include({ format: 'envoy', broken: 0 });
    const [{ scenario }] = (await paste(snippet(found, NAMES))).cells;
    const [client] = scenario.clients;
    expect(client).to.deep.include({ name: 'shoppers', count: 50 });
    expect(client.requests.map(({ path }) => path)).to.deep.equal(['/', '/cart']);
    expect(client.requests[0].weight / client.requests[1].weight).to.be.closeTo(3, 0.01);
    const { arrivals } = client;
    if (arrivals.type !== 'open' || arrivals.rate.type !== 'shape' || arrivals.rate.parts[0].type !== 'stages') throw new Error('no constant rate');
    expect(arrivals.rate.parts[0].startRate).to.be.closeTo(40, 4 * Math.sqrt(40 / 600));
    const law = scenario.workloads['deployment/web.default'].service.default;
    expect(law.law).to.equal('exponential');
    expect(lawMean(law)).to.be.closeTo(0.02, (4 * 0.02) / Math.sqrt(24_000));
  });

  it('makes a trace that a scenario replays', async () => {
    const log = envoyLog(constantRate(20), 100);
    const found = await fitted(log, { trace: join(folder, 'trace.csv') });
    const [{ scenario }] = (await paste(snippet(found, NAMES))).cells;
    const { arrivals, count, requests } = scenario.clients[0];
    if (arrivals.type !== 'trace') throw new Error('no trace');
    expect(arrivals.timesNs.length).to.equal(found.requests);
    expect([count, requests.length]).to.deep.equal([50, 2]);
    const first = Date.parse(/^\[([^\]]+)/.exec(log)?.[1] ?? '');
    const second = Date.parse(/\n\[([^\]]+)/.exec(log)?.[1] ?? '');
    expect(arrivals.timesNs[1] / 1e6).to.be.closeTo(second - first, 0.001);
  });

  it('writes the durations as a law where no other fits', async () => {
    const heaps = ['time,duration_ms', ...Array.from({ length: 6000 }, (_, i) => `${i},${[1, 40, 900][i % 3] + (i % 7) / 10}`)].join('\n');
    const found = await fitted(heaps, { empirical: join(folder, 'service.csv') });
    expect(found.service?.chosen).to.equal(null);
    const [{ scenario }] = (await paste(snippet(found, NAMES))).cells;
    const law = scenario.workloads['deployment/web.default'].service.default;
    expect(law.law).to.equal('empirical');
    expect(lawMean(law)).to.be.closeTo(0.314, 0.003);
    const closest = await fitted(heaps);
    expect(closest.warnings.join()).to.contain('no law fits').and.to.contain('--empirical service.csv');
    await paste(snippet(closest, NAMES));
  });

  it('pastes every law', async () => {
    for (const law of [
      { law: 'constant', value: 0.0123 },
      { law: 'exponential', mean: 1e-7 },
      { law: 'erlang', mean: 12.3, k: 3 },
      { law: 'gamma', mean: 0.1, cv: 1e-7 },
      { law: 'lognormal', mu: -4, sigma: 0.3 },
      { law: 'hyperexponential', p: 1e-7, mean1: 0.01, mean2: 2 },
      { law: 'weibull', mean: 0.5, shape: 0.4 },
      { law: 'pareto-bounded', mean: 0.1, shape: 1.5, ratio: 1e6 },
      { law: 'uniform', min: 0, max: 0.02 },
      { law: 'bimodal', p: 0.1, fast: { law: 'lognormal', mu: -6, sigma: 0.3 }, slow: { law: 'lognormal', mu: -2, sigma: 0.5 } },
    ] as const) {
      const [{ scenario }] = (
        await paste(`clients: [ { name: c, target: http://web/, arrivals: { rate: 1/s } } ]\nworkloads:\n  deployment/web:\n    service: ${lawText(law)}\n`)
      ).cells;
      const read = scenario.workloads['deployment/web.default'].service.default;
      expect(read.law).to.equal(law.law);
      expect(lawMean(read) / lawMean(law), law.law).to.be.closeTo(1, 2e-4);
    }
  });

  it('prefers quiet seconds where response times grow with the load, and says so', async () => {
    const bursts: RateSpec = {
      type: 'shape',
      parts: [
        { type: 'stages', startRate: 30, stages: [{ durationNs: 0, target: 30 }] },
        { type: 'burst', atNs: 0, durationNs: 10e9, rate: 150, everyNs: 60e9 },
      ],
    };
    const found = await fitted(envoyLog(bursts, 600, (second) => (second % 60 < 10 ? 4 : 1)));
    expect(found.warnings.join()).to.match(/response times grow with the load: mean 2\d(\.\d)?ms in the quietest quarter/);
    expect(found.service?.chosen?.name).to.equal('exponential');
    expect(found.service?.mean).to.be.closeTo(0.02, 0.002);
    expect(snippet(found, NAMES)).to.contain('# WARNING response times grow with the load');
  });

  it('reads gzip, standard input, Windows lines and a file without a last line end alike', async () => {
    const log = envoyLog(constantRate(10), 50);
    const plain = await fitted(log);
    const { files: _, ...expected } = plain;
    for (const found of [
      await fitted(gzipSync(log), {}, 'access.log.gz'),
      await fitted(Buffer.concat([gzipSync(log.slice(0, 500)), gzipSync(log.slice(500))]), {}, 'two-parts'),
      await fitFiles(['-'], { format: null, fields: {}, stdin: Readable.from([Buffer.from(log.slice(0, 777)), Buffer.from(log.slice(777))]) }),
      await fitted(log.replaceAll('\n', '\r\n')),
      await fitted(log.trimEnd()),
    ]) {
      const { files: __, ...rest } = found;
      expect(rest).to.deep.equal(expected);
    }
  });

  it('counts broken lines and shows the first', async () => {
    const found = await fitted(envoyLog(constantRate(10), 20).replace(/^.*$/m, 'oops\n\nworse'));
    expect(found.broken).to.equal(2);
    expect(found.firstBroken.map(({ line, text }) => [line, text])).to.deep.equal([
      [1, 'oops'],
      [3, 'worse'],
    ]);
  });

  it('does not stumble over endless and binary lines', async () => {
    const log = envoyLog(constantRate(10), 20);
    const found = await fitted(`${log}${'['.repeat(3e6)}\n${'[x] "'.repeat(5000)}\n${'a:1 ['.repeat(5000)}\n\0\x01\uFFFD\n${log}`);
    expect([found.broken, found.requests]).to.deep.equal([4, 2 * (log.split('\n').length - 1)]);
    for (const format of ['combined', 'ingress-nginx', 'haproxy', 'csv', 'json', 'k6'])
      expect(await issue(`${'['.repeat(30_000)}\n${'a - [x] "'.repeat(3000)}\n${'a:1 ['.repeat(5000)}\n`, { format }), format).to.contain(
        `no request as ${format}`,
      );
  });

  it('takes one histogram of Prometheus, or what lies between two expositions', async () => {
    const exposition = (factor: number) =>
      ['a', 'b']
        .flatMap((pod) =>
          [10, 50, 90, 100].map((count, i) => `http_duration_seconds_bucket{pod="${pod}",le="${['0.01', '0.05', '0.1', '+Inf'][i]}"} ${count * factor}`),
        )
        .concat(`http_duration_seconds_sum{pod="a"} 7`, '# TYPE other histogram', 'other_ms_bucket{le="100"} 3', 'other_ms_bucket{le="+Inf"} 3')
        .join('\n');
    expect(await issue(exposition(1))).to.contain('several histograms "http_duration_seconds, other_ms" (choose one with --metric NAME)');
    expect(await issue(exposition(1), { metric: 'x' })).to.contain('--metric: no such histogram "x"');
    const one = await fitted(exposition(1), { metric: 'http_duration_seconds' });
    expect(one).to.deep.include({ format: 'prometheus', requests: 200, traffic: null });
    writeFileSync(join(folder, 'after'), exposition(4));
    const two = await fitFiles([join(folder, 'access.log'), join(folder, 'after')], {
      format: null,
      fields: {},
      stdin: Readable.from([]),
      metric: 'http_duration_seconds',
    });
    expect(two.requests).to.equal(600);
    expect(two.service?.p50).to.be.closeTo(0.05, 1e-9);
    expect((await fitted('x_ms_bucket{le="100"} 3\nx_ms_bucket{le="200"} 9\n')).service?.p50).to.be.closeTo(0.125, 1e-9);
  });

  it('says that few durations tell no law, from 1 to 99 of them', async () => {
    const durations = (count: number) => `duration_ms\n${Array.from({ length: count }, (_, i) => `${5 + ((i * 7919) % 23)}\n`).join('')}`;
    for (const count of [1, 2, 20, 99]) {
      const found = await fitted(durations(count));
      expect(found.warnings.join(), String(count)).to.equal(`too few durations to tell a law: ${count}; take 100 or more`);
      expect(found.service?.laws.map(({ verdict }) => verdict))
        .to.include('too few to tell')
        .and.not.to.include('fits');
      expect(snippet(found, NAMES)).to.contain(` # too few to tell: ${count} request`);
    }
    expect((await fitted(durations(100))).warnings.join()).not.to.contain('too few');
  });

  it('says of a law that was asked for that it does not fit, and which would', async () => {
    const log = envoyLog(constantRate(40), 300);
    const found = await fitted(log, { law: 'uniform' });
    expect(found.warnings.join()).to.match(/^uniform was asked for and does not fit, off by up to [\d.]+ % .*; exponential fits$/);
    expect(snippet(found, NAMES)).to.contain('# does not fit: chi-square p <0.0001 in ');
    expect((await fitted(log, { law: 'exponential' })).warnings).to.deep.equal([]);
    const heaps = `duration_ms\n${Array.from({ length: 6000 }, (_, i) => `${[1, 40, 900][i % 3] + (i % 7) / 10}\n`).join('')}`;
    expect((await fitted(heaps, { law: 'exponential' })).warnings.join()).to.match(/^exponential was asked for .*; no other does either \(--empirical/);
  });

  it('refuses what it cannot read', async () => {
    const line = envoyLog(constantRate(10), 5);
    expect(await issue('')).to.contain('no line in this file');
    expect(await issue('what\nis\nthis')).to.contain('no format that is known (name it with --format: ingress-nginx, combined');
    expect(await issue(line, { format: 'haproxy' })).to.contain('no request as haproxy');
    expect(await issue(line, { law: 'zipf' })).to.contain('--law: no such law for these durations "zipf" (');
    expect(await issue(line, { law: 'empirical' })).to.contain('--law: the empirical law needs a file');
    expect(await issue(gzipSync(line).subarray(0, 200))).to.contain('broken gzip');
    for (const [file, problem] of [
      [join(folder, 'nothing.log'), 'no such file'],
      [folder, 'a folder where a log is expected'],
    ]) {
      const error = await fitFiles([file], { format: null, fields: {}, stdin: Readable.from([]) }).catch((failed: Error) => failed.message);
      expect(error).to.contain(`${file}: ${problem}`);
    }
  });

  it('refuses durations without a unit and names that are not there, with the flags to write', async () => {
    const json = '{"time":"2026-03-01T08:00:01Z","path":"/","duration":12,"http":{"took":"3ms"}}\n';
    const told = (name: string, unit: 'ms' | null) => ({ fields: { duration: { name, unit } } });
    for (const [content, more, expected] of [
      [json, {}, 'duration has no unit (write --field duration=duration:ms; units ns, us, ms, s)'],
      [json, told('duration', null), 'duration has no unit (write --field duration=duration:ms;'],
      [json, told('dur', 'ms'), 'no field dur (there are time, path, duration, http.took)'],
      [json, told('http', null), 'no issue'],
      [json, told('http.took', null), 'no issue'],
      [json, told('duration', 'ms'), 'no issue'],
      ['{"duration":12}\n', {}, 'duration has no unit'],
      ['ts,latency\n1,12\n2,13\n', {}, 'latency has no unit (write --field duration=latency:ms --field time=ts;'],
      ['ts,latency\n1,12\n2,13\n', told('lat', 'ms'), 'no field lat (there are ts, latency)'],
      ['when,latency_ms\n1,12\n', { fields: { time: { name: 'wen', unit: null } } }, 'no field wen (there are when, latency_ms)'],
      ['time,latency\n1,12ms\n', {}, 'no issue'],
      ['time,latency\n', { format: 'csv' }, 'no request as csv'],
      ['time,latency_ms,upstream\n1,12,3\n', {}, 'upstream has no unit (write --field upstream=upstream:ms;'],
    ] as const)
      expect(await issue(content, more), content).to.contain(expected);
  });

  it('says that a log without durations tells nothing of service', async () => {
    const found = await fitted('time,client\n1,a\n2,b\n3.5,a\n');
    expect(found.service).to.equal(null);
    expect(found.warnings.join()).to.contain('no durations in this log: no service law (name their field: --field duration=NAME:ms)');
    expect(readFileSync(join(folder, 'access.log'), 'utf8')).to.contain('time,client');
  });
});
