/** The contract between a virtual server and its scheduler, and what the schedulers share. */
import type { RandomStream } from '../../../random/stream.ts';
import type { Flow } from '../../balancer.ts';
import type { VirtualServer } from './virtual-server.ts';

/** What a scheduler has to work with. */
export interface Surroundings {
  readonly server: VirtualServer;
  readonly random: RandomStream;
  /** Simulated time [ns]. */
  now(): number;
  /** Load of a destination, see `Overhead`. */
  readonly overhead: Overhead;
}

export interface Scheduler {
  /** Closed connections count for it while they are tracked. */
  readonly feelsInactive: boolean;
  /** The list has changed. @param from where each destination was before, −1 = new */
  changed(from: Int32Array): void;
  /** Number of the destination that takes a new connection; −1 = none does, and the client is refused. Fast, no allocation. */
  pick(flow: Flow): number;
  /** The law of the next pick, without draws or side effects. */
  law(flow: Flow): SchedulerLaw;
  /** The counters of a destination have changed. */
  counted(destination: number): void;
  /** Of schedulers that look a client up in a table: number of the destination in each slot, −1 = none. */
  slots?(): Int32Array;
}

export interface SchedulerLaw {
  /** One line, e.g. `lc: least overhead of 5`. */
  readonly rule: string;
  /** Number of destination and probability; empty when none takes the connection. */
  readonly shares: readonly { readonly destination: number; readonly probability: number }[];
}

/** One destination for certain, or none. */
export function certain(destination: number, rule: string): SchedulerLaw {
  return { rule, shares: destination < 0 ? [] : [{ destination, probability: 1 }] };
}

/**
 * How kernels weigh connections: an active one counts as 256 inactive ones.
 *
 * `256a+i`: for two decades. `257a+i`: newer stable kernels, 6.12.117 among them, add the total instead of the inactive ones.
 * Source: Linux `include/net/ip_vs.h` `ip_vs_dest_conn_overhead`.
 */
export type Overhead = '256a+i' | '257a+i';

export function overheadOf({ active, inactive }: VirtualServer, destination: number, overhead: Overhead): number {
  return (overhead === '257a+i' ? 257 : 256) * active[destination] + inactive[destination];
}

/** The destinations of weight above 0. */
export function usableCount({ weights }: VirtualServer): number {
  let usable = 0;
  for (const weight of weights) if (weight > 0) usable++;
  return usable;
}
