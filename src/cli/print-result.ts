/** A result as text: cells side by side when there are several, then clients, outcomes, Services, pods, theory and thresholds of a cell. */

import { printable } from '../errors.ts';
import type { CellResult, ClientResult, DurationFigures, Estimate, Result, ServiceResult, ThresholdResult } from '../experiments/result.ts';
import { formatNumber, plural } from '../report/format.ts';
import { busyTables, doRanksDiffer, podOrder } from '../report/tables.ts';
import { thresholdValue } from '../report/thresholds.ts';
import { formatSize } from '../units.ts';
import { compactSeconds, compactShare, duration, durationWithInterval, number, numberWithInterval, share, shareWithInterval } from './figures.ts';
import { type Column, formatTable } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface PrintOptions {
  readonly isWide: boolean;
  readonly terminal: Terminal;
  /** The command line that repeats the run. */
  readonly command?: string;
}

const left = (title: string, shrinkTo?: number): Column => ({ title, align: 'left', ...(shrinkTo !== undefined && { shrinkTo }) });
const right = (title: string): Column => ({ title, align: 'right' });

/** Pods of a Service, and nodes, that the plain table shows; `-o wide` shows all. */
const MOST_PODS = 30;
const MOST_NODES = 10;

export function printResult(result: Result, options: PrintOptions): string {
  const [cell] = result.cells;
  const header = [
    `SCENARIO ${printable(result.scenario.name)}`,
    `${compactSeconds(cell.window.to)} simulated, ${compactSeconds(cell.warmup.cut)} warm-up discarded`,
    replicationsOf(result),
  ].join('   ');
  const isSweep = result.cells.length > 1;
  const parts = [
    header,
    ...(isSweep ? [cellTable(result, options)] : []),
    ...(isSweep && !options.isWide ? [] : result.cells.map((one) => printCell(one, isSweep, options))),
  ];
  return options.terminal.text(`${[...parts, footer(result, options)].filter((part) => part !== '').join('\n\n')}\n`);
}

/** `20 replications`, or `10 to 33 replications` where each cell has as many as its precision takes. */
function replicationsOf({ cells }: Result): string {
  const counts = cells.map(({ replications }) => replications);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  return fewest === most ? plural(most, 'replication') : `${fewest} to ${plural(most, 'replication')}`;
}

function printCell(cell: CellResult, isSweep: boolean, options: PrintOptions): string {
  const title = isSweep ? `CELL ${cell.id}  ${axesOf(cell)}` : '';
  return [
    title,
    ...cell.saturated.map((workload) => options.terminal.paint.bad(`SATURATED ${workload}: offered more than it can serve`)),
    clientTable(cell, options),
    outcomeTable(cell, options),
    brokenTable(cell, options),
    conntrackTable(cell, options),
    ...servicesWithTraffic(cell, options).flatMap(([name, service]) => serviceTables(name, service, cell, options)),
    misleadingMeansLine(cell, options),
    idleServicesLine(cell, options),
    theoryTable(cell, options),
    checkLines(cell, options),
    thresholdTable(cell.thresholds, options),
    precisionLines(cell, options),
  ]
    .filter((part) => part !== '')
    .map((part) => part.trimEnd())
    .join('\n\n');
}

/** With stopWhen: how precise the figures became, and why one did not. */
function precisionLines({ replications, stopWhen }: CellResult, { terminal }: PrintOptions): string {
  if (stopWhen === undefined) return '';
  const lines = stopWhen.figures.map(({ metric, statistic, met, reached, noInterval }) => {
    const figure = `PRECISION ${printable(metric)} ${statistic}:`;
    if (met) return `${figure} ${compactShare(reached ?? 0)} after ${plural(replications, 'replication')}, within ${compactShare(stopWhen.relative)}`;
    const why =
      reached === null ? `no interval (${noInterval ?? 'it is 0'})` : `${compactShare(reached)} after the most of ${plural(replications, 'replication')}`;
    return terminal.paint.bad(`${figure} not reached: ${why}, wanted ${compactShare(stopWhen.relative)}`);
  });
  return lines.join('\n');
}

