/**
 * Laws as written → `LawSpec`, in seconds: all parametrisations of contract part 2.
 *
 * Logarithms and the normal quantile are the portable ones, since their results feed the model.
 */
import type { LawSpec } from '../random/law.ts';
import { exp, log, normalQuantile } from '../random/portable-math.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import { readEmpirical } from './empirical.ts';
import { LAW_NAMES } from './names.ts';
import type { LawInput, LawObject } from './schema-source.ts';

type LawName = LawObject['law'];
type Parameter = Exclude<keyof LawObject, 'law'>;

/** The parameter sets of each law; parameters in brackets of the second list may be left out. */
const PARAMETERS: Readonly<Record<LawName, { readonly sets: readonly (readonly Parameter[])[]; readonly optional?: readonly Parameter[] }>> = {
  constant: { sets: [['value']] },
  exponential: { sets: [['mean']] },
  erlang: { sets: [['mean', 'k']] },
  gamma: { sets: [['mean', 'cv']] },
  lognormal: {
    sets: [
      ['mean', 'p99'],
      ['p50', 'p99'],
      ['mean', 'cv'],
    ],
  },
  hyperexponential: {
    sets: [
      ['mean', 'cv'],
      ['p', 'mean1', 'mean2'],
    ],
  },
  weibull: { sets: [['mean', 'shape']] },
  'pareto-bounded': { sets: [['mean', 'shape', 'ratio']] },
  uniform: { sets: [['min', 'max']] },
  bimodal: { sets: [['p', 'fast', 'slow']] },
  empirical: { sets: [['file']], optional: ['column'] },
};

/** Takes the place of a law that could not be read; the issue keeps it from being used. */
const NO_LAW: LawSpec = { law: 'constant', value: 0 };
const Z99 = normalQuantile(0.99);
/** exp(z²/2): no lognormal has a larger p99 ÷ mean. */
const LARGEST_P99_TO_MEAN = exp((Z99 * Z99) / 2);

export function readLaw(context: Context, path: Path, input: LawInput): LawSpec {
  if (typeof input === 'string') return { law: 'constant', value: context.seconds(path, input) };
  const known = PARAMETERS[input.law];
  const given = (Object.keys(input) as (keyof LawObject)[]).filter((key): key is Parameter => key !== 'law' && !known.optional?.includes(key as Parameter));
  const set = known.sets.find((parameters) => parameters.length === given.length && parameters.every((parameter) => given.includes(parameter)));
  if (set === undefined) {
    const wanted = known.sets.map((parameters) => parameters.join(', ')).join(' or ');
    context.issue(path, `parameters that do not fit law ${input.law}`, given.join(', ') || 'none', `${input.law} takes ${wanted}`);
    return NO_LAW;
  }
  return new LawReader(context, path, input).read(set);
}

class LawReader {
  private readonly context: Context;
  private readonly path: Path;
  private readonly input: LawObject;

  constructor(context: Context, path: Path, input: LawObject) {
    this.context = context;
    this.path = path;
    this.input = input;
  }

  read(set: readonly Parameter[]): LawSpec {
    const { input } = this;
    switch (input.law) {
      case 'constant':
        return { law: 'constant', value: this.seconds('value') };
      case 'exponential':
        return { law: 'exponential', mean: this.positive('mean') };
      case 'erlang':
        return { law: 'erlang', mean: this.positive('mean'), k: this.number('k') };
      case 'gamma':
        return { law: 'gamma', mean: this.positive('mean'), cv: this.number('cv') };
      case 'lognormal':
        return set.includes('cv') ? this.lognormalByCv() : this.lognormalByPercentile(set[0] === 'mean' ? 'mean' : 'p50');
      case 'hyperexponential':
        return set.includes('cv')
          ? this.balancedMeans()
          : { law: 'hyperexponential', p: this.number('p'), mean1: this.positive('mean1'), mean2: this.positive('mean2') };
      case 'weibull':
        return { law: 'weibull', mean: this.positive('mean'), shape: this.atLeast('shape', 0.1) };
      case 'pareto-bounded':
        return { law: 'pareto-bounded', mean: this.positive('mean'), shape: this.number('shape'), ratio: this.number('ratio') };
      case 'uniform':
        return this.uniform();
      case 'bimodal':
        return { law: 'bimodal', p: this.number('p'), fast: this.inner('fast'), slow: this.inner('slow') };
      case 'empirical':
        return { law: 'empirical', values: readEmpirical(this.context, this.path, input.file as string, input.column) };
    }
  }

