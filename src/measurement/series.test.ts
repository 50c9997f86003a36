import { expect } from 'chai';
import { SERIES_BINS, seriesBinOf } from './histogram.ts';
import { Series } from './series.ts';

const S = 1e9;

describe('a series', () => {
  it('has at most 240 bins of a round width', () => {
    const widths = [10 * S, 60 * S, 300 * S, 1200 * S, 86400 * S, 1e6].map((window) => {
      const { binNs, bins } = new Series(0, window);
      expect(bins).to.be.within(1, 240);
      expect(bins * binNs).to.be.at.least(window);
      return binNs;
    });
    expect(widths).to.deep.equal([0.05 * S, 0.5 * S, 2 * S, 5 * S, 600 * S, 5000]);
  });

  it('counts requests by intended arrival, and how they ended', () => {
    const series = new Series(10 * S, 20 * S);
    for (const at of [10, 10.01, 19.99]) series.request(at * S);
    series.ended(10.01 * S, 2 * S, false);
    series.ended(19.99 * S, 1 * S, true);
    const { offered, failed, durations, bins } = series.result(0);
    expect([offered[0], offered[bins - 1]]).to.deep.equal([2, 1]);
    expect([failed[0], failed[bins - 1]]).to.deep.equal([1, 0]);
    expect(durations[seriesBinOf(2 * S)]).to.equal(1);
    expect(durations[(bins - 1) * SERIES_BINS + seriesBinOf(1 * S)]).to.equal(1);
  });

  it('counts attempts by pod and time, also of pods that come later', () => {
    const series = new Series(0, 240 * S);
    series.resize(1);
    series.attempt(0, 1.5 * S);
    series.resize(30);
    series.attempt(29, 0);
    series.attempt(29, 239.9 * S);
    const { podRequests, bins } = series.result(30);
    expect(podRequests).to.have.length(30 * 240);
    expect([podRequests[1], podRequests[29 * bins], podRequests[29 * bins + 239]]).to.deep.equal([1, 1, 1]);
  });

  it('holds an attempt after the window in the last bin: of a request that arrived in it', () => {
    const series = new Series(0, 240 * S);
    series.resize(1);
    series.attempt(0, 300 * S);
    expect(series.result(1).podRequests[239]).to.equal(1);
  });

  it('knows the replicas at the end of each bin, from before the window on', () => {
    const series = new Series(100 * S, 340 * S);
    series.replicasAt('deployment/web.default', 2, 0);
    series.replicasAt('deployment/web.default', 3, 110.5 * S);
    series.replicasAt('deployment/web.default', 5, 110.7 * S);
    const replicas = series.result(0).replicas['deployment/web.default'];
    expect([...replicas.slice(9, 12)]).to.deep.equal([2, 5, 5]);
    expect(replicas[239]).to.equal(5);
  });

  it('does not look beyond the window', () => {
    const series = new Series(0, 240 * S);
    series.replicasAt('deployment/web.default', 2, 0);
    series.replicasAt('deployment/web.default', 9, 240 * S);
    series.replicasAt('deployment/web.default', 1, 300 * S);
    expect(series.result(0).replicas['deployment/web.default'][239]).to.equal(2);
  });
});
