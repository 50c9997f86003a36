/**
 * Where a URL leads: names to addresses, addresses to whatever answers there, and the way a packet takes.
 *
 *   host ─ DNS ─► ClusterIP ───────────► kube-proxy on the caller's node ─► pod
 *                 node address:nodePort ► kube-proxy on that node ─────────► pod
 *                 load balancer ─► node ─► kube-proxy there ───────────────► pod   (load-balancers.ts)
 *                 load balancer with pods as targets ──────────────────────► pod
 *                 pod address ────────────────────────────────────────────► pod
 *                 Ingress host ─► the controller's load balancer, as above ► controller pod ─► (per request) pod
 *
 * From outside the cluster only public addresses answer: load balancers, and nodes that have one. Names of Services mean nothing there.
 * Names are looked up when a connection opens (names.ts).
 * Simplified: a packet that is dropped makes the caller wait 127 s (Linux, tcp_syn_retries 6) unless its own time-out is shorter.
 */
import { createFlow, DROP, type Flow, REJECT } from '../balancers/index.ts';
import { type Cluster, formatIpv4, nodeAddress, parseIpv4 } from '../kubernetes/index.ts';
import { ADDRESS_HIDDEN, ONE_CROSSING, SECOND_HOP } from '../measurement/service-load.ts';
import type { Pools } from '../network/connections.ts';
import { addLink, CROSS_ZONE, EXTERNAL_LINK, SAME_ZONE, type Topology } from '../network/topology.ts';
import { keyedBits } from '../random/stream.ts';
import type { TargetUrl } from '../scenario/scenario.ts';
import type { DataPlanes } from './data-planes.ts';
import type { LoadBalancers } from './load-balancers.ts';
import type { AddressList, Names } from './names.ts';
import { OK, outcome } from './outcomes.ts';
import { admitsSource, type Frontend, type ServicePort } from './service-ports.ts';
import { masqueradeOf } from './source-address.ts';
import { GONE, type Pods, type Target } from './world.ts';

const NONE = -1;
const REFUSED = outcome('refused');
const CONNECT_TIMEOUT = outcome('connect-timeout');
const UNKNOWN_HOST = outcome('unknown-host');
const NO_ROUTE = outcome('no-route');
const NODE_NOT_PUBLIC = outcome('node-not-public');

/**
 * What answers at an address and port, for a caller at one place.
 * `host` is the address that the URL's host was found at (several, with commas, for headless Services), or the host itself when there is none.
 */
export type Route =
  /** The caller's node translates the address. */
  | { readonly type: 'cluster-ip'; readonly port: ServicePort; readonly frontend: Frontend; readonly host: string }
  /** A certain node does. */
  | { readonly type: 'node-port'; readonly port: ServicePort; readonly frontend: Frontend; readonly node: number; readonly host: string }
  /** Something in front chooses the node. */
  | { readonly type: 'load-balancer'; readonly port: ServicePort; readonly frontend: Frontend; readonly host: string }
  /** `until`: how long DNS goes on saying so [ns]; ∞ = until the cluster changes. */
  | { readonly type: 'headless'; readonly port: ServicePort; readonly pods: readonly number[]; readonly host: string; readonly until: number }
  | { readonly type: 'pod'; readonly pod: number; readonly host: string }
  | { readonly type: 'nowhere'; readonly failure: number; readonly reason: string; readonly host: string; readonly until: number };

/** Where one connection leads; reused. */
export interface Dial {
  pod: number;
  way: number;
  service: number;
  plane: number;
  /** Source address as the data plane sees it, and source port. */
  source: number;
  sourcePort: number;
  /** Number of the Service port whose load balancer took part; −1 = none. */
  front: number;
  /** kube-proxy puts the node's address in place of the source. */
  isMasqueraded: boolean;
  /** How the connection goes, for the measures: see `measurement/service-load.ts`. */
  traits: number;
  /** Time until the caller had the address [ns]. */
  lookupNs: number;
  /** Time lost before the node's proxy takes the connection [ns], see `Flow.lostNs`. */
  lostNs: number;
  /** Node whose kube-proxy translated the address; −1 = none. */
  node: number;
  failure: number;
  /** The failure is silence: the caller learns of it by waiting. */
  isSilent: boolean;
}

