import { expect } from 'chai';
import fc from 'fast-check';
import { type EventHandler, Kernel } from './kernel.ts';
import { Lane } from './lane.ts';

const IN_HEAP = 1;
const IN_LANE = 2;

describe('a lane', () => {
  it('gives its events in the order in which they were made, beyond its first room', () => {
    const lane = new Lane(0, 10, 0, null);
    for (let i = 0; i < 10; i++) lane.append(i, i, i);
    for (let i = 0; i < 7; i++) lane.advance();
    for (let i = 10; i < 60; i++) lane.append(i, i, i);
    const slots: number[] = [];
    for (; !lane.isEmpty; lane.advance()) slots.push(lane.headSlot());
    expect(slots).to.deep.equal(Array.from({ length: 53 }, (_, i) => i + 7));
  });

  it('skips events whose slot has moved on', () => {
    const generations = { generation: Int32Array.of(0, 0, 0, 0) };
    const lane = new Lane(0, 10, 0, generations);
    for (let slot = 0; slot < 4; slot++) lane.append(slot, slot, slot);
    generations.generation[0]++;
    generations.generation[2]++;
    expect(lane.headIsValid()).to.equal(false);
    lane.advance();
    expect([lane.headSlot(), lane.headIsValid()]).to.deep.equal([1, true]);
    lane.advance();
    expect(lane.headSlot()).to.equal(3);
  });

  it('gives the same run as the heap would', () => {
    const step = fc.record({ slot: fc.integer({ min: 0, max: 3 }), lane: fc.integer({ min: 0, max: 2 }), cancels: fc.integer({ min: -1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), (steps) => {
        expect(run(steps, true)).to.deep.equal(run(steps, false));
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  /** Each event that is carried out takes the next step: it schedules another, and may call off what a slot has pending. */
  function run(steps: readonly { slot: number; lane: number; cancels: number }[], usesLanes: boolean): string[] {
    const delays = [0, 3, 7];
    const kernel = new Kernel();
    const owner = { generation: new Int32Array(4) };
    const lanes = delays.map((delay) => kernel.createLane(IN_LANE, delay, 1, owner));
    const stamps: { slot: number; generation: number }[] = [];
    const log: string[] = [];
    let next = 0;
    const schedule = (slot: number, lane: number) => {
      if (usesLanes) kernel.scheduleInLane(lanes[lane], slot);
      else kernel.schedule(kernel.now + delays[lane], 1, IN_LANE, stamps.push({ slot, generation: owner.generation[slot] }) - 1);
    };
    const advance = () => {
      const { slot, lane, cancels } = steps[next++];
      schedule(slot, lane);
      if (cancels >= 0) owner.generation[cancels]++;
    };
    const handler: EventHandler = {
      handle(kind, number) {
        const slot = kind === IN_HEAP || usesLanes ? number : stamps[number].slot;
        if (kind === IN_LANE && !usesLanes && stamps[number].generation !== owner.generation[slot]) return;
        log.push(`${kernel.now} ${kind} ${slot}`);
        if (next < steps.length) advance();
      },
    };
    for (let i = 0; i < steps.length; i++) kernel.schedule(i, i % 3, IN_HEAP, i);
    kernel.advance(Infinity, Infinity, handler);
    return log;
  }
});
