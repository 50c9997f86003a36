/** A check as text: thresholds, what changed against the baseline, and the verdict. */
import { printable } from '../errors.ts';
import type { CheckedCell, CheckResult } from '../experiments/gate/check-result.ts';
import {
  allowedText,
  axesLabel,
  bytesSentence,
  changeLine,
  changeTone,
  figure,
  headline,
  movedText,
  powerSentence,
  type Tone,
  toneOf,
} from '../report/check.ts';
import { plural } from '../report/format.ts';
import { doubtText, thresholdValue } from '../report/thresholds.ts';
import { type Column, formatTable, wrap } from './table.ts';
import type { Terminal } from './terminal.ts';

const MOST_CHANGES = 12;
const WIDTH = 80;

export function printCheck(result: CheckResult, { terminal, command }: { readonly terminal: Terminal; readonly command: string }): string {
  const { baseline, cells, verdict } = result;
  const [first] = cells;
  const parts = [
    `CHECK ${printable(result.scenario.name)}   ${cells.length > 1 ? `${plural(cells.length, 'cell')} × ` : ''}${plural(first.replications, 'replication')}${baseline === null ? '   no baseline' : ''}`,
    thresholdTable(cells, terminal),
    changeTable(cells, terminal),
    baseline === null ? '' : wrap(`bytes   ${bytesSentence(result)}`, '') + wrap(`gate    ${powerSentence(result)}`, ''),
    changesOf(result),
    `${terminal.paint[verdict === 'passed' ? 'good' : 'bad'](`→ ${printable(headline(result))}`)}\n`,
    `repeat  ${printable(command)}\n`,
  ];
  return terminal.text(
    parts
      .filter((part) => part !== '')
      .map((part) => part.trimEnd())
      .join('\n\n')
      .concat('\n'),
  );
}

function mark(tone: Tone, { marks }: Terminal): string {
  return tone === 'good' ? marks.good : tone === 'bad' ? marks.bad : '?';
}

function thresholdTable(cells: readonly CheckedCell[], terminal: Terminal): string {
  const rows = cells.flatMap((cell) =>
    cell.thresholds.map((threshold) => [
      mark(toneOf(threshold), terminal),
      ...(cells.length > 1 ? [printable(axesLabel(cell.axes))] : []),
      printable(threshold.metric),
      printable(threshold.expr),
      thresholdValue(threshold),
      threshold.heldIn,
    ]),
  );
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { title: '', align: 'left' },
    ...(cells.length > 1 ? [{ title: 'CELL', align: 'left' as const, shrinkTo: 10 }] : []),
    { title: 'THRESHOLD', align: 'left', shrinkTo: 24 },
    { title: '', align: 'left' },
    { title: 'VALUE', align: 'right' },
    { title: 'HELD IN', align: 'right' },
  ];
  const doubts = cells.flatMap(({ axes, thresholds }) =>
    thresholds
      .filter((threshold) => toneOf(threshold) === 'doubt')
      .map((threshold) => wrap(`?  ${[axesLabel(axes), threshold.metric, threshold.expr].join(' ').trim()}: ${doubtText(threshold)}`, '')),
  );
  return `${formatTable(columns, rows, Math.min(terminal.width, WIDTH)).trimEnd()}\n${doubts.join('')}`;
}

function changeTable(cells: readonly CheckedCell[], terminal: Terminal): string {
  const rows = cells.flatMap((cell) =>
    (cell.against?.metrics ?? []).map((metric) => [
      mark(changeTone(metric), terminal),
      ...(cells.length > 1 ? [printable(axesLabel(cell.axes))] : []),
      printable(metric.metric),
      figure(metric, metric.before),
      figure(metric, metric.after),
      movedText(metric),
      allowedText(metric),
    ]),
  );
  if (rows.length === 0) return '';
  const columns: Column[] = [
    { title: '', align: 'left' },
    ...(cells.length > 1 ? [{ title: 'CELL', align: 'left' as const, shrinkTo: 10 }] : []),
    { title: 'AGAINST BASELINE', align: 'left', shrinkTo: 20 },
    { title: 'BEFORE', align: 'right' },
    { title: 'NOW', align: 'right' },
    { title: 'CHANGE', align: 'left' },
    { title: 'ALLOWED', align: 'right' },
  ];
  return formatTable(columns, rows, Math.min(terminal.width, WIDTH));
}

function changesOf({ baseline, cells }: CheckResult): string {
  if (baseline === null) return '';
  const unknown = cells.filter(({ against }) => against === null).map(({ axes }) => `new cell ${axesLabel(axes)}: not in the baseline`);
  const gone = baseline.gone.map((axes) => `cell ${axesLabel(axes)} is gone`);
  const shown = baseline.changes.slice(0, MOST_CHANGES).map(changeLine);
  const more = baseline.changeCount - shown.length;
  return [...unknown, ...gone, ...shown, ...(more > 0 ? [`${more} more in -o json`] : [])].map((line) => wrap(`changed ${printable(line)}`, '')).join('');
}
