/** What one Service saw: attempts and connections per pod, affinity, who met whom. Indexed by pod number; small and dense. */
import type { TrafficRun } from './run-result.ts';
import { Stickiness } from './stickiness.ts';

/**
 * How a connection goes, as bits of one small number: the pod sees another source address than the caller's; the node that translated the
 * address passes it on to another node; how often it crosses from zone to zone within the cluster (0 to 3).
 */
export const ADDRESS_HIDDEN = 1;
export const SECOND_HOP = 2;
export const ONE_CROSSING = 4;
const CROSSINGS_SHIFT = 2;
const MOST_CROSSINGS = 3;
const TRAITS = (MOST_CROSSINGS + 1) * ONE_CROSSING;

export class ServiceLoad {
  /** `namespace/name`. */
  readonly name: string;
  /** Attempts by cohort, and connections opened in the window, per pod. */
  requests = new Float64Array(0);
  connections = new Float64Array(0);
  /** Nanoseconds in the window as a ready endpoint, per pod; and since when it is ready, −1 = it is not. */
  readyNs = new Float64Array(0);
  /** The same of each further window, from its start. */
  readonly readySinceNs: Float64Array[];
  readonly byConnection = new Stickiness();
  readonly byRequest = new Stickiness();
  readonly unanswered = new Map<string, number>();
  /** Attempts of the cohort by traits of their connection, and their bytes times the zone borders that they crossed. */
  private readonly byTraits = new Float64Array(TRAITS);
  private crossZoneBytes = 0;
  /** What has come of the hints that the Service asks for, in order; empty when it asks for none. */
  hints: readonly string[] = [];
  /** Client group × pod, row-major; `width` pods per row. */
  private groupRequests = new Float64Array(0);
  private width = 0;
  private readonly groups: number;
  private readonly since: readonly number[];
  private readySince = new Float64Array(0);
  /** The window has closed: nothing counts any more. */
  private isOver = false;

  /** @param since starts of further windows [ns] */
  constructor(name: string, groups: number, since: readonly number[]) {
    this.name = name;
    this.groups = groups;
    this.since = since;
    this.readySinceNs = since.map(() => new Float64Array(0));
  }

  /** Makes room for `pods` pods and `keys` source addresses. */
  resize(pods: number, keys: number): void {
    this.byConnection.resize(keys, pods);
    this.byRequest.resize(keys, pods);
    if (pods <= this.requests.length) return;
    const capacity = Math.max(16, pods, this.requests.length * 2);
    const wider = (column: Float64Array, fill = 0) => {
      const next = new Float64Array(capacity).fill(fill);
      next.set(column);
      return next;
    };
    this.requests = wider(this.requests);
    this.connections = wider(this.connections);
    this.readyNs = wider(this.readyNs);
    this.readySinceNs.forEach((column, i) => {
      this.readySinceNs[i] = wider(column);
    });
    this.readySince = wider(this.readySince, -1);
    const groupRequests = new Float64Array(this.groups * capacity);
    for (let group = 0; group < this.groups; group++) {
      groupRequests.set(this.groupRequests.subarray(group * this.width, (group + 1) * this.width), group * capacity);
    }
    this.groupRequests = groupRequests;
    this.width = capacity;
  }

  /** An attempt of the cohort reached `pod`; `group` −1 = not from a client. */
  request(pod: number, group: number): void {
    this.requests[pod]++;
    if (group >= 0) this.groupRequests[group * this.width + pod]++;
  }

  /** An attempt of the cohort was sent on a connection with these traits. @param bytes there and back */
  sent(traits: number, bytes: number): void {
    this.byTraits[traits]++;
    this.crossZoneBytes += (traits >> CROSSINGS_SHIFT) * bytes;
  }

  traffic(): TrafficRun {
    const count = (has: (traits: number) => boolean): number => this.byTraits.reduce((sum, attempts, traits) => (has(traits) ? sum + attempts : sum), 0);
    return {
      sent: count(() => true),
      clientAddressKept: count((traits) => (traits & ADDRESS_HIDDEN) === 0),
      secondHop: count((traits) => (traits & SECOND_HOP) !== 0),
      crossZone: count((traits) => traits >= ONE_CROSSING),
      crossZoneBytes: this.crossZoneBytes,
    };
  }

  notAnswered(reason: string): void {
    this.unanswered.set(reason, (this.unanswered.get(reason) ?? 0) + 1);
  }

  ready(pod: number, now: number): void {
    if (this.readySince[pod] < 0) this.readySince[pod] = now;
  }

  isReady(pod: number): boolean {
    return this.readySince[pod] >= 0;
  }

  /** The pod is no longer a ready endpoint; `from` is the start of the window, nothing counts before it. */
  notReady(pod: number, from: number, now: number): void {
    if (this.readySince[pod] < 0) return;
    this.account(pod, from, now);
    this.readySince[pod] = -1;
  }

  private account(pod: number, from: number, now: number): void {
    if (this.isOver) return;
    const ready = this.readySince[pod];
    this.readyNs[pod] += Math.max(0, now - Math.max(from, ready));
    this.since.forEach((start, i) => {
      this.readySinceNs[i][pod] += Math.max(0, now - Math.max(start, ready));
    });
  }

  /** Forgets ready time before the window. */
  openWindow(now: number): void {
    for (let pod = 0; pod < this.readyNs.length; pod++) {
      this.readyNs[pod] = 0;
      this.connections[pod] = 0;
      if (this.readySince[pod] >= 0) this.readySince[pod] = now;
    }
  }

  closeWindow(from: number, now: number): void {
    for (let pod = 0; pod < this.readyNs.length; pod++) if (this.isReady(pod)) this.account(pod, from, now);
    this.isOver = true;
  }

  /** Pods that were ready in the window or met an attempt of the cohort, ascending. */
  pods(): number[] {
    const pods: number[] = [];
    for (let pod = 0; pod < this.requests.length; pod++) {
      if (this.readyNs[pod] > 0 || this.requests[pod] > 0 || this.connections[pod] > 0) pods.push(pod);
    }
    return pods;
  }

  groupRow(group: number, pods: readonly number[]): number[] {
    return pods.map((pod) => this.groupRequests[group * this.width + pod]);
  }
}
