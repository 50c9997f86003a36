/**
 * Counts of requests over time → rate, burstiness and arrivals.
 *
 * Burstiness is the index of dispersion of counts, I(w) = variance ÷ mean of the counts in windows of w: 1 for a Poisson process. A trend
 * makes it grow with w without end; bursts that come and go let it level off. So: where I still doubles over the longest windows, the rate
 * has a shape, and stages draw it; where it levels off above 1, the rate is constant on average and a two-state mmpp has its mean, its
 * I(w) (Heffes and Lucantoni 1986, IEEE JSAC 4(6), eq. 5) and its skewness; below 1, a renewal process of cv² = I.
 */
export interface Dispersion {
  /** [s] */
  readonly window: number;
  readonly index: number;
  readonly windows: number;
}

export type Arrivals =
  | { readonly process: 'poisson'; readonly rate: number }
  | { readonly process: 'renewal'; readonly rate: number; readonly cv: number }
  | { readonly process: 'mmpp'; readonly rates: readonly [number, number]; readonly dwell: readonly [number, number] }
  | { readonly process: 'poisson'; readonly stages: readonly { readonly duration: number; readonly target: number }[] };

export interface Traffic {
  readonly requests: number;
  /** From the first to the last request [s]. */
  readonly duration: number;
  /** [1/s] */
  readonly rate: number;
  readonly dispersion: readonly Dispersion[];
  readonly arrivals: Arrivals;
  /** What the arrivals leave out, for people. */
  readonly notes: readonly string[];
}

const LEAST_WINDOWS = 24;
/** Windows that tell a variance to 10 %. */
const SURE = 200;
const MOST_STAGES = 48;
/** Requests in a stage: its rate is then known to 5 %. */
const IN_STAGE = 400;

/** @param counts per bin of `width` [s], from the first request to the last */
export function describeTraffic(counts: Uint32Array, width: number): Traffic {
  const requests = counts.reduce((sum, count) => sum + count, 0);
  const duration = counts.length * width;
  const rate = requests / duration;
  const dispersion = dispersionOf(counts, width);
  const common = { requests, duration, rate, dispersion };
  const widest = dispersion[dispersion.length - 1];
  if (widest === undefined) {
    return { ...common, arrivals: { process: 'poisson', rate }, notes: ['too short to tell bursts and trends: a constant rate is assumed'] };
  }
  // The standard error of a variance over n windows is √(2/n) of it.
  const error = (at: Dispersion) => 4 * Math.sqrt(2 / at.windows);
  const isOver = dispersion.some((at) => at.index > 1.1 && at.index > 1 + error(at));
  const sure = dispersion.findLast((at) => at.windows >= SURE) ?? widest;
  if (!isOver && sure.index < 1 - error(sure))
    return { ...common, arrivals: { process: 'renewal', rate, cv: Math.sqrt(Math.max(1e-4, sure.index)) }, notes: [] };
  if (!isOver) return { ...common, arrivals: { process: 'poisson', rate }, notes: [] };
  if (hasTrend(dispersion)) return { ...common, ...inStages(counts, width, requests, dispersion) };
  const mmpp = fitMmpp(counts, width, rate, dispersion);
  return { ...common, arrivals: mmpp, notes: ['bursts come as two rates in turn, by moments: replay the trace to keep the very bursts'] };
}

/** I(w) for windows of 1, 2, 4 … bins, while there are enough of them. */
export function dispersionOf(counts: Uint32Array, width: number): Dispersion[] {
  const found: Dispersion[] = [];
  let level = Float64Array.from(counts);
  for (let window = width; level.length >= LEAST_WINDOWS; window *= 2) {
    const mean = level.reduce((sum, count) => sum + count, 0) / level.length;
    const variance = level.reduce((sum, count) => sum + (count - mean) * (count - mean), 0) / (level.length - 1);
    found.push({ window, index: variance / mean, windows: level.length });
    level = Float64Array.from({ length: Math.floor(level.length / 2) }, (_, i) => level[2 * i] + level[2 * i + 1]);
  }
  return found;
}

/** Whether I − 1 still doubles over the last three doublings of the window (a trend: eight times). */
function hasTrend(dispersion: readonly Dispersion[]): boolean {
  const last = dispersion[dispersion.length - 1];
  const before = dispersion[Math.max(0, dispersion.length - 4)];
  return last.index - 1 > 2 * Math.max(0.05, before.index - 1);
}