/** One row a cell: what one looks at first when comparing. */
function cellTable(result: Result, options: PrintOptions): string {
  const { cells } = result;
  const axes = Object.keys(cells[0].axes);
  const asked = askedThresholds(cells);
  const shown = options.isWide ? asked : asked.slice(0, MOST_THRESHOLDS);
  const even = cells.map(leastEven);
  const services = [...new Set(even.flatMap((one) => (one === null ? [] : [printable(one.service)])))];
  const hasSaturated = cells.some(({ saturated }) => saturated.length > 0);
  const hasOpen = cells.some((cell) => cell.requests.inFlight > 0);
  const isPrecise = cells.some(({ stopWhen }) => stopWhen !== undefined);
  const columns = [
    ...axes.map((axis) => left(axis, 8)),
    ...(isPrecise ? [right('RUNS')] : []),
    right('REQUESTS'),
    right('FAILED'),
    ...(hasOpen ? [right('NOT ENDED')] : []),
    right('P50'),
    right('P99 [95% CI]'),
    ...(hasSaturated ? [left('SATURATED', 12)] : []),
    right('JAIN'),
    ...(services.length > 1 ? [left('OF', 12)] : []),
    ...(asked.length > shown.length ? [left('THRESHOLDS')] : []),
    ...shown.map((_, i) => right(thresholdTitle(i, shown.length))),
  ];
  const rows = cells.map((cell, i) => [
    ...axes.map((axis) => printable(String(cell.axes[axis]))),
    ...(isPrecise ? [precisionOf(cell)] : []),
    formatNumber(cell.requests.offered),
    share(cell.metrics.request_failed.rate),
    ...(hasOpen ? [openShare(cell.requests)] : []),
    answered(cell.requests, cell.metrics.request_duration.p50, duration(cell.metrics.request_duration.p50, cell.window.gracefulStop)),
    answered(cell.requests, cell.metrics.request_duration.p99, durationWithInterval(cell.metrics.request_duration.p99, cell.window.gracefulStop)),
    ...(hasSaturated ? [printable(cell.saturated.join(', ')) || '-'] : []),
    even[i] === null ? '-' : number(even[i].jain),
    ...(services.length > 1 ? [even[i] === null ? '-' : printable(even[i].service)] : []),
    ...(asked.length > shown.length ? [thresholdSummary(cell.thresholds, options)] : []),
    ...shown.map((key) =>
      thresholdCell(
        cell.thresholds.find((threshold) => keyOf(threshold) === key),
        options,
      ),
    ),
  ]);
  const notes = [
    ...(services.length === 1 ? [`JAIN is of ${services[0]}`] : services.length > 1 ? ['JAIN is of the least even Service'] : []),
    ...(cells.some(({ thresholds }) => thresholds.some(({ conclusive }) => !conclusive)) && shown.length > 0
      ? ['?: inconclusive, more replications would tell']
      : []),
    ...(cells.some(({ stopWhen }) => stopWhen?.met === false) ? ['!: not as precise as wanted'] : []),
    ...shown.map((key, i) => `${thresholdTitle(i, shown.length)}: ${printable(key)}`),
  ];
  return `${formatTable(columns, rows, options.terminal.width)}${notes.map((note) => `${note}\n`).join('')}`.trimEnd();
}

function precisionOf({ replications, stopWhen }: CellResult): string {
  return `${replications}${stopWhen?.met === false ? '!' : ''}`;
}

/** Thresholds that get a column each; with more of them the plain table counts those that failed. */
const MOST_THRESHOLDS = 5;

function askedThresholds(cells: Result['cells']): string[] {
  return [...new Set(cells.flatMap((cell) => cell.thresholds.map(keyOf)))];
}

function keyOf({ metric, expr }: ThresholdResult): string {
  return `${metric} ${expr}`;
}

