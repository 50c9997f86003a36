/**
 * Which figure a threshold speaks of: the table of metrics, their tags and statistics, and where each lies in a cell of the result.
 *
 * A selector that the stored windows cannot answer is an issue, never a guess.
 */
import { type ClientRun, REQUEST_PARTS, type RequestPart, type RunResult, type SparseHistogram, type WindowRun } from '../measurement/run-result.ts';
import type { FigureSpec } from '../scenario/scenario.ts';
import { durationSample } from './duration-figures.ts';
import type { MergedCell } from './merge.ts';
import { mergeHistograms } from './merged-histogram.ts';
import type { Estimate } from './result.ts';

/** Statistics of a duration beside its percentiles. */
const DURATION_STATISTICS = ['mean', 'sd', 'max', 'positive'] as const;
const LOAD_STATISTICS = ['jain', 'maxOverMean', 'cov', 'busiestShare', 'idlePods'];
const UTILIZATION_STATISTICS = ['mean', 'max'];
const TRAFFIC_STATISTICS = ['clientAddressKept', 'secondHop', 'crossZone', 'crossZoneBytes'];
const STICKINESS_STATISTICS = ['samePod', 'chance', 'podsPerKey', 'breaks'];

interface MetricKind {
  /** Tags that may be written, and the one that must be. */
  readonly tags: readonly string[];
  readonly required?: string;
  readonly statistics: readonly string[];
  readonly hasPercentiles: boolean;
}

const PART: MetricKind = { tags: ['client'], statistics: DURATION_STATISTICS, hasPercentiles: true };
const KINDS: Readonly<Record<string, MetricKind>> = {
  request_duration: { tags: ['client', 'service', 'outcome', 'since'], statistics: DURATION_STATISTICS, hasPercentiles: true },
  queue_wait: { tags: ['client', 'service'], statistics: DURATION_STATISTICS, hasPercentiles: true },
  client_wait: PART,
  connect_duration: PART,
  network: PART,
  service_duration: PART,
  call_duration: PART,
  request_failed: { tags: ['client', 'since'], statistics: ['rate'], hasPercentiles: false },
  pod_load: { tags: ['service', 'since'], required: 'service', statistics: LOAD_STATISTICS, hasPercentiles: false },
  utilization: { tags: ['service'], required: 'service', statistics: UTILIZATION_STATISTICS, hasPercentiles: false },
  traffic: { tags: ['service'], required: 'service', statistics: TRAFFIC_STATISTICS, hasPercentiles: false },
  stickiness: { tags: ['service', 'by'], required: 'service', statistics: STICKINESS_STATISTICS, hasPercentiles: false },
};

/** Made of several counts, which have no interval together. */
export const COUNTED = 'a sum of counts';

/** k6's words for ours. */
const SYNONYMS: Readonly<Record<string, string>> = { avg: 'mean', med: 'p(50)' };

/** @returns what is wrong with the metric, its tags or its statistic, or null when it can be answered */
export function thresholdProblem(spec: FigureSpec): { readonly problem: string; readonly hint: string } | null {
  const kind = Object.hasOwn(KINDS, spec.name) ? KINDS[spec.name] : undefined;
  if (kind === undefined) return { problem: `unknown metric "${spec.name}"`, hint: `known: ${Object.keys(KINDS).join(', ')}` };
  const unknown = tagsOf(spec).find((tag) => !kind.tags.includes(tag));
  if (unknown !== undefined) return { problem: `"${spec.name}" has no tag "${unknown}"`, hint: `known: ${kind.tags.join(', ')}` };
  if (kind.required !== undefined && spec.tags[kind.required] === undefined) {
    return { problem: `"${spec.name}" needs the tag "${kind.required}"`, hint: `e.g. ${spec.name}{${kind.required}=default/checkout}` };
  }
  return tagValueProblem(spec) ?? statisticProblem(spec, kind);
}

function tagsOf(spec: FigureSpec): string[] {
  return [...Object.keys(spec.tags), ...(spec.sinceNs === null ? [] : ['since'])];
}

function tagValueProblem(spec: FigureSpec): { readonly problem: string; readonly hint: string } | null {
  const { client, service, outcome, by } = spec.tags;
  if (client !== undefined && service !== undefined) return { problem: 'client and service at once', hint: 'write one of them' };
  if (service !== undefined && spec.sinceNs !== null && spec.name !== 'pod_load') {
    return { problem: 'a Service keeps no durations by window', hint: 'use client=…, or leave since= out' };
  }
  if (outcome !== undefined && (outcome !== 'ok' || service !== undefined)) return { problem: `unknown outcome "${outcome}"`, hint: 'outcome=ok, of clients' };
  if (by !== undefined && by !== 'connection' && by !== 'request') return { problem: `unknown unit "${by}"`, hint: 'by=connection or by=request' };
  return null;
}

function statisticProblem(spec: FigureSpec, kind: MetricKind): { readonly problem: string; readonly hint: string } | null {
  const statistic = SYNONYMS[spec.statistic] ?? spec.statistic;
  const percent = percentOf(statistic);
  const known = kind.statistics.includes(statistic) || (kind.hasPercentiles && percent !== null);
  if (known) return null;
  const names = [...kind.statistics, ...(kind.hasPercentiles ? ['p(99)'] : [])];
  return { problem: `"${spec.name}" has no statistic "${spec.statistic}"`, hint: `known: ${names.join(', ')}` };
}

