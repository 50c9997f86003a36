/**
 * Closed forms of queueing theory, for one station with Poisson arrivals: what a simulated pod must agree with where they apply.
 *
 * Times in the unit of `meanService`, rates per that unit. Sources: Kleinrock, Queueing Systems I (1975), chapters 3 and 5;
 * Harchol-Balter, Performance Modeling and Design of Computer Systems (2013), chapters 14, 15, 22 and 23.
 */
import { exp, log } from '../random/portable-math.ts';

export interface StationFigures {
  /** Mean wait before service begins, of those admitted. */
  readonly meanWait: number;
  /** Probability that an admitted arrival waits. */
  readonly waits: number;
  /** Mean number in the station. */
  readonly inSystem: number;
  /** Busy share of each server. */
  readonly utilization: number;
  /** Share of arrivals turned away. */
  readonly rejected: number;
}

/**
 * M/M/c without a limit; c = 1 is M/M/1. Needs rate · meanService < servers.
 */
export function mmc(rate: number, meanService: number, servers: number): StationFigures {
  const offered = rate * meanService;
  const utilization = offered / servers;
  const waits = erlangC(servers, offered);
  const meanWait = (waits * meanService) / (servers - offered);
  return { meanWait, waits, inSystem: rate * (meanWait + meanService), utilization, rejected: 0 };
}

/** Quantile of the wait in M/M/c, first come first served: P(wait > t) = C·e^(−(cμ−λ)t). `level` in (0, 1), e.g. 0.99. */
export function mmcWaitQuantile(rate: number, meanService: number, servers: number, level: number): number {
  const waits = erlangC(servers, rate * meanService);
  return waits <= 1 - level ? 0 : (log(waits / (1 - level)) * meanService) / (servers - rate * meanService);
}

/**
 * Quantile of wait and service together in M/M/c, first come first served, by bisection on
 * P(sojourn > t) = e^(−μt) + Cμ ÷ (cμ−λ−μ) · (e^(−μt) − e^(−(cμ−λ)t)); with c = 1 the exponential law of mean 1/(μ−λ).
 */
export function mmcSojournQuantile(rate: number, meanService: number, servers: number, level: number): number {
  const offered = rate * meanService;
  const waits = erlangC(servers, offered);
  const spare = servers - offered; // (cμ−λ)/μ
  const tail = (t: number) => {
    const served = exp(-t); // t in mean services
    // Where the two rates meet the quotient tends to t·e^(−t).
    const queued = Math.abs(spare - 1) < 1e-9 ? t * served : (served - exp(-spare * t)) / (spare - 1);
    return served + waits * queued;
  };
  let high = 1;
  while (tail(high) > 1 - level) high *= 2;
  let low = 0;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (tail(middle) > 1 - level) low = middle;
    else high = middle;
  }
  return high * meanService;
}

/** Probability of waiting in M/M/c, by the stable recursion of Erlang B. `offered` in Erlang, below `servers`. */
export function erlangC(servers: number, offered: number): number {
  const blocked = erlangB(servers, offered);
  return blocked / (1 - (offered / servers) * (1 - blocked));
}

/** Share turned away by c servers without queue; holds for any service law of the same mean (M/G/c/c). */
export function erlangB(servers: number, offered: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (offered * blocked) / (k + offered * blocked);
  return blocked;
}

/** M/G/1, first come first served: Pollaczek and Khinchine. `scv` = squared coefficient of variation of the service time. */
export function mg1(rate: number, meanService: number, scv: number): StationFigures {
  const utilization = rate * meanService;
  const meanWait = (utilization * meanService * (1 + scv)) / (2 * (1 - utilization));
  return { meanWait, waits: utilization, inSystem: rate * (meanWait + meanService), utilization, rejected: 0 };
}

/** M/G/1 under processor sharing: the mean does not depend on the law beyond its mean. Nobody waits. */
export function mg1ProcessorSharing(rate: number, meanService: number): StationFigures {
  const utilization = rate * meanService;
  return { meanWait: 0, waits: 0, inSystem: utilization / (1 - utilization), utilization, rejected: 0 };
}

/**
 * M/M/c/K: `places` beside the servers, the rest is turned away. Any load.
 * The chain's probabilities are built up relative to state 0 and rescaled, so a long queue under overload does not overflow.
 */
export function mmcK(rate: number, meanService: number, servers: number, places: number): StationFigures {
  const offered = rate * meanService;
  let weight = 1;
  let [total, inSystem, inQueue, waiting, busy] = [1, 0, 0, 0, 0];
  const last = servers + places;
  for (let n = 1; n <= last; n++) {
    weight *= offered / Math.min(n, servers);
    total += weight;
    inSystem += n * weight;
    inQueue += Math.max(0, n - servers) * weight;
    if (n >= servers && n < last) waiting += weight;
    busy += Math.min(n, servers) * weight;
    if (weight > 1e200) {
      [total, inSystem, inQueue, waiting, busy] = [total / 1e200, inSystem / 1e200, inQueue / 1e200, waiting / 1e200, busy / 1e200];
      weight /= 1e200;
    }
  }
  const rejected = weight / total;
  const admitted = 1 - rejected;
  return {
    meanWait: inQueue / total / (rate * admitted),
    waits: waiting / total / admitted,
    inSystem: inSystem / total,
    utilization: busy / total / servers,
    rejected,
  };
}
