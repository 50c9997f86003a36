/**
 * ClientIP affinity in one map: client → endpoint and the time of its last use. Cilium and kube-proxy's old user-space proxy have such maps.
 *
 * What counts, and when it is noted again, is the plane's own rule. A full map forgets the client not noted for longest.
 */
import { widened } from './client-table.ts';
import { StampedLists } from './stamped-lists.ts';

const ONE_LIST = Int32Array.of(0);

export class AffinityMap {
  private readonly limit: number;
  private readonly lists = new StampedLists();
  private endpoint = new Int32Array(16); // by entry

  /** @param limit clients that the map holds; Infinity for no limit, then `forgetBefore` bounds it */
  constructor(limit: number) {
    this.limit = limit;
    this.lists.update(ONE_LIST);
  }

  /** @returns the endpoint of a client that was noted at `earliestNs` or later, −1 for none */
  find(client: number, earliestNs: number): number {
    const entry = this.lists.entryOf(client, 0);
    return entry >= 0 && this.lists.stampOf(entry) >= earliestNs ? this.endpoint[entry] : -1;
  }

  /** Notes the use of an endpoint by a client. */
  note(client: number, endpoint: number, nowNs: number): void {
    const { lists } = this;
    let entry = lists.entryOf(client, 0);
    if (entry >= 0) lists.touch(entry, nowNs);
    else {
      if (lists.size(0) >= this.limit) lists.remove(lists.oldestOf(0));
      entry = lists.add(client, 0, nowNs);
      if (entry >= this.endpoint.length) this.endpoint = widened(this.endpoint, this.endpoint.length * 2);
    }
    this.endpoint[entry] = endpoint;
  }

  /** Drops clients that were last noted before `earliestNs`. */
  forgetBefore(earliestNs: number): void {
    const { lists } = this;
    for (let oldest = lists.oldestOf(0); oldest >= 0 && lists.stampOf(oldest) < earliestNs; oldest = lists.oldestOf(0)) lists.remove(oldest);
  }
}
