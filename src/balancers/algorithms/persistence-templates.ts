/**
 * ClientIP affinity as IPVS keeps it: one template per client address, with a timer.
 *
 * Every connection of the client restarts the timer. When it runs out while a connection it controls is still tracked
 * (120 s of TIME_WAIT included), it is wound up again with 60 s, and stays at 60 s from then on. So affinity lasts at least
 * as long as the client's connections. The timers are not events here: what they would have done is worked out at the next look.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_core.c` `ip_vs_sched_persist`, `ip_vs_conn.c` `ip_vs_conn_expire`.
 * Memory: 37 bytes a client, less than twice that while columns grow by doubling; those that have run out are dropped.
 */
import { ClientTable, widened } from './client-table.ts';

// ip_vs_conn.c: a template that still controls connections is re-armed with 60 s
const REARM_NS = 60e9;
const FEWEST = 16;

export class PersistenceTemplates {
  private readonly timeoutNs: number;
  private readonly clients = new ClientTable();
  // by row of the client
  private endpoint = new Int32Array(this.clients.capacity).fill(-1); // −1 = a free row
  private expiresNs = new Float64Array(this.clients.capacity);
  private isRearmed = new Uint8Array(this.clients.capacity);
  /** Open connections that it controls. */
  private open = new Int32Array(this.clients.capacity);
  /** Until when a closed connection is still tracked [ns]. */
  private heldUntilNs = new Float64Array(this.clients.capacity);
  /** So many clients, and those whose timers have run out are dropped. */
  private sweepAt = FEWEST;

  constructor(timeoutNs: number) {
    this.timeoutNs = timeoutNs;
  }

  /** @returns the endpoint the client is kept on, −1 for none */
  find(address: number, nowNs: number): number {
    const row = this.clients.find(address);
    return row < 0 || this.endNs(row, nowNs) <= nowNs ? -1 : this.endpoint[row];
  }

  /** When the affinity ends if nothing more happens [ns], after one more connection now. */
  untilNs(address: number, nowNs: number): number {
    const row = this.clients.find(address);
    const isRearmed = this.isRearmed[row] === 1 || this.endNs(row, nowNs) > this.expiresNs[row];
    return nowNs + (isRearmed ? REARM_NS : this.timeoutNs);
  }

  /** A connection of the client goes to the endpoint: restarts its template's timer, or makes a new template. */
  connect(address: number, endpoint: number, nowNs: number): void {
    let row = this.clients.find(address);
    if (row < 0) row = this.addClient(address, nowNs);
    const endNs = this.endNs(row, nowNs);
    if (this.endpoint[row] !== endpoint || endNs <= nowNs) {
      this.endpoint[row] = endpoint;
      this.isRearmed[row] = 0;
      this.open[row] = 0;
      this.heldUntilNs[row] = 0;
    } else if (endNs > this.expiresNs[row]) this.isRearmed[row] = 1;
    this.expiresNs[row] = nowNs + (this.isRearmed[row] === 1 ? REARM_NS : this.timeoutNs);
  }

  opened(address: number, endpoint: number): void {
    const row = this.clients.find(address);
    if (row >= 0 && this.endpoint[row] === endpoint) this.open[row]++;
  }

  /** @param heldUntilNs until when IPVS goes on tracking the closed connection */
  closed(address: number, endpoint: number, heldUntilNs: number): void {
    const row = this.clients.find(address);
    if (row < 0 || this.endpoint[row] !== endpoint || this.open[row] === 0) return;
    this.open[row]--;
    if (heldUntilNs > this.heldUntilNs[row]) this.heldUntilNs[row] = heldUntilNs;
  }

  private addClient(address: number, nowNs: number): number {
    if (this.clients.count >= this.sweepAt) this.forgetExpired(nowNs);
    const row = this.clients.add(address);
    const { capacity } = this.clients;
    if (capacity > this.endpoint.length) {
      const before = this.endpoint.length;
      this.endpoint = widened(this.endpoint, capacity).fill(-1, before);
      this.expiresNs = widened(this.expiresNs, capacity);
      this.isRearmed = widened(this.isRearmed, capacity);
      this.open = widened(this.open, capacity);
      this.heldUntilNs = widened(this.heldUntilNs, capacity);
    }
    this.expiresNs[row] = 0;
    return row;
  }

  /** Comes each time the number of clients has doubled, so its cost a client is constant. */
  private forgetExpired(nowNs: number): void {
    for (let row = 0; row < this.endpoint.length; row++) {
      if (this.endpoint[row] < 0 || this.endNs(row, nowNs) > nowNs) continue;
      this.clients.remove(row);
      this.endpoint[row] = -1;
    }
    this.sweepAt = Math.max(FEWEST, this.clients.count * 2);
  }

  /** The end of the timer, with all the times it was wound up again until now. */
  private endNs(row: number, nowNs: number): number {
    const expiresNs = this.expiresNs[row];
    if (expiresNs > nowNs) return expiresNs;
    const controlledUntilNs = this.open[row] > 0 ? Number.POSITIVE_INFINITY : this.heldUntilNs[row];
    // Runs out at expires, + 60 s, + 120 s …: wound up at each of these that is past and before the last connection is gone.
    const times = controlledUntilNs > nowNs ? Math.floor((nowNs - expiresNs) / REARM_NS) + 1 : Math.ceil((controlledUntilNs - expiresNs) / REARM_NS);
    return expiresNs + Math.max(0, times) * REARM_NS;
  }
}