/** Hosts that Ingress rules name, and the Service in front of the controller that serves them. */
export interface IngressHosts {
  /** The controller's Service ports for a host; `null` when no rule names it. */
  controllerFor(host: string): readonly ServicePort[] | null;
}

export class Directory {
  /** How long a caller waits for a connection when nothing answers [ns]. */
  readonly connectTimeout = 127e9;
  private readonly names: Names;
  private readonly planes: DataPlanes;
  private readonly pods: Pods;
  private readonly pools: Pools;
  private readonly topology: Topology;
  private readonly ingress: IngressHosts;
  /** Address → node; addresses of the load balancers → Service. */
  private readonly nodeByAddress = new Map<number, { node: number; isPublic: boolean }>();
  /** The names by which the network around the cluster knows its nodes. */
  private readonly nodeByName = new Map<string, { internal: number; external: number | null }>();
  private readonly flow: Flow = createFlow();
  private readonly dialled: Dial = {
    pod: NONE,
    way: 0,
    service: NONE,
    plane: NONE,
    source: 0,
    sourcePort: 0,
    front: NONE,
    isMasqueraded: false,
    traits: 0,
    lookupNs: 0,
    lostNs: 0,
    node: NONE,
    failure: OK,
    isSilent: false,
  };
  /** Routes found so far, by target and place; forgotten when the cluster changes. */
  private routes: (Route | undefined)[][] = [];
  private readonly loadBalancers: LoadBalancers;
  /** Address of each node within the cluster. */
  private readonly addressOfNode: Uint32Array;

  constructor(parts: {
    cluster: Cluster;
    planes: DataPlanes;
    pods: Pods;
    pools: Pools;
    topology: Topology;
    ingress: IngressHosts;
    loadBalancers: LoadBalancers;
    names: Names;
    nodes: readonly string[];
  }) {
    this.names = parts.names;
    this.planes = parts.planes;
    this.pods = parts.pods;
    this.pools = parts.pools;
    this.topology = parts.topology;
    this.ingress = parts.ingress;
    this.loadBalancers = parts.loadBalancers;
    this.addressOfNode = new Uint32Array(parts.nodes.length);
    parts.nodes.forEach((name, node) => {
      const object = parts.cluster.get('Node', '', name);
      if (object === undefined) return;
      const internal = parseIpv4(nodeAddress(object, 'InternalIP') ?? '');
      const external = parseIpv4(nodeAddress(object, 'ExternalIP') ?? '');
      if (internal !== null) this.addressOfNode[node] = internal;
      if (internal !== null) this.nodeByAddress.set(internal, { node, isPublic: false });
      if (external !== null) this.nodeByAddress.set(external, { node, isPublic: true });
      if (internal !== null) this.nodeByName.set(name.toLowerCase(), { internal, external });
    });
  }

  /** Services, pods or rules have changed: routes are looked up anew. */
  forget(): void {
    this.routes = [];
  }

  isSilent(failure: number): boolean {
    return failure === CONNECT_TIMEOUT || failure === NODE_NOT_PUBLIC || failure === NO_ROUTE;
  }

