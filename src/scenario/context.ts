/** What every part of the reader gets: the scenario document, where to report, and the checks that all of them use. */
import { isUnitProblem, NS_PER_SECOND, parseDuration, parseRate, parseShare, parseSize } from '../units.ts';
import type { Document, Path } from './document.ts';
import type { Report } from './report.ts';

/** Kernel time is exact to 104 days. */
export const LONGEST_DAYS = 100;
const LONGEST_NS = LONGEST_DAYS * 86400e9;
const HIGHEST_RATE = 1e7;

export class Context {
  readonly document: Document;
  readonly report: Report;
  /** Texts of data files by the path written in the scenario; a file that could not be read has been reported and is absent. */
  readonly data: ReadonlyMap<string, string>;

  constructor(document: Document, report: Report, data: ReadonlyMap<string, string>) {
    this.document = document;
    this.report = report;
    this.data = data;
  }

  issue(path: Path, problem: string, value?: unknown, hint?: string): void {
    this.report.at(this.document, path, problem, value, hint);
  }

  /** Nanoseconds, not rounded; 0 after an issue. */
  durationNs(path: Path, text: string): number {
    const ns = parseDuration(text);
    if (isUnitProblem(ns)) {
      this.report.unit(this.document, path, ns, text);
      return 0;
    }
    if (ns > LONGEST_NS) {
      this.issue(path, 'absurd duration', text, `at most ${LONGEST_DAYS} days`);
      return 0;
    }
    return ns;
  }

  /** Whole nanoseconds; `fallback` when nothing is written. */
  timeNs(path: Path, text: string | undefined, fallbackNs: number): number {
    return text === undefined ? fallbackNs : Math.round(this.durationNs(path, text));
  }

  seconds(path: Path, text: string): number {
    return this.durationNs(path, text) / NS_PER_SECOND;
  }

  /** Per second; 0 after an issue. */
  rate(path: Path, text: string): number {
    const rate = parseRate(text);
    if (isUnitProblem(rate)) {
      this.report.unit(this.document, path, rate, text);
      return 0;
    }
    if (rate > HIGHEST_RATE) this.issue(path, 'absurd rate', text, `at most ${HIGHEST_RATE}/s`);
    return Math.min(rate, HIGHEST_RATE);
  }

  share(path: Path, text: string): number {
    const share = parseShare(text);
    if (!isUnitProblem(share)) return share;
    this.report.unit(this.document, path, share, text);
    return 0;
  }

  bytes(path: Path, text: string | number): number {
    const bytes = parseSize(text);
    if (!isUnitProblem(bytes)) return bytes;
    this.report.unit(this.document, path, bytes, text);
    return 0;
  }
}
