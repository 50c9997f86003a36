/**
 * How even the load of one replication was over the pods of a Service.
 *
 * Always per replication, then averaged: counts summed over replications hide imbalance (40 pinned connections on 10 pods have a
 * Jain index near 0.82 in each run, and 0.99 when summed over 20). Load = attempts per ready second, so that a pod that lived half
 * the run does not look under-loaded. Source of the index: Jain, Chiu and Hawe 1984, DEC-TR-301.
 */

export interface LoadIndices {
  /** (Σx)² ÷ (n·Σx²): 1 = even, 1/n = all on one pod. Null without requests, as are the next three. */
  readonly jain: number | null;
  readonly maxOverMean: number | null;
  /** Standard deviation ÷ mean over the pods; jain = 1 ÷ (1 + cov²). */
  readonly cov: number | null;
  /** Share of the requests that the busiest pod got. */
  readonly busiestShare: number | null;
  /** Ready pods that got no request. */
  readonly idlePods: number;
  /** Every pod's share of the requests, the busiest first; empty without requests. */
  readonly ranked: readonly number[];
}

/**
 * @param requests attempts per pod
 * @param readyNs ready time per pod; pods that were never ready have no load and are left out
 */
export function loadIndices(requests: ArrayLike<number>, readyNs: ArrayLike<number>): LoadIndices {
  let [pods, sum, squares, most, total, busiest, idlePods] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < requests.length; i++) {
    total += requests[i];
    busiest = Math.max(busiest, requests[i]);
    if (readyNs[i] <= 0) continue;
    const load = (requests[i] / readyNs[i]) * 1e9;
    pods++;
    sum += load;
    squares += load * load;
    most = Math.max(most, load);
    if (load === 0) idlePods++;
  }
  const busiestShare = total === 0 ? null : busiest / total;
  const ranked = total === 0 ? [] : Array.from(requests, (count) => count / total).sort((a, b) => b - a);
  if (sum === 0) return { jain: null, maxOverMean: null, cov: null, busiestShare, idlePods, ranked };
  const average = sum / pods;
  return {
    jain: Math.min(1, (sum * sum) / (pods * squares)),
    maxOverMean: most / average,
    cov: Math.sqrt(Math.max(0, squares / pods - average * average)) / average,
    busiestShare,
    idlePods,
    ranked,
  };
}

/** Σ share²: how often the next unit of a key meets the same pod by chance alone. Null without units. */
export function chanceOfSamePod(units: ArrayLike<number>): number | null {
  let [total, squares] = [0, 0];
  for (let i = 0; i < units.length; i++) {
    total += units[i];
    squares += units[i] * units[i];
  }
  return total === 0 ? null : squares / (total * total);
}
