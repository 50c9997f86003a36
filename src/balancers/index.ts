/** Balancers: the contract, and the kinds that fulfil it. */

export { MAGLEV_SIZES } from './algorithms/maglev.ts';
export * from './balancer.ts';
export type { IdealConfig } from './ideal.ts';
export { CILIUM_HASH_SEED, CILIUM_TABLE_SIZE, type HashSeed, parseHashSeed } from './l4/cilium-maglev.ts';
export type { FlowHashConfig } from './l4/flow-hash.ts';
export { chainProbabilities, kernelProbability, probabilityText } from './l4/iptables-chain.ts';
export type { Overhead } from './l4/ipvs/scheduler.ts';
export { SCHEDULERS, type SchedulerName } from './l4/ipvs/schedulers.ts';
export type { KubeProxyConfig } from './l4/kube-proxy-iptables.ts';
export { DEFAULT_COOKIE_NAME, type IngressNginxConfig } from './l7/ingress-nginx.ts';
export { balancers } from './registry.ts';
