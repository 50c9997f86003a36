/**
 * mh: Maglev hashing of the source address, with the kernel's table and hash.
 *
 * Table of 4093 slots (CONFIG_IP_VS_MH_TAB_INDEX 12); offset and skip of a destination from its own address and port; in each round over
 * the list a destination takes as many slots as it has turns: its weight by the common divisor, shifted so that the greatest fits in six bits.
 * The last weight above 0 counts, so a draining destination keeps its slots, and its clients are refused until kube-proxy deletes it
 * (no fallback flag; no port flag either, so only the address of a client counts). More destinations than slots leave the table as it was.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_mh.c`.
 */
import { MaglevTable } from '../../algorithms/maglev.ts';
import { HalfSipHash, type SipKey } from '../../algorithms/siphash.ts';
import type { Flow } from '../../balancer.ts';
import { addressOf, portOf } from '../../endpoints.ts';
import { dotted } from '../../explanation.ts';
import { certain, type Scheduler, type SchedulerLaw, type Surroundings } from './scheduler.ts';
import { commonDivisor, type VirtualServer } from './virtual-server.ts';

const SLOTS = 4093;
const TURN_BITS = 6;
const keyOf = (half: number): SipKey => ({ k0High: 0, k0Low: half, k1High: 0, k1Low: half });
const OFFSET_KEY = keyOf(2654435761);
const SKIP_KEY = keyOf(2654446892);

export class MaglevHash implements Scheduler {
  readonly feelsInactive = false;
  private readonly server: VirtualServer;
  private readonly first = new HalfSipHash(OFFSET_KEY);
  private readonly second = new HalfSipHash(SKIP_KEY);
  private table: Int32Array = new Int32Array(SLOTS).fill(-1);
  /** The table is filled for the first pick after a change: a rolling update changes the list many times. */
  private isStale = false;

  constructor({ server }: Surroundings) {
    this.server = server;
  }

  changed(from: Int32Array): void {
    if (this.server.count <= SLOTS) {
      this.isStale = true;
      return;
    }
    this.slots(); // as it was before the change, in case that has not been asked for yet
    const now = new Map(Array.from(from, (before, number) => [before, number]));
    this.table = this.table.map((destination) => now.get(destination) ?? -1);
  }

  /** Where a destination begins in the table, and by what it goes on. */
  preferences(destination: number): { offset: number; skip: number } {
    const name = this.server.names[destination];
    const word = (addressOf(name) + portOf(name)) | 0;
    return { offset: this.first.ofWord(word) % SLOTS, skip: (this.second.ofWord(word) % (SLOTS - 1)) + 1 };
  }

  private fill(): void {
    const { count, lastWeights } = this.server;
    const turns = turnsOf(lastWeights);
    const offset = new Int32Array(count);
    const skip = new Int32Array(count);
    for (let i = 0; i < count; i++) ({ offset: offset[i], skip: skip[i] } = this.preferences(i));
    const table = new MaglevTable(SLOTS, offset, skip);
    if (turns.some((turn) => turn > 0)) {
      for (let i = 0; !table.isFull; i = i + 1 === count ? 0 : i + 1) for (let turn = 0; turn < turns[i] && !table.isFull; turn++) table.take(i);
    }
    this.table = table.slots;
  }

  slots(): Int32Array {
    if (this.isStale) this.fill();
    this.isStale = false;
    return this.table;
  }

  slotOf(address: number): number {
    return this.first.ofWord(address | 0) % SLOTS;
  }

  pick(flow: Flow): number {
    const destination = this.slots()[this.slotOf(flow.sourceAddress)];
    return destination >= 0 && this.server.weights[destination] > 0 ? destination : -1;
  }

  law(flow: Flow): SchedulerLaw {
    const slot = this.slotOf(flow.sourceAddress);
    const named = this.slots()[slot];
    const destination = this.pick(flow);
    const why = destination >= 0 || named < 0 ? '' : `, ${this.server.names[named]}, which is draining: nothing else takes it`;
    return certain(destination, `mh: source ${dotted(flow.sourceAddress)} is in slot ${slot} of ${SLOTS}${why}`);
  }

  counted(): void {}
}

/** Slots in a row that each destination takes in one round. */
function turnsOf(weights: Int32Array): Int32Array {
  const divisor = commonDivisor(weights);
  if (divisor === 0) return new Int32Array(weights.length);
  const greatest = Math.floor(weights.reduce((a, b) => Math.max(a, b), 0) / divisor);
  const shift = Math.max(0, 32 - Math.clz32(greatest) - TURN_BITS);
  return weights.map((weight) => Math.floor(weight / divisor) >> shift || (weight === 0 ? 0 : 1));
}
