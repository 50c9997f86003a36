/**
 * The three families of error, and the issue, which is how a wrong input is described.
 *
 * The user's file is wrong: gather every issue, then throw one `ScenarioError` (exit 2).
 * The request is impossible: `ExperimentError` (exit 2 or 3, the command decides).
 * We are wrong: `ModelError`, with time, event and slot (exit 4).
 */

/** One thing that is wrong with the input. Printed as `where path: problem "value" (hint)`, without a full stop. */
export interface Issue {
  /** `file:line:column`, a flag such as `--rate`, or `-` for standard input without a position. */
  readonly where: string;
  /** Path inside the document, e.g. `spec.clients[0].timeout`; absent for whole-file problems. */
  readonly path?: string;
  readonly problem: string;
  /** The offending value as the user wrote it, cut to a readable length by `formatIssue`. */
  readonly value?: string;
  /** The way out. */
  readonly hint?: string;
}

const LONGEST_VALUE = 80;

/** Renders an issue by the contract's grammar. Control characters in user text are made visible. */
export function formatIssue(issue: Issue): string {
  const place = issue.path === undefined ? issue.where : `${issue.where} ${issue.path}`;
  const value = issue.value === undefined ? '' : ` "${printable(shorten(issue.value))}"`;
  const hint = issue.hint === undefined ? '' : ` (${issue.hint})`;
  return printable(`${place}: ${issue.problem}`) + value + hint;
}

function shorten(text: string): string {
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

/** Makes control characters visible, so that a file name or value cannot drive the terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The user's input is wrong; carries all issues found, never only the first. */
export class ScenarioError extends Error {
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[]) {
    super(issues.map(formatIssue).join('\n'));
    this.name = 'ScenarioError';
    this.issues = issues;
  }
}

/** The input is well formed but what it asks for cannot be done. */
export class ExperimentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExperimentError';
  }
}

/** A broken invariant inside the model: our fault. */
export class ModelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelError';
  }
}
