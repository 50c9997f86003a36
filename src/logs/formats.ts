/** The formats of logs, and which of them a file is in. */
import { combined } from './combined.ts';
import { csv } from './csv.ts';
import { envoy } from './envoy.ts';
import { haproxy } from './haproxy.ts';
import { ingressNginx } from './ingress-nginx.ts';
import { jsonLines } from './json-lines.ts';
import { k6 } from './k6.ts';
import { createEntry, ENTRY, type FieldNames, type LogFormat, OTHER } from './log-entry.ts';

/** The more special ones first: a line of ingress-nginx is a combined one as well, and a point of k6 a JSON line. */
export const LOG_FORMATS: readonly LogFormat[] = [ingressNginx, combined, envoy, haproxy, k6, jsonLines, csv];
export const LOG_FORMAT_NAMES: readonly string[] = LOG_FORMATS.map(({ name }) => name);

export function logFormat(name: string): LogFormat | undefined {
  return LOG_FORMATS.find((format) => format.name === name);
}

/** The format that makes most of the first lines, the more special one on a tie; null when none makes half of them. */
export function recogniseFormat(lines: readonly string[], fields: FieldNames): LogFormat | null {
  const entry = createEntry();
  let best: LogFormat | null = null;
  let most = Math.max(1, lines.length / 2) - 0.5;
  for (const format of LOG_FORMATS) {
    const parser = format.create(fields);
    const kinds = lines.map((line) => parser.parse(line, entry));
    const made = kinds.some((kind) => kind === ENTRY) ? kinds.filter((kind) => kind === ENTRY || kind === OTHER).length : 0;
    if (made > most) {
      best = format;
      most = made;
    }
  }
  return best;
}
