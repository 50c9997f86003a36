/**
 * A result as one page that needs nothing else: no network, no evaluation of text, readable without scripts and on paper.
 *
 * The page holds the result itself (`id="evenkeel-result"`), so that it can be rendered again, the charts as drawn SVG, and a
 * script that makes them interactive and fits them to the reader's window. Same result and options, same bytes.
 */
import type { CellResult, Result, ThresholdResult } from '../experiments/result.ts';
import type { Chart, Drawing, Table } from './chart.ts';
import { charts } from './charts.ts';
import { escapeHtml, jsonForScript } from './escape.ts';
import { formatEstimate, formatNumber, formatSeconds, plural } from './format.ts';
import { pageScript } from './page-script-file.ts';
import { STYLE } from './style.ts';
import { cellLabel } from './tables.ts';
import { BY_VARIABLE } from './theme.ts';
import { type State, thresholdValue } from './thresholds.ts';
import { compileSpec, drawSvg, type VegaSpec } from './vega.ts';
import { type AssumptionRow, assumptionRows, tiles, verdict } from './verdict.ts';

const CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
/** Assumptions on the first screen; all of them are further down. */
const FIRST_ASSUMPTIONS = 4;
/** Sentences in the verdict; the table has the rest. */
const MOST_SENTENCES = 6;
const MARKS: Readonly<Record<State, string>> = { passed: '✓', failed: '✗', inconclusive: '?', none: '•' };

