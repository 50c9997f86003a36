/**
 * A list of client addresses per endpoint, each with the time when it was last noted, the longest ago first.
 *
 *     client ─► its entries, one a list that it is in          (a client can be in several)
 *     list   ─► oldest ↔ … ↔ newest                             (noting an address again moves it to the end)
 *
 * What kernel rules remember for affinity: `xt_recent` and nftables' sets differ in when an entry counts, and in what a full list does.
 * Positions are those of the endpoints in the chain. An endpoint that leaves the chain takes its list along.
 * Memory: 44 bytes an entry of a client's own, less than twice that while columns grow by doubling.
 */
import { ClientTable, widened } from './client-table.ts';

export class StampedLists {
  private readonly clients = new ClientTable();
  private firstOf = new Int32Array(this.clients.capacity); // by client row: its first entry

  // by entry
  private client = new Int32Array(16);
  private list = new Int32Array(16);
  private stamp = new Float64Array(16);
  private older = new Int32Array(16);
  private newer = new Int32Array(16);
  private sibling = new Int32Array(16); // next entry of the same client; of a free entry: the next free one
  private entries = 0;
  private firstFree = -1;

  // by list
  private oldest = new Int32Array(16);
  private newest = new Int32Array(16);
  private sizes = new Int32Array(16);
  private position = new Int32Array(16);
  private lists = 0;
  private readonly freeLists: number[] = [];
  private listOf: ReadonlyMap<number, number> = new Map(); // by endpoint
  private listAt = new Int32Array(0); // by position in the chain

  /** Endpoint ids in chain order: lists of those that stay are kept, of those that are gone freed. */
  update(ids: Int32Array): void {
    const staying = new Map<number, number>();
    for (const id of ids) {
      const list = this.listOf.get(id);
      if (list !== undefined) staying.set(id, list);
    }
    for (const [id, list] of this.listOf) {
      if (staying.has(id)) continue;
      while (this.oldest[list] >= 0) this.remove(this.oldest[list]);
      this.freeLists.push(list);
    }
    this.listAt = ids.map((id) => staying.get(id) ?? this.newList());
    this.listOf = new Map(Array.from(ids, (id, position) => [id, this.listAt[position]]));
    for (let position = 0; position < ids.length; position++) this.position[this.listAt[position]] = position;
  }

  private newList(): number {
    const list = this.freeLists.pop() ?? this.lists++;
    if (list === this.oldest.length) {
      this.oldest = widened(this.oldest, list * 2);
      this.newest = widened(this.newest, list * 2);
      this.sizes = widened(this.sizes, list * 2);
      this.position = widened(this.position, list * 2);
    }
    this.oldest[list] = -1;
    this.newest[list] = -1;
    this.sizes[list] = 0;
    return list;
  }

  /** Position of the first endpoint in the chain whose list has the address with a stamp of `earliestNs` or later; −1 = none. */
  find(address: number, earliestNs: number): number {
    const row = this.clients.find(address);
    let found = -1;
    if (row < 0) return found;
    for (let entry = this.firstOf[row]; entry >= 0; entry = this.sibling[entry]) {
      const position = this.position[this.list[entry]];
      if (this.stamp[entry] >= earliestNs && (found < 0 || position < found)) found = position;
    }
    return found;
  }

  /** The entry of an address in the list of a position; −1 = none. */
  entryOf(address: number, position: number): number {
    const row = this.clients.find(address);
    if (row < 0) return -1;
    const list = this.listAt[position];
    let entry = this.firstOf[row];
    while (entry >= 0 && this.list[entry] !== list) entry = this.sibling[entry];
    return entry;
  }

  stampOf(entry: number): number {
    return this.stamp[entry];
  }

  size(position: number): number {
    return this.sizes[this.listAt[position]];
  }

  /** The entry noted longest ago; −1 in an empty list. */
  oldestOf(position: number): number {
    return this.oldest[this.listAt[position]];
  }

  /** Notes an address that has an entry again. */
  touch(entry: number, nowNs: number): void {
    this.unchain(entry);
    this.chain(entry, nowNs);
  }

  /** Notes an address that is not in the list of the position. @returns its entry; numbers of entries that are gone are given out again */
  add(address: number, position: number, nowNs: number): number {
    const entry = this.freeEntry();
    let row = this.clients.find(address);
    if (row < 0) {
      row = this.clients.add(address);
      if (this.firstOf.length < this.clients.capacity) this.firstOf = widened(this.firstOf, this.clients.capacity);
      this.firstOf[row] = -1;
    }
    this.client[entry] = row;
    this.list[entry] = this.listAt[position];
    this.sibling[entry] = this.firstOf[row];
    this.firstOf[row] = entry;
    this.chain(entry, nowNs);
    return entry;
  }

  remove(entry: number): void {
    this.unchain(entry);
    const row = this.client[entry];
    if (this.firstOf[row] === entry) this.firstOf[row] = this.sibling[entry];
    else {
      let before = this.firstOf[row];
      while (this.sibling[before] !== entry) before = this.sibling[before];
      this.sibling[before] = this.sibling[entry];
    }
    if (this.firstOf[row] < 0) this.clients.remove(row);
    this.sibling[entry] = this.firstFree;
    this.firstFree = entry;
  }

  private chain(entry: number, nowNs: number): void {
    const list = this.list[entry];
    const last = this.newest[list];
    this.stamp[entry] = nowNs;
    this.older[entry] = last;
    this.newer[entry] = -1;
    if (last >= 0) this.newer[last] = entry;
    else this.oldest[list] = entry;
    this.newest[list] = entry;
    this.sizes[list]++;
  }

  private unchain(entry: number): void {
    const list = this.list[entry];
    const older = this.older[entry];
    const newer = this.newer[entry];
    if (older >= 0) this.newer[older] = newer;
    else this.oldest[list] = newer;
    if (newer >= 0) this.older[newer] = older;
    else this.newest[list] = older;
    this.sizes[list]--;
  }

  private freeEntry(): number {
    const entry = this.firstFree;
    if (entry >= 0) {
      this.firstFree = this.sibling[entry];
      return entry;
    }
    if (this.entries === this.client.length) this.widenEntries(this.entries * 2);
    return this.entries++;
  }

  private widenEntries(capacity: number): void {
    this.client = widened(this.client, capacity);
    this.list = widened(this.list, capacity);
    this.stamp = widened(this.stamp, capacity);
    this.older = widened(this.older, capacity);
    this.newer = widened(this.newer, capacity);
    this.sibling = widened(this.sibling, capacity);
  }
}
