/** Checked documents → one `Scenario`: the sections in the order in which they need each other. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { refuseInadmissible } from './admission.ts';
import { refuseCycles } from './calls.ts';
import type { Checker } from './check.ts';
import { readObject } from './classify.ts';
import { readClients } from './clients.ts';
import { readCluster } from './cluster.ts';
import { Context } from './context.ts';
import type { Document, Path } from './document.ts';
import { CallFinder } from './inferred-calls.ts';
import { KINDS } from './kinds.ts';
import type { Manifest } from './manifests.ts';
import { API_VERSION } from './names.ts';
import type { Inputs } from './overrides.ts';
import { Report } from './report.ts';
import type { FigureSpec, RunSpec, Scenario, StopSpec } from './scenario.ts';
import type { ScenarioInput, SpecInput } from './schema-source.ts';
import { soundPart } from './sound-part.ts';
import { percentilesOf, readFigures, readThresholds, type ThresholdSurroundings } from './thresholds.ts';
import { readTimeline } from './timeline.ts';
import { WorkloadIndex } from './workload-index.ts';
import { readWorkloads } from './workloads.ts';

const DEFAULT_WARMUP_SHARE = 0.1;
const DEFAULT_GRACEFUL_STOP_NS = 30e9;
const DEFAULT_MOST_REPLICATIONS = 200;
const DEFAULT_MAX_IN_FLIGHT = 1_000_000;
/** The ones every result has, in percent. */
const STANDARD_PERCENTILES = [50, 90, 95, 99, 99.9];
const KUBE_PROXY = 'kubeproxy.config.k8s.io/KubeProxyConfiguration';

export interface BuildOptions {
  readonly checker: Checker;
  readonly data: ReadonlyMap<string, string>;
  readonly kubeProxyFlag: string | undefined;
  /** False when a manifest could not be read: then nothing can be said about what the scenario names. */
  readonly areManifestsComplete: boolean;
}

/**
 * The meaning is checked beside the shape: parts that the schema refuses are left out of it.
 *
 * @returns null when the report has an issue
 */
export function buildScenario(inputs: Inputs, options: BuildOptions, report: Report): Scenario | null {
  const objects = readObjects(inputs.manifests, report);
  const areObjectsSound = report.issues.length === 0 && options.areManifestsComplete;
  const wrong = options.checker(inputs.scenario, report);
  const spec = wrong.length === 0 ? (inputs.scenario.value as ScenarioInput).spec : soundSpec(inputs.scenario, wrong, options.checker);
  if (spec === null || !areObjectsSound) return null;
  refuseInadmissible(inputs.manifests, objects, report);
  const context = new Context(inputs.scenario, report, options.data);
  const index = new WorkloadIndex(objects);
  const kubeProxy = inputs.manifests.findLast((manifest) => manifest.groupKind === KUBE_PROXY);
  const cluster = readCluster(context, spec.cluster, { objects, kubeProxy, kubeProxyFlag: options.kubeProxyFlag });
  const finder = new CallFinder(objects, index, report);
  const workloads = readWorkloads(context, spec.workloads, index, (workload) => finder.calls(workload));
  if (wrong.length === 0) refuseCycles(context, workloads, index, objects);
  const clients = readClients(context, spec.clients, { objects, nodes: cluster.nodes, index });
  const run = readRun(context, spec.run);
  const timeline = readTimeline(context, spec.timeline, run.durationNs, objects, index);
  const surroundings = { clients, objects, durationNs: run.durationNs };
  const thresholds = readThresholds(context, spec.thresholds, surroundings);
  if (run.warmup === 'open') refuseUnsteady(context, spec);
  const stopWhen = readStopWhen(context, spec.run, surroundings);
  noteReadiness(context, spec, index);
  return report.issues.length > 0
    ? null
    : {
        run: { ...withPercentiles(run, [...thresholds, ...(stopWhen?.figures ?? [])]), stopWhen },
        cluster,
        objects,
        workloads,
        clients,
        timeline,
        thresholds,
        assumptions: report.assumptions,
      };
}

/** What can be checked further of a document with wrong parts; null when nothing can. */
function soundSpec(scenario: Document, wrong: readonly Path[], checker: Checker): SpecInput | null {
  const spec = soundPart(scenario.value, wrong);
  if (spec === null) return null;
  const value = { apiVersion: API_VERSION, kind: 'Scenario', metadata: { name: 'sound' }, spec };
  return checker({ ...scenario, value }, new Report()).length === 0 ? spec : null;
}

