/** Who answers at an address. */
import { nodeAddress } from './nodes.ts';
import type { NodeObject, Pod, Service } from './objects.ts';
import type { Cluster } from './store.ts';

export type AddressHolder =
  | { readonly type: 'clusterIP' | 'externalIP' | 'loadBalancer'; readonly service: Service }
  | { readonly type: 'node'; readonly node: NodeObject; readonly isExternal: boolean }
  | { readonly type: 'pod'; readonly pod: Pod };

/** The holder of an IPv4 address as the cluster stands, `null` when nobody has it. Cost: a walk over all objects; ask once, not per request. */
export function findAddress(cluster: Cluster, address: string): AddressHolder | null {
  for (const service of cluster.list('Service')) {
    if (service.spec.clusterIP === address) return { type: 'clusterIP', service };
    if (loadBalancerAddresses(service).includes(address)) return { type: 'loadBalancer', service };
    if (service.spec.externalIPs?.includes(address)) return { type: 'externalIP', service };
  }
  for (const node of cluster.list('Node')) {
    if (nodeAddress(node, 'InternalIP') === address) return { type: 'node', node, isExternal: false };
    if (nodeAddress(node, 'ExternalIP') === address) return { type: 'node', node, isExternal: true };
  }
  const pod = cluster.list('Pod').find((candidate) => candidate.status?.podIP === address && candidate.spec.hostNetwork !== true);
  return pod === undefined ? null : { type: 'pod', pod };
}

/** Addresses of the load balancer in front of a Service: IPs and host names. */
export function loadBalancerAddresses(service: Service): readonly string[] {
  return (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => [ip, hostname]).filter((address) => address !== undefined);
}
