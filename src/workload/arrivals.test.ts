import { expect } from 'chai';
import fc from 'fast-check';
import { seedKey } from '../random/stream.ts';
import { meanRate, OpenArrivals } from './arrivals.ts';

const key = seedKey('arrivals');
const constant = (rate: number) => [{ durationNs: 0, target: rate }];

function arrivalsUntil(arrivals: OpenArrivals, untilNs: number): number[] {
  const times: number[] = [];
  for (let time = arrivals.next(); time < untilNs; time = arrivals.next()) times.push(time);
  return times;
}

describe('open-loop arrivals', () => {
  it('paces deterministic arrivals at exact intervals', () => {
    expect(arrivalsUntil(new OpenArrivals('deterministic', 100, constant(100), key), 5e7)).to.deep.equal([1e7, 2e7, 3e7, 4e7]);
  });

  it('gives a Poisson process the mean and variance of its rate', () => {
    const counts: number[] = [];
    const times = arrivalsUntil(new OpenArrivals('poisson', 1000, constant(1000), key), 400e9);
    for (const time of times) counts[Math.floor(time / 1e9)] = (counts[Math.floor(time / 1e9)] ?? 0) + 1;
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
    const variance = counts.reduce((a, b) => a + (b - mean) ** 2, 0) / (counts.length - 1);
    expect(mean).to.be.closeTo(1000, 4 * Math.sqrt(1000 / 400));
    expect(variance / mean).to.be.closeTo(1, 4 * Math.sqrt(2 / 400));
  });

  it('stretches the same arrivals when the rate changes', () => {
    const slow = arrivalsUntil(new OpenArrivals('poisson', 10, constant(10), key), 100e9);
    const fast = arrivalsUntil(new OpenArrivals('poisson', 20, constant(20), key), 50e9);
    expect(fast.length).to.equal(slow.length);
    fast.forEach((time, i) => {
      expect(Math.abs(time * 2 - slow[i])).to.be.at.most(2);
    });
  });

  it('follows a ramp, a hold and a jump to nothing', () => {
    const stages = [
      { durationNs: 10e9, target: 100 },
      { durationNs: 10e9, target: 100 },
      { durationNs: 0, target: 0 },
    ];
    const times = arrivalsUntil(new OpenArrivals('deterministic', 0, stages, key), Infinity);
    expect(times.filter((time) => time < 10e9).length).to.equal(499); // the 500th lies on the border
    expect(times.length).to.be.within(1499, 1500);
    expect(meanRate(0, stages, 0, 20e9)).to.be.closeTo(75, 1e-9);
    expect(meanRate(0, stages, 20e9, 30e9)).to.equal(0);
  });

  it('never goes back in time, whatever the stages', () => {
    const stage = fc.record({ durationNs: fc.integer({ min: 0, max: 5e9 }), target: fc.integer({ min: 0, max: 500 }) });
    fc.assert(
      fc.property(
        fc.array(stage, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('poisson' as const, 'deterministic' as const, 'uniform' as const),
        (stages, process) => {
          const times = arrivalsUntil(new OpenArrivals(process, 0, stages, key), 20e9);
          for (let i = 1; i < times.length; i++) expect(times[i]).to.be.at.least(times[i - 1]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
