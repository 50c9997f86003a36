/** A study taken apart: what is known of each cell before it runs. */
import type { Cell, Scenario, Study } from '../scenario/scenario.ts';
import { describeTraffic, type TrafficDescription } from '../simulation/offered-load.ts';
import type { CellInput } from './merge.ts';
import { checkThresholds } from './thresholds.ts';

export type { TrafficDescription };

export interface Plan {
  readonly study: Study;
  readonly cells: readonly PlannedCell[];
}

export interface PlannedCell extends CellInput {
  readonly traffic: TrafficDescription;
}

/** One replication of one cell: what a worker does at a time. */
export interface UnitSpec {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly cell: number;
  readonly replication: number;
}

/** @throws ScenarioError when a threshold cannot be answered, or the traffic of a cell makes no sense */
export function planStudy(study: Study): Plan {
  for (const cell of study.cells) checkThresholds(cell.scenario);
  return { study, cells: study.cells.map(describe) };
}

/** One cell by itself, as `planStudy` plans it. */
export function planCell(cell: Cell): PlannedCell {
  checkThresholds(cell.scenario);
  return describe(cell);
}

function describe(cell: Cell): PlannedCell {
  const traffic = describeTraffic(cell.scenario);
  return { ...cell, offeredLoad: traffic.offeredLoad, traffic };
}
