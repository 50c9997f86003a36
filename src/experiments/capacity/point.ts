/**
 * One value of the knob, under every variant: more replications until each threshold is decided, or the budget is spent.
 *
 * A variant that fails settles the point; where saturation alone breaks a threshold nothing is simulated at all.
 */
import type { RunResult } from '../../measurement/run-result.ts';
import { mergeCell } from '../merge.ts';
import type { PlannedCell } from '../plan.ts';
import { type DecidedThreshold, type Decision, decideThresholds } from '../threshold-decision.ts';
import { isHopeless, isSaturated, theoryOf } from './analytic.ts';
import type { VariantPoint } from './capacity-result.ts';
import type { Looks } from './looks.ts';

/** Where replications come from: a session, or made up in a test. */
export interface ReplicationSource {
  replications(cell: PlannedCell, from: number, to: number): Promise<readonly RunResult[]>;
}

export interface PointVerdict {
  readonly decision: Decision;
  readonly variants: readonly VariantPoint[];
}

export async function judgePoint(cells: readonly PlannedCell[], source: ReplicationSource, looks: Looks): Promise<PointVerdict> {
  const variants = cells.map((cell) => new Variant(cell, source, looks));
  if (!variants.some((variant) => variant.decision === 'fails')) {
    for (const size of looks.sizes) {
      const open = variants.filter((variant) => variant.decision === 'open');
      if (open.length === 0) break;
      await Promise.all(open.map((variant) => variant.look(size)));
      if (variants.some((variant) => variant.decision === 'fails')) break;
    }
  }
  return { decision: together(variants.map(({ decision }) => decision)), variants: variants.map((variant) => variant.report()) };
}

/** All have to hold; one that fails is enough to fail. */
function together(decisions: readonly Decision[]): Decision {
  if (decisions.includes('fails')) return 'fails';
  return decisions.every((decision) => decision === 'holds') ? 'holds' : 'open';
}

class Variant {
  decision: Decision = 'open';
  private readonly cell: PlannedCell;
  private readonly source: ReplicationSource;
  private readonly looks: Looks;
  private runs: readonly RunResult[] = [];
  private thresholds: readonly DecidedThreshold[] = [];

  constructor(cell: PlannedCell, source: ReplicationSource, looks: Looks) {
    this.cell = cell;
    this.source = source;
    this.looks = looks;
    if (isHopeless(cell)) this.decision = 'fails';
  }

  async look(size: number): Promise<void> {
    this.runs = [...this.runs, ...(await this.source.replications(this.cell, this.runs.length, size))];
    this.thresholds = decideThresholds(this.cell, this.runs, mergeCell(this.cell, this.runs), this.looks.errors);
    this.decision = together(this.thresholds.map(({ decision }) => decision));
  }

  report(): VariantPoint {
    const { cell, runs, thresholds } = this;
    const theory = theoryOf(cell);
    return {
      axes: cell.axes,
      decision: runs.length === 0 && this.decision === 'open' ? 'unseen' : this.decision,
      replications: runs.length,
      saturated: cell.offeredLoad.filter(isSaturated).map(({ workload }) => workload),
      offeredLoad: cell.offeredLoad,
      thresholds,
      theory: theory?.figures ?? cell.scenario.thresholds.map(() => null),
      model: theory?.model ?? null,
    };
  }
}
