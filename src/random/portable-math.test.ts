import { expect } from 'chai';
import { cosineOfTurn, exp, expm1, log, negativeLogUniform, normalQuantile, pow } from './portable-math.ts';
import { mix32 } from './stream.ts';

/** Distance of two doubles of the same sign in units of the last place of the reference. */
function ulps(actual: number, reference: number): number {
  if (actual === reference) return 0;
  const bytes = new BigInt64Array(new Float64Array([actual, reference]).buffer);
  return Math.abs(Number(bytes[0] - bytes[1]));
}

/** `count` fixed numbers spread evenly over [from, to). */
function* grid(from: number, to: number, count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield from + ((to - from) * (i + (mix32(i) >>> 0) / 2 ** 32)) / count;
}

function worstUlps(ours: (x: number) => number, theirs: (x: number) => number, arguments_: Iterable<number>): number {
  let worst = 0;
  for (const x of arguments_) worst = Math.max(worst, ulps(ours(x), theirs(x)));
  return worst;
}

// The engine's own functions are accurate to about 1 ulp, so 2 ulp between them and ours is the rounding of both.
describe('portable mathematics', () => {
  describe('log', () => {
    it('agrees with the engine to 2 ulp over the whole range of exponents', () => {
      expect(
        worstUlps(
          log,
          Math.log,
          [...grid(-1022, 1023, 50_000)].map((e) => 2 ** e),
        ),
      ).to.be.at.most(2);
    });
    it('agrees with the engine to 2 ulp around 1, where the result is small', () => {
      expect(worstUlps(log, Math.log, grid(0.5, 2, 50_000))).to.be.at.most(2);
      expect(worstUlps(log, Math.log, grid(1 - 1e-6, 1 + 1e-6, 10_000))).to.be.at.most(2);
    });
    it('is exact at 1, handles subnormal numbers and the ends', () => {
      expect(log(1)).to.equal(0);
      expect(ulps(log(5e-324), Math.log(5e-324))).to.be.at.most(1);
      expect(log(0)).to.equal(-Infinity);
      expect(log(Infinity)).to.equal(Infinity);
      expect(log(-1)).to.be.NaN;
    });
  });

  describe('exp', () => {
    it('agrees with the engine to 2 ulp', () => {
      expect(worstUlps(exp, Math.exp, grid(-708, 709.7, 50_000))).to.be.at.most(2);
      expect(worstUlps(exp, Math.exp, grid(-1, 1, 50_000))).to.be.at.most(2);
    });
    it('is exact at 0, underflows through subnormal numbers to 0 and overflows to Infinity', () => {
      expect(exp(0)).to.equal(1);
      expect(worstUlps(exp, Math.exp, grid(-745, -708.4, 1_000))).to.be.at.most(2);
      expect(exp(-800)).to.equal(0);
      expect(exp(-Infinity)).to.equal(0);
      expect(exp(710)).to.equal(Infinity);
      expect(exp(NaN)).to.be.NaN;
    });
    it('undoes the logarithm', () => {
      for (const x of grid(0.01, 100, 1_000)) expect(exp(log(x)) / x).to.be.closeTo(1, 2e-15);
    });
  });

  it('expm1 agrees with the engine to 4 ulp, also where exp(x) − 1 cancels', () => {
    expect(worstUlps(expm1, Math.expm1, grid(-40, 40, 50_000))).to.be.at.most(4);
    expect(worstUlps(expm1, Math.expm1, grid(-0.4, 0.4, 50_000))).to.be.at.most(4);
    expect(worstUlps(expm1, Math.expm1, grid(-1e-9, 1e-9, 1_000))).to.be.at.most(2);
  });

  it('pow agrees with the engine to 1e-14 and is exact for small whole powers', () => {
    for (const x of grid(0.001, 1000, 300)) {
      for (const y of grid(-5, 5, 60)) expect(pow(x, y) / x ** y).to.be.closeTo(1, 1e-14);
    }
    expect(pow(3, 4)).to.equal(81);
    expect(pow(2, -3)).to.equal(0.125);
    expect(pow(0, 0)).to.equal(1);
    expect(pow(0, 0.5)).to.equal(0);
    expect(pow(10, -1)).to.equal(0.1);
  });

  it('cosineOfTurn agrees with the engine to 1e-15, the rounding of its angle, and is exact at quarter turns', () => {
    for (const turn of grid(0, 1, 10_000)) expect(Math.abs(cosineOfTurn(turn) - Math.cos(2 * Math.PI * turn)), `at ${turn}`).to.be.at.most(1e-15);
    expect([0, 0.25, 0.5, 0.75, 1].map((turn) => cosineOfTurn(turn) + 0)).to.deep.equal([1, 0, -1, 0, 1]);
  });

  describe('negativeLogUniform', () => {
    const exact = (bits: number) => -Math.log1p(((bits >>> 0) + 0.5) / 2 ** 32 - 1);
    it('agrees with the logarithm to a relative 1e-13 at every scale', () => {
      let worst = 0;
      for (let i = 0; i < 200_000; i++) {
        const bits = mix32(i) >>> (i % 32);
        for (const b of [bits, ~bits]) worst = Math.max(worst, Math.abs(negativeLogUniform(b) / exact(b) - 1));
      }
      expect(worst).to.be.below(1e-13);
    });
    it('is finite and positive at both ends', () => {
      expect(negativeLogUniform(0)).to.be.closeTo(33 * Math.LN2, 1e-12);
      expect(negativeLogUniform(-1) / (0.5 / 2 ** 32)).to.be.closeTo(1, 1e-9);
    });
    it('never rises with the bits, also across the edges of its buckets', () => {
      for (let top = 256; top < 512; top++) {
        for (let zeros = 0; zeros < 24; zeros++) {
          const edge = ((top << 23) >>> zeros) >>> 0;
          expect(negativeLogUniform(edge - 1)).to.be.at.least(negativeLogUniform(edge));
        }
      }
    });
  });

  describe('normalQuantile', () => {
    // Computed with 40 digits by inverting erfc.
    const known: [number, number][] = [
      [1e-300, -37.0470962993612],
      [1e-20, -9.262340089798407],
      [1.1641532182693481e-10, -6.3379577545537895],
      [1e-5, -4.264890793922825],
      [0.01, -2.326347874040841],
      [0.075, -1.439531470938456],
      [0.0749999, -1.4395321773759007],
      [0.2, -0.8416212335729142],
      [0.4, -0.2533471031357997],
      [0.7, 0.5244005127080407],
      [0.925, 1.4395314709384561],
      [0.975, 1.9599639845400538],
      [0.999, 3.090232306167813],
    ];
    for (const [p, z] of known) {
      it(`at ${p} has a relative error of at most 1e-15`, () => expect(Math.abs(normalQuantile(p) / z - 1)).to.be.at.most(1e-15));
    }
    it('is odd, and 0 at one half', () => {
      expect(normalQuantile(0.5)).to.equal(0);
      for (const p of [1e-30, 1e-9, 0.01, 0.25]) expect(normalQuantile(1 - p, p)).to.equal(-normalQuantile(p, 1 - p));
    });
  });
});
