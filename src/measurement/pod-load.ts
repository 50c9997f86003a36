/**
 * The state of every pod over time: number in the pod, busy slots, ready time. Integrals are kept in integer nanoseconds, so the
 * identities (Little, utilisation) hold to rounding. Arrays are indexed by pod number.
 *
 * The caller says what the level was *until now* before it changes it (`hold`). Outside the measured window nothing is added:
 * `open` forgets what came before, `close` freezes.
 */

/** Exactly 0 … 20 in the pod, then 21 and more. */
export const LEVELS = 22;

/** Simulated time. Read through the object: a number handed from call to call costs an allocation where the call is not inlined. */
export interface Clock {
  /** [ns] */
  readonly now: number;
}

export class PodLoad {
  /** Per pod: integral of the number in the pod [request·ns] and of its square, of busy slots [slot·ns]. */
  private area = new Float64Array(0);
  private areaSquared = new Float64Array(0);
  private busy = new Float64Array(0);
  private levels = new Float64Array(0);
  private since = new Float64Array(0);
  private peak = new Int32Array(0);
  private ready = new Float64Array(0);
  private slotReady = new Float64Array(0);
  /** Time in the pod and in a slot, added up request by request: the other side of the two laws. */
  private sojourn = new Float64Array(0);
  private held = new Float64Array(0);
  private isOpen = false;
  private openedAt = 0;
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Makes room for pods 0 … count − 1. */
  resize(count: number): void {
    if (count <= this.area.length) return;
    const capacity = Math.max(16, count, this.area.length * 2);
    const wider = (column: Float64Array, width = 1) => {
      const next = new Float64Array(capacity * width);
      next.set(column);
      return next;
    };
    this.area = wider(this.area);
    this.areaSquared = wider(this.areaSquared);
    this.busy = wider(this.busy);
    this.levels = wider(this.levels, LEVELS);
    this.since = wider(this.since);
    this.ready = wider(this.ready);
    this.slotReady = wider(this.slotReady);
    this.sojourn = wider(this.sojourn);
    this.held = wider(this.held);
    const peak = new Int32Array(capacity);
    peak.set(this.peak);
    this.peak = peak;
  }

  /** The pod had `inSystem` requests and `busySlots` busy slots until now; it is about to change. */
  hold(pod: number, inSystem: number, busySlots: number): void {
    if (!this.isOpen) return;
    const now = this.clock.now;
    const elapsed = now - this.since[pod];
    if (elapsed > 0) {
      this.since[pod] = now;
      const area = inSystem * elapsed;
      this.area[pod] += area;
      this.areaSquared[pod] += inSystem * area;
      this.busy[pod] += busySlots * elapsed;
      this.levels[pod * LEVELS + (inSystem < LEVELS - 1 ? inSystem : LEVELS - 1)] += elapsed;
    }
  }

  /** The pod now holds `inSystem` requests. */
  level(pod: number, inSystem: number): void {
    if (this.isOpen && inSystem > this.peak[pod]) this.peak[pod] = inSystem;
  }

  /** A request that came at `from` leaves the pod now. */
  left(pod: number, from: number): void {
    if (this.isOpen) this.sojourn[pod] += this.clock.now - (from > this.openedAt ? from : this.openedAt);
  }

  /** A slot that was taken at `from` is free now. */
  released(pod: number, from: number): void {
    if (this.isOpen) this.held[pod] += this.clock.now - (from > this.openedAt ? from : this.openedAt);
  }

  /** The pod was ready, with `slots` slots, from `from` to `to`, clipped to the window so far. */
  wasReady(pod: number, slots: number, from: number, to: number): void {
    if (!this.isOpen) return;
    const elapsed = to - Math.max(from, this.openedAt);
    if (elapsed <= 0) return;
    this.ready[pod] += elapsed;
    this.slotReady[pod] += elapsed * slots;
  }

  /** Starts the window. `inSystem` is the level of each pod now. */
  open(now: number, inSystem: Int32Array, pods: number): void {
    this.isOpen = true;
    this.openedAt = now;
    for (let pod = 0; pod < pods; pod++) {
      this.since[pod] = now;
      this.peak[pod] = inSystem[pod];
    }
  }

  /** A pod that appears while the window is open. */
  born(pod: number, now: number): void {
    this.since[pod] = now;
  }

  /** Ends the window; the caller has brought every pod up to now. */
  close(): void {
    this.isOpen = false;
  }

  figures(pod: number) {
    return {
      area: this.area[pod],
      areaSquared: this.areaSquared[pod],
      busyNs: this.busy[pod],
      levelNs: this.levels.slice(pod * LEVELS, (pod + 1) * LEVELS),
      peak: this.peak[pod],
      readyNs: this.ready[pod],
      slotReadyNs: this.slotReady[pod],
      sojournNs: this.sojourn[pod],
      heldNs: this.held[pod],
    };
  }
}
