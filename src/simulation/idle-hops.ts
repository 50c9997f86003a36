/**
 * Hops that forget a connection while both ends believe in it.
 *
 *   client ── load balancer ── node's ipvs, conntrack ── pod
 *               350 s, RST       900 s, RST   86400 s
 *               240 s, silence
 *
 * The ends do not notice: the next request finds out, by a reset or by silence. TCP keep-alive probes of the client pass all hops and keep
 * them awake if they come often enough; if they come later than a hop forgets, it is the probe that finds out. A stateless balancer
 * (ECMP, a leader that moves) forgets nothing and yet breaks flows, when its targets change and a flow falls to another node.
 *
 * Hops and times: reference l4.md 1.4, 3.2 and part 7. ipvs and the nodes answer packets of unknown flows with RST; conntrack takes up
 * a flow in the middle as a new one (nf_conntrack_tcp_loose), so that the node chooses anew: the same pod goes on, any other resets.
 * Simplified: Cilium's own table (8000 s) and sockets that it has connected straight to a pod are taken for conntrack.
 * Simplified: a request that is being served keeps the connection awake however long it takes. Clients do not repeat a request
 * that met a reset.
 */
import { createFlow, type Flow } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import type { Recorder } from '../measurement/recorder.ts';
import { type Connections, DRAINING, OPEN } from '../network/connections.ts';
import type { DataPlanes } from './data-planes.ts';
import type { NodeProxy } from './kube-proxy.ts';
import type { LoadBalancers } from './load-balancers.ts';
import { OK, outcome } from './outcomes.ts';
import type { ServicePort } from './service-ports.ts';

const NONE = -1;
const RESET = outcome('reset');
const TIMEOUT = outcome('timeout');

/** What can break a connection; numbers of `connections.hop`. */
const BALANCER_IDLE = 1;
const PROXY_IDLE = 2;
const CONNTRACK_IDLE = 3;
const BALANCER_MOVED = 4;
const TARGET_OUT = 5;
const BLACK_HOLE = 6;

/** Linux tcp_keepalive_probes × tcp_keepalive_intvl: unanswered probes before the connection is given up. */
const KEEP_ALIVE_GIVES_UP = 9 * 75e9;
/** Linux tcp_retries2 (15): data that nobody acknowledges, at the shortest time-out of 0.2 s. */
export const RETRANSMISSION_GIVES_UP = 924.6e9;

/** Names of the hops for people, by number. */
export function hopNames(spec: LoadBalancers['spec'], proxy: NodeProxy, establishedNs: number): readonly string[] {
  const idle = (ns: number) => `idle for ${ns / 1e9}s`;
  return [
    '',
    `${spec.kind}, ${idle(spec.idleTimeoutNs)}`,
    `${proxy.name}, ${idle(proxy.idleTimeoutNs)}`,
    `conntrack, ${idle(establishedNs)}`,
    `${spec.kind}, flow moved to another node`,
    `${spec.kind}, target taken out`,
    'conntrack, UDP flow kept on a pod that is gone',
  ];
}

/** Ends what is under way on connections that broke. */
export interface BrokenFlows {
  /** A UDP flow is sent to another target from now on. */
  moved(connection: number): void;
  /** @param marked by connection: 1 = broken */
  brokenAll(marked: Uint8Array, result: number): void;
  /** The caller is told that the connection is gone. */
  close(connection: number): void;
}

export class IdleHops {
  private readonly kernel: Kernel;
  private readonly connections: Connections;
  private readonly planes: DataPlanes;
  private readonly loadBalancers: LoadBalancers;
  private readonly recorder: Recorder;
  /** After how long in silence each kind of hop forgets a flow [ns]; 0 = never. */
  private readonly balancerNs: number;
  private readonly proxyNs: number;
  private readonly establishedNs: number;
  private readonly flow: Flow = createFlow();

