import { expect } from 'chai';
import type { Law, LawSpec } from './law.ts';
import { createLaw, lawMean, lawScv } from './laws.ts';
import { normalQuantile } from './portable-math.ts';
import { mix32, toUniform } from './stream.ts';

const STEPS = 4096;

/** Bits and probabilities that cover [0, 1): cells one by one at both ends, then 4096 midpoints an octave. */
function* strata(): Generator<{ bits: number; probability: number }> {
  for (let n = 0; n < STEPS; n++) yield* mirrored(n, 1);
  for (let width = 1; width * STEPS < 2 ** 31; width *= 2) {
    for (let i = 0; i < STEPS; i++) yield* mirrored((STEPS + i) * width + Math.floor(width / 2), width);
  }
}

function* mirrored(n: number, width: number): Generator<{ bits: number; probability: number }> {
  yield { bits: n, probability: width / 2 ** 32 };
  yield { bits: ~n, probability: width / 2 ** 32 };
}

/** Moments as integrals of the quantile function: no sampling error. */
function moments(law: Law): { mean: number; scv: number } {
  let mean = 0;
  let square = 0;
  for (const { bits, probability } of strata()) {
    const value = law.sample(bits);
    mean += value * probability;
    square += value * value * probability;
  }
  return { mean, scv: square / (mean * mean) - 1 };
}

const erlangCdf = (k: number, mean: number) => (x: number) => {
  const scaled = (x * k) / mean;
  let term = 1;
  let sum = 1;
  for (let i = 1; i < k; i++) sum += term *= scaled / i;
  return 1 - Math.exp(-scaled) * sum;
};
const exponentialCdf = (mean: number) => (x: number) => -Math.expm1(-x / mean);
const mixtureCdf = (p: number, one: (x: number) => number, other: (x: number) => number) => (x: number) => p * one(x) + (1 - p) * other(x);

interface Case {
  readonly spec: LawSpec;
  readonly cdf?: (x: number) => number;
}

const exponential: LawSpec = { law: 'exponential', mean: 0.01 };
const continuous: readonly Case[] = [
  { spec: exponential, cdf: exponentialCdf(0.01) },
  { spec: { law: 'erlang', mean: 2, k: 1 }, cdf: exponentialCdf(2) },
  { spec: { law: 'erlang', mean: 0.01, k: 4 }, cdf: erlangCdf(4, 0.01) },
  { spec: { law: 'erlang', mean: 3, k: 50 }, cdf: erlangCdf(50, 3) },
  { spec: { law: 'gamma', mean: 0.01, cv: 0.5 }, cdf: erlangCdf(4, 0.01) },
  { spec: { law: 'gamma', mean: 0.01, cv: 3 } },
  { spec: { law: 'gamma', mean: 1, cv: 0.02 } },
  { spec: { law: 'gamma', mean: 1, cv: 0.002 } },
  { spec: { law: 'lognormal', mu: -4.6, sigma: 1.2 } },
  { spec: { law: 'weibull', mean: 0.1, shape: 1 }, cdf: exponentialCdf(0.1) },
  { spec: { law: 'weibull', mean: 0.1, shape: 2 }, cdf: (x) => -Math.expm1(-((x / (0.1 / Math.sqrt(Math.PI / 4))) ** 2)) },
  { spec: { law: 'weibull', mean: 0.1, shape: 0.6 } },
  { spec: { law: 'pareto-bounded', mean: 1, shape: 1.5, ratio: 1000 } },
  { spec: { law: 'pareto-bounded', mean: 1, shape: 1, ratio: 1000 }, cdf: (x) => paretoCdf(x, 1, 1000) },
  { spec: { law: 'pareto-bounded', mean: 1, shape: 2, ratio: 50 }, cdf: (x) => paretoCdf(x, 2, 50) },
  { spec: { law: 'uniform', min: 1, max: 3 }, cdf: (x) => (x - 1) / 2 },
];
const mixtures: readonly Case[] = [
  { spec: { law: 'hyperexponential', p: 0.9, mean1: 0.005, mean2: 0.055 }, cdf: mixtureCdf(0.9, exponentialCdf(0.005), exponentialCdf(0.055)) },
  { spec: { law: 'hyperexponential', p: 0.01, mean1: 5, mean2: 0.1 }, cdf: mixtureCdf(0.01, exponentialCdf(5), exponentialCdf(0.1)) },
  { spec: { law: 'bimodal', p: 0.2, fast: exponential, slow: { law: 'uniform', min: 1, max: 2 } } },
  { spec: { law: 'bimodal', p: 0.001, fast: { law: 'constant', value: 0.01 }, slow: { law: 'constant', value: 1 } } },
  { spec: { law: 'empirical', values: [1, 2, 2, 10] } },
];

