/**
 * When connections open and close.
 *
 * A request that finds no free connection waits in its pool; the pool opens another one as long as it may. The network decides at the
 * first packet where a connection leads (`Directory.dial`: name, address, L4 plane), and it stays there: that is why L4 balances
 * connections and not requests. A connection closes when caller or server has had enough (age, requests, idle time), when its pod goes,
 * or after one request without keep-alive.
 */

import type { CloseCause } from '../balancers/index.ts';
import { CONNECTING, DRAINING, OPEN } from '../network/connections.ts';
import { keyedBits } from '../random/stream.ts';
import type { Datagrams } from './datagrams.ts';
import type { Dial, Directory } from './directory.ts';
import { AGE_GRACE_OVER, AGED, BROKEN, CONNECT_FAILED, CONNECTED, CONTROL, FREE, IDLE_CHECK, MOVE, OPEN_EAGERLY, TIMER } from './events.ts';
import type { Exchange } from './exchanges.ts';
import type { FlowTracking } from './flow-tracking.ts';
import { type IdleHops, RETRANSMISSION_GIVES_UP } from './idle-hops.ts';
import { OK, outcome } from './outcomes.ts';
import type { ServicePort } from './service-ports.ts';
import { type ClientEntry, RUNNING, STOPPING, type Target, type World } from './world.ts';

const NONE = -1;
const REFUSED = outcome('refused');
const NO_ROUTE = outcome('no-route');
const RESET = outcome('reset');
const TIMEOUT = outcome('timeout');
const CONNTRACK_FULL = outcome('conntrack-full');
const SNAT_PORTS = outcome('snat-ports');
/** An eager client that could not connect tries again after this long [ns]; gRPC's initial backoff. */
const EAGER_RETRY = 1e9;

/** What happens to the requests that wait for, or use, connections. */
export interface Waiters {
  use(exchange: Exchange, connection: number): void;
  /** The opening failed; `service` is the Service that was to choose the pod, −1 = none. */
  fail(exchange: Exchange, result: number, service: number): void;
  /** The connection broke under everything that was on it. */
  broken(connection: number, result: number): void;
  /** The same of all connections that are marked. */
  brokenAll(marked: Uint8Array, result: number): void;
}

export class Connecting {
  private readonly kernel: World['kernel'];
  private readonly connections: World['connections'];
  private readonly pools: World['pools'];
  private readonly recorder: World['recorder'];
  private readonly targets: World['targets'];
  private readonly planes: World['planes'];
  private readonly pods: World['pods'];
  private readonly workloads: World['workloads'];
  private readonly topology: World['topology'];
  private readonly exchanges: World['exchanges'];
  private readonly tracking: FlowTracking;
  private readonly hops: IdleHops;
  private readonly datagrams: Datagrams;
  private readonly directory: Directory;
  private waiters!: Waiters;
  /** Pools whose waiting requests can go on, while another pool is being served: keeps the stack flat. */
  private readonly ready: number[] = [];
  private isServing = false;
  /** Eager pools that will try again: one retry at a time, however many openings have failed. */
  private readonly retrying = new Set<number>();
  /** When and through which node a key last opened a connection to a Service that promised affinity. */
  private readonly lastOpened = new Map<number, { at: number; node: number }>();

  constructor(world: World, directory: Directory) {
    this.kernel = world.kernel;
    this.connections = world.connections;
    this.pools = world.pools;
    this.recorder = world.recorder;
    this.targets = world.targets;
    this.planes = world.planes;
    this.pods = world.pods;
    this.workloads = world.workloads;
    this.topology = world.topology;
    this.exchanges = world.exchanges;
    this.tracking = world.tracking;
    this.hops = world.hops;
    this.datagrams = world.datagrams;
    this.directory = directory;
  }

  /** Told when a connection to a pod that takes nothing new has closed. */
  private closedAtStopping: (pod: number) => void = () => undefined;

  onClosedAtStopping(closed: (pod: number) => void): void {
    this.closedAtStopping = closed;
  }

