/**
 * The L4 data planes: one balancer instance per node and Service port (and per virtual server, where the real one keeps them apart),
 * and how each of them hears of new endpoints.
 *
 *   slices change ─► watch, 10 to 100 ms per node ─► kube-proxy's sync limiter ─► Balancer.update on that node
 *
 * Until then the node goes on with what it knew: the stale window is nowhere a parameter.
 * Sources: l4.md 6.1; kube-proxy pkg/util/async/bounded_frequency_runner.go (burst 2).
 * Simplified: the watch delay is uniform on 10 to 100 ms; writing the rules takes no time.
 */
import { type Balancer, type EndpointSet, type Place, READY, SERVING, TERMINATING } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import type { Cluster, Service, ServiceEndpoint } from '../kubernetes/index.ts';
import { parseIpv4, serviceEndpoints } from '../kubernetes/index.ts';
import { deriveKey, type Key, keyedBits, RandomStream, toUniform } from '../random/stream.ts';
import { CONTROL } from './events.ts';
import type { Entry, NodeProxy } from './kube-proxy.ts';
import type { Ticker } from './ticker.ts';
import type { Pods } from './world.ts';

const NONE = -1;
const NS = 1e9;
const WATCH_MIN = 10e6;
const WATCH_SPREAD = 90e6;

/** How long a watch takes to bring a change [ns]. */
export function watchDelay(bits: number): number {
  return Math.round(WATCH_MIN + WATCH_SPREAD * toUniform(bits));
}

/** One port of one Service. */
export interface ServicePort {
  readonly index: number;
  /** Number of the Service in the recorder. */
  readonly service: number;
  readonly namespace: string;
  readonly serviceName: string;
  readonly portName: string;
  readonly port: number;
  /** 0 = none. */
  readonly nodePort: number;
  readonly affinityTimeoutNs: number;
  /** uint32; 0 for headless Services. */
  readonly clusterIp: number;
  readonly loadBalancerIp: number;
  readonly isLoadBalancer: boolean;
  /** `externalTrafficPolicy: Local`: from outside, a node uses its own pods only. */
  readonly isExternalLocal: boolean;
}

/** Answer to a load balancer's health check of one node; `localReady` goes with it in the header X-Load-Balancing-Endpoint-Weight. */
export interface NodeHealth {
  readonly status: 200 | 503;
  readonly localReady: number;
}

/** What a proxy may keep apart on one node. */
const ENTRIES: readonly Entry[] = ['cluster-ip', 'node-port'];

interface Instance {
  readonly balancer: Balancer;
  readonly servicePort: ServicePort;
}

/** Root of the chance of everything that balances in a replication. @param root the replication's key */
export function planesKey(root: Key): Key {
  return deriveKey(root, 'data planes');
}

/** kube-proxy of one node: when it may sync again. */
interface SyncLimiter {
  tokens: number;
  lastRefill: number;
  /** A sync is due at this time [ns]; −1 = none. */
  due: number;
}

export class DataPlanes {
  readonly ports: ServicePort[] = [];
  private readonly kernel: Kernel;
  private readonly cluster: Cluster;
  private readonly pods: Pods;
  private readonly ticker: Ticker;
  readonly proxy: NodeProxy;
  private readonly nodes: readonly string[];
  private readonly key: Key;
  private readonly truth: Place['truth'];
  private readonly instances: Instance[] = [];
  private readonly byPlace: (number | undefined)[] = [];
  /** What each node knows: endpoints by Service port. */
  private readonly known: EndpointSet[][] = [];
  /** What the control plane has told, by Service port, and how often. */
  private readonly current: EndpointSet[] = [];
  private versions = 0;
  /** When each node's watch brings the last news that is under way [ns]: a watch keeps the order. */
  private readonly newsAt: Float64Array;
  private readonly limiters: SyncLimiter[];
  private readonly waiting: Map<ServicePort, EndpointSet>[];
  private readonly weights: readonly (readonly number[])[];
  private readonly listeners: ((port: ServicePort, set: EndpointSet) => void)[] = [];

  constructor(parts: {
    kernel: Kernel;
    cluster: Cluster;
    pods: Pods;
    ticker: Ticker;
    proxy: NodeProxy;
    nodes: readonly string[];
    key: Key;
    truth: Place['truth'];
    weights: readonly (readonly number[])[];
  }) {
    this.kernel = parts.kernel;
    this.cluster = parts.cluster;
    this.pods = parts.pods;
    this.ticker = parts.ticker;
    this.proxy = parts.proxy;
    this.nodes = parts.nodes;
    this.key = parts.key;
    this.truth = parts.truth;
    this.weights = parts.weights;
    this.limiters = parts.nodes.map(() => ({ tokens: 2, lastRefill: 0, due: NONE }));
    this.waiting = parts.nodes.map(() => new Map());
    this.newsAt = new Float64Array(parts.nodes.length);
  }

