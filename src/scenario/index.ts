/** From files and flags to a `Study`: reading, checking, defaults, what is assumed and what is not modelled. Start reading at `load.ts`. */
export { scenarioTemplate } from './init.ts';
export { type LoadOptions, loadStudy } from './load.ts';
export { API_VERSION } from './names.ts';
export { type Probe, ProbeReader } from './probe.ts';
export type { QuickFlags } from './quick.ts';
export type * from './scenario.ts';
export { workloadKey } from './scenario.ts';
export { scenarioJsonSchema } from './schema.ts';
export { parseTarget } from './targets.ts';
export { parseWorkload, WORKLOAD_HINT } from './workload-index.ts';
