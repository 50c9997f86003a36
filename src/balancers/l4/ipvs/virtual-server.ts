/**
 * A virtual server of the kernel: its list of destinations and their counters, as the schedulers see them.
 *
 *     head → 0 → 1 → 2 → …      the kernel puts every new destination in front, so the newest has number 0
 *
 * Numbers are places in the list, and change with it: a scheduler hears of that by `changed`.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_ctl.c` (`__ip_vs_update_dest`, `list_add_rcu`), `ip_vs_conn.c`, `ip_vs_proto_tcp.c`.
 */
import { PositionIndex } from '../../endpoints.ts';

/** A destination as it is put into the list. */
export interface Destination {
  readonly endpoint: number;
  /** `ip:port`. */
  readonly name: string;
  /** ≥ 0; 0 gets no new connections. */
  readonly weight: number;
  /** Put in front just now, be it for the first time or again. */
  readonly isNew: boolean;
}

export class VirtualServer {
  count = 0;
  endpoints = new Int32Array(0);
  names: string[] = [];
  weights = new Int32Array(0);
  /** The last weight above 0: `mh` goes by it. */
  lastWeights = new Int32Array(0);
  /** Connections being opened or open. */
  active = new Int32Array(0);
  /** Connections that are closed and still tracked; counted for schedulers that feel them. */
  inactive = new Int32Array(0);
  /** Until when the last of the closed connections is tracked [ns]. */
  trackedUntilNs = new Float64Array(0);
  private readonly index = new PositionIndex();

  /**
   * Takes over a new list; counters of endpoints that were in the old one stay.
   * @returns where each was before; −1 = put in front just now
   */
  replace(list: readonly Destination[]): Int32Array {
    const before = Int32Array.from(list, ({ endpoint }) => this.index.positionOf(endpoint));
    const kept = (column: Int32Array) => before.map((at) => (at < 0 ? 0 : column[at]));
    this.active = kept(this.active);
    this.inactive = kept(this.inactive);
    this.trackedUntilNs = Float64Array.from(before, (at) => (at < 0 ? 0 : this.trackedUntilNs[at]));
    this.lastWeights = kept(this.lastWeights).map((last, i) => (list[i].weight > 0 || list[i].isNew ? list[i].weight : last));
    this.weights = Int32Array.from(list, ({ weight }) => weight);
    this.endpoints = Int32Array.from(list, ({ endpoint }) => endpoint);
    this.names = list.map(({ name }) => name);
    this.count = list.length;
    this.index.assign(this.endpoints);
    return before.map((at, i) => (list[i].isNew ? -1 : at));
  }

  /** Number of an endpoint's destination, −1 when it is not in the list. */
  numberOf(endpoint: number): number {
    return this.index.positionOf(endpoint);
  }
}

/** Greatest common divisor of the weights above 0; 0 without any. */
export function commonDivisor(weights: Int32Array): number {
  let divisor = 0;
  for (const weight of weights) {
    let a = weight;
    while (a > 0) {
      const rest = divisor % a;
      divisor = a;
      a = rest;
    }
  }
  return divisor;
}
