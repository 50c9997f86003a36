/** What a bench says of several rounds. */

/** Middle value; the mean of the two middle ones of an even number. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * One line of the table.
 * @param {string} measure what was measured
 * @param {number[]} values one per round
 * @param {{ unit?: string, must?: number, aim?: number, atLeast?: boolean }} goal `atLeast`: greater is better
 */
export function row(measure, values, { unit = '', must, aim, atLeast = false } = {}) {
  const value = median(values);
  const reaches = (limit) => limit === undefined || (atLeast ? value >= limit : value <= limit);
  const verdict = must === undefined ? '' : !reaches(must) ? 'FAIL' : aim !== undefined && reaches(aim) ? 'ok, aim' : 'ok';
  return { measure, value, low: Math.min(...values), high: Math.max(...values), unit, must, aim, atLeast, verdict };
}

export const skipped = (measure, reason) => ({ measure, skipped: reason, verdict: '' });
