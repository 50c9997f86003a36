import { expect } from 'chai';
import { log } from '../random/portable-math.ts';
import { RandomStream } from '../random/stream.ts';
import { Estimator } from './estimate.ts';
import { decisionPoints, precisionOf } from './sequential-stopping.ts';

describe('sequential stopping', () => {
  it('decides after 10 and half as many again each time, and at the most', () => {
    expect(decisionPoints(200)).to.deep.equal([10, 15, 22, 33, 49, 73, 109, 163, 200]);
    expect(decisionPoints(33)).to.deep.equal([10, 15, 22, 33]);
    expect(decisionPoints(10)).to.deep.equal([10]);
  });

  it('wants the half width within γ ÷ (1 + γ) of the value, so that the error is within γ of the truth', () => {
    const at = (half: number) => precisionOf({ value: 100, low: 100 - half, high: 100 + half }, 0.25);
    expect(at(20)).to.deep.equal({ verdict: 'enough', relative: 0.2 });
    expect(at(20.1).verdict).to.equal('more');
  });

  it('takes the wider side of an interval that is cut where the figure ends', () => {
    expect(precisionOf({ value: 1, low: 0.5, high: 1.1 }, 0.2)).to.deep.equal({ verdict: 'more', relative: 0.5 });
  });

  it('goes on for what has not been seen, and gives up what can have no interval', () => {
    expect(precisionOf({ value: null, noInterval: 'no observation' }, 0.02).verdict).to.equal('more');
    expect(precisionOf({ value: 0, noInterval: 'none in 100' }, 0.02).verdict).to.equal('more');
    expect(precisionOf({ value: 3, noInterval: 'the same in all 10 replications' }, 0.02)).to.deep.equal({ verdict: 'enough', relative: 0 });
    expect(precisionOf({ value: 3, noInterval: 'a maximum has none' }, 0.02)).to.deep.equal({ verdict: 'never', reason: 'a maximum has none' });
    expect(precisionOf({ value: 'inf', noInterval: 'too many had not ended' }, 0.02).verdict).to.equal('never');
  });

  it('covers nearly as often as it says when it stops by itself', () => {
    // Means of exponential variates, 1000 experiments: a fixed number of replications would cover 95 %; stopping costs little.
    const random = new RandomStream({ high: 7, low: 11 });
    const estimator = new Estimator();
    let covered = 0;
    let stopped = 0;
    for (let experiment = 0; experiment < 1000; experiment++) {
      const means: number[] = [];
      for (const count of decisionPoints(400)) {
        while (means.length < count) {
          let sum = 0;
          for (let i = 0; i < 16; i++) sum -= log(random.uniform());
          means.push(sum / 16);
        }
        const estimate = estimator.mean(means);
        if (precisionOf(estimate, 0.08).verdict !== 'enough') continue;
        stopped++;
        if ('low' in estimate && estimate.low <= 1 && estimate.high >= 1) covered++;
        break;
      }
    }
    expect(stopped).to.equal(1000);
    expect(covered / stopped).to.be.within(0.915, 0.965);
  });
});
