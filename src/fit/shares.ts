/**
 * How often each name comes (clients, paths), in bounded memory: exact while there are few names; then the rare ones are dropped again and
 * again, each kept count too small by at most what was taken off (Misra and Gries 1982).
 */
const MOST = 1 << 17;

export class Shares {
  private readonly counts = new Map<string, number>();
  private all = 0;
  private takenOff = 0;
  private readonly distinct = new DistinctCounter();

  add(name: string): void {
    this.all++;
    this.distinct.add(name);
    const known = this.counts.get(name);
    // A name cut out of a line holds on to the whole block of the file: a copy does not.
    if (known === undefined) this.counts.set(Buffer.from(name).toString(), 1);
    else this.counts.set(name, known + 1);
    if (this.counts.size > MOST) this.drop();
  }

  /** Takes off what half of the names do not have more of. */
  private drop(): void {
    const sorted = [...this.counts.values()].sort((a, b) => a - b);
    const least = sorted[sorted.length >> 1];
    this.takenOff += least;
    for (const [name, count] of this.counts) {
      if (count <= least) this.counts.delete(name);
      else this.counts.set(name, count - least);
    }
  }

  get total(): number {
    return this.all;
  }

  get isExact(): boolean {
    return this.takenOff === 0;
  }

  get names(): number {
    return this.isExact ? this.counts.size : this.distinct.estimate();
  }

  /** The most frequent first, equal ones by name. */
  top(count: number): readonly { readonly name: string; readonly count: number }[] {
    const all = [...this.counts].map(([name, each]) => ({ name, count: each + this.takenOff / 2 }));
    return all.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1)).slice(0, count);
  }

  /**
   * Zipf exponent s of the shares, from the chance that two requests have the same name, Σ p² = H(2s) ÷ H(s)², estimated without bias by
   * Σ n (n − 1) ÷ N (N − 1). (Ranks sorted by count would show a skew where there is only chance.) Null with fewer than two names.
   */
  zipfExponent(): number | null {
    const names = this.names;
    if (names < 2 || this.all < 2) return null;
    let pairs = 0;
    for (const count of this.counts.values()) pairs += (count + this.takenOff / 2) * (count + this.takenOff / 2 - 1);
    const wanted = pairs / this.all / (this.all - 1);
    let [low, high] = [0, 10];
    if (same(names, low) >= wanted) return 0;
    for (let round = 0; round < 40; round++) {
      const middle = (low + high) / 2;
      if (same(names, middle) < wanted) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }
}

/** Σ p² of Zipf's law over n names. */
function same(names: number, exponent: number): number {
  return harmonic(names, 2 * exponent) / harmonic(names, exponent) ** 2;
}

/** Σ i^−s up to n; beyond 10,000 as an integral. */
function harmonic(n: number, s: number): number {
  const exact = Math.min(n, 10_000);
  let sum = 0;
  for (let i = exact; i >= 1; i--) sum += i ** -s;
  if (n === exact) return sum;
  const [from, to] = [exact + 0.5, n + 0.5];
  return sum + (Math.abs(s - 1) < 1e-9 ? Math.log(to / from) : (to ** (1 - s) - from ** (1 - s)) / (1 - s));
}

/** How many different names, by the share of hashes that are kept (Wegman's adaptive sampling; Flajolet 1990): error about 1 %. */
class DistinctCounter {
  private readonly kept = new Set<number>();
  private bits = 0;

  add(name: string): void {
    const hash = hashOf(name);
    if (hash % 2 ** this.bits !== 0) return;
    this.kept.add(hash);
    while (this.kept.size > 1 << 14) {
      this.bits++;
      for (const each of this.kept) if (each % 2 ** this.bits !== 0) this.kept.delete(each);
    }
  }

  estimate(): number {
    return this.kept.size * 2 ** this.bits;
  }
}

/** FNV-1a with a final mix, unsigned. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
