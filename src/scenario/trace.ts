/** `clients[].trace`: a recording of requests → the instants, clients and kinds of request that are replayed. */
import { BROKEN, createEntry, ENTRY, LOG_FORMAT_NAMES, LONGEST_LINE, type LogFormat, logFormat, recogniseFormat } from '../logs/index.ts';
import { deriveKey, keyedBits, toUniform } from '../random/stream.ts';
import { formatDuration, formatRate } from '../units.ts';
import type { TraceSpec } from '../workload/trace.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import type { RequestClass } from './scenario.ts';
import type { ClientInput } from './schema-source.ts';

type TraceInput = NonNullable<ClientInput['trace']>;

export interface Trace extends TraceSpec {
  /** Distinct clients of the recording; 0 = it does not say. */
  readonly clients: number;
  /** What was asked for, by weight; null = the recording does not say. */
  readonly requests: readonly Pick<RequestClass, 'path' | 'method' | 'weight'>[] | null;
}

const MOST_REQUESTS = 5_000_000;
const MOST_CLASSES = 10_000;
const FIRST_LINES = 50;
/** Where within its second a request came that was written down to the second: the same wherever the recording is replayed. */
const SPREAD = deriveKey({ high: 0, low: 0 }, 'trace', 'spread');

/** Takes the place of a recording that could not be read. */
const NOTHING: Trace = { timesNs: Float64Array.of(0), members: null, classes: null, clients: 0, requests: null };

/** @param keepsPaths false when `requests` is written: then paths of the recording are not looked at */
export function readTrace(context: Context, path: Path, input: TraceInput, keepsPaths: boolean): Trace {
  const text = context.data.get(input.file);
  if (text === undefined) return NOTHING; // reported when it was read
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const at = [...path, 'file'];
  if (lines.length === 0) return nothing(context, at, 'no line in this file', input.file);
  const first = lines.slice(0, FIRST_LINES).filter((line) => line.length <= LONGEST_LINE);
  const format = input.format === undefined ? recogniseFormat(first, {}) : (logFormat(input.format) ?? null);
  if (format === null) return nothing(context, at, 'no format that is known', input.file, `write format: ${LOG_FORMAT_NAMES.join(' | ')}`);
  if (lines.length > MOST_REQUESTS) return nothing(context, at, 'too many lines', input.file, `at most ${MOST_REQUESTS}: replay a part of it`);
  const records = readLines(context, path, input.file, lines, format);
  return records === null ? NOTHING : arrange(context, path, input, records, keepsPaths);
}

function nothing(context: Context, path: Path, problem: string, value: string, hint?: string): Trace {
  context.issue(path, problem, value, hint);
  return NOTHING;
}

interface Records {
  /** [s], in the order of the file. */
  readonly times: Float64Array;
  readonly clients: Int32Array;
  readonly kinds: Int32Array;
  readonly clientNames: ReadonlyMap<string, number>;
  readonly kindNames: ReadonlyMap<string, number>;
}

/** @returns null after an issue */
function readLines(context: Context, path: Path, file: string, lines: readonly string[], format: LogFormat): Records | null {
  const parser = format.create({});
  const entry = createEntry();
  const times: number[] = [];
  const clients: number[] = [];
  const kinds: number[] = [];
  const clientNames = new Map<string, number>();
  const kindNames = new Map<string, number>();
  let broken = 0;
  let firstBroken = 0;
  for (const [i, line] of lines.entries()) {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text === '') continue;
    const kind = text.length > LONGEST_LINE ? BROKEN : parser.parse(text, entry);
    if (kind === BROKEN || (kind === ENTRY && Number.isNaN(entry.time))) {
      if (broken++ === 0) firstBroken = i + 1;
    } else if (kind === ENTRY) {
      times.push(format.isTimeOfEnd && entry.duration > 0 ? entry.time - entry.duration : entry.time);
      clients.push(numberOf(clientNames, entry.client));
      kinds.push(numberOf(kindNames, `${entry.method || 'GET'} ${entry.path}`));
    }
  }
  if (times.length === 0) {
    context.issue(
      [...path, 'file'],
      `no request in this file as ${format.name}`,
      file,
      `${format.name}: ${format.description}; others are ${LOG_FORMAT_NAMES.join(', ')}`,
    );
    return null;
  }
  if (broken > 0)
    context.report.assume(
      [...path, 'file'],
      `${broken} of ${lines.length} lines left out`,
      `no requests as ${format.name}, the first at ${file}:${firstBroken}`,
    );
  if (times.every(Number.isInteger) || format.timeStep === 1) {
    for (let i = 0; i < times.length; i++) times[i] += toUniform(keyedBits(SPREAD.high, SPREAD.low, i));
    context.report.assume([...path, 'file'], 'requests spread at random within each second', 'its times are whole seconds');
  }
  return { times: Float64Array.from(times), clients: Int32Array.from(clients), kinds: Int32Array.from(kinds), clientNames, kindNames };
}