  /** Decides where a new connection of the pool leads. The result is reused by the next call. @param sourcePort of a UDP socket that is there already */
  dial(pool: number, target: Target, sourcePort = sourcePortOf(this.pools.opened[pool])): Dial {
    const { pools, topology, pods } = this;
    const place = pools.place[pool];
    const fixed = pools.pod[pool];
    const dial = this.dialled;
    dial.service = NONE;
    dial.plane = NONE;
    dial.source = pools.address[pool];
    dial.sourcePort = sourcePort;
    this.flow.protocol = PROTOCOL_NUMBERS[transportOf(target.url)];
    dial.front = NONE;
    dial.isMasqueraded = false;
    dial.traits = 0;
    dial.lookupNs = 0;
    dial.lostNs = 0;
    dial.node = NONE;
    dial.failure = OK;
    dial.isSilent = false;
    if (fixed !== NONE) {
      dial.pod = fixed;
      if (pools.callerPod[pool] === NONE) dial.service = pools.service[pool]; // what a proxy sends on names its Service itself
      dial.way = addLink(0, topology.link(place, pods.node[fixed]));
      dial.traits = this.crossing(place, pods.node[fixed]);
      return dial;
    }
    dial.lookupNs = target.isNamed ? this.names.lookupNs(target, pool, pools.opened[pool]) : 0;
    const copy = target.dns.cache ? this.names.copyOf(pool) : null;
    if (copy !== null) return this.toHeadless(pool, target, copy, place);
    const route = this.routeOf(target, place);
    switch (route.type) {
      case 'cluster-ip':
        return this.throughNode(pool, route.frontend, place, 0, place);
      case 'node-port':
        return this.throughNode(pool, route.frontend, route.node, addLink(0, topology.link(place, route.node)), place);
      case 'load-balancer':
        return this.throughBalancer(pool, route.frontend, place);
      case 'headless':
        return this.toHeadless(pool, target, route, place);
      case 'pod':
        return this.toPod(route.pod, place);
      case 'nowhere':
        return this.toNowhere(route.failure, 0, NONE);
    }
  }

  /** What answers at the target's URL for a caller at `place`. */
  routeOf(target: Target, place: number): Route {
    let byPlace = this.routes[target.index];
    if (byPlace === undefined) {
      byPlace = [];
      this.routes[target.index] = byPlace;
    }
    let route = byPlace[place];
    if (route === undefined || ((route.type === 'headless' || route.type === 'nowhere') && route.until <= this.planes.now)) {
      route = this.find(target.url, target.namespace, place);
      byPlace[place] = route;
    }
    return route;
  }

  /** The flow that is being dialled, to a port. Reused. */
  private flowOf(pool: number, port: number): Flow {
    const flow = this.flow;
    flow.client = pool;
    flow.sourceAddress = this.pools.address[pool];
    flow.sourcePort = this.dialled.sourcePort;
    flow.destinationPort = port;
    flow.lostNs = 0;
    return flow;
  }

  // --- what answers ------------------------------------------------------------------------------------------------------------

  /** What answers at a URL, seen from a place; names are completed from `namespace`. */
  find(url: TargetUrl, namespace: string, place: number): Route {
    const isOutside = place === this.topology.external || place === this.topology.vpc;
    const address = parseIpv4(url.host);
    if (address !== null) return this.atAddress(address, url, isOutside, place === this.topology.external);
    const controller = transportOf(url) === 'TCP' ? this.ingress.controllerFor(url.host) : null;
    if (controller !== null) return this.atController(controller, url, place === this.topology.external);
    const byName = isOutside ? nowhere(url.host, UNKNOWN_HOST, `${url.host}: no such name outside the cluster`) : this.atName(url, namespace);
    const node = this.nodeByName.get(url.host);
    if (node === undefined || byName.type !== 'nowhere' || byName.failure !== UNKNOWN_HOST) return byName;
    return this.atAddress(isOutside && node.external !== null ? node.external : node.internal, url, isOutside, place === this.topology.external);
  }

  private atName(url: TargetUrl, namespace: string): Route {
    const { answer, until } = this.names.answer(url.host, namespace);
    switch (answer.type) {
      case 'nxdomain':
        return nowhere(url.host, UNKNOWN_HOST, `${url.host}: ${answer.reason}`, until);
      case 'externalName':
        return this.atAlias(url, answer.externalName);
      case 'pod':
        return this.atPod(parseIpv4(answer.addresses[0]) ?? 0, url);
      case 'clusterIP':
      case 'headless': {
        const { namespace: ns = '', name } = answer.service.metadata;
        const ports = this.planes.ports.filter((port) => port.namespace === ns && port.serviceName === name);
        if (answer.type === 'clusterIP') return this.atService(entriesOf(ports, 'cluster-ip'), url, 'cluster-ip');
        return this.atHeadless(ports, answer.addresses, url, until);
      }
    }
  }