  /** Something is still under way on a connection to the pod. O(connections): asked of pods that stop only. */
  isInUse(pod: number): boolean {
    const { connections } = this;
    for (let connection = 0; connection < connections.slots.capacity; connection++) {
      if (connections.pod[connection] === pod && connections.state[connection] === DRAINING && connections.streams[connection] > 0) return true;
    }
    return false;
  }

  /** Introduces the request path, which in turn needs this object. */
  serve(waiters: Waiters): void {
    this.waiters = waiters;
  }

  // --- pools -------------------------------------------------------------------------------------------------------------------

  /** The pool of a client to a pod that its own client-side plane has chosen. */
  planePool(entry: ClientEntry, member: number, pod: number): number {
    const pools = (entry.planePools as Int32Array[])[member];
    if (pod < pools.length && pools[pod] !== NONE) return pools[pod];
    const pool = this.pools.add({
      target: entry.target.index,
      place: entry.place[member],
      key: entry.sourceKey[member],
      address: entry.address[member],
      limit: NONE,
      pod,
      callerPod: NONE,
      service: entry.planeService,
      isEager: false,
    });
    (entry.planePools as Int32Array[])[member] = remember(pools, pod, pool);
    return pool;
  }

  /** The pool of a calling pod to one of its targets. */
  callerPool(target: Target, pod: number, node: number): number {
    if (pod < target.callerPools.length && target.callerPools[pod] !== NONE) return target.callerPools[pod];
    const { pods, pools } = this;
    const pool = pools.add({
      target: target.index,
      place: node,
      key: pods.key[pod],
      address: pods.address[pod],
      limit: target.isMultiplexed ? 1 : NONE,
      pod: NONE,
      callerPod: pod,
      service: NONE,
      isEager: false,
    });
    target.callerPools = remember(target.callerPools, pod, pool);
    return pool;
  }

  /** Opens connections while requests wait, none is free and the pool may have more. One that is open at once may serve them at once. */
  ensure(pool: number): void {
    const { pools, targets, connections } = this;
    const target = targets[pools.target[pool]];
    const limit = pools.limit[pool];
    while (connections.available(pools, pool) === NONE && (limit < 0 || pools.open[pool] < limit)) {
      const wanted = target.isMultiplexed ? Math.min(1, pools.waiting[pool]) : pools.waiting[pool];
      if (pools.connecting[pool] >= wanted) return;
      this.open(pool, target);
    }
  }

  /** An eager client opens all the connections it may have. */
  openEagerly(pool: number): void {
    const { pools, targets } = this;
    const target = targets[pools.target[pool]];
    this.retrying.delete(pool);
    while (pools.open[pool] < pools.limit[pool]) this.open(pool, target);
  }

  // --- opening -----------------------------------------------------------------------------------------------------------------

  private open(pool: number, target: Target): void {
    const { connections, pools, kernel, topology } = this;
    const connection = connections.take(pool);
    pools.open[pool]++;
    pools.connecting[pool]++;
    const dial = this.directory.dial(pool, target);
    connections.openedAt[connection] = kernel.now;
    connections.isDatagram[connection] = target.isDatagram ? 1 : 0;
    connections.failure[connection] = dial.failure;
    this.note(connection, dial);
    connections.worker[connection] = keyedBits(target.ageKey.high ^ 0x5bd1e995, pools.address[pool], pools.opened[pool]) >>> 1; // its column has a sign
    const trip = topology.isConstant
      ? topology.meanDelay(dial.way)
      : topology.drawDelay(dial.way, target.ageKey.high ^ pools.address[pool], target.ageKey.low, pools.opened[pool]);
    pools.opened[pool]++;
    this.hops.attach(connection, target.keepAliveProbeNs);
    if (dial.failure === OK && !target.isDatagram) this.track(connection, dial);
    pools.doom[pool] = dial.failure;
    if (dial.failure !== OK) {
      kernel.schedule(kernel.now + dial.lookupNs + (dial.isSilent ? this.patience(pool, target) : 2 * trip), MOVE, CONNECT_FAILED, connection);
      return;
    }
    if (dial.plane !== NONE) this.planes.instance(dial.plane).opened(dial.pod, dial.source, dial.sourcePort);
    const delay = dial.lookupNs + dial.lostNs + 2 * trip * target.handshakes;
    if (delay > 0) kernel.schedule(kernel.now + delay, MOVE, CONNECTED, connection);
    else this.connected(connection);
  }

