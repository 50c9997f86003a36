/**
 * The lookup table of Maglev hashing, while it is filled: each member prefers the slots in an order of its own,
 *
 *     offset, offset + skip, offset + 2 × skip, …   (mod size, a prime: every slot comes once)
 *
 * and takes, whenever it has a turn, the first of them that is free. Whose turn it is, is the business of the system that fills it.
 * Source: Eisenbud et al. 2016, "Maglev: a fast and reliable software network load balancer", NSDI, section 3.4.
 */

/** Table sizes that Linux and Cilium know: primes just below powers of two. */
export const MAGLEV_SIZES = [251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071] as const;

export class MaglevTable {
  /** Member of each slot; −1 = free. */
  readonly slots: Int32Array;
  private readonly next: Int32Array;
  private readonly skip: Int32Array;
  private taken = 0;

  /** @param size a prime @param offset of each member, below `size` @param skip of each member, from 1 to `size` − 1 */
  constructor(size: number, offset: Int32Array, skip: Int32Array) {
    this.slots = new Int32Array(size).fill(-1);
    this.next = offset.slice();
    this.skip = skip;
  }

  get isFull(): boolean {
    return this.taken === this.slots.length;
  }

  /** The member's turn: it takes its next free slot. Needs a free one. */
  take(member: number): void {
    const { slots, skip } = this;
    const size = slots.length;
    let slot = this.next[member];
    while (slots[slot] >= 0) {
      slot += skip[member];
      if (slot >= size) slot -= size;
    }
    slots[slot] = member;
    this.next[member] = slot;
    this.taken++;
  }
}
