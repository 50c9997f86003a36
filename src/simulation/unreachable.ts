/** Why nothing answers at a target, in words for the line before the run: what was probably meant, or which labels no pod has. */

import { READY, SERVING } from '../balancers/index.ts';
import type { Cluster } from '../kubernetes/index.ts';
import { nearest } from '../scenario/report.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { WorkloadIndex } from '../scenario/workload-index.ts';

import type { Route } from './directory.ts';
import { outcome } from './outcomes.ts';
import type { ServicePort } from './service-ports.ts';
import type { Target, World } from './world.ts';

const UNKNOWN_HOST = outcome('unknown-host');

export class Reasons {
  private readonly world: World;
  private readonly cluster: Cluster;
  private readonly index: WorkloadIndex;

  constructor(world: World, cluster: Cluster, scenario: Scenario) {
    this.world = world;
    this.cluster = cluster;
    this.index = new WorkloadIndex(scenario.objects);
  }

  /** @returns null when somebody answers */
  of(route: Route, { url, namespace }: Pick<Target, 'url' | 'namespace'>): string | null {
    if (route.type === 'nowhere') return route.reason + (route.failure === UNKNOWN_HOST ? this.intended(url.host, namespace) : '');
    return route.type === 'pod' ? null : this.ofPort(route.port);
  }

  /** @returns null when the Service has a pod that connections can go to */
  ofPort(port: ServicePort): string | null {
    const { conditions, count } = this.world.planes.endpoints(port);
    if (conditions.slice(0, count).some((condition) => (condition & (READY | SERVING)) !== 0)) return null;
    const service = this.cluster.get('Service', port.namespace, port.serviceName);
    if (service === undefined) return null;
    const name = `Service ${port.namespace}/${port.serviceName}`;
    const labels = Object.entries(service.spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
    if (labels.length === 0) return `${name} has no selector and no endpoint`;
    return this.index.selectedBy(service).length === 0 ? `${name} selects no pod: none has ${labels.join(', ')}` : `${name} has no ready pod at the start`;
  }

  /** Of all Services without a pod that connections can go to, called or not. */
  ofServices(): readonly string[] {
    return [...new Set(this.world.planes.ports.flatMap((port) => this.ofPort(port) ?? []))];
  }

  /** Hosts of Services and Ingresses close to one that nobody has, written as it is. */
  private intended(host: string, namespace: string): string {
    const short = host.replace(/\.svc(\.cluster\.local)?$/, '');
    const domain = host.slice(short.length);
    const isShort = !short.includes('.');
    const services = this.cluster
      .list('Service')
      .map(({ metadata: { name, namespace: own } }) => ({ name, inFull: `${name}.${own}`, isNear: own === namespace }));
    const elsewhere = services.filter(({ name, isNear }) => isShort && name === short && !isNear).map(({ inFull }) => inFull);
    const known = services.map(({ name, inFull, isNear }) => (isShort && isNear ? name : inFull));
    const ingresses = this.cluster.list('Ingress').flatMap(({ spec }) => (spec.rules ?? []).flatMap((rule) => rule.host ?? []));
    const close = [...(elsewhere.length > 0 ? elsewhere : nearest(short, known)).map((name) => name + domain), ...nearest(host, ingresses)];
    return close.length === 0 ? '' : ` (did you mean ${[...new Set(close)].join(' or ')}?)`;
  }
}
