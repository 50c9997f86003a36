/**
 * The pending events: a binary heap over three parallel typed arrays, ordered by (time, order).
 *
 * `order` is one float that holds phase and sequence number, so that events of one instant come in the order of their phase and then
 * first in, first out. An event that schedules its successor replaces the top instead of being removed first (`takeTop` leaves a hole
 * that the next event fills), which saves half of the sifting. A calendar queue is faster only in its best case (performance.md part 3).
 *
 * A new event is first written behind the last one and sifted from there, so that only its place is handed from call to call: a float
 * that crosses a call V8 does not inline costs an allocation.
 */
const PHASE_STEP = 281474976710656; // 2^48; sequence numbers stay below: more events than any run has

export class EventQueue {
  private times = new Float64Array(64).fill(Infinity); // of the root also when there is no event: `topTime` stays a plain load
  private orders = new Float64Array(64);
  private codes = new Int32Array(64);
  private count = 0;
  private sequence = 0;
  /** True between `takeTop` and the next event or `closeHole`: the root is empty. */
  private hole = false;

  /** Number of pending events. */
  get size(): number {
    return this.hole ? this.count - 1 : this.count;
  }

  /** Time of the earliest event; +∞ when there is none. Only valid without a hole. */
  topTime(): number {
    return this.times[0];
  }

  /** Code of the earliest event; leaves a hole at the root that `add`, `push` or `closeHole` must fill. */
  takeTop(): number {
    this.hole = true;
    return this.codes[0];
  }

  /** The place of the next event of `phase` among those of its instant. */
  nextOrder(phase: number): number {
    return phase * PHASE_STEP + this.sequence++;
  }

  /** Adds an event behind all of its instant and phase. O(log n), no allocation except when the arrays double. */
  add(time: number, phase: number, code: number): void {
    this.push(time, phase * PHASE_STEP + this.sequence++, code);
  }

  /** Adds an event whose order was taken before. */
  push(time: number, order: number, code: number): void {
    const last = this.count;
    if (last >= this.codes.length - 1) this.grow();
    this.times[last] = time;
    this.orders[last] = order;
    this.codes[last] = code;
    if (this.hole === true) {
      this.hole = false;
      this.siftDown(last, last);
    } else {
      this.count = last + 1;
      this.siftUp(last);
    }
  }

  /** Fills the hole with the last event when nothing was pushed. */
  closeHole(): void {
    if (this.hole === false) return; // compared: V8 does not know the field for a boolean, and converting takes it eight instructions
    this.hole = false;
    const last = --this.count;
    if (last > 0) this.siftDown(last, last);
    else this.times[0] = Infinity;
  }

  /** Moves the event at `from` up until its parent comes before it. */
  private siftUp(from: number): void {
    const times = this.times;
    const orders = this.orders;
    const codes = this.codes;
    const time = times[from];
    const order = orders[from];
    const code = codes[from];
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentTime = times[parent];
      if (parentTime < time || (parentTime === time && orders[parent] < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent];
      codes[at] = codes[parent];
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    codes[at] = code;
  }

  /** Moves the hole at the root of the first `count` events down to where the event at `from` fits, and puts it there. */
  private siftDown(from: number, count: number): void {
    const times = this.times;
    const orders = this.orders;
    const codes = this.codes;
    const time = times[from];
    const order = orders[from];
    const code = codes[from];
    let at = 0;
    let child = 1;
    while (child < count) {
      let childTime = times[child];
      const right = child + 1;
      if (right < count) {
        const rightTime = times[right];
        if (rightTime < childTime || (rightTime === childTime && orders[right] < orders[child])) {
          child = right;
          childTime = rightTime;
        }
      }
      if (time < childTime || (time === childTime && order < orders[child])) break;
      times[at] = childTime;
      orders[at] = orders[child];
      codes[at] = codes[child];
      at = child;
      child = 2 * at + 1;
    }
    times[at] = time;
    orders[at] = order;
    codes[at] = code;
  }

  private grow(): void {
    const capacity = this.codes.length * 2;
    const times = new Float64Array(capacity);
    const orders = new Float64Array(capacity);
    const codes = new Int32Array(capacity);
    times.set(this.times);
    orders.set(this.orders);
    codes.set(this.codes);
    this.times = times;
    this.orders = orders;
    this.codes = codes;
  }
}
