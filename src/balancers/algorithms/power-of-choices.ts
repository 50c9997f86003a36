/**
 * Power of d choices: draw d members, keep the least loaded of them.
 *
 * Drawn members are exchangeable, so keeping the first drawn of several equal ones is already a fair tie-break.
 * Source: Mitzenmacher 2001, "The power of two choices in randomized load balancing", IEEE TPDS 12(10).
 */
import type { RandomStream } from '../../random/stream.ts';

/** Drawing with or without replacement over members 0 … count − 1; holds the scratch that drawing without replacement needs. */
export class Sampler {
  readonly count: number;
  readonly choices: number;
  private readonly replacement: boolean;
  private readonly deck: Int32Array; // any permutation serves: its first cards are dealt by a partial Fisher–Yates shuffle

  /** @param choices ≥ 1; without replacement at most `count` are drawn */
  constructor(count: number, choices: number, replacement: boolean) {
    this.count = count;
    this.choices = replacement ? choices : Math.min(choices, count);
    this.replacement = replacement;
    this.deck = Int32Array.from({ length: replacement ? 0 : count }, (_, i) => i);
  }

  /** Card number `turn` = 0 … choices − 1 of a deal, asked for in this order. */
  draw(turn: number, random: RandomStream): number {
    if (this.replacement) return random.integer(this.count);
    const target = turn + random.integer(this.count - turn);
    const card = this.deck[target];
    this.deck[target] = this.deck[turn];
    this.deck[turn] = card;
    return card;
  }
}

/**
 * How likely each member is to be the one kept, before the draw.
 * @param loads one a member
 * @returns one probability a member; they add up to 1
 */
export function choiceLaw(loads: ArrayLike<number>, choices: number, replacement: boolean): number[] {
  const count = loads.length;
  const sorted = Array.from(loads).sort((a, b) => a - b);
  const allAmong = (candidates: number): number => probabilityAllAmong(candidates, count, choices, replacement);
  return Array.from(loads, (load) => {
    const below = sorted.indexOf(load);
    const atMost = sorted.lastIndexOf(load) + 1;
    return (allAmong(count - below) - allAmong(count - atMost)) / (atMost - below);
  });
}

/** Probability that all drawn members lie in a group of `size`. */
function probabilityAllAmong(size: number, count: number, choices: number, replacement: boolean): number {
  let probability = 1;
  const draws = replacement ? choices : Math.min(choices, count);
  for (let i = 0; i < draws; i++) probability *= replacement ? size / count : Math.max(0, size - i) / (count - i);
  return probability;
}
