import { expect } from 'chai';
import type { Scenario } from '../scenario/scenario.ts';
import { runOf } from '../testing/run-fixture.ts';
import { mergeCell } from './merge.ts';
import { type TheoryInput, theoryRows } from './theory.ts';

const STATION: TheoryInput = {
  workload: 'deployment/web.default',
  pods: 1,
  slots: 4,
  rate: 320,
  meanService: 0.01,
  scv: 1,
  isExponential: true,
  discipline: 'fifo',
  queueLimit: null,
  why: 'Poisson arrivals at one pod',
};

function rowsOf(change: Partial<TheoryInput>): Record<string, string | number> {
  const scenario = { run: { percentiles: [], gracefulStopNs: 0, warmupNs: 0 }, cluster: { nodes: [] }, timeline: [], thresholds: [] } as unknown as Scenario;
  const row = {
    workload: STATION.workload,
    rate: 320,
    meanService: 0.01,
    slots: 4,
    pods: 1,
    load: 0.8,
    heldLoad: 0.8,
    capacity: 400,
    isProxy: false,
    unbounded: false,
  };
  const cell = mergeCell({ id: 0, axes: {}, scenario, offeredLoad: [row] }, [runOf({ podRequests: [5] })]);
  const rows = theoryRows([{ ...STATION, ...change }], cell);
  return { model: rows[0]?.model ?? 'none', ...Object.fromEntries(rows.map(({ metric, theory }) => [metric, theory])) };
}

describe('theoryRows', () => {
  it('shows M/M/4 with the percentile of its wait', () => {
    const rows = rowsOf({});
    expect(rows).to.include({ model: 'M/M/4' });
    expect(rows['queue_wait.mean']).to.be.closeTo(0.00745541, 1e-8);
    expect(rows['queue_wait.p99']).to.be.closeTo(0.0511048, 1e-7);
    expect(rows['inSystem.mean']).to.be.closeTo(5.58573, 1e-5);
  });

  it('takes a queue that is never full for one without end', () => {
    expect(rowsOf({ queueLimit: 1024 })).to.include({ model: 'M/M/4' });
    expect(rowsOf({ queueLimit: 1024, slots: 1, rate: 70, scv: 4, isExponential: false })).to.include({ model: 'M/G/1' });
  });

  it('shows what is turned away by a queue that fills', () => {
    const rows = rowsOf({ queueLimit: 4, rate: 380 });
    expect(rows).to.include({ model: 'M/M/4/8' });
    expect(rows['request_failed.rate']).to.be.closeTo(0.117018, 1e-6);
    expect(rowsOf({ queueLimit: 0, scv: 4, isExponential: false }).model).to.equal('M/G/4/4 (Erlang B)');
  });

  it('knows processor sharing by its mean', () => {
    const rows = rowsOf({ discipline: 'ps', slots: 1, rate: 80, scv: 4, isExponential: false });
    expect(rows).to.include({ model: 'M/G/1-PS' }).and.not.have.property('queue_wait.mean');
    expect(rows['inSystem.mean']).to.be.closeTo(4, 1e-12);
  });

  it('is silent where nothing applies: overload without end, M/G/c, a filling queue of another law', () => {
    expect(rowsOf({ rate: 500 }).model).to.equal('none');
    expect(rowsOf({ scv: 4, isExponential: false }).model).to.equal('none');
    expect(rowsOf({ queueLimit: 4, scv: 4, isExponential: false }).model).to.equal('none');
  });
});
