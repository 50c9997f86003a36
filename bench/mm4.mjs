/** Closed forms of M/M/4: the truth that intervals are held against. */
import { erlangC } from '../dist/statistics/index.js';

const SERVERS = 4;

/**
 * Mean and 99th percentile of the time in the system, in seconds.
 *
 * With θ = cμ − λ: P(T > t) = (1 − C) e^(−μt) + C (μ e^(−θt) − θ e^(−μt)) ÷ (μ − θ), C = Erlang's probability of waiting.
 * Source: Harchol-Balter, Performance Modeling and Design of Computer Systems (2013), 14.3.
 */
export function mm4(rate, meanService) {
  const mu = 1 / meanService;
  const theta = SERVERS * mu - rate;
  const waits = erlangC(SERVERS, rate * meanService);
  const beyond = (t) => (1 - waits) * Math.exp(-mu * t) + (waits * (mu * Math.exp(-theta * t) - theta * Math.exp(-mu * t))) / (mu - theta);
  let [low, high] = [0, 100 * meanService];
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (beyond(middle) > 0.01) low = middle;
    else high = middle;
  }
  return { mean: meanService + waits / theta, p99: high };
}
