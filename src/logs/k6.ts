/**
 * k6's JSON output (`k6 run --out json=FILE`): a line for each metric of each request.
 *
 *   {"type":"Point","metric":"http_req_duration","data":{"time":"…","value":123.4,"tags":{"method":"GET","status":"200","url":"…"}}}
 *
 * `http_req_duration` [ms] is taken as the request, logged at its end; all other metrics are left alone.
 * Source: k6 docs, results-output/real-time/json.
 */
import { objectOf } from './json-lines.ts';
import { BROKEN, ENTRY, type LineKind, type LineParser, type LogEntry, type LogFormat, OTHER } from './log-entry.ts';
import { pathOf } from './request-line.ts';
import { parseIsoTime } from './times.ts';

interface K6Line {
  readonly type?: unknown;
  readonly metric?: unknown;
  readonly data?: { readonly time?: unknown; readonly value?: unknown; readonly tags?: Readonly<Record<string, unknown>> | null };
}

export const k6: LogFormat = {
  name: 'k6',
  description: 'JSON output of k6',
  isTimeOfEnd: true,
  timeStep: 0,
  isDurationCut: false,
  create: () => new K6Parser(),
};

class K6Parser implements LineParser {
  parse(line: string, entry: LogEntry): LineKind {
    const { type, metric, data } = (objectOf(line) ?? {}) as K6Line;
    if (type === 'Metric' || (type === 'Point' && metric !== 'http_req_duration')) return OTHER;
    if (type !== 'Point' || typeof data?.time !== 'string' || typeof data.value !== 'number') return BROKEN;
    entry.time = parseIsoTime(data.time);
    entry.duration = data.value / 1e3;
    entry.upstream = Number.NaN;
    entry.client = '';
    entry.method = String(data.tags?.method ?? '');
    entry.path = pathOf(String(data.tags?.url ?? data.tags?.name ?? ''));
    entry.status = Number(data.tags?.status) || 0;
    return Number.isNaN(entry.time) ? BROKEN : ENTRY;
  }
}
