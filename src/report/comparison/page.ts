/** The page of a comparison: what is better, then every replication, the differences, and how the figures settled. */
import type { Comparison } from '../../experiments/comparison.ts';
import { escapeHtml } from '../escape.ts';
import { formatSeconds, formatShare, plural } from '../format.ts';
import { chartSection, pageShell } from '../html.ts';
import { columns, dataTable, scrolled } from '../markup.ts';
import { comparedDifferences } from '../specs/compared-differences.ts';
import { comparedValues } from '../specs/compared-values.ts';
import { convergence } from '../specs/convergence.ts';
import type { VegaSpec } from '../vega.ts';
import { differenceText, FORMATS, labelOf, valueText, verdictsOf } from './words.ts';

const CHARTS = [
  { name: 'differences', title: 'Differences', question: 'Which is better, and is the difference real?', draw: comparedDifferences },
  { name: 'values', title: 'Every replication', question: 'How far apart are the cells, and how much do they scatter?', draw: comparedValues },
  { name: 'convergence', title: 'Convergence', question: 'Were there enough replications?', draw: convergence },
] as const;

/** @param command the command line to repeat it, shown as it is */
export async function comparisonPage(comparison: Comparison, command: string | undefined): Promise<string> {
  const specs: VegaSpec[] = [];
  const drawn: string[] = [];
  for (const chart of CHARTS) drawn.push(await chartSection(chart, chart.draw(comparison), specs));
  const { name, description, engine } = comparison.scenario;
  return pageShell({
    name,
    description,
    engine,
    title: 'comparison',
    main: [firstScreen(comparison, command), ...drawn, method(comparison)].join('\n'),
    data: { 'evenkeel-comparison': comparison, 'evenkeel-page': command === undefined ? {} : { command } },
    specs,
  });
}

function firstScreen(comparison: Comparison, command: string | undefined): string {
  const sentences = sentencesOf(comparison);
  const isShown = comparison.metrics.some(({ cells }) =>
    cells.some(({ difference }) => ['better', 'worse', 'higher', 'lower'].includes(difference?.verdict ?? '')),
  );
  const isFound = comparison.selection?.best != null;
  const state = isShown || isFound ? 'passed' : 'inconclusive';
  return `<section class="card verdict ${state}" aria-labelledby="verdict">
<h2 id="verdict"><span class="mark" aria-hidden="true">${state === 'passed' ? '✓' : '?'}</span>${escapeHtml(headline(comparison))}</h2>
<ul>${sentences.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('')}</ul>
</section>
${matrix(comparison)}
${provenance(comparison, command)}
<nav aria-label="Charts"><ul>${CHARTS.map(({ name, title }) => `<li><a href="#${name}">${title}</a></li>`).join('')}<li><a href="#method">How it was compared</a></li></ul></nav>`;
}

function headline(comparison: Comparison): string {
  const { selection, comparisons } = comparison;
  if (selection?.best != null) return `Best by ${selection.metric}: ${labelOf(comparison, selection.best)}`;
  if (comparisons === 0) return `Undecided: ${selection?.undecided ?? 'nothing was compared'}`;
  const shown = comparison.metrics
    .flatMap(({ cells }) => cells)
    .filter(({ difference }) => ['better', 'worse', 'higher', 'lower'].includes(difference?.verdict ?? ''));
  return shown.length === 0 ? `No difference shown in ${plural(comparisons, 'comparison')}` : `${shown.length} of ${plural(comparisons, 'difference')} shown`;
}

/** One for each candidate, and what the elimination says. */
function sentencesOf(comparison: Comparison): string[] {
  const { selection, cells, notApplicable } = comparison;
  const candidates = cells.flatMap(({ id, baseline }) => {
    if (baseline === null) return [];
    const verdicts = [...verdictsOf(comparison, id)].map(([verdict, metrics]) =>
      verdict === 'better' || verdict === 'worse' ? `${verdict} in ${metrics.map(({ metric }) => metric).join(', ')}` : `${verdict} in ${metrics.length}`,
    );
    return [`${labelOf(comparison, id)} against ${labelOf(comparison, baseline)}: ${verdicts.join('; ')}.`];
  });
  const unpaired = cells.filter(({ pairing }) => pairing?.isPaired === false);
  return [
    ...(selection === undefined ? [] : [selectionSentence(comparison)]),
    ...candidates,
    ...cells.flatMap(({ id, failsMore }) =>
      failsMore === undefined
        ? []
        : [
            `${labelOf(comparison, id)} fails more than ${labelOf(comparison, failsMore.than)}: refusals are fast, so shorter durations do not make it better or best.`,
          ],
    ),
    ...(unpaired.length === 0 ? [] : [`Not paired, compared by Welch: ${unpaired.map(({ label, pairing }) => `${label} (${pairing?.why})`).join(', ')}.`]),
    ...notApplicable.map(({ name, reason }) => `Not compared: ${name}, ${reason}.`),
  ];
}

