/** Time series of a cell: means per replication and step, percentiles of what all replications saw in the step. */
import { SERIES_BINS, seriesBinValue } from '../measurement/histogram.ts';
import type { RunResult } from '../measurement/run-result.ts';
import type { TimelineAction } from '../scenario/scenario.ts';
import type { SeriesResult } from './result.ts';

/** @param stepNs wanted step; the next multiple of the stored bin is taken, and stated in the result */
export function mergeSeries(runs: readonly RunResult[], stepNs: number, timeline: readonly TimelineAction[]): SeriesResult {
  const { binNs, bins, fromNs } = runs[0].series;
  const perStep = Math.max(1, Math.ceil(stepNs / binNs - 1e-9));
  const steps = Array.from({ length: Math.ceil(bins / perStep) }, (_, step) => ({ from: step * perStep, to: Math.min(bins, (step + 1) * perStep) }));
  const histograms = steps.map(({ from, to }) => stepHistogram(runs, from, to));
  const podIndices = new Map(runs.map((run) => [run, new Map(run.pods.map((pod, index) => [pod.name, index]))]));
  const podNames = [...new Set(runs.flatMap((run) => run.pods.map((pod) => pod.name)))];
  const podColumn = (name: string) => (run: RunResult) => {
    const pod = podIndices.get(run)?.get(name);
    return pod === undefined ? undefined : run.series.podRequests.subarray(pod * bins, (pod + 1) * bins);
  };
  const workloads = [...new Set(runs.flatMap((run) => Object.keys(run.series.replicas)))];
  return {
    step: (perStep * binNs) / 1e9,
    from: fromNs / 1e9,
    to: runs[0].window.toNs / 1e9,
    offered: steps.map(({ from, to }) => meanSum(runs, (run) => run.series.offered, from, to)),
    failed: steps.map(({ from, to }) => meanSum(runs, (run) => run.series.failed, from, to)),
    p50: histograms.map((histogram) => coarseQuantile(histogram, 50)),
    p99: histograms.map((histogram) => coarseQuantile(histogram, 99)),
    pods: Object.fromEntries(podNames.map((name) => [name, steps.map(({ from, to }) => meanSum(runs, podColumn(name), from, to))])),
    workloads: Object.fromEntries(
      // A level, not a count: what it was at the end of the step.
      workloads.map((key) => [key, { replicas: steps.map(({ to }) => meanSum(runs, (run) => run.series.replicas[key], to - 1, to)) }]),
    ),
    events: timeline.map((action) => ({ at: action.atNs / 1e9, label: action.label })),
  };
}

/** Sum over bins [from, to), averaged over replications; a replication without the column counts as 0. */
function meanSum(runs: readonly RunResult[], column: (run: RunResult) => ArrayLike<number> | undefined, from: number, to: number): number {
  let sum = 0;
  for (const run of runs) {
    const values = column(run);
    if (values !== undefined) for (let bin = from; bin < to; bin++) sum += values[bin];
  }
  return sum / runs.length;
}

function stepHistogram(runs: readonly RunResult[], from: number, to: number): Float64Array {
  const counts = new Float64Array(SERIES_BINS);
  for (const { series } of runs) {
    for (let at = from * SERIES_BINS; at < to * SERIES_BINS; at++) counts[at % SERIES_BINS] += series.durations[at];
  }
  return counts;
}

/** Nearest rank over the coarse bins [s]; null for a step without requests. */
function coarseQuantile(counts: Float64Array, percent: number): number | null {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil((percent * total) / 100 - 1e-6));
  let seen = 0;
  const bin = counts.findIndex((count) => {
    seen += count;
    return seen >= rank;
  });
  return seriesBinValue(bin) / 1e9;
}
