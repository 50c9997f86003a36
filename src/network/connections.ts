/**
 * Connections, and the pools that hold them: who keeps which connections to what, and which of them can take another request.
 *
 * A pool belongs to one caller (a client, a pod, a proxy worker) and one target. A connection with room for another request stands in
 * its pool's list of available ones, last used first, as HTTP clients keep them. Requests that find none wait in the pool's queue, in
 * order. Both lists are links in columns: nothing is allocated per request or connection.
 *
 * Columns are indexed by pool or connection number. This file keeps the books; when to open and close is decided by
 * `simulation/connecting.ts`.
 */
import type { Links } from '../engine/links.ts';
import { Slots, widen } from '../engine/slots.ts';

const NONE = -1;

export const CONNECTING = 1;
export const OPEN = 2;
/** Takes no further request and closes when the last one has ended. */
export const DRAINING = 3;

export class Connections {
  readonly slots: Slots;
  pool = new Int32Array(0);
  pod = new Int32Array(0);
  state = new Uint8Array(0);
  /** Requests on it now, and since it was opened. */
  streams = new Int32Array(0);
  served = new Int32Array(0);
  /** The packed links of the way to the pod (`topology.ts`). */
  way = new Int32Array(0);
  /** Service number of the recorder; −1 = straight to a pod. */
  service = new Int32Array(0);
  /** Data-plane instance that chose the pod, −1 = none; and the source address as it saw it. */
  plane = new Int32Array(0);
  source = new Uint32Array(0);
  /** How it goes: see `measurement/service-load.ts`. */
  traits = new Uint8Array(0);
  /** Node that translated the address and tracks the flow; −1 = none. */
  entryNode = new Int32Array(0);
  /** Number of the Service port whose load balancer placed it; −1 = none. */
  front = new Int32Array(0);
  sourcePort = new Uint16Array(0);
  /** The entry node put another source address in place of the client's. */
  isMasqueraded = new Uint8Array(0);
  /** A UDP socket (`simulation/datagrams.ts`). */
  isDatagram = new Uint8Array(0);
  /** Nodes that track it, as bits (`simulation/flow-tracking.ts`). */
  tracked = new Uint8Array(0);
  /** Since when no packet has passed, and for how long that may last before a hop forgets the connection [ns] (`simulation/idle-hops.ts`). */
  quietSince = new Float64Array(0);
  quietLimit = new Float64Array(0);
  /** The hop that forgets first, or has broken it; and how requests end on it since then, 0 = it lives. */
  hop = new Uint8Array(0);
  fate = new Uint8Array(0);
  /** When the caller gives a broken connection up [ns]; +∞ = not yet found out. */
  brokenDue = new Float64Array(0);
  /** 1 = a hop tells the caller when it is idle for too long; 0 = the server closes it. */
  isToldByHop = new Uint8Array(0);
  /** Proxy worker that accepted it. */
  worker = new Int32Array(0);
  openedAt = new Float64Array(0);
  /** Since when it is idle; when its age ends; when its idle check is due. +∞ = never. */
  idleSince = new Float64Array(0);
  ageDue = new Float64Array(0);
  idleCheckDue = new Float64Array(0);
  /** Requests it may carry in all, and at once; how long it may be idle [ns]. 0 = no limit (idle: never). */
  requestLimit = new Int32Array(0);
  streamLimit = new Int32Array(0);
  idleTimeout = new Float64Array(0);
  /** Who or what wanted the end of a connection that takes no further request. */
  readonly drainedBy: ('client' | 'server' | 'age')[] = [];
  /** Outcome number of a failed opening. */
  failure = new Int32Array(0);
  private prev = new Int32Array(0);
  private next = new Int32Array(0);
  private listed = new Uint8Array(0);

  constructor() {
    this.slots = new Slots(64, (capacity) => this.widen(capacity));
    this.widen(64);
  }

  take(pool: number): number {
    const connection = this.slots.take();
    this.pool[connection] = pool;
    this.state[connection] = CONNECTING;
    this.streams[connection] = 0;
    this.served[connection] = 0;
    this.ageDue[connection] = Infinity;
    this.brokenDue[connection] = Infinity;
    this.tracked[connection] = 0;
    this.idleCheckDue[connection] = Infinity;
    return connection;
  }

  release(connection: number): void {
    this.state[connection] = 0;
    this.slots.release(connection);
  }

  /** First available connection of the pool; −1 when there is none. */
  available(pools: Pools, pool: number): number {
    return pools.availableHead[pool];
  }

  list(pools: Pools, connection: number): void {
    if (this.listed[connection] === 1) return;
    const pool = this.pool[connection];
    const first = pools.availableHead[pool];
    this.listed[connection] = 1;
    this.prev[connection] = NONE;
    this.next[connection] = first;
    if (first !== NONE) this.prev[first] = connection;
    pools.availableHead[pool] = connection;
  }

  unlist(pools: Pools, connection: number): void {
    if (this.listed[connection] === 0) return;
    this.listed[connection] = 0;
    const before = this.prev[connection];
    const after = this.next[connection];
    if (before === NONE) pools.availableHead[this.pool[connection]] = after;
    else this.next[before] = after;
    if (after !== NONE) this.prev[after] = before;
  }