/** Objects of the kinds that the model knows, in an order that does not depend on that of the files; the others have been classed. */
export function readObjects(manifests: readonly Manifest[], report: Report): readonly KubernetesObject[] {
  const known = manifests.filter((manifest) => KINDS.has(manifest.groupKind) && manifest.groupKind !== KUBE_PROXY);
  const inOrder = new Map(
    known.map((manifest) => [`${manifest.kind}\n${manifest.namespace || 'default'}\n${manifest.name}\n${manifest.groupKind}`, readObject(manifest, report)]),
  );
  return [...inOrder].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

function readRun(context: Context, input: SpecInput['run']): Omit<RunSpec, 'stopWhen'> {
  const path = ['spec', 'run'];
  const before = context.report.issues.length;
  const durationNs = context.timeNs([...path, 'duration'], input.duration, 0);
  if (durationNs === 0 && context.report.issues.length === before)
    context.issue([...path, 'duration'], 'nothing to simulate', input.duration, 'durations of runs are longer than 0s');
  if (input.warmup === undefined) context.report.assume([...path, 'warmup'], '10% of the duration', 'not written; simulated and not measured');
  const isOpen = input.warmup === 'mser5';
  const warmupNs = isOpen ? 0 : context.timeNs([...path, 'warmup'], input.warmup, Math.round(durationNs * DEFAULT_WARMUP_SHARE));
  if (durationNs > 0 && warmupNs >= durationNs) context.issue([...path, 'warmup'], 'not shorter than the duration', input.warmup, 'nothing would be measured');
  return {
    durationNs,
    warmupNs,
    warmup: isOpen ? 'open' : 'time',
    gracefulStopNs: context.timeNs([...path, 'gracefulStop'], input.gracefulStop, DEFAULT_GRACEFUL_STOP_NS),
    percentiles: input.percentiles ?? [],
    maxInFlight: input.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT,
  };
}

/** MSER-5 takes for warm-up whatever differs from the rest: of a run that changes it would cut what is looked for. */
function refuseUnsteady(context: Context, { clients, timeline = [] }: SpecInput): void {
  const refuse = (path: Path, what: string) =>
    context.issue(path, `warmup: mser5 with ${what}`, undefined, 'it wants a steady run; give a time, e.g. warmup: 30s');
  if (timeline.length > 0) refuse(['spec', 'timeline'], 'a timeline');
  for (const [i, { arrivals, trace }] of clients.entries()) {
    if (arrivals?.shape !== undefined) refuse(['spec', 'clients', i, 'arrivals', 'shape'], 'a rate that changes');
    if (trace !== undefined) refuse(['spec', 'clients', i, 'trace'], 'recorded requests');
  }
}

function readStopWhen(context: Context, { stopWhen, replications }: SpecInput['run'], around: ThresholdSurroundings): StopSpec | null {
  if (stopWhen === undefined) return null;
  const path = ['spec', 'run', 'stopWhen'];
  if (replications !== undefined)
    context.issue(
      ['spec', 'run', 'replications'],
      'replications and stopWhen at once',
      replications,
      'stopWhen decides how many; the most of them is stopWhen.max',
    );
  const relative = context.share([...path, 'relative'], stopWhen.relative);
  if (relative === 0) context.issue([...path, 'relative'], 'no interval is that narrow', stopWhen.relative, 'write 2%');
  return { figures: readFigures(context, [...path, 'metrics'], stopWhen.metrics, around), relative, max: stopWhen.max ?? DEFAULT_MOST_REPLICATIONS };
}

/** A percentile that a threshold or stopWhen asks for is kept as well. */
function withPercentiles<R extends Pick<RunSpec, 'percentiles'>>(run: R, figures: readonly FigureSpec[]): R {
  const further = [...run.percentiles, ...percentilesOf(figures)].filter((percentile) => !STANDARD_PERCENTILES.includes(percentile));
  return { ...run, percentiles: [...new Set(further)].sort((a, b) => a - b) };
}

/** Start-up matters only where pods start while the clock runs. */
function noteReadiness(context: Context, spec: SpecInput, index: WorkloadIndex): void {
  if ((spec.timeline ?? []).length === 0) return;
  for (const workload of index.all) {
    const containers: unknown = workload.podSpec.containers;
    const hasProbe = Array.isArray(containers) && containers.some((container) => container?.readinessProbe !== undefined);
    if (!hasProbe) context.report.assume(['manifests', workload.kind, workload.name], 'a new pod is ready at once', 'no readiness probe', workload.key);
  }
}
