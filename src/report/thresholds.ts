/**
 * Thresholds in words: what was asked, what came out, in the unit of the question.
 */
import type { ThresholdResult } from '../experiments/result.ts';
import { visible } from './escape.ts';
import { formatExactly, formatValue, type Quantity } from './format.ts';

const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Of several thresholds together: a conclusive failure outweighs doubt. */
export type State = 'passed' | 'failed' | 'inconclusive' | 'none';

export function thresholdState(thresholds: readonly ThresholdResult[]): State {
  if (thresholds.some((threshold) => !threshold.ok && threshold.conclusive)) return 'failed';
  if (thresholds.some((threshold) => !threshold.conclusive)) return 'inconclusive';
  return thresholds.length > 0 ? 'passed' : 'none';
}

export interface Expression {
  /** `p(99)`, `rate`, `jain`. */
  readonly statistic: string;
  readonly operator: string;
  /** Seconds for durations, a share for per cent. */
  readonly limit: number;
  readonly quantity: Quantity;
}

/** Statistics that are shares, however the limit is written. */
const SHARES = ['rate', 'positive', 'samePod', 'chance', 'busiestShare'];
/** Digits of a limit as its user wrote it, and the most that a value is given to be told from it. */
const LIMIT_DIGITS = 12;
const MOST_DIGITS = 16;

/** Takes `p(99)<120ms` apart; `undefined` for an expression of another form, which is then shown as written. */
export function parseExpression(expr: string): Expression | undefined {
  const match = /^\s*(.+?)\s*(<=|>=|==|!=|<|>)\s*(\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(ns|us|µs|ms|s|m|h|%|)\s*$/i.exec(expr);
  if (match === null) return undefined;
  const [, statistic, operator, digits, unit] = match;
  if (unit === '%') return { statistic, operator, limit: Number(digits) / 100, quantity: 'share' };
  if (unit in SECONDS) return { statistic, operator, limit: Number(digits) * SECONDS[unit], quantity: 'seconds' };
  return { statistic, operator, limit: Number(digits), quantity: SHARES.includes(statistic) ? 'share' : 'number' };
}

/** The measured value as the threshold's own unit shows it, with enough digits to lie on the same side of the limit. */
export function thresholdValue(threshold: ThresholdResult): string {
  const expression = parseExpression(threshold.expr);
  return formatValue(threshold.value, (value) => (expression === undefined ? formatExactly(value, 'number', 3) : apartFrom(expression, value)));
}

function apartFrom({ limit, quantity }: Expression, value: number): string {
  let digits = 3;
  while (digits < MOST_DIGITS && Math.sign(Number(value.toPrecision(digits)) - limit) !== Math.sign(value - limit)) digits++;
  return formatExactly(value, quantity, digits);
}

/** Why a threshold could not be decided, and what would decide it. */
export function doubtText({ noInterval, heldIn }: ThresholdResult): string {
  if (noInterval === undefined) return 'its interval contains the limit: more replications are needed to decide';
  const [held, all] = heldIn.split('/');
  const isOneSided = held === '0' || held === all; // so they are fewer than six
  return `no interval: ${visible(noInterval)} (${isOneSided ? 'six replications on one side decide' : 'run longer'})`;
}

/** One sentence for a threshold that failed or could not be decided. */
export function thresholdSentence(threshold: ThresholdResult): string {
  const expression = parseExpression(threshold.expr);
  const what = expression === undefined ? visible(`${threshold.metric} ${threshold.expr}`) : visible(`${expression.statistic} of ${threshold.metric}`);
  const asked = expression === undefined ? '' : ` where ${expression.operator} ${formatExactly(expression.limit, expression.quantity, LIMIT_DIGITS)} was asked`;
  const doubt = threshold.conclusive ? '' : `; ${doubtText(threshold)}`;
  return `${what} is ${thresholdValue(threshold)}${asked} (held in ${visible(threshold.heldIn)} replications)${doubt}`;
}
