/** Logs and histogram buckets → what traffic and service times they show, with the law that fits and what speaks against it. */
import { writeFile } from 'node:fs/promises';
import { ExperimentError, ScenarioError } from '../errors.ts';
import type { LogEntry } from '../logs/index.ts';
import { formatDuration } from '../units.ts';
import { type Binned, moments, quantile, total } from './binned.ts';
import { type BrokenLine, type Collected, type CollectOptions, collect, PROMETHEUS } from './collect.ts';
import { type FittedLaw, fitLaws, LEAST_TO_TELL } from './fit-laws.ts';
import { BucketReader } from './prometheus.ts';
import { type ServiceTimes, sampleOf } from './service-times.ts';
import { TraceWriter } from './trace-writer.ts';
import { describeTraffic, type Traffic } from './traffic.ts';

export interface FitOptions extends Omit<CollectOptions, 'onEntry' | 'onBlock'> {
  /** File for a CSV that `trace:` replays. */
  readonly trace?: string;
  /** File for the empirical law. */
  readonly empirical?: string;
  /** Take this law although another fits better. */
  readonly law?: string;
}

export interface ServiceFit {
  /** Where the durations come from, for people. */
  readonly source: string;
  readonly requests: number;
  readonly mean: number;
  readonly cv: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** Step in which the log writes durations [s]; null for buckets. */
  readonly step: number | null;
  /** All that were tried, the best first. */
  readonly laws: readonly FittedLaw[];
  /** The one to paste; null = the empirical one in `empirical`. */
  readonly chosen: FittedLaw | null;
  readonly empirical: string | null;
}

export interface ClientFit {
  readonly clients: number;
  readonly skew: number;
  readonly isExact: boolean;
}

export interface Fit {
  readonly files: readonly string[];
  readonly format: string;
  readonly lines: number;
  readonly requests: number;
  readonly broken: number;
  readonly firstBroken: readonly BrokenLine[];
  readonly traffic: Traffic | null;
  readonly clients: ClientFit | null;
  /** Kinds of request when there are few, most frequent first; null otherwise. */
  readonly paths: readonly { readonly method: string; readonly path: string; readonly weight: number }[] | null;
  readonly service: ServiceFit | null;
  /** What is assumed of the data, and what speaks against the result. */
  readonly assumptions: readonly string[];
  readonly warnings: readonly string[];
  readonly trace: string | null;
}

const EMPIRICAL_VALUES = 5000;
const MOST_PATHS = 20;

/** @throws ScenarioError for wrong input, ExperimentError when an output cannot be written */
export async function fitFiles(files: readonly string[], options: FitOptions): Promise<Fit> {
  const writer = options.trace === undefined ? null : new TraceWriter(options.trace);
  const collected = await collect(files, {
    ...options,
    ...(writer !== null && { onEntry: (entry: LogEntry) => writer.add(entry), onBlock: () => writer.flush() }),
  });
  await writer?.close();
  return collected instanceof BucketReader ? fitBuckets(files, collected, options) : fitLog(files, collected, options);
}

async function fitBuckets(files: readonly string[], buckets: BucketReader, options: FitOptions): Promise<Fit> {
  const { name, data } = buckets.result(files.join(', '), options.metric);
  const firstBroken = buckets.firstBroken.map(({ line, text }) => ({ file: files[files.length - 1], line, text }));
  const warnings: string[] = [];
  if (options.trace !== undefined) throw new ScenarioError([{ where: '--trace', problem: 'buckets hold no single requests', value: options.trace }]);
  const service = await fitService(`buckets of ${name}`, data, null, options, warnings);
  return {
    files,
    format: PROMETHEUS,
    lines: buckets.lines,
    requests: total(data),
    broken: buckets.broken,
    firstBroken,
    traffic: null,
    clients: null,
    paths: null,
    service,
    assumptions: [
      'buckets say how long, not when: arrivals are for you to write',
      'durations that a server measures itself contain no network, but may contain waiting for a worker, a lock or a pool: response time is not service time under load',
    ],
    warnings,
    trace: null,
  };
}

async function fitLog(files: readonly string[], collected: Collected, options: FitOptions): Promise<Fit> {
  const { format, lines, entries, broken, firstBroken, times, clients, paths } = collected;
  const where = files.join(', ');
  if (entries === 0)
    throw new ScenarioError([
      {
        where,
        problem: `no request as ${format?.name ?? 'any known format'}`,
        hint: format === null ? 'is it empty?' : `${format.name}: ${format.description}`,
      },
    ]);
  const warnings: string[] = [];
  const assumptions: string[] = [];
  const traffic = times === null ? null : describeTraffic(times.result(), times.width);
  if (collected.isSpread)
    assumptions.push('times are whole seconds: requests are spread at random within them, so nothing is known of bursts shorter than that');
  if (format?.isTimeOfEnd) assumptions.push('lines are written when requests end: each began its duration earlier');
  if (collected.failed > 0) assumptions.push(`${collected.failed} answers 5xx and 499 count as traffic, not as service times`);
  if (traffic !== null) assumptions.push(...traffic.notes);
  return {
    files,
    format: format?.name ?? '',
    lines,
    requests: entries,
    broken,
    firstBroken,
    traffic,
    clients: collected.withClient === 0 ? null : { clients: clients.names, skew: clients.zipfExponent() ?? 0, isExact: clients.isExact },
    paths: collected.withPath === 0 || paths.names > MOST_PATHS ? null : paths.top(MOST_PATHS).map(pathOf),
    service: await fitLogService(collected, options, assumptions, warnings),
    assumptions,
    warnings,
    trace: options.trace ?? null,
  };
}

