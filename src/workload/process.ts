/** What an open loop is made of, as plain data: steps of a process of rate 1, the rate, and how many requests come at once. */
import type { LawSpec } from '../random/law.ts';
import type { BatchSpec } from './batches.ts';
import type { RateSpec } from './rate.ts';

export interface ArrivalProcess {
  /** Only the shape counts: steps have mean 1. Exponential ones make a Poisson process. */
  readonly steps: LawSpec;
  /** Of requests, not of batches. */
  readonly rate: RateSpec;
  /** null = requests come one by one. */
  readonly batch: BatchSpec | null;
}

/** Steps by the name of the process; `renewal` brings its own. */
export const STEPS = {
  poisson: { law: 'exponential', mean: 1 },
  deterministic: { law: 'constant', value: 1 },
  uniform: { law: 'uniform', min: 0, max: 2 },
} as const satisfies Readonly<Record<string, LawSpec>>;
