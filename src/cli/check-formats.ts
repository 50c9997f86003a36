/** A check for other programs: JUnit XML for CI servers, Markdown for a comment on a pull request, annotations for GitHub Actions. */
import { formatIssue, printable, ScenarioError } from '../errors.ts';
import type { CheckResult } from '../experiments/gate/check-result.ts';
import {
  allowedText,
  axesLabel,
  bytesSentence,
  changeTone,
  type Finding,
  figure,
  findings,
  headline,
  movedText,
  powerSentence,
  type Tone,
  toneOf,
} from '../report/check.ts';
import { doubtText, thresholdValue } from '../report/thresholds.ts';

/** What an inconclusive finding counts as. */
export type OnInconclusive = 'pass' | 'fail' | '3';

const MARKS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', doubt: '?' };
/** GitHub shows ten errors and ten warnings of a step. */
const MOST_ANNOTATIONS = 10;
const MOST_CHANGES = 30;

/** One test case for each threshold and each comparison. */
export function junit(result: CheckResult, onInconclusive: OnInconclusive): string {
  const cases = findings(result);
  const failures = cases.filter(({ tone }) => tone === 'bad' || (tone === 'doubt' && onInconclusive !== 'pass')).length;
  const skipped = cases.filter(({ tone }) => tone === 'doubt' && onInconclusive === 'pass').length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const name = xml(result.scenario.name);
  const lines = cases.map((one) => {
    const title = xml(one.cell === '' ? one.what : `${one.what} [${one.cell}]`);
    const body = caseBody(one, onInconclusive);
    return `    <testcase classname="evenkeel.${name}" name="${title}"${body === '' ? '/>' : `>${body}</testcase>`}`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="evenkeel" ${counts}>`,
    `  <testsuite name="${name}" ${counts}>`,
    ...lines,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseBody({ tone, text }: Finding, onInconclusive: OnInconclusive): string {
  if (tone === 'good') return '';
  if (tone === 'doubt' && onInconclusive === 'pass') return `<skipped message="inconclusive: ${xml(text)}"/>`;
  const type = tone === 'bad' ? 'failed' : 'inconclusive';
  return `<failure type="${type}" message="${xml(text)}">${xml(text)}</failure>`;
}

/** Text and values of attributes; characters that XML 1.0 has no place for become U+FFFD. */
export function xml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;')
    .replaceAll('\t', '&#9;')
    .replace(/[^\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

export function markdown(result: CheckResult, command: string): string {
  const { baseline, cells, verdict } = result;
  const tone: Tone = verdict === 'passed' ? 'good' : verdict === 'failed' ? 'bad' : 'doubt';
  const withCells = cells.length > 1;
  const cellOf = (axes: (typeof cells)[number]['axes']) => (withCells ? [axesLabel(axes)] : []);
  const changes = cells.flatMap(({ axes, against }) =>
    (against?.metrics ?? []).map((metric) => [
      MARKS[changeTone(metric)],
      ...cellOf(axes),
      code(metric.metric),
      figure(metric, metric.before),
      figure(metric, metric.after),
      movedText(metric),
      allowedText(metric),
      metric.verdict,
    ]),
  );
  const thresholds = cells.flatMap(({ axes, thresholds: all }) =>
    all.map((threshold) => [
      MARKS[toneOf(threshold)],
      ...cellOf(axes),
      code(`${threshold.metric} ${threshold.expr}`),
      thresholdValue(threshold),
      `${threshold.heldIn}${toneOf(threshold) === 'doubt' ? `; ${cell(doubtText(threshold))}` : ''}`,
    ]),
  );
  const cellHead = withCells ? ['cell'] : [];
  const parts = [
    `### ${MARKS[tone]} evenkeel: ${cell(headline(result))}`,
    changes.length === 0 ? '' : markdownTable(['', ...cellHead, 'against the baseline', 'before', 'now', 'change', 'allowed', 'verdict'], changes),
    thresholds.length === 0 ? '' : markdownTable(['', ...cellHead, 'threshold', 'value', 'held in'], thresholds),
    baseline === null ? '' : `**Bytes** ${cell(bytesSentence(result))}.`,
    changedSection(result),
    baseline === null ? '' : `<sub>${cell(powerSentence(result))}.</sub>`,
    `<sub>Repeat: ${code(command)}</sub>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function changedSection({ baseline }: CheckResult): string {
  if (baseline === null || baseline.changeCount === 0) return '';
  const shown = baseline.changes
    .slice(0, MOST_CHANGES)
    .map(({ document, path, before, after }) => [cell(document), path === '' ? '' : code(path), code(before ?? ''), code(after ?? '')]);
  const more = baseline.changeCount - shown.length;
  return `<details><summary>${baseline.changeCount} changed since the baseline</summary>\n\n${markdownTable(['document', 'path', 'before', 'after'], shown)}${more > 0 ? `\n\n${more} more` : ''}\n\n</details>`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Text of the user's as text: no markup of its own, and no end of the row. */
function cell(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
}

/** In a cell of a table a bar ends the cell even inside code. */
function code(text: string): string {
  if (text === '') return '';
  const plain = printable(text).replaceAll('|', '\\|');
  const fence = plain.includes('`') ? '``' : '`';
  return `${fence}${plain}${fence}`;
}

/** Workflow commands; the runner reads them from either stream. */
export function githubAnnotations(result: CheckResult, file: string | undefined): string {
  const place = file === undefined || file === '-' ? '' : `file=${property(file)},`;
  const bad = findings(result).filter(({ tone }) => tone !== 'good');
  const errors = bad.filter(({ tone }) => tone === 'bad').slice(0, MOST_ANNOTATIONS);
  const warnings = bad.filter(({ tone }) => tone === 'doubt').slice(0, MOST_ANNOTATIONS);
  const line = (kind: string, { what, cell: label, text }: Finding) =>
    `::${kind} ${place}title=${property(`${result.scenario.name}: ${what}${label === '' ? '' : ` [${label}]`}`)}::${message(text)}\n`;
  const notice = bad.length === 0 ? `::notice ${place}title=evenkeel::${message(headline(result))}\n` : '';
  return [...errors.map((one) => line('error', one)), ...warnings.map((one) => line('warning', one))].join('') + notice;
}

/** For a check that could not be made. */
export function githubErrors(error: unknown): string {
  const texts = error instanceof ScenarioError ? error.issues.map(formatIssue) : error instanceof Error ? [error.message] : [String(error)];
  return texts
    .slice(0, MOST_ANNOTATIONS)
    .map((text) => `::error title=evenkeel::${message(printable(text))}\n`)
    .join('');
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
