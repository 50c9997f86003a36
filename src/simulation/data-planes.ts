/**
 * The L4 data planes: the tables of every node for every Service port, and how each of them hears of new endpoints.
 *
 *   slices change ─► watch, 10 to 100 ms per node ─► kube-proxy's sync limiter ─► that node's lists of endpoints ─► Balancer.update
 *
 * Until then the node goes on with what it knew: the stale window is nowhere a parameter.
 *
 *   frontend (ClusterIP, external IP, load balancer, node port) ─ its traffic policy ─► table, one balancer each:
 *     iptables, nftables, Cilium   one of the cluster's endpoints (KUBE-SVC), one of the node's own (KUBE-SVL)
 *     ipvs                         one per frontend (virtual servers)
 *
 * Source: l4.md 1.1, 3.1, 5.6, 6.1.
 * Simplified: the watch delay is uniform on 10 to 100 ms.
 * Simplified: tables of one node keep affinity apart; in iptables mode KUBE-SVC and KUBE-SVL share the lists of an endpoint.
 */
import { type Balancer, DROP, type EndpointSet, type Flow, type Place, READY, SERVING, TERMINATING } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import type { Cluster, Service, ServiceEndpoint } from '../kubernetes/index.ts';
import { parseIpv4, serviceEndpoints } from '../kubernetes/index.ts';
import { deriveKey, type Key, keyedBits, RandomStream, toUniform } from '../random/stream.ts';
import { CONTROL } from './events.ts';
import type { Entry, NodeProxy } from './kube-proxy.ts';
import { type ListRules, NodeEndpoints, type NodeList, type NodePlace } from './node-endpoints.ts';
import { type Frontend, type ServicePort, servicePorts } from './service-ports.ts';
import { SyncLimiters } from './sync-limiters.ts';
import type { Ticker } from './ticker.ts';
import type { Pods } from './world.ts';

const NONE = -1;
const WATCH_MIN = 10e6;
const WATCH_SPREAD = 90e6;

/** How long a watch takes to bring a change [ns]. */
export function watchDelay(bits: number): number {
  return Math.round(WATCH_MIN + WATCH_SPREAD * toUniform(bits));
}

/** Tables that all frontends of a Service port share, where the proxy keeps none apart. */
const CLUSTER_TABLE = 0;
const LOCAL_TABLE = 1;
const SHARED_TABLES = 2;
/** Where it keeps them apart: for callers outside, and for those within the cluster that it serves otherwise (Cilium, at their sockets). */
const TABLES_PER_FRONTEND = 2;

/** Answer to a load balancer's health check of one node; `localReady` goes with it in the header X-Load-Balancing-Endpoint-Weight. */
export interface NodeHealth {
  readonly status: 200 | 503;
  readonly localReady: number;
}

/** One table of one node. */
interface Instance {
  readonly balancer: Balancer;
  readonly servicePort: ServicePort;
  readonly isLocal: boolean;
  list: NodeList;
}

/** Root of the chance of everything that balances in a replication. @param root the replication's key */
export function planesKey(root: Key): Key {
  return deriveKey(root, 'data planes');
}

export class DataPlanes {
  readonly ports: ServicePort[] = [];
  readonly proxy: NodeProxy;
  private readonly kernel: Kernel;
  private readonly cluster: Cluster;
  private readonly pods: Pods;
  private readonly ticker: Ticker;
  private readonly nodes: readonly NodePlace[];
  private readonly rules: ListRules;
  private readonly key: Key;
  private readonly truth: Place['truth'];
  private readonly byAddress = new Map<number, Frontend[]>();
  private readonly byNodePort = new Map<number, Frontend[]>();
  private readonly instances: Instance[] = [];
  /** Numbers of instances by Service port, then node and table. */
  private readonly byPlace: (number | undefined)[][] = [];
  /** What each node knows: endpoints by Service port. */
  private readonly known: NodeEndpoints[][] = [];
  /** What the control plane has told, by Service port, and how often. */
  private readonly current: NodeEndpoints[] = [];
  private versions = 0;
  /** When each node's watch brings the last news that is under way [ns]: a watch keeps the order. */
  private readonly newsAt: Float64Array;
  private readonly limiters: SyncLimiters;
  private readonly waiting: Map<ServicePort, NodeEndpoints>[];
  private readonly weights: readonly (readonly number[])[];
  private readonly listeners: ((port: ServicePort, set: EndpointSet) => void)[] = [];
  private readonly syncListeners: ((port: ServicePort, node: number, before: EndpointSet, set: EndpointSet) => void)[] = [];