  /** Takes a Service into the tables; `number` is its number in the recorder. */
  add(service: Service, number: number): void {
    const { namespace = '', name } = service.metadata;
    const affinity = service.spec.sessionAffinity === 'ClientIP' ? (service.spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) * NS : 0;
    const ingress = (service.status?.loadBalancer?.ingress ?? [])[0]?.ip ?? '';
    for (const port of service.spec.ports ?? []) {
      const servicePort: ServicePort = {
        index: this.ports.length,
        service: number,
        namespace,
        serviceName: name,
        portName: port.name ?? '',
        port: port.port,
        nodePort: port.nodePort ?? 0,
        affinityTimeoutNs: affinity,
        clusterIp: parseIpv4(service.spec.clusterIP ?? '') ?? 0,
        loadBalancerIp: parseIpv4(ingress) ?? 0,
        isLoadBalancer: service.spec.type === 'LoadBalancer',
        isExternalLocal: service.spec.externalTrafficPolicy === 'Local',
      };
      this.ports.push(servicePort);
      const set = this.endpointSet(servicePort);
      this.current.push(set);
      this.known.push(this.nodes.map(() => set));
    }
  }

  /** Hears every change of a Service port's endpoints at the moment the slices change: proxies and the recorder apply their own delay. */
  onChange(listener: (port: ServicePort, set: EndpointSet) => void): void {
    this.listeners.push(listener);
  }

  /** The slices of a Service have changed. */
  slicesChanged(namespace: string, serviceName: string): void {
    for (const port of this.ports) {
      if (port.namespace !== namespace || port.serviceName !== serviceName) continue;
      const set = this.endpointSet(port);
      if (sameEndpoints(set, this.current[port.index])) continue;
      this.current[port.index] = set;
      const version = this.versions++;
      for (const listener of this.listeners) listener(port, set);
      for (let node = 0; node < this.nodes.length; node++) {
        const bits = keyedBits(this.key.high ^ node, this.key.low, version);
        const { now } = this.kernel;
        this.newsAt[node] = Math.max(this.newsAt[node], now + watchDelay(bits));
        this.kernel.call(this.newsAt[node] - now, CONTROL, () => this.delivered(node, port, set));
      }
    }
  }

  /** Endpoints as the control plane has them now. */
  endpoints(port: ServicePort): EndpointSet {
    return this.current[port.index];
  }

  /**
   * What a health check of the node for this Service finds: by policy Local its health check node port, which counts the Service's ready
   * pods there as that node's kube-proxy knows them; by policy Cluster kube-proxy's own /healthz, which is well.
   * A node whose last pod terminates answers 503 while it goes on serving.
   * Source: kube-proxy pkg/proxy/healthcheck/service_health.go.
   */
  health(port: ServicePort, node: number): NodeHealth {
    const pods = new Set<number>();
    for (const other of this.ports) {
      if (other.service !== port.service) continue;
      const { count, id, node: on, conditions } = this.known[other.index][node];
      for (let i = 0; i < count; i++) if (on[i] === node && (conditions[i] & READY) !== 0) pods.add(id[i]);
    }
    return { status: port.isExternalLocal && pods.size === 0 ? 503 : 200, localReady: pods.size };
  }

  /** Number of the balancer instance for a Service port on a node; made on first use with what that node knows. */
  at(port: ServicePort, node: number, viaNodePort: boolean): number {
    const entry = this.entryOf(viaNodePort);
    const place = this.placeOf(port, node, entry);
    let instance = this.byPlace[place];
    if (instance === undefined) {
      instance = this.instances.push({ balancer: this.create(port, node, entry, this.key, this.known[port.index][node]), servicePort: port }) - 1;
      this.byPlace[place] = instance;
    }
    return instance;
  }

  /**
   * A balancer as that node's was before its first connection, apart from the one that is in use: for `trace`.
   * @param key root of its chance, see `planesKey`
   * @param set what it may pick from; by default what the node knows
   */
  detached(port: ServicePort, node: number, viaNodePort: boolean, key: Key, set: EndpointSet = this.known[port.index][node]): Balancer {
    return this.create(port, node, this.entryOf(viaNodePort), key, set);
  }

  /** Number of the entry whose balancer places the connection. */
  private entryOf(viaNodePort: boolean): number {
    return viaNodePort && this.proxy.keepsEntriesApart ? 1 : 0;
  }

