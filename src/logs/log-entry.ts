/** What a line of a log says of one request. One object is filled again and again: files have billions of lines. */
export interface LogEntry {
  /** When the request began, or (see `LogFormat.isTimeOfEnd`) ended [s since 1970]. */
  time: number;
  /** '' when the line does not say. */
  client: string;
  method: string;
  /** Without the query. */
  path: string;
  /** 0 when the line does not say. */
  status: number;
  /** Time to the whole answer, as the writer of the log saw it [s]; NaN when the line does not say. */
  duration: number;
  /** The part of it that the server behind took [s]; NaN when the line does not say. */
  upstream: number;
}

export function createEntry(): LogEntry {
  return { time: Number.NaN, client: '', method: '', path: '', status: 0, duration: Number.NaN, upstream: Number.NaN };
}

/** Longer lines are broken without being looked at: no log writes them, and patterns could take long over them. */
export const LONGEST_LINE = 1 << 15;

/** What became of a line. */
export const ENTRY = 0;
/** A line that is no request and no mistake: a header, a comment, another metric. */
export const OTHER = 1;
export const BROKEN = 2;
export type LineKind = typeof ENTRY | typeof OTHER | typeof BROKEN;

export interface LineParser {
  /** Fills `entry`, all of its fields, when the line is one. */
  parse(line: string, entry: LogEntry): LineKind;
}

/** Column or field of a CSV or JSON log that stands for a field of `LogEntry`, e.g. time=ts or duration=latency:ms. */
export interface FieldName {
  readonly name: string;
  readonly unit: TimeUnit | null;
}

export type Field = 'time' | 'client' | 'method' | 'path' | 'status' | 'duration' | 'upstream';
export const FIELDS: readonly Field[] = ['time', 'client', 'method', 'path', 'status', 'duration', 'upstream'];
export type FieldNames = Readonly<Partial<Record<Field, FieldName>>>;

/** Seconds in one. */
export const TIME_UNITS = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1 } as const;
export type TimeUnit = keyof typeof TIME_UNITS;

export interface LogFormat {
  readonly name: string;
  /** One line, for people. */
  readonly description: string;
  /** Logged when the request had ended: it began `duration` earlier. */
  readonly isTimeOfEnd: boolean;
  /** Steps in which times are written [s]; 0 = as fine as the values are. */
  readonly timeStep: number;
  /** Durations are cut off to whole steps, not rounded. */
  readonly isDurationCut: boolean;
  create(fields: FieldNames): LineParser;
}