  /** A CNAME out of the cluster: only hosts of its own Ingresses are known there. The request goes on naming the Service as its host. */
  private atAlias(url: TargetUrl, externalName: string): Route {
    const controller = transportOf(url) === 'TCP' ? this.ingress.controllerFor(externalName) : null;
    if (controller !== null) return this.atController(controller, url, false);
    return nowhere(url.host, UNKNOWN_HOST, `${url.host} is an alias of ${externalName}, outside the cluster, of which nothing is known`);
  }

  /** Without a virtual address the port is the pod's own; the Service's port list gives it a name only. The answer may name pods that are gone. */
  private atHeadless(ports: readonly ServicePort[], addresses: readonly string[], url: TargetUrl, until: number): Route {
    const pods = addresses.flatMap((address) => this.pods.byAddress.get(parseIpv4(address) ?? 0) ?? []);
    const listening = pods.filter((pod) => this.listens(pod, url.port));
    const host = addresses.join(', ');
    if (ports.length === 0 || listening.length === 0) return nowhere(host, REFUSED, `no pod behind ${url.host} listens on port ${url.port}`, until);
    const port = ports.find((candidate) => candidate.port === url.port && candidate.protocol === transportOf(url)) ?? ports[0];
    return { type: 'headless', port, pods: listening, host, until };
  }

  /** @param frontends of one address */
  private atService(frontends: readonly Frontend[], url: TargetUrl, type: 'cluster-ip' | 'load-balancer'): Route {
    const frontend = frontends.find((candidate) => answers(candidate, url));
    if (frontend !== undefined) return { type, port: frontend.port, frontend, host: formatIpv4(frontend.address) };
    const isRefused = type === 'cluster-ip' && this.planes.proxy.refusesOtherPorts;
    const address = frontends.length === 0 ? url.host : formatIpv4(frontends[0].address);
    return nowhere(address, isRefused ? REFUSED : CONNECT_TIMEOUT, `${url.host} has no port ${url.port}`);
  }

  /** Without a load balancer the host is taken to name a node: the first, from outside the first public one. */
  private atController(ports: readonly ServicePort[], url: TargetUrl, isExternal: boolean): Route {
    if (ports.length === 0) return nowhere(url.host, CONNECT_TIMEOUT, 'no Service leads to an ingress controller');
    if (ports[0].isLoadBalancer) return this.atService(entriesOf(ports, 'load-balancer'), url, 'load-balancer');
    const frontend = entriesOf(ports, 'node-port').find(({ number, port }) => [number, port.port].includes(url.port));
    if (frontend === undefined) return nowhere(url.host, CONNECT_TIMEOUT, `the ingress controller has no public address for port ${url.port}`);
    const [node] = [...this.nodeByName.values()].filter(({ external }) => external !== null || !isExternal);
    if (node === undefined) return nowhere(url.host, NODE_NOT_PUBLIC, `${url.host} leads to nodes, and none is public`);
    const address = isExternal && node.external !== null ? node.external : node.internal;
    return { type: 'node-port', port: frontend.port, frontend, node: (this.nodeByAddress.get(address) as { node: number }).node, host: formatIpv4(address) };
  }

  private atAddress(address: number, url: TargetUrl, isOutside: boolean, isExternal: boolean): Route {
    const frontends = this.planes.frontendsAt(address);
    const node = this.nodeByAddress.get(address);
    if (node !== undefined) return this.atNode(address, node, frontends, url, isExternal);
    const reachable = frontends.filter(({ entry }) => entry !== 'cluster-ip');
    const isBalancer = reachable.some(({ entry }) => entry === 'load-balancer');
    // Inside, the caller's node takes a short cut; outside, an external IP is routed to the nodes, taken for several equal ways.
    if (reachable.length > 0) return this.atService(reachable, url, isOutside || (isBalancer && this.loadBalancers.isByName) ? 'load-balancer' : 'cluster-ip');
    const isOfCluster = frontends.length > 0 || this.pods.byAddress.has(address);
    if (isOutside) return nowhere(url.host, NO_ROUTE, isOfCluster ? `${url.host} is an address inside the cluster` : `nothing answers at ${url.host}`);
    if (frontends.length > 0) return this.atService(frontends, url, 'cluster-ip');
    return this.atPod(address, url);
  }

