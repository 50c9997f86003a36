/**
 * What is in flight: client requests and the calls they cause, one row each, struct of arrays. Times in ns.
 *
 *   intended ─ client wait ─┬─ connect ─┬─ sent ─ hop ─ reached ─ queue ─ started ─ service ─ served ─ calls ─ responded ─ hop ─ answered
 *                           asked       └ a free connection skips connect
 *
 * A row is free again when the caller knows the outcome *and* no event or child refers to it any more.
 */
import { Slots, widen } from '../engine/slots.ts';

/** States of a row. */
export const WAITS_FOR_CONNECTION = 1;
export const ON_THE_WAY = 2;
export const QUEUED = 3;
export const IN_SERVICE = 4;
export const CALLING = 5;
export const RETURNING = 6;
export const ENDED = 7; // over, but an event still refers to the row

/** Flags of a row. */
export const COUNTED = 1; // its client request belongs to the cohort
export const ABANDONED = 2; // the caller no longer waits
export const KILLED = 4; // its pod is gone; the row waits for the last event that refers to it
export const HOLDS_SLOT = 8;
export const FORWARDED = 16; // sent on by a proxy: part of its parent, not a call between services
export const WAIT_IS_BOUNDED = 32; // a queue time-out event refers to the row
export const ANNOUNCED = 64; // its demand is counted in the pod's unfinished work
export const CHOSEN = 128; // a balancer chose its pod and wants to know how it went
export const PROXIED = 256; // a proxy sent it on: the `via` columns hold

export class Exchanges {
  readonly slots: Slots;
  /** Client entry at the root, the client within it, and the number of the root request: what chance is keyed by. */
  client = new Int32Array(0);
  member = new Int32Array(0);
  number = new Int32Array(0);
  /** Hash of the way of calls from the root; 0 for the root. */
  path = new Int32Array(0);
  /** Calling exchange; −1 for client requests. */
  parent = new Int32Array(0);
  requestClass = new Int32Array(0);
  /** The uniform that the service demand is made of. */
  demandBits = new Int32Array(0);
  /** Target number; pool; connection; pod; −1 = none yet. */
  target = new Int32Array(0);
  pool = new Int32Array(0);
  connection = new Int32Array(0);
  pod = new Int32Array(0);
  service = new Int32Array(0);
  state = new Uint8Array(0);
  flags = new Uint16Array(0);
  outcome = new Uint8Array(0);
  /** Call step the pod is at, and calls that are out. */
  step = new Int32Array(0);
  pending = new Int32Array(0);
  /** Grows when the caller stops waiting: time-outs made before are void. */
  generation = new Int32Array(0);
  /** Queue links: of a pool's waiting list or a pod's queue. */
  prev = new Int32Array(0);
  next = new Int32Array(0);
  intended = new Float64Array(0);
  asked = new Float64Array(0);
  connectNs = new Float64Array(0);
  sent = new Float64Array(0);
  reached = new Float64Array(0);
  started = new Float64Array(0);
  served = new Float64Array(0);
  responded = new Float64Array(0);
  demandNs = new Float64Array(0);
  /** Time that a proxied request spent behind the proxy: hops, queue, service. */
  viaNetwork = new Float64Array(0);
  viaQueue = new Float64Array(0);
  viaService = new Float64Array(0);

  constructor() {
    this.slots = new Slots(256, (capacity) => this.widen(capacity));
    this.widen(256);
  }

  private widen(capacity: number): void {
    this.client = widen(this.client, capacity);
    this.member = widen(this.member, capacity);
    this.number = widen(this.number, capacity);
    this.path = widen(this.path, capacity);
    this.parent = widen(this.parent, capacity);
    this.requestClass = widen(this.requestClass, capacity);
    this.demandBits = widen(this.demandBits, capacity);
    this.target = widen(this.target, capacity);
    this.pool = widen(this.pool, capacity);
    this.connection = widen(this.connection, capacity);
    this.pod = widen(this.pod, capacity);
    this.service = widen(this.service, capacity);
    this.state = widen(this.state, capacity);
    this.flags = widen(this.flags, capacity);
    this.outcome = widen(this.outcome, capacity);
    this.step = widen(this.step, capacity);
    this.pending = widen(this.pending, capacity);
    this.generation = widen(this.generation, capacity);
    this.prev = widen(this.prev, capacity);
    this.next = widen(this.next, capacity);
    this.intended = widen(this.intended, capacity);
    this.asked = widen(this.asked, capacity);
    this.connectNs = widen(this.connectNs, capacity);
    this.sent = widen(this.sent, capacity);
    this.reached = widen(this.reached, capacity);
    this.started = widen(this.started, capacity);
    this.served = widen(this.served, capacity);
    this.responded = widen(this.responded, capacity);
    this.demandNs = widen(this.demandNs, capacity);
    this.viaNetwork = widen(this.viaNetwork, capacity);
    this.viaQueue = widen(this.viaQueue, capacity);
    this.viaService = widen(this.viaService, capacity);
  }
}
