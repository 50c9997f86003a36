/** Several comparisons at once. Intervals are simultaneous by Bonferroni (level α/m each); Holm's procedure is for p-values only. */

/**
 * p-values adjusted by Holm's step-down procedure: those at most α can be called significant together, with probability α of any false one.
 *
 * @returns in the order given, each at most 1
 * Source: Holm 1979, Scandinavian Journal of Statistics 6(2).
 * @example holm([0.01, 0.04, 0.03]) // [0.03, 0.06, 0.06]
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b] || a - b);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[index] * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}
