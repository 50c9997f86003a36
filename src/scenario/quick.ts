/** `run -f DIR --to URL --rate 100/s --duration 2m`: flags → the same scenario document that a file would hold. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Document, Path } from './document.ts';
import { lawFromFlag } from './laws.ts';
import { API_VERSION } from './names.ts';
import type { Report } from './report.ts';
import { shortName, WorkloadIndex } from './workload-index.ts';

/** Flags as typed. */
export interface QuickFlags {
  readonly to?: string;
  readonly rate?: string;
  readonly duration?: string;
  readonly from?: string;
  readonly clients?: string;
  readonly connections?: string;
  readonly keepalive?: string;
  readonly service?: string;
  readonly concurrency?: string;
}

const REQUIRED: Readonly<Record<string, string>> = { to: '--to http://checkout.default.svc.cluster.local/', rate: '--rate 100/s', duration: '--duration 2m' };

/** What to write instead when there is a scenario document. */
const AS_SET: Readonly<Record<keyof QuickFlags, string>> = {
  to: 'clients[0].target',
  rate: 'clients[0].arrivals.rate',
  duration: 'run.duration',
  from: 'clients[0].from',
  clients: 'clients[0].count',
  connections: 'clients[0].protocol.connections',
  keepalive: 'clients[0].protocol.keepAlive',
  service: 'workloads.deployment/NAME.service',
  concurrency: 'workloads.deployment/NAME.concurrency',
};

export function refuseQuickFlags(flags: QuickFlags, report: Report): void {
  for (const [flag, value] of Object.entries(flags)) {
    if (value !== undefined)
      report.add({
        where: `--${flag}`,
        problem: 'a flag for runs without a scenario',
        value,
        hint: `write --set ${AS_SET[flag as keyof QuickFlags]}=${value}`,
      });
  }
}

/** The document, and null with issues when a flag that must be there is missing. */
export function quickScenario(flags: QuickFlags, objects: readonly KubernetesObject[], report: Report): Document | null {
  const missing = Object.keys(REQUIRED).filter((flag) => flags[flag as keyof QuickFlags] === undefined);
  for (const flag of missing) report.add({ where: `--${flag}`, problem: 'is missing', hint: `e.g. ${REQUIRED[flag]}` });
  if (missing.length > 0) return null;
  const protocol = definedOnly({ connections: toNumber(flags.connections), keepAlive: flags.keepalive });
  const client = {
    name: 'client',
    ...definedOnly({ count: toNumber(flags.clients), from: flags.from }),
    target: flags.to,
    ...(Object.keys(protocol).length > 0 && { protocol }),
    arrivals: { rate: flags.rate },
  };
  const workload = definedOnly({ service: flags.service === undefined ? undefined : lawFromFlag(flags.service), concurrency: toNumber(flags.concurrency) });
  const names = Object.keys(workload).length > 0 ? new WorkloadIndex(objects).all.map(shortName) : [];
  const value = {
    apiVersion: API_VERSION,
    kind: 'Scenario',
    metadata: { name: /^[a-z]+:\/\/([A-Za-z0-9_-]+)/.exec(flags.to ?? '')?.[1] ?? 'run' },
    spec: {
      run: { duration: flags.duration },
      ...(names.length > 0 && { workloads: Object.fromEntries(names.map((name) => [name, workload])) }),
      clients: [client],
    },
  };
  return { value, file: 'flags', relativeName: 'flags', folder: '.', isScenario: true, locate: flagOf };
}

function flagOf(path: Path): string {
  const text = path.join('/');
  if (text.startsWith('spec/run')) return '--duration';
  if (text.startsWith('spec/workloads')) return path[3] === 'concurrency' ? '--concurrency' : path[3] === 'service' ? '--service' : '--to';
  const flags: readonly [string, string][] = [
    ['spec/clients/0/count', '--clients'],
    ['spec/clients/0/from', '--from'],
    ['spec/clients/0/protocol/connections', '--connections'],
    ['spec/clients/0/protocol/keepAlive', '--keepalive'],
    ['spec/clients/0/arrivals', '--rate'],
  ];
  return flags.find(([prefix]) => text.startsWith(prefix))?.[1] ?? '--to';
}

/** Numbers of flags; what is none is left as text, so that the check names it. */
function toNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
}

function definedOnly(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
