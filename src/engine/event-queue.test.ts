import { expect } from 'chai';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';

interface Event {
  time: number;
  order: number;
  code: number;
}

/** Everything that is pending, in the order in which it comes out. */
function drain(queue: EventQueue): { time: number; code: number }[] {
  const events: { time: number; code: number }[] = [];
  while (queue.size > 0) {
    const time = queue.topTime();
    events.push({ time, code: queue.takeTop() });
    queue.closeHole();
  }
  return events;
}

function sorted(events: readonly Event[]): { time: number; code: number }[] {
  return [...events].sort((a, b) => a.time - b.time || a.order - b.order).map(({ time, code }) => ({ time, code }));
}

describe('the event queue', () => {
  it('is empty at first, with nothing due ever', () => {
    const queue = new EventQueue();
    expect(queue.size).to.equal(0);
    expect(queue.topTime()).to.equal(Infinity);
    queue.closeHole();
    expect(queue.size).to.equal(0);
  });

  it('gives events back in the order of a sorted list', () => {
    const event = fc.record({ time: fc.integer({ min: 0, max: 20 }), code: fc.nat() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (list) => {
        const queue = new EventQueue();
        const events = list.map((one, order) => ({ ...one, order }));
        for (const { time, order, code } of events) queue.push(time, order, code);
        expect(drain(queue)).to.deep.equal(sorted(events));
        expect(queue.topTime()).to.equal(Infinity);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('does so while events that are carried out schedule none, one or several others', () => {
    const step = fc.record({ children: fc.integer({ min: 0, max: 3 }), delay: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const queue = new EventQueue();
        let pending: Event[] = [];
        let order = 0;
        const push = (time: number) => {
          queue.push(time, order, order);
          pending.push({ time, order, code: order });
          order++;
        };
        for (let i = 0; i < 5; i++) push(i % 2);
        for (const { children, delay } of steps) {
          if (queue.size === 0) break;
          const now = queue.topTime();
          const code = queue.takeTop();
          const [expected] = sorted(pending);
          expect({ time: now, code }).to.deep.equal(expected);
          pending = pending.filter((event) => event.code !== code);
          for (let child = 0; child < children; child++) push(now + delay);
          queue.closeHole();
          expect(queue.size).to.equal(pending.length);
        }
        expect(drain(queue)).to.deep.equal(sorted(pending));
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});
