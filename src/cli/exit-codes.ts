/** Exit codes, as the contract lists them. */

export const DONE = 0;
/** A threshold or gate failed; the result is on stdout. */
export const FAILED = 1;
/** The input is wrong; all issues are on stderr, nothing on stdout. */
export const WRONG_INPUT = 2;
/** The data could not tell: more replications, or a longer run, would. */
export const INCONCLUSIVE = 3;
/** Our fault, or a worker was lost; finished work is kept. */
export const OUR_FAULT = 4;
/** Ctrl-C; finished work is kept. */
export const INTERRUPTED = 130;
