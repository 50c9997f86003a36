/** A fit for people: what was read, the traffic, the durations, and every law that was tried. */
import { printable } from '../errors.ts';
import { arrivalsText, type Fit, lawText, pValueText, type ServiceFit } from '../fit/index.ts';
import { formatNumber, plural } from '../report/format.ts';
import { formatDuration, formatRate } from '../units.ts';
import { formatTable } from './table.ts';

const MOST_WINDOWS = 6;
const LONGEST_TEXT = 160;

export function printFit(fit: Fit, width: number): string {
  const { traffic, clients, service } = fit;
  const lines = [
    `${fit.files.map(printable).join(', ')}: ${plural(fit.requests, 'request')} as ${fit.format}, ${plural(fit.broken, 'broken line')}`,
    ...(traffic === null ? [] : [`TRAFFIC  ${formatRate(traffic.rate)} over ${formatDuration(traffic.duration)}`]),
    ...(traffic === null || traffic.dispersion.length === 0 ? [] : [`  index of dispersion (1 = Poisson): ${dispersionText(traffic.dispersion)}`]),
    ...(traffic === null ? [] : [`  arrivals: ${cut(arrivalsText(traffic.arrivals))}`]),
    ...(clients === null ? [] : [`CLIENTS  ${clients.isExact ? '' : 'about '}${formatNumber(clients.clients)}, Zipf exponent ${clients.skew.toFixed(2)}`]),
    ...(service === null ? [] : [`SERVICE TIME  ${service.source}, of ${plural(service.requests, 'request')}`, `  ${figures(service)}`]),
  ];
  const table = service === null ? '' : lawTable(service, width);
  const notes = [...fit.warnings.map((text) => `WARNING ${text}`), ...fit.assumptions.map((text) => `assumed: ${text}`)];
  return `${lines.join('\n')}\n${table}${notes.map((text) => `${printable(text)}\n`).join('')}`;
}

function dispersionText(dispersion: NonNullable<Fit['traffic']>['dispersion']): string {
  const every = Math.ceil(dispersion.length / MOST_WINDOWS);
  const shown = dispersion.filter((_, i) => (dispersion.length - 1 - i) % every === 0);
  return shown.map(({ window, index }) => `${formatNumber(index)} in ${formatDuration(window)}`).join(', ');
}

function figures({ mean, cv, p50, p90, p99 }: ServiceFit): string {
  return `mean ${formatDuration(mean)}, cv ${formatNumber(cv)}, p50 ${formatDuration(p50)}, p90 ${formatDuration(p90)}, p99 ${formatDuration(p99)}`;
}

function lawTable({ laws, chosen }: ServiceFit, width: number): string {
  const best = laws[0]?.bic ?? 0;
  const rows = laws.map((law) => [
    law === chosen ? '*' : '',
    law.name,
    formatNumber(law.bic - best),
    law.pValue === null ? '-' : pValueText(law.pValue),
    `${(100 * law.distance).toFixed(2)}%`,
    law.tail.toFixed(2),
    law.verdict,
    lawText(law.law),
  ]);
  return formatTable(
    [
      { title: '', align: 'left' },
      { title: 'LAW', align: 'left' },
      { title: 'BIC', align: 'right' },
      { title: 'P', align: 'right' },
      { title: 'OFF BY', align: 'right' },
      { title: 'P99/DATA', align: 'right' },
      { title: 'VERDICT', align: 'left' },
      { title: 'PARAMETERS', align: 'left', shrinkTo: 30 },
    ],
    rows,
    width,
    '  ',
  );
}

function cut(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)} …`;
}
