/**
 * Client addresses → rows, for planes that remember a million clients: an open table of row numbers beside a column of addresses.
 *
 *     index   hash of the address ─► row + 1, or the next slot, … ; 0 = free
 *     address row ─► address; rows that are given back are used again
 *
 * At most half of the index is in use, so a look-up is a step or two. Whoever owns the table keeps further columns by row.
 */
import { mix32 } from '../../random/stream.ts';

const SMALLEST = 16;

export class ClientTable {
  /** Addresses in the table. */
  count = 0;
  private address = new Uint32Array(SMALLEST);
  private index = new Int32Array(SMALLEST * 2);
  private rows = 0; // rows ever used; beyond them all are free
  private firstFree = -1; // a chain through `address`

  /** Columns beside the table need this many rows. */
  get capacity(): number {
    return this.address.length;
  }

  /** @returns the row of an address, −1 when it is not in the table */
  find(address: number): number {
    const { index } = this;
    const mask = index.length - 1;
    for (let at = mix32(address) & mask; ; at = (at + 1) & mask) {
      const row = index[at] - 1;
      if (row < 0 || this.address[row] === address) return row;
    }
  }

  /** @param address uint32, not in the table @returns its row */
  add(address: number): number {
    if (this.count === this.address.length) this.grow();
    let row = this.firstFree;
    if (row >= 0) this.firstFree = this.address[row] - 1;
    else row = this.rows++;
    this.address[row] = address;
    this.count++;
    this.link(row);
    return row;
  }

  /** Gives a row back. */
  remove(row: number): void {
    const { index, address } = this;
    const mask = index.length - 1;
    let hole = mix32(address[row]) & mask;
    while (index[hole] !== row + 1) hole = (hole + 1) & mask;
    // closes the hole with what had to make way for it
    for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = mix32(address[index[at] - 1]) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      index[hole] = index[at];
      hole = at;
    }
    index[hole] = 0;
    address[row] = this.firstFree + 1;
    this.firstFree = row;
    this.count--;
  }

  private link(row: number): void {
    const { index } = this;
    const mask = index.length - 1;
    let at = mix32(this.address[row]) & mask;
    while (index[at] !== 0) at = (at + 1) & mask;
    index[at] = row + 1;
  }

  /** Only when all rows are in use. */
  private grow(): void {
    const wider = new Uint32Array(this.address.length * 2);
    wider.set(this.address);
    this.address = wider;
    this.index = new Int32Array(wider.length * 2);
    for (let row = 0; row < this.rows; row++) this.link(row);
  }
}

/** A column of a table that has grown. */
export function widened<Column extends Int32Array | Float64Array | Uint8Array>(column: Column, capacity: number): Column {
  const wider = new (column.constructor as new (length: number) => Column)(capacity);
  wider.set(column);
  return wider;
}
