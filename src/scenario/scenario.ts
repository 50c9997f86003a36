/**
 * The scenario as the model sees it: plain, complete, normalised data that can be sent to a worker.
 *
 * Everything here has been checked and defaulted by `schema.ts` and `load.ts`; the model does not check again.
 * Durations are integer nanoseconds where the name ends in `Ns`; law parameters are in seconds; rates are per second.
 */
import type { Overhead, SchedulerName } from '../balancers/index.ts';
import type { KubectlCommand } from '../kubernetes/kubectl-line.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { LawSpec } from '../random/law.ts';
import type { ArrivalProcess } from '../workload/process.ts';
import type { TraceSpec } from '../workload/trace.ts';
import type { UdpConntrackCleanup, VersionDefaults } from './versions.ts';

/** What one invocation studies: one scenario, or one per combination of axis values. */
export interface Study {
  readonly name: string;
  readonly description: string;
  /** `sha256:…` over scenario, manifests and data files by content; independent of folders and of the order of files. */
  readonly hash: string;
  readonly seed: string;
  /** Of each cell; with `stopWhen` the most of them. */
  readonly replications: number;
  /** `null` = exactly `replications`. */
  readonly stopWhen: StopSpec | null;
  readonly cells: readonly Cell[];
  /** Strategies asked for by name that say nothing about this scenario, and why. */
  readonly notApplicable: readonly { readonly name: string; readonly reason: string }[];
  readonly notModelled: NotModelled;
  /** What was read, as written and with `--set`: `Scenario`, `Deployment/web`, `Service/web.shop`; no Secrets. */
  readonly documents: Readonly<Record<string, unknown>>;
}

export interface Cell {
  readonly id: number;
  /** Axis name → value as written; empty without a sweep. */
  readonly axes: Readonly<Record<string, string | number | boolean>>;
  readonly scenario: Scenario;
}

export interface NotModelled {
  /** Fields and kinds that could change the result, with file and line. */
  readonly couldMatter: readonly { readonly where: string; readonly what: string }[];
  readonly noEffect: { readonly count: number };
}

/** A value nobody wrote that can move the result. */
export interface Assumption {
  readonly path: string;
  readonly value: string;
  readonly why: string;
  /** Set when the assumption only matters if this workload receives traffic (key as in `Scenario.workloads`). */
  readonly workload?: string;
}

export interface Scenario {
  readonly run: RunSpec;
  readonly cluster: ClusterSpec;
  /** Every Kubernetes object read, by kind, namespace and name; ours (`kind: Scenario`) excluded. */
  readonly objects: readonly KubernetesObject[];
  /** One entry per pod-owning object (also bare Pods), keyed by `workloadKey`. Written values and defaults merged. */
  readonly workloads: Readonly<Record<string, WorkloadSpec>>;
  readonly clients: readonly ClientSpec[];
  readonly timeline: readonly TimelineAction[];
  readonly thresholds: readonly ThresholdSpec[];
  readonly assumptions: readonly Assumption[];
}

/** `deployment/checkout.default`: lower-case kind, name, namespace always written. */
export function workloadKey(kind: string, name: string, namespace: string): string {
  return `${kind.toLowerCase()}/${name}.${namespace}`;
}

/** Replications go on until all figures are as precise as wanted. */
export interface StopSpec {
  readonly figures: readonly FigureSpec[];
  /** Largest relative error at 95 %, e.g. 0.02. */
  readonly relative: number;
  /** Most replications. */
  readonly max: number;
}

export interface RunSpec {
  readonly durationNs: number;
  readonly warmupNs: number;
  /**
   * Where `warmupNs` comes from: written (`time`), or found by pilot replications (`mser5`). `open` = to be found yet, and `pilot` = a run
   * without warm-up that finds it; see `experiments/settle-warmup.ts`.
   */
  readonly warmup: 'time' | 'open' | 'pilot' | 'mser5';
  readonly gracefulStopNs: number;
  /** Extra percentiles asked for in `run.percentiles`, in percent, e.g. [25, 40]. */
  readonly percentiles: readonly number[];
  readonly stopWhen: StopSpec | null;
  /** Most requests and calls that may be in flight at once in one replication, before the run is stopped with a message. */
  readonly maxInFlight: number;
}

