/**
 * Thresholds: judged on the point value, with a word on whether the data could tell.
 *
 * `ok` is the verdict. `conclusive` says that the interval does not straddle the limit; where a figure has no interval, that all
 * replications fell on the same side, at least six of them (sign test: chance does that in 2 of 64). `heldIn` counts replications
 * in which the threshold held by itself.
 */
import { ScenarioError } from '../errors.ts';
import type { RunResult, WindowRun } from '../measurement/run-result.ts';
import type { Scenario, ThresholdSpec } from '../scenario/scenario.ts';
import { type CellInput, type MergedCell, mergeCell, total } from './merge.ts';
import type { Estimate, ThresholdResult } from './result.ts';
import { qualified, selectFigure, thresholdProblem, thresholdSample } from './threshold-figures.ts';

const ENOUGH_FOR_SIGN_TEST = 6;

/** @throws ScenarioError with every threshold that cannot be answered from what a run stores */
export function checkThresholds(scenario: Scenario): void {
  const issues = scenario.thresholds.flatMap((spec) => {
    const wrong = thresholdProblem(spec) ?? unknownName(spec, scenario);
    return wrong === null ? [] : [{ where: 'thresholds', path: `spec.thresholds["${spec.metric}"]`, value: spec.expr, ...wrong }];
  });
  if (issues.length > 0) throw new ScenarioError(issues);
}

/** A mistyped name must not pass for want of data. */
function unknownName(spec: ThresholdSpec, scenario: Scenario): { readonly problem: string; readonly hint: string } | null {
  const { client, service } = spec.tags;
  const clients = scenario.clients.map((one) => one.name);
  if (client !== undefined && !clients.includes(client)) return { problem: `no client "${client}"`, hint: `clients: ${clients.join(', ')}` };
  const services = scenario.objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => `${metadata.namespace ?? 'default'}/${metadata.name}`);
  if (service !== undefined && !services.includes(qualified(service)))
    return { problem: `no Service "${qualified(service)}"`, hint: `Services: ${services.join(', ')}` };
  return null;
}

/** What a threshold speaks of: its figure over all replications, and in each by itself. */
export interface ThresholdFigure {
  readonly spec: ThresholdSpec;
  /** Undefined where the client or Service does not exist. */
  readonly pooled: Estimate | undefined;
  readonly alone: readonly (Estimate | undefined)[];
  /** Requests that had not ended and are counted as failed in both. */
  readonly notEnded: number;
}

/** @param merged the cell over the whole window; further windows are merged here when a threshold asks for them */
export function evaluateThresholds(input: CellInput, runs: readonly RunResult[], merged: MergedCell): ThresholdResult[] {
  return thresholdFigures(input, runs, merged).map((figure) => {
    const verdict = judge(figure.spec, figure.pooled, figure.alone);
    return figure.notEnded === 0 ? verdict : { ...verdict, note: `counts ${figure.notEnded} not ended as failed` };
  });
}

export function thresholdFigures(input: CellInput, runs: readonly RunResult[], merged: MergedCell): ThresholdFigure[] {
  const views = new Map<string, View>();
  return input.scenario.thresholds.map((spec) => {
    const notEnded = spec.name === 'request_failed' ? notEndedOf(runs, spec) : 0;
    const key = `${spec.sinceNs} ${notEnded > 0}`;
    let view = views.get(key);
    if (view === undefined) {
      view = notEnded > 0 ? pessimisticView(input, runs, spec.sinceNs) : viewSince(input, runs, merged, spec.sinceNs);
      views.set(key, view);
    }
    return { spec, pooled: selectFigure(view.merged, spec), alone: aloneFigures(input, runs, view, spec, notEnded > 0), notEnded };
  });
}

