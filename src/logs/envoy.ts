/**
 * Envoy's default access log, also with the three fields that Istio adds after the response flags.
 *
 *   [%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% … %BYTES_RECEIVED%
 *   %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" …
 *
 * Both durations are whole milliseconds, cut off. Source: Envoy docs, configuration/observability/access_log/usage.
 */
import { BROKEN, ENTRY, type LineKind, type LineParser, type LogEntry, type LogFormat } from './log-entry.ts';
import { readRequestLine } from './request-line.ts';
import { parseIsoTime, TimeReader } from './times.ts';

const LINE = /^\[([^\]]+)\] "([^"]*)" (\d{1,3}) (\S+) (?:\S+ \S+ "[^"]*" )?(\d+) (\d+) (\d+) (\d+|-) "([^"]*)"/;

export const envoy: LogFormat = {
  name: 'envoy',
  description: "Envoy's default access log, also Istio's",
  isTimeOfEnd: false,
  timeStep: 0.001,
  isDurationCut: true,
  create: () => new EnvoyParser(),
};

class EnvoyParser implements LineParser {
  private readonly times = new TimeReader(parseIsoTime);

  parse(line: string, entry: LogEntry): LineKind {
    const match = LINE.exec(line);
    if (match === null) return BROKEN;
    entry.time = this.times.read(match[1]);
    if (Number.isNaN(entry.time)) return BROKEN;
    readRequestLine(match[2], entry);
    entry.status = Number(match[3]);
    entry.duration = Number(match[7]) / 1e3;
    entry.upstream = match[8] === '-' ? Number.NaN : Number(match[8]) / 1e3;
    const [first] = match[9].split(',', 1); // the client itself; proxies come after it
    entry.client = first === '-' ? '' : first.trim();
    return ENTRY;
  }
}
