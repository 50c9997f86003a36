/**
 * A lane: events of one kind that all lie the same delay ahead (a constant hop, a time-out), so they fall due in the order in
 * which they were made and need no heap. Only the head of a lane stands in the event queue.
 *
 * Ring buffer of (time, order, slot, generation). A timer whose slot has moved on is skipped when it becomes head: with most
 * time-outs never firing, a timer costs a few nanoseconds instead of a heap operation (performance.md part 7, lesson 4).
 */

/** Slots with a generation that grows each time the slot is reused or its timer is called off. */
export interface Generations {
  readonly generation: Int32Array;
}

export class Lane {
  readonly kind: number;
  readonly delay: number;
  readonly phase: number;
  /** The owner of the slots when the events can be called off; `null` when each of them counts. */
  private readonly generations: Generations | null;
  private times = new Float64Array(16);
  private orders = new Float64Array(16);
  private slots = new Int32Array(16);
  private stamps = new Int32Array(16);
  private head = 0;
  private length = 0;

  constructor(kind: number, delay: number, phase: number, generations: Generations | null) {
    this.kind = kind;
    this.delay = delay;
    this.phase = phase;
    this.generations = generations;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  headTime(): number {
    return this.times[this.head];
  }

  headOrder(): number {
    return this.orders[this.head];
  }

  headSlot(): number {
    return this.slots[this.head];
  }

  headIsValid(): boolean {
    const owner = this.generations;
    return owner === null || owner.generation[this.slots[this.head]] === this.stamps[this.head];
  }

  append(time: number, order: number, slot: number): void {
    if (this.length === this.slots.length) this.grow();
    const at = (this.head + this.length) & (this.slots.length - 1);
    this.times[at] = time;
    this.orders[at] = order;
    this.slots[at] = slot;
    if (this.generations !== null) this.stamps[at] = this.generations.generation[slot];
    this.length++;
  }

  /** Drops the head and every called-off event behind it. */
  advance(): void {
    const mask = this.slots.length - 1;
    this.head = (this.head + 1) & mask;
    this.length--;
    const owner = this.generations;
    if (owner === null) return;
    while (this.length > 0 && owner.generation[this.slots[this.head]] !== this.stamps[this.head]) {
      this.head = (this.head + 1) & mask;
      this.length--;
    }
  }

  private grow(): void {
    const capacity = this.slots.length * 2;
    const times = new Float64Array(capacity);
    const orders = new Float64Array(capacity);
    const slots = new Int32Array(capacity);
    const stamps = new Int32Array(capacity);
    for (let i = 0; i < this.length; i++) {
      const from = (this.head + i) & (this.slots.length - 1);
      times[i] = this.times[from];
      orders[i] = this.orders[from];
      slots[i] = this.slots[from];
      stamps[i] = this.stamps[from];
    }
    this.times = times;
    this.orders = orders;
    this.slots = slots;
    this.stamps = stamps;
    this.head = 0;
  }
}
