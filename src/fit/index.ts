/** From logs to scenarios: the traffic and the service times that recordings show, as entries of a scenario. */
export { PROMETHEUS } from './collect.ts';
export { type ClientFit, type Fit, type FitOptions, fitFiles, type ServiceFit } from './fit.ts';
export { type FittedLaw, fitLaws } from './fit-laws.ts';
export { arrivalsText, lawText, pValueText, type SnippetNames, snippet } from './snippet.ts';
