/** Logs with named fields (CSV, JSON lines): which name means what, and in which unit. */
import { isUnitProblem, NS_PER_SECOND, parseDuration } from '../units.ts';
import { FIELDS, type Field, type FieldName, type FieldNames, TIME_UNITS, type TimeUnit } from './log-entry.ts';
import { parseCommonLogTime, parseIsoTime } from './times.ts';

/** Names that are taken without being told, compared in lower case and without a unit at their end; the first that is there wins. */
const KNOWN: Readonly<Record<Field, readonly string[]>> = {
  time: ['time', 'timestamp', '@timestamp', 'ts', 'start_time', 'starttime', 'time_iso8601', 'msec', 'time_local', 'date', 'datetime'],
  client: ['client', 'client_ip', 'clientip', 'remote_addr', 'remoteaddr', 'remote_ip', 'x_forwarded_for', 'ip', 'source', 'user'],
  method: ['method', 'request_method', 'http_method', 'verb'],
  path: ['path', 'uri', 'request_uri', 'request_path', 'url', 'route'],
  status: ['status', 'status_code', 'response_code', 'code'],
  duration: ['duration', 'request_time', 'latency', 'response_time', 'elapsed', 'took', 'service', 'service_time', 'seconds', 'value'],
  upstream: ['upstream_response_time', 'upstream_service_time', 'upstream_time', 'upstream'],
};

/** nginx writes these in seconds. */
const IN_SECONDS = ['request_time', 'upstream_response_time', 'seconds', 'msec'];
const UNIT = /_(ns|us|ms|s|sec|seconds|millis|milliseconds|micros|microseconds|nanos)$/;
const UNIT_OF: Readonly<Record<string, TimeUnit>> = {
  ns: 'ns',
  nanos: 'ns',
  us: 'us',
  micros: 'us',
  microseconds: 'us',
  ms: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  s: 's',
  sec: 's',
  seconds: 's',
};

/** Field → its name in the log, among the names that the log has. Fields that are told come first; names that mean nothing are left alone. */
export function matchFields(names: readonly string[], told: FieldNames): FieldNames {
  const found: Partial<Record<Field, FieldName>> = {};
  for (const field of FIELDS) {
    const by = told[field];
    if (by !== undefined) found[field] = { name: by.name, unit: by.unit ?? unitOfName(by.name) };
    else {
      const plain = names.map((name) => name.toLowerCase().replace(field === 'duration' || field === 'upstream' || field === 'time' ? UNIT : '', ''));
      const known = KNOWN[field].find((candidate) => plain.includes(candidate));
      const name = known === undefined ? undefined : names[plain.indexOf(known)];
      if (name !== undefined) found[field] = { name, unit: unitOfName(name) };
    }
  }
  return found;
}

function unitOfName(name: string): TimeUnit | null {
  const lower = name.toLowerCase();
  return IN_SECONDS.includes(lower) ? 's' : (UNIT_OF[UNIT.exec(lower)?.[1] ?? ''] ?? null);
}

/** Without a unit, that is. */
export function isNumber(value: string): boolean {
  return /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value);
}

/** Seconds since 1970 (or since whatever the log counts from): a number, or a date; NaN for anything else. */
export function timeFrom(value: string, unit: TimeUnit | null): number {
  if (isNumber(value)) {
    const number = Number(value);
    if (unit !== null) return number * TIME_UNITS[unit];
    return number >= 1e17 ? number / 1e9 : number >= 1e14 ? number / 1e6 : number >= 1e11 ? number / 1e3 : number; // years 5138 and on are no seconds
  }
  const iso = parseIsoTime(value);
  return Number.isNaN(iso) ? parseCommonLogTime(value) : iso;
}

/** Seconds: a number in the field's unit, or with a unit of its own; NaN for anything else, also for a number whose unit nobody knows. */
export function durationFrom(value: string, unit: TimeUnit | null): number {
  if (isNumber(value)) return unit === null ? Number.NaN : Number(value) * TIME_UNITS[unit];
  const ns = parseDuration(value);
  return isUnitProblem(ns) ? Number.NaN : ns / NS_PER_SECOND;
}
