import { expect } from 'chai';
import type { Scenario } from '../scenario/scenario.ts';
import { runOf } from '../testing/run-fixture.ts';
import { type CellInput, mergeCell } from './merge.ts';
import type { OfferedLoadRow } from './result.ts';
import { runRow, runsCsv } from './runs-csv.ts';

const SCENARIO = {
  run: { durationNs: 10e9, warmupNs: 0, gracefulStopNs: 30e9, percentiles: [25], maxInFlight: 1e6 },
  timeline: [{ atNs: 5e9, label: 'scale-up' }],
  thresholds: [],
  cluster: { nodes: [] },
} as unknown as Scenario;

function inputWith(offeredLoad: readonly OfferedLoadRow[] = []): CellInput {
  return { id: 3, axes: { replicas: 2 }, scenario: SCENARIO, offeredLoad };
}

describe('mergeCell', () => {
  it('adds counts over replications', () => {
    const cell = mergeCell(inputWith(), [runOf({ durations: [1, 2, 3], failed: 1 }), runOf({ replication: 1, durations: [4], inFlight: 2 })]);
    expect(cell.requests).to.deep.equal({ offered: 6, completed: 3, failed: 1, inFlight: 2, byOutcome: { ok: 3, timeout: 1 } });
    expect(cell.connections).to.deep.equal({ opened: 4, open: 2, closed: { idle: 2 }, refused: 0, timedOut: 0, brokenBy: {} });
    expect(cell.replications).to.equal(2);
  });

  it('averages the Jain index of each replication, never that of summed counts', () => {
    const cell = mergeCell(inputWith(), [runOf({ podRequests: [4, 0] }), runOf({ replication: 1, podRequests: [0, 4] })]);
    const { jain, busiestShare, byRank } = cell.services['default/web'].load;
    expect(byRank.map(({ value }) => value)).to.deep.equal([1, 0]);
    expect(jain.value).to.equal(0.5);
    expect(busiestShare.value).to.equal(1);
    expect(cell.services['default/web'].pods['web-0'].share.value).to.equal(0.5);
  });

  it('says none in N where nothing failed, and gives a rate otherwise', () => {
    const none = mergeCell(inputWith(), [runOf(), runOf({ replication: 1 })]);
    expect(none.metrics.request_failed.rate).to.deep.equal({ value: 0, noInterval: 'none in 4' });
    const some = mergeCell(inputWith(), [runOf({ failed: 1 }), runOf({ replication: 1 })]);
    expect(some.metrics.request_failed.rate.value).to.equal(0.25);
    expect(some.metrics.request_failed.rate).to.have.property('low', 0);
  });

  it('gives utilisation, level and occupancy of a pod', () => {
    const cell = mergeCell(inputWith(), [runOf(), runOf({ replication: 1 })]);
    const service = cell.services['default/web'];
    expect(service.pods['web-1'].utilization.value).to.equal(0.25); // 5 of 2 × 10 slot seconds
    expect(service.pods['web-1'].inSystem.mean.value).to.equal(0.5);
    expect(service.pods['web-1'].inSystem.sd.value).to.equal(0.5);
    expect(service.occupancy.slice(0, 3)).to.deep.equal([1, 0.5, 0]);
    expect(service.occupancy).to.have.length(21);
  });

  it('knows pods that only some replications had', () => {
    const cell = mergeCell(inputWith(), [runOf({ podRequests: [6, 2] }), runOf({ replication: 1, podRequests: [4] })]);
    const { pods, map } = cell.services['default/web'];
    expect(pods['web-1'].requests.value).to.equal(1);
    expect(pods['web-1'].utilization).to.deep.equal({ value: 0.25, noInterval: 'seen in one replication only' });
    expect(map).to.deep.equal({ groups: ['web'], pods: ['web-0', 'web-1'], requests: [[5, 1]] });
  });

  it('pools stickiness beside its chance level', () => {
    const { byRequest } = mergeCell(inputWith(), [runOf({ podRequests: [3, 1] })]).services['default/web'].stickiness;
    expect(byRequest.samePod.value).to.equal(0.25);
    expect(byRequest.chance.value).to.equal(0.625);
    expect(byRequest.podsPerKey.value).to.equal(1.5);
  });

  it('withholds intervals of a saturated workload without bound, and of its clients', () => {
    const row = {
      workload: 'deployment/web.default',
      rate: 1,
      meanService: 2,
      slots: 1,
      pods: 1,
      load: 2,
      heldLoad: 2,
      capacity: 0.5,
      isProxy: false,
      unbounded: true,
    };
    const many = Array.from({ length: 500 }, (_, i) => i + 1);
    const runs = [runOf({ durations: many }), runOf({ replication: 1, durations: many.map((one) => one * 2) })];
    const cell = mergeCell(inputWith([row]), runs);
    expect(cell.saturated).to.deep.equal(['deployment/web.default']);
    expect(cell.metrics.request_duration.p50).to.have.property('noInterval').that.includes('saturated');
    expect(cell.services['default/web'].request_duration.p50).to.have.property('noInterval').that.includes('saturated');
    expect(mergeCell(inputWith([{ ...row, unbounded: false }]), runs).metrics.request_duration.p50).to.have.property('low');
  });

  it('gives the series in whole steps, and states the step', () => {
    const { series } = mergeCell(inputWith(), [runOf({ podRequests: [4, 2] })], 7e9);
    expect(series).to.deep.include({ step: 10, offered: [2], pods: { 'default/web-0': [4], 'default/web-1': [2] } });
    expect(series?.workloads).to.deep.equal({ 'deployment/web.default': { replicas: [3] } });
    expect(series?.events).to.deep.equal([{ at: 5, label: 'scale-up' }]);
    expect(mergeCell(inputWith(), [runOf()])).not.to.have.property('series');
  });

  it('reports the worst residual of a check', () => {
    const broken = { ...runOf(), checks: [{ name: 'Little', left: 10, right: 9, tolerance: 0.01 }] };
    expect(mergeCell(inputWith(), [broken]).checks).to.deep.equal([{ name: 'Little', ok: false, residual: 0.1 }]);
  });
});

describe('runs.csv', () => {
  it('has one row per replication with every figure', () => {
    const input = inputWith();
    const rows = [runRow(input, runOf({ replication: 1 })), runRow(input, runOf())];
    const [header, first, second, end] = runsCsv(rows).split('\r\n');
    const columns = header.split(',');
    expect(columns.slice(0, 4)).to.deep.equal(['cell', 'axis.replicas', 'replication', 'trafficHash']);
    expect(columns).to.include.members(['metrics.request_duration.p99', 'services.default/web.load.jain', 'services.default/web.pods.web-0.utilization']);
    expect(first.split(',').slice(0, 4)).to.deep.equal(['3', '2', '0', 'f00d']);
    expect(second.split(',')[2]).to.equal('1');
    expect(end).to.equal('');
  });
});