/** @param command the command line to repeat the run, shown as it is */
export async function pageOf(result: Result, cell: CellResult, command: string | undefined): Promise<string> {
  const sections: string[] = [];
  const specs: VegaSpec[] = [];
  for (const chart of charts) sections.push(await chartSection(chart, result, cell, specs));
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
${sections.join('\n')}
${notModelled(result)}
${assumptions(assumptionRows(result))}
${method(cell)}
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

function firstScreen(result: Result, cell: CellResult, command: string | undefined): string {
  const { state, headline, sentences } = verdict(result);
  const shown =
    sentences.length <= MOST_SENTENCES
      ? sentences
      : [...sentences.slice(0, MOST_SENTENCES - 1), `${sentences.length - MOST_SENTENCES + 1} more: see the table`];
  const items = shown.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('');
  const figures = tiles(cell).map(
    ({ title, value, detail }) =>
      `<li><span class="title">${escapeHtml(title)}</span><span class="value">${escapeHtml(value)}</span><span class="detail">${escapeHtml(detail)}</span></li>`,
  );
  return `<div class="two"><section class="card verdict ${state}" aria-labelledby="verdict">
<h2 id="verdict"><span class="mark" aria-hidden="true">${MARKS[state]}</span>${escapeHtml(headline)}</h2>
${items === '' ? '' : `<ul>${items}</ul>`}
</section>${provenance(result, cell, command)}</div>
${thresholdTable(result)}
${cellSentence(result, cell)}
<ul class="tiles" aria-label="Headline figures with 95 % intervals">${figures.join('')}</ul>
${mainAssumptions(result)}
<nav aria-label="Charts"><ul>${charts.map((chart) => `<li><a href="#${chart.name}">${escapeHtml(chart.title)}</a></li>`).join('')}<li><a href="#not-modelled">Not modelled</a></li><li><a href="#assumptions">Assumptions</a></li><li><a href="#method">Method</a></li></ul></nav>`;
}

/** One row per threshold; in a sweep one row per cell, with the thresholds as columns. */
function thresholdTable(result: Result): string {
  const rows = result.cells.flatMap((cell) => cell.thresholds);
  if (rows.length === 0) return '';
  if (result.cells.length === 1) {
    const body = rows.map((row) => `<tr><td>${escapeHtml(row.metric)}</td><td><code>${escapeHtml(row.expr)}</code></td>${outcome(row)}</tr>`).join('');
    return scrolled(
      'Thresholds',
      `<table><thead><tr>${['metric', 'threshold', 'measured'].map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${body}</tbody></table>`,
    );
  }
  const key = (row: ThresholdResult) => JSON.stringify([row.metric, row.expr]);
  const columns = [...new Map(rows.map((row) => [key(row), row])).values()];
  const head = columns.map((row) => `<th scope="col">${escapeHtml(row.metric)}<br><code>${escapeHtml(row.expr)}</code></th>`).join('');
  const body = result.cells.map((cell) => {
    const byKey = new Map(cell.thresholds.map((row) => [key(row), row]));
    return `<tr><th scope="row">${escapeHtml(cellLabel(cell))}</th>${columns.map((column) => outcome(byKey.get(key(column)))).join('')}</tr>`;
  });
  return scrolled('Thresholds by cell', `<table><thead><tr><th scope="col">cell</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`);
}

function outcome(threshold: ThresholdResult | undefined): string {
  if (threshold === undefined) return '<td>not asked</td>';
  const [tone, word] = threshold.conclusive
    ? threshold.ok
      ? ['good', '✓ holds']
      : ['bad', '✗ failed']
    : ['doubt', threshold.ok ? '? holds, undecided' : '? fails, undecided'];
  return `<td><span class="mark ${tone}">${word}</span> <span class="nowrap">${escapeHtml(thresholdValue(threshold))}</span> <span class="muted nowrap">(${escapeHtml(threshold.heldIn)} runs)</span></td>`;
}

function cellSentence(result: Result, cell: CellResult): string {
  if (result.cells.length < 2) return '';
  return `<p class="muted">This sweep has ${plural(result.cells.length, 'cell')}. Figures and charts below are of cell ${cell.id}, <b>${escapeHtml(cellLabel(cell))}</b>, save the comparison of cells; <code>evenkeel report --cell N</code> shows another.</p>`;
}

function mainAssumptions(result: Result): string {
  const rows = assumptionRows(result);
  const { couldMatter } = result.notModelled;
  const items = rows
    .slice(0, FIRST_ASSUMPTIONS)
    .map((row) => `<li><b>${escapeHtml(row.value)}</b> as ${escapeHtml(row.what)} <span class="muted">(${escapeHtml(row.why)})</span></li>`);
  const more = rows.length > FIRST_ASSUMPTIONS ? ` <a href="#assumptions">All ${rows.length} assumptions</a>.` : '';
  const unmodelled = couldMatter.length > 0 ? ` <a href="#not-modelled">${plural(couldMatter.length, 'field')} not modelled</a> could change the result.` : '';
  const body = items.length === 0 ? '<p>Every value that can move the result was given.</p>' : `<ul class="plain">${items.join('')}</ul>`;
  return `<section class="card"><h2>Assumed, since nothing was said</h2>${body}<p class="muted">${more}${unmodelled}</p></section>`;
}

function provenance(result: Result, cell: CellResult, command: string | undefined): string {
  const { hash, seed, engine } = result.scenario;
  const facts: [string, string][] = [
    ['measured', `${formatSeconds(cell.window.from)} to ${formatSeconds(cell.window.to)} simulated, ${plural(cell.replications, 'replication')}`],
    [
      'requests',
      `${formatNumber(cell.requests.offered)} offered, ${formatNumber(cell.requests.failed)} failed, ${formatNumber(cell.requests.inFlight)} not ended`,
    ],
    ['seed', seed],
    ['engine', engine],
    ['scenario', hash.replace(/^sha256:/, 'sha256: ')],
  ];
  const repeat = command === undefined ? '' : `<p class="muted">To repeat</p><pre>${escapeHtml(command)}</pre>`;
  return `<section class="card"><h2>This run</h2><dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd${term === 'scenario' ? ' class="hash"' : ''}>${escapeHtml(text)}</dd>`).join('')}</dl>${repeat}</section>`;
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

function dataTable(data: Table, label: string): string {
  const side = (numeric: boolean) => (numeric ? ' class="number"' : '');
  const head = data.columns.map(({ title, numeric }) => `<th scope="col"${side(numeric)}>${escapeHtml(title)}</th>`).join('');
  const body = data.rows.map((row) => `<tr>${row.map((cell, i) => `<td${side(data.columns[i].numeric)}>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('');
  return scrolled(
    label,
    `<table>${data.cut === undefined ? '' : `<caption>${escapeHtml(data.cut)}</caption>`}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
  );
}

