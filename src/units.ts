/**
 * Units: the user's `250m`, `10ms`, `64MiB`, `2000/s` and `5%` to plain numbers, and back for people.
 *
 * Readers return the number, or a `UnitProblem` that says what is wrong and how to write it; nothing here throws.
 * Sources: contract.md part 2; Kubernetes quantities: k8s.io/apimachinery `pkg/api/resource/quantity.go`.
 */

export const NS_PER_US = 1e3;
export const NS_PER_MS = 1e6;
export const NS_PER_SECOND = 1e9;

/** Why a text is not the quantity asked for, and the way out. */
export interface UnitProblem {
  readonly problem: string;
  readonly hint: string;
}

export function isUnitProblem(value: number | UnitProblem): value is UnitProblem {
  return typeof value !== 'number';
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ns: 1, us: NS_PER_US, µs: NS_PER_US, ms: NS_PER_MS, s: 1e9, m: 60e9, h: 3600e9, d: 86400e9 };
const DURATION_HINT = 'write 50us, 250ms, 2s, 5m or 1h';
const NUMBER = '[0-9]+(?:\\.[0-9]+)?';
const DURATION_PART = new RegExp(`(${NUMBER})(ns|us|µs|ms|s|m|h|d)`, 'y');

/** The patterns of the schema: what an editor can check. The readers below decide. */
export const DURATION_PATTERN = `^(${NUMBER}(ns|us|µs|ms|s|m|h|d))+$`;
export const RATE_PATTERN = `^${NUMBER}[kM]?/(s|m|h)$`;
export const SIZE_PATTERN = `^${NUMBER}(B|KiB|MiB|GiB)$`;
export const SHARE_PATTERN = `^${NUMBER}%$`;

/** `1m30s`, `2.5ms` → nanoseconds, not rounded. Parts add up. */
export function parseDuration(text: unknown): number | UnitProblem {
  if (typeof text === 'number') return { problem: 'duration without a unit', hint: DURATION_HINT };
  if (typeof text !== 'string' || text === '') return { problem: 'not a duration', hint: DURATION_HINT };
  if (/^-/.test(text)) return { problem: 'negative duration', hint: 'durations are 0s or longer' };
  if (/^[0-9.]+$/.test(text)) return { problem: 'duration without a unit', hint: DURATION_HINT };
  let ns = 0;
  DURATION_PART.lastIndex = 0;
  for (let at = 0; at < text.length; at = DURATION_PART.lastIndex) {
    const part = DURATION_PART.exec(text);
    if (part === null) return { problem: 'unknown duration', hint: DURATION_HINT };
    ns += Number(part[1]) * DURATION_UNITS[part[2]];
  }
  return Number.isFinite(ns) ? ns : { problem: 'absurd duration', hint: DURATION_HINT };
}

const RATE_HINT = 'write 200/s, 30/m, 10/h or 2k/s';

/** `2000/s`, `2k/s`, `30/m` → per second. */
export function parseRate(text: unknown): number | UnitProblem {
  if (typeof text === 'number') return { problem: 'rate without a unit', hint: RATE_HINT };
  if (typeof text !== 'string') return { problem: 'not a rate', hint: RATE_HINT };
  if (/^-/.test(text)) return { problem: 'negative rate', hint: 'rates are 0/s or more' };
  const match = new RegExp(`^(${NUMBER})([kM]?)/(s|m|h)$`).exec(text);
  if (match === null) return { problem: /^[0-9.]+$/.test(text) ? 'rate without a unit' : 'unknown rate', hint: RATE_HINT };
  const thousands = match[2] === 'k' ? 1e3 : match[2] === 'M' ? 1e6 : 1;
  const seconds = match[3] === 's' ? 1 : match[3] === 'm' ? 60 : 3600;
  return (Number(match[1]) * thousands) / seconds;
}

const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824 };

/** `8KiB` → bytes, rounded. A bare 0 is allowed: it needs no unit. */
export function parseSize(text: unknown): number | UnitProblem {
  const hint = 'write 512B, 8KiB, 2MiB or 1GiB';
  if (text === 0) return 0;
  if (typeof text === 'number') return { problem: 'size without a unit', hint };
  const match = typeof text === 'string' ? new RegExp(`^(${NUMBER})(B|KiB|MiB|GiB)$`).exec(text) : null;
  return match === null ? { problem: 'unknown size', hint } : Math.round(Number(match[1]) * SIZE_UNITS[match[2]]);
}

/** `5%` → 0.05. */
export function parseShare(text: unknown): number | UnitProblem {
  const hint = 'write 5% or 0.1%';
  if (typeof text === 'number') return { problem: 'share without %', hint };
  const match = typeof text === 'string' ? new RegExp(`^(${NUMBER})%$`).exec(text) : null;
  return match === null ? { problem: 'unknown share', hint } : Number(match[1]) / 100;
}

const QUANTITY_SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1048576,
  Gi: 1073741824,
  Ti: 1099511627776,
  Pi: 1125899906842624,
  Ei: 1152921504606846976,
};

/** A Kubernetes quantity, `250m` → 0.25, `64Mi` → 67108864, `1e3` → 1000; plain numbers as they are. */
export function parseQuantity(value: unknown): number | UnitProblem {
  const hint = 'write 250m, 2, 64Mi or 1e3';
  if (typeof value === 'number') return value;
  const match = typeof value === 'string' ? /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(value) : null;
  if (match === null) return { problem: 'not a Kubernetes quantity', hint };
  const number = match[2] === undefined ? Number(match[1]) * QUANTITY_SUFFIXES[match[3] ?? ''] : Number(match[1] + match[2]);
  return Number.isFinite(number) ? number : { problem: 'absurd quantity', hint };
}

/** Three significant digits, without trailing zeros: 12.345 → `12.3`, 200 → `200`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  return String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3)));
}

/** Seconds → `830ns`, `12.3ms`, `1.84s`, `2m`, `1h30m`. */
export function formatDuration(seconds: number): string {
  const size = Math.abs(seconds);
  if (!Number.isFinite(seconds)) return formatNumber(seconds);
  if (size === 0) return '0s';
  if (size < 9.995e-7) return `${formatNumber(seconds * 1e9)}ns`;
  if (size < 9.995e-4) return `${formatNumber(seconds * 1e6)}us`;
  if (size < 0.9995) return `${formatNumber(seconds * 1e3)}ms`;
  if (size < 60) return `${formatNumber(seconds)}s`;
  return (seconds < 0 ? '-' : '') + formatLong(Math.round(size));
}

function formatLong(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('');
}

/** Per second → `12/s`, `2.1k/s`, `0.5/s`. */
export function formatRate(perSecond: number): string {
  const size = Math.abs(perSecond);
  if (size >= 999.5e3) return `${formatNumber(perSecond / 1e6)}M/s`;
  return size >= 999.5 ? `${formatNumber(perSecond / 1e3)}k/s` : `${formatNumber(perSecond)}/s`;
}

/** Bytes → `512B`, `1.5MiB`. */
export function formatSize(bytes: number): string {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    if (Math.abs(bytes) >= SIZE_UNITS[unit]) return `${formatNumber(bytes / SIZE_UNITS[unit])}${unit}`;
  }
  return `${formatNumber(bytes)}B`;
}

/** 0.0512 → `5.12%`. */
export function formatShare(share: number): string {
  return `${formatNumber(share * 100)}%`;
}
