import { expect } from 'chai';
import { HalfSipHash } from './siphash.ts';

describe('hsiphash', () => {
  it('gives the kernel self-test values (upstream: Linux lib/siphash_kunit.c)', () => {
    const hash = new HalfSipHash({ k0High: 0x07060504, k0Low: 0x03020100, k1High: 0x0f0e0d0c, k1Low: 0x0b0a0908 });
    expect(hash.ofNothing()).to.equal(0x050fc4dc);
    expect(hash.ofWord(0x03020100)).to.equal(0x88d38328);
  });
});
