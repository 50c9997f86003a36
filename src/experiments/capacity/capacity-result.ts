/**
 * What `plan` finds: the answer, every point that was looked at, and what theory says beside it. Plain JSON, as in `result.ts`.
 */
import type { OfferedLoadRow, Result } from '../result.ts';
import type { DecidedThreshold, Decision } from '../threshold-decision.ts';

export interface CapacityResult {
  readonly apiVersion: 'evenkeel.dev/v1alpha1';
  readonly kind: 'Plan';
  readonly scenario: Result['scenario'];
  readonly knob: {
    readonly ask: 'smallest' | 'largest';
    /** As `--set` takes it. */
    readonly path: string;
    readonly from: string;
    readonly to: string;
    readonly step?: string;
    /** How many values there are to choose from. */
    readonly values: number;
  };
  readonly thresholds: readonly {
    readonly metric: string;
    readonly expr: string;
    readonly statistic: string;
    readonly operator: string;
    readonly limit: number;
  }[];
  readonly variants: readonly VariantName[];
  /**
   * `found`: the answer holds and its neighbour fails. `end`: the hardest value of the range holds already. `none`: the easiest fails.
   * `undecided`: the answer is among the candidates.
   */
  readonly outcome: 'found' | 'end' | 'none' | 'undecided';
  readonly answer: string | null;
  readonly candidates: readonly string[];
  /** Values that hold although an easier one fails. */
  readonly disorder: readonly { readonly holds: string; readonly fails: string }[];
  readonly statistics: {
    /** Probability that any verdict is wrong. */
    readonly alpha: number;
    /** What it is split over. */
    readonly verdicts: number;
    readonly looks: number;
    /** Most replications of one value and variant. */
    readonly budget: number;
    readonly replications: number;
  };
  readonly analytic: AnalyticBound;
  /** In the order of the knob's numbers. */
  readonly points: readonly CapacityPoint[];
  readonly sensitivity: readonly SensitivityRow[];
  readonly assumptions: Result['assumptions'];
  readonly notModelled: Result['notModelled'];
}

export type VariantName = Readonly<Record<string, string | number | boolean>>;

export interface CapacityPoint {
  readonly value: string;
  readonly number: number;
  readonly decision: Decision;
  readonly variants: readonly VariantPoint[];
}

export interface VariantPoint {
  readonly axes: VariantName;
  /** `unseen`: another variant had already failed. */
  readonly decision: Decision | 'unseen';
  /** 0 when it was decided without simulating. */
  readonly replications: number;
  /** Workloads with offered load ≥ 1. */
  readonly saturated: readonly string[];
  readonly offeredLoad: readonly OfferedLoadRow[];
  /** In the order of `thresholds`; empty without replications. */
  readonly thresholds: readonly DecidedThreshold[];
  /** Closed forms of the thresholds' figures, in their order; null where none applies. */
  readonly theory: readonly (number | null)[];
  /** What the closed forms are of; null when there are none. */
  readonly model: string | null;
}

export interface AnalyticBound {
  /** The hardest value that theory does not rule out; null when it rules out all. */
  readonly value: string | null;
  /** In words: what was taken into account. */
  readonly why: string;
}

/** The final point again with one assumption changed. */
export interface SensitivityRow {
  readonly what: string;
  readonly change: string;
  /** Of the tightest threshold's figure; null where it is infinite or was not seen. */
  readonly value: number | null;
  /** Relative change against the answer, with its 95 % interval where there is one. */
  readonly relative: number | null;
  readonly low?: number;
  readonly high?: number;
  readonly isPaired: boolean;
  readonly replications: number;
  /** Whether every threshold's point value still holds. */
  readonly holds: boolean;
  readonly note?: string;
}
