/**
 * Pods as queueing stations: slots and a queue per pod, in columns indexed by pod number.
 *
 * A request that finds a free slot starts at once, otherwise it waits in the queue (first in first out, or last in first out), or is
 * refused when the queue is full. Queues are linked lists through the request's own `prev` and `next` columns, so that a request can
 * leave from the middle (time-out, patience) in O(1) and a queue needs no memory of its own.
 * Processor sharing has slots as its admission limit; the sharing itself is in `processor-sharing.ts`.
 */

import type { Links } from '../engine/links.ts';

export interface ServerConfig {
  readonly concurrency: number;
  /** Queue places; −1 = no limit. */
  readonly queueLimit: number;
  readonly lifo: boolean;
}

export const STARTS = 0;
export const WAITS = 1;
export const REFUSED = 2;

const NONE = -1;

export class Servers {
  count = 0;
  /** Requests in the pod, waiting or in a slot. */
  inSystem = new Int32Array(0);
  /** Slots taken. */
  busy = new Int32Array(0);
  /** Requests waiting. */
  waiting = new Int32Array(0);
  /** Unfinished own-service demand of what is in the pod [ns]. */
  workNs = new Float64Array(0);
  /** Requests in service, and the sum of when they started [ns]. */
  private serving = new Int32Array(0);
  private startedSum = new Float64Array(0);
  private slots = new Int32Array(0);
  private limits = new Int32Array(0);
  private lifo = new Uint8Array(0);
  private head = new Int32Array(0);
  private tail = new Int32Array(0);
  private readonly links: Links;

  constructor(links: Links) {
    this.links = links;
  }

  /** Adds a pod and returns its number. Numbers are never reused. */
  add(config: ServerConfig): number {
    const pod = this.count++;
    if (pod >= this.slots.length) this.grow(Math.max(16, pod * 2));
    this.slots[pod] = config.concurrency;
    this.limits[pod] = config.queueLimit;
    this.lifo[pod] = config.lifo ? 1 : 0;
    this.head[pod] = NONE;
    this.tail[pod] = NONE;
    return pod;
  }

  /** A request's own service begins, and ends. */
  serviceBegun(pod: number, now: number): void {
    this.serving[pod]++;
    this.startedSum[pod] += now;
  }

  serviceEnded(pod: number, startedAt: number): void {
    this.serving[pod]--;
    this.startedSum[pod] -= startedAt;
  }

  /** Demand that is left at `now` [ns]: all of what waits, the rest of what is in service. */
  remainingNs(pod: number, now: number): number {
    return this.workNs[pod] - (this.serving[pod] * now - this.startedSum[pod]);
  }

  slotsOf(pod: number): number {
    return this.slots[pod];
  }

  /** What a request that comes now meets: STARTS, WAITS or REFUSED. Changes nothing. */
  admission(pod: number): number {
    if (this.busy[pod] < this.slots[pod]) return STARTS;
    const limit = this.limits[pod];
    return limit < 0 || this.waiting[pod] < limit ? WAITS : REFUSED;
  }

  /** Puts a request at the end (or, last in first out, at the front) of the queue. */
  enqueue(pod: number, request: number): void {
    const { prev, next } = this.links;
    this.waiting[pod]++;
    if (this.lifo[pod] === 1) {
      const first = this.head[pod];
      prev[request] = NONE;
      next[request] = first;
      if (first === NONE) this.tail[pod] = request;
      else prev[first] = request;
      this.head[pod] = request;
      return;
    }
    const last = this.tail[pod];
    prev[request] = last;
    next[request] = NONE;
    if (last === NONE) this.head[pod] = request;
    else next[last] = request;
    this.tail[pod] = request;
  }

  /** Takes the request that is next in line; −1 when nobody waits. */
  dequeue(pod: number): number {
    const request = this.head[pod];
    if (request !== NONE) this.remove(pod, request);
    return request;
  }

  /** Takes a waiting request out of the queue, wherever it stands. */
  remove(pod: number, request: number): void {
    const { prev, next } = this.links;
    const before = prev[request];
    const after = next[request];
    if (before === NONE) this.head[pod] = after;
    else next[before] = after;
    if (after === NONE) this.tail[pod] = before;
    else prev[after] = before;
    this.waiting[pod]--;
  }

  private grow(capacity: number): void {
    const wider = (column: Int32Array) => {
      const next = new Int32Array(capacity);
      next.set(column);
      return next;
    };
    this.inSystem = wider(this.inSystem);
    this.busy = wider(this.busy);
    this.waiting = wider(this.waiting);
    this.serving = wider(this.serving);
    this.slots = wider(this.slots);
    this.limits = wider(this.limits);
    this.head = wider(this.head);
    this.tail = wider(this.tail);
    const lifo = new Uint8Array(capacity);
    lifo.set(this.lifo);
    this.lifo = lifo;
    const work = new Float64Array(capacity);
    work.set(this.workNs);
    this.workNs = work;
    const started = new Float64Array(capacity);
    started.set(this.startedSum);
    this.startedSum = started;
  }
}
