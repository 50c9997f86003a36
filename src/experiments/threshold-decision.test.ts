import { expect } from 'chai';
import type { RunResult } from '../measurement/run-result.ts';
import type { Scenario, ThresholdSpec } from '../scenario/scenario.ts';
import { runOf } from '../testing/run-fixture.ts';
import { type CellInput, mergeCell } from './merge.ts';
import { type DecidedThreshold, decideFigure, decideThresholds, type Errors } from './threshold-decision.ts';

const FIVE_PERCENT: Errors = { holds: 0.05, fails: 0.05 };

function spec(statistic: string, operator: ThresholdSpec['operator'], limit: number, name = 'request_duration'): ThresholdSpec {
  return { metric: name, expr: `${statistic}${operator}${limit}`, name, tags: {}, sinceNs: null, statistic, operator, limit };
}

function decided(threshold: ThresholdSpec, runs: readonly RunResult[], errors = FIVE_PERCENT): DecidedThreshold {
  const scenario = {
    run: { durationNs: 10e9, warmupNs: 0, gracefulStopNs: 30e9, percentiles: [], maxInFlight: 1e6 },
    clients: [{ name: 'web' }],
    cluster: { nodes: [] },
    objects: [],
    timeline: [],
    thresholds: [threshold],
  } as unknown as Scenario; // prettier-ignore
  const input: CellInput = { id: 0, axes: {}, scenario, offeredLoad: [] };
  return decideThresholds(input, runs, mergeCell(input, runs), errors)[0];
}

/** Means of 10, 11, 12 … ms. */
const runs = (count: number, requests = 2) =>
  Array.from({ length: count }, (_, replication) => runOf({ replication, durations: Array.from({ length: requests }, () => 10 + replication) }));

describe('the decision on a threshold', () => {
  it('holds below the limit by its upper bound, fails by its lower one, and is open between', () => {
    // 10 … 14 ms: mean 12, standard error 0.7071, t(0.95, 4) = 2.1318: bounds 10.4925 and 13.5075
    expect(decided(spec('mean', '<', 0.0136), runs(5))).to.include({ decision: 'holds', value: 0.012, heldIn: '4/5' });
    expect(decided(spec('mean', '<', 0.0134), runs(5)).decision).to.equal('open');
    expect(decided(spec('mean', '<', 0.0106), runs(5)).decision).to.equal('open');
    const failed = decided(spec('mean', '<', 0.0104), runs(5));
    expect(failed.decision).to.equal('fails');
    expect(failed.low).to.be.closeTo(0.0104925, 1e-7);
    expect(failed.high).to.be.closeTo(0.0135075, 1e-7);
  });

  it('turns round for thresholds from below', () => {
    expect(decided(spec('mean', '>=', 0.0104), runs(5)).decision).to.equal('holds');
    expect(decided(spec('mean', '>=', 0.0136), runs(5)).decision).to.equal('fails');
    expect(decided(spec('mean', '!=', 0.02), runs(5)).decision).to.equal('holds');
    expect(decided(spec('mean', '==', 0.02), runs(5)).decision).to.equal('fails');
  });

  it('needs more for a smaller error', () => {
    expect(decided(spec('mean', '<', 0.0136), runs(5), { holds: 0.001, fails: 0.001 }).decision).to.equal('open');
  });

  it('counts sides where nothing varies: 2^-n is the error', () => {
    const alike = (count: number) => Array.from({ length: count }, (_, replication) => runOf({ replication }));
    expect(decided(spec('rate', '<', 0.001, 'request_failed'), alike(5))).to.include({ decision: 'holds', note: 'held in all 5 (sign test)' });
    expect(decided(spec('rate', '==', 0, 'request_failed'), alike(4)).decision).to.equal('open');
    expect(decided(spec('mean', '<', 0.001), alike(5))).to.include({ decision: 'fails', note: 'held in none of 5 (sign test)' });
  });

  it('takes one failure for the end of "none"', () => {
    const one = Array.from({ length: 10 }, (_, replication) => runOf({ replication, failed: replication === 3 ? 1 : 0 }));
    expect(decided(spec('rate', '==', 0, 'request_failed'), one).decision).to.equal('fails');
  });

  it('pools short replications into sections that are long enough for a quantile', () => {
    const short = Array.from({ length: 10 }, (_, replication) =>
      runOf({ replication, durations: Array.from({ length: 250 }, (_unused, i) => i / 10 + (replication % 3)) }),
    );
    // p50 wants 400 requests a section: pairs
    expect(decided(spec('p(50)', '<', 0.02), short))
      .to.include({ decision: 'holds' })
      .and.to.have.property('high');
    expect(decided(spec('p(99)', '<', 0.03), short)).to.include({
      decision: 'open',
      note: 'too few requests for p(99): simulate longer, or more replications',
    });
  });

  it('fails where nothing was observed, and where all are infinite', () => {
    expect(decided(spec('mean', '<', 1), [runOf({ durations: [] })])).to.include({ decision: 'fails', note: 'nothing was observed' });
    expect(decideFigure(spec('p(99)', '<', 1), Infinity, [Infinity, Infinity, Infinity, Infinity, Infinity], FIVE_PERCENT).decision).to.equal('fails');
    expect(decideFigure(spec('p(99)', '<', 1), 0.5, [0.5, 0.4, Infinity, 0.3, 0.2], FIVE_PERCENT).decision).to.equal('open');
  });

  it('brings no bound nearer than the resolution', () => {
    expect(decideFigure(spec('mean', '<', 1.05), 1, [1, 1.0001, 0.9999, 1], FIVE_PERCENT, 0.1).decision).to.equal('open');
  });
});