  constructor(parts: {
    kernel: Kernel;
    cluster: Cluster;
    pods: Pods;
    ticker: Ticker;
    proxy: NodeProxy;
    nodes: readonly NodePlace[];
    /** Kubernetes ≥ 1.26. */
    terminatingFallback: boolean;
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
    this.rules = { borrows: parts.proxy.borrowsForLocal, terminatingFallback: parts.terminatingFallback };
    this.key = parts.key;
    this.truth = parts.truth;
    this.weights = parts.weights;
    this.waiting = parts.nodes.map(() => new Map());
    this.newsAt = new Float64Array(parts.nodes.length);
    this.limiters = new SyncLimiters(parts.kernel, parts.nodes.length, parts.proxy.minSyncPeriodNs, (node) => this.sync(node));
  }

  /** Takes a Service into the tables; `number` is its number in the recorder. */
  add(service: Service, number: number): void {
    for (const port of servicePorts(service, this.ports.length, number)) {
      this.ports.push(port);
      const endpoints = this.endpointsOf(port);
      this.current.push(endpoints);
      this.known.push(this.nodes.map(() => endpoints));
      this.byPlace.push([]);
      for (const frontend of port.frontends) {
        const [table, key] = frontend.entry === 'node-port' ? [this.byNodePort, frontend.number] : [this.byAddress, frontend.address];
        table.set(key, [...(table.get(key) ?? []), frontend]);
      }
    }
  }

  // --- frontends ---------------------------------------------------------------------------------------------------------------

  /** Everything that answers at an address, on whatever port. @param address uint32 */
  frontendsAt(address: number): readonly Frontend[] {
    return this.byAddress.get(address) ?? [];
  }

  nodePort(number: number, protocol: ServicePort['protocol']): Frontend | undefined {
    return this.byNodePort.get(number)?.find(({ port }) => port.protocol === protocol);
  }

  /** How a load balancer reaches the port on a node: by its node port, or by its own address where it has none. */
  behindBalancer(port: ServicePort): Frontend | undefined {
    return port.frontends.find(({ entry }) => entry === 'node-port') ?? port.frontends.find(({ entry }) => entry === 'load-balancer');
  }

  // --- news --------------------------------------------------------------------------------------------------------------------

  /** Hears every change of a Service port's endpoints at the moment the slices change: proxies and the recorder apply their own delay. */
  onChange(listener: (port: ServicePort, set: EndpointSet) => void): void {
    this.listeners.push(listener);
  }

  /** Hears what a node's kube-proxy has written: the endpoints that it used before, and now. */
  onSync(listener: (port: ServicePort, node: number, before: EndpointSet, set: EndpointSet) => void): void {
    this.syncListeners.push(listener);
  }

  /** The slices of a Service have changed. */
  slicesChanged(namespace: string, serviceName: string): void {
    for (const port of this.ports) {
      if (port.namespace !== namespace || port.serviceName !== serviceName) continue;
      const endpoints = this.endpointsOf(port);
      if (endpoints.isSameAs(this.current[port.index])) continue;
      this.current[port.index] = endpoints;
      const version = this.versions++;
      for (const listener of this.listeners) listener(port, endpoints.set);
      for (let node = 0; node < this.nodes.length; node++) {
        const bits = keyedBits(this.key.high ^ node, this.key.low, version);
        const { now } = this.kernel;
        this.newsAt[node] = Math.max(this.newsAt[node], now + watchDelay(bits));
        this.kernel.call(this.newsAt[node] - now, CONTROL, () => {
          this.waiting[node].set(port, endpoints);
          this.limiters.ask(node);
        });
      }
    }
  }

  /** The kube-proxy of a node writes what it has heard. */
  private sync(node: number): void {
    for (const [port, endpoints] of this.waiting[node]) {
      const before = this.known[port.index][node].set;
      this.known[port.index][node] = endpoints;
      const tables = this.tablesOf(port);
      for (let table = 0; table < tables; table++) {
        const number = this.byPlace[port.index][node * tables + table];
        if (number === undefined) continue;
        const instance = this.instances[number];
        instance.list = endpoints.listFor(port, this.nodes[node], instance.isLocal, this.rules);
        instance.balancer.update(instance.list.set);
      }
      for (const listener of this.syncListeners) listener(port, node, before, endpoints.set);
    }
    this.waiting[node].clear();
  }

  /** Endpoints as the control plane has them now. */
  endpoints(port: ServicePort): EndpointSet {
    return this.current[port.index].set;
  }

  /** No policy and no hint gives nodes lists of their own. */
  isSharedEqually(port: ServicePort): boolean {
    return !port.use.usesLocal && !this.current[port.index].hasHints;
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
      const { count, id, node: on, conditions } = this.known[other.index][node].set;
      for (let i = 0; i < count; i++) if (on[i] === node && (conditions[i] & READY) !== 0) pods.add(id[i]);
    }
    return { status: port.isExternalLocal && pods.size === 0 ? 503 : 200, localReady: pods.size };
  }

