import { expect } from 'chai';
import fc from 'fast-check';
import { RandomStream } from '../../random/stream.ts';
import { LeastLoaded } from './least-loaded.ts';

/** The plain version: scan for the lowest load. */
function lightest(loads: readonly number[]): number[] {
  const lowest = Math.min(...loads);
  return [...loads.keys()].filter((member) => loads[member] === lowest);
}

describe('least loaded', () => {
  it('agrees with a scan after any changes (property)', () => {
    const changes = fc.array(fc.record({ member: fc.nat(6), isRise: fc.boolean() }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 7, maxLength: 7 }), changes, fc.integer(), (start, steps, seed) => {
        const loads = [...start];
        const sorted = new LeastLoaded(Int32Array.from(start));
        const random = new RandomStream({ high: seed, low: 1 });
        for (const { member, isRise } of steps) {
          if (isRise) {
            loads[member]++;
            sorted.increment(member);
          } else if (loads[member] > 0) {
            loads[member]--;
            sorted.decrement(member);
          }
          const expected = lightest(loads);
          expect(sorted.tied()).to.equal(expected.length);
          expect(sorted.lowest()).to.equal(loads[expected[0]]);
          expect(sorted.pickFirst()).to.equal(expected[0]);
          expect(expected).to.include(sorted.pick(random));
        }
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  it('breaks ties evenly, whatever came before', () => {
    const sorted = new LeastLoaded(Int32Array.from([3, 0, 1, 0, 2, 0]));
    sorted.increment(3);
    sorted.increment(1);
    sorted.decrement(3);
    sorted.decrement(2);
    const counts = new Map<number, number>();
    const random = new RandomStream({ high: 1, low: 2 });
    for (let i = 0; i < 30000; i++) {
      const member = sorted.pick(random);
      counts.set(member, (counts.get(member) ?? 0) + 1);
    }
    expect([...counts.keys()].toSorted()).to.deep.equal([2, 3, 5]);
    for (const count of counts.values()) expect(count).to.be.closeTo(10000, 400);
  });

  it('has room for any load', () => {
    const sorted = new LeastLoaded(new Int32Array(2));
    for (let i = 0; i < 5000; i++) sorted.increment(0);
    expect(sorted.lowest()).to.equal(0);
    for (let i = 0; i < 5001; i++) sorted.increment(1);
    expect([sorted.lowest(), sorted.pickFirst()]).to.deep.equal([5000, 0]);
  });
});