  /** @param frontends of Services that have the node's address as an external IP */
  private atNode(
    address: number,
    { node, isPublic }: { node: number; isPublic: boolean },
    frontends: readonly Frontend[],
    url: TargetUrl,
    isExternal: boolean,
  ): Route {
    const host = formatIpv4(address);
    if (isExternal && !isPublic) return nowhere(host, NODE_NOT_PUBLIC, `node address ${host} is not public`);
    const frontend = frontends.find((candidate) => answers(candidate, url)) ?? this.planes.nodePort(url.port, transportOf(url));
    if (frontend === undefined) return nowhere(host, REFUSED, `no Service has node port ${url.port}`);
    return { type: 'node-port', port: frontend.port, frontend, node, host };
  }

  private atPod(address: number, url: TargetUrl): Route {
    const pod = this.pods.byAddress.get(address);
    if (pod === undefined || this.pods.phase[pod] === GONE) return nowhere(url.host, NO_ROUTE, `no pod has address ${url.host}`);
    if (!this.listens(pod, url.port)) return nowhere(url.host, REFUSED, `the pod does not listen on port ${url.port}`);
    return { type: 'pod', pod, host: formatIpv4(address) };
  }

  /** Pods whose containers declare no port may listen on any. */
  private listens(pod: number, port: number): boolean {
    const ports = this.pods.ports[pod];
    return ports.length === 0 || ports.includes(port);
  }

  // --- the way a packet takes --------------------------------------------------------------------------------------------------

  /** Over `wayToNode` to a node, whose kube-proxy chooses the pod. @param place of the caller */
  private throughNode(pool: number, frontend: Frontend, node: number, wayToNode: number, place: number): Dial {
    const { port } = frontend;
    const dial = this.dialled;
    dial.service = port.service;
    dial.way = wayToNode;
    if (frontend.entry === 'load-balancer' && !admitsSource(port, dial.source)) return this.refuse(DROP);
    const isFromCluster = this.isNode(place) && dial.source === this.pools.address[pool];
    const instance = this.planes.at(frontend, node, isFromCluster);
    const flow = this.flowOf(pool, frontend.number);
    flow.sourceAddress = dial.source;
    flow.destinationAddress = frontend.address === 0 ? this.addressOfNode[node] : frontend.address;
    const pod = this.planes.pick(instance, flow, place === node);
    if (pod < 0) return this.refuse(pod);
    dial.lostNs = flow.lostNs;
    dial.pod = pod;
    dial.plane = instance;
    dial.way = addLink(wayToNode, this.topology.link(node, this.pods.node[pod]));
    dial.node = node;
    dial.isMasqueraded = this.isMasqueraded(frontend, node, pod, isFromCluster);
    dial.traits = this.traitsOf(place, node, pod, dial.isMasqueraded || dial.source !== this.pools.address[pool]);
    return dial;
  }

  private isMasqueraded(frontend: Frontend, node: number, pod: number, isFromCluster: boolean): boolean {
    const leg = { isRemote: node !== this.pods.node[pod], isHairpin: this.dialled.source === this.pods.address[pod], isFromCluster };
    return masqueradeOf(this.planes.proxy, frontend, leg) !== null;
  }

  /** How a connection from `place` by way of `node` to `pod` goes. @param isHidden the pod sees another address than the caller's */
  private traitsOf(place: number, node: number, pod: number, isHidden: boolean): number {
    const to = this.pods.node[pod];
    return (isHidden ? ADDRESS_HIDDEN : 0) + (to === node ? 0 : SECOND_HOP) + this.crossing(place, node) + this.crossing(node, to);
  }

  /** A step from zone to zone within the cluster, as a trait. */
  private crossing(from: number, to: number): number {
    return this.isNode(from) && this.isNode(to) && this.topology.isCrossZone(from, to) ? ONE_CROSSING : 0;
  }

