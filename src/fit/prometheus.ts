/**
 * Histogram buckets in Prometheus' text exposition: `NAME_bucket{…,le="0.25"} 1234`, cumulative, all label sets of a name added up.
 *
 * One exposition holds counts since the process began; two of the same target, the earlier first, hold what lies between them.
 * Source: Prometheus docs, instrumenting/exposition_formats.
 */
import { type Issue, ScenarioError } from '../errors.ts';
import type { Binned } from './binned.ts';

const BUCKET = /^([A-Za-z_:][\w:]*)_bucket\{(.*)\}\s+(\S+)(?:\s+\S+)?\s*$/;
const LE = /(?:^|,)\s*le="([^"]+)"/;

export function isPrometheus(lines: readonly string[]): boolean {
  return lines.some((line) => BUCKET.test(line)) && lines.every((line) => line === '' || line.startsWith('#') || /^[A-Za-z_:][\w:]*(\{.*\})?\s+\S+/.test(line));
}

export class BucketReader {
  /** Name of the histogram → bound → cumulative count. */
  private readonly histograms = new Map<string, Map<number, number>>();
  lines = 0;
  broken = 0;
  readonly firstBroken: { line: number; text: string }[] = [];

  add(line: string): void {
    this.lines++;
    const match = BUCKET.exec(line);
    if (match === null) return;
    const bound = LE.exec(match[2])?.[1];
    const [le, count] = [bound === '+Inf' ? Infinity : Number(bound), Number(match[3])];
    if (Number.isNaN(le) || !(count >= 0)) {
      this.broken++;
      if (this.firstBroken.length < 3) this.firstBroken.push({ line: this.lines, text: line });
      return;
    }
    const buckets = this.histograms.get(match[1]) ?? new Map<number, number>();
    this.histograms.set(match[1], buckets);
    buckets.set(le, (buckets.get(le) ?? 0) + count);
  }

  /** Counts that an earlier exposition had already. */
  subtract(earlier: BucketReader): void {
    for (const [name, buckets] of this.histograms) for (const [le, count] of buckets) buckets.set(le, count - (earlier.histograms.get(name)?.get(le) ?? 0));
  }

  /** @param wanted name without `_bucket`; needed when there are several @throws ScenarioError */
  result(file: string, wanted: string | undefined): { readonly name: string; readonly data: Binned } {
    const names = [...this.histograms.keys()];
    const name = wanted?.replace(/_bucket$/, '') ?? (names.length === 1 ? names[0] : undefined);
    const fail = (issue: Omit<Issue, 'where'>) => new ScenarioError([{ where: wanted === undefined ? file : '--metric', ...issue }]);
    if (names.length === 0)
      throw fail({ problem: 'no histogram buckets in this file', hint: 'lines such as http_request_duration_seconds_bucket{le="0.1"} 42' });
    if (name === undefined) throw fail({ problem: 'several histograms', value: names.slice(0, 10).join(', '), hint: 'choose one with --metric NAME' });
    const buckets = this.histograms.get(name);
    if (buckets === undefined) throw fail({ problem: 'no such histogram', value: name, hint: `there is ${names.slice(0, 10).join(', ')}` });
    const unit = /_(?:ms|milliseconds)$/.test(name) ? 1e-3 : 1;
    const bounds = [...buckets.keys()].sort((a, b) => a - b);
    const cumulative = bounds.map((le) => buckets.get(le) ?? 0);
    const counts = cumulative.map((count, i) => count - (i === 0 ? 0 : cumulative[i - 1]));
    if (counts.some((count) => count < 0)) throw fail({ problem: 'buckets whose counts fall', value: name, hint: 'give the earlier exposition first' });
    if (counts.every((count) => count === 0)) throw fail({ problem: 'a histogram without observations', value: name });
    return { name, data: { edges: [0, ...bounds.map((le) => le * unit)], counts } };
  }
}
