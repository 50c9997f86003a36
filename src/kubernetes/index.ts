/**
 * The simulated control plane: one store of objects, and the controllers that keep it true.
 *
 * `bringUp` builds a cluster from manifests; after that, changes come from kubectl lines and from what the simulation reports
 * (`Kubelet.exited`), and everybody who cares watches the store. Nothing here knows requests, connections or balancers.
 */

export type { AddressHolder } from './addresses.ts';
export { findAddress, loadBalancerAddresses } from './addresses.ts';
export type { Cause, RefusalReason } from './admission-error.ts';
export { AdmissionError, formatCause, invalid } from './admission-error.ts';
export type { AdmissionProblem, BroughtUp, ClusterOptions } from './bring-up.ts';
export { bringUp, findRefusals } from './bring-up.ts';
export type { Clock } from './clock.ts';
export { stoppedClock } from './clock.ts';
export { namespaceOf } from './defaulting.ts';
export type { ObjectTable } from './describe.ts';
export { describeCluster } from './describe.ts';
export type { DnsAnswer } from './dns.ts';
export { CLUSTER_DOMAIN, resolve } from './dns.ts';
export type { EndpointChoice, PolicyUse, TopologyMode } from './endpoint-choice.ts';
export { chooseEndpoints, policyUse } from './endpoint-choice.ts';
export { serviceEnvironment } from './environment.ts';
export { HINTS_ON, hintStatuses } from './hint-status.ts';
export type { ClusterAssumption } from './hpa.ts';
export type { Ipv4Range } from './ipv4.ts';
export { contains, formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';
export type { KubectlResult } from './kubectl.ts';
export { runKubectl, targetsOf } from './kubectl.ts';
export type { KubectlCommand, KubectlParsed, KubectlTarget } from './kubectl-line.ts';
export { parseKubectl } from './kubectl-line.ts';
export { Kubelet, preStopNs, readinessDelayNs } from './kubelet.ts';
export type { NodeOptions } from './nodes.ts';
export { nodeAddress, zoneOf } from './nodes.ts';
export type * from './objects.ts';
export { isReady, isTerminating } from './pod-state.ts';
export type { ServiceEndpoint } from './service-endpoints.ts';
export { serviceEndpoints } from './service-endpoints.ts';
export type { Listener, WatchEvent } from './store.ts';
export { Cluster, controllerOf, ownerKey } from './store.ts';
