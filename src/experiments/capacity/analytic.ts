/**
 * What queueing theory says of a cell before it is simulated: workloads that are offered more than they can serve, and closed forms of
 * the figures that thresholds ask for, where one applies.
 *
 * Two models. Where each pod sees a Poisson stream of its own (`simulation/offered-load.ts`), the pods are stations M/M/c or M/G/1, and
 * the figures are theirs. Otherwise all slots stand behind one queue: M/M/k, which no balancer can beat. Both leave the network out, so
 * durations of whole requests are lower bounds.
 */
import type { ThresholdSpec } from '../../scenario/scenario.ts';
import { isPlainPoisson } from '../../scenario/traffic.ts';
import { mg1, mmc, mmcSojournQuantile, mmcWaitQuantile, type StationFigures } from '../../statistics/index.ts';
import type { PlannedCell } from '../plan.ts';
import type { OfferedLoadRow } from '../result.ts';
import { thresholdPercent } from '../threshold-figures.ts';

export interface Theory {
  readonly model: string;
  /** In the order of the cell's thresholds. */
  readonly figures: readonly (number | null)[];
}

interface Model {
  readonly name: string;
  readonly workload: string;
  readonly figures: StationFigures;
  readonly meanService: number;
  /** Quantiles, where the law is exponential. */
  readonly wait?: (level: number) => number;
  readonly stay?: (level: number) => number;
}

/** A queue beyond this many mean numbers waiting is as good as endless. */
const LONG_QUEUE = 50;

/** Workloads that cannot serve what comes, in words; null when all can. With a timeline the capacity of the beginning says nothing. */
export function saturationOf(cell: PlannedCell): string | null {
  if (cell.scenario.timeline.length > 0) return null;
  const [row] = cell.offeredLoad.filter(isSaturated);
  return row === undefined ? null : `${row.workload} is offered ${loadOf(row).toPrecision(3)} of what it can serve`;
}

export function isSaturated(row: OfferedLoadRow): boolean {
  return !row.isProxy && loadOf(row) >= 1;
}

function loadOf(row: OfferedLoadRow): number {
  return Math.max(row.load, row.heldLoad);
}

/**
 * Whether saturation alone breaks a threshold: an endless queue grows with the duration; a bounded one turns away what does not fit.
 * Of users who wait for their answers nothing of the kind is known.
 */
export function isHopeless(cell: PlannedCell): boolean {
  if (saturationOf(cell) === null || cell.scenario.clients.some(({ arrivals }) => arrivals.type !== 'open')) return false;
  const saturated = cell.offeredLoad.filter(isSaturated);
  return cell.scenario.thresholds.some((spec) => {
    if (spec.operator !== '<' && spec.operator !== '<=' && spec.operator !== '==') return false;
    if (spec.name === 'request_duration' || spec.name === 'queue_wait')
      return saturated.some((row) => row.unbounded) && spec.tags.service === undefined && spec.tags.client === undefined;
    return spec.name === 'utilization' && spec.statistic === 'mean' && spec.limit < 1 && cell.offeredLoad.length === 1;
  });
}

export function theoryOf(cell: PlannedCell): Theory | null {
  const model = stationModel(cell) ?? pooledModel(cell);
  if (model === null) return null;
  const figures = cell.scenario.thresholds.map((spec) => figureOf(spec, model));
  return figures.every((figure) => figure === null) ? null : { model: model.name, figures };
}

/** Whether theory says that a threshold is broken. */
export function isRuledOut(cell: PlannedCell): boolean {
  if (saturationOf(cell) !== null && cell.scenario.clients.every(({ arrivals }) => arrivals.type === 'open')) return true;
  const theory = theoryOf(cell);
  return theory?.figures.some((figure, i) => figure !== null && isBroken(cell.scenario.thresholds[i], figure)) ?? false;
}

function isBroken({ operator, limit }: ThresholdSpec, figure: number): boolean {
  return (operator === '<' && figure >= limit) || (operator === '<=' && figure > limit);
}

/** The one workload that is asked, when nothing else takes time. */
function onlyWorkload(cell: PlannedCell): OfferedLoadRow | null {
  const [row] = cell.offeredLoad;
  return cell.offeredLoad.length === 1 && !row.isProxy && row.load < 1 && row.pods > 0 ? row : null;
}

function stationModel(cell: PlannedCell): Model | null {
  const row = onlyWorkload(cell);
  const station = cell.traffic.theory.find(({ workload }) => workload === row?.workload);
  if (row === null || station === undefined || station.discipline === 'ps') return null;
  const { rate, meanService, slots, scv, isExponential, queueLimit, workload, pods } = station;
  const place = pods === 1 ? '' : ` at each of ${pods} pods`;
  if (!isExponential && slots !== 1) return null;
  const figures = isExponential ? mmc(rate, meanService, slots) : mg1(rate, meanService, scv);
  if (queueLimit !== null && queueLimit < LONG_QUEUE * Math.max(1, figures.inSystem)) return null;
  const common = { workload, figures, meanService };
  if (!isExponential) return { ...common, name: `M/G/1${place}` };
  if (station.discipline !== 'fifo') return { ...common, name: `M/M/${slots}${place}` };
  return { ...common, name: `M/M/${slots}${place}`, ...quantiles(rate, meanService, slots) };
}

function pooledModel(cell: PlannedCell): Model | null {
  const row = onlyWorkload(cell);
  if (row === null || !cell.scenario.clients.every(({ arrivals }) => isPlainPoisson(arrivals))) return null;
  const spec = cell.scenario.workloads[row.workload];
  if (spec === undefined || spec.service.default.law !== 'exponential' || spec.service.byRoute.length > 0 || spec.queue.discipline !== 'fifo') return null;
  if (spec.queue.patience !== null || spec.queue.timeoutNs > 0 || spec.calls.length > 0 || spec.speed.some((speed) => speed !== spec.speed[0])) return null;
  const slots = row.pods * row.slots;
  const figures = mmc(row.rate, row.meanService, slots);
  if (spec.queue.limit !== null && spec.queue.limit < LONG_QUEUE * Math.max(1, figures.inSystem / row.pods)) return null;
  return {
    name: `M/M/${slots}, all slots behind one queue`,
    workload: row.workload,
    figures,
    meanService: row.meanService,
    ...quantiles(row.rate, row.meanService, slots),
  };
}

function quantiles(rate: number, meanService: number, slots: number): Pick<Model, 'wait' | 'stay'> {
  return { wait: (level) => mmcWaitQuantile(rate, meanService, slots, level), stay: (level) => mmcSojournQuantile(rate, meanService, slots, level) };
}

function figureOf(spec: ThresholdSpec, { figures, meanService, wait, stay }: Model): number | null {
  if (spec.sinceNs !== null || spec.tags.outcome !== undefined) return null;
  const percent = thresholdPercent(spec);
  if (spec.name === 'utilization') return spec.statistic === 'mean' ? figures.utilization : null;
  if (spec.name === 'queue_wait') {
    if (percent !== null) return wait?.(percent / 100) ?? null;
    return spec.statistic === 'mean' ? figures.meanWait : spec.statistic === 'positive' ? figures.waits : null;
  }
  if (spec.name !== 'request_duration') return null;
  if (percent !== null) return stay?.(percent / 100) ?? null;
  return spec.statistic === 'mean' ? figures.meanWait + meanService : null;
}
