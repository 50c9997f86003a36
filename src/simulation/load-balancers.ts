/**
 * What stands before the nodes for Services of type LoadBalancer: one balancer for each Service port, what it may choose from, and
 * when it learns that a target is out.
 *
 *   endpoints change ─► kube-proxy syncs, the node answers otherwise ─► so many probes in a row ─► Balancer.update
 *                    └► MetalLB, ServiceLB: watch, 10 to 100 ms ──────────────────────────────┘
 *
 * Probes ask what `DataPlanes.health` answers: with externalTrafficPolicy Local the health check node port, otherwise kube-proxy's
 * healthz. Targets of type ip are the ready pods; a new one is used after its first
 * good probes, one that goes is taken out by the platform's controller, from its watch.
 * Source: reference l4.md 5.6 and part 7; kube-proxy `pkg/proxy/healthcheck/service_health.go`.
 * Simplified: probes of one target are one series of fixed interval with a random phase; all parts of a balancer learn at once.
 */
import { type Balancer, balancers, type EndpointSet, READY, SERVING } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import { deriveKey, type Key, keyedBits, toUniform } from '../random/stream.ts';
import type { LoadBalancerSpec } from '../scenario/scenario.ts';
import { type DataPlanes, watchDelay } from './data-planes.ts';
import { CONTROL } from './events.ts';
import type { ServicePort } from './service-ports.ts';
import type { Pods } from './world.ts';

const NONE = -1;

/** The balancer of one Service port, and what it has been told of its targets. */
interface Front {
  readonly port: ServicePort;
  readonly balancer: Balancer;
  /** Weight by target as the balancer knows it, 0 = out; and what the target would answer now. */
  readonly known: Map<number, number>;
  readonly actual: Map<number, number>;
}

export class LoadBalancers {
  readonly spec: LoadBalancerSpec;
  private readonly kernel: Kernel;
  private readonly planes: DataPlanes;
  private readonly pods: Pods;
  private readonly nodes: readonly string[];
  private readonly zoneOfNode: Int32Array;
  private readonly key: Key;
  private readonly fronts: (Front | undefined)[] = [];
  private readonly listeners: ((port: ServicePort) => void)[] = [];
  private news = 0;

  constructor(parts: {
    spec: LoadBalancerSpec;
    kernel: Kernel;
    planes: DataPlanes;
    pods: Pods;
    nodes: readonly string[];
    zones: readonly string[];
    key: Key;
  }) {
    this.spec = parts.spec;
    this.kernel = parts.kernel;
    this.planes = parts.planes;
    this.pods = parts.pods;
    this.nodes = parts.nodes;
    const zones = [...new Set(parts.zones)];
    this.zoneOfNode = Int32Array.from(parts.zones, (zone) => (zone === '' ? NONE : zones.indexOf(zone)));
    this.key = deriveKey(parts.key, 'load balancers');
    this.planes.onChange((port, set) => {
      const front = this.fronts[port.index];
      if (front !== undefined && !this.probesNodes) this.endpointsChanged(front, set);
    });
    this.planes.onSync((port, node) => {
      for (const front of this.fronts) {
        if (front === undefined || front.port.service !== port.service || !this.probesNodes) continue;
        this.answersChanged(front, node, this.probedWeight(front.port, node));
      }
    });
  }

  /** Nodes answer for themselves, as their own kube-proxy knows it; whoever does not probe them watches the cluster. */
  private get probesNodes(): boolean {
    return this.spec.healthCheck.intervalNs > 0 && !this.choosesPods;
  }

  /** The balancer sends connections straight to pods. */
  get choosesPods(): boolean {
    return this.spec.targets === 'ip';
  }

  /** The cluster's own traffic to the balancer's address leaves the cluster: its Service status has a host name, so kube-proxy takes no short cut. */
  get isByName(): boolean {
    return this.spec.kind === 'nlb';
  }

  /** Pods, kube-proxy included, see the balancer or the node as their client. */
  get hidesClient(): boolean {
    return this.spec.kind === 'servicelb' || !this.spec.preserveClientIp;
  }

  /** Takes in the Services as they are at the start. */
  start(): void {
    for (const port of this.planes.ports) if (port.isLoadBalancer) this.open(port);
  }

  at(port: ServicePort): Balancer {
    return (this.fronts[port.index] as Front).balancer;
  }

  /** Hears that a balancer may choose from other targets now. */
  onUpdate(listener: (port: ServicePort) => void): void {
    this.listeners.push(listener);
  }

  /** The balancer has found that a target fails its health checks. */
  failsChecks(port: ServicePort, target: number): boolean {
    return this.fronts[port.index]?.known.get(target) === 0;
  }

  /** A balancer as this one was before its first pick, apart from it: for `trace`. @param key root of its chance */
  detached(port: ServicePort, key: Key): Balancer {
    const balancer = this.create(port, key);
    balancer.update(this.targetSet(port, this.actualWeights(port, this.planes.endpoints(port))));
    return balancer;
  }

  private open(port: ServicePort): void {
    const actual = this.actualWeights(port, this.planes.endpoints(port));
    const front: Front = { port, balancer: this.create(port), known: new Map(actual), actual };
    front.balancer.update(this.targetSet(port, front.known));
    this.fronts[port.index] = front;
  }