export interface ClusterSpec {
  readonly kubernetesVersion: string;
  /** What the version decides where the scenario says nothing else. */
  readonly defaults: VersionDefaults;
  readonly nodes: readonly NodeSpec[];
  readonly kubeProxy: KubeProxySpec;
  readonly latency: {
    readonly sameNode: LawSpec;
    readonly sameZone: LawSpec;
    readonly crossZone: LawSpec;
    readonly external: LawSpec;
  };
  readonly loadBalancer: LoadBalancerSpec;
  readonly conntrack: ConntrackSpec;
  readonly dns: {
    /** Time to live that CoreDNS puts on its answers, and how long it keeps them itself. */
    readonly ttlNs: number;
    readonly cacheNs: number;
    /** Addresses of a headless Service come in another order each time. */
    readonly shuffle: boolean;
    /** How long a look-up takes; `null` = no time. */
    readonly lookup: LawSpec | null;
  };
  readonly ingress: { readonly class: string; readonly replicas: number; readonly workers: number };
  readonly addressSeed: string;
}

/** Who stands before the nodes for Services of type LoadBalancer. Knobs that the kind does not have keep a value that means nothing. */
export interface LoadBalancerSpec {
  readonly kind: 'flow-hash' | 'nlb' | 'gcp' | 'azure' | 'metallb-l2' | 'metallb-bgp' | 'servicelb';
  /** Node ports, or pods without kube-proxy between. */
  readonly targets: 'instance' | 'ip';
  readonly crossZone: boolean;
  readonly stickiness: 'none' | 'source-ip';
  /** The targets see the client's address. */
  readonly preserveClientIp: boolean;
  /** What of a flow is hashed. */
  readonly hash: '5-tuple' | '3-tuple' | '2-tuple' | '1-tuple';
  /** A node counts as often as it has ready endpoints of its own. */
  readonly weighted: boolean;
  /** ECMP leaves the flows of nodes that stay alone. */
  readonly resilient: boolean;
  /** A TCP flow without packets for so long is forgotten; 0 = never. */
  readonly idleTimeoutNs: number;
  /** Both ends are told by RST when a flow is forgotten. */
  readonly tcpReset: boolean;
  /** Interval 0: the balancer does not probe, it watches the cluster. */
  readonly healthCheck: { readonly intervalNs: number; readonly healthyThreshold: number; readonly unhealthyThreshold: number };
}

/** What kube-proxy sets of every node's connection tracking. */
export interface ConntrackSpec {
  /** Entries of one node's table; `null` = by its cores. */
  readonly max: number | null;
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpEstablishedNs: number;
  /** Whole seconds; without and with an answer seen. */
  readonly udpNs: number;
  readonly udpStreamNs: number;
  /** When kube-proxy flushes entries of UDP flows. */
  readonly udpCleanup: UdpConntrackCleanup;
  /** Source ports of one node towards one pod, for connections that it masquerades. */
  readonly snatPorts: number;
}

/** Nodes from the scenario, or from Node objects in the manifests; never empty. */
export interface NodeSpec {
  readonly name: string;
  /** `''` when unknown. */
  readonly zone: string;
  readonly cpu: number;
  readonly public: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** From a live dump; otherwise the cluster gives addresses out. */
  readonly internalIp?: string;
  readonly externalIp?: string;
}

/** What every node runs for Services. */
export type KubeProxySpec = KubeProxyMode & {
  /** Nobody named the mode. */
  readonly assumed: boolean;
  /** Shortest time between two syncs; 0 = none. */
  readonly minSyncPeriodNs: number;
};

export type KubeProxyMode = IptablesMode | { readonly mode: 'nftables' } | IpvsMode | CiliumMode | { readonly mode: 'userspace' };

