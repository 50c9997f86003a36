/** The kernel's schedulers by name. */
import { Failover } from './failover.ts';
import { HashTable } from './hash-tables.ts';
import { LeastConnection } from './least-connection.ts';
import { Locality } from './locality.ts';
import { MaglevHash } from './maglev-hash.ts';
import { RoundRobin } from './round-robin.ts';
import type { Scheduler, Surroundings } from './scheduler.ts';
import { TwoChoices } from './two-choices.ts';
import { WeightedRoundRobin } from './weighted-round-robin.ts';

export const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sh', 'dh', 'sed', 'nq', 'mh', 'fo', 'ovf', 'twos'] as const;
export type SchedulerName = (typeof SCHEDULERS)[number];

export function createScheduler(name: SchedulerName, surroundings: Surroundings): Scheduler {
  switch (name) {
    case 'rr':
      return new RoundRobin(surroundings);
    case 'wrr':
      return new WeightedRoundRobin(surroundings);
    case 'lc':
    case 'wlc':
    case 'sed':
    case 'nq':
      return new LeastConnection(name, surroundings);
    case 'lblc':
    case 'lblcr':
      return new Locality(name, surroundings);
    case 'sh':
    case 'dh':
      return new HashTable(name, surroundings);
    case 'mh':
      return new MaglevHash(surroundings);
    case 'fo':
    case 'ovf':
      return new Failover(name, surroundings);
    case 'twos':
      return new TwoChoices(surroundings);
  }
}
