/**
 * Which assumption moves the answer most: the answer's tightest threshold again, with one thing changed at a time.
 *
 * Changed replications meet the same traffic where the change leaves it alone, and are then compared pair by pair.
 */
import type { RunResult } from '../../measurement/run-result.ts';
import type { Scenario, WorkloadSpec } from '../../scenario/scenario.ts';
import { scaleTraffic } from '../../scenario/traffic.ts';
import { compareFigures, type SampledFigure } from '../../statistics/index.ts';
import { mergeCell } from '../merge.ts';
import { type PlannedCell, planCell } from '../plan.ts';
import { holds, thresholdFigures } from '../thresholds.ts';
import { isHopeless } from './analytic.ts';
import type { CapacityPoint, SensitivityRow, VariantPoint } from './capacity-result.ts';
import type { ReplicationSource } from './point.ts';

interface Change {
  readonly what: string;
  readonly change: string;
  readonly scenario: Scenario;
}

/** Clients and workloads that are changed: those with most load. */
const MOST_CHANGED = 3;
const SHARE = 0.2;
/** Above the ids of points. */
const FIRST_ID = 1_000_000;
const FEWEST = 10;

export async function sensitivityOf(cells: readonly PlannedCell[], point: CapacityPoint, source: ReplicationSource): Promise<SensitivityRow[]> {
  const [variant, threshold] = tightest(point.variants, cells);
  const cell = cells[variant];
  const count = Math.max(FEWEST, point.variants[variant].replications);
  const base = figureOf(cell, await source.replications(cell, 0, count), threshold);
  const rows: SensitivityRow[] = [];
  for (const [i, { what, change, scenario }] of changesOf(cell).entries()) {
    const changed = planCell({ ...cell, id: FIRST_ID + i, scenario });
    if (isHopeless(changed)) {
      rows.push({ what, change, value: null, relative: null, isPaired: false, replications: 0, holds: false, note: 'saturated' });
      continue;
    }
    rows.push({ what, change, replications: count, ...against(base, figureOf(changed, await source.replications(changed, 0, count), threshold)) });
  }
  return rows.sort((a, b) => size(b) - size(a));
}

/** A figure that is not finite moved furthest. */
function size({ relative }: SensitivityRow): number {
  return relative === null ? Infinity : Math.abs(relative);
}

/** Variant and threshold whose value is nearest to its limit. */
function tightest(variants: readonly VariantPoint[], cells: readonly PlannedCell[]): [number, number] {
  let best: [number, number] = [0, 0];
  let least = Infinity;
  variants.forEach((variant, v) => {
    variant.thresholds.forEach(({ value }, t) => {
      const { limit } = cells[v].scenario.thresholds[t];
      if (typeof value !== 'number' || limit === 0 || value === 0) return;
      const room = Math.abs(value / limit - 1);
      if (room < least) {
        least = room;
        best = [v, t];
      }
    });
  });
  return best;
}

interface Figure {
  readonly sampled: SampledFigure | null;
  readonly value: number | null;
  readonly hashes: readonly string[];
  readonly holds: boolean;
}

function figureOf(cell: PlannedCell, runs: readonly RunResult[], threshold: number): Figure {
  const figures = thresholdFigures(cell, runs, mergeCell(cell, runs));
  const { pooled, alone } = figures[threshold];
  const value = typeof pooled?.value === 'number' ? pooled.value : null;
  const values = alone.map((one) => one?.value ?? null);
  const isSampled = value !== null && values.every((one): one is number => typeof one === 'number');
  return {
    value,
    sampled: isSampled ? { pooled: value, values: values as number[] } : null,
    hashes: runs.map(({ trafficHash }) => trafficHash),
    holds: figures.every((figure) => holds(figure.spec, figure.pooled)),
  };
}

function against(base: Figure, changed: Figure): Omit<SensitivityRow, 'what' | 'change' | 'replications'> {
  const isPaired = changed.hashes.every((hash, i) => hash === base.hashes[i]);
  const common = { value: changed.value, isPaired, holds: changed.holds };
  if (base.sampled === null || changed.sampled === null) return { ...common, relative: null, note: 'not finite in every replication' };
  const { relative } = compareFigures(base.sampled, changed.sampled, { isPaired, alpha: 0.05 });
  return { ...common, relative: relative.value, ...('low' in relative && { low: relative.low, high: relative.high }) };
}

function changesOf({ scenario, offeredLoad }: PlannedCell): Change[] {
  const byLoad = offeredLoad.filter((row) => !row.isProxy && scenario.workloads[row.workload] !== undefined).sort((a, b) => b.load - a.load);
  const byRate = scenario.clients.slice(0, MOST_CHANGED);
  return [
    ...byRate.flatMap(({ name }) => [1 - SHARE, 1 + SHARE].map((factor) => rateTimes(scenario, name, factor))),
    ...byLoad.slice(0, MOST_CHANGED).flatMap((row) => workloadChanges(scenario, scenario.workloads[row.workload], row.meanService)),
  ];
}

function rateTimes(scenario: Scenario, name: string, factor: number): Change {
  const clients = scenario.clients.map((client) => (client.name === name ? { ...client, arrivals: scaleTraffic(client.arrivals, factor) } : client));
  return { what: `rate of ${name}`, change: percent(factor), scenario: { ...scenario, clients } };
}

function workloadChanges(scenario: Scenario, workload: WorkloadSpec, meanService: number): Change[] {
  const name = workload.key.replace(/\.default$/, '');
  const changed = (what: string, change: string, part: Partial<WorkloadSpec>): Change => ({
    what: `${what} of ${name}`,
    change,
    scenario: { ...scenario, workloads: { ...scenario.workloads, [workload.key]: { ...workload, ...part } } },
  });
  const { concurrency, service, speed } = workload;
  const slower = (factor: number) => changed('service mean', percent(factor), { speed: speed.map((one) => one / factor) });
  const law = (change: string, default_: WorkloadSpec['service']['default']) => changed('service law', change, { service: { ...service, default: default_ } });
  return [
    slower(1 - SHARE),
    slower(1 + SHARE),
    ...(concurrency > 1 ? [changed('concurrency', `${concurrency - 1}`, { concurrency: concurrency - 1 })] : []),
    changed('concurrency', `${concurrency + 1}`, { concurrency: concurrency + 1 }),
    law('constant', { law: 'constant', value: meanService }),
    law('cv 2', { law: 'gamma', mean: meanService, cv: 2 }),
  ];
}

function percent(factor: number): string {
  return `${factor > 1 ? '+' : '−'}${Math.round(Math.abs(factor - 1) * 100)} %`;
}
