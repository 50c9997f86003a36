/**
 * Markov-modulated Poisson process: the rate goes through its states in a cycle and stays in each for an exponential time.
 *
 * Dwell time n is a function of the key and n alone. The first state is drawn from the stationary law (in proportion to the mean dwell
 * times), and what is left of its dwell time is exponential again: the process is stationary from the start.
 * Source: Fischer and Meier-Hellstern 1993, "The Markov-modulated Poisson process (MMPP) cookbook", Performance Evaluation 18(2).
 */
import { negativeLogUniform } from '../random/portable-math.ts';
import { deriveKey, type Key, keyedBits, toUniform } from '../random/stream.ts';
import type { RatePieces } from './rate.ts';

export interface MmppSpec {
  readonly type: 'mmpp';
  /** By state [1/s]. */
  readonly rates: readonly number[];
  /** Mean dwell time by state. */
  readonly dwellNs: readonly number[];
}

const NS = 1e9;

export class MmppPieces implements RatePieces {
  start = 0;
  end = 0;
  rate = 0;
  readonly slope = 0;
  area = 0;
  private readonly spec: MmppSpec;
  private readonly factor: number;
  private readonly key: Key;
  private state: number;
  private number = 0;

  constructor(spec: MmppSpec, factor: number, key: Key) {
    this.spec = spec;
    this.factor = factor;
    this.key = deriveKey(key, 'dwell');
    const first = deriveKey(key, 'state');
    this.state = firstState(spec, toUniform(keyedBits(first.high, first.low, 0))) - 1;
    this.advance();
  }

  advance(): void {
    const { rates, dwellNs } = this.spec;
    this.state = this.state + 1 === rates.length ? 0 : this.state + 1;
    const dwell = (dwellNs[this.state] / NS) * negativeLogUniform(keyedBits(this.key.high, this.key.low, this.number++));
    this.start = this.end;
    this.end = this.start + dwell;
    this.rate = rates[this.state] * this.factor;
    this.area = this.rate * dwell;
  }
}

function firstState({ dwellNs }: MmppSpec, uniform: number): number {
  const cycle = dwellNs.reduce((a, b) => a + b, 0);
  let state = 0;
  for (let rest = uniform * cycle - dwellNs[0]; rest >= 0 && state + 1 < dwellNs.length; rest -= dwellNs[state]) state++;
  return state;
}

/** Mean rate [1/s] of the stationary process. */
export function mmppMean({ rates, dwellNs }: MmppSpec): number {
  const cycle = dwellNs.reduce((a, b) => a + b, 0);
  return rates.reduce((sum, rate, state) => sum + rate * (dwellNs[state] / cycle), 0);
}
