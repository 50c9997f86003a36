/**
 * What is in flight: client requests and the calls they cause, one object each, reused. Times in ns.
 *
 *   intended ─ client wait ─┬─ connect ─┬─ sent ─ hop ─ reached ─ queue ─ started ─ service ─ served ─ calls ─ responded ─ hop ─ answered
 *                           asked       └ a free connection skips connect
 *
 * Objects rather than columns: a request is read and written some eighty times in its life, and V8 needs two instructions for a
 * field where an entry of a typed array takes eight. Their number is that of the most in flight at once. What queues and lanes know of
 * an exchange are its number (`slot`) and three columns by that number.
 * An exchange is free again when the caller knows the outcome *and* no event or child refers to it any more.
 */
import type { Balancer } from '../balancers/index.ts';
import { Slots, widen } from '../engine/slots.ts';

/** States of an exchange; 0 = free. */
export const WAITS_FOR_CONNECTION = 1;
export const ON_THE_WAY = 2;
export const QUEUED = 3;
export const IN_SERVICE = 4;
export const CALLING = 5;
export const RETURNING = 6;
export const ENDED = 7; // over, but an event still refers to it

/** Flags of an exchange. */
export const COUNTED = 1; // its client request belongs to the cohort
export const ABANDONED = 2; // the caller no longer waits
export const KILLED = 4; // its pod is gone; it waits for the last event that refers to it
export const HOLDS_SLOT = 8;
export const FORWARDED = 16; // sent on by a proxy: part of its parent, not a call between services
export const WAIT_IS_BOUNDED = 32; // a queue time-out event refers to it
export const ANNOUNCED = 64; // its demand is counted in the pod's unfinished work
export const UNANSWERED = 256; // a lost datagram: no event refers to it but its caller's time-out
export const STICKY = 128; // it carries a cookie that promises its pod

export class Exchange {
  readonly slot: number;
  state = 0;
  /** Client entry at the root, the client within it, and the number of the root request: what chance is keyed by. */
  client = 0;
  member = 0;
  number = 0;
  /** Hash of the way of calls from the root; 0 for the root. */
  path = 0;
  /** Calling exchange; `null` for client requests. */
  parent: Exchange | null = null;
  requestClass = 0;
  /** The uniform that the service demand is made of. */
  demandBits = 0;
  /** Target number; pool; connection; pod; service; −1 = none yet. */
  target = 0;
  pool = 0;
  connection = 0;
  pod = 0;
  service = 0;
  outcome = 0;
  /** Call step the pod is at, and calls that are out. */
  step = 0;
  pending = 0;
  /** Bin of the series that the client request was offered in. */
  bin = 0;
  flags = 0;
  /** The balancer that chose its pod and wants to know how it went. */
  chosenBy: Balancer | null = null;
  // Not whole numbers, so that V8 keeps these fields as floats from the first exchange on.
  intended = Number.NaN;
  asked = Number.NaN;
  connectNs = Number.NaN;
  sent = Number.NaN;
  reached = Number.NaN;
  started = Number.NaN;
  served = Number.NaN;
  responded = Number.NaN;
  demandNs = Number.NaN;
  /** Time that a proxied request spent behind the proxy: hops, queue, service. */
  viaNetwork = Number.NaN;
  viaQueue = Number.NaN;
  viaService = Number.NaN;

  constructor(slot: number) {
    this.slot = slot;
  }
}

export class Exchanges {
  readonly slots: Slots;
  /** By slot: every exchange there has been room for. */
  readonly all: Exchange[] = [];
  /** Grows when the caller stops waiting: time-outs made before are void. */
  generation = new Int32Array(0);
  /** Queue links: of a pool's waiting list or a pod's queue. */
  prev = new Int32Array(0);
  next = new Int32Array(0);

  constructor() {
    this.slots = new Slots(256, (capacity) => this.widen(capacity));
    this.widen(256);
  }

  private widen(capacity: number): void {
    while (this.all.length < capacity) this.all.push(new Exchange(this.all.length));
    this.generation = widen(this.generation, capacity);
    this.prev = widen(this.prev, capacity);
    this.next = widen(this.next, capacity);
  }
}
