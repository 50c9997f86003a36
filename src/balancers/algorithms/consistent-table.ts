/**
 * A table of slots that a hash looks up, filled so that a member that goes leaves the slots of the others nearly alone.
 *
 * Each member has its own order of all slots (offset and step from a hash of its name) and takes the next free one in turn; a member of
 * weight w takes w slots for each of the lightest. Shares differ by one slot between equal members.
 * Source: Eisenbud et al., "Maglev", NSDI 2016, section 3.4; Google's network load balancers hash this way.
 * Lookup is O(1); filling is O(slots · log slots) at each change of the members.
 */
import { mix32 } from '../../random/stream.ts';
import { positionOf } from './flow-digest.ts';

/** A prime, so that every step visits every slot; 100 slots each for 163 members. */
const SLOTS = 16381;

export class ConsistentTable {
  /** Slots of each member, by position. */
  readonly shares: Int32Array;
  private readonly slots = new Int32Array(SLOTS).fill(-1);

  /** @param names and weights by position; at least one, weights above 0 */
  constructor(names: readonly string[], weights: ArrayLike<number>, salt: number) {
    const count = names.length;
    this.shares = new Int32Array(count);
    const next = Int32Array.from(names, (name) => positionOf(hashName(name, salt), SLOTS));
    const step = Int32Array.from(names, (name) => 1 + positionOf(hashName(name, salt ^ 0x6b43a9b5), SLOTS - 1));
    const lightest = Math.min(...Array.from(weights));
    const turns = Array.from(weights, (weight) => Math.max(1, Math.round(weight / lightest)));
    for (let filled = 0, member = 0; filled < SLOTS; member = (member + 1) % count) {
      for (let turn = 0; turn < turns[member] && filled < SLOTS; turn++, filled++) {
        while (this.slots[next[member]] >= 0) next[member] = (next[member] + step[member]) % SLOTS;
        this.slots[next[member]] = member;
        this.shares[member]++;
      }
    }
  }

  /** Position of the member that a digest (uint32) belongs to. */
  lookUp(digest: number): number {
    return this.slots[positionOf(digest, SLOTS)];
  }

  /** Share of all digests that go to the member. */
  share(position: number): number {
    return this.shares[position] / SLOTS;
  }
}

function hashName(name: string, salt: number): number {
  let hash = salt;
  for (let i = 0; i < name.length; i++) hash = mix32(hash ^ name.charCodeAt(i));
  return hash >>> 0;
}
