/**
 * What one instance has sent and not yet seen finished, by position in its endpoints.
 *
 * Attempts to an endpoint that has left the set stay counted aside, so that it comes back with the load it still has.
 */
import type { Endpoints } from './endpoints.ts';

export class OwnAttempts {
  counts = new Int32Array(0);
  /** Sum of the full demands of these attempts [ns]. */
  demandNs = new Float64Array(0);
  private readonly departed = new Map<number, { count: number; demandNs: number }>();

  /** Sets the open attempts of `endpoints` aside by id. Call before `endpoints` changes, and `resume` after it. */
  suspend(endpoints: Endpoints): void {
    for (let position = 0; position < endpoints.count; position++) {
      const count = this.counts[position];
      if (count > 0) this.departed.set(endpoints.ids[position], { count, demandNs: this.demandNs[position] });
    }
  }

  resume(endpoints: Endpoints): void {
    this.counts = new Int32Array(endpoints.count);
    this.demandNs = new Float64Array(endpoints.count);
    endpoints.ids.forEach((id, position) => {
      const open = this.departed.get(id);
      if (open === undefined) return;
      this.counts[position] = open.count;
      this.demandNs[position] = open.demandNs;
      this.departed.delete(id);
    });
  }

  /** An attempt was sent to an endpoint that left the set since the pick. */
  startedDeparted(id: number, demandNs: number): void {
    const open = this.departed.get(id);
    if (open === undefined) this.departed.set(id, { count: 1, demandNs });
    else {
      open.count++;
      open.demandNs += demandNs;
    }
  }

  /** An attempt ended at an endpoint that is not in the set now. */
  finishedDeparted(id: number, demandNs: number): void {
    const open = this.departed.get(id);
    if (open === undefined) return;
    open.count--;
    open.demandNs -= demandNs;
    if (open.count === 0) this.departed.delete(id);
  }
}
