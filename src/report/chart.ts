/**
 * The contract of a chart: from a result to drawings, each with its finding in words and its data as a table.
 *
 * One file per chart under `specs/`; `charts.ts` is the list.
 */
import type { CellResult, Result } from '../experiments/result.ts';

/** A Vega-Lite specification as plain data. Tests check it against Vega-Lite's own JSON schema. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;

export interface Table {
  readonly columns: readonly { readonly title: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly string[])[];
  /** What was left out, as a sentence. */
  readonly cut?: string;
}

export interface Drawing {
  /** What it shows of several, e.g. `default/checkout`; '' when the chart has one drawing. */
  readonly subject: string;
  /** What is to be seen, in one or two sentences. Also the description that screen readers read. */
  readonly finding: string;
  /** How to read it and what was left out. */
  readonly notes: readonly string[];
  readonly spec: VegaLiteSpec;
  readonly table: Table;
}

export interface Chart {
  /** As in `evenkeel report --chart NAME` and in file names. */
  readonly name: string;
  readonly title: string;
  /** The question it answers. */
  readonly question: string;
  /** @returns drawings, at least one, or a sentence that says why there is nothing to draw */
  draw(result: Result, cell: CellResult): readonly Drawing[] | string;
}

/** Longest table on a page; the whole is in results.json. */
const LONGEST_TABLE = 200;

/** A table for the page from columns `['title', cell text]`; a title that ends in `#` is numeric. */
export function table<Row>(rows: readonly Row[], columns: Readonly<Record<string, (row: Row) => string>>): Table {
  const titles = Object.keys(columns);
  return {
    columns: titles.map((title) => ({ title: title.replace(/#$/, ''), numeric: title.endsWith('#') })),
    rows: rows.slice(0, LONGEST_TABLE).map((row) => titles.map((title) => columns[title](row))),
    ...(rows.length > LONGEST_TABLE ? { cut: `The first ${LONGEST_TABLE} of ${rows.length} rows; all are in results.json.` } : {}),
  };
}
