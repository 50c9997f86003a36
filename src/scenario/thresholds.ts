/**
 * `spec.thresholds`: `METRIC{tag=value, …}` → expressions such as `p(99)<120ms`.
 *
 * A metric, tag, client or Service that does not exist is an issue: a threshold is never vacuous.
 */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { isUnitProblem, NS_PER_SECOND, parseDuration, parseShare, parseSize, type UnitProblem } from '../units.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import { nearest } from './report.ts';
import type { ClientSpec, FigureSpec, ThresholdSpec } from './scenario.ts';

type Unit = 'duration' | 'share' | 'number' | 'size';

interface Metric {
  readonly statistics: Readonly<Record<string, Unit>>;
  readonly tags: readonly string[];
  readonly required?: readonly string[];
}

const DURATION: Metric['statistics'] = { 'p(N)': 'duration', mean: 'duration', sd: 'duration', max: 'duration', positive: 'share' };
const PART: Metric = { statistics: DURATION, tags: ['client'] };
const METRICS: Readonly<Record<string, Metric>> = {
  request_duration: { statistics: DURATION, tags: ['client', 'service', 'outcome', 'since'] },
  queue_wait: { statistics: DURATION, tags: ['client', 'service'] },
  client_wait: PART,
  connect_duration: PART,
  network: PART,
  service_duration: PART,
  call_duration: PART,
  request_failed: { statistics: { rate: 'share' }, tags: ['client', 'since'] },
  pod_load: {
    statistics: { jain: 'number', maxOverMean: 'number', cov: 'number', busiestShare: 'share', idlePods: 'number' },
    tags: ['service', 'since'],
    required: ['service'],
  },
  utilization: { statistics: { mean: 'share', max: 'share' }, tags: ['service'], required: ['service'] },
  traffic: {
    statistics: { clientAddressKept: 'share', secondHop: 'share', crossZone: 'share', crossZoneBytes: 'size' },
    tags: ['service'],
    required: ['service'],
  },
  stickiness: {
    statistics: { samePod: 'share', chance: 'share', podsPerKey: 'number', breaks: 'number' },
    tags: ['service', 'by'],
    required: ['service', 'by'],
  },
};

const METRIC = /^\s*([A-Za-z_]+)\s*(?:\{([^{}]*)\})?\s*$/;
const EXPRESSION = /^\s*(p\(\s*[0-9.]+\s*\)|[A-Za-z]+)\s*(<=|>=|==|!=|<|>)\s*(\S+)\s*$/;

export interface ThresholdSurroundings {
  readonly clients: readonly ClientSpec[];
  readonly objects: readonly KubernetesObject[];
  readonly durationNs: number;
}

export function readThresholds(
  context: Context,
  input: Readonly<Record<string, readonly string[]>> = {},
  around: ThresholdSurroundings,
): readonly ThresholdSpec[] {
  return Object.entries(input).flatMap(([metric, expressions]) => {
    const path = ['spec', 'thresholds', metric];
    const head = readMetric(context, path, metric, around);
    if (head === null) return [];
    return expressions.flatMap((expr, i) => {
      const condition = readExpression(context, [...path, i], expr, METRICS[head.name]);
      return condition === null ? [] : [{ metric, expr, ...head, ...condition }];
    });
  });
}

/** What `run.stopWhen` wants to be precise: metrics as in thresholds → statistics. */
export function readFigures(
  context: Context,
  path: Path,
  input: Readonly<Record<string, readonly string[]>>,
  around: ThresholdSurroundings,
): readonly FigureSpec[] {
  return Object.entries(input).flatMap(([metric, statistics]) => {
    const head = readMetric(context, [...path, metric], metric, around);
    if (head === null) return [];
    if (head.sinceNs !== null) context.issue([...path, metric], 'since is not for stopWhen', metric, 'precision is that of the whole measured window');
    return statistics.flatMap((text, i) => {
      const known = readStatistic(context, [...path, metric, i], text.trim(), METRICS[head.name]);
      return known === null ? [] : [{ metric, ...head, statistic: known.statistic }];
    });
  });
}

function readMetric(context: Context, path: Path, text: string, around: ThresholdSurroundings): Pick<FigureSpec, 'name' | 'tags' | 'sinceNs'> | null {
  const match = METRIC.exec(text);
  if (match === null || !Object.hasOwn(METRICS, match[1])) {
    const close = nearest(match?.[1] ?? text, Object.keys(METRICS));
    context.issue(
      path,
      'unknown metric',
      match?.[1] ?? text,
      close.length > 0 ? `did you mean ${close.join(' or ')}?` : `one of ${Object.keys(METRICS).join(', ')}`,
    );
    return null;
  }
  const [, name, tagText = ''] = match;
  const before = context.report.issues.length;
  const tags = readTags(context, path, tagText, name, around);
  const sinceNs = tags.since === undefined ? null : context.timeNs(path, tags.since, 0);
  if (sinceNs !== null && around.durationNs > 0 && sinceNs >= around.durationNs) context.issue(path, 'since is not before the end of the run', tags.since);
  const { since, ...rest } = tags;
  return context.report.issues.length > before ? null : { name, tags: rest, sinceNs };
}