/** The percentile that a threshold asks for, in percent; null for other statistics. */
export function thresholdPercent(spec: FigureSpec): number | null {
  return percentOf(SYNONYMS[spec.statistic] ?? spec.statistic);
}

/** The percentile that `p(99)` or `p99` asks for, in percent; null for anything else. */
function percentOf(statistic: string): number | null {
  const match = /^p\(?(\d+(?:\.\d+)?)\)?$/.exec(statistic);
  if (match === null) return null;
  const percent = Number(match[1]);
  return percent > 0 && percent < 100 ? percent : null;
}

/** Percentiles that thresholds ask for, to be computed beside the usual ones. */
export function thresholdPercentiles(thresholds: readonly FigureSpec[]): number[] {
  return thresholds.map((spec) => percentOf(SYNONYMS[spec.statistic] ?? spec.statistic)).filter((percent) => percent !== null);
}

/**
 * The figure that a threshold speaks of.
 * @param cell merged over the window that `since=` asks for; see `windowOf`
 * @returns undefined when the client or Service does not exist
 */
export function selectFigure(cell: MergedCell, spec: FigureSpec): Estimate | undefined {
  const statistic = SYNONYMS[spec.statistic] ?? spec.statistic;
  const percent = percentOf(statistic);
  const key = percent === null ? statistic : `p${percent}`;
  return figuresOf(cell, spec)?.[key];
}

function figuresOf(cell: MergedCell, spec: FigureSpec): Readonly<Record<string, Estimate>> | undefined {
  const metric = spec.tags.outcome === 'ok' ? `${spec.name}{outcome=ok}` : spec.name;
  const { client, service: serviceName, by } = spec.tags;
  if (client !== undefined) return cell.clients[client]?.[metric] as Readonly<Record<string, Estimate>> | undefined;
  if (serviceName === undefined) return cell.metrics[metric];
  const service = cell.services[qualified(serviceName)];
  if (service === undefined) return undefined;
  if (spec.name === 'pod_load') {
    const { byRank: _byRank, ...figures } = service.load;
    return figures;
  }
  if (spec.name === 'utilization') return { ...service.utilization };
  if (spec.name === 'traffic') return { ...service.traffic };
  if (spec.name === 'stickiness') {
    const { samePod, chance, podsPerKey, breaks } = by === 'connection' ? service.stickiness.byConnection : service.stickiness.byRequest;
    return { samePod, chance, podsPerKey, breaks: { value: Object.values(breaks).reduce((sum, one) => sum + one, 0), noInterval: COUNTED } };
  }
  return spec.name === 'queue_wait' ? service.queue_wait : service.request_duration;
}

/**
 * The figure of one replication alone, without merging a whole cell for it: of durations and of failed requests.
 * @param countsOpen what had not ended counts as failed
 * @returns undefined for other metrics
 */
export function thresholdSample(run: RunResult, spec: FigureSpec, countsOpen: boolean): number | null | undefined {
  const statistic = SYNONYMS[spec.statistic] ?? spec.statistic;
  if (KINDS[spec.name].hasPercentiles)
    return durationSample(thresholdHistogram(run, spec), percentOf(statistic) ?? (statistic as (typeof DURATION_STATISTICS)[number]));
  if (spec.name !== 'request_failed') return undefined;
  let [offered, failed] = [0, 0];
  for (const client of windowedClients(run, spec)) {
    offered += client.offered;
    failed += client.failed + (countsOpen ? client.request_duration.infinite : 0);
  }
  return offered === 0 ? null : failed / offered;
}

/** The clients that a threshold speaks of, in its window. */
function windowedClients(run: RunResult, { sinceNs, tags }: FigureSpec): (WindowRun['clients'][number] & Pick<ClientRun, 'parts'>)[] {
  const windowed = sinceNs === null ? run.clients : (run.windows.find((window) => window.sinceNs === sinceNs)?.clients ?? []);
  return run.clients.flatMap(({ name, parts }, i) => (tags.client === undefined || tags.client === name ? [{ ...windowed[i], parts }] : []));
}

/** The observations of one replication that a threshold on a duration speaks of. */
export function thresholdHistogram(run: RunResult, spec: FigureSpec): SparseHistogram {
  const { service, outcome } = spec.tags;
  if (service !== undefined) {
    const named = run.services.filter(({ name }) => name === qualified(service));
    return mergeHistograms(named.map((one) => (spec.name === 'queue_wait' ? one.queue_wait : one.request_duration)));
  }
  const isPart = (name: string): name is RequestPart => (REQUEST_PARTS as readonly string[]).includes(name);
  const pick = (client: ReturnType<typeof windowedClients>[number]) =>
    isPart(spec.name) ? client.parts[spec.name] : outcome === 'ok' ? client.request_duration_ok : client.request_duration;
  return mergeHistograms(windowedClients(run, spec).map(pick));
}

/** `checkout` means `default/checkout`. */
export function qualified(service: string): string {
  return service.includes('/') ? service : `default/${service}`;
}
