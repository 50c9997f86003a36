import { expect } from 'chai';
import fc from 'fast-check';
import { RandomStream } from '../../random/stream.ts';
import { choiceLaw, Sampler } from './power-of-choices.ts';
import { WeightedRandom } from './weighted-random.ts';

/** All sequences of `choices` members: the law by counting, the first drawn of the least loaded kept. */
function lawByCounting(loads: readonly number[], choices: number, replacement: boolean): number[] {
  const kept = new Array<number>(loads.length).fill(0);
  let total = 0;
  const extend = (drawn: readonly number[]): void => {
    if (drawn.length === choices) {
      kept[drawn.reduce((best, member) => (loads[member] < loads[best] ? member : best))]++;
      total++;
      return;
    }
    for (const member of loads.keys()) if (replacement || !drawn.includes(member)) extend([...drawn, member]);
  };
  extend([]);
  return kept.map((count) => count / total);
}

describe('power of choices', () => {
  it('has the law that counting all draws gives (property)', () => {
    const loads = fc.array(fc.nat(3), { minLength: 3, maxLength: 5 });
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 3 }), fc.boolean(), (someLoads, choices, replacement) => {
        const law = choiceLaw(someLoads, choices, replacement);
        lawByCounting(someLoads, choices, replacement).forEach((probability, member) => {
          expect(law[member]).to.be.closeTo(probability, 1e-12);
        });
      }),
      { seed: 42 },
    );
  });

  it('draws different members without replacement, each as often', () => {
    const sampler = new Sampler(6, 3, false);
    const random = new RandomStream({ high: 5, low: 6 });
    const counts = new Int32Array(6);
    for (let i = 0; i < 20000; i++) {
      const drawn = [0, 1, 2].map((turn) => sampler.draw(turn, random));
      expect(new Set(drawn).size).to.equal(3);
      for (const member of drawn) counts[member]++;
    }
    for (const count of counts) expect(count).to.be.closeTo(10000, 350);
  });

  it('draws no more than there are', () => {
    expect(new Sampler(2, 5, false).choices).to.equal(2);
    expect(new Sampler(2, 5, true).choices).to.equal(5);
  });
});

describe('weighted random', () => {
  it('picks in proportion to weight and tells the shares', () => {
    const lottery = new WeightedRandom(Float64Array.of(5, 0.5, 3, 1.5));
    const random = new RandomStream({ high: 7, low: 8 });
    const counts = new Int32Array(4);
    for (let i = 0; i < 100000; i++) counts[lottery.pick(random)]++;
    for (const [member, share] of [0.5, 0.05, 0.3, 0.15].entries()) {
      expect(lottery.share(member)).to.be.closeTo(share, 1e-12);
      expect(counts[member] / 100000).to.be.closeTo(share, 0.006);
    }
  });
});