  /** The node that routers outside send a flow to an external IP by: any, by its addresses and ports, as with equal-cost routes. */
  routedTo({ sourceAddress, sourcePort, destinationAddress, destinationPort }: Flow): number {
    const bits = keyedBits(sourceAddress, destinationAddress, sourcePort * 65536 + destinationPort);
    return (bits >>> 0) % this.addressOfNode.length;
  }

  private isNode(place: number): boolean {
    return place < this.addressOfNode.length;
  }

  private refuse(refusal: number): Dial {
    const dial = this.dialled;
    dial.pod = NONE;
    dial.failure = refusal === REJECT ? REFUSED : CONNECT_TIMEOUT;
    dial.isSilent = refusal === DROP;
    return dial;
  }

  /** @param frontend the address that the caller uses */
  private throughBalancer(pool: number, frontend: Frontend, place: number): Dial {
    const { loadBalancers, dialled } = this;
    const { port } = frontend;
    const flow = this.flowOf(pool, frontend.number);
    flow.destinationAddress = frontend.address;
    const way = addLink(0, place === this.topology.external ? EXTERNAL_LINK : CROSS_ZONE);
    if (frontend.entry !== 'load-balancer') return this.throughNode(pool, frontend, this.routedTo(flow), addLink(way, SAME_ZONE), place);
    const target = admitsSource(port, flow.sourceAddress) ? loadBalancers.at(port).pick(flow) : NONE;
    const behind = this.planes.behindBalancer(port);
    if (target < 0 || behind === undefined) return this.toNowhere(CONNECT_TIMEOUT, way, port.service);
    dialled.front = port.index;
    if (loadBalancers.choosesPods) {
      const dial = this.toPod(target, place);
      dial.service = port.service;
      dial.way = addLink(way, SAME_ZONE);
      dial.traits = loadBalancers.hidesClient ? ADDRESS_HIDDEN : 0;
      return dial;
    }
    if (loadBalancers.hidesClient) dialled.source = loadBalancers.spec.kind === 'servicelb' ? this.addressOfNode[target] : port.loadBalancerIp;
    return this.throughNode(pool, behind, target, addLink(way, SAME_ZONE), place);
  }

  /** @param list the pods, as the caller knows them */
  private toHeadless(pool: number, target: Target, list: AddressList, place: number): Dial {
    const dial = this.toPod(this.names.choose(target, pool, list, this.pools.opened[pool]), place);
    dial.service = list.port.service;
    return dial;
  }

  private toPod(pod: number, place: number): Dial {
    this.dialled.pod = pod;
    this.dialled.way = addLink(0, this.topology.link(place, this.pods.node[pod]));
    this.dialled.traits = this.crossing(place, this.pods.node[pod]);
    return this.dialled;
  }

  private toNowhere(failure: number, way: number, service: number): Dial {
    const dial = this.dialled;
    dial.pod = NONE;
    dial.way = way;
    dial.service = service;
    dial.failure = failure;
    dial.isSilent = this.isSilent(failure);
    return dial;
  }
}

function entriesOf(ports: readonly ServicePort[], entry: Frontend['entry']): readonly Frontend[] {
  return ports.flatMap(({ frontends }) => frontends.filter((frontend) => frontend.entry === entry));
}

/** IANA protocol numbers. */
export const PROTOCOL_NUMBERS = { TCP: 6, UDP: 17, SCTP: 132 } as const;

/** What carries a URL's requests. */
export function transportOf({ scheme }: TargetUrl): ServicePort['protocol'] {
  return scheme === 'udp' ? 'UDP' : scheme === 'sctp' ? 'SCTP' : 'TCP';
}

function answers({ number, port }: Frontend, url: TargetUrl): boolean {
  return number === url.port && port.protocol === transportOf(url);
}

/** Linux ip_local_port_range, used in turn. */
function sourcePortOf(opened: number): number {
  return 32768 + (opened % 28232);
}

function nowhere(host: string, failure: number, reason: string, until = Infinity): Route {
  return { type: 'nowhere', failure, reason, host, until };
}
