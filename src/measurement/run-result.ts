/**
 * What one replication saw: plain data and typed arrays, transferable from a worker, mergeable by addition.
 *
 * Written by `Recorder.result()`; read by `experiments/`. Times are nanoseconds, counts are exact.
 * Cohort counts (requests, attempts, calls, per-pod requests) are of client requests whose intended arrival lies in the
 * measured window and of what they caused; state figures (areas, levels, connections) are of the window of time.
 */

/** A histogram as it travels: occupied bins only, in ascending order. Layout in `histogram.ts`. */
export interface SparseHistogram {
  readonly bins: Uint32Array;
  readonly counts: Float64Array;
  /** Observations that never ended (in flight at the end): they count as +∞ in percentiles. */
  readonly infinite: number;
  /** Of the finite observations [ns], exact sums. */
  readonly count: number;
  readonly sum: number;
  /** Sum of squares, in seconds², plain float. */
  readonly sumOfSquares: number;
  readonly max: number;
  /** Finite observations > 0. */
  readonly positive: number;
}

export interface RunResult {
  readonly cell: number;
  readonly replication: number;
  /** Hex; equal for two runs that met the same traffic. */
  readonly trafficHash: string;
  /** Measured window [fromNs, toNs). */
  readonly window: { readonly fromNs: number; readonly toNs: number; readonly endNs: number };
  readonly requests: {
    readonly offered: number;
    readonly completed: number;
    readonly failed: number;
    readonly inFlight: number;
    readonly byOutcome: Record<string, number>;
  };
  readonly attempts: { readonly begun: number; readonly byOutcome: Record<string, number>; readonly inFlight: number };
  readonly calls: { readonly begun: number; readonly byOutcome: Record<string, number>; readonly inFlight: number };
  /** Opened, open at the end of the window, closed by reason, refused and timed out while opening. */
  readonly connections: {
    readonly opened: number;
    readonly open: number;
    readonly openAtStart: number;
    readonly closed: Record<string, number>;
    readonly refused: number;
    readonly timedOut: number;
    /** Connections that a hop had forgotten or moved, as their callers found out, by hop. */
    readonly brokenBy: Record<string, number>;
  };
  readonly clients: readonly ClientRun[];
  readonly services: readonly ServiceRun[];
  readonly pods: readonly PodRun[];
  readonly nodes: readonly NodeRun[];
  /** Further windows asked for by thresholds with `since=`, in order of `sinceNs`. */
  readonly windows: readonly WindowRun[];
  readonly series: SeriesRun;
  readonly checks: readonly CheckRun[];
  /** Events simulated, for the speed line on stderr; not in results.json. */
  readonly events: number;
}

/** Names of the durations a client request is made of, in reading order. They sum up to `request_duration`. */
export const REQUEST_PARTS = ['client_wait', 'connect_duration', 'network', 'queue_wait', 'service_duration', 'call_duration'] as const;
export type RequestPart = (typeof REQUEST_PARTS)[number];

export interface ClientRun {
  readonly name: string;
  readonly offered: number;
  readonly failed: number;
  readonly inFlight: number;
  readonly byOutcome: Record<string, number>;
  /** Every outcome. */
  readonly request_duration: SparseHistogram;
  /** `outcome=ok` only. */
  readonly request_duration_ok: SparseHistogram;
  /** Every part over the requests that reached the step it measures; keys of `REQUEST_PARTS`. */
  readonly parts: Record<RequestPart, SparseHistogram>;
}

export interface ServiceRun {
  /** `namespace/name`. */
  readonly name: string;
  /** Indices into `pods`: every pod that was an endpoint of the Service at some time in the window. */
  readonly pods: readonly number[];
  /** Per entry of `pods`: attempts (client requests, calls, proxied requests) this Service sent there, by cohort. */
  readonly requests: Float64Array;
  /** Per entry of `pods`: connections opened there through this Service in the window. */
  readonly connections: Float64Array;
  /** Per entry of `pods`: nanoseconds in the window during which the pod was a ready endpoint. */
  readonly readyNs: Float64Array;
  /** Attempts at this Service that found no pod, by reason. */
  readonly unanswered: Record<string, number>;
  readonly traffic: TrafficRun;
  /** What has come of the topology hints that the Service asks for, in order: `on`, or why not; empty when it asks for none. */
  readonly hints: readonly string[];
  readonly request_duration: SparseHistogram;
  readonly queue_wait: SparseHistogram;
  readonly stickiness: { readonly byConnection: StickinessRun; readonly byRequest: StickinessRun };
  /** Client group × pod request counts, row-major, `groups.length` × `pods.length`; for the stickiness map. */
  readonly groups: readonly string[];
  readonly groupRequests: Float64Array;
}

