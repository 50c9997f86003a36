/** Everything noticed while reading: issues, assumptions, what is not modelled. Parts of the reader add; `load.ts` decides. */
import type { Issue } from '../errors.ts';
import type { UnitProblem } from '../units.ts';
import { type Document, formatPath, formatPointer, type Path } from './document.ts';
import type { Assumption } from './scenario.ts';

export class Report {
  readonly issues: Issue[] = [];
  readonly assumptions: Assumption[] = [];

  add(issue: Issue): void {
    this.issues.push(issue);
  }

  /** An issue about the value at `path` of a document. */
  at(document: Document, path: Path, problem: string, value?: unknown, hint?: string): void {
    const where = document.locate(path);
    this.add({
      where,
      ...(path.length > 0 && !where.startsWith('--') && { path: formatPath(path) }), // a flag says enough
      problem,
      ...(value !== undefined && { value: writeValue(value) }),
      ...(hint !== undefined && { hint }),
    });
  }

  unit(document: Document, path: Path, problem: UnitProblem, value: unknown): void {
    this.at(document, path, problem.problem, value, problem.hint);
  }

  /** A value nobody wrote. @param workload key of the workload that must receive traffic for it to matter */
  assume(path: Path, value: string, why: string, workload?: string): void {
    this.assumptions.push({ path: formatPointer(path), value, why, ...(workload !== undefined && { workload }) });
  }
}

/** A value as the user would write it, cut early so that a huge one does no harm. */
export function writeValue(value: unknown): string {
  if (typeof value === 'string') return value.slice(0, 200);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? `[… ${value.length}]` : `{ ${Object.keys(value).slice(0, 5).join(', ')} }`;
  return String(value);
}

/** The known words closest to `word`, for hints; at most three, by edit distance. */
export function nearest(word: string, known: readonly string[]): readonly string[] {
  const limit = Math.max(2, Math.floor(word.length / 3));
  return known
    .map((candidate) => ({ candidate, distance: editDistance(word.slice(0, 64).toLowerCase(), candidate.slice(0, 64).toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length];
}
