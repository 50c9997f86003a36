/** Words of the scenario format that more than the schema needs. */

export const API_VERSION = 'evenkeel.dev/v1alpha1';

export const LAW_NAMES = [
  'constant',
  'exponential',
  'erlang',
  'gamma',
  'lognormal',
  'hyperexponential',
  'weibull',
  'pareto-bounded',
  'uniform',
  'bimodal',
  'empirical',
] as const;
