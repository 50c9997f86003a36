/** Time, as the control plane needs it. The simulation's kernel fulfils this; so does a clock that never moves. */
export interface Clock {
  /** Simulated time [ns]. */
  readonly now: number;
  /** Runs `run` once, `delayNs` from now; calls with equal times run in the order in which they were asked for. */
  after(delayNs: number, run: () => void): void;
}

/** For readers of a cluster as it stands at time 0 (`validate`, `trace`): nothing ever happens. */
export const stoppedClock: Clock = { now: 0, after: () => undefined };

export const NANOSECONDS_PER_SECOND = 1_000_000_000;

/**
 * Simulated time as the API writes times: RFC 3339, whole seconds. Time 0 is 2000-01-01T00:00:00Z, so that the text never depends on the wall clock.
 * @param ns simulated time [ns], at least 0
 */
export function timestamp(ns: number): string {
  const seconds = Math.floor(ns / NANOSECONDS_PER_SECOND);
  const time = [seconds / 3600, seconds / 60, seconds].map((part, i) => twoDigits(Math.floor(part) % (i === 0 ? 24 : 60))).join(':');
  return `${dateOf(Math.floor(seconds / 86400))}T${time}Z`;
}

/** Days since 2000-01-01 → date, month by month; a run has at most some thousand days. */
function dateOf(daysSince2000: number): string {
  let days = daysSince2000;
  let year = 2000;
  let month = 0;
  while (days >= daysIn(year, month)) {
    days -= daysIn(year, month);
    month = (month + 1) % 12;
    if (month === 0) year++;
  }
  return `${year}-${twoDigits(month + 1)}-${twoDigits(days + 1)}`;
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month];
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
