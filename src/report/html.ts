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
  for (const chart of chartsInOrder(result)) drawn.push(await chartSection(chart, result, cell, specs));
  const { name, description } = result.scenario;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)} – evenkeel report</title>
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
<header class="top"><p class="product">evenkeel report</p><h1>${escapeHtml(name)}</h1>${description === '' ? '' : `<p class="lead">${escapeHtml(description)}</p>`}</header>
<main id="main" tabindex="-1">
${firstScreen(result, cell, command)}
${drawn.join('\n')}
${sections(result, cell)}
</main>
<footer>Made by evenkeel ${escapeHtml(result.scenario.engine)}. The same scenario and seed give the same figures on any machine.</footer>
<script type="application/json" id="evenkeel-result">${jsonForScript(result)}</script>
<script type="application/json" id="evenkeel-page">${jsonForScript({ cell: cell.id, ...(command === undefined ? {} : { command }) })}</script>
<script type="application/json" id="evenkeel-charts">${jsonForScript(specs)}</script>
<script type="module">${await pageScript()}</script>
</body>
</html>
`;
}

async function chartSection(chart: Chart, result: Result, cell: CellResult, specs: VegaSpec[]): Promise<string> {
  const head = `<section aria-labelledby="${chart.name}"><h2 id="${chart.name}">${escapeHtml(chart.title)}</h2><p class="muted">${escapeHtml(chart.question)}</p>`;
  const drawn = chart.draw(result, cell);
  if (typeof drawn === 'string') return `${head}<p class="absent">${escapeHtml(drawn)}</p></section>`;
  const figures: string[] = [];
  for (const drawing of drawn) {
    const spec = compileSpec(drawing.spec, BY_VARIABLE);
    figures.push(figure(drawing, await drawSvg(spec, `chart-${specs.length}`), specs.length));
    specs.push(spec);
  }
  return `${head}${figures.join('\n')}${chart.name === 'littles-law' ? checks(cell) : ''}</section>`;
}

function figure(drawing: Drawing, svg: string, index: number): string {
  const subject = drawing.subject === '' ? '' : `<h3>${escapeHtml(drawing.subject)}</h3>`;
  const notes = drawing.notes.map((note) => `<li>${escapeHtml(note)}</li>`).join('');
  return `<figure>${subject}<figcaption><p class="finding">${escapeHtml(drawing.finding)}</p></figcaption><div class="drawing" data-chart="${index}">${svg}</div>${notes === '' ? '' : `<ul class="notes">${notes}</ul>`}<details><summary>Data as a table</summary>${dataTable(drawing.table, drawing.finding)}</details></figure>`;
}
