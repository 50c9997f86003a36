/** A fit as YAML to paste into a scenario: an entry of `clients`, an entry of `workloads`, and what to know about them as comments. */
import type { LawSpec } from '../random/law.ts';
import { exp, normalQuantile } from '../random/portable-math.ts';
import { formatDuration } from '../units.ts';
import type { ClientFit, Fit, ServiceFit } from './fit.ts';
import type { Arrivals } from './traffic.ts';

export interface SnippetNames {
  readonly client: string;
  /** URL. */
  readonly target: string;
  /** As a key of `workloads`, e.g. `deployment/web`. */
  readonly workload: string;
}

const MOST_CLIENTS = 1_000_000;

export function snippet(fit: Fit, names: SnippetNames): string {
  const { traffic, service } = fit;
  const comments = [
    `${fit.files.join(', ')}: ${requestsText(fit.requests)} as ${fit.format}${traffic === null ? '' : ` in ${formatDuration(traffic.duration)}`}`,
    ...fit.warnings.map((text) => `WARNING ${text}`),
    ...fit.assumptions.map((text) => `assumed: ${text}`),
  ];
  const parts = [
    comments.map((text) => `# ${text.replaceAll('\n', ' ')}\n`).join(''),
    traffic === null ? '' : `clients:\n${clientEntry(fit, traffic.arrivals, names)}`,
    service === null ? '' : `workloads:\n  ${names.workload}:\n    service: ${serviceText(service)} # ${aboutService(service)}\n`,
  ];
  return parts.filter((part) => part !== '').join('');
}

function clientEntry({ clients, paths, trace }: Fit, arrivals: Arrivals, names: SnippetNames): string {
  const requests =
    paths === null || trace !== null
      ? []
      : [
          `requests: [ ${paths.map(({ method, path, weight }) => `{ path: ${JSON.stringify(path)}, method: ${method}, weight: ${Math.round(weight)} }`).join(', ')} ]`,
        ];
  const lines = [
    `- name: ${names.client}`,
    `  target: ${JSON.stringify(names.target)}`,
    ...(clients === null || trace !== null ? [] : clientLines(clients)).map((line) => `  ${line}`),
    ...requests.map((line) => `  ${line}`),
    ...(trace === null
      ? [`  arrivals: ${arrivalsText(arrivals)}`]
      : [`  trace: { file: ${JSON.stringify(trace)}, format: csv }`, `  # or: arrivals: ${arrivalsText(arrivals)}`]),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

function clientLines({ clients, skew }: ClientFit): string[] {
  const count = `count: ${Math.min(MOST_CLIENTS, clients)}`;
  return skew < 0.05 ? [count] : [count, `popularity: { skew: ${Number(skew.toFixed(2))} }`];
}

export function arrivalsText(arrivals: Arrivals): string {
  if ('stages' in arrivals) {
    const stages = arrivals.stages.map(({ duration, target }) => `{ duration: ${durationText(duration)}, target: ${rateText(target)} }`);
    return `{ process: poisson, shape: [ { stages: [ ${stages.join(', ')} ] } ] }`;
  }
  switch (arrivals.process) {
    case 'poisson':
      return `{ process: poisson, rate: ${rateText(arrivals.rate)} }`;
    case 'renewal':
      return `{ process: renewal, law: { law: gamma, mean: 1s, cv: ${Number(arrivals.cv.toPrecision(3))} }, rate: ${rateText(arrivals.rate)} }`;
    case 'mmpp':
      return `{ process: mmpp, rates: [${arrivals.rates.map(rateText).join(', ')}], dwell: [${arrivals.dwell.map(durationText).join(', ')}] }`;
  }
}

function serviceText({ chosen, empirical }: ServiceFit): string {
  return chosen === null ? `{ law: empirical, file: ${JSON.stringify(empirical)} }` : lawText(chosen.law);
}

function requestsText(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function aboutService({ chosen, requests }: ServiceFit): string {
  if (chosen === null) return `the durations of ${requestsText(requests)} themselves`;
  if (chosen.verdict === 'too few to tell') return `${chosen.verdict}: ${requestsText(requests)}`;
  const test = chosen.pValue === null ? 'too few bins for a test' : `chi-square p ${pValueText(chosen.pValue, '= ')} in ${chosen.groups} groups`;
  return `${chosen.verdict}: ${test}, off by at most ${(100 * chosen.distance).toFixed(2)} % of ${requests} requests`;
}

/** @param equal before a value that is written out */
export function pValueText(pValue: number, equal = ''): string {
  return pValue < 1e-4 ? '<0.0001' : equal + pValue.toPrecision(2);
}

/** As a scenario writes it. */
export function lawText(law: LawSpec): string {
  const text = (parameters: Readonly<Record<string, string | number>>) =>
    `{ law: ${law.law}, ${Object.entries(parameters)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')} }`;
  switch (law.law) {
    case 'constant':
      return durationText(law.value);
    case 'exponential':
      return text({ mean: durationText(law.mean) });
    case 'erlang':
      return text({ mean: durationText(law.mean), k: law.k });
    case 'gamma':
      return text({ mean: durationText(law.mean), cv: numberText(law.cv) });
    case 'lognormal':
      return text({ p50: durationText(exp(law.mu)), p99: durationText(exp(law.mu + law.sigma * normalQuantile(0.99))) });
    case 'hyperexponential':
      return text({ p: numberText(law.p), mean1: durationText(law.mean1), mean2: durationText(law.mean2) });
    case 'weibull':
      return text({ mean: durationText(law.mean), shape: numberText(law.shape) });
    case 'pareto-bounded':
      return text({ mean: durationText(law.mean), shape: numberText(law.shape), ratio: numberText(law.ratio) });
    case 'uniform':
      return text({ min: durationText(law.min), max: durationText(law.max) });
    case 'bimodal':
      return text({ p: numberText(law.p), fast: lawText(law.fast), slow: lawText(law.slow) });
    case 'empirical':
      return text({ file: '""' });
  }
}

/** Five digits are more than any log knows. */
function numberText(value: number): string {
  return plain(value, 5);
}

export function durationText(seconds: number): string {
  if (seconds === 0) return '0s';
  const [unit, size] = seconds >= 1 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e-3] : seconds >= 1e-6 ? ['us', 1e-6] : ['ns', 1e-9];
  return `${plain(seconds / (size as number), 5)}${unit}`;
}

function rateText(perSecond: number): string {
  return `${plain(perSecond, 4)}/s`;
}

/** Without an exponent, which the scenario format does not know. */
function plain(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  const text = String(rounded);
  return text.includes('e') ? rounded.toFixed(20).replace(/0+$/, '').replace(/\.$/, '') : text;
}