  /** How long a caller waits for somebody to answer at all [ns]: without keep-alive the socket is that of one request, and goes with it. */
  private patience(pool: number, target: Target): number {
    const { connectTimeout } = this.directory;
    return this.pools.limit[pool] === NONE && target.timeoutNs > 0 ? Math.min(target.timeoutNs, connectTimeout) : connectTimeout;
  }

  /** Nodes on the way remember the connection, if they have room. */
  private track(connection: number, dial: Dial): void {
    const { connections } = this;
    const result = this.tracking.begin(connection, this.kernel.now);
    if (result === OK) return;
    dial.failure = result;
    dial.isSilent = true;
    connections.failure[connection] = result;
    connections.plane[connection] = NONE;
  }

  /** Where the connection leads. */
  private note(connection: number, dial: Dial): void {
    const { connections } = this;
    connections.pod[connection] = dial.pod;
    connections.way[connection] = dial.way;
    connections.service[connection] = dial.service;
    connections.plane[connection] = dial.plane;
    connections.source[connection] = dial.source;
    connections.sourcePort[connection] = dial.sourcePort;
    connections.isMasqueraded[connection] = dial.isMasqueraded ? 1 : 0;
    connections.front[connection] = dial.front;
    connections.traits[connection] = dial.traits;
    connections.entryNode[connection] = dial.node;
  }

  /** Simplified: whether the pod accepts is asked when the caller would have its answer, not when the first packet is there. */
  connected(connection: number): void {
    const { connections, pods, pools, recorder, kernel, targets, workloads } = this;
    const pod = connections.pod[connection];
    const phase = pods.phase[pod];
    if (phase !== RUNNING && connections.isDatagram[connection] === 0) {
      connections.failure[connection] = phase === STOPPING ? REFUSED : NO_ROUTE;
      this.failed(connection);
      return;
    }
    const pool = connections.pool[connection];
    const target = targets[pools.target[pool]];
    const now = kernel.now;
    pools.connecting[pool]--;
    pools.doom[pool] = OK;
    connections.state[connection] = OPEN;
    connections.idleSince[connection] = now;
    connections.quietSince[connection] = now;
    const { server } = workloads[pods.workload[pod]].spec;
    if (target.isDatagram) this.openSocket(connection);
    else {
      this.tracking.established(connection);
      this.setIdleTimeout(connection, server.keepAliveTimeoutNs, target.keepAliveProbeNs);
    }
    connections.streamLimit[connection] = target.streams;
    connections.requestLimit[connection] = smallerLimit(target.requestsPerConnection, server.maxRequestsPerConnection);
    recorder.connectionOpened(pod, pools.pod[pool] === NONE ? connections.service[connection] : pools.service[pool]);
    this.followAffinity(connection, pool, pod);
    const age = this.drawAge(target, workloads[pods.workload[pod]].maxAge, workloads[pods.workload[pod]].ageJitter, pool);
    if (age !== Infinity) {
      connections.ageDue[connection] = now + age;
      kernel.schedule(now + age, CONTROL, AGED, connection);
    }
    connections.list(pools, connection);
    if (pools.waiting[pool] > 0) this.serveWaiting(pool);
    else this.becomeIdle(connection);
  }

  /** A UDP socket lasts as long as its client wants, and asks with each packet where that leads. */
  private openSocket(connection: number): void {
    const { connections } = this;
    connections.idleTimeout[connection] = 0;
    connections.quietLimit[connection] = NONE;
    this.datagrams.opened(connection);
  }

  /** The server closes an idle connection, unless a hop that has forgotten it lets the caller know before. */
  private setIdleTimeout(connection: number, serverNs: number, keepAliveNs: number): void {
    const { connections } = this;
    const toldNs = this.hops.toldAfter(connection, keepAliveNs);
    const isTold = toldNs < (serverNs === 0 ? Infinity : serverNs);
    connections.isToldByHop[connection] = isTold ? 1 : 0;
    connections.idleTimeout[connection] = isTold ? toldNs : serverNs;
  }

