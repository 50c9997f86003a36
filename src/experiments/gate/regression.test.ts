import { expect } from 'chai';
import { negativeLogUniform } from '../../random/portable-math.ts';
import { RandomStream } from '../../random/stream.ts';
import type { SampledFigure } from '../../statistics/index.ts';
import { judgeChange, MARGIN, type RegressionOptions } from './regression.ts';

const figure = (values: readonly number[]): SampledFigure => ({ pooled: values.reduce((sum, value) => sum + value, 0) / values.length, values });
const GATE: RegressionOptions = { isPaired: false, worse: 'more', allowed: 0, alpha: 0.01 };

describe('the judgement of a change', () => {
  it('alarms when the lower bound of the relative worsening exceeds what is allowed', () => {
    const before = figure([98, 99, 100, 101, 102, 100]);
    const after = figure([108, 109, 110, 111, 112, 110]);
    const judged = judgeChange(before, after, GATE);
    expect(judged.verdict).to.equal('worse');
    expect(judged.change).to.be.closeTo(0.1, 1e-12);
    expect(judged.low).to.be.within(0.07, 0.09);
    expect(judgeChange(before, after, { ...GATE, allowed: 0.09 }).verdict, '10 % where 9 % are allowed').to.equal('not worse');
    expect(judgeChange(before, after, { ...GATE, worse: 'less' }).verdict, 'more is better').to.equal('better');
  });

  it('sees through noise that both share when it may pair', () => {
    const noise = [40, 160, 70, 130, 100, 90, 120, 150];
    const [before, after] = [figure(noise), figure(noise.map((value, i) => value * (1.03 + 0.002 * (i % 2))))];
    expect(judgeChange(before, after, GATE).verdict).to.equal('inconclusive');
    expect(judgeChange(before, after, { ...GATE, isPaired: true }).verdict).to.equal('worse');
  });

  it('says what it cannot tell, and how many replications could', () => {
    const judged = judgeChange(figure([80, 100, 120, 90]), figure([85, 110, 125, 95]), GATE);
    expect(judged.verdict).to.equal('inconclusive');
    // (2.33 + 1.645)² · (17.1² + 17.5²) ÷ 5² = 378, 1.05 times for the side that is worse, and 6 ÷ 3.07 for a pilot of six degrees
    expect(judged.needed).to.be.within(750, 850);
  });

  it('knows equal from alike: no spread is no alarm unless all pairs moved', () => {
    const same = figure([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    expect(judgeChange(same, same, { ...GATE, isPaired: true })).to.include({ verdict: 'not worse', change: 0, note: 'as before' });
    const more = figure(same.values.map((value) => 1.5 * value));
    expect(judgeChange(same, more, { ...GATE, isPaired: true }).verdict, '2^-9 < 1 %').to.equal('worse');
    expect(judgeChange(figure([1, 1, 1]), figure([1.5, 1.5, 1.5]), { ...GATE, isPaired: true }).verdict, '2^-2 > 1 %').to.equal('inconclusive');
  });

  it('has no percentage of nothing', () => {
    const none = figure([0, 0, 0, 0, 0, 0]);
    expect(judgeChange(none, none, GATE)).to.include({ verdict: 'not worse', change: null });
    expect(judgeChange(none, figure([0, 0, 0, 0, 0, 1]), GATE).verdict).to.equal('inconclusive');
    expect(judgeChange(none, figure([5, 6, 5, 6, 5, 6]), GATE)).to.include({ verdict: 'worse', note: 'none before' });
  });

  it('alarms falsely in at most 1 %, and with the replications that it states sees five points more in 95 %', () => {
    const random = new RandomStream({ high: 11, low: 7 });
    // A skewed figure per replication, as percentiles are: the sum of 16 exponentials, cv 25 %.
    const draw = (mean: number) => {
      let sum = 0;
      for (let i = 0; i < 16; i++) sum += negativeLogUniform(random.bits());
      return (mean * sum) / 16;
    };
    const sample = (mean: number, count: number) => figure(Array.from({ length: count }, () => draw(mean)));
    const trials = 600;
    let [alarms, seen] = [0, 0];
    const pilot = judgeChange(sample(1, 100), sample(1, 100), GATE).needed as number;
    for (let i = 0; i < trials; i++) if (judgeChange(sample(1, 40), sample(1, 40), GATE).verdict === 'worse') alarms++;
    for (let i = 0; i < 80; i++) if (judgeChange(sample(1, pilot), sample(1 + MARGIN, pilot), GATE).verdict === 'worse') seen++;
    expect(alarms / trials).to.be.at.most(0.02); // 1 % and 2.5 standard errors
    expect(seen / 80).to.be.at.least(0.9); // 95 % less two standard errors
  });
});
