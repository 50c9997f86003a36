/**
 * Replications → one cell of the result: every figure of contract part 4.
 *
 * Points are functionals of the merged data, intervals come from the replications' own values. The order is that of the replications,
 * never of completion, so the bytes do not depend on the number of workers.
 */
import { REQUEST_PARTS, type RunResult } from '../measurement/run-result.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { type Estimate, Estimator, SHARE } from '../statistics/index.ts';
import { type DurationOptions, distribution, durationFigures } from './duration-figures.ts';
import { mergeSeries } from './merge-series.ts';
import { mergeServices } from './merge-services.ts';
import { mergeHistograms } from './merged-histogram.ts';
import type { CellResult, ClientResult, DurationFigures, OfferedLoadRow } from './result.ts';
import { thresholdPercentiles } from './threshold-figures.ts';

/** What is known of a cell before it runs. */
export interface CellInput {
  readonly id: number;
  readonly axes: Readonly<Record<string, string | number | boolean>>;
  readonly scenario: Scenario;
  readonly offeredLoad: readonly OfferedLoadRow[];
}

/** Everything but thresholds and theory, which are judged on this. */
export type MergedCell = Omit<CellResult, 'thresholds' | 'theory'>;

/** Sums for `counts`, estimators and options for figures; the same for all parts of one cell. */
export interface MergeContext {
  readonly estimator: Estimator;
  readonly durations: DurationOptions;
  /** Workloads whose percentiles have no limit, key → reason. */
  readonly diverging: ReadonlyMap<string, string>;
}

/**
 * @param runs the replications of the cell, in order; at least one
 * @param seriesStepNs wanted step of the series; absent = no series
 */
export function mergeCell(input: CellInput, runs: readonly RunResult[], seriesStepNs?: number): MergedCell {
  const context = mergeContext(input);
  const { window } = runs[0];
  const { scenario } = input;
  return {
    id: input.id,
    axes: input.axes,
    replications: runs.length,
    window: { from: window.fromNs / 1e9, to: window.toNs / 1e9, gracefulStop: scenario.run.gracefulStopNs / 1e9 },
    warmup: { method: scenario.run.warmup === 'mser5' ? 'mser5' : 'time', cut: scenario.run.warmupNs / 1e9 },
    offeredLoad: input.offeredLoad,
    saturated: input.offeredLoad.filter(isSaturated).map((row) => row.workload),
    requests: {
      offered: total(runs, (run) => run.requests.offered),
      completed: total(runs, (run) => run.requests.completed),
      failed: total(runs, (run) => run.requests.failed),
      inFlight: total(runs, (run) => run.requests.inFlight),
      byOutcome: totals(runs.map((run) => run.requests.byOutcome)),
    },
    attempts: mergeLevel(runs.map((run) => run.attempts)),
    calls: mergeLevel(runs.map((run) => run.calls)),
    connections: {
      opened: total(runs, (run) => run.connections.opened),
      open: total(runs, (run) => run.connections.open),
      closed: totals(runs.map((run) => run.connections.closed)),
      refused: total(runs, (run) => run.connections.refused),
      timedOut: total(runs, (run) => run.connections.timedOut),
      brokenBy: totals(runs.map((run) => run.connections.brokenBy)),
    },
    metrics: mergeMetrics(runs, context),
    clients: Object.fromEntries(runs[0].clients.map((client, index) => [client.name, mergeClient(runs, index, context)])),
    services: mergeServices(runs, context),
    nodes: mergeNodes(runs, context.estimator),
    nodeCount: scenario.cluster.nodes.length,
    ...(seriesStepNs === undefined ? {} : { series: mergeSeries(runs, seriesStepNs, scenario.timeline) }),
    checks: mergeChecks(runs),
  };
}

/** Nodes that tracked any flow. */
function mergeNodes(runs: readonly RunResult[], estimator: Estimator): CellResult['nodes'] {
  const nodes = runs[0].nodes.flatMap(({ name, conntrack: { limit }, snat }, index) => {
    const each = runs.map((run) => run.nodes[index]);
    if (each.every(({ conntrack }) => conntrack.peak === 0)) return []; // nothing passed it
    const mean = (pick: (node: (typeof each)[number]) => number) => estimator.mean(each.map(pick));
    const byState = Object.entries(totals(each.map(({ conntrack }) => conntrack.byState))).map(([state, count]) => [state, count / runs.length]);
    const conntrack = {
      limit,
      peak: mean((node) => node.conntrack.peak),
      dropped: mean((node) => node.conntrack.dropped),
      evicted: mean((node) => node.conntrack.evicted),
      byState: Object.fromEntries(byState),
    };
    return [[name, { conntrack, snat: { limit: snat.limit, peak: mean((node) => node.snat.peak), dropped: mean((node) => node.snat.dropped) } }] as const];
  });
  return Object.fromEntries(nodes);
}

