/**
 * The result document: what `-o json` prints and `results.json` holds (contract part 4).
 *
 * Plain JSON, seconds, nothing that depends on the wall clock, the machine, the folder or the number of workers.
 */
import type { Estimate } from '../statistics/index.ts';

export type { Estimate };

/** mean, sd, p50, p90, p95, p99, p99.9, max, positive (share > 0), and percentiles asked for. */
export type DurationFigures = Readonly<Record<string, Estimate>>;

export interface Result {
  readonly apiVersion: 'evenkeel.dev/v1alpha1';
  readonly kind: 'Result';
  readonly scenario: { readonly name: string; readonly description: string; readonly hash: string; readonly seed: string; readonly engine: string };
  readonly assumptions: readonly { readonly path: string; readonly value: string; readonly why: string }[];
  readonly notModelled: { readonly couldMatter: readonly { readonly where: string; readonly what: string }[]; readonly noEffect: { readonly count: number } };
  readonly cells: readonly CellResult[];
}

export interface CellResult {
  readonly id: number;
  readonly axes: Readonly<Record<string, string | number | boolean>>;
  readonly replications: number;
  /** Seconds; requests that had not ended `gracefulStop` after `to` are in flight. */
  readonly window: { readonly from: number; readonly to: number; readonly gracefulStop: number };
  readonly warmup: { readonly method: 'time' | 'mser5'; readonly cut: number };
  /** With `run.stopWhen`: whether the figures became as precise as wanted within the most replications. */
  readonly stopWhen?: {
    readonly relative: number;
    readonly max: number;
    readonly met: boolean;
    readonly figures: readonly PrecisionResult[];
  };
  /** Per workload that receives traffic; see `simulation/offered-load.ts`. */
  readonly offeredLoad: readonly OfferedLoadRow[];
  /** Keys of the workloads with offered load ≥ 1. */
  readonly saturated: readonly string[];
  readonly requests: {
    readonly offered: number;
    readonly completed: number;
    readonly failed: number;
    readonly inFlight: number;
    readonly byOutcome: Readonly<Record<string, number>>;
  };
  readonly attempts: { readonly begun: number; readonly inFlight: number; readonly byOutcome: Readonly<Record<string, number>> };
  readonly calls: { readonly begun: number; readonly inFlight: number; readonly byOutcome: Readonly<Record<string, number>> };
  readonly connections: {
    readonly opened: number;
    readonly open: number;
    readonly closed: Readonly<Record<string, number>>;
    readonly refused: number;
    readonly timedOut: number;
    /** Connections that a hop had forgotten when a request was sent on them, or that it moved or told of their end, by hop. */
    readonly brokenBy: Readonly<Record<string, number>>;
  };
  /** request_duration, request_duration{outcome=ok}, the parts, and request_failed { rate }. */
  readonly metrics: Readonly<Record<string, DurationFigures>>;
  readonly clients: Readonly<Record<string, ClientResult>>;
  readonly services: Readonly<Record<string, ServiceResult>>;
  /** Connection tracking by node. */
  readonly nodes: Readonly<Record<string, NodeResult>>;
  /** Nodes of the cluster. */
  readonly nodeCount: number;
  readonly series?: SeriesResult;
  readonly thresholds: readonly ThresholdResult[];
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly residual: number }[];
  /** Closed forms that apply, beside the simulated figure. */
  readonly theory: readonly TheoryRow[];
}

/** `reached`: half width of the 95 % interval ÷ value; `null` without an interval, with the reason. */
export interface PrecisionResult {
  readonly metric: string;
  readonly statistic: string;
  readonly met: boolean;
  readonly reached: number | null;
  readonly noInterval?: string;
}

export interface OfferedLoadRow {
  readonly workload: string;
  /** Requests per second that reach it, mean over the measured window. */
  readonly rate: number;
  readonly meanService: number;
  readonly slots: number;
  readonly pods: number;
  /** rate × mean service ÷ (pods × slots). */
  readonly load: number;
  /** The same with slots held while calls are out; equal to `load` when nothing is held. */
  readonly heldLoad: number;
  /** Requests per second it can serve. */
  readonly capacity: number;
  /** An ingress controller: it holds connections and passes requests on, so that slots and capacity say little. */
  readonly isProxy: boolean;
  /** Nothing bounds the queue: percentiles grow with the duration when saturated. */
  readonly unbounded: boolean;
}

export interface TheoryRow {
  readonly workload: string;
  readonly model: string;
  readonly metric: string;
  readonly theory: number;
  readonly simulated: Estimate;
  readonly why: string;
}

