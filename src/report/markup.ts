/**
 * Pieces of markup that several parts of the page share. Text is escaped here; callers give it as it is.
 */
import type { Table } from './chart.ts';
import { escapeHtml } from './escape.ts';

/** A table in a region that scrolls. @param label what a screen reader calls it */
export function dataTable(data: Table, label: string): string {
  const side = (numeric: boolean) => (numeric ? ' class="number"' : '');
  const head = data.columns.map(({ title, numeric }) => `<th scope="col"${side(numeric)}>${escapeHtml(title)}</th>`).join('');
  const body = data.rows.map((row) => `<tr>${row.map((cell, i) => `<td${side(data.columns[i].numeric)}>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('');
  return scrolled(
    label,
    `<table>${data.cut === undefined ? '' : `<caption>${escapeHtml(data.cut)}</caption>`}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
  );
}

/** A table may be wider than the window: the region scrolls, by keyboard too. */
export function scrolled(label: string, html: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(label)}">${html}</div>`;
}

/** Columns for `dataTable`; a title that ends in `#` is numeric. */
export function columns(...titles: string[]): Table['columns'] {
  return titles.map((title) => ({ title: title.replace(/#$/, ''), numeric: title.endsWith('#') }));
}
