/** Words of the scenario format that this version refuses by name, and what works instead. */

export const NOT_BUILT_KEYS: ReadonlyMap<string, string> = new Map([
  ['retry', 'an attempt that fails, fails its request'],
  ['hedge', 'every request is one attempt'],
  ['breaker', 'clients send whatever comes'],
  ['priority', 'queues are fifo, lifo or ps'],
  ['preemptive', 'queues are fifo, lifo or ps'],
  ['cpu', 'the whole service burns CPU with discipline: ps; otherwise slots bound it'],
  ['failures', 'pods answer whatever they serve'],
  ['hpa', 'replicas = max(spec.replicas, minReplicas); use timeline or sweep'],
  ['outlierDetection', 'use plane: ideal'],
]);

export const NOT_BUILT_VALUES: ReadonlyMap<string, string> = new Map([['smtp', 'use tcp']]);

/** Discipline and planes: whatever a cluster may name there. */
export const NOT_BUILT_AT: readonly { readonly path: RegExp; readonly values: RegExp; readonly hint: string }[] = [
  { path: /queue\.discipline$/, values: /^priority$/, hint: 'use fifo, lifo or ps' },
  { path: /balancer\.plane$/, values: /^[a-z]/, hint: 'use ideal, or leave the balancer out: then the network decides' },
];

export const NOT_BUILT = 'not built yet in this version';
