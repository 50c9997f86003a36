/** Balancers: the contract, and the kinds that fulfil it. */
export * from './balancer.ts';
export type { IdealConfig } from './ideal.ts';
export { chainProbabilities, kernelProbability, probabilityText } from './l4/iptables-chain.ts';
export type { KubeProxyConfig } from './l4/kube-proxy-iptables.ts';
export { balancers } from './registry.ts';
