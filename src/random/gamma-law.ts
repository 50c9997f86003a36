/**
 * Gamma law, and Erlang, which is the gamma law of whole shape.
 *
 * The quantile function has no closed form. Its logarithm is tabulated over the uniform and interpolated by cubic Hermite polynomials with
 * the exact slopes (1/density). The nodes get denser towards both ends, by octaves as in a log-linear histogram, so the tails are as
 * good as the middle: within 1e-7 of the true quantile in probability, and of the tail's own probability.
 *
 *   0 ||||'|'|'|'---|---|---|---|-------|-------|-------|------- 2^31   one half: 32 nodes an octave; the other half is its mirror image
 */
import { gammaTails } from './gamma-function.ts';
import type { Law } from './law.ts';
import { exp, log, normalQuantile } from './portable-math.ts';
import { toUniform } from './stream.ts';

const STEPS_LOG2 = 5;
const STEPS = 1 << STEPS_LOG2;
/** Nodes of one half, at distances from its end of 0 … 31, then 32 an octave, up to 2^31 included. */
const NODES = (32 - STEPS_LOG2) * STEPS + 1;
/** From this shape on, Cornish and Fisher's expansion is as close as the table, which would take long to build. */
const LARGE_SHAPE = 10_000;

/** @param shape 1/scv, > 0 */
export function createGammaLaw(mean: number, shape: number): Law {
  return shape < LARGE_SHAPE ? new GammaLaw(mean, shape) : new NarrowGammaLaw(mean, shape);
}

class GammaLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly lower: HalfTable;
  private readonly upper: HalfTable;

  constructor(mean: number, shape: number) {
    this.mean = mean;
    this.scv = 1 / shape;
    const logScale = log(mean) - log(shape);
    this.lower = tabulate(shape, logScale, true);
    this.upper = tabulate(shape, logScale, false);
  }

  sample(bits: number): number {
    return (bits | 0) >= 0 ? interpolate(this.lower, bits) : interpolate(this.upper, ~bits);
  }
}

/** ln of the quantile at each node, and its change per unit of distance from the end. */
interface HalfTable {
  readonly value: Float64Array;
  readonly slope: Float64Array;
}

/** The quantile at distance n = 0 … 2^31 − 1 from the end of this half. */
function interpolate(table: HalfTable, n: number): number {
  const shift = n < STEPS ? 0 : 31 - STEPS_LOG2 - Math.clz32(n);
  const node = (n >>> shift) + (shift << STEPS_LOG2);
  const width = 1 << shift;
  const t = (n & (width - 1)) / width;
  const left = table.value[node];
  const rise = table.value[node + 1] - left;
  const a = table.slope[node] * width - rise;
  const b = rise - table.slope[node + 1] * width;
  return exp(left + t * (rise + (1 - t) * (a + t * (b - a))));
}

/**
 * Newton's method on ln P as a function of ln x, from the median outwards. Both ln P(X ≤ e^y) and ln P(X > e^y) are concave in y
 * (the density of ln X is log-concave), so it converges from any start, from one side after its first step.
 */
function tabulate(shape: number, logScale: number, isLower: boolean): HalfTable {
  const table = { value: new Float64Array(NODES), slope: new Float64Array(NODES) };
  const direction = isLower ? 1 : -1;
  let y = log(shape);
  for (let node = NODES - 1; node >= 0; node--) {
    const probability = toUniform(nodeDistance(node));
    const target = log(probability);
    for (let step = 1, rounds = 0; (step > 1e-11 || step < -1e-11) && rounds < 100; rounds++) {
      const tails = gammaTails(shape, y);
      const current = isLower ? tails.logLower : tails.logUpper;
      step = direction * (target - current) * exp(current - tails.logDensity);
      y += step;
    }
    table.value[node] = y + logScale;
    table.slope[node] = (direction * exp(-gammaTails(shape, y).logDensity)) / 4294967296;
  }
  return table;
}

function nodeDistance(node: number): number {
  if (node < STEPS) return node;
  const shift = (node >>> STEPS_LOG2) - 1;
  return (((node & (STEPS - 1)) + STEPS) << shift) >>> 0;
}

/** Gamma law of large shape, by Cornish and Fisher's expansion about the normal law (Abramowitz and Stegun 26.4.36, 26.2.50). */
class NarrowGammaLaw implements Law {
  readonly mean: number;
  readonly scv: number;
  readonly isConstant = false;
  private readonly shape: number;
  private readonly rootShape: number;

  constructor(mean: number, shape: number) {
    this.mean = mean;
    this.scv = 1 / shape;
    this.shape = shape;
    this.rootShape = Math.sqrt(shape);
  }

  sample(bits: number): number {
    const z = normalQuantile(toUniform(bits), toUniform(~bits));
    const square = z * z;
    const corrections = (square - 1) / 3 + (z * (square - 7)) / (36 * this.rootShape) - (6 * square * square + 14 * square - 32) / (1620 * this.shape);
    return this.mean * (1 + (this.rootShape * z + corrections) / this.shape);
  }
}
