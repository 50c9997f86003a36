/** Lanes by delay: constant delays of one kind share a lane, so that hops and time-outs need no heap (engine/lane.ts). */
import type { Kernel } from '../engine/kernel.ts';
import type { Generations } from '../engine/lane.ts';
import { TIMED_OUT, TIMER } from './events.ts';
import type { World } from './world.ts';

export class Lanes {
  private readonly kernel: Kernel;
  private readonly byKindAndDelay = new Map<string, number>();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** The lane for `kind` with this delay [ns]; made on first use. */
  get(kind: number, delay: number, phase: number, generations: Generations | null = null): number {
    const name = `${kind} ${delay}`;
    let lane = this.byKindAndDelay.get(name);
    if (lane === undefined) {
      lane = this.kernel.createLane(kind, delay, phase, generations);
      this.byKindAndDelay.set(name, lane);
    }
    return lane;
  }
}

/** The lane of a time-out: void for exchanges whose caller no longer waits. */
export function timeoutLane(world: World, timeoutNs: number): number {
  return world.lanes.get(TIMED_OUT, timeoutNs, TIMER, world.exchanges);
}