  /** The age at which the connection ends [ns]: the smaller of what caller and server want. */
  private drawAge(target: Target, serverAge: Target['maxAge'], jitter: number, pool: number): number {
    const { pools } = this;
    if (target.maxAge === null && serverAge === null) return Infinity;
    const { high, low } = target.ageKey;
    const bits = keyedBits(high ^ pools.key[pool], low, pools.opened[pool]);
    const own = target.maxAge === null ? Infinity : target.maxAge.sample(bits);
    if (serverAge === null) return Math.round(own);
    const spread = ((keyedBits(high ^ pools.key[pool], low + 1, pools.opened[pool]) >>> 0) / 2147483648 - 1) * jitter;
    return Math.round(Math.min(own, serverAge.sample(bits) * (1 + spread)));
  }

  /** The opening has failed and the caller knows it. */
  failed(connection: number): void {
    const { connections, pools, recorder, targets, planes, kernel } = this;
    const pool = connections.pool[connection];
    const result = connections.failure[connection];
    const target = targets[pools.target[pool]];
    const plane = connections.plane[connection];
    if (plane !== NONE && connections.pod[connection] >= 0)
      planes.instance(plane).closed(connections.pod[connection], 'reset', connections.source[connection], connections.sourcePort[connection]);
    this.tracking.failed(connection, result === REFUSED, kernel.now);
    const isPodGone = result === NO_ROUTE && connections.pod[connection] !== NONE; // its node says so, and at once
    recorder.connectionFailed(result === CONNTRACK_FULL || result === SNAT_PORTS || (!isPodGone && this.directory.isSilent(result)));
    pools.doom[pool] = OK; // who waits on, waits for another
    pools.open[pool]--;
    pools.connecting[pool]--;
    const service = connections.service[connection];
    connections.release(connection);
    let waiting = target.isMultiplexed ? pools.waiting[pool] : Math.min(1, pools.waiting[pool]);
    for (; waiting > 0 && pools.waiting[pool] > 0; waiting--) this.waiters.fail(this.exchanges.all[pools.dequeue(pool)], result, service);
    if (pools.isEager[pool] === 0) return this.ensure(pool);
    if (this.retrying.has(pool)) return;
    this.retrying.add(pool);
    kernel.schedule(kernel.now + EAGER_RETRY, CONTROL, OPEN_EAGERLY, pool);
  }

  /** Counts whether the key met its pod again, and why not if affinity was promised. */
  private followAffinity(connection: number, pool: number, pod: number): void {
    const { connections, pools, recorder, planes } = this;
    const service = connections.service[connection];
    if (service === NONE) return;
    const key = pools.key[pool];
    const load = recorder.services[service];
    const moved = load.byConnection.unit(key, pod, recorder.isMeasuring);
    const plane = connections.plane[connection];
    const timeout = plane === NONE ? 0 : planes.affinityTimeout(plane);
    if (timeout === 0) return;
    const now = connections.openedAt[connection];
    const node = connections.entryNode[connection];
    const id = service * 0x4000000 + key;
    const last = this.lastOpened.get(id);
    this.lastOpened.set(id, { at: now, node });
    if (moved === NONE || last === undefined || !recorder.isMeasuring) return;
    if (!load.isReady(moved)) load.byConnection.broken('pod gone');
    else if (last.node !== node) load.byConnection.broken('other node');
    else if (now - last.at > timeout) load.byConnection.broken('expired');
    else load.byConnection.broken('evicted');
  }

  // --- use ---------------------------------------------------------------------------------------------------------------------

  /** A request goes out on the connection. */
  occupy(connection: number): void {
    const { connections, pools } = this;
    const limit = connections.requestLimit[connection];
    const served = ++connections.served[connection];
    if (++connections.streams[connection] >= connections.streamLimit[connection]) connections.unlist(pools, connection);
    if (limit > 0 && served >= limit) this.takeNoMore(connection, this.isClientsLimit(connection) ? 'client' : 'server');
  }

