/** The one pass over logs: lines → entries → traffic, clients, paths, durations. Nothing here grows with the length of a log. */
import type { Readable } from 'node:stream';
import { ScenarioError } from '../errors.ts';
import {
  BROKEN,
  createEntry,
  ENTRY,
  type FieldNames,
  fieldProblems,
  type LineParser,
  LOG_FORMAT_NAMES,
  LONGEST_LINE,
  type LogEntry,
  type LogFormat,
  logFormat,
  recogniseFormat,
} from '../logs/index.ts';
import { deriveKey, RandomStream } from '../random/stream.ts';
import { CountsOverTime } from './counts-over-time.ts';
import { readLines } from './lines.ts';
import { BucketReader, isPrometheus } from './prometheus.ts';
import { ServiceTimeCollector, stepOf } from './service-times.ts';
import { Shares } from './shares.ts';

const FIRST_LINES = 50;
/** Entries looked at to find the step in which durations are written. */
const SAMPLE = 2000;
const BROKEN_SHOWN = 3;
/** Bins of time to begin with [s]; they get wider with the span. */
const FINE = 0.01;
export const PROMETHEUS = 'prometheus';

export interface CollectOptions {
  /** null = recognised by itself. */
  readonly format: string | null;
  readonly fields: FieldNames;
  /** Of Prometheus buckets. */
  readonly metric?: string;
  readonly stdin: Readable;
  /** Told of every request, e.g. to write a trace. */
  readonly onEntry?: (entry: LogEntry) => void;
  /** Called after each block; waits for whoever writes. */
  readonly onBlock?: () => Promise<void>;
}

export interface BrokenLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Collected {
  readonly format: LogFormat | null;
  readonly lines: number;
  readonly entries: number;
  readonly broken: number;
  readonly firstBroken: readonly BrokenLine[];
  readonly times: CountsOverTime | null;
  readonly clients: Shares;
  /** `METHOD path`. */
  readonly paths: Shares;
  /** Of answers that the service gave: not 5xx, not given up by the client (499). */
  readonly upstream: ServiceTimeCollector | null;
  readonly durations: ServiceTimeCollector | null;
  readonly withUpstream: number;
  readonly withDuration: number;
  readonly failed: number;
  readonly withClient: number;
  readonly withPath: number;
  /** Times are whole seconds: they were spread within them. */
  readonly isSpread: boolean;
}

/** @throws ScenarioError when a file cannot be read, or its format is not known */
export async function collect(files: readonly string[], options: CollectOptions): Promise<Collected | BucketReader> {
  const collector = new Collector(options);
  let buckets: BucketReader | null = null;
  for (const file of files) {
    let waiting: string[] = [];
    let isKnown = false;
    const one = new BucketReader();
    let isBuckets = false;
    const begin = () => {
      isKnown = true;
      isBuckets = options.format === PROMETHEUS || (options.format === null && isPrometheus(waiting));
      if (!isBuckets) collector.beginFile(file, waiting);
      take(waiting);
      waiting = [];
    };
    const take = (lines: readonly string[]) => {
      for (const line of lines) isBuckets ? one.add(line) : collector.line(line);
    };
    for await (const lines of readLines(file, options.stdin)) {
      if (isKnown) take(lines);
      else {
        waiting.push(...lines);
        if (waiting.length >= FIRST_LINES) begin();
      }
      await options.onBlock?.();
    }
    if (!isKnown) begin();
    if (isBuckets) {
      if (buckets !== null) one.subtract(buckets);
      buckets = one;
    }
  }
  if (buckets === null) return collector.result();
  if (collector.lines > 0) throw new ScenarioError([{ where: files.join(', '), problem: 'logs beside histogram buckets', hint: 'fit them one by one' }]);
  return buckets;
}

class Collector {
  lines = 0;
  private readonly options: CollectOptions;
  private format: LogFormat | null = null;
  private parser: LineParser | null = null;
  private file = '';
  private lineInFile = 0;
  private entries = 0;
  private broken = 0;
  private readonly firstBroken: BrokenLine[] = [];
  private readonly entry = createEntry();
  /** Entries that wait for the step of durations. */
  private sample: LogEntry[] | null = [];
  private times: CountsOverTime | null = null;
  private readonly clients = new Shares();
  private readonly paths = new Shares();
  private upstream: ServiceTimeCollector | null = null;
  private durations: ServiceTimeCollector | null = null;
  private withUpstream = 0;
  private withDuration = 0;
  private failed = 0;
  private withClient = 0;
  private withPath = 0;
  private isSpread = false;
  private readonly spread = new RandomStream(deriveKey({ high: 0, low: 0 }, 'fit', 'spread'));

