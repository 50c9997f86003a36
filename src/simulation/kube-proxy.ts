/**
 * Modes of kube-proxy → balancers: the only place that knows the names of modes. The simulation asks a `NodeProxy` what it is like.
 */
import { type Balancer, balancers, type HashSeed, type Place, parseHashSeed, type SchedulerName } from '../balancers/index.ts';
import type { KubeProxySpec } from '../scenario/scenario.ts';

/** Through which kind of address a connection enters a node's proxy. */
export type Entry = 'cluster-ip' | 'external-ip' | 'load-balancer' | 'node-port';

/**
 * How `trace --table` shows the whole of a balancer. `chain`: rules tried in order, each by chance. `turn`: a circle.
 * `map`: one draw names the index. `scan`: a list that is searched for the best. `slots`: a table that a hash looks up.
 */
export type PlaneShape = 'chain' | 'map' | 'turn' | 'scan' | 'slots';

const SHAPES: Readonly<Partial<Record<SchedulerName, PlaneShape>>> = { rr: 'turn', wrr: 'turn', sh: 'slots', dh: 'slots', mh: 'slots' };

/** What every node runs for Services. */
export interface NodeProxy {
  /** For people, e.g. `kube-proxy ipvs rr`. */
  readonly name: string;
  /** In whose words `trace` tells the rules that a connection passes. */
  readonly dialect: KubeProxySpec['mode'];
  shapeOf(entry: Entry): PlaneShape;
  /** Without affinity, each connection is placed at random, whatever came before. */
  isRandom(entry: Entry): boolean;
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
  /** The same of UDP flows, which are then placed anew. A proxy with a time of its own also knows when the pod of a flow is gone. */
  readonly udpIdleTimeoutNs: number;
  /** What an empty table does is the balancer's own answer; otherwise kube-proxy's rules say whether they reject or drop. */
  readonly hasOwnRefusals: boolean;
  /** Balancers note requests and answers that pass (`Balancer.packet`). */
  readonly feelsPackets: boolean;
  create(port: PlanePort, entry: Entry, place: Place): Balancer;
}

/** What a balancer gets to know of its Service port. */
export interface PlanePort {
  /** sessionAffinity ClientIP; 0 = None. */
  readonly affinityTimeoutNs: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** What the modes of kube-proxy that only write rules have in common. */
const RULES = {
  keepsEntriesApart: false,
  refusesOtherPorts: false,
  borrowsForLocal: false,
  shortCutsCluster: true, // KUBE-EXT: pod traffic for external destinations goes to KUBE-SVC
  masquerades: 'outside',
  idleTimeoutNs: 0,
  udpIdleTimeoutNs: 0,
  hasOwnRefusals: false,
  feelsPackets: false,
} as const;

export function nodeProxy(spec: KubeProxySpec): NodeProxy {
  const { minSyncPeriodNs } = spec;
  switch (spec.mode) {
    case 'iptables':
      return {
        ...RULES,
        name: 'kube-proxy iptables',
        dialect: spec.mode,
        minSyncPeriodNs,
        shapeOf: () => 'chain',
        isRandom: () => true,
        create: ({ affinityTimeoutNs }, _entry, place) => balancers['kube-proxy-iptables'].create({ affinityTimeoutNs, ipListTot: spec.ipListTot }, place),
      };
    case 'nftables':
      return {
        ...RULES,
        name: 'kube-proxy nftables',
        dialect: spec.mode,
        minSyncPeriodNs,
        refusesOtherPorts: true,
        shapeOf: () => 'map',
        isRandom: () => true,
        create: ({ affinityTimeoutNs }, _entry, place) => balancers['kube-proxy-nftables'].create({ affinityTimeoutNs }, place),
      };
    case 'ipvs':
      return {
        ...RULES,
        name: `kube-proxy ipvs ${spec.scheduler}`,
        dialect: spec.mode,
        minSyncPeriodNs,
        keepsEntriesApart: true,
        refusesOtherPorts: true, // the address is a local one, of kube-ipvs0
        idleTimeoutNs: 900e9, // ip_vs_proto_tcp.c, ESTABLISHED; ipvs.tcpTimeout is 0, which leaves it
        udpIdleTimeoutNs: 300e9, // ip_vs_proto_udp.c
        borrowsForLocal: true, // proxier.go syncEndpoint: cluster endpoints when there is no local one, k/k#97081
        shortCutsCluster: false,
        shapeOf: () => SHAPES[spec.scheduler] ?? 'scan',
        isRandom: () => false,
        create: ({ affinityTimeoutNs, protocol }, _entry, place) =>
          balancers['kube-proxy-ipvs'].create({ ...spec, affinityTimeoutNs, isUdp: protocol === 'UDP' }, place),
      };
    case 'cilium':
      return {
        ...RULES,
        name: `cilium ${spec.algorithm}`,
        dialect: spec.mode,
        minSyncPeriodNs,
        keepsEntriesApart: true,
        masquerades: spec.forwarding === 'snat' ? 'outside-to-remote' : 'never', // Simplified: hybrid is dsr for UDP too
        hasOwnRefusals: true,
        feelsPackets: true,
        shapeOf: (entry) => (entry !== 'cluster-ip' && spec.algorithm === 'maglev' ? 'slots' : 'map'),
        isRandom: (entry) => entry === 'cluster-ip' || spec.algorithm === 'random',
        create: ({ affinityTimeoutNs, protocol }, entry, place) => {
          const { algorithm, tableSize, hashSeed } = spec;
          if (entry === 'cluster-ip') return balancers['cilium-socket'].create({ affinityTimeoutNs }, place);
          const seed = parseHashSeed(hashSeed) as HashSeed;
          return balancers['cilium-datapath'].create({ affinityTimeoutNs, algorithm, tableSize, seed, protocol }, place);
        },
      };
    case 'userspace':
      return {
        ...RULES,
        name: 'kube-proxy userspace',
        dialect: spec.mode,
        minSyncPeriodNs,
        masquerades: 'always',
        shapeOf: () => 'turn',
        isRandom: () => false,
        create: ({ affinityTimeoutNs }, _entry, place) => balancers['kube-proxy-userspace'].create({ affinityTimeoutNs }, place),
      };
  }
}
