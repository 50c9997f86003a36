/** Checks a scenario document against the schema, and says what is wrong in the user's words. */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { ModelError } from '../errors.ts';
import { isUnitProblem, parseDuration, parseRate, parseShare, parseSize, type UnitProblem } from '../units.ts';
import { type Document, formatPath, isObject, type Path, valueAt } from './document.ts';
import { NOT_BUILT, NOT_BUILT_AT, NOT_BUILT_KEYS, NOT_BUILT_VALUES } from './not-built.ts';
import { nearest, type Report } from './report.ts';

const UNIT_READERS: Readonly<Record<string, (value: unknown) => number | UnitProblem>> = {
  duration: parseDuration,
  'warm-up': parseDuration,
  rate: parseRate,
  size: parseSize,
  share: parseShare,
};

const HINTS: Readonly<Record<string, string>> = {
  'Kubernetes version': 'write it in quotes: "1.35"',
  'queue limit': 'none, or a number of queue places',
  path: 'a path of a request starts with /',
  method: 'GET, POST, …',
  law: 'a constant such as 12ms, or { law: exponential, mean: 12ms }',
  view: 'own, shared, or { refresh: 50ms }',
  place: 'external, vpc, nodes, deployment/NAME, node/NAME, or { zones: { a: 60%, b: 40% } }',
  'JSON pointer': '/spec/… or /manifests/KIND/NAME/…, with / in a key written ~1',
  'axis values': 'a list such as [4, 8], or { from: 2, to: 10, step: 2 }',
  'client name': 'letters, digits, -, _ and ., at most 63',
  'node name': 'lower-case letters, digits, - and .',
  nodes: '{ count, zones, cpu, public }, { from: FILE }, or a list of { name, zone, cpu, public }',
};

/** Adds every issue of the document's shape. The paths are those of wrong values; of unknown and missing keys, with the key. */
export type Checker = (document: Document, report: Report) => readonly Path[];

/** @throws ModelError when the package was not built completely */
export async function createChecker(): Promise<Checker> {
  const validate = await loadValidator();
  return (document, report) => {
    const errors = validate(document.value) ? [] : (validate.errors ?? []);
    for (const error of errors) addIssue(document, error, report);
    return errors.map((error) => {
      const key: unknown = error.params.additionalProperty ?? error.params.missingProperty;
      return [...pathOf(document, error.instancePath), ...(key === undefined ? [] : [String(key)])];
    });
  };
}

/** Compiled from the schema when the package is built (`scripts/build-validator.js`): doing it here would take 0.1 s of every start. */
async function loadValidator(): Promise<ValidateFunction> {
  const file = new URL('./validate-scenario.js', import.meta.url);
  try {
    return ((await import(file.href)) as { default: ValidateFunction }).default;
  } catch {
    throw new ModelError('the validator scenario/validate-scenario.js is missing (run npm run build)');
  }
}

function addIssue(document: Document, error: ErrorObject, report: Report): void {
  const path = pathOf(document, error.instancePath);
  const value = valueAt(document.value, path);
  const schema = (error.parentSchema ?? {}) as { title?: string; enum?: unknown[]; properties?: Record<string, unknown> };
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(document, path, String(error.params.additionalProperty), Object.keys(schema.properties ?? {}), report);
    case 'required':
      return report.at(document, path, `${error.params.missingProperty} is missing`);
    case 'type':
    case 'pattern':
      return wrongValue(document, path, value, schema.title, error, report);
    case 'enum':
      return unknownValue(document, path, value, schema.enum ?? [], report);
    case 'const':
      return report.at(document, path, 'unknown value', value, `write ${error.params.allowedValue}`);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      if (schema.title === 'size') return wrongValue(document, path, value, schema.title, error, report);
      return report.at(
        document,
        path,
        typeof value === 'number' && value < 0 ? 'negative number' : 'number out of range',
        value,
        `must be ${error.params.comparison} ${error.params.limit}`,
      );
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return report.at(document, path, 'empty', undefined, 'at least one is needed');
    case 'maxLength':
      return report.at(document, path, 'text too long', value, `at most ${error.params.limit} characters`);
    case 'maxItems':
    case 'maxProperties':
      return report.at(document, path, 'too many', undefined, `at most ${error.params.limit}`);
    default:
      return report.at(document, path, String(error.message), value);
  }
}

/** ajv's pointer names keys and indices alike; the document knows which are lists. */
function pathOf(document: Document, pointer: string): Path {
  const path: (string | number)[] = [];
  let value = document.value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(key) : key);
    value = valueAt(value, [path.at(-1) as string]);
  }
  return path;
}

function unknownKey(document: Document, path: Path, key: string, known: readonly string[], report: Report): void {
  const instead = NOT_BUILT_KEYS.get(key);
  if (instead !== undefined) return report.at(document, [...path, key], `${key}: ${NOT_BUILT}`, undefined, instead);
  const close = nearest(key, known);
  const hint = close.length > 0 ? `did you mean ${close.join(' or ')}?` : `known here: ${known.join(', ')}`;
  report.at(document, [...path, key], 'unknown key', key, hint);
}

function wrongValue(document: Document, path: Path, value: unknown, title: string | undefined, error: ErrorObject, report: Report): void {
  const notBuilt = notBuiltHint(path, value);
  if (notBuilt !== undefined) return report.at(document, path, `${String(value)}: ${NOT_BUILT}`, undefined, notBuilt);
  const unit = UNIT_READERS[title === 'law' && typeof value !== 'object' ? 'duration' : (title ?? '')];
  const problem = unit?.(value);
  if (problem !== undefined && isUnitProblem(problem)) return report.unit(document, path, problem, value);
  if (error.keyword === 'pattern') return report.at(document, path, `unknown ${title ?? 'value'}`, value, HINTS[title ?? '']);
  const wanted = title ?? [error.params.type].flat().map(article).join(' or ');
  report.at(document, path, `${title === undefined ? '' : 'a '}${wanted} is expected, not ${nameOf(value)}`, value, HINTS[title ?? '']);
}

function unknownValue(document: Document, path: Path, value: unknown, allowed: readonly unknown[], report: Report): void {
  const notBuilt = notBuiltHint(path, value);
  if (notBuilt !== undefined) return report.at(document, path, `${String(value)}: ${NOT_BUILT}`, undefined, notBuilt);
  report.at(document, path, 'unknown value', value, `one of ${[...new Set(allowed.map(String))].join(', ')}`);
}

function notBuiltHint(path: Path, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = formatPath(path);
  return NOT_BUILT_VALUES.get(value) ?? NOT_BUILT_AT.find((rule) => rule.path.test(text) && rule.values.test(value))?.hint;
}

function article(type: string): string {
  return type === 'integer'
    ? 'a whole number'
    : type === 'array' || type === 'object'
      ? `an ${type === 'array' ? 'list' : type}`.replace('an list', 'a list')
      : `a ${type}`;
}

function nameOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return isObject(value) ? 'an object' : `a ${typeof value}`;
}
