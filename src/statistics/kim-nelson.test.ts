import { expect } from 'chai';
import { normalQuantile } from '../random/portable-math.ts';
import { RandomStream } from '../random/stream.ts';
import { KimNelson, type SelectionOptions } from './kim-nelson.ts';
import { binomialInterval } from './proportion.ts';

const OPTIONS: SelectionOptions = { alternatives: 2, goal: 'least', confidence: 0.95, firstStage: 10, indifference: { absolute: 1 } };

/** Runs until decided; `draw` gives one replication of all alternatives. */
function select(options: Partial<SelectionOptions>, draw: () => readonly number[]): KimNelson {
  const selection = new KimNelson({ ...OPTIONS, ...options });
  while (!selection.isDecided) {
    const values = draw();
    selection.add(selection.survivors.map((alternative) => values[alternative]));
  }
  return selection;
}

describe('KimNelson', () => {
  const random = new RandomStream({ high: 5, low: 8 });
  const noise = () => normalQuantile(random.uniform());

  it('closes its triangle where the paper says, worked by hand', () => {
    // differences ±1 about 0 in turn: S² = 10/9; η = ½ (0.1^(−2/9) − 1) = 0.334061, h² = 2 η 9 = 6.013; h² S² ÷ δ² = 6.681
    const selection = new KimNelson(OPTIONS);
    for (let r = 0; r < 9; r++) selection.add([0, r % 2 === 0 ? 1 : -1]);
    expect(selection.latest).to.equal(Infinity);
    selection.add([0, -1]);
    // the first stage is past the triangle already, the sums are equal: the first of both
    expect(selection.isDecided).to.equal(true);
    expect(selection.best).to.equal(0);
    const wider = new KimNelson({ ...OPTIONS, indifference: { absolute: 0.5 } });
    for (let r = 0; r < 10; r++) wider.add([0, r % 2 === 0 ? 1 : -1]);
    expect(wider.latest).to.equal(Math.floor(6.013 * (10 / 9) * 4) + 1); // 27
    wider.add([0, 3]); // δ/2 (26.7 − 11) = 3.9
    expect(wider.isDecided).to.equal(false);
    wider.add([0, 1]); // sum 4 > δ/2 (26.7 − 12) = 3.7
    expect(wider.best).to.equal(0);
    expect(wider.eliminations.get(1)).to.deep.equal({ after: 12, by: 0 });
  });

  it('eliminates nobody before the first stage is over', () => {
    const selection = new KimNelson(OPTIONS);
    for (let r = 0; r < 9; r++) selection.add([0, 1000 + noise()]);
    expect(selection.survivors).to.deep.equal([0, 1]);
    selection.add([0, 1000]);
    expect(selection.best).to.equal(0);
    expect(() => new KimNelson({ ...OPTIONS, firstStage: 9 })).to.throw(RangeError);
  });

  it('chooses the best of 8 that leads by δ, at the worst configuration, as often as it says', () => {
    // slippage: the best leads every other by exactly δ; independent values, for which the bound is tightest
    let right = 0;
    let replications = 0;
    for (let trial = 0; trial < 200; trial++) {
      const selection = select({ alternatives: 8, goal: 'most' }, () => Array.from({ length: 8 }, (_, i) => 3 * noise() + (i === 5 ? 1 : 0)));
      if (selection.best === 5) right++;
      replications += selection.replications;
    }
    expect(binomialInterval(right, 200, 0.95).high).to.be.at.least(0.95);
    expect(right / 200).to.be.at.least(0.95);
    expect(replications / 200).to.be.within(20, 400);
  });

  it('needs fewer replications where alternatives move together', () => {
    const cost = (together: number) => {
      let sum = 0;
      for (let trial = 0; trial < 50; trial++) {
        sum += select({ alternatives: 4 }, () => {
          const shared = noise();
          return Array.from({ length: 4 }, (_, i) => 3 * (together * shared + Math.sqrt(1 - together * together) * noise()) + (i === 2 ? 0 : 1));
        }).replications;
      }
      return sum / 50;
    };
    expect(cost(0.95)).to.be.lessThan(cost(0) / 3);
  });

  it('takes the zone as a share of the best of the first stage', () => {
    const selection = new KimNelson({ ...OPTIONS, indifference: { share: 0.02 } });
    for (let r = 0; r < 10; r++) selection.add([50 + (r % 2), 100 - (r % 2)]);
    expect(selection.indifference).to.be.closeTo(0.02 * 50.5, 1e-12);
  });

  it('drops what has no finite figure, and ends when nothing is left', () => {
    const selection = new KimNelson(OPTIONS);
    selection.add([1, Infinity]);
    expect(selection.best).to.equal(0);
    expect(selection.eliminations.get(1)).to.deep.equal({ after: 1, by: null });
    const none = new KimNelson(OPTIONS);
    none.add([Number.NaN, Infinity]);
    expect(none.isDecided).to.equal(true);
    expect(none.best).to.equal(null);
  });
});