/** Attempts sent to a Service's pods, by the way that their connections take. */
export interface TrafficRun {
  readonly sent: number;
  /** The pod sees the source address of whoever opened the connection. */
  readonly clientAddressKept: number;
  /** The node that translated the address passed it on to another node. */
  readonly secondHop: number;
  /** It crosses from one zone to another within the cluster; and its bytes, once for each crossing. */
  readonly crossZone: number;
  readonly crossZoneBytes: number;
}

export interface StickinessRun {
  /** Pairs of successive units of one key, and how many of them met the same pod. */
  readonly pairs: number;
  readonly same: number;
  /** Keys seen, and the sum over keys of distinct pods met. */
  readonly keys: number;
  readonly podsMet: number;
  /** Only while affinity was promised, by reason. */
  readonly breaks: Record<string, number>;
}

export interface PodRun {
  /** `namespace/name`. */
  readonly name: string;
  readonly node: string;
  readonly workload: string;
  /** Concurrency slots (or cores under `ps`), and when the pod was ready within the window. */
  readonly slots: number;
  readonly readyNs: number;
  /** Connections opened to it in the window; and open when the window ends. */
  readonly connections: number;
  readonly openConnections: number;
  readonly requests: number;
  readonly rejected: number;
  /** Slot-nanoseconds busy in the window. */
  readonly busyNs: number;
  /** Integral of the number in the pod over the window [request·ns], and of its square. */
  readonly inSystemArea: number;
  readonly inSystemAreaSquared: number;
  /** Nanoseconds in the window with exactly i in the pod, i = 0 … 20, then 21 and more. */
  readonly levelNs: Float64Array;
  readonly peakInFlight: number;
  readonly pod_duration: SparseHistogram;
}

/** Connection tracking of one node, over the measured window. */
export interface NodeRun {
  readonly name: string;
  readonly conntrack: {
    readonly limit: number;
    /** Most flows at once. */
    readonly peak: number;
    /** New flows dropped because the table was full; unanswered ones dropped early to make room. */
    readonly dropped: number;
    readonly evicted: number;
    /** At the end of the window, states with flows only. */
    readonly byState: Record<string, number>;
  };
  /** Source ports that the node lends to connections it masquerades: most at once towards one pod, and connections that found none. */
  readonly snat: { readonly limit: number; readonly peak: number; readonly dropped: number };
}

export interface WindowRun {
  readonly sinceNs: number;
  /** Per client entry, in order of `clients`: requests with intended arrival in [sinceNs, toNs). */
  readonly clients: readonly {
    readonly offered: number;
    readonly failed: number;
    readonly request_duration: SparseHistogram;
    readonly request_duration_ok: SparseHistogram;
  }[];
  /** Per service, in order of `services`: attempts per pod entry, and ready time. */
  readonly services: readonly { readonly requests: Float64Array; readonly readyNs: Float64Array }[];
}

/** At most 240 bins over the measured window, by intended arrival (requests) or by time (pods). */
export interface SeriesRun {
  readonly binNs: number;
  readonly bins: number;
  readonly fromNs: number;
  /** Client requests offered and failed per bin. */
  readonly offered: Float64Array;
  readonly failed: Float64Array;
  /** Coarse histogram per bin: `bins` × `SERIES_BINS`, row-major (layout in `histogram.ts`). */
  readonly durations: Uint32Array;
  /** Attempts begun per pod and bin: `pods.length` × `bins`, row-major. */
  readonly podRequests: Uint32Array;
  /** Ready pods per workload and bin (at the end of the bin): workload key → one number per bin. */
  readonly replicas: Record<string, Float64Array>;
}

/** An identity that must hold in every run: conservation, Little's law, the utilisation law. */
export interface CheckRun {
  readonly name: string;
  /** Both sides of the identity; equal up to `tolerance`, relative to the larger. */
  readonly left: number;
  readonly right: number;
  readonly tolerance: number;
}
