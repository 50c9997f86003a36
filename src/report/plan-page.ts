/** A capacity plan as a page: the answer, the curve of each threshold, what moves it, and on what it rests. Pure function of the result. */
import type { CapacityResult } from '../experiments/capacity/capacity-result.ts';
import { answerSentence, errorSentence, theorySentence } from './capacity.ts';
import { escapeHtml } from './escape.ts';
import { formatNumber, formatShare, plural } from './format.ts';
import { figureOf, pageShell } from './html.ts';
import { assumptions, notModelled } from './sections.ts';
import { capacityDrawings, lookedAt } from './specs/capacity-curve.ts';
import { sensitivityDrawing } from './specs/sensitivity.ts';
import type { VegaSpec } from './vega.ts';
import { assumptionRows } from './verdict.ts';

const STATES: Readonly<Record<CapacityResult['outcome'], readonly [string, string]>> = {
  found: ['passed', '✓'],
  end: ['passed', '✓'],
  none: ['failed', '✗'],
  undecided: ['inconclusive', '?'],
};

/** @param command the command line to repeat the plan */
export async function planPage(result: CapacityResult, command: string): Promise<string> {
  const specs: VegaSpec[] = [];
  const curves: string[] = [];
  for (const drawing of capacityDrawings(result)) curves.push(await figureOf(drawing, specs));
  const moved = sensitivityDrawing(result);
  const sensitivity =
    moved === null
      ? ''
      : section(
          'sensitivity',
          'What moves the answer',
          'The tightest threshold at the answer again, with one thing changed at a time.',
          await figureOf(moved, specs),
        );
  const { name, description, engine } = result.scenario;
  return pageShell({
    name,
    description,
    engine,
    title: 'plan',
    main: [
      verdict(result),
      tiles(result),
      `<div class="two">${asked(result)}${run(result, command)}</div>`,
      section('capacity-curve', 'Capacity curve', `Each threshold over ${result.knob.path}.`, curves.join('\n')),
      sensitivity,
      section('not-modelled', 'What was not modelled', '', notModelled(result)),
      section('assumptions', 'Assumptions', '', assumptions(assumptionRows(result))),
    ].join('\n'),
    data: { 'evenkeel-plan': result },
    specs,
  });
}

function section(id: string, title: string, question: string, body: string): string {
  return `<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${question === '' ? '' : `<p class="muted">${escapeHtml(question)}</p>`}${body}</section>`;
}

function verdict(result: CapacityResult): string {
  const { headline, details } = answerSentence(result);
  const [state, mark] = STATES[result.outcome];
  const isFound = result.answer !== null;
  const title = isFound ? `The ${result.knob.ask} ${result.knob.path} that holds: ${headline}` : `${result.knob.path}: ${headline}`;
  return `<section class="card verdict ${state}" aria-labelledby="verdict"><h2 id="verdict"><span class="mark" aria-hidden="true">${mark}</span>${escapeHtml(title)}</h2><ul>${details.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul></section>`;
}

function tiles(result: CapacityResult): string {
  const at = result.points.find(({ value }) => value === result.answer);
  const loads = at?.variants.flatMap(({ offeredLoad }) => offeredLoad.filter(({ isProxy }) => !isProxy).map((row) => Math.max(row.load, row.heldLoad))) ?? [];
  const shown: readonly (readonly [string, string, string])[] = [
    ['answer', result.answer ?? '-', result.outcome === 'found' ? 'its neighbour fails' : result.outcome === 'end' ? 'the end of the range' : ''],
    ...(loads.length === 0 ? [] : [['offered load there', formatShare(Math.max(...loads)), 'of the busiest workload'] as const]),
    ['theory alone', result.analytic.value ?? 'none', result.analytic.why],
    ['values looked at', lookedAt(result), plural(result.statistics.replications, 'replication')],
  ];
  return `<ul class="tiles" aria-label="The plan in figures">${shown.map(([title, value, detail]) => `<li><span class="title">${escapeHtml(title)}</span><span class="value">${escapeHtml(value)}</span><span class="detail">${escapeHtml(detail)}</span></li>`).join('')}</ul>`;
}

function asked(result: CapacityResult): string {
  const { thresholds, variants } = result;
  const rows = thresholds.map(({ metric, expr }) => `<li>${escapeHtml(metric)} <code>${escapeHtml(expr)}</code></li>`).join('');
  const under =
    variants.length < 2
      ? ''
      : `<p class="muted">Under each of ${formatNumber(variants.length)} variants</p><ul class="plain">${variants
          .map(
            (axes) =>
              `<li>${escapeHtml(
                Object.entries(axes)
                  .map(([axis, value]) => `${axis} = ${value}`)
                  .join(', '),
              )}</li>`,
          )
          .join('')}</ul>`;
  const facts = [`Theory: ${theorySentence(result)}.`, `Error: ${errorSentence(result)}.`].map((fact) => `<p class="muted">${escapeHtml(fact)}</p>`).join('');
  return `<section class="card"><h2>What has to hold</h2><ul class="plain">${rows}</ul>${under}${facts}</section>`;
}

function run({ scenario, knob }: CapacityResult, command: string): string {
  const facts: readonly (readonly [string, string])[] = [
    ['knob', knob.path],
    ['range', `${knob.from} to ${knob.to}${knob.step === undefined ? '' : ` by ${knob.step}`}`],
    ['seed', scenario.seed],
    ['engine', scenario.engine],
    ['scenario', scenario.hash.replace(/^sha256:/, 'sha256: ')],
  ];
  return `<section class="card"><h2>This plan</h2><dl>${facts.map(([term, text]) => `<dt>${term}</dt><dd${term === 'scenario' ? ' class="hash"' : ''}>${escapeHtml(text)}</dd>`).join('')}</dl><p class="muted">To repeat</p><pre>${escapeHtml(command)}</pre></section>`;
}