/** The text of a threshold is too long for a column; it stands below the table. */
function thresholdTitle(index: number, of: number): string {
  return of === 1 ? 'THRESHOLD' : `T${index + 1}`;
}

function thresholdCell(threshold: ThresholdResult | undefined, { terminal }: PrintOptions): string {
  if (threshold === undefined) return '-';
  const doubt = threshold.conclusive ? '' : '?';
  return `${compactThreshold(threshold)}${doubt} ${threshold.ok ? terminal.marks.good : terminal.marks.bad}`;
}

/** The Service that is balanced worst; what an ingress controller's own connections do counts only where nothing else has traffic. */
function leastEven(cell: CellResult): { readonly service: string; readonly jain: Estimate } | null {
  const proxies = proxiesOf(cell);
  const known = Object.entries(cell.services).flatMap(([service, { load, pods }]) =>
    typeof load.jain.value !== 'number'
      ? []
      : [{ service, jain: load.jain, value: load.jain.value, isProxy: Object.values(pods).every((pod) => proxies.has(pod.workload)) }],
  );
  const counted = known.some(({ isProxy }) => !isProxy) ? known.filter(({ isProxy }) => !isProxy) : known;
  return counted.reduce<(typeof known)[number] | null>((least, one) => (least === null || one.value < least.value ? one : least), null);
}

function proxiesOf(cell: CellResult): ReadonlySet<string> {
  return new Set(cell.offeredLoad.filter((row) => row.isProxy).map((row) => row.workload));
}

function thresholdSummary(thresholds: readonly ThresholdResult[], { terminal }: PrintOptions): string {
  const failed = thresholds.filter((threshold) => !threshold.ok).length;
  return failed === 0 ? terminal.marks.good : `${terminal.marks.bad} ${failed} of ${thresholds.length}`;
}

function clientTable(cell: CellResult, { terminal, isWide }: PrintOptions): string {
  const { gracefulStop } = cell.window;
  const hasOpen = cell.requests.inFlight > 0;
  const columns = [
    left('CLIENT', 10),
    right('REQUESTS'),
    right('FAILED'),
    ...(hasOpen ? [right('NOT ENDED')] : []),
    right('P50'),
    right('P90'),
    ...(isWide ? [right('P95')] : []),
    right('P99 [95% CI]'),
    ...(isWide ? [right('P99.9'), right('MAX'), right('MEAN'), right('WAIT P99')] : []),
  ];
  const rows = Object.entries(cell.clients).map(([name, client]) => {
    const figures = client.request_duration;
    return [
      printable(name),
      formatNumber(client.requests.offered),
      share(client.request_failed.rate),
      ...(hasOpen ? [openShare(client.requests)] : []),
      answered(client.requests, figures.p50, duration(figures.p50, gracefulStop)),
      answered(client.requests, figures.p90, duration(figures.p90, gracefulStop)),
      ...(isWide ? [answered(client.requests, figures.p95, duration(figures.p95, gracefulStop))] : []),
      answered(client.requests, figures.p99, durationWithInterval(figures.p99, gracefulStop)),
      ...(isWide
        ? [
            duration(figures['p99.9'], gracefulStop),
            duration(figures.max, gracefulStop),
            durationWithInterval(figures.mean, gracefulStop),
            duration((client.queue_wait as DurationFigures).p99, gracefulStop),
          ]
        : []),
    ];
  });
  return formatTable(columns, rows, terminal.width) + noIntervalNote(cell);
}

/** Requests that all failed at once would look like the best latency; that some had not ended is worth saying. */
function answered({ byOutcome }: { readonly byOutcome: Readonly<Record<string, number>> }, estimate: Estimate, text: string): string {
  return (byOutcome.ok ?? 0) > 0 || estimate.value === 'inf' ? text : '-';
}

/** Share of requests that had not ended when the run did: they neither failed nor succeeded. */
function openShare({ inFlight, offered }: { readonly inFlight: number; readonly offered: number }): string {
  return offered === 0 ? '-' : compactShare(inFlight / offered);
}