  private isClientsLimit(connection: number): boolean {
    const { targets, pools } = this;
    return targets[pools.target[this.connections.pool[connection]]].requestsPerConnection === this.connections.requestLimit[connection];
  }

  /** No further request on this connection. The caller of a multiplexed one is told so (GOAWAY) and may open another in its place. */
  private takeNoMore(connection: number, cause: 'client' | 'server' | 'age'): void {
    const { connections, pools } = this;
    const pool = connections.pool[connection];
    connections.state[connection] = DRAINING;
    connections.drainedBy[connection] = cause;
    connections.unlist(pools, connection);
    if (!this.targets[pools.target[pool]].isMultiplexed) return;
    pools.open[pool]--;
    this.reopen(pool);
  }

  /** A request on the connection has ended in good order. */
  vacate(connection: number): void {
    const { connections, pools } = this;
    const { pods } = this;
    const pool = connections.pool[connection];
    const streams = --connections.streams[connection];
    connections.quietSince[connection] = this.kernel.now;
    if (connections.state[connection] === OPEN && pods.phase[connections.pod[connection]] !== RUNNING && connections.isDatagram[connection] === 0)
      this.takeNoMore(connection, 'server');
    if (connections.state[connection] === DRAINING) {
      if (streams === 0) this.close(connection, connections.drainedBy[connection]);
      return;
    }
    connections.list(pools, connection);
    if (pools.waiting[pool] > 0) this.serveWaiting(pool);
    else if (streams === 0) this.becomeIdle(connection);
  }

  /** The caller gave up on its request: one request on a connection costs the connection, a stream only itself. */
  abandoned(connection: number): void {
    const { connections, pools, targets } = this;
    if (connection === NONE) return;
    if (connections.isDatagram[connection] === 1) this.datagrams.givenUp(connection);
    if (targets[pools.target[connections.pool[connection]]].isMultiplexed) {
      this.vacate(connection);
      return;
    }
    connections.streams[connection]--;
    this.close(connection, 'client');
  }

  private serveWaiting(pool: number): void {
    this.ready.push(pool);
    if (this.isServing) return;
    this.isServing = true;
    const { connections, pools, exchanges } = this;
    for (let next = this.ready.pop(); next !== undefined; next = this.ready.pop()) {
      while (pools.waiting[next] > 0) {
        const connection = connections.available(pools, next);
        if (connection === NONE) break;
        const exchange = exchanges.all[pools.dequeue(next)];
        this.noteWait(exchange, connection);
        this.waiters.use(exchange, connection);
      }
      if (pools.waiting[next] > 0) this.ensure(next);
    }
    this.isServing = false;
  }

  /** How much of the wait was the opening of this connection: of all who waited for it, not of those who wait for it to be free. */
  private noteWait(exchange: Exchange, connection: number): void {
    const { connections, kernel } = this;
    if (connections.idleSince[connection] !== kernel.now) return;
    exchange.connectNs = kernel.now - Math.max(exchange.asked, connections.openedAt[connection]);
  }

  // --- idle, age, end ----------------------------------------------------------------------------------------------------------

  /** One check is under way per connection at most: it looks again at the time that matters then. */
  private becomeIdle(connection: number): void {
    const { connections } = this;
    const { kernel } = this;
    connections.idleSince[connection] = kernel.now;
    if (connections.idleCheckDue[connection] !== Infinity) return;
    const timeout = connections.idleTimeout[connection];
    if (timeout === 0) return;
    connections.idleCheckDue[connection] = kernel.now + timeout;
    kernel.schedule(kernel.now + timeout, TIMER, IDLE_CHECK, connection);
  }

  idleCheck(connection: number): void {
    const { connections, kernel } = this;
    if (connections.idleCheckDue[connection] !== kernel.now || connections.state[connection] !== OPEN) return;
    connections.idleCheckDue[connection] = Infinity;
    if (connections.streams[connection] > 0) return;
    const due = connections.idleSince[connection] + connections.idleTimeout[connection];
    if (due <= kernel.now) {
      const isTold = connections.isToldByHop[connection] === 1;
      if (isTold) this.hops.told(connection);
      this.close(connection, isTold ? 'reset' : 'idle');
      return;
    }
    connections.idleCheckDue[connection] = due;
    kernel.schedule(due, TIMER, IDLE_CHECK, connection);
  }

