/**
 * The best of several alternatives by Kim and Nelson's fully sequential procedure: each replication may eliminate those that are
 * clearly worse, until one is left.
 *
 *     const selection = new KimNelson({ alternatives: 8, goal: 'least', … });
 *     while (!selection.isDecided) selection.add(valuesOf(selection.survivors, selection.replications));
 *
 * When the best leads by the indifference zone δ or more, it is chosen with at least the stated probability; when others lie within δ
 * of it, one of those is. The proof wants values that are normal and independent from replication to replication; alternatives of one
 * replication may be as dependent as they like, so common random numbers are welcome and make it faster. Where the zone is a share of
 * the best, δ is fixed by the mean of the first stage, which the proof does not foresee.
 * Source: Kim and Nelson 2001, "A fully sequential procedure for indifference-zone selection in simulation", ACM TOMACS 11(3), with c = 1.
 */
import { pow } from '../random/portable-math.ts';

export interface SelectionOptions {
  readonly alternatives: number;
  readonly goal: 'least' | 'most';
  /** Probability of a correct selection, above 1 ÷ alternatives, e.g. 0.95. */
  readonly confidence: number;
  /** Replications before anything is eliminated; at least 10, so that the variances are known. */
  readonly firstStage: number;
  /** A difference that does not matter: in the unit of the values, or as a share of the best of the first stage. */
  readonly indifference: { readonly absolute: number } | { readonly share: number };
}

export const LEAST_FIRST_STAGE = 10;

export interface Elimination {
  /** Replications that had been seen. */
  readonly after: number;
  /** The alternative that it was clearly worse than; null = its figure was not finite. */
  readonly by: number | null;
}

export class KimNelson {
  private readonly options: SelectionOptions;
  /** h² of the paper. */
  private readonly spreadFactor: number;
  private readonly sums: Float64Array;
  private readonly firstValues: number[][] = [];
  private variances: readonly (readonly number[])[] = [];
  private zone = Number.NaN;
  private alive: number[];
  private readonly gone = new Map<number, Elimination>();
  private count = 0;

  constructor(options: SelectionOptions) {
    if (options.firstStage < LEAST_FIRST_STAGE) throw new RangeError(`at least ${LEAST_FIRST_STAGE} replications before the first elimination`);
    this.options = options;
    this.alive = Array.from({ length: options.alternatives }, (_, i) => i);
    this.sums = new Float64Array(options.alternatives);
    const share = (2 * (1 - options.confidence)) / Math.max(1, options.alternatives - 1);
    this.spreadFactor = (pow(share, -2 / (options.firstStage - 1)) - 1) * (options.firstStage - 1);
  }

  /** Indices of the alternatives that are still in, ascending. */
  get survivors(): readonly number[] {
    return this.alive;
  }

  /** Replications seen so far; the next one has this number. */
  get replications(): number {
    return this.count;
  }

  get isDecided(): boolean {
    return this.alive.length <= 1;
  }

  /** The only survivor; null before the decision, or when no alternative had a finite figure. */
  get best(): number | null {
    return this.alive.length === 1 ? this.alive[0] : null;
  }

  /** In the unit of the values; NaN before the first stage is over. */
  get indifference(): number {
    return this.zone;
  }

  get eliminations(): ReadonlyMap<number, Elimination> {
    return this.gone;
  }

  /** Mean of the values that an alternative has had. */
  meanOf(alternative: number): number {
    return this.sums[alternative] / (this.gone.get(alternative)?.after ?? this.count);
  }

  /**
   * Replications by which the decision has come at the latest if no value surprises; Infinity before the first stage is over.
   * An estimate for people who wait: the survivors' variances are those of the first stage.
   */
  get latest(): number {
    if (this.variances.length === 0) return Infinity;
    let most = this.count;
    for (const i of this.alive) for (const l of this.alive) if (l < i) most = Math.max(most, Math.floor(this.limitOf(i, l)) + 1);
    return most;
  }

  /** @param values the next replication of each survivor, in their order; what is not finite is out of the race */
  add(values: readonly number[]): void {
    const seen = this.alive;
    this.count++;
    this.alive = seen.filter((alternative, i) => {
      if (Number.isFinite(values[i])) return true;
      this.gone.set(alternative, { after: this.count, by: null });
      return false;
    });
    seen.forEach((alternative, i) => {
      this.sums[alternative] += values[i];
    });
    if (this.count <= this.options.firstStage) {
      const row = new Array<number>(this.options.alternatives).fill(Number.NaN);
      seen.forEach((alternative, i) => {
        row[alternative] = values[i];
      });
      this.firstValues.push(row);
    }
    if (this.count === this.options.firstStage) this.endFirstStage();
    if (this.count >= this.options.firstStage) this.eliminate();
  }

  private endFirstStage(): void {
    const { alternatives, goal, indifference } = this.options;
    const all = Array.from({ length: alternatives }, (_, i) => i);
    this.variances = all.map((i) => all.map((l) => (l < i ? this.varianceOf(i, l) : 0)));
    const means = this.alive.map((alternative) => this.meanOf(alternative));
    const best = goal === 'least' ? Math.min(...means) : Math.max(...means);
    this.zone = 'absolute' in indifference ? indifference.absolute : indifference.share * Math.abs(best);
  }

  /** Of the difference between two alternatives, over the first stage. */
  private varianceOf(i: number, l: number): number {
    const differences = this.firstValues.map((row) => row[i] - row[l]);
    const mean = differences.reduce((sum, one) => sum + one, 0) / differences.length;
    return differences.reduce((sum, one) => sum + (one - mean) * (one - mean), 0) / (differences.length - 1);
  }

  /** Replications after which the larger mean of the two alone decides: h² S² ÷ δ². */
  private limitOf(i: number, l: number): number {
    const variance = this.variances[Math.max(i, l)][Math.min(i, l)];
    return variance === 0 ? 0 : (this.spreadFactor * variance) / (this.zone * this.zone);
  }

  private eliminate(): void {
    const standing = this.alive;
    const sign = this.options.goal === 'least' ? 1 : -1;
    const worseBy = (i: number, l: number) => sign * (this.sums[i] - this.sums[l]);
    const isOver = standing.every((i) => standing.every((l) => l >= i || this.count >= this.limitOf(i, l)));
    this.alive = standing.filter((i) => {
      // The sums may differ by δ/2 · (h² S² ÷ δ² − r) and no more: a triangle that closes as replications come.
      const by = standing.find((l) => l !== i && worseBy(i, l) > Math.max(0, (this.zone / 2) * (this.limitOf(i, l) - this.count)));
      // Equal to the last digit when the triangle has closed: the first of them stands for all.
      const twin = by ?? (isOver ? standing.find((l) => l < i && worseBy(i, l) === 0) : undefined);
      if (twin !== undefined) this.gone.set(i, { after: this.count, by: twin });
      return twin === undefined;
    });
  }
}
