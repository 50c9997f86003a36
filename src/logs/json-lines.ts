/** One JSON object a line, with the names that loggers use; nested ones with dots: `--field duration=http.latency:ms`. */
import { BROKEN, ENTRY, type Field, type FieldNames, type LineKind, type LineParser, type LogEntry, type LogFormat } from './log-entry.ts';
import { durationFrom, matchFields, timeFrom } from './named-fields.ts';
import { pathOf, readRequestLine } from './request-line.ts';

export const jsonLines: LogFormat = {
  name: 'json',
  description: 'one JSON object a line, with named fields',
  isTimeOfEnd: false,
  timeStep: 0,
  isDurationCut: false,
  create: (fields) => new JsonParser(fields),
};

export type JsonObject = Readonly<Record<string, unknown>>;

class JsonParser implements LineParser {
  private readonly told: FieldNames;
  /** By the keys of the last object: loggers write the same ones again and again. */
  private fields: FieldNames = {};
  private keys = '';

  constructor(told: FieldNames) {
    this.told = told;
  }

  parse(line: string, entry: LogEntry): LineKind {
    const object = objectOf(line);
    if (object === null) return BROKEN;
    const names = Object.keys(object);
    const keys = names.join('\n');
    if (keys !== this.keys) {
      this.keys = keys;
      this.fields = matchFields(names, this.told);
    }
    entry.time = timeFrom(this.text(object, 'time'), this.fields.time?.unit ?? null);
    entry.client = this.text(object, 'client');
    entry.method = this.text(object, 'method');
    entry.path = pathOf(this.text(object, 'path'));
    if (entry.path === '' && typeof object.request === 'string') readRequestLine(object.request, entry);
    entry.status = Number(this.text(object, 'status')) || 0;
    entry.duration = durationFrom(this.text(object, 'duration'), this.fields.duration?.unit ?? null);
    entry.upstream = durationFrom(this.text(object, 'upstream'), this.fields.upstream?.unit ?? null);
    return Number.isNaN(entry.time) && Number.isNaN(entry.duration) ? BROKEN : ENTRY;
  }

  private text(object: JsonObject, field: Field): string {
    const name = this.fields[field]?.name;
    if (name === undefined) return '';
    const value = fieldValue(object, name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }
}

/** @param name of a field, also with dots where objects lie in objects; undefined when there is none */
export function fieldValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name)
    ? object[name]
    : name.split('.').reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), object);
}

export function objectOf(line: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