  aged(connection: number): void {
    const { connections, kernel, pods, workloads } = this;
    if (connections.ageDue[connection] !== kernel.now || connections.state[connection] !== OPEN) return;
    connections.ageDue[connection] = Infinity;
    if (connections.streams[connection] === 0) {
      this.close(connection, 'age');
      return;
    }
    this.takeNoMore(connection, 'age');
    const grace = workloads[pods.workload[connections.pod[connection]]].spec.server.maxConnectionAgeGraceNs;
    if (grace > 0) {
      connections.ageDue[connection] = kernel.now + grace;
      kernel.schedule(kernel.now + grace, FREE, AGE_GRACE_OVER, connection);
    }
  }

  ageGraceOver(connection: number): void {
    const { connections, kernel } = this;
    if (connections.ageDue[connection] !== kernel.now || connections.state[connection] !== DRAINING) return;
    this.waiters.broken(connection, RESET);
    this.close(connection, 'age');
  }

  /** A request or an answer passes, for planes that feel it. */
  packet(connection: number): void {
    const { connections, planes } = this;
    const plane = connections.plane[connection];
    if (plane !== NONE) planes.instance(plane).packet?.(connections.pod[connection], connections.source[connection]);
  }

  close(connection: number, cause: CloseCause): void {
    const { connections, pools, recorder, planes, targets } = this;
    const pool = connections.pool[connection];
    connections.unlist(pools, connection);
    if (connections.state[connection] !== DRAINING || !targets[pools.target[pool]].isMultiplexed) pools.open[pool]--;
    recorder.connectionClosed(connections.pod[connection], cause);
    const plane = connections.plane[connection];
    if (plane !== NONE) planes.instance(plane).closed(connections.pod[connection], cause, connections.source[connection], connections.sourcePort[connection]);
    this.tracking.end(connection, cause, this.kernel.now);
    const pod = connections.pod[connection];
    connections.release(connection);
    if (this.pods.phase[pod] === STOPPING) this.closedAtStopping(pod);
    this.reopen(pool);
  }

  /** A place in the pool is free: for those who wait, or for an eager client at once. */
  private reopen(pool: number): void {
    const { pools, kernel } = this;
    if (pools.waiting[pool] > 0) this.ensure(pool);
    if (pools.isEager[pool] === 1) kernel.schedule(kernel.now, CONTROL, OPEN_EAGERLY, pool);
  }

  // --- connections that a hop has forgotten ------------------------------------------------------------------------------------

  /** @returns `OK` when all hops still know a connection that was quiet for longer than its limit, else how a request on it ends */
  meetHops(connection: number): number {
    return this.connections.isDatagram[connection] === 1 ? this.sendDatagram(connection) : this.hops.meet(connection);
  }

  /** The next packet of a UDP socket: to its pod, or wherever the data plane sends a new flow. */
  private sendDatagram(connection: number): number {
    const { connections, datagrams, pools, planes, targets } = this;
    if (datagrams.isForgotten(connection)) {
      const pool = connections.pool[connection];
      const before = connections.pod[connection];
      if (before >= 0)
        planes.instance(connections.plane[connection]).closed(before, 'idle', connections.source[connection], connections.sourcePort[connection]);
      const plane = connections.plane[connection];
      const dial = this.directory.dial(pool, targets[pools.target[pool]], connections.sourcePort[connection]);
      this.note(connection, dial);
      if (dial.failure !== OK) {
        connections.plane[connection] = plane; // asked again with the next packet
        return dial.isSilent ? TIMEOUT : dial.failure;
      }
      if (dial.plane !== NONE) planes.instance(dial.plane).opened(dial.pod, dial.source, dial.sourcePort);
      datagrams.chosen(connection);
    }
    return datagrams.send(connection);
  }

  /** Nobody will say that a packet was lost: its caller waits for its own time-out. */
  isSilent(connection: number, result: number): boolean {
    return this.isSocket(connection) && result !== REFUSED;
  }

