/**
 * A page that was rendered before gives its result back, so that it can be rendered again.
 */
import type { Result } from '../experiments/result.ts';

export interface PageContent {
  readonly result: Result;
  /** As given when the page was rendered. */
  readonly command?: string;
  readonly cell: number;
}

/** @returns `undefined` when `html` is not a page of ours; the result is not checked further */
export function readPage(html: string): PageContent | undefined {
  const [result, page] = ['evenkeel-result', 'evenkeel-page'].map((id) => scriptJson(html, id));
  if (!isRecord(result) || result.kind !== 'Result' || !isRecord(page) || typeof page.cell !== 'number') return undefined;
  return { result: result as unknown as Result, cell: page.cell, ...(typeof page.command === 'string' ? { command: page.command } : {}) };
}

function scriptJson(html: string, id: string): unknown {
  const start = `<script type="application/json" id="${id}">`;
  const from = html.indexOf(start);
  const to = html.indexOf('</script>', from);
  if (from === -1 || to === -1) return undefined;
  try {
    return JSON.parse(html.slice(from + start.length, to));
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
