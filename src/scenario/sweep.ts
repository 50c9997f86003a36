/**
 * The cells of a study: axes of `spec.sweep` and of `--vary path=v1,v2`, all their combinations, without those that are excluded.
 *
 * An axis sets one path to each of its values, or several paths to what each of its named variants says.
 */
import { type Document, formatPath, formatPointer, isObject, type Path, type PlainObject, valueAt } from './document.ts';
import { type Condition, type AxisValue as Label, parseExpression } from './expression.ts';
import { parsePath, splitFlag } from './overrides.ts';
import type { Report } from './report.ts';
import { parseFlagValue } from './yaml.ts';

export interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
  /** A flag, or `file:line:column` of the axis. */
  readonly where: string;
}

/** One place on an axis. */
export interface AxisValue {
  /** As results and `exclude` name it. */
  readonly label: Label;
  readonly settings: readonly { readonly path: Path; readonly value: unknown }[];
}

/** A cell: one value of each axis. */
export type Combination = readonly { readonly axis: Axis; readonly value: AxisValue }[];

/** An expression of `sweep.exclude`, and where it is written. */
export interface Exclusion {
  readonly text: string;
  readonly path: Path;
  readonly holds: Condition;
  readonly document: Document;
}

const MOST_CELLS = 10_000;
/** Before those that are excluded are left out. */
const MOST_COMBINATIONS = 1_000_000;
const MOST_STEPS = 1000;
/** What decides how a study is read cannot be different in one of its cells. */
const FIXED = ['/spec/manifests', '/spec/sweep', '/spec/run/seed', '/spec/run/replications', '/spec/run/stopWhen', '/metadata/name', '/apiVersion', '/kind'];

/** `--vary path=v1,v2`, or `path=2..10` and `path=100/s..500/s..100/s` in steps. */
export function parseVary(vary: readonly string[], report: Report): Axis[] {
  const axes = vary.flatMap((text) => {
    const split = splitFlag('--vary', text, report);
    if (split === null) return [];
    const where = `--vary ${split.name}`;
    const values = splitValues(split.value).flatMap((each) => {
      const [from, to, step = '1'] = /^[\d.]+[^.]*\.\.[\d.]/.test(each) ? each.split(/\.\.(?=\d)/, 3) : [];
      return from === undefined || to === undefined
        ? [parseFlagValue(each)]
        : stepsOf({ from, to, step }, (problem, hint) => report.add({ where, problem, value: each, hint }));
    });
    return [{ path: split.path, where, values: values.map((value) => ({ label: labelOf(value), settings: [{ path: split.path, value }] })) }];
  });
  const lastSteps = axes.map(({ path }) => String(path.at(-1)));
  // The last step is the name, as long as it names one axis only.
  return axes.map(({ path, where, values }, i) => ({
    name: lastSteps.indexOf(lastSteps[i]) === lastSteps.lastIndexOf(lastSteps[i]) ? lastSteps[i] : formatPath(path).replace(/^spec\./, ''),
    values,
    where,
  }));
}

/** At commas outside brackets and quotes. */
function splitValues(text: string): string[] {
  const values = [''];
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('[{('.includes(character)) depth++;
    else if (')}]'.includes(character)) depth--;
    if (character === ',' && depth === 0 && quote === '') values.push('');
    else values[values.length - 1] += character;
  }
  return values.map((value) => value.trim());
}

/** The axes that the scenario writes. Those of a wrong shape are left out: the check against the schema reports them. */
export function readAxes(scenario: Document, report: Report): Axis[] {
  const axes = valueAt(scenario.value, ['spec', 'sweep', 'axes']);
  if (!isObject(axes)) return [];
  return Object.entries(axes).flatMap(([name, axis]) => (isObject(axis) ? readAxis(scenario, name, axis, report) : []));
}

function readAxis(scenario: Document, name: string, axis: PlainObject, report: Report): Axis[] {
  const at = ['spec', 'sweep', 'axes', name];
  const { path: pointer, values, variants } = axis;
  const path = typeof pointer === 'string' ? parsePath(pointer) : undefined;
  if (path === null) {
    report.at(scenario, [...at, 'path'], 'not a JSON pointer', pointer, '/spec/… or /manifests/KIND/NAME/…');
    return [];
  }
  if ((values === undefined) === (variants === undefined)) {
    report.at(scenario, at, values === undefined ? 'an axis without values' : 'values and variants at once', undefined, 'give values, or variants by name');
    return [];
  }
  if (variants !== undefined) {
    if (!isObject(variants)) return [];
    const read = Object.entries(variants).map(([label, value]) => readVariant(scenario, [...at, 'variants', label], label, value, path, report));
    const sound = read.filter((each) => each !== null);
    return sound.length === 0 ? [] : [{ name, where: scenario.locate([...at, 'variants']), values: sound }];
  }
  if (path === undefined) {
    report.at(scenario, at, 'values without a path', undefined, 'add path: /spec/…, or name what each variant sets');
    return [];
  }
  const issue = (problem: string, hint: string) => report.at(scenario, [...at, 'values'], problem, JSON.stringify(values), hint);
  const list = Array.isArray(values) ? values : isObject(values) ? stepsOf(values, issue) : [];
  if (list.length === 0) return [];
  return [{ name, where: scenario.locate([...at, 'values']), values: list.map((value) => ({ label: labelOf(value), settings: [{ path, value }] })) }];
}

