/** The Services of a cell: load, stickiness, occupancy and pods, over replications. */
import type { PodRun, RunResult, ServiceRun, SparseHistogram, StickinessRun, TrafficRun } from '../measurement/run-result.ts';
import { type Estimate, SHARE } from '../statistics/index.ts';
import { durationFigures } from './duration-figures.ts';
import { chanceOfSamePod, type LoadIndices, loadIndices } from './load-indices.ts';
import { type MergeContext, ratio, total, totals } from './merge.ts';
import type { DurationFigures, PodResult, ServiceResult, StickinessResult } from './result.ts';

/** One Service in one replication, with the pods it names. */
interface ServiceSample {
  readonly service: ServiceRun;
  readonly pods: readonly PodRun[];
  /** Pod name → its entry in the Service's columns. */
  readonly entryOf: ReadonlyMap<string, number>;
  /** Attempts at all pods together. */
  readonly sent: number;
}

const OCCUPANCY_LEVELS = 21;
/** Shares by rank that a result holds. */
const MOST_RANKS = 40;
const NO_HISTOGRAM: SparseHistogram = {
  bins: new Uint32Array(0),
  counts: new Float64Array(0),
  infinite: 0,
  count: 0,
  sum: 0,
  sumOfSquares: 0,
  max: 0,
  positive: 0,
};

export function mergeServices(runs: readonly RunResult[], context: MergeContext): Record<string, ServiceResult> {
  const names = [...new Set(runs.flatMap((run) => run.services.map((service) => service.name)))];
  return Object.fromEntries(names.map((name) => [name, mergeService(runs.map((run) => sampleOf(run, name)).filter(isSeen), context)]));
}

function sampleOf(run: RunResult, name: string): ServiceSample | null {
  const service = run.services.find((one) => one.name === name);
  if (service === undefined) return null;
  const pods = Array.from(service.pods, (index) => run.pods[index]);
  return { service, pods, entryOf: new Map(pods.map((pod, entry) => [pod.name, entry])), sent: total(Array.from(service.requests), (count) => count) };
}

function isSeen(sample: ServiceSample | null): sample is ServiceSample {
  return sample !== null;
}

function mergeService(samples: readonly ServiceSample[], context: MergeContext): ServiceResult {
  const podNames = [...new Set(samples.flatMap((sample) => sample.pods.map((pod) => pod.name)))];
  const saturated = samples[0].pods.map((pod) => context.diverging.get(pod.workload)).find((reason) => reason !== undefined);
  const figures = (pick: (service: ServiceRun) => SparseHistogram): DurationFigures =>
    durationFigures(
      context.estimator,
      samples.map((sample) => pick(sample.service)),
      { ...context.durations, noInterval: saturated },
    );
  return {
    request_duration: figures((service) => service.request_duration),
    queue_wait: figures((service) => service.queue_wait),
    load: mergeLoad(samples, context),
    utilization: mergeUtilization(samples, context),
    occupancy: occupancy(samples),
    traffic: mergeTraffic(
      samples.map(({ service }) => service.traffic),
      context,
    ),
    hints: mergeHints(samples.map(({ service }) => service.hints)),
    unanswered: perReplication(samples, (service) => service.unanswered),
    stickiness: {
      byConnection: mergeStickiness(
        samples.map((sample) => sample.service.stickiness.byConnection),
        samples.map((sample) => chanceOfSamePod(sample.service.connections)),
        context,
      ),
      byRequest: mergeStickiness(
        samples.map((sample) => sample.service.stickiness.byRequest),
        samples.map((sample) => chanceOfSamePod(sample.service.requests)),
        context,
      ),
    },
    pods: Object.fromEntries(podNames.map((name) => [shortName(name), mergePod(samples, name, context)])),
    map: mergeMap(samples, podNames),
  };
}

function mergeLoad(samples: readonly ServiceSample[], context: MergeContext): ServiceResult['load'] {
  const indices = samples.map(({ service }) => loadIndices(service.requests, service.readyNs));
  const figure = (pick: (one: LoadIndices) => number | null, bounds?: typeof SHARE): Estimate =>
    context.estimator.mean(indices.map(pick), bounds, 'no request');
  return {
    jain: figure((one) => one.jain, SHARE),
    maxOverMean: figure((one) => one.maxOverMean),
    cov: figure((one) => one.cov),
    busiestShare: figure((one) => one.busiestShare, SHARE),
    idlePods: figure((one) => one.idlePods),
    byRank: mergeRanks(indices, context),
  };
}

