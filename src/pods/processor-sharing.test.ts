import { expect } from 'chai';
import fc from 'fast-check';
import { ProcessorSharing } from './processor-sharing.ts';

interface Job {
  at: number;
  demand: number;
}

/** Each job's end, found by the event loop of a simulation. */
function ends(cores: number, jobs: readonly Job[]): number[] {
  const sharing = new ProcessorSharing(cores);
  const ended = new Array<number>(jobs.length).fill(Number.NaN);
  const finishUntil = (time: number) => {
    while (sharing.due >= 0 && sharing.due <= time) {
      const now = sharing.due;
      for (let job = sharing.takeFinished(now); job >= 0; job = sharing.takeFinished(now)) ended[job] = now;
    }
  };
  jobs.forEach(({ at, demand }, job) => {
    finishUntil(at);
    sharing.add(job, demand, at);
  });
  finishUntil(Infinity);
  expect(sharing.size).to.equal(0);
  return ended;
}

/** The same in small exact steps: between two events every job gets the same share of time. */
function naiveEnds(cores: number, jobs: readonly Job[]): number[] {
  const ended = new Array<number>(jobs.length).fill(Number.NaN);
  let active: { job: number; left: number }[] = [];
  let now = 0;
  let next = 0;
  while (next < jobs.length || active.length > 0) {
    const rate = Math.min(1, cores / active.length);
    const least = Math.min(...active.map((one) => one.left));
    const until = Math.min(next < jobs.length ? jobs[next].at : Infinity, now + least / rate);
    for (const one of active) one.left -= (until - now) * rate;
    now = until;
    for (const one of active) if (one.left < 1e-6) ended[one.job] = now;
    active = active.filter((one) => one.left >= 1e-6);
    for (; next < jobs.length && jobs[next].at <= now; next++) active.push({ job: next, left: jobs[next].demand });
  }
  return ended;
}

describe('processor sharing', () => {
  it('serves a job that is alone at full speed', () => {
    expect(ends(1, [{ at: 5, demand: 100 }])).to.deep.equal([105]);
  });

  it('halves the speed of two jobs on one core, and not on two', () => {
    const jobs = [
      { at: 0, demand: 100 },
      { at: 0, demand: 100 },
    ];
    expect(ends(1, jobs)).to.deep.equal([200, 200]);
    expect(ends(2, jobs)).to.deep.equal([100, 100]);
  });

  it('gives the rest of a job the speed that is there then', () => {
    // 0–50 alone: 50 of 100 done; 50–90 shared: 20 each; then 30 left alone.
    const jobs = [
      { at: 0, demand: 100 },
      { at: 50, demand: 20 },
    ];
    expect(ends(1, jobs)).to.deep.equal([120, 90]);
  });

  it('shares one and a half cores', () => {
    const jobs = [
      { at: 0, demand: 90 },
      { at: 0, demand: 90 },
    ];
    expect(ends(1.5, jobs)).to.deep.equal([120, 120]);
    expect(new ProcessorSharing(0.5).busyCores).to.equal(0);
  });

  it('ends a job without demand at once', () => {
    expect(ends(1, [{ at: 3, demand: 0 }])).to.deep.equal([3]);
  });

  it('agrees with sharing done step by step, to the nanoseconds that are rounded', () => {
    const job = fc.record({ gap: fc.integer({ min: 0, max: 2000 }), demand: fc.integer({ min: 1, max: 3000 }) });
    fc.assert(
      fc.property(fc.constantFrom(0.5, 1, 1.5, 2, 4), fc.array(job, { minLength: 1, maxLength: 60 }), (cores, list) => {
        let at = 0;
        const jobs = list.map(({ gap, demand }) => {
          at += gap;
          return { at, demand };
        });
        const [fast, naive] = [ends(cores, jobs), naiveEnds(cores, jobs)];
        fast.forEach((end, i) => {
          expect(end).to.be.within(naive[i] - 1e-3, naive[i] + jobs.length + 1);
        });
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  it('knows how many cores are busy, and forgets its jobs when it is cleared', () => {
    const sharing = new ProcessorSharing(2);
    for (let job = 0; job < 40; job++) {
      sharing.add(job, 100, 0);
      expect(sharing.busyCores).to.equal(Math.min(2, job + 1));
    }
    sharing.clear();
    expect([sharing.size, sharing.due, sharing.takeFinished(10)]).to.deep.equal([0, -1, -1]);
  });
});