/** A table may be wider than the window: the region scrolls, by keyboard too. */
function scrolled(label: string, html: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(label)}">${html}</div>`;
}

function checks(cell: CellResult): string {
  const rows = cell.checks.map((check) => [check.ok ? '✓ holds' : '✗ fails', check.name, formatNumber(check.residual)]);
  const theory = cell.theory.map((row) => [
    row.workload,
    `${row.model}: ${row.why}`,
    row.metric,
    asMetric(row.metric, row.theory),
    formatEstimate(row.simulated, (value) => asMetric(row.metric, value)),
  ]);
  const columns = (...titles: string[]) => titles.map((title) => ({ title: title.replace('#', ''), numeric: title.endsWith('#') }));
  return [
    rows.length === 0
      ? ''
      : `<details><summary>All ${rows.length} identities</summary>${dataTable({ columns: columns('verdict', 'identity', 'worst relative residual#'), rows }, 'Identities that hold in every run')}</details>`,
    theory.length === 0
      ? ''
      : `<h3>Beside the theory</h3>${dataTable({ columns: columns('workload', 'closed form', 'metric', 'theory#', 'simulated#'), rows: theory }, 'Closed forms beside simulated figures')}`,
  ].join('');
}

/** Durations of closed forms are seconds; shares, counts and probabilities are plain. */
function asMetric(metric: string, value: number): string {
  return /duration|wait/.test(metric) && !/positive|probability/.test(metric) ? formatSeconds(value) : formatNumber(value);
}

function notModelled(result: Result): string {
  const { couldMatter, noEffect } = result.notModelled;
  const list = dataTable(
    {
      columns: [
        { title: 'where', numeric: false },
        { title: 'what', numeric: false },
      ],
      rows: couldMatter.map((row) => [row.where, row.what]),
    },
    'Fields that are not modelled and could change the result',
  );
  const none = '<p>Nothing in the manifests that could change the result was left out.</p>';
  return `<section aria-labelledby="not-modelled"><h2 id="not-modelled">What was not modelled</h2>${couldMatter.length === 0 ? none : `<p>These fields of the manifests could change the result and were ignored.</p>${list}`}<p class="muted">${plural(noEffect.count, 'further field')} without effect on traffic.</p></section>`;
}

function assumptions(rows: readonly AssumptionRow[]): string {
  const columns = ['what', 'assumed', 'why'].map((title) => ({ title, numeric: false }));
  const body =
    rows.length === 0
      ? '<p>None: every value that can move the result was given.</p>'
      : dataTable({ columns, rows: rows.map((row) => [row.what, row.value, row.why]) }, 'All assumptions');
  return `<section aria-labelledby="assumptions"><h2 id="assumptions">Assumptions</h2>${body}</section>`;
}

function method(cell: CellResult): string {
  const facts: readonly [string, string][] = [
    [
      'Requests measured',
      `Client requests whose intended arrival lies from ${formatSeconds(cell.window.from)} to ${formatSeconds(cell.window.to)}; the first ${formatSeconds(cell.warmup.cut)} are warm-up. A request that had not ended when the run stopped counts as infinitely slow.`,
    ],
    ['Latency', 'From the intended arrival to the last byte or the known failure, every outcome, so that waiting for a connection counts.'],
    [
      'Intervals',
      `At 95 %, over ${plural(cell.replications, 'replication')} with streams of chance of their own. A quantile has one only if each replication holds at least 200 observations above it; a maximum never has one.`,
    ],
    [
      'Load',
      "Attempts that reach a pod. Jain's index is 1 when all pods of the Service get the same and 1/n when one of n gets all; it is taken in each replication and then averaged.",
    ],
    ['Stickiness', "The share of a client's next requests that meet the pod of its last one, beside the share that chance alone would give."],
    ['Over time', 'Means per replication in each step, by intended arrival; percentiles of a step are of the histogram merged over replications.'],
  ];
  return `<section aria-labelledby="method"><h2 id="method">Method</h2><div class="card"><dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl></div></section>`;
}