  /** The connection is a UDP socket, which outlives the pod at its other end. */
  isSocket(connection: number): boolean {
    return connection !== NONE && this.connections.isDatagram[connection] === 1;
  }

  /** A request on it was refused; a broken connection has been closed by then. */
  lost(connection: number): void {
    if (this.isSocket(connection)) this.abandoned(connection);
  }

  /** What a request under way meets when its pod dies: a reset; a datagram is lost, and its socket goes on. */
  killed(connection: number): number {
    if (!this.isSocket(connection)) return RESET;
    this.abandoned(connection);
    return TIMEOUT;
  }

  /** A request went out on a connection that is broken. @returns when the caller knows [ns]: by RST, or after its last retransmission */
  brokenDue(connection: number, result: number): number {
    const { connections, kernel, topology } = this;
    if (connections.isDatagram[connection] === 1) return kernel.now + 2 * topology.meanDelay(connections.way[connection]);
    if (connections.brokenDue[connection] === Infinity) {
      const due = kernel.now + (result === RESET ? 2 * topology.meanDelay(connections.way[connection]) : RETRANSMISSION_GIVES_UP);
      connections.brokenDue[connection] = due;
      kernel.schedule(due, MOVE, BROKEN, connection);
    }
    return connections.brokenDue[connection];
  }

  /** The caller knows that the connection is broken: all that is on it fails. */
  foundBroken(connection: number): void {
    const { connections, kernel, pools, targets } = this;
    if (connections.brokenDue[connection] !== kernel.now || connections.state[connection] === 0) return;
    if (targets[pools.target[connections.pool[connection]]].isMultiplexed) this.waiters.broken(connection, connections.fate[connection]);
    this.close(connection, 'reset');
  }

  /** Flows that a load balancer no longer sends where they went. */
  targetsChanged(port: ServicePort): void {
    this.hops.targetsChanged(port, {
      brokenAll: (marked, result) => this.waiters.brokenAll(marked, result),
      close: (connection) => this.close(connection, 'reset'),
      moved: (connection) => this.datagrams.moved(connection),
    });
  }

  // --- pods that stop ----------------------------------------------------------------------------------------------------------

  /** The pod takes nothing new: idle connections close, the others after what is on them. */
  drain(pod: number): void {
    const { connections } = this;
    for (let connection = 0; connection < connections.slots.capacity; connection++) {
      if (connections.pod[connection] !== pod || connections.state[connection] !== OPEN || connections.isDatagram[connection] === 1) continue;
      if (connections.streams[connection] === 0) this.close(connection, 'server');
      else this.takeNoMore(connection, 'server');
    }
  }

  /** The pod is gone: its connections are reset. What was on them has been told already. */
  cut(pod: number): void {
    const { connections } = this;
    for (let connection = 0; connection < connections.slots.capacity; connection++) {
      const state = connections.state[connection];
      const isOpen = (state === OPEN || state === DRAINING) && connections.isDatagram[connection] === 0;
      if (connections.pod[connection] === pod && isOpen) this.close(connection, 'reset');
    }
  }

  /** Connections that a gone pod had to others. */
  cutCaller(pod: number): void {
    const { connections, pools } = this;
    for (let connection = 0; connection < connections.slots.capacity; connection++) {
      const state = connections.state[connection];
      if (state === 0 || state === CONNECTING || pools.callerPod[connections.pool[connection]] !== pod) continue;
      if (connections.streams[connection] === 0) this.close(connection, 'client');
      else if (state === OPEN) this.takeNoMore(connection, 'client');
    }
  }
}

/** The smaller of two limits, where 0 means none. */
function smallerLimit(a: number, b: number): number {
  if (a === 0 || b === 0) return a + b;
  return Math.min(a, b);
}

/** `values` with `value` at `index`, grown with −1 as needed. */
function remember(values: Int32Array, index: number, value: number): Int32Array {
  let wide = values;
  if (index >= values.length) {
    wide = new Int32Array(Math.max(16, index * 2)).fill(NONE);
    wide.set(values);
  }
  wide[index] = value;
  return wide;
}
