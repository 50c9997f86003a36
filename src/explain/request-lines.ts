/** Lines of `--requests`: one JSON object each (url, method, headers, from, seed) → what to trace. What a line leaves out comes from the flags. */
import { formatIssue, type Issue, ScenarioError } from '../errors.ts';
import type { ProbeReader } from '../scenario/index.ts';
import type { TraceRequest } from './trace.ts';

/** As written by flags. */
export interface RequestDefaults {
  readonly url?: string;
  readonly from?: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly seed: string;
}

const LONGEST_LINE = 1 << 20;
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  url: isText,
  method: isText,
  from: isText,
  seed: (value) => isText(value) || typeof value === 'number',
  headers: (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isText),
};
const EXPECTED: Readonly<Record<string, string>> = { headers: 'an object of texts', seed: 'a text or number' };
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/; // RFC 9110, 5.6.2

interface Line {
  readonly url?: string;
  readonly method?: string;
  readonly from?: string;
  readonly seed?: string | number;
  readonly headers?: Readonly<Record<string, string>>;
}

export class RequestLines {
  private readonly reader: ProbeReader;
  private readonly defaults: RequestDefaults;

  constructor(reader: ProbeReader, defaults: RequestDefaults) {
    this.reader = reader;
    this.defaults = defaults;
  }

  /**
   * @param where place of the line, e.g. `requests.jsonl:12`
   * @returns the request, or what is wrong with the line
   */
  read(text: string, where: string): TraceRequest | { readonly problem: string } {
    try {
      return this.toRequest(parseLine(text, where), where);
    } catch (error) {
      if (error instanceof ScenarioError) return { problem: error.issues.map(formatIssue).join('; ') };
      throw error;
    }
  }

  private toRequest(line: Line, where: string): TraceRequest {
    const { defaults } = this;
    const url = line.url ?? defaults.url;
    if (url === undefined) return fail({ where, problem: 'no url', hint: '{"url": "http://web/"}, or --to URL for all lines' });
    const headers = { ...defaults.headers, ...readHeaders(Object.entries(line.headers ?? {}), where) };
    const { target, from } = this.reader.read(url, line.from ?? defaults.from, { url: where, from: where });
    return {
      target,
      from,
      method: readMethod(line.method ?? defaults.method, where),
      path: target.path,
      headers,
      seed: String(line.seed ?? defaults.seed),
      client: null,
    };
  }
}

/** @throws ScenarioError */
export function readMethod(text: string, where: string): string {
  return TOKEN.test(text) ? text : fail({ where, problem: 'not a method', value: text, hint: 'e.g. GET' });
}

/** Header names in lower case. @throws ScenarioError */
export function readHeaders(entries: readonly (readonly [string, string])[], where: string): Record<string, string> {
  return Object.fromEntries(
    entries.map(([name, value]) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they would end a header
      if (!TOKEN.test(name) || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
        return fail({ where, problem: 'not a header', value: `${name}: ${value}`, hint: "e.g. 'Host: shop.example'" });
      return [name.toLowerCase(), value.trim()];
    }),
  );
}

function parseLine(text: string, where: string): Line {
  if (text.length > LONGEST_LINE) return fail({ where, problem: 'the line is longer than 1 MiB' });
  const line = parseJson(text);
  if (typeof line !== 'object' || line === null || Array.isArray(line))
    return fail({ where, problem: 'not a JSON object', value: text, hint: '{"url": "http://web/", "seed": "1"}' });
  const issues = Object.entries(line).flatMap(([field, value]): Issue[] => {
    if (!Object.hasOwn(FIELDS, field)) return [{ where, problem: 'unknown field', value: field, hint: Object.keys(FIELDS).join(', ') }];
    return FIELDS[field](value) ? [] : [{ where, problem: `${field} is not ${EXPECTED[field] ?? 'a text'}` }];
  });
  if (issues.length > 0) throw new ScenarioError(issues);
  return line;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // reported as no object
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function fail(issue: Issue): never {
  throw new ScenarioError([issue]);
}
