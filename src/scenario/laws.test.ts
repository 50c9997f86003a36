import { expect } from 'chai';
import type { LawSpec } from '../random/law.ts';
import { scenario, sectionIssues } from '../testing/scenarios.ts';
import { lawFromFlag } from './laws.ts';

async function law(text: string): Promise<LawSpec> {
  const read = await scenario(`  workloads: { deployment/web: { service: ${text} } }`);
  return read.workloads['deployment/web.default'].service.default;
}

function lawIssues(text: string): Promise<string[]> {
  return sectionIssues(`  workloads: { deployment/web: { service: ${text} } }`);
}

describe('laws as written', () => {
  it('read a duration as a constant, in seconds', async () => {
    expect(await law('12ms')).to.deep.equal({ law: 'constant', value: 0.012 });
    expect(await law('{ law: constant, value: 0s }')).to.deep.equal({ law: 'constant', value: 0 });
  });

  it('find the smaller sigma of a lognormal with this mean and p99', async () => {
    const read = (await law('{ law: lognormal, mean: 12ms, p99: 80ms }')) as { mu: number; sigma: number };
    const mean = Math.exp(read.mu + read.sigma ** 2 / 2);
    const p99 = Math.exp(read.mu + 2.3263478740408408 * read.sigma);
    expect(mean).to.be.closeTo(0.012, 1e-9);
    expect(p99).to.be.closeTo(0.08, 1e-8);
    expect(read.sigma).to.be.lessThan(2.3263);
  });

  it('take a lognormal by median and p99, or by mean and cv', async () => {
    const byMedian = (await law('{ law: lognormal, p50: 10ms, p99: 100ms }')) as { mu: number; sigma: number };
    expect(Math.exp(byMedian.mu)).to.be.closeTo(0.01, 1e-12);
    expect(byMedian.sigma).to.be.closeTo(Math.log(10) / 2.3263478740408408, 1e-9);
    const byCv = (await law('{ law: lognormal, mean: 10ms, cv: 2 }')) as { mu: number; sigma: number };
    expect(byCv.sigma ** 2).to.be.closeTo(Math.log(5), 1e-12);
    expect(Math.exp(byCv.mu + byCv.sigma ** 2 / 2)).to.be.closeTo(0.01, 1e-12);
  });

  it('balance the means of a hyperexponential', async () => {
    const read = (await law('{ law: hyperexponential, mean: 10ms, cv: 2 }')) as { p: number; mean1: number; mean2: number };
    const mean = read.p * read.mean1 + (1 - read.p) * read.mean2;
    const second = 2 * (read.p * read.mean1 ** 2 + (1 - read.p) * read.mean2 ** 2);
    expect(mean).to.be.closeTo(0.01, 1e-12);
    expect(second / mean ** 2 - 1).to.be.closeTo(4, 1e-9);
    expect(read.p * read.mean1).to.be.closeTo((1 - read.p) * read.mean2, 1e-12);
  });

  it('nest in a bimodal law', async () => {
    expect(await law('{ law: bimodal, p: 0.1, fast: 5ms, slow: { law: exponential, mean: 100ms } }')).to.deep.equal({
      law: 'bimodal',
      p: 0.1,
      fast: { law: 'constant', value: 0.005 },
      slow: { law: 'exponential', mean: 0.1 },
    });
  });

  it('refuse what no law is', async () => {
    const cases: [string, string][] = [
      ['{ law: lognormal, mean: 10ms, p99: 200ms }', 'no lognormal law has this p99 and mean "200ms" (p99 ÷ mean is at most 14.97'],
      ['{ law: lognormal, mean: 10ms, p99: 5ms }', 'p99 is smaller than mean'],
      ['{ law: lognormal, mean: 10ms }', 'parameters that do not fit law lognormal "mean" (lognormal takes mean, p99 or p50, p99 or mean, cv)'],
      ['{ law: exponential, mean: 0s }', 'mean of law exponential must be longer than 0s'],
      ['{ law: exponential, mean: -5ms }', 'negative duration'],
      ['{ law: exponential, mean: 5 }', 'duration without a unit "5"'],
      ['{ law: exponential, mean: 10ms, cv: 2 }', 'parameters that do not fit law exponential'],
      ['{ law: hyperexponential, mean: 10ms, cv: 0.5 }', 'hyperexponential with cv below 1'],
      ['{ law: uniform, min: 2s, max: 1s }', 'max is smaller than min'],
      ['{ law: normal, mean: 1s }', 'unknown value "normal" (one of constant, exponential'],
      ['{ mean: 10ms }', 'no law'],
      ['1000d', 'absurd duration "1000d" (at most 100 days)'],
      ['{ law: erlang, mean: 1s, k: 0.5 }', 'a whole number is expected'],
      ['{ law: pareto-bounded, mean: 1s, shape: 1.5, ratio: 1 }', 'number out of range "1" (must be > 1)'],
    ];
    for (const [text, message] of cases) expect((await lawIssues(text)).join('\n'), text).to.contain(message);
  });

  it('take routes, with a law for all other paths', async () => {
    const read = await scenario('  workloads: { deployment/web: { service: { byRoute: { "/cart": 5ms, default: 10ms } } } }');
    expect(read.workloads['deployment/web.default'].service).to.deep.equal({
      default: { law: 'constant', value: 0.01 },
      byRoute: [{ path: '/cart', law: { law: 'constant', value: 0.005 } }],
    });
    expect((await lawIssues('{ byRoute: { "/cart": 5ms } }')).join()).to.contain('default is missing');
  });

  it('read flags', () => {
    expect(lawFromFlag('12ms')).to.equal('12ms');
    expect(lawFromFlag('exponential:mean=10ms')).to.deep.equal({ law: 'exponential', mean: '10ms' });
    expect(lawFromFlag('gamma:mean=10ms,cv=1.5')).to.deep.equal({ law: 'gamma', mean: '10ms', cv: 1.5 });
  });
});