function aloneFigures(input: CellInput, runs: readonly RunResult[], view: View, spec: ThresholdSpec, countsOpen: boolean): (Estimate | undefined)[] {
  const samples = runs.map((run) => thresholdSample(run, spec, countsOpen));
  if (samples.every((sample) => sample !== undefined))
    return samples.map((sample) => ({ value: sample === Infinity ? 'inf' : sample, noInterval: 'one replication' }));
  view.replications ??= view.windowed.map((run) => mergeCell(input, [run]));
  return view.replications.map((one) => selectFigure(one, spec));
}

/** Requests in flight at the end, of the window and the clients that a threshold speaks of. */
function notEndedOf(runs: readonly RunResult[], { sinceNs, tags }: ThresholdSpec): number {
  const clients = runs.flatMap((run) => (sinceNs === null ? run : windowOf(run, sinceNs)).clients);
  return total(
    clients.filter(({ name }) => tags.client === undefined || tags.client === name),
    (client) => client.request_duration.infinite,
  );
}

/**
 * What had not ended counts as failed: requests that hang for ever must not pass for want of an answer. The metric itself stays
 * failed ÷ offered.
 */
function pessimisticView(input: CellInput, runs: readonly RunResult[], sinceNs: number | null): View {
  const counted = runs.map((run): RunResult => {
    const windowed = sinceNs === null ? run : windowOf(run, sinceNs);
    return { ...windowed, clients: windowed.clients.map((client) => ({ ...client, failed: client.failed + client.request_duration.infinite })) };
  });
  return viewSince(input, counted, mergeCell(input, counted), null);
}

/** One window: all replications together, and each alone once somebody asks. */
interface View {
  readonly merged: MergedCell;
  readonly windowed: readonly RunResult[];
  replications?: readonly MergedCell[];
}

function viewSince(input: CellInput, runs: readonly RunResult[], merged: MergedCell, sinceNs: number | null): View {
  const windowed = sinceNs === null ? runs : runs.map((run) => windowOf(run, sinceNs));
  return { merged: sinceNs === null ? merged : mergeCell(input, windowed), windowed };
}

/** The run as if its window had begun at `sinceNs`, for the figures that windows hold: request_duration, request_failed, pod_load. */
function windowOf(run: RunResult, sinceNs: number): RunResult {
  const window = run.windows.find((one) => one.sinceNs === sinceNs) as WindowRun;
  return {
    ...run,
    clients: run.clients.map((client, i) => ({ ...client, ...window.clients[i] })),
    services: run.services.map((service, i) => ({ ...service, ...window.services[i] })),
  };
}

function judge(spec: ThresholdSpec, figure: Estimate | undefined, alone: readonly (Estimate | undefined)[]): ThresholdResult {
  const held = alone.filter((one) => holds(spec, one)).length;
  const conclusive = figure !== undefined && figure.value !== null && isConclusive(spec, figure, held, alone.length);
  return {
    metric: spec.metric,
    expr: spec.expr,
    ok: holds(spec, figure),
    conclusive,
    ...(!conclusive && figure !== undefined && 'noInterval' in figure && { noInterval: figure.noInterval }),
    heldIn: `${held}/${alone.length}`,
    value: figure?.value ?? null,
  };
}

/** A figure without observation holds nothing: silence is not success. */
export function holds(spec: ThresholdSpec, figure: Estimate | undefined): boolean {
  if (figure === undefined || figure.value === null) return false;
  const value = figure.value === 'inf' ? Infinity : figure.value;
  switch (spec.operator) {
    case '<':
      return value < spec.limit;
    case '<=':
      return value <= spec.limit;
    case '>':
      return value > spec.limit;
    case '>=':
      return value >= spec.limit;
    case '==':
      return value === spec.limit;
    case '!=':
      return value !== spec.limit;
  }
}

function isConclusive(spec: ThresholdSpec, figure: Estimate, held: number, replications: number): boolean {
  if ('low' in figure) return spec.limit < figure.low || spec.limit > figure.high;
  return replications >= ENOUGH_FOR_SIGN_TEST && (held === 0 || held === replications);
}
