/** A result in the form asked for by `-o`. */
import type { Issue } from '../errors.ts';
import { csvText } from '../experiments/csv.ts';
import { openMetricsText } from '../experiments/open-metrics.ts';
import { parquetBytes } from '../experiments/parquet.ts';
import type { Result } from '../experiments/result.ts';
import { resultTable, type TableName, tableLines } from '../experiments/result-tables.ts';
import { stableJson } from '../experiments/stable-json.ts';
import type { FlagValues } from './commands.ts';
import { textFlag } from './flags.ts';
import { printResult } from './print-result.ts';
import type { Terminal } from './terminal.ts';

export interface DocumentOptions {
  readonly terminal: Terminal;
  readonly command?: string;
  /** For csv and parquet; figures. */
  readonly table?: TableName;
}

/** @param output one of `OUTPUTS` or `DATA_OUTPUTS` in commands.ts */
export async function printDocument(result: Result, output: string, options: DocumentOptions): Promise<string | Uint8Array> {
  if (output === 'csv') return csvText(tableLines(resultTable(result, options.table ?? 'figures')));
  if (output === 'parquet') return parquetBytes(resultTable(result, options.table ?? 'figures'));
  if (output === 'openmetrics') return openMetricsText(result);
  return (await printStructured(result, output)) ?? printResult(result, { ...options, isWide: output === 'wide' });
}

/** Any document of ours as JSON or YAML, keys sorted; null for other forms. */
export async function printStructured(document: object, output: string): Promise<string | null> {
  const json = `${stableJson(document, 2)}\n`;
  if (output === 'json') return json;
  if (output !== 'yaml') return null;
  const { stringify } = await import('yaml');
  return stringify(JSON.parse(json), { aliasDuplicateObjects: false });
}

/** `--table`, which only csv and parquet have. */
export function tableFlag(flags: FlagValues, output: string, issues: Issue[]): TableName | undefined {
  const table = textFlag(flags, 'table') as TableName | undefined;
  if (table !== undefined && output !== 'csv' && output !== 'parquet')
    issues.push({ where: '--table', problem: 'needs a form of rows and columns', value: table, hint: 'add -o csv or -o parquet' });
  return table;
}
