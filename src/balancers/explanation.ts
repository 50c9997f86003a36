/** The few shapes that an explanation takes. Slow path: `trace` and tests read them. */
import type { Explanation } from './balancer.ts';

/** The pick is refused. */
export function explainRefusal(out: Explanation, refusal: number, rule: string): void {
  out.candidates = [];
  out.rule = rule;
  out.refusal = refusal;
  out.remembered = null;
}

/** One endpoint for certain. */
export function explainCertain(out: Explanation, endpoint: number, rule: string): void {
  explainLaw(out, [endpoint], () => 1, rule);
}

/** Each of the endpoints is as likely as the others. */
export function explainUniform(out: Explanation, endpoints: ArrayLike<number>, rule: string): void {
  explainLaw(out, endpoints, () => 1 / endpoints.length, rule);
}

/** `probability(i)` of `endpoints[i]`; those with 0 are left out. */
export function explainLaw(out: Explanation, endpoints: ArrayLike<number>, probability: (i: number) => number, rule: string): void {
  out.candidates = Array.from(endpoints, (endpoint, i) => ({ endpoint, probability: probability(i) })).filter((c) => c.probability > 0);
  out.rule = rule;
  out.refusal = 0;
  out.remembered = null;
}

/** An IPv4 address given as uint32, in dotted form. */
export function dotted(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Seconds without a needless fraction, e.g. `10800s`. */
export function seconds(nanoseconds: number): string {
  return `${nanoseconds / 1e9}s`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