  private number(name: Parameter): number {
    return this.input[name] as number;
  }

  private seconds(name: Parameter): number {
    return this.context.seconds([...this.path, name], this.input[name] as string);
  }

  private inner(name: 'fast' | 'slow'): LawSpec {
    return readLaw(this.context, [...this.path, name], this.input[name] as LawInput);
  }

  /** Seconds > 0; 1 after an issue, so that what follows stays finite. */
  private positive(name: Parameter): number {
    const before = this.context.report.issues.length;
    const seconds = this.seconds(name);
    if (seconds > 0) return seconds;
    if (this.context.report.issues.length === before)
      this.context.issue([...this.path, name], `${name} of law ${this.input.law} must be longer than 0s`, this.input[name]);
    return 1;
  }

  private atLeast(name: Parameter, least: number): number {
    const value = this.number(name);
    if (value < least) this.context.issue([...this.path, name], 'number out of range', value, `must be >= ${least}`);
    return value;
  }

  private uniform(): LawSpec {
    const min = this.seconds('min');
    const max = this.seconds('max');
    if (max < min) this.context.issue([...this.path, 'max'], 'max is smaller than min', this.input.max);
    return { law: 'uniform', min, max };
  }

  private lognormalByCv(): LawSpec {
    const cv = this.number('cv');
    const variance = log(1 + cv * cv);
    return { law: 'lognormal', mu: log(this.positive('mean')) - variance / 2, sigma: Math.sqrt(variance) };
  }

  /** ln(p99 ÷ mean) = zσ − σ²/2 has two solutions: the smaller sigma is taken. ln(p99 ÷ p50) = zσ has one. */
  private lognormalByPercentile(centre: 'mean' | 'p50'): LawSpec {
    const centreSeconds = this.positive(centre);
    const p99 = this.positive('p99');
    const ratio = p99 / centreSeconds;
    if (ratio < 1) {
      this.context.issue([...this.path, 'p99'], `p99 is smaller than ${centre}`, this.input.p99);
      return NO_LAW;
    }
    if (centre === 'p50') return { law: 'lognormal', mu: log(centreSeconds), sigma: log(ratio) / Z99 };
    if (ratio > LARGEST_P99_TO_MEAN) {
      this.context.issue(
        [...this.path, 'p99'],
        'no lognormal law has this p99 and mean',
        this.input.p99,
        `p99 ÷ mean is at most ${LARGEST_P99_TO_MEAN.toFixed(2)}; give p50 and p99`,
      );
      return NO_LAW;
    }
    const sigma = Z99 - Math.sqrt(Math.max(0, Z99 * Z99 - 2 * log(ratio)));
    return { law: 'lognormal', mu: log(centreSeconds) - (sigma * sigma) / 2, sigma };
  }

  /** Both branches carry the same part of the mean. */
  private balancedMeans(): LawSpec {
    const mean = this.positive('mean');
    const squared = this.number('cv') * this.number('cv');
    if (squared < 1) {
      this.context.issue([...this.path, 'cv'], 'hyperexponential with cv below 1', this.input.cv, 'use erlang or gamma');
      return NO_LAW;
    }
    const p = (1 + Math.sqrt((squared - 1) / (squared + 1))) / 2;
    return { law: 'hyperexponential', p, mean1: mean / (2 * p), mean2: mean / (2 * (1 - p)) };
  }
}

/** A law in a flag: `12ms`, or `NAME:parameter=value,…` as in `lognormal:mean=12ms,p99=80ms`. */
export function lawFromFlag(text: string): LawInput {
  const [name, parameters] = text.split(':', 2);
  if (!(LAW_NAMES as readonly string[]).includes(name)) return text;
  const pairs = (parameters ?? '').split(',').filter((pair) => pair !== '');
  const entries = pairs.map((pair) => {
    const [key, value = ''] = pair.split('=', 2);
    return [key.trim(), /^[0-9.]+$/.test(value) ? Number(value) : value];
  });
  return { ...Object.fromEntries(entries), law: name } as LawObject;
}
