import { expect } from 'chai';
import fc from 'fast-check';
import { Stickiness } from './stickiness.ts';

function follow(keys: number, pods: number): Stickiness {
  const stickiness = new Stickiness();
  stickiness.resize(keys, pods);
  return stickiness;
}

describe('stickiness', () => {
  it('counts how often a key meets the pod of its last unit', () => {
    const stickiness = follow(2, 3);
    expect(stickiness.unit(0, 1, true)).to.equal(-1);
    expect(stickiness.unit(1, 2, true)).to.equal(-1);
    expect(stickiness.unit(0, 1, true)).to.equal(-1);
    expect(stickiness.unit(0, 2, true)).to.equal(1); // the pod it has left
    expect(stickiness.result()).to.deep.equal({ pairs: 2, same: 1, keys: 2, podsMet: 3, breaks: {} });
  });

  it('takes what came before the window as the last unit only', () => {
    const stickiness = follow(1, 2);
    expect(stickiness.unit(0, 1, false)).to.equal(-1);
    expect(stickiness.unit(0, 0, false)).to.equal(1);
    expect(stickiness.unit(0, 0, true)).to.equal(-1);
    expect(stickiness.result()).to.deep.equal({ pairs: 1, same: 1, keys: 1, podsMet: 1, breaks: {} });
  });

  it('names the reasons of breaks in order', () => {
    const stickiness = follow(1, 1);
    for (const reason of ['pod gone', 'expired', 'pod gone']) stickiness.broken(reason);
    expect(Object.entries(stickiness.result().breaks)).to.deep.equal([
      ['expired', 1],
      ['pod gone', 2],
    ]);
  });

  it('agrees with plain sets while keys and pods become more', () => {
    const unit = fc.record({ key: fc.integer({ min: 0, max: 9 }), pod: fc.integer({ min: 0, max: 69 }), counted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 200 }), (units) => {
        const stickiness = new Stickiness();
        const last = new Map<number, number>();
        const met = new Map<number, Set<number>>();
        let [pairs, same, keys, pods] = [0, 0, 0, 0];
        for (const { key, pod, counted } of units) {
          keys = Math.max(keys, key + 1);
          pods = Math.max(pods, pod + 1);
          stickiness.resize(keys, pods);
          stickiness.unit(key, pod, counted);
          if (counted) {
            if (last.has(key)) pairs++;
            if (last.get(key) === pod) same++;
            met.set(key, (met.get(key) ?? new Set()).add(pod));
          }
          last.set(key, pod);
        }
        const podsMet = [...met.values()].reduce((sum, set) => sum + set.size, 0);
        expect(stickiness.result()).to.deep.equal({ pairs, same, keys: met.size, podsMet, breaks: {} });
      }),
      { seed: 10, numRuns: 200 },
    );
  });
});
