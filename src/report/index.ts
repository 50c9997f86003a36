/**
 * The report: a result document as a page of charts (HTML), or one chart as a picture (SVG, PNG).
 *
 * Pure functions of their input. `specs/` has one chart per file, `charts.ts` their order, `tables.ts` the rows they draw.
 */
import { ExperimentError } from '../errors.ts';
import type { Comparison } from '../experiments/comparison.ts';
import type { CellResult, Result } from '../experiments/result.ts';
import { charts } from './charts.ts';
import { comparisonPage } from './comparison/page.ts';
import { pageOf } from './html.ts';
import { LIGHT } from './theme.ts';
import { compileSpec, drawSvg } from './vega.ts';
import { defaultCell } from './verdict.ts';

export type { Chart, Drawing, Table, VegaLiteSpec } from './chart.ts';
export { charts } from './charts.ts';
export { checkPage } from './check-page.ts';
export { planPage } from './plan-page.ts';
export { readPage } from './read-page.ts';

export interface ReportOptions {
  /** The command line to repeat the run. */
  readonly command?: string;
  /** Id of the cell to show; without it the first that fails a threshold, else the first. */
  readonly cell?: number;
}

export interface PictureOptions {
  readonly cell?: number;
  /** Which of several drawings of a chart, e.g. `default/checkout`; without it the first. */
  readonly subject?: string;
}

/** One self-contained page. @throws ExperimentError when there is no such cell */
export async function renderHtml(result: Result, options: ReportOptions = {}): Promise<string> {
  return pageOf(result, cellOf(result, options.cell), options.command);
}

/** A comparison as one self-contained page. */
export async function renderComparison(comparison: Comparison, options: Pick<ReportOptions, 'command'> = {}): Promise<string> {
  return comparisonPage(comparison, options.command);
}

/** One chart as a stand-alone SVG in light colours. @throws ExperimentError when there is no such chart, or nothing to draw and why */
export async function renderSvg(result: Result, chart: string, options: PictureOptions = {}): Promise<string> {
  const found = charts.find(({ name }) => name === chart);
  if (found === undefined) throw new ExperimentError(`unknown chart "${chart}" (one of ${charts.map(({ name }) => name).join(', ')})`);
  const drawn = found.draw(result, cellOf(result, options.cell));
  if (typeof drawn === 'string') throw new ExperimentError(`chart ${chart}: ${drawn}`);
  const drawing = options.subject === undefined ? drawn[0] : drawn.find(({ subject }) => subject === options.subject);
  if (drawing === undefined)
    throw new ExperimentError(`chart ${chart}: no drawing "${options.subject}" (one of ${drawn.map(({ subject }) => subject).join(', ')})`);
  const title = { text: found.title, ...(drawing.subject === '' ? {} : { subtitle: drawing.subject }) };
  return drawSvg(compileSpec({ ...drawing.spec, title, padding: 12 }, LIGHT), chart);
}

/** The same as PNG at twice the size. @throws ExperimentError also when the optional package @resvg/resvg-js is not installed */
export async function renderPng(result: Result, chart: string, options: PictureOptions = {}): Promise<Uint8Array> {
  const svg = await renderSvg(result, chart, options);
  const { Resvg } = await import('@resvg/resvg-js').catch(() => {
    throw new ExperimentError('PNG needs the optional package @resvg/resvg-js (npm install @resvg/resvg-js), or take SVG');
  });
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: 2 } }).render().asPng();
}

function cellOf(result: Result, id: number | undefined): CellResult {
  const cell = id === undefined ? defaultCell(result) : result.cells.find((candidate) => candidate.id === id);
  if (cell === undefined)
    throw new ExperimentError(
      id === undefined ? 'the result holds no cell' : `no cell ${id} (one of ${result.cells.map((candidate) => candidate.id).join(', ')})`,
    );
  return cell;
}
