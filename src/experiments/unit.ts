/** One replication, advanced in slices, so that it can be watched and stopped. */
import type { RunResult } from '../measurement/run-result.ts';
import { createSimulation } from '../simulation/run.ts';
import type { UnitSpec } from './plan.ts';

/** About 20 to 50 ms of work. */
const EVENTS_PER_SLICE = 100_000;

/**
 * Simulates one replication, handing over after each slice.
 * @returns steps that yield the share done, 0 … 1, and end with the result
 */
export function* simulateUnit(spec: UnitSpec): Generator<number, RunResult> {
  const simulation = createSimulation(spec.scenario, { seed: spec.seed, replication: spec.replication, cell: spec.cell });
  while (!simulation.advanceTo(Infinity, EVENTS_PER_SLICE)) yield simulation.progress();
  return simulation.result();
}