  // --- tables ------------------------------------------------------------------------------------------------------------------

  /**
   * Number of the table that places a connection to a frontend on a node; made on first use with what that node knows.
   * @param isFromCluster the caller is a pod or a node of the cluster
   */
  at(frontend: Frontend, node: number, isFromCluster: boolean): number {
    const { port } = frontend;
    const table = this.tableOf(frontend, isFromCluster);
    const place = node * this.tablesOf(port) + table;
    let number = this.byPlace[port.index][place];
    if (number === undefined) {
      const isLocal = this.isLocalTable(frontend, isFromCluster);
      const list = this.listOf(frontend, node, isFromCluster);
      number = this.instances.push({ balancer: this.create(frontend, node, isFromCluster, this.key, list.set), servicePort: port, isLocal, list }) - 1;
      this.byPlace[port.index][place] = number;
    }
    return number;
  }

  /**
   * The pod for a connection, or a refusal: as the table says, and silence where the answer would not find its way back.
   * @param isOnNode the caller is on the node of the table
   */
  pick(number: number, flow: Flow, isOnNode: boolean): number {
    const { balancer, list } = this.instances[number];
    const pod = balancer.pick(flow);
    if (pod < 0) return this.refusalOf(list, pod);
    // ipvs lends a pod of another node without masquerading: its answers pass this node by, and the caller does not know their sender.
    return list.isBorrowed && !isOnNode ? DROP : pod;
  }

  /** What becomes of a packet that a balancer refuses. */
  refusalOf(list: NodeList, refusal: number): number {
    return list.set.count === 0 && !this.proxy.hasOwnRefusals ? list.refusal : refusal;
  }

  /** What a node's table for a frontend holds, by what the node knows. */
  listOf(frontend: Frontend, node: number, isFromCluster: boolean): NodeList {
    const { port } = frontend;
    return this.known[port.index][node].listFor(port, this.nodes[node], this.isLocalTable(frontend, isFromCluster), this.rules);
  }