export interface IptablesMode {
  readonly mode: 'iptables';
  /** Clients that affinity remembers per endpoint (xt_recent ip_list_tot). */
  readonly ipListTot: number;
}

/** Cilium instead of kube-proxy. */
export interface CiliumMode {
  readonly mode: 'cilium';
  /** For connections from outside. */
  readonly algorithm: 'random' | 'maglev';
  /** Slots of the Maglev table. */
  readonly tableSize: number;
  /** Base64 of 12 bytes. */
  readonly hashSeed: string;
  readonly forwarding: 'snat' | 'dsr' | 'hybrid';
}

export interface IpvsMode {
  readonly mode: 'ipvs';
  readonly scheduler: SchedulerName;
  readonly overhead: Overhead;
  /** What a SYN from a port in TIME_WAIT meets; `null` = not written, ports are taken to be free again. */
  readonly portReuse: { readonly mode: 0 | 1; readonly looksForWeight0: boolean } | null;
}

export interface WorkloadSpec {
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly concurrency: number;
  readonly queue: {
    /** Queue places, slots not counted; `null` = no limit. */
    readonly limit: number | null;
    readonly discipline: 'fifo' | 'lifo' | 'ps';
    /** 0 = none. */
    readonly timeoutNs: number;
    readonly patience: LawSpec | null;
  };
  readonly service: {
    readonly default: LawSpec;
    /** Path prefix (element-wise, longest wins) → law. */
    readonly byRoute: readonly { readonly path: string; readonly law: LawSpec }[];
  };
  /** CPU cores from `limits.cpu`, used by discipline `ps`; `null` = no limit (then one server is shared). */
  readonly cpuLimit: number | null;
  /** One factor per pod, repeated cyclically; 2 = twice as fast. */
  readonly speed: readonly number[];
  /** One endpoint weight per pod, repeated cyclically. */
  readonly weight: readonly number[];
  readonly server: {
    readonly protocol: 'http/1.1' | 'http/2' | 'grpc' | 'tcp';
    /** 0 = never; a law is drawn per connection. */
    readonly maxConnectionAge: LawSpec | null;
    /** Share, e.g. 0.1 for the ±10 % of grpc. */
    readonly maxConnectionAgeJitter: number;
    readonly maxConnectionAgeGraceNs: number;
    /** 0 = never. */
    readonly keepAliveTimeoutNs: number;
    /** 0 = no limit. */
    readonly maxRequestsPerConnection: number;
    readonly cancel: 'never' | 'onDisconnect';
    /** At SIGTERM: finish what is there, drop it, or go on until SIGKILL. */
    readonly sigterm: 'drain' | 'exit' | 'ignore';
  };
  readonly calls: readonly CallStep[];
  readonly holdWhileCalling: boolean;
  /** Readiness, start-up and shutdown as the pod template says. */
  readonly lifecycle: {
    /** From container start to Ready for pods created while the clock runs: probe initialDelay, drawn phase excluded. */
    readonly readinessDelayNs: number;
    /** 0 without a readiness probe. */
    readonly readinessPeriodNs: number;
    /** preStop sleep; 0 = none known. */
    readonly preStopNs: number;
    readonly gracePeriodNs: number;
    readonly minReadyNs: number;
  };
}

/** One step after the own service; steps run in order, the calls inside a `parallel` step at once. */
export type CallStep = { readonly type: 'call'; readonly call: CallSpec } | { readonly type: 'parallel'; readonly calls: readonly CallSpec[] };

export interface CallSpec {
  readonly target: TargetUrl;
  readonly probability: number;
  readonly count: number;
  /** 0 = none. */
  readonly timeoutNs: number;
  readonly optional: boolean;
  /** True when taken from an environment variable. */
  readonly assumed: boolean;
}

