/**
 * The kernel: knows time and order, nothing else.
 *
 * Time is an integer number of nanoseconds in a float64 (exact to 104 days). Events of one instant come by phase, then in the order in
 * which they were scheduled; the phases are named in `simulation/events.ts`. A run can be cut into slices anywhere: `advance` stops
 * between two events and nothing depends on where.
 */
import { EventQueue } from './event-queue.ts';
import { type Generations, Lane } from './lane.ts';

/** Who carries out events. `slot` is the number given when the event was scheduled. */
export interface EventHandler {
  handle(kind: number, slot: number): void;
}

const KIND_BITS = 6;
const KIND_MASK = (1 << KIND_BITS) - 1;
const LANE_KIND = KIND_MASK; // kind 63 is the kernel's own
const CALL_KIND = KIND_MASK - 1; // and 62: callbacks of the control plane

/** Largest slot number that fits into an event code beside its kind. */
export const LARGEST_SLOT = (1 << (31 - KIND_BITS)) - 1;

export class Kernel {
  /** Current time [ns]. First not a number, so that V8 keeps the field as a float from the start. */
  now = Number.NaN;
  /** Events carried out so far. */
  events = 0;
  private stopped = false;
  private readonly queue = new EventQueue();
  /** Arrivals, of which there is one pending per source, apart from the many other events: both heaps stay small. */
  private readonly arrivals = new EventQueue();
  private readonly lanes: Lane[] = [];
  private readonly callbacks: (() => void)[] = [];
  private readonly freeCallbacks: number[] = [];

  constructor() {
    this.now = 0;
  }

  /** Schedules an event at `time` ≥ now [integer ns]. `kind` 0 … 61, `slot` 0 … LARGEST_SLOT. */
  schedule(time: number, phase: number, kind: number, slot: number): void {
    this.queue.add(time, phase, (slot << KIND_BITS) | kind);
  }

  /** Schedules an arrival: it comes after all other events of its instant. */
  scheduleArrival(time: number, kind: number, slot: number): void {
    this.arrivals.add(time, 0, (slot << KIND_BITS) | kind);
  }

  /**
   * A lane for events of `kind` that lie `delay` ns ahead. With `generations`, an event counts only while its slot's generation is the
   * one at scheduling.
   */
  createLane(kind: number, delay: number, phase: number, generations: Generations | null): number {
    this.lanes.push(new Lane(kind, delay, phase, generations));
    return this.lanes.length - 1;
  }

  /** Schedules an event `delay` of the lane ahead. */
  scheduleInLane(laneIndex: number, slot: number): void {
    const lane = this.lanes[laneIndex];
    const time = this.now + lane.delay;
    const order = this.queue.nextOrder(lane.phase);
    const wasEmpty = lane.isEmpty;
    lane.append(time, order, slot);
    if (wasEmpty) this.queue.push(time, order, (laneIndex << KIND_BITS) | LANE_KIND);
  }

  /** Runs a function after `delay` ns, in `phase`. For the control plane only: one closure per event. */
  call(delay: number, phase: number, run: () => void): void {
    const id = this.freeCallbacks.pop() ?? this.callbacks.length;
    this.callbacks[id] = run;
    this.queue.add(this.now + delay, phase, (id << KIND_BITS) | CALL_KIND);
  }

  /** Time of the next event; +∞ when nothing is pending. */
  nextTime(): number {
    return Math.min(this.queue.topTime(), this.arrivals.topTime());
  }

  /** Ends the run after the present event; nothing is carried out any more. */
  stop(): void {
    this.stopped = true;
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /**
   * Carries out events up to and including `until` [ns], at most `maxEvents` of them.
   * @returns true when the limit on events stopped it, false when no event up to `until` is left
   */
  advance(until: number, maxEvents: number, handler: EventHandler): boolean {
    const { queue, arrivals } = this;
    const stop = this.events + maxEvents;
    for (;;) {
      const time = queue.topTime();
      const arrival = arrivals.topTime();
      if (arrival < time) {
        if (arrival > until || this.stopped === true) return false;
        if (this.events >= stop) return true;
        this.events++;
        this.now = arrival;
        const code = arrivals.takeTop();
        handler.handle(code & KIND_MASK, code >> KIND_BITS);
        arrivals.closeHole();
        continue;
      }
      if (time > until || time === Infinity || this.stopped === true) return false;
      if (this.events >= stop) return true;
      this.events++;
      this.now = time;
      const code = queue.takeTop();
      const kind = code & KIND_MASK;
      if (kind < CALL_KIND) handler.handle(kind, code >> KIND_BITS);
      else if (kind === LANE_KIND) this.fromLane(this.lanes[code >> KIND_BITS], code, handler);
      else this.callback(code >> KIND_BITS);
      queue.closeHole();
    }
  }

  private fromLane(lane: Lane, code: number, handler: EventHandler): void {
    const slot = lane.headSlot();
    const valid = lane.headIsValid();
    lane.advance();
    if (!lane.isEmpty) this.queue.push(lane.headTime(), lane.headOrder(), code);
    if (valid) handler.handle(lane.kind, slot);
  }

  private callback(id: number): void {
    const run = this.callbacks[id];
    this.freeCallbacks.push(id);
    run();
  }
}
