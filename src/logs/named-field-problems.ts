/** What is wrong with the names and units of a CSV or JSON log, by its first lines. */
import { cellsOf, namesOf } from './csv.ts';
import { fieldValue, isObject, type JsonObject, objectOf } from './json-lines.ts';
import { FIELDS, type FieldNames, TIME_UNITS } from './log-entry.ts';
import { isNumber, matchFields } from './named-fields.ts';

export interface FieldProblem {
  readonly problem: string;
  readonly hint: string;
}

interface Named {
  readonly names: readonly string[];
  readonly objects: readonly JsonObject[];
}

const MOST_NAMES = 12;
const DEEPEST = 4;

/**
 * Told names that no line has, and durations that are numbers without a unit.
 * @param format its name; null when none was recognised: then the lines are taken for what they look like
 */
export function fieldProblems(format: string | null, lines: readonly string[], told: FieldNames): readonly FieldProblem[] {
  const named = format === 'json' ? jsonNames(lines) : format === 'csv' ? csvNames(lines) : format === null ? (jsonNames(lines) ?? csvNames(lines)) : null;
  return named === null ? [] : [...missing(named, told), ...withoutUnit(named, told)];
}

function jsonNames(lines: readonly string[]): Named | null {
  const objects = lines.map(objectOf).filter((object) => object !== null);
  return objects.length === 0 ? null : { names: [...new Set(objects.flatMap((object) => pathsOf(object, DEEPEST)))], objects };
}

/** Names as `--field` takes them, those of inner objects with dots. */
function pathsOf(object: JsonObject, depth: number): string[] {
  return Object.entries(object).flatMap(([name, value]) =>
    isObject(value) && depth > 1 ? pathsOf(value, depth - 1).map((inner) => `${name}.${inner}`) : [name],
  );
}

function csvNames([header, ...rows]: readonly string[]): Named | null {
  const names = namesOf(header);
  if (names === null) return null;
  const objects = rows.flatMap((row) => {
    const cells = cellsOf(row);
    return cells?.length === names.length ? [Object.fromEntries(names.map((name, i) => [name, cells[i]]))] : [];
  });
  return objects.length === 0 ? null : { names, objects };
}

function missing({ names, objects }: Named, told: FieldNames): FieldProblem[] {
  const shown = names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
  return FIELDS.flatMap((field) => {
    const name = told[field]?.name;
    if (name === undefined || objects.some((object) => fieldValue(object, name) !== undefined)) return [];
    return [{ problem: `no field ${name}`, hint: `there ${names.length === 1 ? 'is' : 'are'} ${shown}` }];
  });
}

function withoutUnit({ objects }: Named, told: FieldNames): FieldProblem[] {
  const problems = new Map<string, FieldProblem>();
  for (const object of objects) {
    const found = matchFields(Object.keys(object), told);
    const time = found.time?.name ?? 'time';
    for (const field of ['duration', 'upstream'] as const) {
      const by = found[field];
      const value = by === undefined || by.unit !== null ? undefined : fieldValue(object, by.name);
      if (by === undefined || value === undefined || !isNumber(String(value))) continue;
      const others = time === 'time' ? '' : ` --field time=${time}`;
      problems.set(by.name, {
        problem: `${by.name} has no unit`,
        hint: `write --field ${field}=${by.name}:ms${others}; units ${Object.keys(TIME_UNITS).join(', ')}`,
      });
    }
  }
  return [...problems.values()];
}