/** A URL taken apart. `port` is the explicit one or the scheme's default. */
export interface TargetUrl {
  readonly text: string;
  readonly scheme: 'http' | 'https' | 'grpc' | 'tcp' | 'udp' | 'sctp';
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

export type ClientPlace =
  | { readonly type: 'external' }
  | { readonly type: 'vpc' }
  /** Spread evenly over all nodes: the default for cluster names. */
  | { readonly type: 'nodes' }
  | { readonly type: 'node'; readonly node: string }
  /** In the pods of this workload, client i in pod i mod n. */
  | { readonly type: 'workload'; readonly workload: string }
  | { readonly type: 'zones'; readonly shares: Readonly<Record<string, number>> };

export interface ClientSpec {
  readonly name: string;
  readonly count: number;
  readonly from: ClientPlace;
  readonly target: TargetUrl;
  readonly requests: readonly RequestClass[];
  readonly sources: {
    /** Distinct source addresses; clients use them in turn. */
    readonly addresses: number;
    /** `null` = every address its own group. */
    readonly nat: { readonly groups: number; readonly skew: number } | null;
  };
  readonly popularity: { readonly skew: number };
  readonly protocol: {
    readonly type: 'tcp' | 'udp' | 'sctp' | 'http/1.1' | 'http/2' | 'grpc';
    readonly keepAlive: boolean;
    /** Most connections one client holds; without keep-alive there is no such limit. */
    readonly connections: number;
    readonly connect: 'lazy' | 'eager';
    /** Interval of TCP keep-alive probes on quiet connections; 0 = none. */
    readonly tcpKeepAliveNs: number;
    /** The resolver of a client keeps answers for their time to live; and which address of several it takes. */
    readonly dns: { readonly cache: boolean; readonly pick: 'first' | 'random' };
    readonly maxConcurrentStreams: number;
    readonly tls: 'none' | '1.2' | '1.3' | '1.2-resumed' | '1.3-resumed';
    readonly maxConnectionAge: LawSpec | null;
    /** 0 = no limit. */
    readonly requestsPerConnection: number;
  };
  readonly balancer: BalancerSpec | null;
  readonly arrivals: ArrivalSpec;
  /** Per attempt, from dispatch (the first from the intended arrival); 0 = none. */
  readonly timeoutNs: number;
}

export interface RequestClass {
  readonly path: string;
  readonly method: string;
  /** Header names lower-cased. `Cookie` may be here too. */
  readonly headers: Readonly<Record<string, string>>;
  readonly weight: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface BalancerSpec {
  readonly plane: 'ideal';
  readonly policy: 'random' | 'round_robin' | 'least_connections' | 'power_of_choices' | 'join_idle_queue' | 'least_work_left';
  readonly choices: number;
  readonly replacement: boolean;
  readonly ties: 'random' | 'first';
  readonly weighted: boolean;
  /** `refreshNs` > 0: the true state copied at 0, T, 2T … */
  readonly view: { readonly type: 'own' } | { readonly type: 'shared'; readonly refreshNs: number };
}

export type ArrivalSpec =
  | ({ readonly type: 'open' } & ArrivalProcess)
  | ({ readonly type: 'trace' } & TraceSpec)
  | { readonly type: 'closed'; readonly users: number; readonly thinkTime: LawSpec };

export interface TimelineAction {
  readonly atNs: number;
  readonly label: string;
  /** Parsed kubectl line. */
  readonly command: KubectlCommand;
  readonly text: string;
  readonly where: string;
}

/** A figure of the result, as thresholds and `stopWhen` name it. */
export interface FigureSpec {
  /** As written, e.g. `request_duration{client=storefront}`. */
  readonly metric: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Start of the window asked for by `since=`; `null` = the whole measured window. */
  readonly sinceNs: number | null;
  /** e.g. `p(99)`, `mean`, `rate`, `jain`. */
  readonly statistic: string;
}

export interface ThresholdSpec extends FigureSpec {
  /** As written, e.g. `p(99)<120ms`. */
  readonly expr: string;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** Seconds for durations, plain otherwise. */
  readonly limit: number;
}
