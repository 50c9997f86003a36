/**
 * Calls between services that environment variables give away: `productcatalogservice:3550`, `http://backend:9898/echo`.
 *
 * The host must name a Service as DNS would from the workload's namespace, and the port one of its ports. Each such call is made
 * once per request, in order of appearance, and is an assumption; hosts that name no Service are listed as not modelled.
 */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { NotModelledList } from './classify.ts';
import type { Path } from './document.ts';
import { type Manifest, title } from './manifests.ts';
import type { Report } from './report.ts';
import type { CallStep, TargetUrl } from './scenario.ts';
import { serviceOfHost } from './targets.ts';
import { shortName, type WorkloadIndex, type WorkloadObject } from './workload-index.ts';

const ADDRESS = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^/@\s]*@)?([A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)*\.?)(?::([0-9]{1,5}))?(\/[^\s]*)?$/;
/** In a command line the address stands behind a flag: `--backend-url=http://backend:9898/echo`. */
const FLAG = /^--?[A-Za-z][A-Za-z0-9_.-]*=/;

interface Address {
  readonly scheme: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export class CallFinder {
  private readonly objects: readonly KubernetesObject[];
  private readonly index: WorkloadIndex;
  private readonly report: Report;

  constructor(objects: readonly KubernetesObject[], index: WorkloadIndex, report: Report) {
    this.objects = objects;
    this.index = index;
    this.report = report;
  }

  /** Steps for a workload whose calls nobody wrote, with one assumption each. */
  calls(workload: WorkloadObject): readonly CallStep[] {
    const steps = new Map<string, CallStep>();
    for (const { name, value } of environment(workload)) {
      for (const address of addressesIn(value)) {
        const service = this.callee(workload, address);
        const id = service && `${service.metadata.name}.${service.metadata.namespace ?? 'default'}:${address.port}`;
        if (service === undefined || id === undefined || steps.has(id)) continue;
        const target = urlOf(address, service);
        steps.set(id, { type: 'call', call: { target, probability: 1, count: 1, timeoutNs: 0, optional: false, assumed: true } });
        this.report.assume(
          ['spec', 'workloads', shortName(workload), 'calls', steps.size - 1],
          `${target.text}, once per request`,
          `environment variable ${name}`,
          workload.key,
        );
      }
    }
    return [...steps.values()];
  }

  /** The Service that an address means: one of its ports, and not the workload's own. */
  private callee(workload: WorkloadObject, address: Address): KubernetesObject | undefined {
    const service = serviceOfHost(address.host, workload.namespace, this.objects);
    if (service === undefined || this.index.selectedBy(service).some(({ key }) => key === workload.key)) return undefined;
    const ports: unknown = service.spec?.ports;
    return Array.isArray(ports) && ports.some((port) => port?.port === address.port) ? service : undefined;
  }

  /** Addresses that could be calls and are none: names without a Service, and Services named in command lines. */
  listUnknown(manifest: Manifest, workload: WorkloadObject, templatePath: Path, list: NotModelledList): void {
    const containers: unknown = workload.podSpec.containers;
    if (!Array.isArray(containers)) return;
    for (const [i, container] of containers.entries()) {
      const at = [...templatePath, 'spec', 'containers', i];
      for (const [j, entry] of (Array.isArray(container?.env) ? container.env : []).entries()) {
        if (typeof entry?.value !== 'string') continue;
        for (const { host, port } of addressesIn(entry.value)) {
          const known = serviceOfHost(host, workload.namespace, this.objects);
          const ports: unknown = known?.spec?.ports;
          if (Array.isArray(ports) && ports.some((each) => each?.port === port)) continue;
          const why = known === undefined ? 'no Service has this name' : 'the Service has no such port';
          list.add(manifest, [...at, 'env', j, 'value'], `${title(manifest)}: environment variable ${entry.name} names ${host}:${port}, not called (${why})`);
        }
      }
      for (const word of ['command', 'args']) this.listArguments(manifest, workload, container?.[word], [...at, word], list);
    }
  }

  private listArguments(manifest: Manifest, workload: WorkloadObject, words: unknown, path: Path, list: NotModelledList): void {
    if (!Array.isArray(words)) return;
    for (const [i, word] of words.entries()) {
      if (typeof word !== 'string') continue;
      const address = addressesIn(word.replace(FLAG, '')).find((candidate) => this.callee(workload, candidate) !== undefined);
      if (address !== undefined)
        list.add(
          manifest,
          [...path, i],
          `${title(manifest)}: ${path.at(-1)} names Service ${address.host}:${address.port}, not called (write workloads.calls)`,
        );
    }
  }
}

function environment(workload: WorkloadObject): { name: string; value: string }[] {
  const containers: unknown = workload.podSpec.containers;
  if (!Array.isArray(containers)) return [];
  return containers
    .flatMap((container) => (Array.isArray(container?.env) ? container.env : []))
    .filter((entry) => typeof entry?.value === 'string')
    .map((entry) => ({ name: String(entry.name), value: entry.value as string }));
}

/** Addresses of a value: one, or a list with commas. Without a port only a URL is one. */
function addressesIn(value: string): Address[] {
  return value.split(',').flatMap((part) => {
    const match = ADDRESS.exec(part.trim());
    if (match === null) return [];
    const [, scheme, host, port, path] = match;
    const implied = scheme === 'http' ? 80 : scheme === 'https' ? 443 : undefined;
    const number = port === undefined ? implied : Number(port);
    if (number === undefined || number < 1 || number > 65535 || host === 'localhost') return [];
    return [{ scheme, host: host.toLowerCase(), port: number, path: path ?? '/' }];
  });
}

/** The scheme as written, otherwise as the Service's port is named or declared. */
function urlOf(address: Address, service: KubernetesObject): TargetUrl {
  const port = (service.spec.ports as { port: number; name?: string; appProtocol?: string }[]).find((each) => each.port === address.port);
  const words = `${address.scheme ?? ''} ${port?.appProtocol ?? ''} ${port?.name ?? ''}`.toLowerCase();
  const scheme = /grpc/.test(words)
    ? 'grpc'
    : /https/.test(words)
      ? 'https'
      : /http/.test(words) || (address.scheme === undefined && !/tcp|redis|mysql|postgres|mongo|amqp|kafka/.test(words))
        ? 'http'
        : 'tcp';
  return { text: `${scheme}://${address.host}:${address.port}${address.path}`, scheme, host: address.host, port: address.port, path: address.path };
}
