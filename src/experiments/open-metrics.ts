/**
 * A result as OpenMetrics text, for whatever scrapes or pushes: one gauge a metric, one sample a statistic.
 *
 *     # TYPE evenkeel_request_duration_seconds gauge
 *     # UNIT evenkeel_request_duration_seconds seconds
 *     evenkeel_request_duration_seconds{scenario="…",cell="0",subject="client",name="web",statistic="p99",bound="value"} 0.0915
 *
 * `bound` is value, or low and high of the 95 % interval where there is one. What nobody has seen has no sample.
 * Source: OpenMetrics 1.0 (prometheus/OpenMetrics, specification/OpenMetrics.md): names, escapes, order of metric families, # EOF.
 */
import type { Result } from './result.ts';
import { resultTable, type Table, tableLines } from './result-tables.ts';

export function openMetricsText(result: Result): string {
  const families = new Map<string, string[]>();
  addSamples(families, result, resultTable(result, 'figures'));
  addSamples(families, result, resultTable(result, 'pods'));
  const texts = [...families].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, samples]) => `${headOf(name)}${samples.join('')}`);
  return `${texts.join('')}# EOF\n`;
}

function headOf(name: string): string {
  return `# TYPE ${name} gauge\n${name.endsWith('_seconds') ? `# UNIT ${name} seconds\n` : ''}`;
}

const BOUNDS = ['value', 'low', 'high'];

function addSamples(families: Map<string, string[]>, result: Result, table: Table): void {
  const [header, ...rows] = [...tableLines(table)];
  for (const cells of rows) {
    const row = Object.fromEntries(header.map((column, i) => [String(column), cells[i]]));
    const name = familyOf(String(row.metric), String(row.statistic));
    const labels = header.filter((column) => ![...BOUNDS, 'noInterval', 'metric'].includes(String(column)) && row[String(column)] !== null);
    const pairs = [['scenario', result.scenario.name], ...labels.map((column) => [labelName(String(column)), String(row[String(column)])])];
    const samples = families.get(name) ?? [];
    families.set(name, samples);
    for (const bound of BOUNDS) {
      const value = row[bound];
      if (typeof value === 'number')
        samples.push(`${name}{${[...pairs, ['bound', bound]].map(([key, text]) => `${key}="${escaped(text)}"`).join(',')}} ${numberText(value)}\n`);
    }
  }
}

/** Durations are in seconds, but for their share above zero. */
function familyOf(metric: string, statistic: string): string {
  const base = metric.replace(/\{outcome=ok\}$/, '_ok');
  const isDuration = /_duration(_ok)?$|_wait$|^network$/.test(base);
  const unit = !isDuration ? '' : statistic === 'positive' ? '_positive_ratio' : '_seconds';
  return `evenkeel_${base.replace(/[^a-zA-Z0-9_]/g, '_')}${unit}`;
}

function labelName(column: string): string {
  return column.replace(/[^a-zA-Z0-9_]/g, '_');
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  return value === Infinity ? '+Inf' : String(value);
}
