/**
 * Logarithm, exponential, power and normal quantile that give the same bytes on every machine and Node version.
 *
 * ECMAScript leaves the last bits of `Math.log`, `exp` and `pow` to the engine; here only + − × ÷ √ and integer operations
 * are used, each of which IEEE 754 and ECMAScript fix exactly. Everything that can reach a result goes through this file.
 */

/** ln 2 in two parts: the first has 20 trailing zero bits, so its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^(i − 1023) for i = 0 … 2046, so that scaling is one exact product. */
const powersOfTwo = new Float64Array(2047);
powersOfTwo[1023] = 1;
for (let i = 1; i <= 1023; i++) {
  powersOfTwo[1023 + i] = powersOfTwo[1022 + i] * 2;
  powersOfTwo[1023 - i] = powersOfTwo[1024 - i] * 0.5;
}

/** One double, and its two halves as words; which half is the high one depends on the machine's byte order. */
const asDouble = Float64Array.of(1);
const asWords = new Uint32Array(asDouble.buffer);
const HIGH = asWords[1] === 0 ? 0 : 1;

/**
 * Natural logarithm; relative error below 2^-52 (1 ulp). 0 gives −Infinity, negative arguments NaN.
 *
 * x = 2^k m with m in [√½, √2); with s = (m − 1)/(m + 1), ln m = 2 (s + s³/3 + s⁵/5 + …).
 * The sum is arranged as in fdlibm's e_log.c (f − (f²/2 − s (f²/2 + R))), which keeps the error of the series out of the leading bits.
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  let exponent = 0;
  let m = x;
  if (m < 2.2250738585072014e-308) {
    m *= 18014398509481984; // 2^54 lifts subnormal numbers into the normal range
    exponent = -54;
  }
  asDouble[0] = m;
  const biased = asWords[HIGH] >>> 20;
  m *= powersOfTwo[2046 - biased]; // in [1, 2)
  exponent += biased - 1023;
  if (m > Math.SQRT2) {
    m *= 0.5;
    exponent++;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s; // at most 0.0295
  const w = z * z;
  // 2z/3 + 2z²/5 + 2z³/7 + … + 2z¹¹/23: the odd and even halves are independent of each other, for speed
  const odd = z * (2 / 3 + w * (2 / 7 + w * (2 / 11 + w * (2 / 15 + w * (2 / 19 + w * (2 / 23))))));
  const even = w * (2 / 5 + w * (2 / 9 + w * (2 / 13 + w * (2 / 17 + w * (2 / 21)))));
  const halfSquare = 0.5 * f * f;
  const correction = s * (halfSquare + odd + even);
  if (exponent === 0) return f - (halfSquare - correction);
  return exponent * LN2_HIGH - (halfSquare - (correction + exponent * LN2_LOW) - f);
}

/** e^x; relative error below 2^-52 (1 ulp) for normal results. Overflows to Infinity above 709.79, underflows to 0 below −745.2. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Infinity;
  if (!(x >= -745.1332191019412)) return x < 0 ? 0 : NaN;
  const k = Math.floor(x * Math.LOG2E + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  return scaleByPowerOfTwo(1 + expm1Near0(high, low), k);
}

/** e^x − 1 without cancellation near 0; relative error below 2^-51. */
export function expm1(x: number): number {
  return x > -0.35 && x < 0.35 ? expm1Near0(x, 0) : exp(x) - 1;
}

/**
 * e^r − 1 for r = high − low, |r| ≤ 0.35.
 *
 * r coth(r/2) = 2 + r²/6 − r⁴/360 + r⁶/15120 − … (Abramowitz and Stegun 4.5.67), and e^r − 1 = 2r/(r coth(r/2) − r);
 * written as r + r c/(2 − c) with c = r − (r²/6 − …), so that the leading term is exact (arrangement of fdlibm's e_exp.c).
 */
function expm1Near0(high: number, low: number): number {
  const r = high - low;
  const z = r * r;
  const c = r - z * (1 / 6 + z * (-1 / 360 + z * (1 / 15120 + z * (-1 / 604800 + z * (1 / 23950080 + z * (-691 / 653837184000 + z * (1 / 37362124800)))))));
  return high - (low - (r * c) / (2 - c));
}

/** y · 2^k for k in −1075 … 1024. */
function scaleByPowerOfTwo(y: number, k: number): number {
  if (k > 1023) return y * 2 * powersOfTwo[k + 1022];
  if (k < -1022) return y * powersOfTwo[k + 1077] * 5.551115123125783e-17; // 2^-54; the result is rounded once, by the last product
  return y * powersOfTwo[k + 1023];
}

/**
 * x^y for x ≥ 0. Whole exponents up to 64 by repeated multiplication (relative error ≤ |y| 2^-53), others as e^(y ln x)
 * (relative error ≤ (2 + |y ln x|) 2^-52). 0^0 is 1.
 */
