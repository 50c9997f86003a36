/**
 * Which endpoints of a Service port a node uses: traffic policies, topology hints, and what is left while all pods terminate.
 *
 * *Usable* are the ready endpoints, or those that still serve while they terminate when no ready one is left. The *cluster* list is for
 * traffic of policy Cluster and narrowed by hints; the *local* list, the node's own, is for policy Local and knows no hints.
 *
 * Version modelled: Kubernetes 1.35 `pkg/proxy/topology.go` CategorizeEndpoints and topologyModeFromHints, `pkg/proxy/serviceport.go`
 * (UsesClusterEndpoints, UsesLocalEndpoints); KEP-1669 (terminating endpoints, GA 1.28), KEP-2433 and KEP-4444 (zone hints),
 * KEP-3015 (node hints). Every mode of kube-proxy shares it.
 */
import type { Service } from './objects.ts';
import type { ServiceEndpoint } from './service-endpoints.ts';

/** What of an endpoint matters to the choice. */
export type Choosable = Pick<ServiceEndpoint, 'node' | 'ready' | 'serving' | 'terminating' | 'zoneHints' | 'nodeHints'>;

/** Which lists a Service port needs. */
export interface PolicyUse {
  readonly usesCluster: boolean;
  readonly usesLocal: boolean;
}

export interface ChoosingNode {
  readonly name: string;
  /** `''` = unknown: then zone hints mean nothing to it. */
  readonly zone: string;
}

/** How hints narrow the cluster list. */
export type TopologyMode = 'all' | 'same-zone' | 'same-node';

/** Positions in the endpoints given, ascending; `null` = the Service port has no traffic for that list. */
export interface EndpointChoice {
  readonly cluster: readonly number[] | null;
  readonly local: readonly number[] | null;
  /** Some endpoint somewhere is usable: without one here, packets are dropped and not rejected. */
  readonly hasAny: boolean;
  readonly mode: TopologyMode;
}

/**
 * What the policies of a Service ask of a port. `Local` for outside traffic is ignored while nothing outside can reach it; and a port
 * that the outside reaches needs the cluster list even so: traffic from the cluster's own pods takes a short cut to it.
 * @param isReachable from outside: by node port, external IP or load balancer
 */
export function policyUse({ spec }: Service, isReachable: boolean): PolicyUse {
  const isInternalLocal = spec.internalTrafficPolicy === 'Local';
  return { usesCluster: !isInternalLocal || isReachable, usesLocal: isInternalLocal || (isReachable && spec.externalTrafficPolicy === 'Local') };
}

/** @param fallsBack take terminating endpoints when none is ready (Kubernetes ≥ 1.26) */
export function chooseEndpoints(endpoints: readonly Choosable[], use: PolicyUse, node: ChoosingNode, fallsBack = true): EndpointChoice {
  const isLeft = ({ ready, serving, terminating }: Choosable): boolean => fallsBack && !ready && serving && terminating;
  const mode = use.usesCluster ? topologyMode(endpoints, node) : 'all';
  const cluster = use.usesCluster
    ? readyElse(
        endpoints,
        (endpoint) => isFor(endpoint, node, mode),
        () => true,
        isLeft,
      )
    : null;
  const isLocal = (endpoint: Choosable): boolean => endpoint.node === node.name;
  const local = use.usesLocal ? readyElse(endpoints, isLocal, isLocal, isLeft) : null;
  return { cluster, local, hasAny: (cluster ?? []).length > 0 || endpoints.some((endpoint) => endpoint.ready || isLeft(endpoint)), mode };
}

/**
 * Node hints count when every ready endpoint has some and one is for this node, zone hints likewise; one ready endpoint without hints
 * turns the mode off for all.
 */
export function topologyMode(endpoints: readonly Choosable[], { name, zone }: ChoosingNode): TopologyMode {
  if (areAllHinted(endpoints, 'nodeHints', name)) return 'same-node';
  return zone !== '' && areAllHinted(endpoints, 'zoneHints', zone) ? 'same-zone' : 'all';
}

function areAllHinted(endpoints: readonly Choosable[], kind: 'zoneHints' | 'nodeHints', wanted: string): boolean {
  let isWantedHere = false;
  for (const endpoint of endpoints) {
    if (!endpoint.ready) continue;
    if (endpoint[kind].length === 0) return false;
    isWantedHere ||= endpoint[kind].includes(wanted);
  }
  return isWantedHere;
}

function isFor({ zoneHints, nodeHints }: Choosable, { name, zone }: ChoosingNode, mode: TopologyMode): boolean {
  if (mode === 'all') return true;
  return mode === 'same-node' ? nodeHints.includes(name) : zoneHints.includes(zone);
}

/** The ready ones that suit; when there are none, the terminating ones that do. */
function readyElse(
  endpoints: readonly Choosable[],
  suits: (endpoint: Choosable) => boolean,
  suitsAtLast: (endpoint: Choosable) => boolean,
  isLeft: (endpoint: Choosable) => boolean,
): readonly number[] {
  const ready = positions(endpoints, (endpoint) => endpoint.ready && suits(endpoint));
  return ready.length > 0 ? ready : positions(endpoints, (endpoint) => isLeft(endpoint) && suitsAtLast(endpoint));
}

function positions(endpoints: readonly Choosable[], suits: (endpoint: Choosable) => boolean): number[] {
  const found: number[] = [];
  for (let i = 0; i < endpoints.length; i++) if (suits(endpoints[i])) found.push(i);
  return found;
}
