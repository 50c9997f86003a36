import { expect } from 'chai';
import fc from 'fast-check';
import { Slots, widen } from './slots.ts';

describe('slots', () => {
  it('are numbered from 0 and handed out again, last released first', () => {
    const slots = new Slots(4, () => undefined);
    expect([slots.take(), slots.take(), slots.take()]).to.deep.equal([0, 1, 2]);
    slots.release(1);
    expect(slots.take()).to.equal(1);
    expect(slots.used).to.equal(3);
  });

  it('ask the owner for room before a number beyond the old capacity is handed out', () => {
    const capacities: number[] = [];
    const slots = new Slots(2, (capacity) => capacities.push(capacity));
    for (let i = 0; i < 2; i++) slots.take();
    expect(capacities).to.deep.equal([]);
    expect(slots.take()).to.equal(2);
    expect(capacities).to.deep.equal([4]);
    expect(slots.capacity).to.equal(4);
  });

  it('never hand out a number that is in use, and stay as small as the most that was in use', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (takes) => {
        const slots = new Slots(1, () => undefined);
        const used = new Set<number>();
        let most = 0;
        for (const isTake of takes) {
          if (isTake || used.size === 0) {
            const slot = slots.take();
            expect(used.has(slot)).to.equal(false);
            used.add(slot);
            most = Math.max(most, used.size);
          } else {
            const [slot] = used;
            used.delete(slot);
            slots.release(slot);
          }
          expect(slots.used).to.equal(used.size);
        }
        expect(slots.capacity).to.be.below(Math.max(2, 2 * most));
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('widen a column of any type and keep what stands in it', () => {
    expect(widen(Int32Array.of(1, -2), 4)).to.deep.equal(Int32Array.of(1, -2, 0, 0));
    expect(widen(Float64Array.of(0.5), 2)).to.deep.equal(Float64Array.of(0.5, 0));
  });
});
