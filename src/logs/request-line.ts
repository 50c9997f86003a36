/** `GET /cart?id=1 HTTP/1.1` and URLs → method and path. */
import type { LogEntry } from './log-entry.ts';

/** Fills method and path; a line that is none (`-`, binary rubbish of scanners) leaves both empty. */
export function readRequestLine(line: string, entry: LogEntry): void {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  const method = first > 0 ? line.slice(0, first) : '';
  entry.method = /^[A-Z]{1,32}$/.test(method) ? method : '';
  entry.path = entry.method === '' ? '' : pathOf(line.slice(first + 1, last > first ? last : line.length));
}

/** Path of a URL or of a request target, without query and fragment; '' when there is none. */
export function pathOf(target: string): string {
  const scheme = target.indexOf('://');
  const start = scheme < 0 ? 0 : target.indexOf('/', scheme + 3);
  if (scheme >= 0 && start < 0) return '/';
  const end = target.slice(start).search(/[?#]/);
  const path = end < 0 ? target.slice(start) : target.slice(start, start + end);
  return path.startsWith('/') ? path : '';
}
