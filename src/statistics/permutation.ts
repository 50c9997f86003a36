/**
 * Tests that assume no law: how often chance alone, by relabelling what was seen, gives a difference as large.
 *
 * Apart from the barrel, because simple-statistics takes 40 ms to load and only comparisons need it.
 */
import { permutationTest } from 'simple-statistics';

/** Most sign patterns that are all tried: 2^16. */
const MOST_EXACT = 16;
const RELABELLINGS = 10_000;

/**
 * Two-sided p-value that paired differences are symmetric about zero: each sign is flipped or not.
 *
 * @param differences one per pair; zeros tell nothing and are left out
 * @param random uniform on (0, 1); drawn from only with more than 16 pairs, where 10,000 random patterns stand for all
 * @returns 1 without any difference; never 0
 * Source: Fisher 1935, The Design of Experiments, 21; the "+1" of sampled patterns: Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9.
 */
export function signFlipTest(differences: readonly number[], random: () => number): number {
  const sizes = differences.filter((one) => one !== 0).map((one) => Math.abs(one));
  let seen = 0;
  for (const difference of differences) seen += difference;
  const [limit, total] = [Math.abs(seen) * (1 - 1e-12), sizes.reduce((sum, one) => sum + one, 0)];
  if (sizes.length === 0) return 1;
  let hits = 0;
  if (sizes.length <= MOST_EXACT) {
    const patterns = 1 << sizes.length;
    for (let pattern = 0; pattern < patterns; pattern++) {
      if (Math.abs(total - 2 * sumOf(sizes, (i) => (pattern >>> i) & 1)) >= limit) hits++;
    }
    return hits / patterns;
  }
  for (let i = 0; i < RELABELLINGS; i++) if (Math.abs(total - 2 * sumOf(sizes, () => (random() < 0.5 ? 1 : 0))) >= limit) hits++;
  return (hits + 1) / (RELABELLINGS + 1);
}

function sumOf(sizes: readonly number[], isTaken: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < sizes.length; i++) if (isTaken(i) === 1) sum += sizes[i];
  return sum;
}

/**
 * Two-sided p-value that two unpaired samples come from one law, by 10,000 random relabellings.
 * @param random uniform on (0, 1)
 * @returns never 0: what was seen is one of the relabellings
 */
export function relabelTest(first: readonly number[], second: readonly number[], random: () => number): number {
  const share = permutationTest([...first], [...second], 'two_side', RELABELLINGS, random);
  return (share * RELABELLINGS + 1) / (RELABELLINGS + 1);
}
