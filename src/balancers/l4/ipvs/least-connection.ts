/**
 * lc, wlc, sed and nq: a scan of the list for the least cost, ties to the first in the list. Destinations of weight 0 stand aside.
 *
 *     lc    overhead
 *     wlc   overhead ÷ weight
 *     sed   (active + 1) ÷ weight                 shortest expected delay
 *     nq    0 when none is active, else as sed    never queue: an idle destination is taken at once
 *
 * The overhead counts active connections for 256 inactive ones (`scheduler.ts`). Every node counts its own connections only.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_{lc,wlc,sed,nq}.c`.
 * Simplified: the scan is a heap with the list's order as tie-break; the choice is the same.
 */
import { LeastCost } from '../../algorithms/least-cost.ts';
import { certain, overheadOf, type Scheduler, type SchedulerLaw, type Surroundings, usableCount } from './scheduler.ts';

export type LeastConnectionName = 'lc' | 'wlc' | 'sed' | 'nq';

const WORDS: Readonly<Record<LeastConnectionName, string>> = {
  lc: 'fewest connections',
  wlc: 'fewest connections by weight',
  sed: 'shortest expected delay',
  nq: 'an idle one, else the shortest expected delay',
};

export class LeastConnection implements Scheduler {
  readonly feelsInactive: boolean;
  private readonly name: LeastConnectionName;
  private readonly surroundings: Surroundings;
  private readonly usable = new LeastCost();

  constructor(name: LeastConnectionName, surroundings: Surroundings) {
    this.name = name;
    this.feelsInactive = name === 'lc' || name === 'wlc';
    this.surroundings = surroundings;
  }

  changed(): void {
    const { count, weights } = this.surroundings.server;
    this.usable.reset(count);
    for (let i = 0; i < count; i++) if (weights[i] > 0) this.usable.add(i, this.costOf(i), this.name === 'lc' ? 1 : weights[i], i);
  }

  private costOf(destination: number): number {
    const { server, overhead } = this.surroundings;
    switch (this.name) {
      case 'lc':
      case 'wlc':
        return overheadOf(server, destination, overhead);
      case 'sed':
        return server.active[destination] + 1;
      case 'nq':
        return server.active[destination] === 0 ? 0 : server.active[destination] + 1;
    }
  }

  pick(): number {
    return this.usable.first();
  }

  law(): SchedulerLaw {
    return certain(this.usable.first(), `${this.name}: ${WORDS[this.name]} of ${usableCount(this.surroundings.server)} on this node`);
  }

  counted(destination: number): void {
    if (this.usable.has(destination)) this.usable.update(destination, this.costOf(destination));
  }
}
