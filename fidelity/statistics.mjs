/** The two tests that tell whether chance is as the model says. */
import jstat from 'jstat';

/** Level of each test. What fails is repeated with new connections (`Bench.run`), so a test fails by chance once in a million runs. */
export const LEVEL = 0.001;

/**
 * Pearson's chi-square of counts against a law.
 * @param counts Map of name to count @param probabilities Map of name to probability
 */
export function chiSquare(counts, probabilities) {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  for (const [name, probability] of probabilities) statistic += ((counts.get(name) ?? 0) - total * probability) ** 2 / (total * probability);
  const limit = jstat.chisquare.inv(1 - LEVEL, probabilities.size - 1);
  const isPossible = [...counts.keys()].every((name) => probabilities.has(name));
  return { statistic, limit, isPossible, agrees: isPossible && statistic <= limit };
}

/** Whether rows (e.g. one per client) come from one law: chi-square of homogeneity. @param rows Maps of name to count */
export function homogeneity(rows) {
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const sums = rows.map((row) => [...row.values()].reduce((sum, count) => sum + count, 0));
  const total = sums.reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  for (const name of names) {
    const share = rows.reduce((sum, row) => sum + (row.get(name) ?? 0), 0) / total;
    rows.forEach((row, i) => {
      statistic += ((row.get(name) ?? 0) - sums[i] * share) ** 2 / (sums[i] * share);
    });
  }
  const limit = jstat.chisquare.inv(1 - LEVEL, (rows.length - 1) * (names.length - 1));
  return { statistic, limit, agrees: statistic <= limit };
}

/** Whether `hits` in `trials` are what independent trials of probability p give: two-sided binomial at the level. */
export function isBinomial(hits, trials, p) {
  const below = hits === 0 ? 0 : jstat.binomial.cdf(hits - 1, trials, p);
  const above = 1 - jstat.binomial.cdf(hits, trials, p);
  return 1 - above >= LEVEL / 2 && 1 - below >= LEVEL / 2;
}

export function countOf(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

export function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) {
    const key = keyOf(value);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(value);
  }
  return groups;
}