  private create(port: ServicePort, key?: Key): Balancer {
    const { spec } = this;
    const place = this.planes.place(NONE, `load balancer ${port.namespace}/${port.serviceName}`, () => balancer, key);
    const balancer: Balancer = createBalancer(spec, place);
    return balancer;
  }

  // --- health ------------------------------------------------------------------------------------------------------------------

  /** How each target would be used if the balancer knew all: 0 = not at all. */
  private actualWeights(port: ServicePort, set: EndpointSet): Map<number, number> {
    if (this.choosesPods) return new Map(Array.from(set.id, (pod, i) => [pod, (set.conditions[i] & READY) === 0 ? 0 : 1]));
    return new Map(this.nodes.map((_, node) => [node, this.probesNodes ? this.probedWeight(port, node) : announces(port, set, node)]));
  }

  /** What the node's health check says. */
  private probedWeight(port: ServicePort, node: number): number {
    const { status, localReady } = this.planes.health(port, node);
    if (status !== 200) return 0;
    return this.spec.weighted && port.isExternalLocal ? localReady : 1;
  }

  private endpointsChanged(front: Front, set: EndpointSet): void {
    const now = this.actualWeights(front.port, set);
    for (const [target] of front.actual) if (!now.has(target)) this.answersChanged(front, target, 0);
    for (const [target, weight] of now) this.answersChanged(front, target, weight);
  }

  /** The balancer will know when as many probes in a row as it wants have said the same. */
  private answersChanged(front: Front, target: number, weight: number): void {
    if (front.actual.get(target) === weight) return;
    front.actual.set(target, weight);
    this.kernel.call(this.delayOfNews(front, target, weight), CONTROL, () => {
      if (front.actual.get(target) !== weight || front.known.get(target) === weight) return; // it has changed its mind, or was told already
      front.known.set(target, weight);
      if (weight === 0 && this.choosesPods) this.forget(front, target);
      front.balancer.update(this.targetSet(front.port, front.known));
      for (const listener of this.listeners) listener(front.port);
    });
  }

  /** Pods do not come back. */
  private forget(front: Front, target: number): void {
    front.actual.delete(target);
    front.known.delete(target);
  }

  private delayOfNews(front: Front, target: number, weight: number): number {
    const { intervalNs, healthyThreshold, unhealthyThreshold } = this.spec.healthCheck;
    const { high, low } = this.key;
    const isTold = intervalNs === 0 || (weight === 0 && this.choosesPods); // pods are taken out by the controller, not by probes
    if (isTold) return watchDelay(keyedBits(high, low, this.news++));
    const wasOut = (front.known.get(target) ?? 0) === 0;
    const probes = weight === 0 ? unhealthyThreshold : wasOut ? healthyThreshold : 1;
    const phase = toUniform(keyedBits(high ^ front.port.index, low, target)) * intervalNs;
    const { now } = this.kernel;
    const first = phase + Math.ceil((now - phase) / intervalNs) * intervalNs;
    return Math.round(first + (probes - 1) * intervalNs - now);
  }

  // --- targets -----------------------------------------------------------------------------------------------------------------

  /** @param weights by target; 0 = not to be used */
  private targetSet(port: ServicePort, weights: ReadonlyMap<number, number>): EndpointSet {
    const ids = [...weights.keys()].sort((a, b) => a - b);
    const names = this.choosesPods ? this.podNames(port) : this.nodes;
    const nodeOf = (id: number) => (this.choosesPods ? this.pods.node[id] : id);
    const order = ids.map((id) => ({ id, name: names[id] ?? '', node: nodeOf(id) })).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    return {
      count: order.length,
      id: Int32Array.from(order, ({ id }) => id),
      name: order.map(({ name }) => name),
      weight: Float64Array.from(order, ({ id }) => Math.max(1, weights.get(id) as number)),
      node: Int32Array.from(order, ({ node }) => node),
      zone: Int32Array.from(order, ({ node }) => this.zoneOfNode[node]),
      conditions: Uint8Array.from(order, ({ id }) => ((weights.get(id) as number) > 0 ? READY | SERVING : 0)),
    };
  }

  private podNames(port: ServicePort): readonly string[] {
    const names: string[] = [];
    const set = this.planes.endpoints(port);
    for (let i = 0; i < set.count; i++) names[set.id[i]] = set.name[i];
    return names;
  }
}

/** 1 when a node may announce the address: with externalTrafficPolicy Local, when it has a ready endpoint. */
function announces(port: ServicePort, set: EndpointSet, node: number): number {
  if (!port.isExternalLocal) return 1;
  for (let i = 0; i < set.count; i++) if (set.node[i] === node && (set.conditions[i] & READY) !== 0) return 1;
  return 0;
}

function createBalancer(spec: LoadBalancerSpec, place: Parameters<(typeof balancers)['nlb']['create']>[1]): Balancer {
  switch (spec.kind) {
    case 'flow-hash':
    case 'metallb-l2':
    case 'servicelb':
      return balancers[spec.kind].create({}, place);
    case 'nlb':
      return balancers.nlb.create(spec, place);
    case 'gcp':
    case 'azure':
      return balancers[spec.kind].create(spec, place);
    case 'metallb-bgp':
      return balancers['metallb-bgp'].create(spec, place);
  }
}
