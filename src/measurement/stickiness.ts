/**
 * Does a key (a source address) meet the same pod again? Counts successive units (connections or requests) of a key, in order of
 * their start, that meet the pod of the key's last one, and the distinct pods each key met (contract part 3).
 *
 * Memory: 4 bytes per key for the last pod, 1 bit per key and pod for the pods met, of keys up to the largest seen; 12 bytes per key more where affinity is promised.
 */
import type { StickinessRun } from './run-result.ts';

const NONE = -1;

export class Stickiness {
  private last: Int32Array = new Int32Array(0);
  /** Bit matrix keys × pods: rows of `words` 32-bit words. */
  private met: Uint32Array = new Uint32Array(0);
  private words = 0;
  private pairs = 0;
  private same = 0;
  private readonly breaks = new Map<string, number>();

  private keys = 0;
  private pods = 0;

  /** Keys are 0 … keys − 1, pods 0 … pods − 1 from now on; memory is taken by the first unit of a key or pod beyond what there is. */
  resize(keys: number, pods: number): void {
    this.keys = keys;
    this.pods = pods;
  }

  /** Room for a key and a pod, and for as many again as there were: pods come one by one, and most keys are of clients, which are there at once. */
  private grow(key: number, pod: number): void {
    const words = Math.max(this.words, wider(this.words, (pod >> 5) + 1, Math.ceil(this.pods / 32)));
    const rows = Math.max(this.last.length, wider(this.last.length, key + 1, this.keys));
    const last = new Int32Array(rows).fill(NONE);
    last.set(this.last);
    const met = new Uint32Array(rows * words);
    for (let seen = 0; seen < this.last.length; seen++) {
      met.set(this.met.subarray(seen * this.words, (seen + 1) * this.words), seen * words);
    }
    this.last = last;
    this.met = met;
    this.words = words;
  }

  /**
   * A unit of `key` starts at `pod`. Units outside the cohort move the last pod but are not counted.
   * @returns the key's last pod when it differs from `pod` (a move), −1 otherwise
   */
  unit(key: number, pod: number, counted: boolean): number {
    if (key >= this.last.length || pod >> 5 >= this.words) this.grow(key, pod);
    const last = this.last[key];
    this.last[key] = pod;
    if (!counted) return last === pod ? NONE : last;
    this.met[key * this.words + (pod >> 5)] |= 1 << (pod & 31);
    if (last === NONE) return NONE;
    this.pairs++;
    if (last === pod) {
      this.same++;
      return NONE;
    }
    return last;
  }

  /** A move although affinity was promised. */
  broken(reason: string): void {
    this.breaks.set(reason, (this.breaks.get(reason) ?? 0) + 1);
  }

  result(): StickinessRun {
    let keys = 0;
    let podsMet = 0;
    for (let key = 0; key < this.last.length; key++) {
      let pods = 0;
      for (let word = 0; word < this.words; word++) pods += bitsSet(this.met[key * this.words + word]);
      if (pods > 0) keys++;
      podsMet += pods;
    }
    return { pairs: this.pairs, same: this.same, keys, podsMet, breaks: Object.fromEntries([...this.breaks].sort()) };
  }
}

/** Number of one bits in a 32-bit word. */
function bitsSet(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** A size of at least `needed`: the present one where it does, else twice as much, but not beyond `known` unless it is needed. */
function wider(present: number, needed: number, known: number): number {
  if (needed <= present) return present;
  return Math.max(needed, Math.min(2 * present + 1, known));
}
