/**
 * Modes of kube-proxy → balancers: the only place that knows the names of modes. The simulation asks a `NodeProxy` what it is like.
 */
import { type Balancer, balancers, type Place, type SchedulerName } from '../balancers/index.ts';
import type { KubeProxySpec } from '../scenario/scenario.ts';

/** Through which kind of address a connection enters a node's proxy. */
export type Entry = 'cluster-ip' | 'external-ip' | 'load-balancer' | 'node-port';

/**
 * How `trace --table` shows the whole of a balancer. `chain`: rules tried in order, each by chance. `turn`: a circle.
 * `scan`: a list that is searched for the best. `slots`: a table that a hash looks up.
 */
export type PlaneShape = 'chain' | 'turn' | 'scan' | 'slots';

const SHAPES: Readonly<Partial<Record<SchedulerName, PlaneShape>>> = { rr: 'turn', wrr: 'turn', sh: 'slots', dh: 'slots', mh: 'slots' };

/** What every node runs for Services. */
export interface NodeProxy {
  /** For people, e.g. `kube-proxy ipvs rr`. */
  readonly name: string;
  readonly shape: PlaneShape;
  /** Without affinity, each connection is placed at random, whatever came before. */
  readonly isRandom: boolean;
  /** Shortest time between two syncs on a node, with a burst of 2; 0 = news is written at once. */
  readonly minSyncPeriodNs: number;
  /** Each entry to a Service port has a balancer of its own (virtual servers of ipvs); otherwise they share one. */
  readonly keepsEntriesApart: boolean;
  /** A port that a ClusterIP does not have is refused; otherwise nobody answers there. */
  readonly refusesOtherPorts: boolean;
  /** Traffic policy Local on a node without a pod of the Service: pods of other nodes are lent to it; otherwise packets are dropped. */
  readonly borrowsForLocal: boolean;
  /** Callers within the cluster are not subject to externalTrafficPolicy. */
  readonly shortCutsCluster: boolean;
  /**
   * Connections that leave with the node's address, by policy Cluster: those to addresses for the outside, of these only the ones to pods of
   * other nodes, none; or all connections whatever their way, since the proxy makes them anew.
   */
  readonly masquerades: 'outside' | 'outside-to-remote' | 'never' | 'always';
  /** A connection without packets for so long is forgotten, and its next packet answered with RST [ns]; 0 = conntrack's own time. */
  readonly idleTimeoutNs: number;
  /** @param affinityTimeoutNs sessionAffinity ClientIP; 0 = None */
  create(affinityTimeoutNs: number, entry: Entry, place: Place): Balancer;
}

export function nodeProxy(spec: KubeProxySpec): NodeProxy {
  const { minSyncPeriodNs } = spec;
  switch (spec.mode) {
    case 'iptables':
      return {
        name: 'kube-proxy iptables',
        shape: 'chain',
        isRandom: true,
        minSyncPeriodNs,
        keepsEntriesApart: false,
        refusesOtherPorts: false,
        borrowsForLocal: false,
        masquerades: 'outside',
        shortCutsCluster: true, // KUBE-EXT: pod traffic for external destinations goes to KUBE-SVC
        idleTimeoutNs: 0,
        create: (affinityTimeoutNs, _entry, place) => balancers['kube-proxy-iptables'].create({ affinityTimeoutNs }, place),
      };
    case 'ipvs':
      return {
        name: `kube-proxy ipvs ${spec.scheduler}`,
        shape: SHAPES[spec.scheduler] ?? 'scan',
        isRandom: false,
        minSyncPeriodNs,
        keepsEntriesApart: true,
        refusesOtherPorts: true, // the address is a local one, of kube-ipvs0
        idleTimeoutNs: 900e9, // ip_vs_proto_tcp.c, ESTABLISHED; ipvs.tcpTimeout is 0, which leaves it
        borrowsForLocal: true, // proxier.go syncEndpoint: cluster endpoints when there is no local one, k/k#97081
        shortCutsCluster: false,
        masquerades: 'outside',
        create: (affinityTimeoutNs, _entry, place) =>
          balancers['kube-proxy-ipvs'].create({ affinityTimeoutNs, scheduler: spec.scheduler, overhead: spec.overhead }, place),
      };
  }
}
