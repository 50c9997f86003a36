/**
 * Durations as counts between edges: what a histogram, a log that rounds to milliseconds, and the buckets of Prometheus have in common.
 * Laws are fitted to this by interval-censored likelihood, so that rounding and buckets cost precision, not truth.
 */
export interface Binned {
  /** Ascending [s], one more than counts; the last may be +∞. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export function total({ counts }: Binned): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Value below which this share lies, linear within a bin; the lower edge in a bin without end. */
export function quantile(data: Binned, share: number): number {
  const wanted = share * total(data);
  let below = 0;
  for (let i = 0; i < data.counts.length; i++) {
    const count = data.counts[i];
    if (count > 0 && below + count >= wanted) {
      const [low, high] = [data.edges[i], data.edges[i + 1]];
      return high === Infinity ? low : low + ((high - low) * (wanted - below)) / count;
    }
    below += count;
  }
  return data.edges[data.edges.length - 1];
}

/** Mean and squared coefficient of variation, from the middles of the bins; a bin without end counts at its lower edge. */
export function moments(data: Binned): { mean: number; scv: number } {
  const all = total(data);
  const middles = data.counts.map((_, i) => middle(data, i));
  const mean = middles.reduce((sum, value, i) => sum + value * data.counts[i], 0) / all;
  const variance = middles.reduce((sum, value, i) => sum + (value - mean) * (value - mean) * data.counts[i], 0) / all;
  return { mean, scv: mean > 0 ? variance / (mean * mean) : 0 };
}

export function middle({ edges }: Binned, bin: number): number {
  return edges[bin + 1] === Infinity ? edges[bin] : (edges[bin] + edges[bin + 1]) / 2;
}

/** Without empty bins at both ends. */
export function trimmed(data: Binned): Binned {
  const first = data.counts.findIndex((count) => count > 0);
  const last = data.counts.findLastIndex((count) => count > 0);
  return first < 0 ? data : { edges: data.edges.slice(first, last + 2), counts: data.counts.slice(first, last + 1) };
}

/** Neighbouring bins together, until each holds at least `least`; the last ones go to their neighbour. */
export function grouped(data: Binned, least: number): Binned {
  const edges = [data.edges[0]];
  const counts: number[] = [];
  let count = 0;
  data.counts.forEach((each, i) => {
    count += each;
    if (count >= least) {
      edges.push(data.edges[i + 1]);
      counts.push(count);
      count = 0;
    }
  });
  if (count > 0 && counts.length > 0) counts[counts.length - 1] += count;
  else if (count > 0) counts.push(count);
  if (counts.length > 0) edges[counts.length] = data.edges[data.edges.length - 1];
  return { edges, counts };
}
