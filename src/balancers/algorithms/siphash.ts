/**
 * SipHash-1-3 of at most 7 bytes, the low 32 bits: what Linux calls hsiphash on 64-bit machines.
 *
 * One compression round a block and three at the end; the last block carries the length in its top byte.
 * 64-bit words are pairs (high, low) of int32: integer arithmetic only.
 * Source: Aumasson and Bernstein 2012, "SipHash: a fast short-input PRF"; Linux 6.12 `lib/siphash.c` `hsiphash_1u32`, `__hsiphash_aligned`.
 */

/** Two 64-bit words. */
export interface SipKey {
  readonly k0High: number;
  readonly k0Low: number;
  readonly k1High: number;
  readonly k1Low: number;
}

export class HalfSipHash {
  private readonly key: SipKey;
  private v0h = 0;
  private v0l = 0;
  private v1h = 0;
  private v1l = 0;
  private v2h = 0;
  private v2l = 0;
  private v3h = 0;
  private v3l = 0;

  constructor(key: SipKey) {
    this.key = key;
  }

  /** Hash of a 32-bit word in little-endian order, as uint32. */
  ofWord(word: number): number {
    return this.hash(word, 4);
  }

  /** Hash of no bytes at all. */
  ofNothing(): number {
    return this.hash(0, 0);
  }

  /** One block: `length` bytes of the word, and the length itself on top. */
  private hash(word: number, length: number): number {
    const { k0High, k0Low, k1High, k1Low } = this.key;
    // "somepseudorandomlygeneratedbytes"
    this.v0h = 0x736f6d65 ^ k0High;
    this.v0l = 0x70736575 ^ k0Low;
    this.v1h = 0x646f7261 ^ k1High;
    this.v1l = 0x6e646f6d ^ k1Low;
    this.v2h = 0x6c796765 ^ k0High;
    this.v2l = 0x6e657261 ^ k0Low;
    this.v3h = 0x74656462 ^ k1High;
    this.v3l = 0x79746573 ^ k1Low;
    const high = length << 24;
    this.v3h ^= high;
    this.v3l ^= word;
    this.round();
    this.v0h ^= high;
    this.v0l ^= word;
    this.v2l ^= 0xff;
    this.round();
    this.round();
    this.round();
    return (this.v0l ^ this.v1l ^ this.v2l ^ this.v3l) >>> 0;
  }

  private round(): void {
    let low: number;
    let high: number;
    // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
    low = (this.v0l >>> 0) + (this.v1l >>> 0);
    high = this.v0h + this.v1h + (low > 0xffffffff ? 1 : 0);
    this.v0l = low | 0;
    this.v0h = high | 0;
    high = (this.v1h << 13) | (this.v1l >>> 19);
    low = (this.v1l << 13) | (this.v1h >>> 19);
    this.v1h = high ^ this.v0h;
    this.v1l = low ^ this.v0l;
    low = this.v0l;
    this.v0l = this.v0h;
    this.v0h = low;
    // v2 += v3; v3 <<<= 16; v3 ^= v2
    low = (this.v2l >>> 0) + (this.v3l >>> 0);
    high = this.v2h + this.v3h + (low > 0xffffffff ? 1 : 0);
    this.v2l = low | 0;
    this.v2h = high | 0;
    high = (this.v3h << 16) | (this.v3l >>> 16);
    low = (this.v3l << 16) | (this.v3h >>> 16);
    this.v3h = high ^ this.v2h;
    this.v3l = low ^ this.v2l;
    // v0 += v3; v3 <<<= 21; v3 ^= v0
    low = (this.v0l >>> 0) + (this.v3l >>> 0);
    high = this.v0h + this.v3h + (low > 0xffffffff ? 1 : 0);
    this.v0l = low | 0;
    this.v0h = high | 0;
    high = (this.v3h << 21) | (this.v3l >>> 11);
    low = (this.v3l << 21) | (this.v3h >>> 11);
    this.v3h = high ^ this.v0h;
    this.v3l = low ^ this.v0l;
    // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
    low = (this.v2l >>> 0) + (this.v1l >>> 0);
    high = this.v2h + this.v1h + (low > 0xffffffff ? 1 : 0);
    this.v2l = low | 0;
    this.v2h = high | 0;
    high = (this.v1h << 17) | (this.v1l >>> 15);
    low = (this.v1l << 17) | (this.v1h >>> 15);
    this.v1h = high ^ this.v2h;
    this.v1l = low ^ this.v2l;
    low = this.v2l;
    this.v2l = this.v2h;
    this.v2h = low;
  }
}