function numberOf(names: Map<string, number>, name: string): number {
  const known = names.get(name);
  if (known !== undefined) return known;
  names.set(name, names.size);
  return names.size - 1;
}

/** In the order of time, from the start of the window on, at the speed asked for. */
function arrange(context: Context, path: Path, { file, speed = 1, window }: TraceInput, records: Records, keepsPaths: boolean): Trace {
  const { times } = records;
  const order = Int32Array.from(times, (_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
  const start = times[order[0]] + (window?.from === undefined ? 0 : context.seconds([...path, 'window', 'from'], window.from));
  const end = window?.to === undefined ? Infinity : times[order[0]] + context.seconds([...path, 'window', 'to'], window.to);
  const kept = order.filter((i) => times[i] >= start && times[i] < end);
  if (kept.length === 0) {
    const length = formatDuration(times[order[order.length - 1]] - times[order[0]]);
    return nothing(
      context,
      [...path, 'window'],
      'no request in this window',
      `${window?.from ?? '0s'} to ${window?.to ?? length}`,
      `${file} is ${length} long`,
    );
  }
  const timesNs = Float64Array.from(kept, (i) => Math.floor(((times[i] - start) / speed) * 1e9 + 0.5));
  const last = timesNs[timesNs.length - 1] / 1e9;
  context.report.assume(
    path,
    `${kept.length} requests, the last at ${formatDuration(last)}, ${formatRate(kept.length / Math.max(last, 1e-9))}`,
    `replayed from ${file}, the same in every replication`,
  );
  const hasClients = records.clientNames.size > 1 || !records.clientNames.has('');
  const hasPaths = keepsPaths && !(records.kindNames.size === 1 && records.kindNames.has('GET '));
  const members = hasClients ? renumbered(kept, records.clients) : null;
  const classes = hasPaths ? renumbered(kept, records.kinds) : null;
  if (classes !== null && classes.count > MOST_CLASSES)
    context.issue(
      [...path, 'file'],
      `${classes.count} different paths`,
      file,
      `at most ${MOST_CLASSES}: write requests: [ { path: / } ] and no path is taken from it`,
    );
  return {
    timesNs,
    members: members?.numbers ?? null,
    classes: classes?.numbers ?? null,
    clients: members?.count ?? 0,
    requests: classes === null ? null : classesOf([...records.kindNames.keys()], classes),
  };
}

interface Numbered {
  readonly numbers: Int32Array;
  /** By new number: the old one, and how many there are of it. */
  readonly old: readonly number[];
  readonly sizes: readonly number[];
  readonly count: number;
}

/** Numbers by first appearance in the order of time, without gaps. */
function renumbered(kept: Int32Array, of: Int32Array): Numbered {
  const found = new Map<number, number>();
  const sizes: number[] = [];
  const numbers = kept.map((i) => {
    const known = found.get(of[i]);
    if (known !== undefined) {
      sizes[known]++;
      return known;
    }
    sizes.push(1);
    found.set(of[i], sizes.length - 1);
    return sizes.length - 1;
  });
  return { numbers, old: [...found.keys()], sizes, count: sizes.length };
}

function classesOf(names: readonly string[], { old, sizes }: Numbered): Trace['requests'] {
  return old.map((number, i) => {
    const [method, ...path] = names[number].split(' ');
    return { method, path: path.join(' ') || '/', weight: sizes[i] };
  });
}
