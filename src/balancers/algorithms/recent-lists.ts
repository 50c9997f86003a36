/**
 * ClientIP affinity as iptables keeps it: one list of source addresses per endpoint, with the time of the last connection.
 *
 * A list holds 100 addresses; one more pushes out the one not seen for longest, silently. A stamp counts while its age is at
 * most the time-out. Only opening a connection refreshes it. A client can be in several lists: the first in chain order counts.
 * Source: Linux 6.12 `net/netfilter/xt_recent.c` (`recent_mt`, `recent_entry_init`, parameter `ip_list_tot`).
 * Left out: `reap`, which only clears an expired oldest entry that could never match again.
 */

// xt_recent, module parameter ip_list_tot: default
const LARGEST_LIST = 100;

export class RecentLists {
  private readonly timeoutNs: number;
  private readonly lists = new Map<number, Map<number, number>>(); // endpoint → address → stamp [ns]; the oldest stamp comes first
  private readonly memberships = new Map<number, number[]>(); // address → endpoints whose list has it

  constructor(timeoutNs: number) {
    this.timeoutNs = timeoutNs;
  }

  /**
   * Frees the lists of endpoints that are in the chain no more, as the kernel does when no rule names them.
   * @param positionOf place of an endpoint in the chain, −1 for none
   */
  retain(positionOf: (endpoint: number) => number): void {
    for (const [endpoint, list] of this.lists) {
      if (positionOf(endpoint) >= 0) continue;
      for (const address of list.keys()) this.forgetMembership(address, endpoint);
      this.lists.delete(endpoint);
    }
  }

  /**
   * @param positionOf place of an endpoint in the chain
   * @returns the endpoint the client is kept on, −1 for none
   */
  find(address: number, nowNs: number, positionOf: (endpoint: number) => number): number {
    const candidates = this.memberships.get(address);
    if (candidates === undefined) return -1;
    let found = -1;
    for (let i = 0; i < candidates.length; i++) {
      const endpoint = candidates[i];
      const stamp = this.lists.get(endpoint)?.get(address) as number;
      if (nowNs - stamp <= this.timeoutNs && (found < 0 || positionOf(endpoint) < positionOf(found))) found = endpoint;
    }
    return found;
  }

  /** Notes a connection of the client to the endpoint. */
  stamp(address: number, endpoint: number, nowNs: number): void {
    const list = this.listOf(endpoint);
    if (!list.delete(address)) {
      if (list.size >= LARGEST_LIST) this.evictOldest(endpoint, list);
      const others = this.memberships.get(address);
      if (others === undefined) this.memberships.set(address, [endpoint]);
      else others.push(endpoint);
    }
    list.set(address, nowNs); // at the end: a Map keeps the order of insertion
  }

  private listOf(endpoint: number): Map<number, number> {
    let list = this.lists.get(endpoint);
    if (list === undefined) {
      list = new Map();
      this.lists.set(endpoint, list);
    }
    return list;
  }

  private evictOldest(endpoint: number, list: Map<number, number>): void {
    for (const address of list.keys()) {
      list.delete(address);
      this.forgetMembership(address, endpoint);
      return;
    }
  }

  private forgetMembership(address: number, endpoint: number): void {
    const members = this.memberships.get(address) as number[];
    if (members.length === 1) this.memberships.delete(address);
    else members.splice(members.indexOf(endpoint), 1);
  }
}
