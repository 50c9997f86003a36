/** A study taken apart: what is known of each cell before it runs, and the units of work (cell × replication), in order. */
import type { Scenario, Study } from '../scenario/scenario.ts';
import { describeTraffic, type TrafficDescription } from '../simulation/offered-load.ts';
import type { CellInput } from './merge.ts';
import { checkThresholds } from './thresholds.ts';

export type { TrafficDescription };

export interface Plan {
  readonly study: Study;
  readonly cells: readonly PlannedCell[];
  readonly units: readonly Unit[];
}

export interface PlannedCell extends CellInput {
  readonly traffic: TrafficDescription;
}

/** One replication of one cell: what a worker does at a time. */
export interface Unit {
  /** Index into `Plan.cells`. */
  readonly cell: number;
  readonly replication: number;
}

/** What a worker needs to know of a unit. */
export interface UnitSpec {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly cell: number;
  readonly replication: number;
}

/** @throws ScenarioError when a threshold cannot be answered, or the traffic of a cell makes no sense */
export function planStudy(study: Study): Plan {
  for (const cell of study.cells) checkThresholds(cell.scenario);
  const cells = study.cells.map((cell) => {
    const traffic = describeTraffic(cell.scenario);
    return { ...cell, offeredLoad: traffic.offeredLoad, traffic };
  });
  // Cell by cell, so that each can be merged and let go as soon as possible.
  const units = cells.flatMap((_, cell) => Array.from({ length: study.replications }, (_unused, replication) => ({ cell, replication })));
  return { study, cells, units };
}
