import { expect } from 'chai';
import fc from 'fast-check';
import { LEVELS, PodLoad } from './pod-load.ts';

interface Pod {
  load: PodLoad;
  clock: { now: number };
}

function pod(): Pod {
  const clock = { now: 0 };
  const load = new PodLoad(clock);
  load.resize(1);
  return { load, clock };
}

/** A request that came to the pod and took its slot at once. */
const stay = (from: number) => ({ reached: from, started: from });

describe('the load of a pod', () => {
  it('is the time integral of what is in it, of its square, and of its busy slots', () => {
    const { load, clock } = pod();
    load.open(0, Int32Array.of(0), 1);
    clock.now = 10;
    load.hold(0, 0, 0);
    load.level(0, 3);
    clock.now = 14;
    load.hold(0, 3, 2);
    const figures = load.figures(0);
    expect(figures).to.include({ area: 12, areaSquared: 36, busyNs: 8, peak: 3 });
    expect([...figures.levelNs]).to.deep.equal([10, 0, 0, 4, ...new Array(LEVELS - 4).fill(0)]);
  });

  it('tells apart exactly 0 … 20 in the pod, and 21 and more', () => {
    const { load, clock } = pod();
    load.open(0, Int32Array.of(0), 1);
    for (const [inSystem, until] of [
      [20, 1],
      [21, 3],
      [500, 6],
    ]) {
      clock.now = until;
      load.hold(0, inSystem, 0);
    }
    const { levelNs } = load.figures(0);
    expect([levelNs[20], levelNs[21]]).to.deep.equal([1, 5]);
  });

  it('forgets what was before the window, and clips what began before it', () => {
    const { load, clock } = pod();
    clock.now = 50;
    load.hold(0, 7, 7);
    load.left(0, stay(10));
    load.open(50, Int32Array.of(2), 1);
    clock.now = 60;
    load.hold(0, 2, 1);
    load.left(0, stay(40)); // came 10 before the window opened
    load.left(0, stay(55));
    load.released(0, stay(45));
    load.wasReady(0, 8, 20, 60);
    expect(load.figures(0)).to.include({ area: 20, sojournNs: 15, busyNs: 10, heldNs: 10, readyNs: 10, slotReadyNs: 80, peak: 2 });
  });

  it('adds nothing after the window', () => {
    const { load, clock } = pod();
    load.open(0, Int32Array.of(0), 1);
    load.close();
    clock.now = 10;
    load.hold(0, 1, 1);
    load.level(0, 4);
    load.left(0, stay(0));
    load.wasReady(0, 1, 0, 10);
    expect(load.figures(0)).to.include({ area: 0, peak: 0, sojournNs: 0, readyNs: 0 });
  });

  it('begins at the birth of a pod that comes in the window', () => {
    const { load, clock } = pod();
    load.open(0, Int32Array.of(0), 1);
    load.resize(40);
    clock.now = 100;
    load.born(39, 100);
    clock.now = 130;
    load.hold(39, 1, 1);
    expect(load.figures(39)).to.include({ area: 30 });
    expect(load.figures(39).levelNs[0]).to.equal(0);
  });

  it("keeps Little's law: the integral is the sum of the sojourns", () => {
    const visit = fc.record({ gap: fc.integer({ min: 0, max: 50 }), stay: fc.integer({ min: 0, max: 200 }) });
    fc.assert(
      fc.property(fc.array(visit, { maxLength: 80 }), (visits) => {
        const { load, clock } = pod();
        let at = 0;
        const events = visits.flatMap(({ gap, stay }) => {
          at += gap;
          return [
            { time: at, change: 1, from: at },
            { time: at + stay, change: -1, from: at },
          ];
        });
        events.sort((a, b) => a.time - b.time || b.change - a.change);
        let inSystem = 0;
        load.open(0, Int32Array.of(0), 1);
        for (const { time, change, from } of events) {
          clock.now = time;
          load.hold(0, inSystem, inSystem);
          inSystem += change;
          if (change < 0) load.left(0, stay(from));
        }
        const { area, sojournNs } = load.figures(0);
        expect(area).to.equal(sojournNs);
      }),
      { seed: 12, numRuns: 100 },
    );
  });
});