function paretoCdf(x: number, shape: number, ratio: number): number {
  const kept = 1 - ratio ** -shape;
  const meanOfMinOne = shape === 1 ? Math.log(ratio) / kept : ((shape / (shape - 1)) * (1 - ratio ** (1 - shape))) / kept;
  return (1 - (x * meanOfMinOne) ** -shape) / kept;
}

const nameOf = (spec: LawSpec) => JSON.stringify(spec);

describe('laws', () => {
  for (const { spec } of [...continuous, ...mixtures]) {
    it(`${nameOf(spec)} has the mean and variability it states`, () => {
      const law = createLaw(spec, 1);
      const found = moments(law);
      expect(law.mean).to.equal(lawMean(spec));
      expect(law.scv).to.equal(lawScv(spec));
      expect(law.isConstant).to.equal(false);
      expect(found.mean / law.mean).to.be.closeTo(1, 2e-4);
      expect(found.scv / law.scv).to.be.closeTo(1, 2e-3);
    });
    it(`${nameOf(spec)} is finite and not negative at both ends, and scales with the unit`, () => {
      const law = createLaw(spec, 1);
      const nanoseconds = createLaw(spec, 1e9);
      expect(nanoseconds.mean / law.mean).to.be.closeTo(1e9, 1e-3);
      for (const bits of [0, -1, 1, -2, 0x7fffffff, -0x80000000, 123456789]) {
        expect(law.sample(bits)).to.be.at.least(0).and.below(Infinity);
        expect(nanoseconds.sample(bits)).to.be.closeTo(law.sample(bits) * 1e9, 1e-9 + law.sample(bits));
      }
    });
    it(`${nameOf(spec)} gives the same value to the same bits, read as signed or unsigned`, () => {
      const law = createLaw(spec, 1);
      expect(law.sample(0xdeadbeef)).to.equal(law.sample(0xdeadbeef | 0));
    });
  }

  for (const { spec } of [...continuous, { spec: { law: 'empirical', values: [1, 2, 2, 10] } } as Case]) {
    it(`${nameOf(spec)} never falls when the uniform rises`, () => {
      const law = createLaw(spec, 1);
      const bits = Uint32Array.from({ length: 100_000 }, (_, i) => mix32(i) >>> (i % 32));
      bits.sort();
      const falls = bits.filter((_, i) => i > 0 && law.sample(bits[i]) < law.sample(bits[i - 1]) * (1 - 1e-13)); // but for rounding
      expect(Array.from(falls)).to.deep.equal([]);
    });
  }

  for (const { spec, cdf } of continuous) {
    if (cdf === undefined) continue;
    it(`${nameOf(spec)} is the quantile function, within 1e-7 in probability`, () => {
      const law = createLaw(spec, 1);
      let worst = 0;
      for (let i = 0; i < 100_000; i++) {
        const bits = mix32(i) >> (i % 31); // both ends too
        worst = Math.max(worst, Math.abs(cdf(law.sample(bits)) - toUniform(bits)));
      }
      expect(worst).to.be.below(1e-7);
    });
  }

  for (const { spec, cdf } of mixtures) {
    if (cdf === undefined) continue;
    it(`${nameOf(spec)} follows its distribution function (Kolmogorov's distance over an even grid)`, () => {
      const law = createLaw(spec, 1);
      const count = 1 << 16;
      const values = Float64Array.from({ length: count }, (_, i) => law.sample(i << 16)).sort();
      const distances = values.map((value, i) => Math.abs(cdf(value) - (i + 0.5) / count));
      expect(distances.reduce((worst, distance) => Math.max(worst, distance))).to.be.below(3 / count);
    });
  }

  it('gamma of shape ½ is half the square of a normal variable', () => {
    const law = createLaw({ law: 'gamma', mean: 0.5, cv: Math.SQRT2 }, 1);
    for (let i = 0; i < 10_000; i++) {
      const bits = mix32(i);
      const z = normalQuantile((1 + toUniform(bits)) / 2, toUniform(~bits) / 2);
      expect(law.sample(bits) / ((z * z) / 2)).to.be.closeTo(1, 1e-6);
    }
  });

  it('gamma changes smoothly where its method changes', () => {
    const table = createLaw({ law: 'gamma', mean: 1, cv: 0.010001 }, 1);
    const expansion = createLaw({ law: 'gamma', mean: 1, cv: 0.009999 }, 1);
    for (const bits of [0, 1000, 0x40000000, -0x40000000, -1000, -1]) {
      expect((table.sample(bits) - 1) / (expansion.sample(bits) - 1)).to.be.closeTo(10001 / 9999, 1e-4);
    }
  });

  it('gamma of a tiny shape keeps its share of values that are as good as 0', () => {
    const law = createLaw({ law: 'gamma', mean: 1, cv: 20 }, 1);
    expect(law.sample(0)).to.equal(0);
    expect(moments(law).mean).to.be.closeTo(1, 1e-3);
  });

  it('laws of one value are constant, whatever they are called', () => {
    const degenerate: LawSpec[] = [
      { law: 'constant', value: 2 },
      { law: 'uniform', min: 2, max: 2 },
      { law: 'lognormal', mu: Math.log(2), sigma: 0 },
      { law: 'empirical', values: [2, 2, 2] },
      { law: 'bimodal', p: 0, fast: { law: 'constant', value: 2 }, slow: { law: 'constant', value: 5 } },
      { law: 'gamma', mean: 2, cv: 0 },
    ];
    for (const spec of degenerate) {
      const law = createLaw(spec, 1);
      expect(law.isConstant, nameOf(spec)).to.equal(true);
      expect(law.scv).to.equal(0);
      expect(law.sample(12345)).to.be.closeTo(2, 1e-15);
    }
    expect(createLaw({ law: 'exponential', mean: 0 }, 1).sample(7)).to.equal(0);
  });

  it('a mixture whose share is 0 or 1 is the other law', () => {
    const uniform: LawSpec = { law: 'uniform', min: 0, max: 1 };
    expect(createLaw({ law: 'bimodal', p: 1, fast: exponential, slow: uniform }, 1).sample(1 << 30)).to.be.closeTo(0.25, 1e-9);
    expect(createLaw({ law: 'hyperexponential', p: 1, mean1: 0.01, mean2: 5 }, 1).sample(77)).to.equal(createLaw(exponential, 1).sample(77));
    expect(createLaw({ law: 'hyperexponential', p: 0, mean1: 5, mean2: 0.01 }, 1).sample(77)).to.equal(createLaw(exponential, 1).sample(77));
  });

  it('moments in closed form: worked examples', () => {
    expect(lawScv({ law: 'hyperexponential', p: 0.5, mean1: 1, mean2: 3 })).to.be.closeTo((0.5 * 2 * 1 + 0.5 * 2 * 9) / 4 - 1, 1e-14);
    expect(lawScv({ law: 'uniform', min: 0, max: 2 })).to.be.closeTo(1 / 3, 1e-15);
    expect(lawScv({ law: 'weibull', mean: 7, shape: 0.5 })).to.be.closeTo(5, 1e-12);
    expect(lawScv({ law: 'lognormal', mu: 3, sigma: 1 })).to.be.closeTo(Math.E - 1, 1e-14);
    expect(lawMean({ law: 'bimodal', p: 0.1, fast: { law: 'constant', value: 1 }, slow: exponential })).to.be.closeTo(0.901, 1e-15);
    expect(lawMean({ law: 'empirical', values: [1, 2, 6] })).to.equal(3);
  });
});
