/**
 * What `cluster.kubernetesVersion` decides where nothing else is said: one table of all defaults that moved between versions.
 * Source: l4.md part 10, and the parts it names.
 */

import type { KubeProxyMode } from './scenario.ts';

/** The first version that has a mode; `userspace` is allowed with any, for comparison. */
export const SINCE: Readonly<Partial<Record<KubeProxyMode['mode'], string>>> = { nftables: '1.29' }; // KEP-3866: alpha

/** When kube-proxy flushes conntrack entries of UDP flows (l4.md 1.4). */
export type UdpConntrackCleanup = 'event' | 'reconcile-skip-empty' | 'reconcile-all';

export interface VersionDefaults {
  /** Without a ready endpoint, those that still serve while they terminate get the traffic (KEP-1669). */
  readonly terminatingFallback: boolean;
  readonly udpConntrackCleanup: UdpConntrackCleanup;
  /** How long a node may be silent before it counts as lost. */
  readonly nodeMonitorGraceNs: number;
  /** Shortest time between two syncs, by mode; 0 = none. */
  readonly minSyncPeriodNs: Readonly<Record<KubeProxyMode['mode'], number>>;
}

const SECOND = 1e9;
export const DEFAULT_KUBERNETES_VERSION = '1.35';

/** @param version e.g. `1.35` */
export function versionDefaults(version: string): VersionDefaults {
  const minor = minorOf(version);
  return {
    terminatingFallback: minor >= 26, // KEP-1669: beta and on by default in 1.26, GA in 1.28
    // 1.32: every sync compares the whole table; k/k#139629 (2026, after 1.35) takes in Services without endpoints
    udpConntrackCleanup: minor <= 31 ? 'event' : minor <= 36 ? 'reconcile-skip-empty' : 'reconcile-all',
    nodeMonitorGraceNs: (minor >= 32 ? 50 : 40) * SECOND, // k/k#126287
    // pkg/proxy/apis/config/v1alpha1/defaults.go; user space and Cilium's agent write no rules that would be worth waiting for
    minSyncPeriodNs: { iptables: SECOND, nftables: SECOND, ipvs: 0, cilium: 0, userspace: 0 },
  };
}

/** 35 of `1.35`. */
export function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
