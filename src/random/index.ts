/** Chance: seeded streams, laws and their moments, Zipf shares, and the mathematics whose bytes are the same everywhere. */
export type { Law, LawSpec } from './law.ts';
export { createLaw, lawMean, lawScv } from './laws.ts';
export { exp, expm1, log, negativeLogUniform, normalQuantile, pow } from './portable-math.ts';
export { deriveKey, type Key, keyedBits, mix32, RandomStream, seedKey, toUniform } from './stream.ts';
export { ZipfPicker, zipfGroupSizes, zipfShares } from './zipf.ts';
