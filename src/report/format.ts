/**
 * Numbers as people read them, the same text on every machine: three significant digits, SI units, thin grouping.
 *
 * Values are SI (seconds, shares) as in the result document.
 */
import type { Estimate } from '../experiments/result.ts';

/** A unit to show seconds in: `value × perSecond` is in `name`. */
export interface Unit {
  readonly name: string;
  readonly perSecond: number;
}

const DURATION_UNITS: readonly Unit[] = [
  { name: 'µs', perSecond: 1e6 },
  { name: 'ms', perSecond: 1e3 },
  { name: 's', perSecond: 1 },
];

/** The unit for an axis of durations up to `longest` [s]. */
export function durationUnit(longest: number): Unit {
  if (longest < 0.001) return DURATION_UNITS[0];
  return longest < 2 ? DURATION_UNITS[1] : DURATION_UNITS[2];
}

/** The unit for an axis of simulated time that ends at `end` [s]. */
export function timeUnit(end: number): Unit {
  if (end > 2 * 3600) return { name: 'h', perSecond: 1 / 3600 };
  return end > 180 ? { name: 'min', perSecond: 1 / 60 } : { name: 's', perSecond: 1 };
}

/** Significant digits where nothing says otherwise. */
const DIGITS = 3;

/** What a value is measured in. */
export type Quantity = 'seconds' | 'share' | 'number';

/** A value with as many significant digits as asked for; trailing zeros are left out. */
export function formatExactly(value: number, quantity: Quantity, digits: number): string {
  if (quantity === 'seconds') return secondsText(value, digits);
  return quantity === 'share' ? `${significant(value * 100, digits)} %` : significant(value, digits);
}

/** `0.0841` → `84.1 ms`, `0` → `0 s`, `1260` → `21 min`. */
export function formatSeconds(seconds: number): string {
  return secondsText(seconds, DIGITS);
}

function secondsText(seconds: number, digits: number): string {
  if (seconds === 0) return '0 s';
  const size = Math.abs(seconds);
  if (size < 0.9995e-6) return `${significant(seconds * 1e9, digits)} ns`;
  if (size < 0.9995e-3) return `${significant(seconds * 1e6, digits)} µs`;
  if (size < 0.9995) return `${significant(seconds * 1e3, digits)} ms`;
  if (size < 120) return `${significant(seconds, digits)} s`;
  return size < 7200 ? `${significant(seconds / 60, digits)} min` : `${significant(seconds / 3600, digits)} h`;
}

/** A plain number with three significant digits, or all digits before the point: `43200000` → `43,200,000`. */
export function formatNumber(value: number): string {
  return significant(value, DIGITS);
}

/** `0.00227` → `0.227 %`. */
export function formatShare(share: number): string {
  return formatExactly(share, 'share', DIGITS);
}

/** A figure by itself: `null` = no observation, "inf" = the request had not ended when the run did. */
export function formatValue(value: number | 'inf' | null, format: (value: number) => string): string {
  if (value === null) return 'no observation';
  return value === 'inf' ? 'not ended' : format(value);
}

/** A figure with its 95 % interval, where it has one: `84.1 ms (82.0 ms to 86.2 ms)`. */
export function formatEstimate(estimate: Estimate, format: (value: number) => string): string {
  if ('noInterval' in estimate) return formatValue(estimate.value, format);
  // An interval too narrow to be seen in the digits shown says nothing.
  return format(estimate.low) === format(estimate.high)
    ? format(estimate.value)
    : `${format(estimate.value)} (${format(estimate.low)} to ${format(estimate.high)})`;
}

/** `1 pod`, `3 pods`. */
export function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function significant(value: number, digits: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : value < 0 ? '-∞' : 'not a number';
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-6) return value.toExponential(1).replace('e-', 'e−');
  const isLong = size >= 10 ** (digits - 1);
  const text = isLong ? value.toFixed(0) : size >= 1e-3 || size === 0 ? value.toPrecision(digits) : value.toFixed(digits - 1 - Math.floor(Math.log10(size)));
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return plain
    .replace(/^-/, '−')
    .replace(/\B(?=(\d{3})+(?!\d|\.))/g, (_match, _group, offset: number, whole: string) => (whole.lastIndexOf('.', offset) === -1 ? ',' : ''));
}
