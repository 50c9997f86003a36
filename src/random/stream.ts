/**
 * Chance, of two kinds.
 *
 * `RandomStream`: a sequence with a state, for policies: what a balancer draws belongs to its own place (node, worker, client).
 * `keyedBits`: a pure function of a key and a counter, for whatever belongs to a request (contract part 5): strategies that draw
 * differently, or in another order, still meet the same traffic.
 * 32-bit integer arithmetic only, so the bytes are the same everywhere.
 */
import seedrandom from 'seedrandom';

const TWO_POW_32 = 4294967296;

/** xoshiro128++ (Blackman and Vigna 2019, "Scrambled linear pseudorandom number generators"): period 2^128 − 1. */
export class RandomStream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param key two 32-bit words, e.g. from `deriveKey` */
  constructor(key: Key) {
    this.a = mix32(key.high ^ 0x9e3779b9);
    this.b = mix32(key.low ^ 0x243f6a88);
    this.c = mix32(Math.imul(key.high, 0x85ebca6b) ^ key.low);
    this.d = mix32(Math.imul(key.low, 0xc2b2ae35) ^ key.high) | 1; // the all-zero state is the only forbidden one
  }

  /** 32 random bits as an int32. */
  bits(): number {
    const a = this.a | 0; // |0 although it is one: V8 adds as floats what it does not know for int32
    const sum = (a + (this.d | 0)) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) | 0;
    const t = this.b << 9;
    this.c ^= a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** Uniform on (0, 1), never 0 nor 1: the middle of one of 2^32 cells. */
  uniform(): number {
    return toUniform(this.bits());
  }

  /** Uniform integer in 0 … count − 1; count ≥ 1. One draw; the bias is at most count ÷ 2^32. */
  integer(count: number): number {
    return Math.floor(((this.bits() >>> 0) / TWO_POW_32) * count);
  }
}

/** 64 bits of key as two int32 words. */
export interface Key {
  readonly high: number;
  readonly low: number;
}

/** The middle of the cell that 32 bits name: uniform on (0, 1). */
export function toUniform(bits: number): number {
  return ((bits >>> 0) + 0.5) / TWO_POW_32;
}

/** Finaliser with measured avalanche close to ideal (Wellons 2018, "lowbias32"). */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/**
 * 32 random bits that belong to entry `counter` of the sequence named by (high, low): no state, any order.
 * Two keyed rounds of `mix32`: the second key word enters between the multiplications, so sequences of different keys are not shifts of each other.
 */
export function keyedBits(high: number, low: number, counter: number): number {
  let x = ((counter | 0) + (high | 0)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = (x ^ (x >>> 15)) + (low | 0); // |0: or V8 adds as floats
  x = Math.imul(x ^ (x >>> 16), 0x846ca68b);
  x = Math.imul(x ^ (x >>> 15), 0x9e3779b1);
  return x ^ (x >>> 16);
}

/** The key that the user's seed text stands for. seedrandom hashes the text, once per run. */
export function seedKey(seed: string): Key {
  const generator = seedrandom(seed);
  return { high: generator.int32(), low: generator.int32() };
}

/** A sub-key named by texts and numbers, e.g. deriveKey(root, 'client', 'storefront', replication). Names, never indices. */
export function deriveKey(parent: Key, ...parts: readonly (string | number)[]): Key {
  let high = parent.high;
  let low = parent.low;
  for (const part of parts) {
    const text = typeof part === 'number' ? `#${part}` : part;
    for (let i = 0; i < text.length; i++) {
      high = mix32(high ^ text.charCodeAt(i));
      low = mix32(Math.imul(low, 0x01000193) + text.charCodeAt(i) + high);
    }
    high = mix32(high ^ 0x3c6ef372 ^ text.length); // ends the part: ('ab','c') is not ('a','bc')
    low = mix32(low + high);
  }
  return { high, low };
}