/** A pod that was not there in a replication got nothing in it. */
function mergeRanks(indices: readonly LoadIndices[], { estimator }: MergeContext): Estimate[] {
  const seen = indices.filter(({ ranked }) => ranked.length > 0);
  const ranks = Math.min(MOST_RANKS, Math.max(0, ...seen.map(({ ranked }) => ranked.length)));
  return Array.from({ length: ranks }, (_, rank) =>
    estimator.mean(
      seen.map(({ ranked }) => ranked[rank] ?? 0),
      SHARE,
    ),
  );
}

/** Busy slot time ÷ ready slot time: of all pods together, and of the busiest one in each replication. */
function mergeUtilization(samples: readonly ServiceSample[], { estimator }: MergeContext): ServiceResult['utilization'] {
  const ofPods = (pods: readonly PodRun[]) =>
    ratio(
      total(pods, (pod) => pod.busyNs),
      total(pods, slotTime),
    );
  return {
    mean: estimator.sectioned(
      ofPods(samples.flatMap(({ pods }) => pods)),
      samples.map(({ pods }) => ofPods(pods)),
      SHARE,
      'never ready',
    ),
    max: estimator.mean(
      samples.map(({ pods }) => largest(pods.map((pod) => ofPods([pod])))),
      SHARE,
      'never ready',
    ),
  };
}

function largest(values: readonly (number | null)[]): number | null {
  const seen = values.filter((value) => value !== null);
  return seen.length === 0 ? null : Math.max(...seen);
}

function mergeTraffic(runs: readonly TrafficRun[], { estimator }: MergeContext): ServiceResult['traffic'] {
  const shareOf = (pick: (run: TrafficRun) => number): Estimate =>
    estimator.mean(
      runs.map((run) => ratio(pick(run), run.sent)),
      SHARE,
      'no request',
    );
  return {
    clientAddressKept: shareOf((run) => run.clientAddressKept),
    secondHop: shareOf((run) => run.secondHop),
    crossZone: shareOf((run) => run.crossZone),
    crossZoneBytes: estimator.mean(runs.map((run) => run.crossZoneBytes)),
  };
}

/** Replications differ in chance only, so they agree on this unless something on the timeline came too close to the end. */
function mergeHints(runs: readonly (readonly string[])[]): string | null {
  const seen = [...new Set(runs.map((hints) => hints.join('; then ')))].filter((text) => text !== '');
  return seen.length === 0 ? null : seen.join(' | ');
}

/** Share of pod time with at least i in the system. */
function occupancy(samples: readonly ServiceSample[]): number[] {
  const time = new Float64Array(OCCUPANCY_LEVELS + 1);
  for (const { pods } of samples) for (const pod of pods) for (let level = 0; level < time.length; level++) time[level] += pod.levelNs[level];
  const shares = new Array<number>(OCCUPANCY_LEVELS).fill(0);
  let atLeast = 0;
  for (let level = time.length - 1; level >= 0; level--) {
    atLeast += time[level];
    if (level < OCCUPANCY_LEVELS) shares[level] = atLeast;
  }
  return atLeast === 0 ? [] : shares.map((share) => share / atLeast);
}

function mergeStickiness(runs: readonly StickinessRun[], chances: readonly (number | null)[], context: MergeContext): StickinessResult {
  const ratioOf = (part: (run: StickinessRun) => number, whole: (run: StickinessRun) => number, bounds: typeof SHARE | undefined, nothing: string): Estimate =>
    context.estimator.sectioned(
      ratio(total(runs, part), total(runs, whole)),
      runs.map((run) => ratio(part(run), whole(run))),
      bounds,
      nothing,
    );
  return {
    samePod: ratioOf(
      (run) => run.same,
      (run) => run.pairs,
      SHARE,
      'no key came twice',
    ),
    chance: context.estimator.mean(chances, SHARE),
    podsPerKey: ratioOf(
      (run) => run.podsMet,
      (run) => run.keys,
      undefined,
      'no key came',
    ),
    breaks: meanRecord(runs.map((run) => run.breaks)),
  };
}

