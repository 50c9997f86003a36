/**
 * Which source address a pod sees: the caller's, or that of the node that sent the connection on.
 *
 *   to a ClusterIP                                   the caller's
 *   to node port, load balancer, external IP:
 *     policy Cluster                                 the node's, even if the pod is on it (Cilium in SNAT mode: only if it is not)
 *     policy Local, or within the cluster past it    the caller's
 *   a pod that meets itself (hairpin)                the node's
 *
 * Source: l4.md 1.5; kube-proxy 1.35 pkg/proxy/iptables/proxier.go (KUBE-MARK-MASQ in KUBE-EXT and KUBE-SEP), the same in nftables and ipvs mode.
 * Simplified: callers on nodes are pods that the local detector knows; processes of a node itself are taken for such.
 */
import type { NodeProxy } from './kube-proxy.ts';
import type { Frontend } from './service-ports.ts';

/** Why the pod does not see the caller's address; `null` = it does. */
export type Masquerade = 'policy-cluster' | 'hairpin' | 'proxied' | null;

/** Where a connection comes from and goes to. */
export interface Leg {
  /** The pod is on another node than the one that sent the connection on. */
  readonly isRemote: boolean;
  /** The caller is the pod itself. */
  readonly isHairpin: boolean;
  readonly isFromCluster: boolean;
}

export function masqueradeOf(proxy: NodeProxy, { entry, isLocal }: Frontend, { isRemote, isHairpin, isFromCluster }: Leg): Masquerade {
  if (proxy.masquerades === 'always') return 'proxied';
  if (isHairpin) return 'hairpin';
  if (entry === 'cluster-ip' || isLocal || proxy.masquerades === 'never') return null;
  if (proxy.masquerades === 'outside') return 'policy-cluster';
  return isRemote && !isFromCluster ? 'policy-cluster' : null; // Cilium connects the sockets of the cluster's own callers straight to pods
}
