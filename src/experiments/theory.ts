/**
 * Closed forms beside the simulated figures, where one applies: a pod fed by a constant Poisson stream of its own is a station of
 * queueing theory. Where the arrivals are not Poisson (round robin, calls from other pods, closed loops) nothing is shown.
 */
import { log } from '../random/portable-math.ts';
import { mg1, mg1ProcessorSharing, mmc, mmcK, type StationFigures } from '../statistics/index.ts';
import type { MergedCell } from './merge.ts';
import type { TrafficDescription } from './plan.ts';
import type { Estimate, TheoryRow } from './result.ts';

/** A workload whose pods are stations. */
export type TheoryInput = TrafficDescription['theory'][number];

/** A queue this far beyond what is needed behaves as if it had no end: it fills with a probability below 1e-12. */
const NEVER_FULL = 1e-12;
/** Shorter times are rounded to nothing by the clock [s]: a simulated 0 beside them says nothing. */
const HALF_NANOSECOND = 0.5e-9;

export function theoryRows(inputs: readonly TheoryInput[], cell: MergedCell): TheoryRow[] {
  return inputs.flatMap((input) => {
    const station = stationOf(input);
    return station === null ? [] : rowsOf(input, station, cell);
  });
}

interface Station {
  readonly model: string;
  readonly figures: StationFigures;
  /** 99th percentile of the wait [s], where it has a closed form. */
  readonly waitP99?: number;
}

function stationOf(input: TheoryInput): Station | null {
  const { rate, meanService, slots, queueLimit } = input;
  const isStable = rate * meanService < slots;
  if (input.discipline === 'ps')
    return isStable && slots === 1 && queueLimit === null ? { model: 'M/G/1-PS', figures: mg1ProcessorSharing(rate, meanService) } : null;
  const isUnlimited = queueLimit === null || (isStable && isNeverFull(input, queueLimit));
  if (!isUnlimited) {
    const isErlangLoss = queueLimit === 0;
    if (!input.isExponential && !isErlangLoss) return null;
    const model = isErlangLoss ? `M/G/${slots}/${slots} (Erlang B)` : `M/M/${slots}/${slots + (queueLimit as number)}`;
    return { model, figures: mmcK(rate, meanService, slots, queueLimit as number) };
  }
  if (!isStable) return null;
  if (input.isExponential) return exponentialStation(input);
  return slots === 1 ? { model: 'M/G/1', figures: mg1(rate, meanService, input.scv) } : null;
}

/**
 * Judged by the exponential queue, whose tail falls by a factor of about ρ a place; another law stretches the queue by (1 + scv) ÷ 2
 * (Kingman's heavy-traffic approximation).
 */
function isNeverFull({ rate, meanService, slots, scv }: TheoryInput, queueLimit: number): boolean {
  return mmcK(rate, meanService, slots, Math.floor((queueLimit * 2) / (1 + Math.max(1, scv)))).rejected < NEVER_FULL;
}

/** The wait of M/M/c is above t with probability C·e^(−(cμ−λ)t), first come first served. */
function exponentialStation({ rate, meanService, slots, discipline }: TheoryInput): Station {
  const figures = mmc(rate, meanService, slots);
  const model = `M/M/${slots}`;
  if (discipline !== 'fifo') return { model, figures };
  return { model, figures, waitP99: figures.waits <= 0.01 ? 0 : (log(figures.waits / 0.01) * meanService) / (slots - rate * meanService) };
}

function rowsOf(input: TheoryInput, { model, figures, waitP99 }: Station, cell: MergedCell): TheoryRow[] {
  const rows: TheoryRow[] = [];
  const add = (metric: string, theory: number | undefined, simulated: Estimate | undefined, least = 0) => {
    if (theory !== undefined && simulated !== undefined && theory >= least)
      rows.push({ workload: input.workload, model, metric, theory, simulated, why: input.why });
  };
  const services = Object.values(cell.services).filter((service) => Object.values(service.pods).some((pod) => pod.workload === input.workload));
  const service = services.length === 1 ? services[0] : undefined; // several Services: each sees a part of the waits only
  const pods = service === undefined ? [] : Object.values(service.pods);
  const pod = pods.length === 1 ? pods[0] : undefined;
  if (input.discipline !== 'ps') {
    add('queue_wait.mean', figures.meanWait, service?.queue_wait.mean, HALF_NANOSECOND);
    add('queue_wait.positive', figures.waits, service?.queue_wait.positive, 0.5 / cell.requests.offered);
    add('queue_wait.p99', waitP99, service?.queue_wait.p99, HALF_NANOSECOND);
  }
  add('inSystem.mean', figures.inSystem, pod?.inSystem.mean);
  add('utilization', figures.utilization, pod?.utilization);
  const onlyRejectionsFail = cell.requests.failed === (cell.requests.byOutcome.rejected ?? 0);
  if (figures.rejected > NEVER_FULL && cell.offeredLoad.length === 1 && onlyRejectionsFail)
    add('request_failed.rate', figures.rejected, cell.metrics.request_failed.rate);
  return rows;
}
