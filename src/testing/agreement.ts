/**
 * When a simulated figure agrees with an expected value: within the tolerance, or within four of its own standard errors.
 *
 * The standard error is read back from the 95 % interval over replications. Values that a typical mistake gives must lie outside of
 * what would have been accepted, otherwise the test proves nothing.
 */
import { expect } from 'chai';
import type { CellResult, Estimate } from '../experiments/result.ts';
import { studentT } from '../statistics/index.ts';

export interface Agreement {
  /** Relative to the expected value; 0.01. */
  readonly within?: number;
  /** Values that a typical mistake gives. */
  readonly not?: readonly number[];
}

const STANDARD_ERRORS = 4;

/** @param cell the figure's cell: its replications tell the standard error; @param name what the figure is, for the message */
export function expectAgreement(cell: CellResult, name: string, figure: Estimate, expected: number, { within = 0.01, not = [] }: Agreement = {}): void {
  const { value } = figure;
  if (typeof value !== 'number') throw new Error(`${name}: no number: ${JSON.stringify(figure)}`);
  const band = Math.max(within * Math.abs(expected), STANDARD_ERRORS * standardError(figure, cell.replications));
  expect(value, name).to.be.closeTo(expected, band);
  for (const wrong of not) expect(Math.abs(wrong - expected), `${name}: the mistake ${wrong} would pass`).to.be.above(band);
}

/** 0 for a figure without interval. */
function standardError(figure: Estimate, replications: number): number {
  if (!('low' in figure)) return 0;
  const half = Math.max(figure.high - figure.value, figure.value - figure.low); // one side may be cut at a bound
  return half / studentT(0.95, replications - 1);
}