/** Why the p99 of a client has no interval, said once. */
function noIntervalNote(cell: CellResult): string {
  const reasons = Object.values(cell.clients).flatMap((client: ClientResult) => {
    const { p99 } = client.request_duration;
    return 'noInterval' in p99 && p99.value !== null && !p99.noInterval.startsWith('the same in all') ? [p99.noInterval] : [];
  });
  return [...new Set(reasons)].map((reason) => `no interval for p99: ${reason}\n`).join('');
}

/** Every way in which requests ended, when not all ended well. */
function outcomeTable(cell: CellResult, { terminal }: PrintOptions): string {
  const outcomes = Object.entries(cell.requests.byOutcome).filter(([, count]) => count > 0);
  const { inFlight, offered } = cell.requests;
  if (outcomes.every(([name]) => name === 'ok') && inFlight === 0) return '';
  const rows = [...outcomes, ...(inFlight > 0 ? [['not ended', inFlight] as const] : [])].map(([name, count]) => [
    printable(name),
    formatNumber(count),
    compactShare(count / offered),
  ]);
  return formatTable([left('OUTCOME', 20), right('REQUESTS'), right('SHARE')], rows, terminal.width);
}

/** Hops that forgot connections, or sent their packets elsewhere. */
function brokenTable({ connections }: CellResult, { terminal }: PrintOptions): string {
  const rows = Object.entries(connections.brokenBy).map(([hop, count]) => [printable(hop), formatNumber(count)]);
  return rows.length === 0 ? '' : formatTable([left('BROKEN BY', 20), right('CONNECTIONS')], rows, terminal.width);
}

/** Tables of connections that are worth a look; with `-o wide` all. */
function conntrackTable({ nodes }: CellResult, { terminal, isWide }: PrintOptions): string {
  const shown = isWide ? Object.entries(nodes) : busyTables(nodes).slice(0, MOST_NODES);
  const lendsPorts = shown.some(([, { snat }]) => snat.peak.value !== 0);
  const rows = shown.map(([name, { conntrack, snat }]) => [
    printable(name),
    number(conntrack.peak),
    formatNumber(conntrack.limit),
    number(conntrack.dropped),
    number(conntrack.evicted),
    ...(lendsPorts ? [number(snat.peak), number(snat.dropped)] : []),
  ]);
  const columns = [
    left('NODE', 8),
    right('CONNTRACK PEAK'),
    right('LIMIT'),
    right('DROPPED/RUN'),
    right('EARLY DROPS/RUN'),
    ...(lendsPorts ? [right('SNAT PORTS PEAK'), right('NO PORT/RUN')] : []),
  ];
  return rows.length === 0 ? '' : formatTable(columns, rows, terminal.width);
}

/** Services that nobody asked are left to `-o wide`. */
function servicesWithTraffic(cell: CellResult, { isWide }: PrintOptions): [string, ServiceResult][] {
  return Object.entries(cell.services).filter(([, service]) => isWide || hasTraffic(service));
}

function hasTraffic(service: ServiceResult): boolean {
  return Object.keys(service.unanswered).length > 0 || Object.values(service.pods).some((pod) => pod.requests.value !== 0);
}

function misleadingMeansLine(cell: CellResult, options: PrintOptions): string {
  const isAny = servicesWithTraffic(cell, options).some(([, service]) => doRanksDiffer(service));
  return isAny ? 'SHARE is a mean over runs, and another pod is the busy one in each' : '';
}

function idleServicesLine(cell: CellResult, { isWide }: PrintOptions): string {
  const idle = Object.values(cell.services).filter((service) => !hasTraffic(service)).length;
  return isWide || idle === 0 ? '' : `${plural(idle, 'Service')} without traffic (-o wide shows ${idle === 1 ? 'it' : 'them'})`;
}

function serviceTables(name: string, service: ServiceResult, cell: CellResult, options: PrintOptions): string[] {
  const pods = podOrder(service).map((pod) => [pod, service.pods[pod]] as const);
  return [serviceTable(name, service, pods.length, options), podTable(pods, cell, options)].filter((table) => table !== '');
}

