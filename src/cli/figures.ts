/** Estimates as a table shows them: value, and the interval in the same unit where there is one. */
import type { Estimate } from '../experiments/result.ts';
import { formatNumber, formatSeconds, formatShare } from '../report/format.ts';

type Format = (value: number) => string;

/** `84.1ms`; what had not ended shows as longer than the wait for it: `> 30s`. */
export function duration(estimate: Estimate, gracefulStop: number): string {
  return estimate.value === 'inf' ? `> ${compactSeconds(gracefulStop)}` : value(estimate, compactSeconds);
}

/** `84.1ms [82, 86.2]`. */
export function durationWithInterval(estimate: Estimate, gracefulStop: number): string {
  return duration(estimate, gracefulStop) + interval(estimate, compactSeconds);
}

export function share(estimate: Estimate): string {
  return value(estimate, compactShare);
}

export function number(estimate: Estimate): string {
  return value(estimate, formatNumber);
}

export function numberWithInterval(estimate: Estimate): string {
  return number(estimate) + interval(estimate, formatNumber);
}

export function shareWithInterval(estimate: Estimate): string {
  return share(estimate) + interval(estimate, compactShare);
}

export function compactSeconds(seconds: number): string {
  return formatSeconds(seconds).replace(' ', '');
}

export function compactShare(part: number): string {
  return formatShare(part).replace(' ', '');
}

function value(estimate: Estimate, format: Format): string {
  if (estimate.value === null) return '-';
  return estimate.value === 'inf' ? 'not ended' : format(estimate.value);
}

/** Ends drop their unit when both have that of the value; otherwise each names its own. An interval too narrow to be seen in the digits shown is not shown. */
function interval(estimate: Estimate, format: Format): string {
  if ('noInterval' in estimate || format(estimate.low) === format(estimate.high)) return '';
  const unit = unitOf(format(estimate.value));
  const ends = [format(estimate.low), format(estimate.high)];
  const isSame = unit !== '' && ends.every((end) => unitOf(end) === unit);
  return ` [${ends.map((end) => (isSame ? end.slice(0, -unit.length) : end)).join(', ')}]`;
}

function unitOf(text: string): string {
  return /[a-zµ%]+$/.exec(text)?.[0] ?? '';
}
