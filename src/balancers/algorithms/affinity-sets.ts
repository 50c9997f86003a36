/**
 * ClientIP affinity as nftables keeps it: a set of source addresses per endpoint, whose elements time out.
 *
 * An element counts while its age is below the time-out; each connection to the endpoint starts it anew. A full set takes no further
 * address: the connection goes through, and is not remembered. A client can be in several sets: the first in the chain counts.
 * Source: Linux 6.12 `net/netfilter/nft_dynset.c` (`nft_dynset_new`, `nft_dynset_eval`), `include/net/netfilter/nf_tables.h`.
 * Simplified: elements that have timed out make room at once; the kernel collects them about once a second.
 */
import { StampedLists } from './stamped-lists.ts';

// nft_dynset.c: size of a dynamic set that names none
const LARGEST_SET = 65535;

export class AffinitySets {
  private readonly timeoutNs: number;
  private readonly lists = new StampedLists();

  constructor(timeoutNs: number) {
    this.timeoutNs = timeoutNs;
  }

  /** The map has these endpoints, in this order. */
  update(ids: Int32Array): void {
    this.lists.update(ids);
  }

  /** @returns position of the endpoint that the client is kept on, −1 for none */
  find(address: number, nowNs: number): number {
    return this.lists.find(address, nowNs - this.timeoutNs + 1);
  }

  /** Notes a connection of the client to the endpoint at a position. */
  stamp(address: number, position: number, nowNs: number): void {
    const { lists } = this;
    const entry = lists.entryOf(address, position);
    if (entry >= 0) return lists.touch(entry, nowNs);
    for (let oldest = lists.oldestOf(position); oldest >= 0 && nowNs - lists.stampOf(oldest) >= this.timeoutNs; oldest = lists.oldestOf(position)) {
      lists.remove(oldest);
    }
    if (lists.size(position) < LARGEST_SET) lists.add(address, position, nowNs);
  }
}