  constructor(options: CollectOptions) {
    this.options = options;
  }

  beginFile(file: string, first: readonly string[]): void {
    const { format: name, fields } = this.options;
    const lines = first.map(withoutReturn).filter((line) => line !== '' && line.length <= LONGEST_LINE);
    if (lines.length === 0) throw new ScenarioError([{ where: file, problem: 'no line in this file' }]);
    const head = lines.slice(0, FIRST_LINES);
    const format = name === null ? recogniseFormat(head, fields) : (logFormat(name) ?? null);
    const problems = fieldProblems(format?.name ?? null, head, fields);
    if (problems.length > 0) throw new ScenarioError(problems.map((each) => ({ where: file, ...each })));
    const known = [...LOG_FORMAT_NAMES, PROMETHEUS].join(', ');
    if (format === null)
      throw new ScenarioError([
        { where: file, problem: 'no format that is known', hint: `name it with --format: ${known}; fields of csv and json with --field duration=NAME:ms` },
      ]);
    if (this.format !== null && this.format !== format)
      throw new ScenarioError([{ where: file, problem: `${format.name} after ${this.format.name}`, hint: 'fit files of one format together' }]);
    this.format = format;
    this.parser = format.create(fields);
    this.file = file;
    this.lineInFile = 0;
  }

  line(raw: string): void {
    this.lineInFile++;
    const line = withoutReturn(raw);
    if (line === '') return;
    this.lines++;
    const { entry } = this;
    const kind = line.length > LONGEST_LINE ? BROKEN : (this.parser as LineParser).parse(line, entry);
    if (kind === BROKEN) {
      this.broken++;
      if (this.firstBroken.length < BROKEN_SHOWN) this.firstBroken.push({ file: this.file, line: this.lineInFile, text: line.slice(0, 200) });
    } else if (kind === ENTRY) {
      this.entries++;
      if (this.sample === null) this.take(entry);
      else if (this.sample.push({ ...entry }) === SAMPLE) this.takeSample();
    }
  }

  private takeSample(): void {
    const sample = this.sample ?? [];
    const format = this.format as LogFormat;
    this.sample = null;
    this.isSpread = format.timeStep === 1 || (sample.length > 0 && sample.every(({ time }) => Number.isInteger(time)));
    const step = stepOf(sample.flatMap(({ duration, upstream }) => [duration, upstream]).filter((value) => !Number.isNaN(value)));
    this.upstream = new ServiceTimeCollector(step, format.isDurationCut);
    this.durations = new ServiceTimeCollector(step, format.isDurationCut);
    for (const entry of sample) this.take(entry);
  }

  private take(entry: LogEntry): void {
    const format = this.format as LogFormat;
    if (this.isSpread) entry.time += this.spread.uniform();
    if (!Number.isNaN(entry.time)) {
      this.upstream?.tick(entry.time);
      this.durations?.tick(entry.time);
      if (format.isTimeOfEnd && entry.duration > 0) entry.time -= entry.duration;
      this.times ??= new CountsOverTime(this.isSpread ? 1 : FINE);
      this.times.add(entry.time);
    }
    if (entry.client !== '') {
      this.withClient++;
      this.clients.add(entry.client);
    }
    if (entry.path !== '') {
      this.withPath++;
      this.paths.add(`${entry.method || 'GET'} ${entry.path}`);
    }
    if (entry.status >= 500 || entry.status === 499) this.failed++;
    else {
      if (entry.upstream >= 0) {
        this.withUpstream++;
        this.upstream?.add(entry.upstream);
      }
      if (entry.duration >= 0) {
        this.withDuration++;
        this.durations?.add(entry.duration);
      }
    }
    this.options.onEntry?.(entry);
  }

  result(): Collected {
    if (this.sample !== null) this.takeSample();
    const {
      format,
      lines,
      entries,
      broken,
      firstBroken,
      times,
      clients,
      paths,
      upstream,
      durations,
      withUpstream,
      withDuration,
      failed,
      withClient,
      withPath,
      isSpread,
    } = this;
    return {
      format,
      lines,
      entries,
      broken,
      firstBroken,
      times,
      clients,
      paths,
      upstream,
      durations,
      withUpstream,
      withDuration,
      failed,
      withClient,
      withPath,
      isSpread,
    };
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
