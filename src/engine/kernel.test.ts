import { expect } from 'chai';
import fc from 'fast-check';
import { type EventHandler, Kernel, LARGEST_SLOT } from './kernel.ts';

/** Writes down what is carried out, and when. */
function recorder(kernel: Kernel): EventHandler & { log: string[] } {
  const log: string[] = [];
  return { log, handle: (kind, slot) => log.push(`${kernel.now}:${kind}:${slot}`) };
}

describe('the kernel', () => {
  it('orders events by time, then phase, then as they were scheduled', () => {
    const kernel = new Kernel();
    const handler = recorder(kernel);
    kernel.schedule(5, 1, 1, 0);
    kernel.schedule(5, 0, 2, 0);
    kernel.schedule(5, 1, 3, 0);
    kernel.schedule(4, 3, 4, 0);
    expect(kernel.advance(Infinity, Infinity, handler)).to.equal(false);
    expect(handler.log).to.deep.equal(['4:4:0', '5:2:0', '5:1:0', '5:3:0']);
    expect(kernel.now).to.equal(5);
    expect(kernel.events).to.equal(4);
  });

  it('lets arrivals come after everything else of their instant, even what is scheduled then', () => {
    const kernel = new Kernel();
    const log: string[] = [];
    kernel.scheduleArrival(5, 1, 0);
    kernel.scheduleArrival(5, 1, 1);
    kernel.schedule(5, 3, 2, 0);
    kernel.advance(Infinity, Infinity, {
      handle(kind, slot) {
        log.push(`${kind}:${slot}`);
        if (kind === 2 && slot < 2) kernel.schedule(kernel.now, 3, 2, slot + 1);
        if (kind === 1 && slot === 0) kernel.schedule(kernel.now, 0, 3, 0);
      },
    });
    expect(log).to.deep.equal(['2:0', '2:1', '2:2', '1:0', '3:0', '1:1']);
  });

  it('carries out what is due at the very end of a slice, and nothing later', () => {
    const kernel = new Kernel();
    const handler = recorder(kernel);
    for (const time of [1, 2, 3]) kernel.schedule(time, 0, 0, time);
    kernel.scheduleArrival(2, 1, 0);
    kernel.scheduleArrival(4, 1, 0);
    expect(kernel.advance(2, Infinity, handler)).to.equal(false);
    expect(handler.log).to.deep.equal(['1:0:1', '2:0:2', '2:1:0']);
    expect(kernel.nextTime()).to.equal(3);
  });

  it('says when the limit on events has stopped it', () => {
    const kernel = new Kernel();
    const handler = recorder(kernel);
    kernel.schedule(1, 0, 0, 0);
    kernel.scheduleArrival(2, 0, 0);
    expect(kernel.advance(Infinity, 1, handler)).to.equal(true);
    expect(kernel.advance(Infinity, 1, handler)).to.equal(false);
    expect(handler.log).to.have.length(2);
  });

  it('calls functions in their phase, and keeps none of their numbers for ever', () => {
    const kernel = new Kernel();
    const log: string[] = [];
    kernel.schedule(10, 1, 0, 0);
    kernel.call(10, 0, () => {
      log.push('first');
      kernel.call(5, 0, () => log.push(`second at ${kernel.now}`));
    });
    kernel.advance(Infinity, Infinity, { handle: () => log.push('event') });
    expect(log).to.deep.equal(['first', 'event', 'second at 15']);
  });

  it('carries out nothing after it was stopped', () => {
    const kernel = new Kernel();
    const log: number[] = [];
    for (const slot of [1, 2]) kernel.schedule(slot, 0, 0, slot);
    const handler: EventHandler = {
      handle(_, slot) {
        log.push(slot);
        kernel.stop();
      },
    };
    expect(kernel.advance(Infinity, Infinity, handler)).to.equal(false);
    expect(kernel.advance(Infinity, Infinity, handler)).to.equal(false);
    expect([log, kernel.isStopped]).to.deep.equal([[1], true]);
  });

  it('takes slots up to the largest', () => {
    const kernel = new Kernel();
    const handler = recorder(kernel);
    kernel.schedule(0, 3, 61, LARGEST_SLOT);
    kernel.advance(0, 1, handler);
    expect(handler.log).to.deep.equal([`0:61:${LARGEST_SLOT}`]);
  });

  it('does the same however the run is cut', () => {
    const cut = fc.record({ time: fc.integer({ min: 0, max: 40 }), events: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.array(cut, { minLength: 1, maxLength: 20 }), (seed, cuts) => {
        const whole = chain(seed);
        whole.kernel.advance(200, Infinity, whole.handler);
        const sliced = chain(seed);
        let until = 0;
        for (let i = 0; until < 200; i++) {
          const { time, events } = cuts[i % cuts.length];
          until = Math.min(200, until + time + (i % cuts.length === 0 ? 1 : 0));
          while (sliced.kernel.advance(until, events, sliced.handler));
        }
        expect(sliced.log).to.deep.equal(whole.log);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  /** Events that schedule others by a simple rule, in heap, lane and as arrivals. */
  function chain(seed: number): { kernel: Kernel; handler: EventHandler; log: string[] } {
    const kernel = new Kernel();
    const log: string[] = [];
    const lane = kernel.createLane(2, 7, 2, null);
    let state = seed;
    const draw = (n: number) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor(state / 65536) % n;
    };
    const handler: EventHandler = {
      handle(kind, slot) {
        log.push(`${kernel.now}:${kind}:${slot}`);
        if (log.length > 400) return;
        const slotNext = draw(100);
        if (draw(3) > 0) kernel.schedule(kernel.now + draw(9), draw(4), 1, slotNext);
        if (draw(3) === 0) kernel.scheduleInLane(lane, slotNext);
        if (kind === 3) kernel.scheduleArrival(kernel.now + draw(12), 3, slotNext);
      },
    };
    kernel.scheduleArrival(1, 3, 0);
    return { kernel, handler, log };
  }
});
