import { expect } from 'chai';
import { erlangB, mg1, mg1ProcessorSharing, mmc, mmcK, mmcSojournQuantile, mmcWaitQuantile } from './queues.ts';

describe('queues', () => {
  it('gives M/M/1 at 80 %: wait 40 ms, four in the system', () => {
    const { meanWait, inSystem, waits } = mmc(80, 0.01, 1);
    expect(meanWait).to.be.closeTo(0.04, 1e-12);
    expect(inSystem).to.be.closeTo(4, 1e-12);
    expect(waits).to.be.closeTo(0.8, 1e-12);
  });

  it('gives M/M/4 and M/M/32 as published tables do', () => {
    expect(mmc(320, 0.01, 4).waits).to.be.closeTo(0.596432, 1e-6);
    expect(mmc(320, 0.01, 4).meanWait).to.be.closeTo(0.00745541, 1e-8);
    expect(mmc(3040, 0.01, 32).inSystem).to.be.closeTo(43.6185, 1e-4);
  });

  it('gives quantiles of the wait and of the whole stay in M/M/c', () => {
    expect(mmcSojournQuantile(80, 0.01, 1, 0.99)).to.be.closeTo(Math.log(100) / 20, 1e-9); // exponential of mean 1/(μ−λ)
    for (const [level, ms] of [
      [0.5, 37.6916],
      [0.9, 118.315],
      [0.99, 233.444],
    ])
      expect(mmcSojournQuantile(180, 0.01, 2, level) * 1000).to.be.closeTo(ms, ms * 1e-5); // truth, Q section 1
    expect(mmcWaitQuantile(80, 0.01, 1, 0.99)).to.be.closeTo(Math.log(80) / 20, 1e-12);
    expect(mmcWaitQuantile(10, 0.01, 4, 0.99)).to.equal(0);
    expect(mmcSojournQuantile(300, 0.01, 4, 0.99), 'where both rates meet').to.be.closeTo(mmcSojournQuantile(300.001, 0.01, 4, 0.99), 1e-6);
  });

  it('turns away a third at one server, half an Erlang, no queue', () => {
    expect(erlangB(1, 0.5)).to.be.closeTo(1 / 3, 1e-12);
    expect(erlangB(4, 8)).to.be.closeTo(0.574635, 1e-6);
    expect(mmcK(800, 0.01, 4, 0).rejected).to.be.closeTo(0.574635, 1e-6);
  });

  it('gives Pollaczek and Khinchine for constant, Erlang and lognormal service', () => {
    expect(mg1(80, 0.01, 0).meanWait).to.be.closeTo(0.02, 1e-12);
    expect(mg1(80, 0.01, 0.25).meanWait).to.be.closeTo(0.025, 1e-12);
    expect(mg1(70, 0.01, 4).meanWait).to.be.closeTo(0.0583333, 1e-6);
    expect(mg1ProcessorSharing(80, 0.01).inSystem).to.be.closeTo(4, 1e-12);
  });

  it('bounds the queue: below, at and above one', () => {
    const below = mmcK(380, 0.01, 4, 4);
    expect(below.rejected).to.be.closeTo(0.117018, 1e-6);
    expect(below.inSystem).to.be.closeTo(4.58874, 1e-5);
    expect(below.meanWait + 0.01).to.be.closeTo(0.013676, 1e-6);
    expect(mmcK(100, 0.01, 1, 4).rejected).to.be.closeTo(1 / 6, 1e-12);
    const above = mmcK(480, 0.01, 4, 100);
    expect(above.rejected).to.be.closeTo(1 / 6, 1e-6);
    expect(above.inSystem).to.be.closeTo(99, 0.01);
  });

  it('does not overflow under heavy overload of a long queue', () => {
    const { rejected, inSystem, utilization } = mmcK(1e6, 0.01, 1, 1024);
    expect(rejected).to.be.closeTo(0.9999, 1e-9);
    expect(inSystem).to.be.closeTo(1025, 0.001);
    expect(utilization).to.be.closeTo(1, 1e-9);
  });

  it('tends to the unlimited queue', () => {
    expect(mmcK(320, 0.01, 4, 1000).meanWait).to.be.closeTo(mmc(320, 0.01, 4).meanWait, 1e-12);
  });
});