  private placeOf(port: ServicePort, node: number, entry: number): number {
    return (port.index * this.nodes.length + node) * ENTRIES.length + entry;
  }

  instance(number: number): Balancer {
    return this.instances[number].balancer;
  }

  affinityTimeout(number: number): number {
    return this.instances[number].servicePort.affinityTimeoutNs;
  }

  /** Simulated time [ns]. */
  get now(): number {
    return this.kernel.now;
  }

  /** Where a balancer lives: for instances outside the nodes too. @param key root of its chance */
  place(node: number, name: string, owner: () => Balancer, key: Key = this.key): Place {
    return {
      node,
      zone: NONE,
      now: () => this.kernel.now,
      random: new RandomStream(deriveKey(key, 'place', name)),
      timer: (atNs, tag) => this.ticker.ask(owner, atNs, tag),
      truth: this.truth,
    };
  }

  private create(port: ServicePort, node: number, entry: number, key: Key, set: EndpointSet): Balancer {
    const name = `${port.namespace}/${port.serviceName}:${port.port} ${this.nodes[node]} ${ENTRIES[entry]}`;
    const place = this.place(node, name, () => balancer, key);
    const balancer: Balancer = this.proxy.create(port.affinityTimeoutNs, ENTRIES[entry], place);
    balancer.update(set);
    return balancer;
  }

  /** The watch of one node has brought news; kube-proxy syncs when its limiter lets it. */
  private delivered(node: number, port: ServicePort, set: EndpointSet): void {
    this.waiting[node].set(port, set);
    const { minSyncPeriodNs: minSyncPeriod } = this.proxy;
    const limiter = this.limiters[node];
    if (minSyncPeriod === 0) return this.sync(node);
    if (limiter.due !== NONE) return; // coalesced into the sync that is due
    const now = this.kernel.now;
    limiter.tokens = Math.min(2, limiter.tokens + (now - limiter.lastRefill) / minSyncPeriod);
    limiter.lastRefill = now;
    if (limiter.tokens >= 1) {
      limiter.tokens -= 1;
      return this.sync(node);
    }
    const wait = Math.ceil((1 - limiter.tokens) * minSyncPeriod);
    limiter.due = now + wait;
    this.kernel.call(wait, CONTROL, () => {
      limiter.due = NONE;
      limiter.tokens = 0;
      limiter.lastRefill = this.kernel.now;
      this.sync(node);
    });
  }

  private sync(node: number): void {
    for (const [port, set] of this.waiting[node]) {
      this.known[port.index][node] = set;
      for (let entry = 0; entry < ENTRIES.length; entry++) {
        const instance = this.byPlace[this.placeOf(port, node, entry)];
        if (instance !== undefined) this.instances[instance].balancer.update(set);
      }
    }
    this.waiting[node].clear();
  }

  /** The endpoints of a port as arrays. Addresses that are no pods of the cluster cannot be modelled and are left out. */
  private endpointSet(port: ServicePort): EndpointSet {
    const found = serviceEndpoints(this.cluster, port.namespace, port.serviceName, port.portName);
    const known = found.filter((endpoint) => this.podOf(port.namespace, endpoint) !== NONE);
    const ids = known.map((endpoint) => this.podOf(port.namespace, endpoint));
    return {
      count: known.length,
      id: Int32Array.from(ids),
      name: known.map((endpoint) => `${endpoint.ip}:${endpoint.port}`),
      weight: Float64Array.from(ids, (pod) => this.weightOf(pod)),
      node: Int32Array.from(ids, (pod) => this.pods.node[pod]),
      zone: Int32Array.from(ids, () => NONE),
      conditions: Uint8Array.from(known, (e) => (e.ready ? READY : 0) | (e.serving ? SERVING : 0) | (e.terminating ? TERMINATING : 0)),
    };
  }

  private podOf(namespace: string, endpoint: ServiceEndpoint): number {
    if (endpoint.podName !== null) return this.pods.byName.get(`${namespace}/${endpoint.podName}`) ?? NONE;
    return this.pods.byAddress.get(parseIpv4(endpoint.ip) ?? 0) ?? NONE;
  }

  /** Endpoint weights are written per workload, one per pod, in order of the pods' appearance. */
  private weightOf(pod: number): number {
    const weights = this.weights[this.pods.workload[pod]];
    return weights.length === 1 ? weights[0] : weights[this.pods.ordinal[pod] % weights.length];
  }
}

function sameEndpoints(a: EndpointSet, b: EndpointSet): boolean {
  if (a.count !== b.count) return false;
  for (let i = 0; i < a.count; i++) if (a.id[i] !== b.id[i] || a.conditions[i] !== b.conditions[i] || a.weight[i] !== b.weight[i]) return false;
  return true;
}
