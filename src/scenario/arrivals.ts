/** `clients[].arrivals` and `closedLoop` → `ArrivalSpec`. */
import type { LawSpec } from '../random/law.ts';
import { lawMean } from '../random/laws.ts';
import type { BatchSpec } from '../workload/batches.ts';
import { STEPS } from '../workload/process.ts';
import { constantRate, type RatePart, type RateSpec } from '../workload/rate.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import { readLaw } from './laws.ts';
import type { ArrivalSpec } from './scenario.ts';
import type { BatchInput, BatchObject, ClientInput, ShapeInput } from './schema-source.ts';
import type { Trace } from './trace.ts';

type ArrivalInput = NonNullable<ClientInput['arrivals']>;

const DAY = '24h';
/** Fewer, and an arrival would be looked for through millions of changes of the rate. */
const LEAST_PER_CYCLE = 1e-3;

/** @param trace of an entry that replays one */
export function readArrivals(context: Context, path: Path, input: ClientInput, trace: Trace | null): ArrivalSpec {
  const { arrivals, closedLoop } = input;
  const given = (['arrivals', 'closedLoop', 'trace'] as const).filter((key) => input[key] !== undefined);
  if (given.length > 1) context.issue([...path, given[1]], `${given[1]} beside ${given[0]}`, undefined, 'one of them');
  if (trace !== null) return { type: 'trace', timesNs: trace.timesNs, members: trace.members, classes: trace.classes };
  if (closedLoop !== undefined) {
    const none: LawSpec = { law: 'constant', value: 0 };
    const thinkTime = closedLoop.thinkTime === undefined ? none : readLaw(context, [...path, 'closedLoop', 'thinkTime'], closedLoop.thinkTime);
    return { type: 'closed', users: closedLoop.users, thinkTime };
  }
  const at = [...path, 'arrivals'];
  if (arrivals === undefined) {
    context.issue(path, 'no arrivals', undefined, 'arrivals: { rate: 100/s }, arrivals: { shape: [ { stages: … } ] }, closedLoop or trace');
    return openLoop(STEPS.poisson, constantRate(0), null);
  }
  const process = arrivals.process ?? 'poisson';
  refuseStrangers(context, at, arrivals, process);
  const batch = arrivals.batch === undefined ? null : readBatch(context, [...at, 'batch'], arrivals.batch);
  if (process === 'mmpp') return openLoop(STEPS.poisson, readMmpp(context, at, arrivals), batch);
  return openLoop(process === 'renewal' ? readSteps(context, at, arrivals) : STEPS[process], readRate(context, at, arrivals), batch);
}

function openLoop(steps: LawSpec, rate: RateSpec, batch: BatchSpec | null): ArrivalSpec {
  return { type: 'open', steps, rate, batch };
}

/** Keys that belong to another process. */
function refuseStrangers(context: Context, at: Path, arrivals: ArrivalInput, process: string): void {
  const belongs = (key: keyof ArrivalInput, to: string) => {
    if (arrivals[key] !== undefined && process !== to) context.issue([...at, key], `${key} without process: ${to}`, undefined, `process is ${process}`);
  };
  belongs('rates', 'mmpp');
  belongs('dwell', 'mmpp');
  belongs('law', 'renewal');
  if (process !== 'mmpp') return;
  for (const key of ['rate', 'shape'] as const)
    if (arrivals[key] !== undefined) context.issue([...at, key], `${key} beside process: mmpp`, undefined, 'rates and dwell say it all');
}

// --- rate ------------------------------------------------------------------------------------------------------------------------

function readRate(context: Context, at: Path, { rate, shape }: ArrivalInput): RateSpec {
  if ((rate === undefined) === (shape === undefined)) {
    const problem = rate === undefined ? 'neither rate nor shape' : 'rate beside shape';
    context.issue(at, problem, undefined, 'arrivals: { rate: 100/s }, arrivals: { shape: [ { stages: … } ] } or closedLoop');
  }
  if (shape === undefined) {
    const perSecond = context.rate([...at, 'rate'], rate ?? '0/s');
    if (perSecond === 0 && rate !== undefined) context.issue([...at, 'rate'], 'no request ever comes', rate, 'rates are above 0');
    return constantRate(perSecond);
  }
  const before = context.report.issues.length;
  const parts = shape.flatMap((entry, i) => readPart(context, [...at, 'shape', i], entry));
  if (context.report.issues.length === before && parts.every(isNothing))
    context.issue([...at, 'shape'], 'no request ever comes', undefined, 'one target is above 0');
  return { type: 'shape', parts };
}

function isNothing(part: RatePart): boolean {
  if (part.type === 'stages') return part.stages.every(({ target }) => target === 0);
  return part.type === 'diurnal' ? part.high === 0 : part.rate === 0;
}

function readPart(context: Context, path: Path, entry: ShapeInput): RatePart[] {
  const keys = Object.keys(entry);
  if (keys.length !== 1) {
    context.issue(
      path,
      keys.length === 0 ? 'empty' : 'several shapes in one entry',
      keys.join(', ') || undefined,
      'one of stages, diurnal and burst in each entry',
    );
    return [];
  }
  if (entry.stages !== undefined) return [readStages(context, [...path, 'stages'], entry.stages)];
  if (entry.diurnal !== undefined) return [readDiurnal(context, [...path, 'diurnal'], entry.diurnal)];
  return [readBurst(context, [...path, 'burst'], entry.burst as NonNullable<ShapeInput['burst']>)];
}

function readStages(context: Context, path: Path, stages: NonNullable<ShapeInput['stages']>): RatePart {
  return {
    type: 'stages',
    startRate: 0,
    stages: stages.map((stage, i) => ({
      durationNs: context.timeNs([...path, i, 'duration'], stage.duration, 0),
      target: context.rate([...path, i, 'target'], stage.target),
    })),
  };
}

