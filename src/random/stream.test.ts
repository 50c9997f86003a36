import { expect } from 'chai';
import { deriveKey, keyedBits, mix32, RandomStream, seedKey, toUniform } from './stream.ts';

/** Bits set in an int32. */
function population(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest > 0; rest >>>= 1) count += rest & 1;
  return count;
}

/** Pearson's chi-square of the top byte of `count` draws; 255 degrees of freedom. */
function chiSquareOfTopByte(draw: (i: number) => number, count: number): number {
  const cells = new Float64Array(256);
  for (let i = 0; i < count; i++) cells[draw(i) >>> 24]++;
  const expected = count / 256;
  return cells.reduce((sum, cell) => sum + (cell - expected) ** 2 / expected, 0);
}

// The 1e-4 quantiles of chi-square with 255 degrees of freedom on either side; seeds are fixed, so the tests cannot flicker.
const CHI_SQUARE = { low: 179, high: 347 };

describe('RandomStream', () => {
  it('gives the same sequence for the same key, and another one for another key', () => {
    const draw = (key: { high: number; low: number }) => {
      const stream = new RandomStream(key);
      return Array.from({ length: 8 }, () => stream.bits());
    };
    expect(draw({ high: 1, low: 2 })).to.deep.equal(draw({ high: 1, low: 2 }));
    expect(draw({ high: 1, low: 2 })).to.not.deep.equal(draw({ high: 2, low: 1 }));
    expect(new Set(draw({ high: 0, low: 0 })).size).to.equal(8);
  });

  it('is even in its top byte, and in whole numbers of any range', () => {
    const stream = new RandomStream(seedKey('even'));
    expect(chiSquareOfTopByte(() => stream.bits(), 1_000_000)).to.be.within(CHI_SQUARE.low, CHI_SQUARE.high);
    const counts = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) counts[stream.integer(7)]++;
    for (const count of counts) expect(count).to.be.within(9_600, 10_400);
  });

  it('draws uniforms strictly between 0 and 1', () => {
    expect(toUniform(0)).to.be.above(0);
    expect(toUniform(-1)).to.be.below(1);
    expect(toUniform(0x7fffffff)).to.be.closeTo(0.5, 1e-9);
  });
});

describe('keyedBits', () => {
  it('is even over the counter and over the keys', () => {
    expect(chiSquareOfTopByte((i) => keyedBits(17, 42, i), 1_000_000)).to.be.within(CHI_SQUARE.low, CHI_SQUARE.high);
    expect(chiSquareOfTopByte((i) => keyedBits(i, 42, 7), 1_000_000)).to.be.within(CHI_SQUARE.low, CHI_SQUARE.high);
    expect(chiSquareOfTopByte((i) => keyedBits(17, i, 7), 1_000_000)).to.be.within(CHI_SQUARE.low, CHI_SQUARE.high);
  });

  it('changes half of its bits when one bit of the counter or the key changes', () => {
    let changed = 0;
    for (let i = 0; i < 10_000; i++) {
      const flip = 1 << (i % 32);
      const counter = mix32(i);
      changed += population(keyedBits(5, 9, counter) ^ keyedBits(5, 9, counter ^ flip));
      changed += population(keyedBits(5, counter, 9) ^ keyedBits(5, counter ^ flip, 9));
    }
    expect(changed / 20_000).to.be.closeTo(16, 0.1);
  });

  it('gives sequences of neighbouring keys that do not correlate', () => {
    let sum = 0;
    for (let i = 0; i < 100_000; i++) sum += (toUniform(keyedBits(1, 2, i)) - 0.5) * (toUniform(keyedBits(1, 3, i)) - 0.5);
    expect(Math.abs(sum / 100_000) * 12).to.be.below(4 / Math.sqrt(100_000));
  });
});

describe('keys', () => {
  it('depend on the seed text and on every part of the name, and on where parts end', () => {
    const root = seedKey('42');
    expect(seedKey('42')).to.deep.equal(root);
    expect(seedKey('43')).to.not.deep.equal(root);
    const keys = [
      deriveKey(root, 'ab', 'c'),
      deriveKey(root, 'a', 'bc'),
      deriveKey(root, 'abc'),
      deriveKey(root, 'abc', 1),
      deriveKey(root, 'abc', 2),
      deriveKey(root, 'abc', '2'),
      root,
    ];
    expect(new Set(keys.map((key) => `${key.high} ${key.low}`)).size).to.equal(keys.length);
  });
});