function pathOf({ name, count }: { name: string; count: number }): { method: string; path: string; weight: number } {
  const blank = name.indexOf(' ');
  return { method: name.slice(0, blank), path: name.slice(blank + 1), weight: count };
}

/** From what the server behind took, where the log has it; else from the whole answer. */
async function fitLogService(collected: Collected, options: FitOptions, assumptions: string[], warnings: string[]): Promise<ServiceFit | null> {
  const isUpstream = collected.withUpstream > collected.withDuration / 2;
  const times = (isUpstream ? collected.upstream : collected.durations)?.result();
  if (times === undefined || times.requests === 0) {
    const isNamed = collected.format?.name === 'json' || collected.format?.name === 'csv';
    const hint = isNamed ? 'name their field: --field duration=NAME:ms' : 'nginx: append $request_time $upstream_response_time to the log format';
    warnings.push(`no durations in this log: no service law (${hint})`);
    return null;
  }
  const source = isUpstream ? 'the time that the server behind took' : 'the time to the whole answer';
  assumptions.push(
    `service time is taken from ${source}: it contains ${isUpstream ? 'the way to the pod and back, and' : 'the network, slow clients, the proxy, and'} any waiting in the pod`,
  );
  assumptions.push(...aboutWaiting(times, warnings));
  return fitService(source, times.data, times.step, options, warnings);
}

function aboutWaiting({ quiet, busy, isFromQuiet }: ServiceTimes, warnings: string[]): string[] {
  if (quiet === null || busy === null) return ['response time is not service time under load, and this log cannot tell them apart: take it from quiet hours'];
  const means = `mean ${formatDuration(quiet)} in the quietest quarter, ${formatDuration(busy)} in the busiest`;
  if (!isFromQuiet) return [`response times do not grow with the load (${means}), so they are taken for service times`];
  warnings.push(`response times grow with the load: ${means}; they contain waiting, which the simulator adds itself`);
  return ['the service law is taken from the quietest quarter of the requests; what waiting is left in it makes the simulated service too slow'];
}

async function fitService(source: string, data: Binned, step: number | null, options: FitOptions, warnings: string[]): Promise<ServiceFit> {
  const laws = fitLaws(data);
  const wanted = options.law === undefined ? undefined : laws.find(({ name }) => name === options.law);
  if (options.law !== undefined && options.law !== 'empirical' && wanted === undefined)
    throw new ScenarioError([
      {
        where: '--law',
        problem: 'no such law for these durations',
        value: options.law,
        hint: [...new Set(laws.map(({ name }) => name)), 'empirical'].join(', '),
      },
    ]);
  const best = wanted ?? laws[0];
  const { mean, scv } = moments(data);
  const isEmpirical = options.law === 'empirical' || (options.empirical !== undefined && best.verdict === 'does not fit' && wanted === undefined);
  if (isEmpirical && options.empirical === undefined)
    throw new ScenarioError([{ where: '--law', problem: 'the empirical law needs a file', hint: '--empirical service.csv' }]);
  if (options.empirical !== undefined) await writeEmpirical(options.empirical, data);
  if (best.verdict === 'too few to tell') warnings.push(`too few durations to tell a law: ${total(data)}; take ${LEAST_TO_TELL} or more`);
  if (!isEmpirical && best.verdict === 'does not fit') warnings.push(aboutMisfit(best, laws, wanted !== undefined, options.empirical === undefined));
  return {
    source,
    requests: total(data),
    mean,
    cv: Math.sqrt(scv),
    p50: quantile(data, 0.5),
    p90: quantile(data, 0.9),
    p99: quantile(data, 0.99),
    step,
    laws,
    chosen: isEmpirical ? null : best,
    empirical: options.empirical ?? null,
  };
}

function aboutMisfit(law: FittedLaw, laws: readonly FittedLaw[], isAsked: boolean, canBeEmpirical: boolean): string {
  const off = `off by up to ${(100 * law.distance).toFixed(1)} % of the requests, its p99 is ${law.tail.toFixed(2)} times that of the data`;
  const other = laws.find(({ verdict }) => verdict === 'fits') ?? laws.find(({ verdict }) => verdict === 'close');
  const way = canBeEmpirical ? ' (--empirical service.csv writes the durations themselves as a law)' : '';
  if (!isAsked) return `no law fits: ${law.name} is the closest, ${off}${way}`;
  const better = other === undefined ? `no other does either${way}` : `${other.name} ${other.verdict === 'fits' ? 'fits' : 'is close'}`;
  return `${law.name} was asked for and does not fit, ${off}; ${better}`;
}

async function writeEmpirical(file: string, data: Binned): Promise<void> {
  const values = sampleOf(data, EMPIRICAL_VALUES).map((seconds) => (seconds * 1e3).toPrecision(6));
  try {
    await writeFile(file, `duration_ms\n${values.map((value) => `${Number(value)}\n`).join('')}`);
  } catch (error) {
    throw new ExperimentError(`${file}: cannot be written: ${(error as Error).message}`);
  }
}
