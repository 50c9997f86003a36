/**
 * The pending events: a binary heap over three parallel typed arrays, ordered by (time, order).
 *
 * `order` is one float that holds phase and sequence number, so that events of one instant come in the order of their phase and then
 * first in, first out. An event that schedules its successor replaces the top instead of being removed first (`takeTop` leaves a hole
 * that the next `push` fills), which saves half of the sifting. A calendar queue is faster only in its best case (performance.md part 3).
 */
export class EventQueue {
  private times = new Float64Array(64);
  private orders = new Float64Array(64);
  private codes = new Int32Array(64);
  private count = 0;
  /** True between `takeTop` and the next `push` or `closeHole`: the root is empty. */
  private hole = false;

  /** Number of pending events. */
  get size(): number {
    return this.hole ? this.count - 1 : this.count;
  }

  /** Time of the earliest event; +∞ when there is none. Only valid without a hole. */
  topTime(): number {
    return this.count === 0 ? Infinity : this.times[0];
  }

  /** Code of the earliest event; leaves a hole at the root that `push` or `closeHole` must fill. */
  takeTop(): number {
    this.hole = true;
    return this.codes[0];
  }

  /** Adds an event. O(log n), no allocation except when the arrays double. */
  push(time: number, order: number, code: number): void {
    if (this.hole) {
      this.hole = false;
      this.siftDown(time, order, code);
      return;
    }
    if (this.count === this.codes.length) this.grow();
    const times = this.times;
    const orders = this.orders;
    const codes = this.codes;
    let at = this.count++;
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

  /** Fills the hole with the last event when nothing was pushed. */
  closeHole(): void {
    if (!this.hole) return;
    this.hole = false;
    const last = --this.count;
    if (last > 0) this.siftDown(this.times[last], this.orders[last], this.codes[last]);
  }

  /** Moves a hole from the root down until (time, order) fits, then writes the event there. */
  private siftDown(time: number, order: number, code: number): void {
    const times = this.times;
    const orders = this.orders;
    const codes = this.codes;
    const count = this.count;
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