  /**
   * A balancer as that node's was before its first connection, apart from the one that is in use: for `trace`.
   * @param key root of its chance, see `planesKey`
   */
  detached(frontend: Frontend, node: number, isFromCluster: boolean, key: Key, set: EndpointSet): Balancer {
    return this.create(frontend, node, isFromCluster, key, set);
  }

  /** Traffic from the cluster itself takes a short cut past the policy for outside traffic, as if it had gone out and come back. */
  private isLocalTable(frontend: Frontend, isFromCluster: boolean): boolean {
    return frontend.isLocal && !this.isInside(frontend, isFromCluster);
  }

  private tableOf(frontend: Frontend, isFromCluster: boolean): number {
    if (this.proxy.keepsEntriesApart) return TABLES_PER_FRONTEND * frontend.index + (this.isInside(frontend, isFromCluster) ? 1 : 0);
    return this.isLocalTable(frontend, isFromCluster) ? LOCAL_TABLE : CLUSTER_TABLE;
  }

  private tablesOf(port: ServicePort): number {
    return this.proxy.keepsEntriesApart ? TABLES_PER_FRONTEND * port.frontends.length : SHARED_TABLES;
  }

  instance(number: number): Balancer {
    return this.instances[number].balancer;
  }

  /** The Service port that an instance serves. */
  portOf(number: number): ServicePort {
    return this.instances[number].servicePort;
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

  private create(frontend: Frontend, node: number, isFromCluster: boolean, key: Key, set: EndpointSet): Balancer {
    const { port } = frontend;
    const table = this.tableName(frontend, isFromCluster);
    const place = this.place(node, `${port.namespace}/${port.serviceName}:${port.port} ${this.nodes[node].name} ${table}`, () => balancer, key);
    const balancer: Balancer = this.proxy.create(port, this.entryOf(frontend, isFromCluster), place);
    balancer.update(set);
    return balancer;
  }

  private entryOf(frontend: Frontend, isFromCluster: boolean): Entry {
    return this.proxy.keepsEntriesApart && !this.isInside(frontend, isFromCluster) ? frontend.entry : 'cluster-ip';
  }

  /** A caller within the cluster at an address for the outside, which the proxy serves as it does a ClusterIP. */
  private isInside({ entry }: Frontend, isFromCluster: boolean): boolean {
    return entry !== 'cluster-ip' && isFromCluster && this.proxy.shortCutsCluster;
  }

  /** Names of tables are part of the key of their chance. */
  private tableName(frontend: Frontend, isFromCluster: boolean): string {
    const { entry, address } = frontend;
    if (this.proxy.keepsEntriesApart)
      return `${entry}${address === 0 || entry === 'cluster-ip' ? '' : ` ${address}`}${this.isInside(frontend, isFromCluster) ? ' inside' : ''}`;
    return this.isLocalTable(frontend, isFromCluster) ? 'local' : 'cluster-ip';
  }

  // --- endpoints ---------------------------------------------------------------------------------------------------------------

  /** The endpoints of a port as arrays. Addresses that are no pods of the cluster cannot be modelled and are left out. */
  private endpointsOf(port: ServicePort): NodeEndpoints {
    const found = serviceEndpoints(this.cluster, port.namespace, port.serviceName, port.portName);
    const known = found.filter((endpoint) => this.podOf(port.namespace, endpoint) !== NONE);
    const ids = known.map((endpoint) => this.podOf(port.namespace, endpoint));
    const set: EndpointSet = {
      count: known.length,
      id: Int32Array.from(ids),
      name: known.map((endpoint) => `${endpoint.ip}:${endpoint.port}`),
      weight: Float64Array.from(ids, (pod) => this.weightOf(pod)),
      node: Int32Array.from(ids, (pod) => this.pods.node[pod]),
      zone: Int32Array.from(ids, () => NONE),
      conditions: Uint8Array.from(known, (e) => (e.ready ? READY : 0) | (e.serving ? SERVING : 0) | (e.terminating ? TERMINATING : 0)),
    };
    return new NodeEndpoints(set, known);
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
