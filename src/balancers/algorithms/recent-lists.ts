/**
 * ClientIP affinity as iptables keeps it: one list of source addresses per endpoint, with the time of the last connection.
 *
 * A list holds 100 addresses; one more pushes out the one not seen for longest, silently. A stamp counts while its age is at
 * most the time-out. Only opening a connection refreshes it. A client can be in several lists: the first in chain order counts.
 * Source: Linux 6.12 `net/netfilter/xt_recent.c` (`recent_mt`, `recent_entry_init`, parameter `ip_list_tot`).
 * Left out: `reap`, which only clears an expired oldest entry that could never match again.
 */
import { StampedLists } from './stamped-lists.ts';

export class RecentLists {
  private readonly timeoutNs: number;
  private readonly largest: number;
  private readonly lists = new StampedLists();

  /** @param largest addresses a list holds: module parameter ip_list_tot, 100 unless set */
  constructor(timeoutNs: number, largest: number) {
    this.timeoutNs = timeoutNs;
    this.largest = largest;
  }

  /** The chain has these endpoints, in this order. */
  update(ids: Int32Array): void {
    this.lists.update(ids);
  }

  /** @returns position in the chain of the endpoint that the client is kept on, −1 for none */
  find(address: number, nowNs: number): number {
    return this.lists.find(address, nowNs - this.timeoutNs);
  }

  /** Notes a connection of the client to the endpoint at a position. */
  stamp(address: number, position: number, nowNs: number): void {
    const { lists } = this;
    const entry = lists.entryOf(address, position);
    if (entry >= 0) return lists.touch(entry, nowNs);
    if (lists.size(position) >= this.largest) lists.remove(lists.oldestOf(position));
    lists.add(address, position, nowNs);
  }
}
