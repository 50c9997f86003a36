/**
 * Closed connections that ipvs still tracks, in the order in which their timers run out: what makes `inactive` fall again.
 *
 * Timers of one length run out in the order in which they were started, so a queue for each length is enough.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_proto_{tcp,udp}.c`, `tcp_timeouts`, `udp_timeouts`.
 */

/** After both sides have closed. */
export const TIME_WAIT_NS = 120e9;
/** After a reset. */
export const CLOSE_NS = 10e9;
/** After the last datagram. */
export const UDP_NS = 300e9;

export class TrackedConnections {
  private untilNs = new Float64Array(16);
  private endpoint = new Int32Array(16);
  private head = 0;
  private count = 0;

  /** @param untilNs not before that of the last one */
  add(endpoint: number, untilNs: number): void {
    if (this.count === this.endpoint.length) this.grow();
    const at = (this.head + this.count++) & (this.endpoint.length - 1);
    this.untilNs[at] = untilNs;
    this.endpoint[at] = endpoint;
  }

  /** Endpoint of a connection whose timer has run out, which is dropped; −1 when there is none. */
  takeExpired(nowNs: number): number {
    if (this.count === 0 || this.untilNs[this.head] > nowNs) return -1;
    const endpoint = this.endpoint[this.head];
    this.head = (this.head + 1) & (this.endpoint.length - 1);
    this.count--;
    return endpoint;
  }

  private grow(): void {
    const { length } = this.endpoint;
    const untilNs = new Float64Array(length * 2);
    const endpoint = new Int32Array(length * 2);
    for (let i = 0; i < length; i++) {
      const at = (this.head + i) & (length - 1);
      untilNs[i] = this.untilNs[at];
      endpoint[i] = this.endpoint[at];
    }
    this.untilNs = untilNs;
    this.endpoint = endpoint;
    this.head = 0;
  }
}