/** Offered more than it can serve. */
export function isSaturated(row: OfferedLoadRow): boolean {
  return Math.max(row.load, row.heldLoad) >= 1;
}

function mergeContext(input: CellInput): MergeContext {
  const diverging = new Map(
    input.offeredLoad
      .filter((row) => row.unbounded && isSaturated(row))
      .map((row) => [row.workload, `saturated: ${row.workload} has no bound on its queue, so this grows with the duration`]),
  );
  return {
    estimator: new Estimator(),
    durations: {
      percentiles: [...input.scenario.run.percentiles, ...thresholdPercentiles(input.scenario.thresholds)],
      noInterval: diverging.values().next().value, // a client's requests may have met any workload
    },
    diverging,
  };
}

function mergeLevel(levels: readonly RunResult['attempts'][]): CellResult['attempts'] {
  return {
    begun: total(levels, (level) => level.begun),
    inFlight: total(levels, (level) => level.inFlight),
    byOutcome: totals(levels.map((level) => level.byOutcome)),
  };
}

/** The cell's own metrics: those of all clients together. */
function mergeMetrics(runs: readonly RunResult[], context: MergeContext): Record<string, DurationFigures> {
  const figures = (pick: (client: RunResult['clients'][number]) => RunResult['clients'][number]['request_duration']) =>
    durationFigures(
      context.estimator,
      runs.map((run) => mergeHistograms(run.clients.map(pick))),
      context.durations,
    );
  return {
    request_duration: figures((client) => client.request_duration),
    'request_duration{outcome=ok}': figures((client) => client.request_duration_ok),
    ...Object.fromEntries(REQUEST_PARTS.map((part) => [part, figures((client) => client.parts[part])])),
    request_failed: {
      rate: failureRate(
        runs.map((run) => ({ offered: total(run.clients, (client) => client.offered), failed: total(run.clients, (client) => client.failed) })),
        context.estimator,
      ),
    },
  };
}

function mergeClient(runs: readonly RunResult[], index: number, context: MergeContext): ClientResult {
  const clients = runs.map((run) => run.clients[index]);
  const figures = (pick: (client: (typeof clients)[number]) => (typeof clients)[number]['request_duration']) =>
    durationFigures(context.estimator, clients.map(pick), context.durations);
  return {
    requests: {
      offered: total(clients, (client) => client.offered),
      failed: total(clients, (client) => client.failed),
      inFlight: total(clients, (client) => client.inFlight),
      byOutcome: totals(clients.map((client) => client.byOutcome)),
    },
    request_duration: figures((client) => client.request_duration),
    'request_duration{outcome=ok}': figures((client) => client.request_duration_ok),
    ...Object.fromEntries(REQUEST_PARTS.map((part) => [part, figures((client) => client.parts[part])])),
    request_failed: { rate: failureRate(clients, context.estimator) },
    distribution: distribution(clients.map((client) => client.request_duration)),
  };
}

/** Failed ÷ offered. No failure at all says "none in N" and no interval: a width of zero would claim too much. */
function failureRate(counts: readonly { readonly offered: number; readonly failed: number }[], estimator: Estimator): Estimate {
  const offered = total(counts, (one) => one.offered);
  const failed = total(counts, (one) => one.failed);
  if (offered > 0 && failed === 0) return { value: 0, noInterval: `none in ${offered}` };
  return estimator.sectioned(
    ratio(failed, offered),
    counts.map((one) => ratio(one.failed, one.offered)),
    SHARE,
  );
}

/** Identities must hold in every replication by itself; the residual is the largest seen, relative to the larger side. */
function mergeChecks(runs: readonly RunResult[]): CellResult['checks'] {
  const names = [...new Set(runs.flatMap((run) => run.checks.map((check) => check.name)))];
  return names.map((name) => {
    const checks = runs.flatMap((run) => run.checks.filter((check) => check.name === name));
    const residuals = checks.map((check) => {
      const larger = Math.max(Math.abs(check.left), Math.abs(check.right));
      return larger === 0 ? 0 : Math.abs(check.left - check.right) / larger;
    });
    return { name, ok: checks.every((check, i) => residuals[i] <= check.tolerance), residual: Math.max(...residuals) };
  });
}

export function total<T>(items: readonly T[], pick: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += pick(item);
  return sum;
}

/** Adds records by key; keys sorted. */
export function totals(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const record of records) for (const [key, count] of Object.entries(record)) sums.set(key, (sums.get(key) ?? 0) + count);
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
