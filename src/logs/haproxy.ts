/**
 * HAProxy's HTTP log (`option httplog`), with or without what syslog puts before it.
 *
 *   10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 … "GET /i.html HTTP/1.1"
 *
 * Timers TR/Tw/Tc/Tr/Ta [ms]: Tr is the time to the server's first byte, Ta all of it; −1 where it did not come to that.
 * Source: HAProxy configuration manual, 8.2.3 (HTTP log format) and 8.4 (timing events).
 */
import { BROKEN, ENTRY, type LineKind, type LineParser, type LogEntry, type LogFormat } from './log-entry.ts';
import { readRequestLine } from './request-line.ts';
import { parseCommonLogTime, TimeReader } from './times.ts';

const LINE =
  /(?:^|\s)(\S+):\d+ \[([^\]]+)\] \S+ \S+ (-?\d+)\/(-?\d+)\/(-?\d+)\/(-?\d+)\/\+?(-?\d+) (-?\d+) \+?\d+ \S+ \S+ \S+ [\d/+-]+ \d+\/\d+ .*?"([^"]*)"?\s*$/;

export const haproxy: LogFormat = {
  name: 'haproxy',
  description: 'HAProxy HTTP log (option httplog)',
  isTimeOfEnd: false,
  timeStep: 0.001,
  isDurationCut: false,
  create: () => new HaproxyParser(),
};

class HaproxyParser implements LineParser {
  private readonly times = new TimeReader(parseCommonLogTime);

  parse(line: string, entry: LogEntry): LineKind {
    const match = LINE.exec(line);
    if (match === null) return BROKEN;
    entry.time = this.times.read(match[2]);
    if (Number.isNaN(entry.time)) return BROKEN;
    entry.client = match[1];
    entry.upstream = milliseconds(match[6]);
    entry.duration = milliseconds(match[7]);
    entry.status = Math.max(0, Number(match[8]));
    readRequestLine(match[9], entry);
    return ENTRY;
  }
}

function milliseconds(text: string): number {
  const value = Number(text);
  return value < 0 ? Number.NaN : value / 1e3;
}
