/** What a check says, in words that the terminal, comments on pull requests, annotations and the page share. */
import type { CheckedCell, CheckResult, MetricChange } from '../experiments/gate/check-result.ts';
import type { DocumentChange } from '../experiments/gate/document-diff.ts';
import type { ThresholdResult } from '../experiments/result.ts';
import { formatExactly, formatNumber, formatShare, plural, type Quantity } from './format.ts';
import { doubtText, parseExpression, thresholdValue } from './thresholds.ts';

export type Tone = 'good' | 'bad' | 'doubt';

export interface Finding {
  readonly tone: Tone;
  /** '' where there is one cell. */
  readonly cell: string;
  /** `request_duration p(99)<120ms`, `request_duration:p(99)`. */
  readonly what: string;
  readonly text: string;
}

export function headline({ verdict, scenario }: CheckResult): string {
  return `${scenario.name} ${verdict === 'inconclusive' ? 'is inconclusive' : verdict}`;
}

/** Thresholds and comparisons, those that fail first. */
export function findings(result: CheckResult): Finding[] {
  const all = result.cells.flatMap((cell) => {
    const label = axesLabel(cell.axes);
    const thresholds = cell.thresholds.map(
      (threshold): Finding => ({ tone: toneOf(threshold), cell: label, what: `${threshold.metric} ${threshold.expr}`, text: thresholdText(threshold) }),
    );
    const changes = (cell.against?.metrics ?? []).map(
      (metric): Finding => ({ tone: changeTone(metric), cell: label, what: metric.metric, text: changeText(metric) }),
    );
    return [...thresholds, ...changes];
  });
  const order: readonly Tone[] = ['bad', 'doubt', 'good'];
  return order.flatMap((tone) => all.filter((finding) => finding.tone === tone));
}

export function axesLabel(axes: CheckedCell['axes']): string {
  return Object.entries(axes)
    .map(([axis, value]) => `${axis}=${value}`)
    .join(' ');
}

export function toneOf({ ok, conclusive, value }: ThresholdResult): Tone {
  if (!conclusive && value !== null && value !== 'inf') return 'doubt';
  return ok ? 'good' : 'bad';
}

export function changeTone({ verdict }: MetricChange): Tone {
  return verdict === 'worse' ? 'bad' : verdict === 'inconclusive' ? 'doubt' : 'good';
}

function thresholdText(threshold: ThresholdResult): string {
  const doubt = toneOf(threshold) === 'doubt' ? `, ${doubtText(threshold)}` : '';
  return `${thresholdValue(threshold)}, held in ${threshold.heldIn} replications${doubt}${threshold.note === undefined ? '' : ` (${threshold.note})`}`;
}

/** `128 ms → 141 ms, +10.2 % (at least +8.8 %), allowed +0 %`. */
export function changeText(metric: MetricChange): string {
  return `${figure(metric, metric.before)} → ${figure(metric, metric.after)}, ${movedText(metric)}, allowed ${allowedText(metric)}`;
}

export function movedText({ change, low, high, verdict, note, worse }: MetricChange): string {
  const sign = worse === 'more' ? 1 : -1;
  if (change === null) return note ?? 'no percentage';
  const moved = change === 0 ? 'no change' : signedShare(sign * change);
  if (low === undefined || high === undefined) return note === undefined ? moved : `${moved} (${note})`;
  if (verdict === 'inconclusive') {
    const [from, to] = sign > 0 ? [low, high] : [-high, -low];
    return `${moved} (${signedShare(from)} … ${signedShare(to)})`;
  }
  const shown = verdict === 'worse' ? `${sign > 0 ? '≥' : '≤'} ${signedShare(sign * low)}` : `${sign > 0 ? '≤' : '≥'} ${signedShare(sign * high)}`;
  return `${moved} (${shown})`;
}

export function allowedText({ allowed, worse }: MetricChange): string {
  return allowed === 0 ? '0 %' : signedShare(worse === 'more' ? allowed : -allowed);
}

export function signedShare(share: number): string {
  return `${share < 0 ? '−' : '+'}${formatShare(Math.abs(share))}`;
}