  constructor(parts: {
    kernel: Kernel;
    connections: Connections;
    planes: DataPlanes;
    loadBalancers: LoadBalancers;
    recorder: Recorder;
    establishedNs: number;
  }) {
    this.kernel = parts.kernel;
    this.connections = parts.connections;
    this.planes = parts.planes;
    this.loadBalancers = parts.loadBalancers;
    this.recorder = parts.recorder;
    this.balancerNs = parts.loadBalancers.spec.idleTimeoutNs;
    this.proxyNs = parts.planes.proxy.idleTimeoutNs;
    this.establishedNs = parts.establishedNs;
  }

  /**
   * Notes which hop of a new connection forgets first. The connection's columns `front` and `plane` are set.
   * @param keepAliveNs interval of the client's TCP keep-alive; 0 = none
   */
  attach(connection: number, keepAliveNs: number): void {
    const { connections } = this;
    const hop = this.firstHop(connection, 0);
    const limit = hop === 0 ? Infinity : this.limitOf(hop);
    connections.hop[connection] = hop;
    connections.quietLimit[connection] = keepAliveNs > 0 && keepAliveNs < limit ? Infinity : limit;
    connections.fate[connection] = OK;
  }

  /** Of the hops that forget later than `after` [ns], the one that does so first; 0 = none. */
  private firstHop(connection: number, after: number): number {
    const { connections, balancerNs, proxyNs, establishedNs } = this;
    let first = 0;
    let limit = Infinity;
    if (connections.front[connection] !== NONE && balancerNs > after) {
      first = BALANCER_IDLE;
      limit = balancerNs;
    }
    if (connections.plane[connection] === NONE) return first;
    if (proxyNs > after && proxyNs < limit) {
      first = PROXY_IDLE;
      limit = proxyNs;
    }
    return establishedNs > after && establishedNs < limit ? CONNTRACK_IDLE : first;
  }

  private limitOf(hop: number): number {
    if (hop === BALANCER_IDLE) return this.balancerNs;
    return hop === PROXY_IDLE ? this.proxyNs : this.establishedNs;
  }

  /** After how long in silence the client is told that a hop has forgotten the connection, without asking [ns]; ∞ = never. */
  toldAfter(connection: number, keepAliveNs: number): number {
    const limit = this.connections.quietLimit[connection];
    if (limit === Infinity) return Infinity;
    const hop = this.connections.hop[connection];
    const { kind, tcpReset } = this.loadBalancers.spec;
    if (hop === BALANCER_IDLE && tcpReset) return limit;
    if (keepAliveNs === 0 || (hop === BALANCER_IDLE && kind === 'gcp')) return Infinity; // a hash leads most probes where they went before
    return hop === BALANCER_IDLE && kind === 'azure' ? keepAliveNs + KEEP_ALIVE_GIVES_UP : keepAliveNs;
  }

  /** The client has been told. */
  told(connection: number): void {
    this.recorder.connectionBroken(this.connections.hop[connection]);
  }

  /** A UDP flow leads to a pod that is gone. */
  blackHole(): void {
    this.recorder.connectionBroken(BLACK_HOLE);
  }

  /**
   * A request goes out on a connection that has been quiet for longer than its limit.
   * @returns `OK` when all hops know it, else how the request ends
   */
  meet(connection: number): number {
    const { connections } = this;
    if (connections.fate[connection] !== OK) return connections.fate[connection];
    if (connections.streams[connection] > 0) return OK;
    const quiet = this.kernel.now - connections.quietSince[connection];
    for (let hop = this.firstHop(connection, 0); hop !== 0 && this.limitOf(hop) < quiet; hop = this.firstHop(connection, this.limitOf(hop))) {
      const result = this.askHop(connection, hop);
      if (result !== OK) return this.break(connection, hop, result);
    }
    return OK;
  }

