/**
 * MurmurHash3 for 64-bit machines, 128 bits of result: two words of 64 bits, each as a pair of int32.
 *
 * Source: Austin Appleby's smhasher, `MurmurHash3_x64_128`, public domain; constants and order of steps are his.
 */

/** Hash of the bytes of a text of ASCII. */
export interface Hash128 {
  readonly h1High: number;
  readonly h1Low: number;
  readonly h2High: number;
  readonly h2Low: number;
}

/** A 64-bit integer that is worked on in place. */
class Word {
  high: number;
  low: number;

  constructor(high: number, low: number) {
    this.high = high | 0;
    this.low = low | 0;
  }

  add(other: Word): this {
    const low = (this.low >>> 0) + (other.low >>> 0);
    this.high = (this.high + other.high + (low > 0xffffffff ? 1 : 0)) | 0;
    this.low = low | 0;
    return this;
  }

  xor(other: Word): this {
    this.high ^= other.high;
    this.low ^= other.low;
    return this;
  }

  /** Low 64 bits of the product. */
  multiply(other: Word): this {
    const high = Math.imul(this.high, other.low) + Math.imul(this.low, other.high);
    // low × low: 16 bits at a time
    const a0 = this.low & 0xffff;
    const a1 = this.low >>> 16;
    const b0 = other.low & 0xffff;
    const b1 = other.low >>> 16;
    const middle = a1 * b0 + ((a0 * b0) >>> 16);
    const cross = (middle & 0xffff) + a0 * b1;
    this.high = (high + a1 * b1 + Math.floor(middle / 65536) + Math.floor(cross / 65536)) | 0;
    this.low = Math.imul(this.low, other.low);
    return this;
  }

  rotateLeft(bits: number): this {
    let { high, low } = this;
    let rest = bits;
    if (rest >= 32) {
      [high, low] = [low, high];
      rest -= 32;
    }
    if (rest > 0) [high, low] = [(high << rest) | (low >>> (32 - rest)), (low << rest) | (high >>> (32 - rest))];
    this.high = high;
    this.low = low;
    return this;
  }

  /** x ^= x >>> 33 */
  xorShift33(): this {
    this.low ^= this.high >>> 1;
    return this;
  }
}

const C1 = new Word(0x87c37b91, 0x114253d5);
const C2 = new Word(0x4cf5ad43, 0x2745937f);
const F1 = new Word(0xff51afd7, 0xed558ccd);
const F2 = new Word(0xc4ceb9fe, 0x1a85ec53);
const FIVE = new Word(0, 5);

export function murmur3(text: string, seed: number): Hash128 {
  const h1 = new Word(0, seed);
  const h2 = new Word(0, seed);
  const whole = text.length - (text.length % 16);
  for (let at = 0; at < whole; at += 16) {
    h1.xor(spread(readWord(text, at, at + 8), C1, 31, C2))
      .rotateLeft(27)
      .add(h2)
      .multiply(FIVE)
      .add(new Word(0, 0x52dce729));
    h2.xor(spread(readWord(text, at + 8, at + 16), C2, 33, C1))
      .rotateLeft(31)
      .add(h1)
      .multiply(FIVE)
      .add(new Word(0, 0x38495ab5));
  }
  if (text.length - whole > 8) h2.xor(spread(readWord(text, whole + 8, text.length), C2, 33, C1));
  if (text.length > whole) h1.xor(spread(readWord(text, whole, Math.min(whole + 8, text.length)), C1, 31, C2));
  const length = new Word(0, text.length);
  h1.xor(length);
  h2.xor(length);
  h1.add(h2);
  h2.add(h1);
  finish(h1);
  finish(h2);
  h1.add(h2);
  h2.add(h1);
  return { h1High: h1.high, h1Low: h1.low, h2High: h2.high, h2Low: h2.low };
}

/** Remainder of a 64-bit unsigned integer; `divisor` below 2^20. */
export function remainder64(high: number, low: number, divisor: number): number {
  return (((high >>> 0) % divisor) * (4294967296 % divisor) + ((low >>> 0) % divisor)) % divisor;
}

/** Bytes `from` … `to` − 1, at most 8, the first one lowest. */
function readWord(text: string, from: number, to: number): Word {
  let low = 0;
  let high = 0;
  for (let i = to - 1; i >= from; i--) {
    const byte = text.charCodeAt(i);
    if (i - from >= 4) high = (high << 8) | byte;
    else low = (low << 8) | byte;
  }
  return new Word(high, low);
}

function spread(word: Word, first: Word, bits: number, second: Word): Word {
  return word.multiply(first).rotateLeft(bits).multiply(second);
}

function finish(word: Word): void {
  word.xorShift33().multiply(F1).xorShift33().multiply(F2).xorShift33();
}
