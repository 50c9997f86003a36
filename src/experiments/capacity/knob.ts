/**
 * The knob of a capacity plan as a flag writes it: `path=1..40`, `path=100/s..2000/s`, `path=500m..4000m`, `path=2,4,8,16`.
 *
 * Values keep their unit and are exact decimals: 0.1, 0.2, 0.3, not the sums of floats.
 */
import { type Issue, ScenarioError } from '../../errors.ts';

export interface Knob {
  readonly ask: 'smallest' | 'largest';
  /** As `--set` takes it. */
  readonly path: string;
  /** In the order written, or from low to high. */
  readonly values: readonly string[];
  /** Numbers of the values, without their unit. */
  readonly numbers: readonly number[];
  /** What all values end in; '' for plain numbers. */
  readonly unit: string;
  /** Between neighbours, with unit; absent for a list. */
  readonly step?: string;
}

export interface KnobText {
  readonly ask: Knob['ask'];
  /** `path=values`. */
  readonly text: string;
  /** `--step`. */
  readonly step?: string;
}

const NUMBER = /^(\d+(?:\.\d+)?)(.*)$/;
/** A range without `--step` has at most so many steps, unless it is of plain whole numbers. */
const STEPS = 200;
const MOST_VALUES = 10_000;
const HINT = 'e.g. deployment/web.spec.replicas=1..40 or clients[0].arrivals.rate=100/s..2000/s';

/** @throws ScenarioError with what is wrong, naming the flag */
export function parseKnob({ ask, text, step }: KnobText): Knob {
  const where = `--${ask}`;
  const at = text.lastIndexOf('=');
  const [path, range] = [text.slice(0, at), text.slice(at + 1)];
  if (at <= 0 || range === '') return fail({ where, problem: 'not path=from..to', value: text, hint: HINT });
  const ends = range.split('..');
  if (ends.length === 1) {
    if (step !== undefined) fail({ where: '--step', problem: 'a list has no step', value: step, hint: 'write a range, from..to' });
    return { ask, path, ...listOf(where, range) };
  }
  if (ends.length !== 2) return fail({ where, problem: 'not from..to', value: range, hint: HINT });
  return { ask, path, ...rangeOf(where, ends as [string, string], step) };
}

function listOf(where: string, text: string): Pick<Knob, 'values' | 'numbers' | 'unit'> {
  const values = text.split(',').map((value) => value.trim());
  const parts = values.map((value) => NUMBER.exec(value));
  const [first] = parts;
  if (values.length < 2 || first === null || parts.some((part) => part === null || part[2] !== first[2]))
    return fail({ where, problem: 'not a list of two values or more in one unit', value: text, hint: HINT });
  const numbers = parts.map((part) => Number(part?.[1]));
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]))
    return fail({ where, problem: 'not in ascending order', value: text, hint: 'write the smallest value first' });
  return { values, numbers, unit: first[2] };
}

function rangeOf(where: string, ends: readonly [string, string], stepText: string | undefined): Omit<Knob, 'ask' | 'path'> {
  const [from, to] = ends.map((end) => NUMBER.exec(end.trim()));
  const range = ends.join('..');
  if (from === null || to === null) return fail({ where, problem: 'not a range of numbers', value: range, hint: HINT });
  if (from[2] !== to[2]) return fail({ where, problem: 'two units in one range', value: range, hint: `write both ends in ${from[2] || to[2]}` });
  const unit = from[2];
  const step = stepText === undefined ? defaultStep(from[1], to[1], unit) : stepOf(stepText, unit);
  const decimals = Math.max(...[from[1], to[1], step].map(decimalsOf));
  const scaled = (text: string) => Math.round(Number(text) * 10 ** decimals);
  const [first, last, width] = [scaled(from[1]), scaled(to[1]), scaled(step)];
  if (first >= last) return fail({ where, problem: 'the range is empty', value: range, hint: 'write the smaller end first' });
  const count = Math.floor((last - first) / width) + 1;
  if (count > MOST_VALUES) return fail({ where, problem: 'too many values', value: String(count), hint: `at most ${MOST_VALUES}: give a larger --step` });
  if (count < 2)
    return fail({ where: '--step', problem: 'longer than the range', value: `${step}${unit}`, hint: `below ${(last - first) / 10 ** decimals}${unit}` });
  const texts = Array.from({ length: count }, (_, i) => decimalText(first + i * width, decimals));
  return { values: texts.map((text) => text + unit), numbers: texts.map(Number), unit, step: step + unit };
}

function stepOf(text: string, unit: string): string {
  const match = NUMBER.exec(text);
  if (match === null || !(Number(match[1]) > 0)) return fail({ where: '--step', problem: 'not a step above 0', value: text, hint: `e.g. 1${unit}` });
  if (match[2] !== unit) return fail({ where: '--step', problem: 'another unit than that of the range', value: text, hint: `write ${match[1]}${unit}` });
  return match[1];
}

/** 1 for plain whole numbers; otherwise 1, 2 or 5 times a power of ten, so that a range has at most 200 steps. */
function defaultStep(from: string, to: string, unit: string): string {
  const isWhole = unit === '' && decimalsOf(from) === 0 && decimalsOf(to) === 0;
  if (isWhole) return '1';
  const least = (Number(to) - Number(from)) / STEPS;
  for (let power = -6; power < 12; power++) {
    for (const digit of [1, 2, 5]) {
      const step = power < 0 ? digit / 10 ** -power : digit * 10 ** power;
      if (step >= least) return power < 0 ? decimalText(digit, -power) : String(step);
    }
  }
  return String(Math.ceil(least));
}

function decimalsOf(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

/** 1250 with 2 decimals → `12.5`. */
function decimalText(scaled: number, decimals: number): string {
  const digits = String(scaled).padStart(decimals + 1, '0');
  const fraction = decimals === 0 ? '' : digits.slice(-decimals).replace(/0+$/, '');
  const whole = decimals === 0 ? digits : digits.slice(0, -decimals);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function fail(issue: Issue): never {
  throw new ScenarioError([issue]);
}