/** With the path of the axis, its value there; without one, the paths that it names. */
function readVariant(scenario: Document, at: Path, label: string, value: unknown, path: Path | undefined, report: Report): AxisValue | null {
  if (path !== undefined) return { label, settings: [{ path, value }] };
  if (!isObject(value)) {
    report.at(scenario, at, 'a variant that names no path', value, `write ${label}: { /spec/…: value }, or give the axis a path`);
    return null;
  }
  const settings = Object.entries(value).map(([pointer, inner]) => ({ pointer, path: pointer.startsWith('/') ? parsePath(pointer) : null, value: inner }));
  for (const { pointer } of settings.filter((setting) => setting.path === null))
    report.at(scenario, [...at, pointer], 'not a JSON pointer', pointer, '/spec/… or /manifests/KIND/NAME/…');
  return { label, settings: settings.flatMap((setting) => (setting.path === null ? [] : [{ path: setting.path, value: setting.value }])) };
}

const QUANTITY = /^(-?\d+(?:\.\d+)?)(.*)$/;

/**
 * From `from` to `to`, both included where the steps meet it. All three with one unit, which the values keep: `100/s`, `200/s`, …
 * Those that are not even of the right type are left to the check against the schema.
 */
function stepsOf({ from, to, step }: PlainObject, issue: (problem: string, hint: string) => void): (string | number)[] {
  const bounds = [from, to, step].map((bound) => (typeof bound === 'string' || typeof bound === 'number' ? QUANTITY.exec(String(bound)) : null));
  const [first, last, width] = bounds.map((bound) => Number(bound?.[1]));
  if (bounds.some((bound) => bound === null)) {
    if ([from, to, step].every((bound) => typeof bound === 'string' || typeof bound === 'number')) issue('not a range', 'write { from: 2, to: 10, step: 2 }');
    return [];
  }
  const units = new Set(bounds.map((bound) => bound?.[2]));
  const [unit] = units;
  if (units.size > 1) issue('a range with more than one unit', 'write from, to and step with the same unit');
  else if (!(width > 0)) issue('a range without steps', 'step must be above 0');
  else if (last < first) issue('an empty range', 'from is not above to');
  else if ((last - first) / width >= MOST_STEPS) issue('too many steps', `at most ${MOST_STEPS}`);
  else {
    // Twelve digits: 0.1 + 0.2 is 0.3 here.
    const numbers = Array.from({ length: Math.floor((last - first) / width + 1e-9) + 1 }, (_, i) => Number((first + i * width).toPrecision(12)));
    return unit === '' ? numbers : numbers.map((number) => `${number}${unit}`);
  }
  return [];
}

function labelOf(value: unknown): Label {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value);
}

export function labelsOf(combination: Combination): Record<string, Label> {
  return Object.fromEntries(combination.map(({ axis, value }) => [axis.name, value.label]));
}

/** `sweep.exclude`: expressions over the axes, those of flags too. */
export function readExclusions(scenario: Document, axes: readonly Axis[], report: Report): Exclusion[] {
  const texts = valueAt(scenario.value, ['spec', 'sweep', 'exclude']);
  if (!Array.isArray(texts)) return [];
  const known = new Map(axes.map(({ name, values }) => [name, values.map(({ label }) => label)]));
  return texts.flatMap((text, i) => {
    const path = ['spec', 'sweep', 'exclude', i];
    if (typeof text !== 'string') return [];
    const condition = parseExpression(text, known);
    if (typeof condition === 'function') return [{ text, path, holds: condition, document: scenario }];
    const { at, problem, value, hint } = condition;
    report.at(scenario, path, `character ${at + 1}: ${problem}`, value, hint);
    return [];
  });
}

/** All combinations that are not excluded, the last axis fastest. Without axes: one combination of nothing. */
export function combinations(axes: readonly Axis[], exclusions: readonly Exclusion[], report: Report): readonly Combination[] {
  refuseWrongAxes(axes, report);
  const count = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (count > MOST_COMBINATIONS) {
    report.add({ where: axes[0].where, problem: 'too many combinations', value: String(count), hint: `at most ${MOST_CELLS}` });
    return [[]];
  }
  const all = axes.reduce<Combination[]>((cells, axis) => cells.flatMap((cell) => axis.values.map((value) => [...cell, { axis, value }])), [[]]);
  const used = new Set<Exclusion>();
  const kept = all.filter((combination) => {
    const labels = labelsOf(combination);
    const holding = exclusions.filter(({ holds }) => holds(labels));
    for (const exclusion of holding) used.add(exclusion);
    return holding.length === 0;
  });
  for (const { document, path, text } of exclusions.filter((exclusion) => !used.has(exclusion)))
    report.at(document, path, 'excludes nothing', text, 'no combination is like that');
  if (kept.length === 0) report.at(exclusions[0].document, exclusions[0].path.slice(0, -1), 'all combinations are excluded');
  if (kept.length > MOST_CELLS)
    report.add({ where: axes[0].where, problem: 'too many combinations', value: String(kept.length), hint: `at most ${MOST_CELLS}` });
  return kept.length === 0 || kept.length > MOST_CELLS ? [[]] : kept;
}

function refuseWrongAxes(axes: readonly Axis[], report: Report): void {
  const names = new Set<string>();
  for (const { name, values, where } of axes) {
    if (names.has(name)) report.add({ where, problem: 'two axes with one name', value: name });
    names.add(name);
    const labels = values.map(({ label }) => String(label));
    for (const twice of new Set(labels.filter((label, i) => labels.indexOf(label) < i))) report.add({ where, problem: 'a value given twice', value: twice });
    const pointers = new Set(values.flatMap(({ settings }) => settings.map(({ path }) => formatPointer(path))));
    for (const pointer of pointers)
      if (FIXED.some((fixed) => pointer === fixed || pointer.startsWith(`${fixed}/`)))
        report.add({ where, problem: 'an axis cannot change this', value: pointer });
  }
}
