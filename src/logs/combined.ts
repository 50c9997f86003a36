/**
 * The combined log of nginx and Apache, with what people append to it to know durations.
 *
 *   $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" …
 *
 * After it: `$request_time` and perhaps `$upstream_response_time` as bare numbers with a point [s], a bare whole number as Apache's %D
 * [µs], or names: rt=, request_time=, urt=, upstream_response_time=. Also the common log, which ends after the bytes.
 * Sources: nginx ngx_http_log_module ("combined"), Apache mod_log_config.
 */
import { BROKEN, ENTRY, type LineKind, type LineParser, type LogEntry, type LogFormat } from './log-entry.ts';
import { readRequestLine } from './request-line.ts';
import { parseCommonLogTime, TimeReader } from './times.ts';

const LINE = /^(\S+) \S+ [^[]*\[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)(?: "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?(.*)$/;
const NAMED_DURATION = /\b(?:rt|request_time)="?(\d+(?:\.\d+)?)/;
const NAMED_UPSTREAM = /\b(?:urt|upstream_response_time)="?([\d., :-]+)/;
const BARE = /^ "?(\d+(?:\.\d+)?|-)"?(?: (?:"([^"]*)"|([\d.-]+(?:(?:, | : )[\d.-]+)*)))?(?: |$)/;

export const combined: LogFormat = {
  name: 'combined',
  description: 'nginx and Apache combined or common log, with $request_time appended (or %D, rt=, urt=)',
  isTimeOfEnd: true,
  timeStep: 1,
  isDurationCut: false,
  create: () => new CombinedParser(),
};

class CombinedParser implements LineParser {
  private readonly times = new TimeReader(parseCommonLogTime);

  parse(line: string, entry: LogEntry): LineKind {
    const match = LINE.exec(line);
    if (match === null) return BROKEN;
    entry.time = this.times.read(match[2]);
    if (Number.isNaN(entry.time)) return BROKEN;
    entry.client = match[1];
    readRequestLine(match[3], entry);
    entry.status = Number(match[4]);
    readAppended(match[5], entry);
    return ENTRY;
  }
}

function readAppended(rest: string, entry: LogEntry): void {
  const named = NAMED_DURATION.exec(rest);
  const bare = named === null ? BARE.exec(rest) : null;
  entry.duration = named !== null ? Number(named[1]) : bare === null ? Number.NaN : secondsOf(bare[1]);
  entry.upstream = lastUpstreamTime(NAMED_UPSTREAM.exec(rest)?.[1] ?? bare?.[2] ?? bare?.[3] ?? '');
}

/** nginx writes milliseconds as 0.123; a whole number is Apache's %D. */
function secondsOf(text: string): number {
  if (text === '-') return Number.NaN;
  return text.includes('.') ? Number(text) : Number(text) / 1e6;
}

/** nginx lists every server that it tried, `0.001, 0.250` (and ` : ` between groups): the last one has answered. NaN when there is none. */
export function lastUpstreamTime(text: string): number {
  const last = text.slice(Math.max(text.lastIndexOf(','), text.lastIndexOf(':')) + 1).trim();
  return /^\d+\.\d+$/.test(last) ? Number(last) : Number.NaN;
}
