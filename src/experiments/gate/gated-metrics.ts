/** What the gate watches: latency and failures of all clients, and the figures of the thresholds, each with the side that is worse. */
import type { RunResult } from '../../measurement/run-result.ts';
import type { FigureSpec, Scenario, ThresholdSpec } from '../../scenario/scenario.ts';
import type { SampledFigure } from '../../statistics/index.ts';
import type { MergedCell } from '../merge.ts';
import type { PlannedCell } from '../plan.ts';
import type { Estimate } from '../result.ts';
import { thresholdPercent } from '../threshold-figures.ts';
import { thresholdFigures } from '../thresholds.ts';

export interface GatedMetric {
  /** `request_duration{client=web}:p(99)`: the key in a baseline, and in `--max-increase`. */
  readonly text: string;
  readonly spec: FigureSpec;
  readonly worse: 'more' | 'less';
}

/** A figure as a baseline keeps it; null = nothing seen, "inf" = had not ended. */
export interface StoredFigure {
  readonly value: Estimate['value'];
  readonly values: readonly Estimate['value'][];
}

const ALWAYS: readonly (readonly [string, string])[] = [
  ['request_duration', 'mean'],
  ['request_duration', 'p(99)'],
  ['request_failed', 'rate'],
];

export function gatedMetrics({ thresholds: written, clients }: Scenario): GatedMetric[] {
  // What one client sees is what all clients see.
  const thresholds = clients.length === 1 ? written.map(ofAllClients) : written;
  const metrics = new Map<string, GatedMetric>();
  const add = ({ metric, name, tags, sinceNs, statistic }: FigureSpec, worse: GatedMetric['worse']) => {
    const text = `${metric}:${statistic}`;
    metrics.set(text, { text, spec: { metric, name, tags, sinceNs, statistic }, worse });
  };
  for (const [name, statistic] of ALWAYS) add({ metric: name, name, tags: {}, sinceNs: null, statistic }, 'more');
  for (const spec of thresholds) {
    const sides = new Set(thresholds.filter((other) => other.metric === spec.metric && other.statistic === spec.statistic).map(worseSide));
    const [side] = sides;
    // A figure with a limit on either side is to stay where it is: its thresholds judge it.
    if (sides.size === 1 && side !== null) add(spec, side);
  }
  return [...metrics.values()];
}

function ofAllClients(spec: ThresholdSpec): ThresholdSpec {
  const { client: _client, ...tags } = spec.tags;
  const texts = [...Object.entries(tags), ...(spec.sinceNs === null ? [] : [['since', `${spec.sinceNs / 1e9}s`]])].map(([key, value]) => `${key}=${value}`);
  return { ...spec, tags, metric: `${spec.name}${texts.length === 0 ? '' : `{${texts.join(', ')}}`}` };
}

function worseSide({ operator }: ThresholdSpec): GatedMetric['worse'] | null {
  if (operator.startsWith('<')) return 'more';
  return operator.startsWith('>') ? 'less' : operator === '==' ? 'more' : null;
}

/** The figures over the replications, and in each, in the order of `metrics`. What has not ended counts as failed, as in thresholds. */
export function storedFigures(cell: PlannedCell, runs: readonly RunResult[], merged: MergedCell, metrics: readonly GatedMetric[]): StoredFigure[] {
  const thresholds = metrics.map(({ spec }): ThresholdSpec => ({ ...spec, expr: '', operator: '<', limit: 0 }));
  const figures = thresholdFigures({ ...cell, scenario: { ...cell.scenario, thresholds } }, runs, merged);
  return figures.map(({ pooled, alone }) => ({ value: pooled?.value ?? null, values: alone.map((one) => one?.value ?? null) }));
}

/** For the comparison; null when something in it is not finite. */
export function sampled({ value, values }: StoredFigure): SampledFigure | null {
  return typeof value === 'number' && values.every((one) => typeof one === 'number') ? { pooled: value, values: values as number[] } : null;
}

/** `p99`, `p(99)`, `request_duration`, `request_duration:p(99)`: how a flag may name the metric. */
export function isNamed({ text, spec }: GatedMetric, name: string): boolean {
  const percent = thresholdPercent(spec);
  return [text, spec.metric, spec.name, spec.statistic, ...(percent === null ? [] : [`p${percent}`])].includes(name);
}
