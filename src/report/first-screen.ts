/**
 * The first screen: verdict, what was run and how to repeat it, thresholds, headline figures, what was assumed, links to the rest.
 */
import type { CellResult, Result, ThresholdResult } from '../experiments/result.ts';
import { chartsInOrder } from './charts.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber, formatSeconds, plural } from './format.ts';
import { scrolled } from './markup.ts';
import { SECTION_LINKS } from './sections.ts';
import { cellLabel } from './tables.ts';
import { type State, thresholdValue } from './thresholds.ts';
import { assumptionRows, tiles, verdict } from './verdict.ts';

/** Assumptions on the first screen; all of them are further down. */
const FIRST_ASSUMPTIONS = 4;
/** Sentences in the verdict; the table has the rest. */
const MOST_SENTENCES = 6;
/** Cells that the note on other cells lists; the table of the comparison has all. */
const MOST_LISTED_CELLS = 8;
const MARKS: Readonly<Record<State, string>> = { passed: '✓', failed: '✗', inconclusive: '?', none: '•' };

/** Everything above the first chart. */
export function firstScreen(result: Result, cell: CellResult, command: string | undefined): string {
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
  return `<section class="card verdict ${state}" aria-labelledby="verdict">
<h2 id="verdict"><span class="mark" aria-hidden="true">${MARKS[state]}</span>${escapeHtml(headline)}</h2>
${items === '' ? '' : `<ul>${items}</ul>`}
</section>
${thresholdTable(result)}
${cellSentence(result, cell)}
<ul class="tiles" aria-label="Headline figures with 95 % intervals">${figures.join('')}</ul>
<div class="two">${mainAssumptions(result)}${provenance(result, cell, command)}</div>
<nav aria-label="Charts"><ul>${chartsInOrder(result)
    .map((chart) => `<li><a href="#${chart.name}">${escapeHtml(chart.title)}</a></li>`)
    .join('')}${SECTION_LINKS.map(([id, title]) => `<li><a href="#${id}">${title}</a></li>`).join('')}</ul></nav>`;
}

/** One row per threshold; in a sweep one row per cell, with the thresholds as columns. */
function thresholdTable(result: Result): string {
  const rows = result.cells.flatMap((cell) => cell.thresholds);
  if (rows.length === 0) return '';
  if (result.cells.length === 1) {
    const body = rows.map((row) => `<tr><td>${escapeHtml(row.metric)}</td><td><code>${escapeHtml(row.expr)}</code></td>${outcome(row)}</tr>`).join('');
    return scrolled(
      'Thresholds',
      `<table class="stack"><thead><tr>${['metric', 'threshold', 'measured'].map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${body}</tbody></table>`,
    );
  }
  const key = (row: ThresholdResult) => JSON.stringify([row.metric, row.expr]);
  const columns = [...new Map(rows.map((row) => [key(row), row])).values()];
  const head = columns.map((row) => `<th scope="col">${breakable(row.metric)}<br><code>${escapeHtml(row.expr)}</code></th>`).join('');
  const body = result.cells.map((cell) => {
    const byKey = new Map(cell.thresholds.map((row) => [key(row), row]));
    return `<tr><th scope="row">${escapeHtml(cellLabel(cell))}</th>${columns.map((column) => outcome(byKey.get(key(column)))).join('')}</tr>`;
  });
  return scrolled('Thresholds by cell', `<table><thead><tr><th scope="col">cell</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`);
}

/** A selector as the head of a column: it may be broken where one of its words ends. */
function breakable(metric: string): string {
  return escapeHtml(metric).replace(/[{=]/g, '$&<wbr>');
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
  const others = result.cells.filter(({ id }) => id !== cell.id);
  const listed = others.slice(0, MOST_LISTED_CELLS).map((other) => `${other.id} (${escapeHtml(cellLabel(other))})`);
  const more = others.length > MOST_LISTED_CELLS ? `, and ${others.length - MOST_LISTED_CELLS} more in the comparison` : '';
  return `<p class="muted">This sweep has ${plural(result.cells.length, 'cell')}; <a href="#cells-comparison">their comparison</a> comes first. All other figures and charts are of cell ${cell.id}, <b>${escapeHtml(cellLabel(cell))}</b>. For another cell: <code>evenkeel report PAGE -o html --cell N --out OTHER.html</code> with N one of ${listed.join(', ')}${more}.</p>`;
}

function mainAssumptions(result: Result): string {
  const rows = assumptionRows(result);
  const { couldMatter } = result.notModelled;
  const items = rows
    .slice(0, FIRST_ASSUMPTIONS)
    .map((row) => `<li><b>${escapeHtml(row.value)}</b> for ${escapeHtml(row.what)} <span class="muted">(${escapeHtml(row.why)})</span></li>`);
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