export function pow(x: number, y: number): number {
  if (y === Math.floor(y) && y >= -64 && y <= 64) return y < 0 ? 1 / wholePower(x, -y) : wholePower(x, y);
  if (x === 0) return y < 0 ? Infinity : 0;
  return exp(y * log(x));
}

function wholePower(x: number, n: number): number {
  let result = 1;
  let square = x;
  for (let rest = n; rest > 0; rest >>>= 1) {
    if (rest & 1) result *= square;
    square *= square;
  }
  return result;
}

const BUCKETS = 256;
/** Per bucket of m in [½, 1): 1/centre, and −ln(centre). The last centre is 1, so that the result is exact to the end near u = 1. */
const inverseCentre = new Float64Array(BUCKETS);
const minusLogCentre = new Float64Array(BUCKETS);
for (let i = 0; i < BUCKETS; i++) {
  inverseCentre[i] = i === BUCKETS - 1 ? 1 : 1 / (0.5 + (i + 0.5) / (2 * BUCKETS));
  minusLogCentre[i] = log(inverseCentre[i]);
}

/**
 * −ln((n + ½)/2^32) for n = the 32 bits read as unsigned: an exponential variate of mean 1, in 1.2e-10 … 22.9.
 *
 * (n + ½)/2^32 = 2^-zeros m, m in [½, 1); the top 8 bits of m name a bucket, and ln(m/centre) is a polynomial of degree 5.
 * Relative error below 1e-13. Falls as the bits rise: `negativeLogUniform(~bits)` is the quantile function.
 */
export function negativeLogUniform(bits: number): number {
  const n = bits >>> 0;
  const zeros = Math.clz32(n);
  const bucket = (((n << zeros) | ((1 << zeros) >>> 1)) >>> 23) & 255; // the one half is the bit below the last one of n
  const r = (n + 0.5) * powersOfTwo[zeros + 991] * inverseCentre[bucket] - 1; // |r| ≤ 1/512
  const square = r * r;
  const logRatio = r - square * (1 / 2 - r * (1 / 3) + square * (1 / 4 - r * (1 / 5)));
  return zeros * Math.LN2 + minusLogCentre[bucket] - logRatio;
}

/**
 * cos(2π turn) for a turn in [0, 1]; error below 2^-51. By symmetry an angle of at most an eighth of a turn is left, for which the
 * power series of cosine or sine is summed to its 8th term.
 */
export function cosineOfTurn(turn: number): number {
  const half = turn > 0.5 ? 1 - turn : turn; // cos is even: 0 … ½
  if (half > 0.25) return -quarterCosine(0.5 - half);
  return quarterCosine(half);
}

/** 0 … ¼ of a turn. */
function quarterCosine(turn: number): number {
  const x = 2 * Math.PI * (turn > 0.125 ? 0.25 - turn : turn);
  const z = x * x;
  const isSine = turn > 0.125;
  let sum = 0;
  for (let term = 8; term >= 1; term--) sum = (-z / (isSine ? 2 * term * (2 * term + 1) : 2 * term * (2 * term - 1))) * (1 + sum);
  return isSine ? x * (1 + sum) : 1 + sum;
}

/** The rational approximations of AS 241 by ascending power: near the centre, in the tails, and beyond e^-25. */
const CENTRE_ABOVE = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
];
const CENTRE_BELOW = [1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854];
const TAIL_ABOVE = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506, 0.022723844989269184,
  0.0007745450142783414,
];
const TAIL_BELOW = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
];
const FAR_ABOVE = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5,
  2.0103343992922881e-7,
];
const FAR_BELOW = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
];

/**
 * Quantile of the standard normal law.
 *
 * @param lower probability below the quantile, in (0, 1)
 * @param upper probability above it, 1 − `lower`; given separately because near 1 only the smaller one is exact
 * Relative error about 1e-16 (of the smaller tail probability). Source: Wichura 1988, Algorithm AS 241 (PPND16), Applied Statistics 37(3).
 */
export function normalQuantile(lower: number, upper: number = 1 - lower): number {
  const q = 0.5 * (lower - upper);
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE_ABOVE, r)) / polynomial(CENTRE_BELOW, r);
  }
  const tail = Math.sqrt(-log(q < 0 ? lower : upper));
  const distance =
    tail <= 5 ? polynomial(TAIL_ABOVE, tail - 1.6) / polynomial(TAIL_BELOW, tail - 1.6) : polynomial(FAR_ABOVE, tail - 5) / polynomial(FAR_BELOW, tail - 5);
  return q < 0 ? -distance : distance;
}

function polynomial(c: readonly number[], x: number): number {
  return ((((((c[7] * x + c[6]) * x + c[5]) * x + c[4]) * x + c[3]) * x + c[2]) * x + c[1]) * x + c[0];
}
