/** A capacity plan as text: one row per value and variant that was looked at, the answer, theory beside it, what the error was split over. */
import { printable } from '../errors.ts';
import type { CapacityPoint, CapacityResult, SensitivityRow, VariantName, VariantPoint } from '../experiments/capacity/capacity-result.ts';
import type { Knob } from '../experiments/capacity/knob.ts';
import { ENGINE_VERSION } from '../experiments/engine-version.ts';
import type { DecidedThreshold } from '../experiments/threshold-decision.ts';
import { answerSentence, errorSentence, theorySentence } from '../report/capacity.ts';
import { formatExactly, plural, type Quantity } from '../report/format.ts';
import { parseExpression } from '../report/thresholds.ts';
import type { Study } from '../scenario/scenario.ts';
import { compactShare } from './figures.ts';
import { type Column, formatTable, wrap } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Thresholds that get a column each; further ones are in the JSON. */
const MOST_COLUMNS = 3;
const WIDTH = 100;

/** What stderr says before the first point. */
export function planTitle(study: Study, knob: Knob): string {
  const variants = study.cells.length > 1 ? `  ${plural(study.cells.length, 'variant')}` : '';
  return `evenkeel ${ENGINE_VERSION}  ${printable(study.name)}  ${knobText(knob)} of ${plural(knob.values.length, 'value')}${variants}  seed ${printable(study.seed)}\n`;
}

function knobText({ ask, path, values }: Knob): string {
  return `${ask} ${printable(path)}=${values[0]}..${values[values.length - 1]}`;
}

/** One line on stderr for each point when it is decided. */
export function pointLine({ value, decision, variants }: CapacityPoint): string {
  const replications = variants.reduce((sum, variant) => sum + variant.replications, 0);
  const saturated = variants.some((variant) => variant.saturated.length > 0) ? ', saturated' : '';
  const spent = replications === 0 ? 'not simulated' : plural(replications, 'replication');
  return `  ${value} ${decision === 'open' ? 'stays open' : decision}  (${spent}${saturated})\n`;
}

export function printCapacity(result: CapacityResult, { terminal, command }: { readonly terminal: Terminal; readonly command: string }): string {
  const { knob, thresholds, variants } = result;
  const under = variants.length > 1 ? `, under each of ${variants.length} variants` : '';
  const head = [
    `PLAN ${printable(result.scenario.name)}   ${knob.ask} ${printable(knob.path)} from ${knob.from} to ${knob.to}${knob.step === undefined ? '' : ` by ${knob.step}`}`,
    ...thresholds.map(
      ({ metric, expr }, i) =>
        `${i === 0 ? 'such that' : '      and'} ${titleOf(i, thresholds.length)}${printable(metric)} ${printable(expr)}${i === 0 ? under : ''}`,
    ),
  ].join('\n');
  const answer = answerSentence(result);
  const parts = [
    head,
    pointTable(result, terminal).trimEnd(),
    `${terminal.paint[result.outcome === 'found' || result.outcome === 'end' ? 'strong' : 'bad'](`→ ${answer.headline}`)}\n${answer.details.map((line) => wrap(line, '  ')).join('')}`.trimEnd(),
    [`theory  ${theorySentence(result)}`, `error   ${errorSentence(result)}`]
      .map((line) => wrap(line, ''))
      .join('')
      .trimEnd(),
    sensitivityTable(result).trimEnd(),
    `repeat  ${printable(command)}`,
  ];
  return terminal.text(`${parts.filter((part) => part !== '').join('\n\n')}\n`);
}

function titleOf(index: number, of: number): string {
  return of === 1 ? '' : `T${index + 1}: `;
}

function pointTable(result: CapacityResult, terminal: Terminal): string {
  const { thresholds, variants } = result;
  const shown = thresholds.slice(0, MOST_COLUMNS);
  const hasVariants = variants.length > 1;
  const columns: Column[] = [
    { title: 'VALUE', align: 'right' },
    ...(hasVariants ? [{ title: 'VARIANT', align: 'left' as const, shrinkTo: 12 }] : []),
    { title: 'LOAD', align: 'right' },
    { title: 'REPS', align: 'right' },
    ...shown.map(({ statistic }, i) => ({ title: thresholds.length === 1 ? statistic : `T${i + 1}`, align: 'right' as const })),
    { title: 'VERDICT', align: 'left' },
  ];
  const rows = result.points.flatMap((point) =>
    point.variants.map((variant) => [
      point.value,
      ...(hasVariants ? [printable(variantLabel(variant.axes))] : []),
      loadText(variant),
      String(variant.replications),
      ...shown.map((_, i) => thresholdText(variant, i)),
      verdictText(point, variant, result, terminal),
    ]),
  );
  const more = thresholds.length > shown.length ? `${plural(thresholds.length - shown.length, 'further threshold')} in -o json\n` : '';
  return formatTable(columns, rows, Math.min(terminal.width, WIDTH)) + more;
}