function readTags(context: Context, path: Path, text: string, name: string, around: ThresholdSurroundings): Record<string, string> {
  const metric = METRICS[name];
  const tags: Record<string, string> = {};
  for (const part of text.split(',').filter((each) => each.trim() !== '')) {
    const [key, value] = part.split('=', 2).map((word) => word.trim());
    if (key === 'since' && !metric.tags.includes(key)) context.issue(path, `${name} is not kept by window`, part.trim(), 'leave since= out');
    else if (!metric.tags.includes(key)) context.issue(path, `unknown tag of ${name}`, key, `it has ${metric.tags.join(', ')}`);
    else if (value === undefined || value === '') context.issue(path, 'tag without a value', key, `write ${key}=…`);
    else if (Object.hasOwn(tags, key)) context.issue(path, 'tag given twice', key);
    else tags[key] = readTagValue(context, path, key, value, around);
  }
  for (const key of metric.required ?? []) {
    if (!Object.hasOwn(tags, key))
      context.issue(path, `${name} needs tag ${key}`, undefined, `write ${name}{${metric.required?.map((each) => `${each}=…`).join(', ')}}`);
  }
  if (tags.client !== undefined && tags.service !== undefined) context.issue(path, 'client and service together', text, 'one of them');
  if (name === 'request_duration' && tags.service !== undefined && tags.since !== undefined)
    context.issue(path, 'a Service keeps no durations by window', text, 'use client=…, or leave since= out');
  if (tags.outcome !== undefined && tags.service !== undefined) context.issue(path, 'outcome and service together', text, 'outcome is of client requests');
  return tags;
}

function readTagValue(context: Context, path: Path, key: string, value: string, { clients, objects }: ThresholdSurroundings): string {
  if (key === 'client') {
    if (!clients.some((client) => client.name === value))
      context.issue(
        path,
        'no such client',
        value,
        `there is ${clients
          .map((client) => client.name)
          .slice(0, 8)
          .join(', ')}`,
      );
  } else if (key === 'outcome') {
    if (value !== 'ok') context.issue(path, 'unknown outcome', value, 'ok');
  } else if (key === 'by') {
    if (value !== 'connection' && value !== 'request') context.issue(path, 'unknown unit', value, 'by=connection or by=request');
  } else if (key === 'service') {
    const id = value.includes('/') ? value : `default/${value}`;
    const known = objects.filter((object) => object.kind === 'Service').map((object) => `${object.metadata.namespace ?? 'default'}/${object.metadata.name}`);
    const close = nearest(id, known);
    if (!known.includes(id))
      context.issue(path, 'no such Service in the manifests', value, `there is ${(close.length > 0 ? close : known.slice(0, 8)).join(', ') || 'none'}`);
    return id;
  }
  return value;
}

function readExpression(context: Context, path: Path, expr: string, metric: Metric): Pick<ThresholdSpec, 'statistic' | 'operator' | 'limit'> | null {
  const match = EXPRESSION.exec(expr);
  if (match === null) {
    context.issue(path, 'not a threshold', expr, 'write p(99)<120ms, mean<20ms, rate<0.1% or jain>=0.95');
    return null;
  }
  const [, written, operator, limitText] = match;
  const known = readStatistic(context, path, written, metric);
  if (known === null) return null;
  const limit = readLimit(limitText, known.unit);
  if (isUnitProblem(limit)) {
    context.report.unit(context.document, path, limit, limitText);
    return null;
  }
  return { statistic: known.statistic, operator: operator as ThresholdSpec['operator'], limit };
}

function readStatistic(context: Context, path: Path, text: string, metric: Metric): { readonly statistic: string; readonly unit: Unit } | null {
  const percentile = /^p\(\s*([0-9.]+)\s*\)$/.exec(text);
  const name = percentile === null ? text : 'p(N)';
  if (!Object.hasOwn(metric.statistics, name)) {
    context.issue(path, 'unknown statistic of this metric', text, `it has ${Object.keys(metric.statistics).join(', ')}`);
    return null;
  }
  if (percentile !== null && !(Number(percentile[1]) > 0 && Number(percentile[1]) < 100)) {
    context.issue(path, 'percentile out of range', text, 'above 0 and below 100');
    return null;
  }
  return { statistic: percentile === null ? text : `p(${Number(percentile[1])})`, unit: metric.statistics[name] };
}

function readLimit(text: string, unit: Unit): number | UnitProblem {
  if (unit === 'duration') {
    const ns = parseDuration(text);
    return isUnitProblem(ns) ? ns : ns / NS_PER_SECOND;
  }
  if (unit === 'size') return parseSize(text);
  if (unit === 'share' && text.endsWith('%')) return parseShare(text);
  return /^[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : { problem: 'not a number', hint: unit === 'share' ? 'write 0.1% or 0.001' : 'write 0.95' };
}

/** The percentiles that thresholds and stopWhen ask for, in percent: the run has to keep them. */
export function percentilesOf(figures: readonly FigureSpec[]): readonly number[] {
  return figures.flatMap(({ statistic }) => {
    const match = /^p\((.*)\)$/.exec(statistic);
    return match === null ? [] : [Number(match[1])];
  });
}
