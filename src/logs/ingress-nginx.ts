/**
 * ingress-nginx's own log format.
 *
 *   $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length
 *   $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length
 *   $upstream_response_time $upstream_status $req_id
 *
 * Source: ingress-nginx docs, user-guide/nginx-configuration/log-format.
 */
import { lastUpstreamTime } from './combined.ts';
import { BROKEN, ENTRY, type LineKind, type LineParser, type LogEntry, type LogFormat } from './log-entry.ts';
import { readRequestLine } from './request-line.ts';
import { parseCommonLogTime, TimeReader } from './times.ts';

const LIST = '(?:[^ ,]+(?:(?:, | : )[^ ,]+)*)'; // one entry for each server that was tried
const LINE = new RegExp(
  `^(\\S+) - [^[]*\\[([^\\]]+)\\] "((?:[^"\\\\]|\\\\.)*)" (\\d{3}) \\d+ "(?:[^"\\\\]|\\\\.)*" "(?:[^"\\\\]|\\\\.)*" \\d+ (\\d+\\.\\d+) \\[[^\\]]*\\] \\[[^\\]]*\\] ${LIST} ${LIST} (${LIST}) ${LIST} \\S+\\s*$`,
);

export const ingressNginx: LogFormat = {
  name: 'ingress-nginx',
  description: "ingress-nginx's default log",
  isTimeOfEnd: true,
  timeStep: 1,
  isDurationCut: false,
  create: () => new IngressNginxParser(),
};

class IngressNginxParser implements LineParser {
  private readonly times = new TimeReader(parseCommonLogTime);

  parse(line: string, entry: LogEntry): LineKind {
    const match = LINE.exec(line);
    if (match === null) return BROKEN;
    entry.time = this.times.read(match[2]);
    if (Number.isNaN(entry.time)) return BROKEN;
    entry.client = match[1];
    readRequestLine(match[3], entry);
    entry.status = Number(match[4]);
    entry.duration = Number(match[5]);
    entry.upstream = lastUpstreamTime(match[6]);
    return ENTRY;
  }
}