function mergePod(samples: readonly ServiceSample[], name: string, context: MergeContext): PodResult {
  const { estimator } = context;
  const pods = samples.map((sample) => sample.pods[sample.entryOf.get(name) ?? -1] as PodRun | undefined);
  const seen = pods.filter((pod) => pod !== undefined);
  const [{ node, workload }] = seen;
  const ofService = (pick: (service: ServiceRun) => Float64Array): number[] =>
    samples.map(({ service, entryOf }) => {
      const entry = entryOf.get(name);
      return entry === undefined ? 0 : pick(service)[entry];
    });
  const requests = ofService((service) => service.requests);
  return {
    node,
    workload,
    connections: estimator.mean(ofService((service) => service.connections)),
    openConnections: estimator.mean(pods.map((pod) => pod?.openConnections ?? 0)),
    requests: estimator.mean(requests),
    share: estimator.mean(
      requests.map((count, i) => ratio(count, samples[i].sent)),
      SHARE,
      'no request',
    ),
    utilization: estimator.sectioned(
      ratio(
        total(seen, (pod) => pod.busyNs),
        total(seen, slotTime),
      ),
      pods.map((pod) => (pod === undefined ? null : ratio(pod.busyNs, slotTime(pod)))),
      SHARE,
      'never ready',
    ),
    peakInFlight: estimator.mean(pods.map((pod) => pod?.peakInFlight ?? null)),
    inSystem: inSystem(pods, context),
    pod_duration: durationFigures(
      estimator,
      pods.map((pod) => pod?.pod_duration ?? NO_HISTOGRAM),
      { ...context.durations, noInterval: context.diverging.get(workload) },
    ),
  };
}

function slotTime(pod: PodRun): number {
  return pod.slots * pod.readyNs;
}

/** Time average of the number in the pod, and its standard deviation over time. */
function inSystem(pods: readonly (PodRun | undefined)[], context: MergeContext): DurationFigures {
  const seen = pods.filter((pod) => pod !== undefined);
  const time = total(seen, observedNs);
  const samples = pods.map((pod) => (pod === undefined ? null : ratio(pod.inSystemArea, observedNs(pod))));
  const deviations = pods.map((pod) => (pod === undefined ? null : deviation(pod.inSystemArea, pod.inSystemAreaSquared, observedNs(pod))));
  const area = total(seen, (pod) => pod.inSystemArea);
  return {
    mean: context.estimator.sectioned(ratio(area, time), samples),
    sd: context.estimator.sectioned(
      deviation(
        area,
        total(seen, (pod) => pod.inSystemAreaSquared),
        time,
      ),
      deviations,
    ),
  };
}

function observedNs(pod: PodRun): number {
  return total(Array.from(pod.levelNs), (time) => time);
}

function deviation(area: number, areaSquared: number, time: number): number | null {
  if (time === 0) return null;
  const average = area / time;
  return Math.sqrt(Math.max(0, areaSquared / time - average * average));
}

/** Mean requests per replication, client group × pod. */
function mergeMap(samples: readonly ServiceSample[], podNames: readonly string[]): ServiceResult['map'] {
  const groups = [...new Set(samples.flatMap((sample) => sample.service.groups))];
  const rowOf = new Map(groups.map((group, row) => [group, row]));
  const columnOf = new Map(podNames.map((name, column) => [name, column]));
  const sums = groups.map(() => new Array<number>(podNames.length).fill(0));
  for (const { service, pods } of samples) {
    const columns = pods.map((pod) => columnOf.get(pod.name) as number);
    service.groups.forEach((group, row) => {
      const into = sums[rowOf.get(group) as number];
      for (let entry = 0; entry < columns.length; entry++) into[columns[entry]] += service.groupRequests[row * columns.length + entry];
    });
  }
  return { groups, pods: podNames.map(shortName), requests: sums.map((row) => row.map((sum) => sum / samples.length)) };
}

function perReplication(samples: readonly ServiceSample[], pick: (service: ServiceRun) => Record<string, number>): Record<string, number> {
  return meanRecord(samples.map((sample) => pick(sample.service)));
}

function meanRecord(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  return Object.fromEntries(Object.entries(totals(records)).map(([key, count]) => [key, count / records.length]));
}

/** A Service's pods live in its own namespace. */
function shortName(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}