function serviceTable(name: string, service: ServiceResult, pods: number, { terminal, isWide }: PrintOptions): string {
  const { load, stickiness } = service;
  const sticky = ({ samePod, chance }: ServiceResult['stickiness']['byRequest']) => (samePod.value === null ? '-' : `${share(samePod)} (${share(chance)})`);
  const columns = [
    left('SERVICE', 12),
    right('PODS'),
    right(isWide ? 'JAIN [95% CI]' : 'JAIN'),
    right('MAX/MEAN'),
    right('BUSIEST'),
    right('SAME POD (CHANCE)'),
    ...(isWide ? [right('BY CONNECTION'), right('PODS/KEY'), right('IDLE PODS'), right('WAITED')] : []),
  ];
  const row = [
    printable(name),
    String(pods),
    isWide ? numberWithInterval(load.jain) : number(load.jain),
    number(load.maxOverMean),
    isWide ? shareWithInterval(load.busiestShare) : share(load.busiestShare),
    sticky(stickiness.byRequest),
    ...(isWide ? [sticky(stickiness.byConnection), number(stickiness.byRequest.podsPerKey), number(load.idlePods), share(service.queue_wait.positive)] : []),
  ];
  const unanswered = Object.entries(service.unanswered).map(
    ([reason, count]) => `no pod for ${formatNumber(count)} attempts a replication: ${printable(reason)}\n`,
  );
  return formatTable(columns, [row], terminal.width) + rankLine(service) + trafficLine(service, isWide) + unanswered.join('');
}

/** The ways that attempts took: shown unless all is as near and as plain as can be. */
function trafficLine({ traffic, hints }: ServiceResult, isWide: boolean): string {
  const { clientAddressKept, secondHop, crossZone, crossZoneBytes } = traffic;
  if (clientAddressKept.value === null) return hints === null ? '' : `  HINTS ${printable(hints)}\n`;
  const isPlain = clientAddressKept.value === 1 && crossZone.value === 0;
  if (isPlain && hints === null && !isWide) return '';
  const bytes = typeof crossZoneBytes.value === 'number' && crossZoneBytes.value > 0 ? `, ${formatSize(crossZoneBytes.value)} a run` : '';
  const parts = [`CLIENT ADDRESS KEPT ${share(clientAddressKept)}`, `SECOND HOP ${share(secondHop)}`, `ACROSS ZONES ${share(crossZone)}${bytes}`];
  return `  ${[...parts, ...(hints === null ? [] : [`HINTS ${printable(hints)}`])].join('  ')}\n`;
}

/** Ranks that the line shows. */
const MOST_RANKS = 8;

/** Means by pod are even when another pod is the busy one in each run; shares by rank are not. */
function rankLine(service: ServiceResult): string {
  if (!doRanksDiffer(service)) return '';
  const { byRank } = service.load;
  const more = Object.keys(service.pods).length > MOST_RANKS ? ' and less' : '';
  return `  BUSIEST FIRST IN EACH RUN  ${byRank.slice(0, MOST_RANKS).map(share).join(' ')}${more}\n`;
}

function podTable(pods: readonly (readonly [string, ServiceResult['pods'][string]])[], cell: CellResult, { terminal, isWide }: PrintOptions): string {
  if (pods.length === 0) return '';
  const proxies = proxiesOf(cell);
  const shown = isWide ? pods : pods.slice(0, MOST_PODS);
  const columns = [
    left('POD', 16),
    left('NODE', 8),
    right('REQUESTS/RUN'), // a mean over replications; those of clients are sums
    right('SHARE'),
    right('UTIL'),
    right('ATTEMPT P99'), // from its dispatch at the caller, the way included
    ...(isWide ? [right('OPENED'), right('OPEN'), right('IN SYSTEM'), right('PEAK')] : []),
  ];
  const rows = shown.map(([name, pod]) => [
    printable(name),
    printable(pod.node),
    number(pod.requests),
    isWide ? shareWithInterval(pod.share) : share(pod.share),
    proxies.has(pod.workload) ? '-' : share(pod.utilization), // a proxy has no slots to be busy
    duration(pod.pod_duration.p99, cell.window.gracefulStop),
    ...(isWide ? [number(pod.connections), number(pod.openConnections), number(pod.inSystem.mean), number(pod.peakInFlight)] : []),
  ]);
  const more = shown.length < pods.length ? `  and ${pods.length - shown.length} more pods (-o wide shows all)\n` : '';
  return formatTable(columns, rows, terminal.width, '  ') + more;
}