function variantLabel(axes: VariantName): string {
  return Object.entries(axes)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(' ');
}

function loadText({ offeredLoad }: VariantPoint): string {
  const loads = offeredLoad.filter(({ isProxy }) => !isProxy).map(({ load, heldLoad }) => Math.max(load, heldLoad));
  return loads.length === 0 ? '-' : compactShare(Math.max(...loads));
}

function thresholdText({ thresholds }: VariantPoint, index: number): string {
  return index < thresholds.length ? boundedText(thresholds[index]) : '-';
}

/** `84.1ms [82, 86.2]`, the bounds that decided. */
function boundedText({ expr, value, low, high }: DecidedThreshold): string {
  if (value === null) return 'nothing seen';
  if (value === 'inf') return 'not ended';
  const { format, unit } = formatOf(expr);
  const ends = low === undefined || high === undefined ? '' : ` [${format(low).replace(unit(value), '')}, ${format(high).replace(unit(value), '')}]`;
  return format(value) + ends;
}

function formatOf(expr: string): { readonly format: (value: number) => string; readonly unit: (value: number) => string } {
  const quantity: Quantity = parseExpression(expr)?.quantity ?? 'number';
  const format = (value: number) => formatExactly(value, quantity, 3).replace(' ', '');
  return { format, unit: (value) => /[a-zµ%]*$/.exec(format(value))?.[0] ?? '' };
}

function verdictText(point: CapacityPoint, { decision, saturated, replications }: VariantPoint, result: CapacityResult, terminal: Terminal): string {
  const { marks, paint } = terminal;
  const reason = saturated.length > 0 ? `: saturated${replications === 0 ? ', not simulated' : ''}` : '';
  const isAnswer = point.value === result.answer ? '  ← answer' : '';
  if (decision === 'holds') return `${marks.good} holds${isAnswer}`;
  if (decision === 'fails') return `${marks.bad} fails${reason}`;
  return paint.faint(decision === 'unseen' ? 'not looked at' : '? open');
}

function sensitivityTable({ sensitivity }: CapacityResult): string {
  if (sensitivity.length === 0) return '';
  const columns: Column[] = [
    { title: 'ONE THING CHANGED', align: 'left', shrinkTo: 24 },
    { title: 'TO', align: 'left' },
    { title: 'MOVES IT BY', align: 'right' },
    { title: 'THRESHOLDS', align: 'left' },
  ];
  const rows = sensitivity.map((row) => [
    printable(row.what),
    row.change,
    movedText(row),
    row.holds ? 'hold' : `broken${row.note === undefined ? '' : ` (${row.note})`}`,
  ]);
  return formatTable(columns, rows, WIDTH);
}

function movedText({ relative, low, high }: SensitivityRow): string {
  if (relative === null) return '-';
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${formatExactly(Math.abs(value), 'share', 3).replace(' %', '')}`;
  return `${signed(relative)}%${low === undefined || high === undefined ? '' : ` [${signed(low)}, ${signed(high)}]`}`;
}

/** The capacity curve as data: one row per value, variant and threshold. */
export function capacityCsv(result: CapacityResult): string {
  const axes = Object.keys(result.variants[0] ?? {});
  const head = ['value', 'number', ...axes, 'decision', 'replications', 'saturated', 'load', 'metric', 'threshold', 'limit', 'figure', 'low', 'high', 'theory'];
  const rows = result.points.flatMap((point) =>
    point.variants.flatMap((variant) =>
      result.thresholds.map(({ metric, expr, limit }, i) => {
        const decided = variant.thresholds[i];
        const load = Math.max(0, ...variant.offeredLoad.filter(({ isProxy }) => !isProxy).map((row) => Math.max(row.load, row.heldLoad)));
        return [
          point.value,
          point.number,
          ...axes.map((axis) => variant.axes[axis]),
          variant.decision,
          variant.replications,
          variant.saturated.join(' '),
          load,
          metric,
          expr,
          limit,
          decided?.value ?? '',
          decided?.low ?? '',
          decided?.high ?? '',
          variant.theory[i] ?? '',
        ];
      }),
    ),
  );
  return [head, ...rows].map((row) => `${row.map(csvField).join(',')}\n`).join('');
}

function csvField(value: string | number | boolean): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