function inStages(counts: Uint32Array, width: number, requests: number, dispersion: readonly Dispersion[]): Pick<Traffic, 'arrivals' | 'notes'> {
  const stages = Math.max(2, Math.min(MOST_STAGES, Math.floor(requests / IN_STAGE), Math.floor(counts.length / 2)));
  const ends = Array.from({ length: stages + 1 }, (_, i) => Math.round((i * counts.length) / stages));
  const rates = ends.slice(1).map((end, i) => sumOf(counts, ends[i], end) / ((end - ends[i]) * width));
  const middles = rates.map((_, i) => ((ends[i] + ends[i + 1]) / 2) * width);
  const steps = rates.map((target, i) => ({ duration: middles[i] - (i === 0 ? 0 : middles[i - 1]), target }));
  const within = withinStages(counts, ends, rates, width);
  const bursty =
    within > 1.5
      ? [
          `burstier than Poisson within the stages too (index of dispersion ${within.toPrecision(2)} in windows of ${dispersion[0].window} s): replay the trace to keep that`,
        ]
      : [];
  return {
    // The first half stage holds the first rate, the last one the last.
    arrivals: {
      process: 'poisson',
      stages: [{ duration: 0, target: rates[0] }, ...steps, { duration: counts.length * width - middles[middles.length - 1], target: rates[rates.length - 1] }],
    },
    notes: bursty,
  };
}

function sumOf(counts: Uint32Array, from: number, to: number): number {
  let sum = 0;
  for (let bin = from; bin < to; bin++) sum += counts[bin];
  return sum;
}

/** Index of dispersion about the rate of the stage, in the finest bins. */
function withinStages(counts: Uint32Array, ends: readonly number[], rates: readonly number[], width: number): number {
  let squares = 0;
  let expected = 0;
  rates.forEach((rate, i) => {
    for (let bin = ends[i]; bin < ends[i + 1]; bin++) squares += (counts[bin] - rate * width) * (counts[bin] - rate * width);
    expected += rate * width * (ends[i + 1] - ends[i]);
  });
  return squares / expected;
}

// --- mmpp ------------------------------------------------------------------------------------------------------------------------

/**
 * I(w) = 1 + A (1 − (1 − e^−sw) ÷ sw) with s = the sum of both rates of change and A = 2 Var(rate) ÷ (s · mean): A and s by least squares.
 * The skewness of the rate, from the third factorial cumulant of counts in windows short against 1/s, says how rare the high rate is.
 */
function fitMmpp(counts: Uint32Array, width: number, mean: number, dispersion: readonly Dispersion[]): Arrivals {
  let best = { error: Infinity, s: 1, a: 0 };
  const shortest = dispersion[0].window;
  const longest = dispersion[dispersion.length - 1].window;
  for (let s = 0.05 / longest; s <= 20 / shortest; s *= 1.05) {
    let [top, bottom] = [0, 0];
    const growth = (window: number) => 1 - (1 - Math.exp(-s * window)) / (s * window);
    for (const { window, index, windows } of dispersion) {
      const weight = windows / (index * index);
      top += weight * growth(window) * (index - 1);
      bottom += weight * growth(window) * growth(window);
    }
    const a = Math.max(0, top / bottom);
    const error = dispersion.reduce((sum, { window, index, windows }) => sum + (windows / (index * index)) * (1 + a * growth(window) - index) ** 2, 0);
    if (error < best.error) best = { error, s, a };
  }
  const { s, a } = best;
  const variance = (a * s * mean) / 2;
  const skewness = rateSkewness(counts, Math.max(1, Math.round(0.2 / s / width)));
  let share = 0.5 * (1 - skewness / Math.sqrt(4 + skewness * skewness)); // of time at the high rate
  let low = mean - Math.sqrt((variance * share) / (1 - share));
  let high = mean + Math.sqrt((variance * (1 - share)) / share);
  if (low < 0) {
    share = (mean * mean) / (mean * mean + variance);
    low = 0;
    high = mean / share;
  }
  return { process: 'mmpp', rates: [low, high], dwell: [1 / (s * share), 1 / (s * (1 - share))] };
}

/** Of the rate behind the counts in windows of `bins`: third factorial cumulant ÷ second^1.5. */
function rateSkewness(counts: Uint32Array, bins: number): number {
  const windows = Math.floor(counts.length / bins);
  const sums = Array.from({ length: windows }, (_, i) => sumOf(counts, i * bins, (i + 1) * bins));
  const mean = sums.reduce((sum, count) => sum + count, 0) / windows;
  const second = sums.reduce((sum, count) => sum + (count - mean) ** 2, 0) / windows;
  const third = sums.reduce((sum, count) => sum + (count - mean) ** 3, 0) / windows;
  const ofRate = second - mean;
  return ofRate > 0 ? (third - 3 * second + 2 * mean) / ofRate ** 1.5 : 0;
}
