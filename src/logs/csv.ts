/**
 * CSV whose first line names the columns: time, client, method, path, status, duration, upstream, or what people call them.
 *
 * Line by line, so that files of any size need no memory: a quoted cell may hold commas and quotes, but no line break.
 */
import { parse } from 'csv-parse/sync';
import {
  BROKEN,
  ENTRY,
  FIELDS,
  type Field,
  type FieldNames,
  type LineKind,
  type LineParser,
  type LogEntry,
  type LogFormat,
  OTHER,
  type TimeUnit,
} from './log-entry.ts';
import { durationFrom, matchFields, timeFrom } from './named-fields.ts';
import { pathOf } from './request-line.ts';

export const csv: LogFormat = {
  name: 'csv',
  description: 'CSV with a header: time, client, method, path, status, duration_ms, upstream_ms',
  isTimeOfEnd: false,
  timeStep: 0,
  isDurationCut: false,
  create: (fields) => new CsvParser(fields),
};

class CsvParser implements LineParser {
  private readonly told: FieldNames;
  private columns = -1;
  private readonly at: Partial<Record<Field, number>> = {};
  private readonly units: Partial<Record<Field, TimeUnit | null>> = {};

  constructor(told: FieldNames) {
    this.told = told;
  }

  parse(line: string, entry: LogEntry): LineKind {
    if (this.columns < 0) return this.readHeader(line);
    const cells = cellsOf(line);
    if (cells === null || cells.length !== this.columns) return BROKEN;
    const { at, units } = this;
    entry.time = at.time === undefined ? Number.NaN : timeFrom(cells[at.time], units.time ?? null);
    entry.client = at.client === undefined ? '' : cells[at.client];
    entry.method = at.method === undefined ? '' : cells[at.method];
    entry.path = at.path === undefined ? '' : pathOf(cells[at.path]);
    entry.status = at.status === undefined ? 0 : Number(cells[at.status]) || 0;
    entry.duration = at.duration === undefined ? Number.NaN : durationFrom(cells[at.duration], units.duration ?? null);
    entry.upstream = at.upstream === undefined ? Number.NaN : durationFrom(cells[at.upstream], units.upstream ?? null);
    return (at.time !== undefined && Number.isNaN(entry.time)) || (at.duration !== undefined && Number.isNaN(entry.duration)) ? BROKEN : ENTRY;
  }

  private readHeader(line: string): LineKind {
    const names = namesOf(line);
    if (names === null) return BROKEN;
    const found = matchFields(names, this.told);
    for (const field of FIELDS) {
      const index = names.indexOf(found[field]?.name ?? '');
      if (index < 0) continue;
      this.at[field] = index;
      this.units[field] = found[field]?.unit ?? null;
    }
    if (this.at.time === undefined && this.at.duration === undefined) return BROKEN;
    this.columns = names.length;
    return OTHER;
  }
}

/** Of the columns; null when the line is no header. */
export function namesOf(header: string): readonly string[] | null {
  const names = cellsOf(header.replace(/^\uFEFF/, ''))?.map((name) => name.trim());
  return names === undefined || names.every((name) => /^[\d.]*$/.test(name)) ? null : names;
}

/** Null when quotes do not close. */
export function cellsOf(line: string): string[] | null {
  if (!line.includes('"')) return line.split(',');
  try {
    return (parse(line, { relax_column_count: true }) as string[][])[0] ?? null;
  } catch {
    return null;
  }
}
