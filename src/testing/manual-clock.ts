/** A clock that tests move by hand; same contract as the kernel's. */
import type { Clock } from '../kubernetes/clock.ts';

export class ManualClock implements Clock {
  now = 0;
  private readonly events: { at: number; order: number; run: () => void }[] = [];
  private order = 0;

  after(delayNs: number, run: () => void): void {
    this.events.push({ at: this.now + delayNs, order: this.order++, run });
  }

  /** Runs everything due until `seconds`, in order of time, then of request; what it asks for too. */
  advanceTo(seconds: number): void {
    const until = seconds * 1e9;
    for (;;) {
      this.events.sort((a, b) => a.at - b.at || a.order - b.order);
      if (this.events.length === 0 || this.events[0].at > until) break;
      const event = this.events.shift();
      this.now = event?.at ?? until;
      event?.run();
    }
    this.now = until;
  }
}
