/** A check as a page: the verdict, before and after of every watched figure, and why: what was changed. Pure function of the result. */
import type { CheckResult } from '../experiments/gate/check-result.ts';
import { axesLabel, bytesSentence, findings, headline, powerSentence, type Tone, toneOf } from './check.ts';
import { escapeHtml } from './escape.ts';
import { plural } from './format.ts';
import { figureOf, pageShell } from './html.ts';
import { columns, dataTable } from './markup.ts';
import { assumptions, notModelled } from './sections.ts';
import { regressionDrawing } from './specs/regression.ts';
import { doubtText, thresholdValue } from './thresholds.ts';
import type { VegaSpec } from './vega.ts';
import { assumptionRows } from './verdict.ts';

const MARKS: Readonly<Record<CheckResult['verdict'], string>> = { passed: '✓', failed: '✗', inconclusive: '?' };
const WORDS: Readonly<Record<Tone, string>> = { good: '✓ holds', bad: '✗ broken', doubt: '?' };
/** Sentences of the verdict; the charts and tables have the rest. */
const MOST_SENTENCES = 6;

/** @param command the command line to repeat the check */
export async function checkPage(result: CheckResult, command: string): Promise<string> {
  const specs: VegaSpec[] = [];
  const drawing = regressionDrawing(result);
  const regression =
    result.baseline === null
      ? '<p class="absent">No baseline was given: only the thresholds were judged.</p>'
      : drawing === null
        ? '<p class="absent">No watched figure has a percentage.</p>'
        : await figureOf(drawing, specs);
  const { name, description, engine } = result.scenario;
  return pageShell({
    name,
    description,
    engine,
    title: 'check',
    main: [
      verdict(result),
      thresholds(result),
      section('regression', 'Before and after', 'Did anything get worse against the baseline?', regression),
      section('changes', 'Why', 'What was changed since the baseline was written.', changes(result)),
      section('method', 'How it was judged', '', method(result, command)),
      section('not-modelled', 'What was not modelled', '', notModelled(result)),
      section('assumptions', 'Assumptions', '', assumptions(assumptionRows(result))),
    ].join('\n'),
    data: { 'evenkeel-check': result },
    specs,
  });
}

function section(id: string, title: string, question: string, body: string): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${question === '' ? '' : `<p class="muted">${escapeHtml(question)}</p>`}${body}</section>`;
}

function verdict(result: CheckResult): string {
  const bad = findings(result).filter(({ tone }) => tone !== 'good');
  const shown = bad.slice(0, MOST_SENTENCES).map(({ what, cell, text }) => `<li>${escapeHtml(`${what}${cell === '' ? '' : ` (${cell})`}: ${text}`)}</li>`);
  const more = bad.length > shown.length ? `<li>${bad.length - shown.length} more: see below</li>` : '';
  return `<section class="card verdict ${result.verdict}" aria-labelledby="verdict"><h2 id="verdict"><span class="mark" aria-hidden="true">${MARKS[result.verdict]}</span>${escapeHtml(headline(result))}</h2>${shown.length === 0 ? '' : `<ul>${shown.join('')}${more}</ul>`}</section>`;
}

function thresholds({ cells }: CheckResult): string {
  const withCells = cells.length > 1;
  const rows = cells.flatMap((cell) =>
    cell.thresholds.map((threshold) => [
      ...(withCells ? [axesLabel(cell.axes)] : []),
      `${threshold.metric} ${threshold.expr}`,
      thresholdValue(threshold),
      threshold.heldIn,
      toneOf(threshold) === 'doubt' ? `${WORDS.doubt} ${doubtText(threshold)}` : WORDS[toneOf(threshold)],
    ]),
  );
  if (rows.length === 0) return '';
  return section(
    'thresholds',
    'Thresholds',
    '',
    dataTable({ columns: columns(...(withCells ? ['cell'] : []), 'threshold', 'measured#', 'held in#', 'verdict'), rows }, 'Thresholds'),
  );
}

function changes({ baseline }: CheckResult): string {
  if (baseline === null) return '<p class="absent">There is nothing to compare with.</p>';
  const { engine, seed } = baseline.changed;
  const own = [
    ...(engine ? [['engine', '', baseline.scenario.engine, 'another version']] : []),
    ...(seed ? [['seed', '', baseline.scenario.seed, 'another one']] : []),
  ];
  const rows = [...own, ...baseline.changes.map(({ document, path, before, after }) => [document, path, before ?? '', after ?? ''])];
  if (rows.length === 0) return '<p>Nothing: engine, scenario and manifests are those of the baseline.</p>';
  const cut = baseline.changeCount > baseline.changes.length ? { cut: `The first ${baseline.changes.length} of ${baseline.changeCount}.` } : {};
  return dataTable({ columns: columns('document', 'path', 'before', 'now'), rows, ...cut }, 'Changes since the baseline');
}

function method(result: CheckResult, command: string): string {
  const { baseline, cells, scenario } = result;
  const facts: readonly (readonly [string, string])[] = [
    ...(baseline === null
      ? []
      : ([
          ['Bytes', `${bytesSentence(result)}.`],
          ['Gate', `${powerSentence(result)}.`],
        ] as const)),
    [
      'Replications',
      `${plural(cells[0].replications, 'replication')}${cells.length > 1 ? ` of each of ${cells.length} cells` : ''}, seed ${scenario.seed}, engine ${scenario.engine}`,
    ],
  ];
  return `<div class="card"><dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl><p class="muted">To repeat</p><pre>${escapeHtml(command)}</pre></div>`;
}