  private widen(capacity: number): void {
    this.pool = widen(this.pool, capacity);
    this.pod = widen(this.pod, capacity);
    this.state = widen(this.state, capacity);
    this.streams = widen(this.streams, capacity);
    this.served = widen(this.served, capacity);
    this.way = widen(this.way, capacity);
    this.service = widen(this.service, capacity);
    this.plane = widen(this.plane, capacity);
    this.source = widen(this.source, capacity);
    this.traits = widen(this.traits, capacity);
    this.entryNode = widen(this.entryNode, capacity);
    this.front = widen(this.front, capacity);
    this.sourcePort = widen(this.sourcePort, capacity);
    this.isMasqueraded = widen(this.isMasqueraded, capacity);
    this.isDatagram = widen(this.isDatagram, capacity);
    this.tracked = widen(this.tracked, capacity);
    this.quietSince = widen(this.quietSince, capacity);
    this.quietLimit = widen(this.quietLimit, capacity);
    this.hop = widen(this.hop, capacity);
    this.fate = widen(this.fate, capacity);
    this.brokenDue = widen(this.brokenDue, capacity);
    this.isToldByHop = widen(this.isToldByHop, capacity);
    this.worker = widen(this.worker, capacity);
    this.openedAt = widen(this.openedAt, capacity);
    this.idleSince = widen(this.idleSince, capacity);
    this.ageDue = widen(this.ageDue, capacity);
    this.idleCheckDue = widen(this.idleCheckDue, capacity);
    this.requestLimit = widen(this.requestLimit, capacity);
    this.streamLimit = widen(this.streamLimit, capacity);
    this.idleTimeout = widen(this.idleTimeout, capacity);
    this.failure = widen(this.failure, capacity);
    this.prev = widen(this.prev, capacity);
    this.next = widen(this.next, capacity);
    this.listed = widen(this.listed, capacity);
  }
}

export interface PoolConfig {
  /** Number of the target, and of the caller kind's settings, in the simulation's tables. */
  readonly target: number;
  /** Place (node or outside) of the caller. */
  readonly place: number;
  /** Source address number for stickiness, and the address itself as uint32. */
  readonly key: number;
  readonly address: number;
  /** Most connections at once; −1 = no limit. */
  readonly limit: number;
  /** The pod this pool leads to when a client-side plane or a proxy has chosen it; −1 = the network decides. */
  readonly pod: number;
  /** Pod that calls; −1 = a client. */
  readonly callerPod: number;
  /** Service number of the recorder when `pod` is set; −1 = none. */
  readonly service: number;
  /** Keeps as many connections open as it may, requests or not. */
  readonly isEager: boolean;
}

export class Pools {
  count = 0;
  target = new Int32Array(64);
  place = new Int32Array(64);
  key = new Int32Array(64);
  address = new Uint32Array(64);
  limit = new Int32Array(64);
  pod = new Int32Array(64);
  callerPod = new Int32Array(64);
  service = new Int32Array(64);
  isEager = new Uint8Array(64);
  /** Outcome of the opening under way when it is known to fail in silence; 0 = none. What a caller that gives up is told. */
  doom = new Uint8Array(64);
  /** Connections open or opening, and opening only. */
  open = new Int32Array(64);
  connecting = new Int32Array(64);
  /** Connections opened so far: numbers the source ports. */
  opened = new Int32Array(64);
  availableHead = new Int32Array(64);
  /** Requests that wait for a connection. */
  waiting = new Int32Array(64);
  private head = new Int32Array(64);
  private tail = new Int32Array(64);
  private readonly links: Links;

  constructor(links: Links) {
    this.links = links;
  }

  add(config: PoolConfig): number {
    const pool = this.count++;
    if (pool === this.target.length) this.widen(pool * 2);
    this.target[pool] = config.target;
    this.place[pool] = config.place;
    this.key[pool] = config.key;
    this.address[pool] = config.address;
    this.limit[pool] = config.limit;
    this.pod[pool] = config.pod;
    this.callerPod[pool] = config.callerPod;
    this.service[pool] = config.service;
    this.isEager[pool] = config.isEager ? 1 : 0;
    this.availableHead[pool] = NONE;
    this.head[pool] = NONE;
    this.tail[pool] = NONE;
    return pool;
  }

  enqueue(pool: number, request: number): void {
    const { prev, next } = this.links;
    const last = this.tail[pool];
    prev[request] = last;
    next[request] = NONE;
    if (last === NONE) this.head[pool] = request;
    else next[last] = request;
    this.tail[pool] = request;
    this.waiting[pool]++;
  }

  /** Takes the first waiting request; −1 when there is none. */
  dequeue(pool: number): number {
    const request = this.head[pool];
    if (request !== NONE) this.remove(pool, request);
    return request;
  }

  remove(pool: number, request: number): void {
    const { prev, next } = this.links;
    const before = prev[request];
    const after = next[request];
    if (before === NONE) this.head[pool] = after;
    else next[before] = after;
    if (after === NONE) this.tail[pool] = before;
    else prev[after] = before;
    this.waiting[pool]--;
  }

  private widen(capacity: number): void {
    this.target = widen(this.target, capacity);
    this.place = widen(this.place, capacity);
    this.key = widen(this.key, capacity);
    this.address = widen(this.address, capacity);
    this.limit = widen(this.limit, capacity);
    this.pod = widen(this.pod, capacity);
    this.callerPod = widen(this.callerPod, capacity);
    this.service = widen(this.service, capacity);
    this.isEager = widen(this.isEager, capacity);
    this.doom = widen(this.doom, capacity);
    this.open = widen(this.open, capacity);
    this.connecting = widen(this.connecting, capacity);
    this.opened = widen(this.opened, capacity);
    this.availableHead = widen(this.availableHead, capacity);
    this.waiting = widen(this.waiting, capacity);
    this.head = widen(this.head, capacity);
    this.tail = widen(this.tail, capacity);
  }
}