function readDiurnal(context: Context, path: Path, { low, high, period = DAY, peakAt }: NonNullable<ShapeInput['diurnal']>): RatePart {
  const lowest = context.rate([...path, 'low'], low);
  const highest = context.rate([...path, 'high'], high);
  if (highest < lowest) context.issue([...path, 'high'], 'high is smaller than low', high);
  const periodNs = readCycle(context, [...path, 'period'], period, (lowest + highest) / 2);
  return { type: 'diurnal', low: lowest, high: highest, periodNs, peakAtNs: context.timeNs([...path, 'peakAt'], peakAt, Math.round(periodNs / 2)) };
}

function readBurst(context: Context, path: Path, { at, duration, rate, every }: NonNullable<ShapeInput['burst']>): RatePart {
  const durationNs = readLength(context, [...path, 'duration'], duration);
  const perSecond = context.rate([...path, 'rate'], rate);
  const everyNs = every === undefined ? 0 : readCycle(context, [...path, 'every'], every, perSecond);
  if (every !== undefined && everyNs > 0 && everyNs < durationNs)
    context.issue([...path, 'every'], 'bursts longer than the time between them', every, `duration is ${duration}`);
  return { type: 'burst', atNs: context.timeNs([...path, 'at'], at, 0), durationNs, rate: perSecond, everyNs };
}

/** Longer than 0. */
function readLength(context: Context, path: Path, text: string): number {
  const before = context.report.issues.length;
  const ns = context.timeNs(path, text, 0);
  if (ns === 0 && context.report.issues.length === before) context.issue(path, 'must be longer than 0s', text);
  return ns;
}

/** What comes again and again, so often that requests are rarer than its rounds, would only cost time. */
function readCycle(context: Context, path: Path, text: string, perSecond: number): number {
  const ns = readLength(context, path, text);
  if (ns > 0 && perSecond > 0 && perSecond * (ns / 1e9) < LEAST_PER_CYCLE)
    context.issue(path, 'too short for this rate', text, 'most rounds would be without a request');
  return ns;
}

function readMmpp(context: Context, at: Path, { rates, dwell }: ArrivalInput): RateSpec {
  if (rates === undefined || dwell === undefined) {
    context.issue(at, `${rates === undefined ? 'rates' : 'dwell'} is missing`, undefined, 'process: mmpp takes e.g. rates: [50/s, 500/s], dwell: [9s, 1s]');
    return constantRate(0);
  }
  if (rates.length !== dwell.length) {
    context.issue([...at, 'dwell'], 'as many dwell times as rates', dwell.length, `there are ${rates.length} rates`);
    return constantRate(0);
  }
  const before = context.report.issues.length;
  const spec = {
    type: 'mmpp' as const,
    rates: rates.map((rate, i) => context.rate([...at, 'rates', i], rate)),
    dwellNs: dwell.map((time, i) => readLength(context, [...at, 'dwell', i], time)),
  };
  if (context.report.issues.length > before) return spec;
  const perCycle = spec.rates.reduce((sum, rate, i) => sum + rate * (spec.dwellNs[i] / 1e9), 0);
  if (perCycle === 0) context.issue([...at, 'rates'], 'no request ever comes', undefined, 'one rate is above 0');
  else if (perCycle < LEAST_PER_CYCLE) context.issue([...at, 'dwell'], 'too short for these rates', undefined, 'most rounds would be without a request');
  return spec;
}

/** The time between requests; a law that is 0 cannot be scaled to a rate. */
function readSteps(context: Context, at: Path, { law }: ArrivalInput): LawSpec {
  if (law === undefined) {
    context.issue(at, 'law is missing', undefined, 'process: renewal takes e.g. law: { law: gamma, mean: 1s, cv: 2 }; its mean is scaled to the rate');
    return STEPS.poisson;
  }
  const before = context.report.issues.length;
  const spec = readLaw(context, [...at, 'law'], law);
  if (context.report.issues.length === before && lawMean(spec) === 0)
    context.issue([...at, 'law'], 'a law that is always 0', undefined, 'its mean is longer than 0s');
  return spec;
}

// --- batches ---------------------------------------------------------------------------------------------------------------------

const BATCH_PARAMETERS: Readonly<Record<BatchObject['law'], readonly (keyof BatchObject)[]>> = {
  constant: ['value'],
  geometric: ['mean'],
  uniform: ['min', 'max'],
  discrete: ['values', 'weights'],
};

function readBatch(context: Context, path: Path, input: BatchInput): BatchSpec {
  if (typeof input === 'number') return { law: 'constant', value: input };
  const wanted = BATCH_PARAMETERS[input.law];
  const given = Object.keys(input).filter((key) => key !== 'law');
  if (given.length !== wanted.length || !wanted.every((key) => given.includes(key))) {
    context.issue(path, `parameters that do not fit law ${input.law}`, given.join(', ') || 'none', `${input.law} takes ${wanted.join(', ')}`);
    return { law: 'constant', value: 1 };
  }
  const { law, value = 1, mean = 1, min = 1, max = 1, values = [1], weights = [1] } = input;
  if (law === 'constant') return { law, value };
  if (law === 'geometric') return { law, mean };
  if (law === 'uniform') {
    if (max < min) context.issue([...path, 'max'], 'max is smaller than min', max);
    return { law, min, max };
  }
  if (values.length !== weights.length) context.issue([...path, 'weights'], 'as many weights as values', weights.length, `there are ${values.length} values`);
  else if (weights.every((weight) => weight === 0)) context.issue([...path, 'weights'], 'all weights are 0', undefined, 'at least one value needs a weight');
  else return { law, values, weights };
  return { law: 'constant', value: 1 };
}