function selectionSentence(comparison: Comparison): string {
  const { selection } = comparison;
  if (selection === undefined) return '';
  const unit = comparison.metrics.find(({ metric }) => metric === selection.metric)?.unit ?? 'number';
  const zone = selection.indifference === null ? 'the indifference zone' : FORMATS[unit](selection.indifference);
  if (selection.best === null) return `The best by ${selection.metric} is undecided: ${selection.undecided}.`;
  if (selection.excluded.length === comparison.cells.length - 1) return `The best by ${selection.metric}: all others fail more.`;
  return `Chosen by elimination (Kim and Nelson) after ${plural(selection.replications, 'replication')}: the best with probability ${formatShare(selection.confidence)} or more when it leads by ${zone} or more, else one within that of it.`;
}

/** Cells down, metrics across: value, difference, verdict. */
function matrix(comparison: Comparison): string {
  const head = comparison.metrics.map(
    ({ metric, goal }) =>
      `<th scope="col">${escapeHtml(metric).replace(/[{=:]/g, '$&<wbr>')}<br><span class="muted">${goal === 'none' ? '' : `${goal} is better`}</span></th>`,
  );
  const body = comparison.cells.map(({ id, baseline }) => {
    const cells = comparison.metrics.map((metric) => {
      const figure = metric.cells.find(({ cell }) => cell === id);
      if (figure === undefined) return '<td>-</td>';
      const { difference } = figure;
      const tone = difference?.verdict === 'better' ? 'good' : difference?.verdict === 'worse' ? 'bad' : 'doubt';
      const verdict =
        difference === undefined
          ? ''
          : `<br><span class="mark ${tone}">${difference.verdict}</span> <span class="muted">${escapeHtml(differenceText(difference, metric))}</span>`;
      return `<td><span class="nowrap">${escapeHtml(valueText(figure, metric))}</span>${verdict}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(labelOf(comparison, id))}${baseline === null && comparison.comparisons > 0 ? '<br><span class="muted">baseline</span>' : ''}</th>${cells.join('')}</tr>`;
  });
  return scrolled(
    'Values, differences and verdicts',
    `<table><thead><tr><th scope="col">cell</th>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`,
  );
}

function provenance({ scenario, cells }: Comparison, command: string | undefined): string {
  const [{ window }] = cells;
  const counts = [...new Set(cells.map(({ replications }) => replications))].sort((a, b) => a - b);
  const facts: [string, string][] = [
    ['measured', `${formatSeconds(window.from)} to ${formatSeconds(window.to)} simulated`],
    ['replications', counts.length === 1 ? String(counts[0]) : `${counts[0]} to ${counts[counts.length - 1]} a cell`],
    ['seed', scenario.seed],
    ['engine', scenario.engine],
    ['scenario', scenario.hash.replace(/^sha256:/, 'sha256: ')],
  ];
  const repeat = command === undefined ? '' : `<p class="muted">To repeat</p><pre>${escapeHtml(command)}</pre>`;
  return `<section class="card"><h2>This comparison</h2><dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd${term === 'scenario' ? ' class="hash"' : ''}>${escapeHtml(text)}</dd>`).join('')}</dl>${repeat}</section>`;
}

function method(comparison: Comparison): string {
  const { cells, alpha, comparisons, selection } = comparison;
  const pairing = cells
    .filter(({ baseline }) => baseline !== null)
    .map((cell) => [labelOf(comparison, cell.id), cell.pairing?.isPaired ? 'paired' : 'Welch, not paired', cell.pairing?.why ?? '']);
  const table = pairing.length === 0 ? '' : dataTable({ columns: columns('cell', 'compared', 'because'), rows: pairing }, 'How each cell was compared');
  const gone =
    selection?.eliminated.map(({ cell, after, by }) => [
      labelOf(comparison, cell),
      String(after),
      by === null ? 'no finite figure' : labelOf(comparison, by),
    ]) ?? [];
  const eliminated =
    gone.length === 0
      ? ''
      : `<h3>Eliminated</h3>${dataTable({ columns: columns('cell', 'after replications#', 'clearly worse than'), rows: gone }, 'Eliminated cells')}`;
  return `<section aria-labelledby="method"><h2 id="method">How it was compared</h2>
<p>Replications with the same traffic are compared pair by pair (common random numbers); where traffic differs, by Welch's test. Quantiles and ratios are compared by their pooled values, with spreads about them (sectioning); relative differences have Fieller's interval. ${comparisons > 0 ? `The intervals of all ${comparisons} differences hold together with ${formatShare(1 - alpha)}: each has level 1 − ${alpha}/${comparisons} (Bonferroni), and each verdict is read from its interval.` : ''} The variance of the difference were the replications independent, over what it is paired, says by how many times pairing saves replications; below 1 it made it worse.</p>
${table}${eliminated}</section>`;
}