export interface ClientResult {
  readonly requests: { readonly offered: number; readonly failed: number; readonly inFlight: number; readonly byOutcome: Readonly<Record<string, number>> };
  readonly request_duration: DurationFigures;
  readonly 'request_duration{outcome=ok}': DurationFigures;
  readonly request_failed: DurationFigures;
  /**
   * `request_duration` of the merged histogram by percentile level `p` (0, 10 … 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100,
   * as far as the number of observations carries) in seconds; `null` = not ended. For the percentile chart.
   */
  readonly distribution?: readonly { readonly p: number; readonly value: number | null }[];
  /** client_wait, connect_duration, network, queue_wait, service_duration, call_duration. */
  readonly [part: string]: unknown;
}

export interface ServiceResult {
  readonly request_duration: DurationFigures;
  readonly queue_wait: DurationFigures;
  readonly load: {
    readonly jain: Estimate;
    readonly maxOverMean: Estimate;
    readonly cov: Estimate;
    readonly busiestShare: Estimate;
    readonly idlePods: Estimate;
    /**
     * Share of the busiest pod, of the second, … in each replication, averaged: what means by pod hide when another pod is the
     * busy one each time. At most 40; empty without requests.
     */
    readonly byRank: readonly Estimate[];
  };
  /** Busy slot time ÷ ready slot time of the Service's pods together (`mean`), and of the busiest one in each replication, averaged (`max`). */
  readonly utilization: { readonly mean: Estimate; readonly max: Estimate };
  /** Share of time that a pod of the Service has at least i in the system, i = 0 … 20. */
  readonly occupancy: readonly number[];
  readonly unanswered: Readonly<Record<string, number>>;
  /**
   * Shares of the attempts sent: those whose pod sees the source address of whoever opened the connection; those that the node which
   * translated the address passed on to another node; those that crossed zones. Bytes (`requests[].bytes`) per replication, once a crossing.
   */
  readonly traffic: { readonly clientAddressKept: Estimate; readonly secondHop: Estimate; readonly crossZone: Estimate; readonly crossZoneBytes: Estimate };
  /** What came of the topology hints that the Service asks for: `on`, or why not; `null` when it asks for none. */
  readonly hints: string | null;
  readonly stickiness: { readonly byConnection: StickinessResult; readonly byRequest: StickinessResult };
  /** Keyed by pod name (without namespace: a Service's pods live in its own). */
  readonly pods: Readonly<Record<string, PodResult>>;
  /** Mean requests per replication by client group and pod; rows = groups, columns = pods in order of `pods`' listing `order`. */
  readonly map: { readonly groups: readonly string[]; readonly pods: readonly string[]; readonly requests: readonly (readonly number[])[] };
}

export interface StickinessResult {
  readonly samePod: Estimate;
  readonly chance: Estimate;
  readonly podsPerKey: Estimate;
  readonly breaks: Readonly<Record<string, number>>;
}

export interface PodResult {
  readonly node: string;
  readonly workload: string;
  /** Opened in the window; and open when it ends. */
  readonly connections: Estimate;
  readonly openConnections: Estimate;
  readonly requests: Estimate;
  readonly share: Estimate;
  readonly utilization: Estimate;
  readonly peakInFlight: Estimate;
  /** mean and sd of the number in the pod over time. */
  readonly inSystem: DurationFigures;
  readonly pod_duration: DurationFigures;
}

export interface NodeResult {
  readonly conntrack: {
    readonly limit: number;
    /** Most flows at once. */
    readonly peak: Estimate;
    /** Per replication: new flows dropped because the table was full, and unanswered ones dropped early to make room. */
    readonly dropped: Estimate;
    readonly evicted: Estimate;
    /** Flows at the end of the window by state, mean over replications. */
    readonly byState: Readonly<Record<string, number>>;
  };
  /** Source ports lent to connections that the node masquerades: most at once towards one pod, and connections that found none. */
  readonly snat: { readonly limit: number; readonly peak: Estimate; readonly dropped: Estimate };
}

/** Means per replication, one entry per step. */
export interface SeriesResult {
  /** Width of a step, and the window that the steps divide [s]; the last one is cut at its end. */
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly offered: readonly number[];
  readonly failed: readonly number[];
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  /** `namespace/pod` → attempts begun per step. */
  readonly pods: Readonly<Record<string, readonly number[]>>;
  readonly workloads: Readonly<Record<string, { readonly replicas: readonly number[] }>>;
  readonly events: readonly { readonly at: number; readonly label: string }[];
}

export interface ThresholdResult {
  readonly metric: string;
  readonly expr: string;
  readonly ok: boolean;
  readonly conclusive: boolean;
  /** Where the data cannot tell for want of an interval: why there is none. */
  readonly noInterval?: string;
  /** Replications in which it held by themselves, `n/N`. */
  readonly heldIn: string;
  readonly value: number | 'inf' | null;
  /** What `value` counts beside its metric: a threshold on request_failed takes requests that had not ended for failed. */
  readonly note?: string;
}
