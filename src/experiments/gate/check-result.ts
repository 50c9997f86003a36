/** What `check` finds. Plain JSON, as in `result.ts`. */
import type { Result, ThresholdResult } from '../result.ts';
import type { DocumentChange } from './document-diff.ts';
import type { Regression } from './regression.ts';

export interface CheckResult {
  readonly apiVersion: 'evenkeel.dev/v1alpha1';
  readonly kind: 'Check';
  readonly scenario: Result['scenario'];
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  readonly cells: readonly CheckedCell[];
  /** Null without a baseline. */
  readonly baseline: ComparedBaseline | null;
  readonly assumptions: Result['assumptions'];
  readonly notModelled: Result['notModelled'];
}

export interface CheckedCell {
  readonly axes: Readonly<Record<string, string | number | boolean>>;
  readonly replications: number;
  readonly saturated: readonly string[];
  readonly thresholds: readonly ThresholdResult[];
  /** Null where the baseline has no such cell. */
  readonly against: CellChange | null;
}

export interface CellChange {
  /** Whether the replications saw the same, byte for byte. */
  readonly bytes: 'same' | 'changed';
  readonly method: 'paired' | 'welch';
  /** Pairs are made of as many replications as both have, and their figures are then means over those. */
  readonly baselineReplications: number;
  readonly metrics: readonly MetricChange[];
}

export interface MetricChange extends Regression {
  readonly metric: string;
  readonly worse: 'more' | 'less';
  readonly allowed: number;
  readonly before: number | 'inf' | null;
  readonly after: number | 'inf' | null;
}

export interface ComparedBaseline {
  readonly scenario: Result['scenario'];
  readonly changed: { readonly engine: boolean; readonly seed: boolean; readonly input: boolean };
  /** First of all changes of what was read. */
  readonly changes: readonly DocumentChange[];
  readonly changeCount: number;
  /** Cells of the baseline that the scenario no longer has. */
  readonly gone: readonly Readonly<Record<string, string | number | boolean>>[];
  readonly statistics: {
    /** Of all alarms together. */
    readonly alpha: number;
    readonly comparisons: number;
    readonly power: number;
    readonly margin: number;
    /** Replications for that power in every metric; null when no spread was seen. */
    readonly needed: number | null;
  };
}
