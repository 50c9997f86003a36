/** Every way in which a command can fail → what is said on stderr, and the exit code. */
import { ExperimentError, formatIssue, printable, ScenarioError } from '../errors.ts';
import { INCONCLUSIVE, INTERRUPTED, OUR_FAULT, WRONG_INPUT } from './exit-codes.ts';
import { writeError } from './terminal.ts';

/** @returns the exit code */
export function reportFailure(error: unknown): number {
  if (error instanceof ScenarioError) {
    writeError(error.issues.map((issue) => `${formatIssue(issue)}\n`).join(''));
    return WRONG_INPUT;
  }
  if (error instanceof ExperimentError) {
    writeError(`evenkeel: ${printable(error.message)}\n`);
    return WRONG_INPUT;
  }
  if (error instanceof Error && error.name === 'InconclusiveError') {
    writeError(`evenkeel: inconclusive: ${printable(error.message)}\n`);
    return INCONCLUSIVE;
  }
  if (error instanceof Error && error.name === 'InterruptedError') {
    writeError(`evenkeel: ${error.message}\n`);
    return INTERRUPTED;
  }
  const fault = error instanceof Error ? error : new Error(String(error));
  writeError(`evenkeel: internal error: ${printable(fault.message)}\n`);
  if (process.env.EVENKEEL_DEBUG === '1') writeError(`${fault.stack}\n`);
  else writeError('This is a fault of evenkeel, not of your files. EVENKEEL_DEBUG=1 shows where; please report it with the command and the files.\n');
  return OUR_FAULT;
}
