import { expect } from 'chai';
import { RandomStream } from '../random/stream.ts';
import { relabelTest, signFlipTest } from './permutation.ts';

const stream = () => {
  const random = new RandomStream({ high: 7, low: 11 });
  return () => random.uniform();
};
const never = () => {
  throw new Error('no chance needed');
};

describe('signFlipTest', () => {
  it('counts sign patterns exactly: all of one sign has two of 2^n', () => {
    expect(signFlipTest([1, 2, 3, 4], never)).to.equal(2 / 16);
    // |Σ| ≥ 8 for 10, 8 (without 1), and their mirrors
    expect(signFlipTest([-1, 2, 3, 4], never)).to.equal(4 / 16);
  });

  it("gives Fisher's own example: Darwin's maize, 15 pairs", () => {
    const darwin = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
    expect(signFlipTest(darwin, never)).to.equal(1726 / 32768); // 863 of 16384 on one side (Fisher 1935)
  });

  it('leaves out pairs that do not differ', () => {
    expect(signFlipTest([0, 0, 5, 5, 5], never)).to.equal(2 / 8);
    expect(signFlipTest([0, 0], never)).to.equal(1);
  });

  it('samples patterns when there are many, and never says zero', () => {
    const alternating = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    expect(signFlipTest(alternating, stream())).to.be.closeTo(1, 1e-9);
    expect(signFlipTest(new Array(40).fill(1), stream())).to.equal(1 / 10001);
  });
});

describe('relabelTest', () => {
  it('is near the exact share of relabellings', () => {
    // 2 of C(6,3) = 20 splits are as extreme as {1,2,3} against {4,5,6}
    expect(relabelTest([1, 2, 3], [4, 5, 6], stream())).to.be.closeTo(0.1, 0.012); // 4 standard errors of 10,000 draws
  });
});
