/**
 * What a law is: its written form, and the contract every law fulfils.
 *
 * A law turns uniforms into values by its quantile function, so that a changed law keeps the ranks
 * (contract part 5: demand is stored as a uniform). Times are in seconds in `LawSpec`; `createLaw` in `laws.ts` takes the unit.
 */

export type LawSpec =
  | { readonly law: 'constant'; readonly value: number }
  | { readonly law: 'exponential'; readonly mean: number }
  | { readonly law: 'erlang'; readonly mean: number; readonly k: number }
  | { readonly law: 'gamma'; readonly mean: number; readonly cv: number }
  /** By mu and sigma of the logarithm of the value in seconds; the reader has turned the user's parameters into these. */
  | { readonly law: 'lognormal'; readonly mu: number; readonly sigma: number }
  | { readonly law: 'hyperexponential'; readonly p: number; readonly mean1: number; readonly mean2: number }
  | { readonly law: 'weibull'; readonly mean: number; readonly shape: number }
  /** Bounded Pareto; `ratio` = largest ÷ smallest value. */
  | { readonly law: 'pareto-bounded'; readonly mean: number; readonly shape: number; readonly ratio: number }
  | { readonly law: 'uniform'; readonly min: number; readonly max: number }
  /** `p` is the share of `slow`. */
  | { readonly law: 'bimodal'; readonly p: number; readonly fast: LawSpec; readonly slow: LawSpec }
  /** The sorted sample itself, read from the user's file. */
  | { readonly law: 'empirical'; readonly values: readonly number[] };

/** A law ready to be sampled. */
export interface Law {
  /** Mean, in the unit asked for at creation. */
  readonly mean: number;
  /** Squared coefficient of variation. */
  readonly scv: number;
  /** True when every sample is the same value. */
  readonly isConstant: boolean;
  /**
   * The value at a uniform given as 32 random bits (any int32; read as unsigned), for laws that need one uniform.
   * Laws that need more derive them from the same bits by hashing, so that one request has one demand.
   * @returns value ≥ 0 in the unit asked for, not rounded
   */
  sample(bits: number): number;
}
