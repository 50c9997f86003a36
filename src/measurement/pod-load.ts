/**
 * The state of every pod over time: number in the pod, busy slots, ready time. Integrals are kept in integer nanoseconds, so the
 * identities (Little, utilisation) hold to rounding. Arrays are indexed by pod number.
 *
 * The caller says what the level was *until now* before it changes it (`hold`). Outside the measured window nothing is added:
 * `open` forgets what came before, `close` freezes.
 */

/** Simulated time. Read through the object: a number handed from call to call costs an allocation where the call is not inlined. */
export interface Clock {
  /** [ns] */
  readonly now: number;
}

/** When a request came to its pod and took its slot [ns]. */
export interface Stay {
  readonly reached: number;
  readonly started: number;
}

// The sums of one pod stand side by side: one row of one array.
const AREA = 0; // integral of the number in the pod [request·ns]
const AREA_SQUARED = 1;
const BUSY = 2; // integral of busy slots [slot·ns]
const SINCE = 3;
/** Time in the pod and in a slot, added up request by request: the other side of the two laws. */
const SOJOURN = 4;
const HELD = 5;
const READY = 6;
const SLOT_READY = 7;
const LEVEL = 8; // time at each level
const HIGHEST = 21;
const WIDTH = LEVEL + HIGHEST + 1;

/** Exactly 0 … 20 in the pod, then 21 and more. */
export const LEVELS = HIGHEST + 1;

export class PodLoad {
  private sums = new Float64Array(0);
  private peak = new Int32Array(0);
  private isOpen = false;
  private openedAt = Number.NaN; // a float from the start
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Makes room for pods 0 … count − 1. */
  resize(count: number): void {
    if (count <= this.peak.length) return;
    const capacity = Math.max(16, count, this.peak.length * 2);
    const sums = new Float64Array(capacity * WIDTH);
    sums.set(this.sums);
    this.sums = sums;
    const peak = new Int32Array(capacity);
    peak.set(this.peak);
    this.peak = peak;
  }

  /** The pod had `inSystem` requests and `busySlots` busy slots until now; it is about to change. */
  hold(pod: number, inSystem: number, busySlots: number): void {
    if (this.isOpen !== true) return;
    const sums = this.sums;
    const row = pod * WIDTH;
    const now = this.clock.now;
    const elapsed = now - sums[row + SINCE];
    if (elapsed > 0) {
      sums[row + SINCE] = now;
      const area = inSystem * elapsed;
      sums[row + AREA] += area;
      sums[row + AREA_SQUARED] += inSystem * area;
      sums[row + BUSY] += busySlots * elapsed;
      sums[row + LEVEL + (inSystem < HIGHEST ? inSystem : HIGHEST)] += elapsed;
    }
  }

  /** The pod now holds `inSystem` requests. */
  level(pod: number, inSystem: number): void {
    if (this.isOpen === true && inSystem > this.peak[pod]) this.peak[pod] = inSystem;
  }

  /** A request leaves the pod now. */
  left(pod: number, stay: Stay): void {
    if (this.isOpen !== true) return;
    const from = stay.reached;
    this.sums[pod * WIDTH + SOJOURN] += this.clock.now - (from > this.openedAt ? from : this.openedAt);
  }

  /** Its slot is free now. */
  released(pod: number, stay: Stay): void {
    if (this.isOpen !== true) return;
    const from = stay.started;
    this.sums[pod * WIDTH + HELD] += this.clock.now - (from > this.openedAt ? from : this.openedAt);
  }

  /** The pod was ready, with `slots` slots, from `from` to `to`, clipped to the window so far. */
  wasReady(pod: number, slots: number, from: number, to: number): void {
    if (!this.isOpen) return;
    const elapsed = to - Math.max(from, this.openedAt);
    if (elapsed <= 0) return;
    this.sums[pod * WIDTH + READY] += elapsed;
    this.sums[pod * WIDTH + SLOT_READY] += elapsed * slots;
  }

  /** Starts the window. `inSystem` is the level of each pod now. */
  open(now: number, inSystem: Int32Array, pods: number): void {
    this.isOpen = true;
    this.openedAt = now;
    for (let pod = 0; pod < pods; pod++) {
      this.sums[pod * WIDTH + SINCE] = now;
      this.peak[pod] = inSystem[pod];
    }
  }

  /** A pod that appears while the window is open. */
  born(pod: number, now: number): void {
    this.sums[pod * WIDTH + SINCE] = now;
  }

  /** Ends the window; the caller has brought every pod up to now. */
  close(): void {
    this.isOpen = false;
  }

  figures(pod: number) {
    const row = this.sums.subarray(pod * WIDTH, (pod + 1) * WIDTH);
    return {
      area: row[AREA],
      areaSquared: row[AREA_SQUARED],
      busyNs: row[BUSY],
      levelNs: row.slice(LEVEL),
      peak: this.peak[pod],
      readyNs: row[READY],
      slotReadyNs: row[SLOT_READY],
      sojournNs: row[SOJOURN],
      heldNs: row[HELD],
    };
  }
}
