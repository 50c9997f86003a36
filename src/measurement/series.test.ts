import { expect } from 'chai';
import { binOf, SERIES_BINS, seriesBinOf } from './histogram.ts';
import { Series } from './series.ts';

const S = 1e9;

describe('a series', () => {
  it('has at most 240 bins of a round width', () => {
    const widths = [10 * S, 60 * S, 300 * S, 1200 * S, 86400 * S, 1e6].map((window) => {
      const { binNs, bins } = new Series(0, window, { now: 0 });
      expect(bins).to.be.within(1, 240);
      expect(bins * binNs).to.be.at.least(window);
      return binNs;
    });
    expect(widths).to.deep.equal([0.05 * S, 0.5 * S, 2 * S, 5 * S, 600 * S, 5000]);
  });

  it('counts requests by intended arrival, and how they ended', () => {
    const clock = { now: 0 };
    const series = new Series(10 * S, 20 * S, clock);
    const [, second, last] = [10, 10.01, 19.99].map((at) => {
      clock.now = at * S;
      return series.request();
    });
    series.ended(second, binOf(2 * S), 1);
    series.ended(last, binOf(1 * S), 0);
    const { offered, failed, durations, bins } = series.result(0);
    expect([offered[0], offered[bins - 1]]).to.deep.equal([2, 1]);
    expect([failed[0], failed[bins - 1]]).to.deep.equal([1, 0]);
    expect(durations[seriesBinOf(2 * S)]).to.equal(1);
    expect(durations[(bins - 1) * SERIES_BINS + seriesBinOf(1 * S)]).to.equal(1);
  });

  it('counts attempts by pod and time, also of pods that come later', () => {
    const clock = { now: 0 };
    const series = new Series(0, 240 * S, clock);
    series.resize(30);
    series.attempt(29);
    clock.now = 1.5 * S;
    series.attempt(0);
    series.resize(100);
    clock.now = 239.9 * S;
    series.attempt(29);
    const { podRequests, bins } = series.result(30);
    expect(podRequests).to.have.length(30 * 240);
    expect([podRequests[1], podRequests[29 * bins], podRequests[29 * bins + 239]]).to.deep.equal([1, 1, 1]);
  });

  it('holds an attempt after the window in the last bin: of a request that arrived in it', () => {
    const series = new Series(0, 240 * S, { now: 300 * S });
    series.resize(1);
    series.attempt(0);
    expect(series.result(1).podRequests[239]).to.equal(1);
  });

  it('knows the replicas at the end of each bin, from before the window on', () => {
    const series = new Series(100 * S, 340 * S, { now: 0 });
    series.replicasAt('deployment/web.default', 2, 0);
    series.replicasAt('deployment/web.default', 3, 110.5 * S);
    series.replicasAt('deployment/web.default', 5, 110.7 * S);
    const replicas = series.result(0).replicas['deployment/web.default'];
    expect([...replicas.slice(9, 12)]).to.deep.equal([2, 5, 5]);
    expect(replicas[239]).to.equal(5);
  });

  it('does not look beyond the window', () => {
    const series = new Series(0, 240 * S, { now: 0 });
    series.replicasAt('deployment/web.default', 2, 0);
    series.replicasAt('deployment/web.default', 9, 240 * S);
    series.replicasAt('deployment/web.default', 1, 300 * S);
    expect(series.result(0).replicas['deployment/web.default'][239]).to.equal(2);
  });
});
