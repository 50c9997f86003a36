/** What can be said of an entry's traffic without running it, and the same traffic at another rate. */
import { isConstantRate, scaleRate } from '../workload/rate.ts';
import type { ArrivalSpec } from './scenario.ts';

/** One request at a time at random instants, at one rate: what most closed forms ask for. */
export function isPlainPoisson(arrivals: ArrivalSpec): boolean {
  return arrivals.type === 'open' && arrivals.steps.law === 'exponential' && arrivals.batch === null && isConstantRate(arrivals.rate);
}

/** Requests per second, or users, times `factor`. */
export function scaleTraffic(arrivals: ArrivalSpec, factor: number): ArrivalSpec {
  if (arrivals.type === 'closed') return { ...arrivals, users: Math.max(1, Math.round(arrivals.users * factor)) };
  if (arrivals.type === 'trace') return { ...arrivals, timesNs: arrivals.timesNs.map((time) => Math.floor(time / factor + 0.5)) };
  return { ...arrivals, rate: scaleRate(arrivals.rate, factor) };
}
