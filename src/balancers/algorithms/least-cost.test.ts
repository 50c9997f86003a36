import { expect } from 'chai';
import fc from 'fast-check';
import { LeastCost } from './least-cost.ts';

interface Member {
  cost: number;
  weight: number;
  isIn: boolean;
}

/** What a scan in order finds: the first of the least cost per weight. */
function scan(members: readonly Member[]): number {
  let least = -1;
  for (const [i, { cost, weight, isIn }] of members.entries()) {
    if (isIn && (least < 0 || members[least].cost * weight > cost * members[least].weight)) least = i;
  }
  return least;
}

describe('least cost', () => {
  it('finds what a scan of the list finds, whatever changes (property)', () => {
    const action = fc.record({ member: fc.nat(11), cost: fc.nat(6), isIn: fc.boolean() });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }), fc.array(action, { maxLength: 80 }), (weights, actions) => {
        const members = weights.map((weight): Member => ({ cost: 0, weight, isIn: false }));
        const heap = new LeastCost();
        heap.reset(members.length);
        for (const { member, cost, isIn } of actions) {
          const one = members[member];
          one.cost = cost;
          if (one.isIn && isIn) heap.update(member, cost);
          else if (one.isIn) heap.remove(member);
          else if (isIn) heap.add(member, cost, one.weight, member);
          one.isIn = isIn;
          expect(heap.has(member)).to.equal(isIn);
          expect(heap.first()).to.equal(scan(members));
        }
      }),
      { seed: 42 },
    );
  });
});