function theoryTable(cell: CellResult, { terminal }: PrintOptions): string {
  if (cell.theory.length === 0) return '';
  const rows = cell.theory.map(({ workload, model, metric, theory, simulated }) => {
    const isTime = /\.(mean|p[\d.]+)$/.test(metric) && !metric.startsWith('inSystem');
    return [
      workload,
      model,
      metric,
      isTime ? compactSeconds(theory) : formatNumber(theory),
      isTime ? durationWithInterval(simulated, cell.window.gracefulStop) : numberWithInterval(simulated),
    ];
  });
  return formatTable([left('THEORY', 12), left('MODEL'), left('FIGURE'), right('EXACT'), right('SIMULATED [95% CI]')], rows, terminal.width);
}

/** Identities that must hold in every run are only worth a line when one does not. */
function checkLines(cell: CellResult, { terminal }: PrintOptions): string {
  return cell.checks
    .filter((check) => !check.ok)
    .map((check) => terminal.paint.bad(`check "${check.name}" failed (off by ${compactShare(check.residual)}): do not trust this result\n`))
    .join('');
}

function thresholdTable(thresholds: readonly ThresholdResult[], { terminal }: PrintOptions): string {
  if (thresholds.length === 0) return '';
  const rows = thresholds.map((threshold) => [
    threshold.ok ? terminal.marks.good : terminal.marks.bad,
    printable(threshold.metric),
    printable(threshold.expr),
    compactThreshold(threshold),
    threshold.heldIn,
    [threshold.conclusive ? '' : 'inconclusive', threshold.note ?? ''].filter(Boolean).join(', '),
  ]);
  return formatTable([left(''), left('THRESHOLD', 20), left('LIMIT'), right('VALUE'), right('HELD IN'), left('')], rows, terminal.width);
}

/** Without the space before the unit. */
function compactThreshold(threshold: ThresholdResult): string {
  const text = thresholdValue(threshold);
  return typeof threshold.value === 'number' ? text.replace(' ', '') : text;
}

function axesOf(cell: CellResult): string {
  return Object.entries(cell.axes)
    .map(([axis, value]) => `${printable(axis)}=${printable(String(value))}`)
    .join(' ');
}

function footer(result: Result, options: PrintOptions): string {
  const thresholds = result.cells.flatMap((cell) => cell.thresholds);
  const failed = thresholds.filter((threshold) => !threshold.ok).length;
  const { paint, marks } = options.terminal;
  const { faint } = paint;
  const { length } = thresholds;
  const all = length === 1 ? 'the threshold holds' : length === 2 && result.cells.length === 1 ? 'both thresholds hold' : `all ${length} thresholds hold`;
  const open = thresholds.filter((threshold) => threshold.ok && !threshold.conclusive).length;
  const doubt = open === 0 ? '' : `, ${open} inconclusive: more replications would tell`;
  const verdict =
    failed === 0 ? `${marks.good} ${paint.good(all)}${doubt}` : `${marks.bad} ${paint.bad(`${failed} of ${thresholds.length} thresholds failed`)}`;
  return [
    ...(thresholds.length === 0 ? [] : [verdict]),
    faint(`seed ${printable(result.scenario.seed)}   engine ${result.scenario.engine}   scenario ${result.scenario.hash.slice(0, 19)}`),
    ...(options.command === undefined ? [] : [faint(`again: ${options.command}`)]),
  ].join('\n');
}