/** A value in the unit of its metric. */
export function figure({ metric }: Pick<MetricChange, 'metric'>, value: MetricChange['before']): string {
  if (value === null) return 'nothing seen';
  if (value === 'inf') return 'not ended';
  return formatExactly(value, quantityOf(metric), 3);
}

const SHARES = ['rate', 'positive', 'samePod', 'chance', 'busiestShare'];

export function quantityOf(metric: string): Quantity {
  const statistic = metric.slice(metric.lastIndexOf(':') + 1);
  if (metric.startsWith('utilization') || SHARES.includes(statistic)) return 'share';
  return metric.startsWith('pod_load') || metric.startsWith('stickiness') ? 'number' : 'seconds';
}

/** Did the bytes change, and with what. */
export function bytesSentence(result: CheckResult): string {
  const { baseline, cells } = result;
  if (baseline === null) return '';
  const compared = cells.filter(({ against }) => against !== null);
  const changed = compared.filter(({ against }) => against?.bytes === 'changed').length;
  const { engine, seed, input } = baseline.changed;
  const causes = [
    ...(input ? ['scenario or manifests'] : []),
    ...(engine ? [`the engine (${baseline.scenario.engine} → ${result.scenario.engine})`] : []),
    ...(seed ? [`the seed (${baseline.scenario.seed} → ${result.scenario.seed})`] : []),
  ];
  const changedText = causes.length === 0 ? 'nothing that was read' : causes.join(' and ');
  if (changed === 0) return `unchanged, byte for byte${causes.length === 0 ? '' : `, though ${changedText} changed`}`;
  const share = changed === compared.length ? '' : ` in ${changed} of ${compared.length} cells`;
  if (causes.length === 0)
    return compared.some(({ against, replications }) => against?.baselineReplications !== replications)
      ? `changed${share}: another number of replications`
      : `changed${share}, though engine, scenario and manifests did not: an engine of the same version was changed`;
  return `changed${share}; changed were ${changedText}`;
}

/** How the comparison was made, and what it can see. */
export function powerSentence({ baseline, cells }: CheckResult): string {
  if (baseline === null) return '';
  const { alpha, comparisons, power, margin, needed } = baseline.statistics;
  const counts = cells.flatMap(({ replications, against }) => (against === null ? [] : [Math.min(replications, against.baselineReplications)]));
  const there = Math.min(...counts);
  const isCut = cells.some(({ replications, against }) => against !== null && against.baselineReplications !== replications);
  const methods = new Set(cells.flatMap(({ against }) => against?.method ?? []));
  const how =
    methods.size > 1
      ? 'paired where both met the same traffic, by Welch otherwise'
      : methods.has('paired')
        ? `paired: both met the same traffic${isCut ? ` in the ${formatNumber(there)} replications that both have, compared by their means` : ''}`
        : 'by Welch: they met other traffic';
  const enough =
    needed === null
      ? hasDoubt(cells)
        ? '; what is marked ? takes more replications, how many cannot be said from a spread of nothing'
        : ''
      : `; a worsening by ${formatShare(margin)} more than allowed is shown with ${formatShare(power)} certainty from ${Number.isFinite(needed) ? plural(needed, 'replication') : 'more than a million replications'}, there are ${formatNumber(there)}`;
  return `${how}; a false alarm in any of ${plural(comparisons, 'comparison')} with at most ${formatShare(alpha)}${enough}`;
}

function hasDoubt(cells: CheckResult['cells']): boolean {
  return cells.some(({ against }) => against?.metrics.some(({ verdict }) => verdict === 'inconclusive'));
}

export function changeLine({ document, path, before, after }: DocumentChange): string {
  if (path === '') return `${document} was ${before ?? after}`;
  return `${document} ${path}: ${before ?? '(not there)'} → ${after ?? '(not there)'}`;
}

/** For a threshold's own limit, in the unit in which it was written. */
export function limitOf(expr: string): { readonly limit: number; readonly quantity: Quantity } | null {
  const parsed = parseExpression(expr);
  return parsed === undefined ? null : { limit: parsed.limit, quantity: parsed.quantity };
}
