import { expect } from 'chai';
import { ScenarioError } from '../errors.ts';
import type { Scenario, ThresholdSpec } from '../scenario/scenario.ts';
import { runOf } from '../testing/run-fixture.ts';
import { type CellInput, mergeCell } from './merge.ts';
import type { ThresholdResult } from './result.ts';
import { checkThresholds, evaluateThresholds } from './thresholds.ts';

function spec(metric: string, statistic: string, operator: ThresholdSpec['operator'], limit: number): ThresholdSpec {
  const [, name, inside = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(metric) as RegExpExecArray;
  const { since, ...tags } = Object.fromEntries(
    inside
      .split(',')
      .filter(Boolean)
      .map((tag) => tag.split('=')),
  ) as Record<string, string>;
  return { metric, expr: `${statistic}${operator}${limit}`, name, tags, sinceNs: since === undefined ? null : Number(since) * 1e9, statistic, operator, limit };
}

function scenarioWith(...thresholds: ThresholdSpec[]): Scenario {
  return {
    run: { durationNs: 10e9, warmupNs: 0, gracefulStopNs: 30e9, percentiles: [], maxInFlight: 1e6 },
    clients: [{ name: 'web' }],
    objects: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' } }],
    timeline: [],
    cluster: { nodes: [] },
    thresholds,
  } as unknown as Scenario;
}

function judge(threshold: ThresholdSpec, runs = Array.from({ length: 6 }, (_, replication) => runOf({ replication }))): ThresholdResult {
  const input: CellInput = { id: 0, axes: {}, scenario: scenarioWith(threshold), offeredLoad: [] };
  return evaluateThresholds(input, runs, mergeCell(input, runs))[0];
}

describe('thresholds', () => {
  it('hold or fail on the point value, with the replications in which they held', () => {
    expect(judge(spec('request_duration{client=web}', 'max', '<', 0.03))).to.deep.equal({
      metric: 'request_duration{client=web}',
      expr: 'max<0.03',
      ok: true,
      conclusive: true,
      heldIn: '6/6',
      value: 0.02,
    });
    expect(judge(spec('request_duration', 'p(50)', '<', 0.005))).to.include({ ok: false, conclusive: true, heldIn: '0/6' });
    expect(judge(spec('request_duration', 'avg', '==', 0.015))).to.include({ ok: true });
  });

  it('are inconclusive while the interval straddles the limit', () => {
    const runs = [10, 12, 14].map((ms, replication) => runOf({ replication, durations: [ms, ms] }));
    expect(judge(spec('request_duration', 'mean', '<', 0.0121), runs)).to.include({ ok: true, conclusive: false, heldIn: '2/3' });
    expect(judge(spec('request_duration', 'mean', '<', 0.1), runs)).to.include({ ok: true, conclusive: true, heldIn: '3/3' });
  });

  it('without an interval need six replications on one side', () => {
    expect(judge(spec('request_failed', 'rate', '<', 0.001))).to.include({ ok: true, conclusive: true, value: 0 });
    expect(judge(spec('request_failed', 'rate', '<', 0.001), [runOf(), runOf({ replication: 1 })])).to.include({
      ok: true,
      conclusive: false,
      noInterval: 'none in 4',
    });
  });

  it('take requests that had not ended for failed', () => {
    const runs = Array.from({ length: 6 }, (_, replication) => runOf({ replication, inFlight: 2 }));
    const verdict = judge(spec('request_failed', 'rate', '<', 0.001), runs);
    expect(verdict).to.include({ ok: false, conclusive: true, heldIn: '0/6', value: 0.5, note: 'counts 12 not ended as failed' });
    expect(judge(spec('request_failed{client=web,since=5}', 'rate', '<', 0.6), runs)).to.include({ ok: true, value: 0.5 });
    expect(judge(spec('request_failed', 'rate', '<', 0.001))).not.to.have.property('note');
  });

  it('read any percentile that is asked for', () => {
    expect(judge(spec('request_duration', 'p(37.5)', '<', 0.011))).to.include({ ok: true });
  });

  it('read load and stickiness of a Service, also of a later window', () => {
    const runs = [0, 1].map((replication) => runOf({ replication, podRequests: [4, 0] }));
    expect(judge(spec('pod_load{service=default/web}', 'jain', '>=', 0.9), runs)).to.include({ ok: false, value: 0.5 });
    expect(judge(spec('pod_load{service=web,since=5}', 'jain', '>=', 0.9), runs)).to.include({ ok: true, value: 1 });
    expect(judge(spec('stickiness{service=web,by=connection}', 'samePod', '<', 0.3), runs)).to.include({ ok: true, value: 0.25 });
  });

  it('read how busy the pods of a Service are, together and at most', () => {
    const runs = [0, 1].map((replication) => runOf({ replication, podRequests: [1, 1], readySeconds: [10, 5] })); // each busy for 5 s on 2 slots
    expect(judge(spec('utilization{service=web}', 'mean', '<=', 0.7), runs).value).to.equal(10 / 30);
    expect(judge(spec('utilization{service=web}', 'max', '<', 0.5), runs)).to.include({ ok: false, value: 0.5 });
  });

  it('read the ways that the traffic of a Service takes', () => {
    const traffic = { sent: 20, clientAddressKept: 5, secondHop: 15, crossZone: 10, crossZoneBytes: 4096 };
    const runs = [0, 1].map((replication) => {
      const run = runOf({ replication });
      return { ...run, services: run.services.map((service) => ({ ...service, traffic })) };
    });
    for (const [statistic, value] of Object.entries({ clientAddressKept: 0.25, secondHop: 0.75, crossZone: 0.5, crossZoneBytes: 4096 }))
      expect(judge(spec('traffic{service=web}', statistic, '<=', value), runs)).to.include({ ok: true, value });
  });

  it('fail where nothing was observed, and where a request never ended', () => {
    expect(judge(spec('request_duration', 'p(99)', '<', 1), [runOf({ durations: [] })])).to.include({ ok: false, value: null, conclusive: false });
    expect(judge(spec('request_duration', 'p(99)', '<', 1), [runOf({ inFlight: 1 })])).to.include({ ok: false, value: 'inf' });
  });

  const wrong: readonly [ThresholdSpec, string][] = [
    [spec('latency', 'p(99)', '<', 1), 'unknown metric "latency"'],
    [spec('request_duration{pod=x}', 'p(99)', '<', 1), 'has no tag "pod"'],
    [spec('request_duration', 'jain', '<', 1), 'has no statistic "jain"'],
    [spec('request_duration', 'p(100)', '<', 1), 'has no statistic "p(100)"'],
    [spec('pod_load', 'jain', '<', 1), 'needs the tag "service"'],
    [spec('queue_wait{client=web,since=5}', 'p(99)', '<', 1), 'has no tag "since"'],
    [spec('request_duration{client=shop}', 'p(99)', '<', 1), 'no client "shop"'],
    [spec('pod_load{service=shop}', 'jain', '<', 1), 'no Service "default/shop"'],
    [spec('constructor', 'p(99)', '<', 1), 'unknown metric "constructor"'],
  ];
  for (const [threshold, message] of wrong) {
    it(`refuses ${threshold.metric} ${threshold.expr} by name`, () => {
      expect(() => checkThresholds(scenarioWith(threshold))).to.throw(ScenarioError, message);
    });
  }
});
