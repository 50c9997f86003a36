/** Timers that balancers ask for, by number; the events name the number. */
import type { Balancer } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import { BALANCER_TIMER, CONTROL } from './events.ts';

export class Ticker {
  private readonly kernel: Kernel;
  /** Whom to wake, as a function: a balancer may ask before it is fully made. */
  private readonly owners: (() => Balancer)[] = [];
  private readonly tags: number[] = [];
  private readonly free: number[] = [];

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** One `tick(tag)` of the owner at `atNs`. */
  ask(owner: () => Balancer, atNs: number, tag: number): void {
    const timer = this.free.pop() ?? this.tags.length;
    this.owners[timer] = owner;
    this.tags[timer] = tag;
    this.kernel.schedule(atNs, CONTROL, BALANCER_TIMER, timer);
  }

  fire(timer: number): void {
    this.free.push(timer);
    this.owners[timer]().tick(this.tags[timer]);
  }
}
