import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { mm4 } from './mm4.mjs';
import { buildReference } from './peers.mjs';
import { measureEngine, measurePlane } from './processes.mjs';
import { median, row, skipped } from './statistics.mjs';
import { statisticsPage } from './statistics-page.mjs';
import { table } from './table.mjs';

const REQUESTS = 400_000;

function hasCompiler() {
  try {
    execFileSync(process.env.CC ?? 'gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the benchmark', () => {
  describe('its C reference', () => {
    let reference;
    before(function () {
      if (!hasCompiler()) this.skip(); // without a C compiler there is no reference
      reference = buildReference();
    });

    it('gives the mean of M/M/4 at utilisation 0.8, and keeps to Little', async () => {
      const run = await reference('random', 10, REQUESTS, 1);
      expect(run.mean).to.be.closeTo(0.017455, 0.0006); // Erlang C: 10 ms (1 + 0.5964/(4 · 0.2))
      expect(run.utilization).to.be.closeTo(0.8, 0.01);
      expect(run.requests).to.equal(REQUESTS);
      expect(run.events).to.equal(2 * REQUESTS);
      expect(Math.abs(run.little)).to.be.below(1e-9);
      expect(run.samePod).to.be.closeTo(0.1, 0.005);
    });

    it('repeats itself, and not for another seed', async () => {
      const first = await reference('two', 10, 10_000, 7);
      expect({ ...(await reference('two', 10, 10_000, 7)), cpu: first.cpu }).to.deep.equal(first);
      expect((await reference('two', 10, 10_000, 8)).trafficHash).to.not.equal(first.trafficHash);
    });

    for (const [scenario, policy, pods] of [
      ['w1', 'random', 10],
      ['w2', 'least', 10],
      ['w3', 'two', 10],
      ['w4', 'least', 1000],
    ]) {
      it(`agrees with evenkeel on ${scenario}: mean and p99 of the duration, two events a request`, async () => {
        const [theirs, ours] = await Promise.all([reference(policy, pods, REQUESTS, 1), measureEngine(scenario, { requests: REQUESTS, seed: 1 })]);
        expect(ours.requests).to.be.closeTo(REQUESTS, 0.01 * REQUESTS);
        expect(ours.completed).to.equal(ours.requests);
        expect(ours.mean / theirs.mean).to.be.closeTo(1, 0.04);
        expect(ours.p99 / theirs.p99).to.be.closeTo(1, 0.06);
        expect(ours.events / ours.requests).to.be.within(2, 2.3); // arrivals go on, unmeasured, until the last measured request has ended
      });
    }
  });

  it('opens a connection per request on the layer 4 path, with at least four events each', async () => {
    const run = await measureEngine('l4', { requests: 50_000, seed: 1 });
    expect(run.connections / run.requests).to.be.closeTo(1, 0.01);
    expect(run.events / run.connections).to.be.at.least(4);
  });

  it('counts what a plane remembers of clients, within the bound of 150 bytes each', async () => {
    const { remembered, perClient } = await measurePlane('memory', 'kube-proxy-ipvs', 100, 2 ** 17 + 1);
    expect(remembered).to.be.closeTo(2 ** 17 + 1, 97);
    expect(perClient).to.be.within(30, 150);
  });

  it('knows the truth of M/M/4 that intervals are held against', () => {
    const { mean, p99 } = mm4(320, 0.01);
    expect(mean).to.be.closeTo(0.017455, 1e-6); // as above
    // P(T > t) by hand at that t: 0.403568 e^(−100 t) + 0.596432 (5 e^(−80 t) − 4 e^(−100 t))
    expect(0.403568 * Math.exp(-100 * p99) + 0.596432 * (5 * Math.exp(-80 * p99) - 4 * Math.exp(-100 * p99))).to.be.closeTo(0.01, 1e-7);
  });

  it('writes what it found on a page, also what was missed', () => {
    const row = { measure: 'covers', value: 91, low: 89, high: 93, unit: '%', wanted: '93 to 97 %', verdict: 'FAIL', detail: 'how' };
    const page = statisticsPage([row], { date: '2026-11-24T00:00:00Z', machine: { node: 'v20.20.2' }, experiments: 1000 });
    expect(page).to.include('| covers | 91.0 % [89.0, 93.0] | 93 to 97 % ✗ | how |');
  });

  describe('its table', () => {
    it('takes the median, and judges it by the goals', () => {
      expect(median([3, 1, 2])).to.equal(2);
      expect(median([4, 1, 2, 3])).to.equal(2.5);
      expect(row('a', [2, 9, 1], { must: 2.5, aim: 2 }).verdict).to.equal('ok, aim');
      expect(row('a', [2.1], { must: 2.5, aim: 2 }).verdict).to.equal('ok');
      expect(row('a', [2.6], { must: 2.5, aim: 2 }).verdict).to.equal('FAIL');
      expect(row('a', [60], { must: 50, aim: 75, atLeast: true }).verdict).to.equal('ok');
      expect(row('a', [1]).verdict).to.equal('');
    });

    it('prints rows in columns, skipped ones with the reason', () => {
      const text = table([row('ratio', [1.234, 2, 3], { unit: 'x', must: 2.5 }), skipped('peer', 'not here')]);
      expect(text.split('\n').map((line) => line.trimEnd())).to.deep.equal([
        'measure  median  lowest  highest    must  aim',
        'ratio    2.00 x    1.23     3.00  ≤ 2.50       ok',
        'peer     skipped: not here',
      ]);
    });
  });
});
