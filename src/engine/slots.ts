/**
 * Free list for struct-of-arrays tables: hands out slot numbers, lowest unused block first, doubles the table when full.
 * The table's size is the most that was ever in flight at once, so memory does not depend on how much was simulated.
 */
export class Slots {
  /** Slots the table has room for; the owner's columns have this length. */
  capacity: number;
  /** Slots in use. */
  used = 0;
  private free: Int32Array;
  private freeCount: number;
  private readonly onGrow: (capacity: number) => void;

  /** @param onGrow called with the new capacity before a slot beyond the old one is handed out */
  constructor(capacity: number, onGrow: (capacity: number) => void) {
    this.capacity = capacity;
    this.onGrow = onGrow;
    this.free = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.free[i] = capacity - 1 - i;
    this.freeCount = capacity;
  }

  take(): number {
    if (this.freeCount === 0) this.grow();
    this.used++;
    return this.free[--this.freeCount];
  }

  release(slot: number): void {
    this.used--;
    this.free[this.freeCount++] = slot;
  }

  private grow(): void {
    const old = this.capacity;
    const capacity = old * 2;
    this.onGrow(capacity);
    this.free = new Int32Array(capacity);
    for (let i = 0; i < old; i++) this.free[i] = capacity - 1 - i;
    this.freeCount = old;
    this.capacity = capacity;
  }
}

/** A copy of `column` with room for `capacity` entries. */
export function widen<T extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(column: T, capacity: number): T {
  const wider = new (column.constructor as new (length: number) => T)(capacity);
  wider.set(column);
  return wider;
}
