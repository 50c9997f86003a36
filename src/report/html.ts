/**
 * A result as one page that needs nothing else: no network, no evaluation of text, readable without scripts and on paper.
 *
 * The page holds the result itself (`id="evenkeel-result"`), so that it can be rendered again, the charts as drawn SVG, and a
 * script that makes them interactive and fits them to the reader's window. Same result and options, same bytes.
 */
import type { CellResult, Result } from '../experiments/result.ts';
import type { Chart, Drawing } from './chart.ts';
import { chartsInOrder } from './charts.ts';
import { escapeHtml, jsonForScript } from './escape.ts';
import { firstScreen } from './first-screen.ts';
import { dataTable } from './markup.ts';
import { pageScript } from './page-script-file.ts';
import { checks, sections } from './sections.ts';
import { STYLE } from './style.ts';
import { BY_VARIABLE } from './theme.ts';
import { compileSpec, drawSvg, type VegaSpec } from './vega.ts';

const CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
/** @param command the command line to repeat the run, shown as it is */
export async function pageOf(result: Result, cell: CellResult, command: string | undefined): Promise<string> {
  const specs: VegaSpec[] = [];
  const drawn: string[] = [];
  for (const chart of chartsInOrder(result)) {
    const after = chart.name === 'littles-law' ? checks(cell) : '';
    drawn.push(await chartSection(chart, chart.draw(result, cell), specs, after));
  }
  const { name, description, engine } = result.scenario;
  return pageShell({
    name,
    description,
    engine,
    title: 'report',
    main: [firstScreen(result, cell, command), ...drawn, sections(result, cell)].join('\n'),
    data: { 'evenkeel-result': result, 'evenkeel-page': { cell: cell.id, ...(command === undefined ? {} : { command }) } },
    specs,
  });
}

export interface PageParts {
  readonly name: string;
  readonly description: string;
  readonly engine: string;
  /** What kind of page it is, e.g. `report`. */
  readonly title: string;
  /** Markup: the first screen, charts, sections. */
  readonly main: string;
  /** Documents that the page holds, by id of their element. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Of the charts in `main`, in order. */
  readonly specs: readonly VegaSpec[];
}

/** What every page is made of, whatever it shows. */
export async function pageShell({ name, description, engine, title, main, data, specs }: PageParts): Promise<string> {
  const documents = Object.entries(data).map(([id, value]) => `<script type="application/json" id="${id}">${jsonForScript(value)}</script>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)} – evenkeel ${title}</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
<header class="top"><p class="product">evenkeel ${title}</p><h1>${escapeHtml(name)}</h1>${description === '' ? '' : `<p class="lead">${escapeHtml(description)}</p>`}</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer>Made by evenkeel ${escapeHtml(engine)}. The same scenario and seed give the same figures on any machine.</footer>
${documents.join('\n')}
<script type="application/json" id="evenkeel-charts">${jsonForScript(specs)}</script>
<script type="module">${await pageScript()}</script>
</body>
</html>
`;
}

/**
 * A chart with its drawings, or the sentence that says why there are none.
 * @param specs gathers the specification of each drawing, for the page's script
 * @param after markup below the drawings
 */
export async function chartSection(
  chart: Pick<Chart, 'name' | 'title' | 'question'>,
  drawn: ReturnType<Chart['draw']>,
  specs: VegaSpec[],
  after = '',
): Promise<string> {
  const head = `<section aria-labelledby="${chart.name}"><h2 id="${chart.name}">${escapeHtml(chart.title)}</h2><p class="muted">${escapeHtml(chart.question)}</p>`;
  if (typeof drawn === 'string') return `${head}<p class="absent">${escapeHtml(drawn)}</p></section>`;
  const figures: string[] = [];
  for (const drawing of drawn) figures.push(await figureOf(drawing, specs));
  return `${head}${figures.join('\n')}${after}</section>`;
}

/** A drawing with its finding, notes and data; its specification goes to the end of `specs`. */
export async function figureOf(drawing: Drawing, specs: VegaSpec[]): Promise<string> {
  const spec = compileSpec(drawing.spec, BY_VARIABLE);
  specs.push(spec);
  return figure(drawing, await drawSvg(spec, `chart-${specs.length - 1}`), specs.length - 1);
}

function figure(drawing: Drawing, svg: string, index: number): string {
  const subject = drawing.subject === '' ? '' : `<h3>${escapeHtml(drawing.subject)}</h3>`;
  const notes = drawing.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('');
  return `<figure>${subject}<figcaption><p class="finding">${escapeHtml(drawing.finding)}</p></figcaption><div class="drawing" data-chart="${index}">${svg}</div>${notes === '' ? '' : `<ul class="notes">${notes}</ul>`}<details><summary>Data as a table</summary>${dataTable(drawing.table, drawing.finding)}</details></figure>`;
}