  /** What a hop does with the next packet of a flow that it has forgotten. */
  private askHop(connection: number, hop: number): number {
    const { connections, planes, loadBalancers } = this;
    if (hop === PROXY_IDLE) return RESET;
    if (hop === CONNTRACK_IDLE) {
      const plane = connections.plane[connection];
      const port = planes.portOf(plane);
      const isMasqueraded = connections.isMasqueraded[connection] === 1; // the new source port is another connection to the pod
      return !isMasqueraded && planes.pick(plane, this.flowOf(connection, port, port.clusterIp), true) === connections.pod[connection] ? OK : RESET;
    }
    if (loadBalancers.spec.kind === 'azure') return TIMEOUT;
    if (loadBalancers.spec.kind !== 'gcp') return RESET;
    const port = planes.ports[connections.front[connection]];
    return loadBalancers.at(port).pick(this.flowOf(connection, port, port.loadBalancerIp)) === connections.entryNode[connection] ? OK : RESET;
  }

  /** The flow of a connection, as a hop sees it. Reused. */
  private flowOf(connection: number, port: ServicePort, destination: number): Flow {
    const { connections, flow } = this;
    flow.sourceAddress = connections.source[connection];
    flow.sourcePort = connections.sourcePort[connection];
    flow.destinationAddress = destination;
    flow.destinationPort = port.port;
    return flow;
  }

  /** From now on the connection is dead, and its hop is known. */
  private break(connection: number, hop: number, result: number): number {
    const { connections } = this;
    connections.hop[connection] = hop;
    connections.fate[connection] = result;
    connections.quietLimit[connection] = NONE; // any silence is too long
    this.recorder.connectionBroken(hop);
    return result;
  }

  /**
   * The targets of a load balancer have changed. What of its connections goes on:
   * MetalLB has no memory, so flows that fall to another node are lost; NLB resets those of targets that fail their checks (its default);
   * Google and Azure keep TCP flows on nodes that fail theirs, and ServiceLB's clients talk to the node itself. UDP flows move without a word.
   */
  targetsChanged(port: ServicePort, broken: BrokenFlows): void {
    const { connections, loadBalancers } = this;
    const { kind } = loadBalancers.spec;
    const isStateless = kind === 'metallb-l2' || kind === 'metallb-bgp';
    const marked = new Uint8Array(connections.slots.capacity);
    for (let connection = 0; connection < marked.length; connection++) {
      const state = connections.state[connection];
      if (connections.front[connection] !== port.index || (state !== OPEN && state !== DRAINING) || connections.fate[connection] !== OK) continue;
      if (connections.isDatagram[connection] === 1) {
        const isOut = loadBalancers.failsChecks(port, connections.entryNode[connection]);
        if (kind !== 'servicelb' && (isOut || (isStateless && this.fateAfterRehash(connection, port) !== OK))) broken.moved(connection);
        continue;
      }
      if (!isStateless && kind !== 'nlb') continue;
      const result = isStateless ? this.fateAfterRehash(connection, port) : loadBalancers.failsChecks(port, connections.entryNode[connection]) ? RESET : OK;
      if (result === OK) continue;
      this.break(connection, isStateless ? BALANCER_MOVED : TARGET_OUT, result);
      if (result === RESET) marked[connection] = 1;
    }
    broken.brokenAll(marked, RESET);
    for (let connection = 0; connection < marked.length; connection++) {
      const isFoundOut = !isStateless || connections.streams[connection] > 0; // idle clients of a router find out with their next packet
      if (marked[connection] === 1 && isFoundOut) broken.close(connection);
    }
  }

  /** A node that does not know the flow resets it; without a node nobody answers. */
  private fateAfterRehash(connection: number, port: ServicePort): number {
    const { connections, loadBalancers } = this;
    const node = loadBalancers.at(port).pick(this.flowOf(connection, port, port.loadBalancerIp));
    if (node < 0) return TIMEOUT;
    return node === connections.entryNode[connection] ? OK : RESET;
  }
}
