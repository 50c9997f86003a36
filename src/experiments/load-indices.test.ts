import { expect } from 'chai';
import { RandomStream, seedKey } from '../random/stream.ts';
import { chanceOfSamePod, loadIndices } from './load-indices.ts';

describe('loadIndices', () => {
  it('gives 1 for even load and 1/n for all on one pod', () => {
    expect(loadIndices([5, 5, 5], [1e9, 1e9, 1e9])).to.deep.equal({
      jain: 1,
      maxOverMean: 1,
      cov: 0,
      busiestShare: 1 / 3,
      idlePods: 0,
      ranked: [1 / 3, 1 / 3, 1 / 3],
    });
    const one = loadIndices([9, 0, 0], [1e9, 1e9, 1e9]);
    expect(one.jain).to.be.closeTo(1 / 3, 1e-12);
    expect(one).to.include({ maxOverMean: 3, busiestShare: 1, idlePods: 2 });
  });

  it('counts per ready second: half the time, half the requests, same load', () => {
    expect(loadIndices([10, 5], [2e9, 1e9])).to.include({ jain: 1, cov: 0 });
  });

  it('leaves out pods that were never ready, and has nothing to say without requests', () => {
    expect(loadIndices([10, 10, 0], [1e9, 1e9, 0])).to.include({ jain: 1, idlePods: 0 });
    expect(loadIndices([0, 0], [1e9, 1e9])).to.deep.equal({ jain: null, maxOverMean: null, cov: null, busiestShare: null, idlePods: 2, ranked: [] });
  });

  it('finds 0.82 for 40 connections pinned at random on 10 pods, run by run, and not the 0.99 of their sum', () => {
    const random = new RandomStream(seedKey('pinning'));
    const sum = new Array<number>(10).fill(0);
    let average = 0;
    for (let run = 0; run < 200; run++) {
      const connections = new Array<number>(10).fill(0);
      for (let i = 0; i < 40; i++) connections[random.integer(10)]++;
      for (const [pod, count] of connections.entries()) sum[pod] += count;
      average += (loadIndices(connections, new Array(10).fill(1e9)).jain as number) / 200;
    }
    expect(average).to.be.closeTo(1 / (1 + 9 / 40), 0.015);
    expect(loadIndices(sum, new Array(10).fill(1e9)).jain).to.be.greaterThan(0.99);
  });

  it('takes Σ share² for chance', () => {
    expect(chanceOfSamePod([2, 2])).to.equal(0.5);
    expect(chanceOfSamePod([3, 1])).to.equal(0.625);
    expect(chanceOfSamePod([0, 0])).to.equal(null);
  });
});
