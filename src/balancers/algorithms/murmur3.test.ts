import { expect } from 'chai';
import { murmur3, remainder64 } from './murmur3.ts';

const MASK = (1n << 64n) - 1n;

/** The same in 64-bit integers, written anew from the published description. */
function reference(text: string, seed: number): [bigint, bigint] {
  const bytes = Array.from(text, (c) => BigInt(c.charCodeAt(0)));
  const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & MASK;
  const word = (from: number, to: number) => bytes.slice(from, to).reduceRight((sum, byte) => (sum << 8n) | byte, 0n);
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  const k1 = (x: bigint) => (rotate((x * c1) & MASK, 31n) * c2) & MASK;
  const k2 = (x: bigint) => (rotate((x * c2) & MASK, 33n) * c1) & MASK;
  const mix = (x: bigint) => [0xff51afd7ed558ccdn, 0xc4ceb9fe1a85ec53n].reduce((y, f) => ((y ^ (y >> 33n)) * f) & MASK, x);
  let [h1, h2] = [BigInt(seed), BigInt(seed)];
  const whole = text.length - (text.length % 16);
  for (let at = 0; at < whole; at += 16) {
    h1 = ((rotate(h1 ^ k1(word(at, at + 8)), 27n) + h2) * 5n + 0x52dce729n) & MASK;
    h2 = ((rotate(h2 ^ k2(word(at + 8, at + 16)), 31n) + h1) * 5n + 0x38495ab5n) & MASK;
  }
  h2 ^= k2(word(whole + 8, text.length)) ^ BigInt(text.length);
  h1 ^= k1(word(whole, Math.min(whole + 8, text.length))) ^ BigInt(text.length);
  h1 = (h1 + h2) & MASK;
  h2 = (h2 + h1) & MASK;
  [h1, h2] = [h1, h2].map((h) => mix(h) ^ (mix(h) >> 33n));
  h1 = (h1 + h2) & MASK;
  return [h1, (h2 + h1) & MASK];
}

describe('MurmurHash3', () => {
  it('gives the published value of a known sentence', () => {
    const { h1High, h1Low } = murmur3('The quick brown fox jumps over the lazy dog', 0);
    expect([(h1High >>> 0).toString(16), (h1Low >>> 0).toString(16)]).to.deep.equal(['e34bbc7b', 'bc071b6c']);
  });

  it('agrees with 64-bit integers for every length, and so does the remainder', () => {
    for (let length = 0; length < 50; length++) {
      const text = Array.from({ length }, (_, i) => String.fromCharCode(33 + ((i * 37 + length * 11) % 90))).join('');
      const { h1High, h1Low, h2High, h2Low } = murmur3(text, 0x24b7ef82);
      const [h1, h2] = reference(text, 0x24b7ef82);
      expect([h1High, h1Low, h2High, h2Low].map((part) => part >>> 0)).to.deep.equal(
        [h1 >> 32n, h1 & 0xffffffffn, h2 >> 32n, h2 & 0xffffffffn].map(Number),
        text,
      );
      for (const divisor of [251, 16381, 131071]) expect(remainder64(h1High, h1Low, divisor)).to.equal(Number(h1 % BigInt(divisor)));
    }
  });
});
