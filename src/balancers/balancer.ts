/**
 * The contract between the simulation and every balancer.
 *
 * A balancer hears slow news (`update`) and answers fast (`pick`). It gets endpoints as arrays with stable ids, never a
 * Kubernetes object. Its state lives where it lives in reality: one instance per node, proxy worker or client (`Place`).
 * After grpc-go's Balancer and Picker, and kube-proxy's change tracker and rules (reference/style.md part 3).
 */
import type { RandomStream } from '../random/stream.ts';

/** Refusals that `pick` returns instead of an endpoint id. */
export const REJECT = -1; // ICMP port unreachable or RST: the client sees "connection refused" at once
export const DROP = -2; // silently dropped: the client sees a time-out
export const UNAVAILABLE = -3; // an L7 proxy answers 503 by itself
export const OVERFLOW = -4; // a limit of the balancer is reached
export const WAIT = -5; // the exchange waits in the balancer until an endpoint is free

export const READY = 1;
export const SERVING = 2;
export const TERMINATING = 4;

/** The endpoints of one Service port as one watcher knows them, struct of arrays. Order: ascending by `name` as a string. */
export interface EndpointSet {
  readonly count: number;
  /** Stable ids, unique in the set; a pod keeps its id for its whole life, and ids are never reused. */
  readonly id: Int32Array;
  /** `ip:port`. */
  readonly name: readonly string[];
  /** > 0 unless the plane knows weight 0. */
  readonly weight: Float64Array;
  /** Node and zone numbers; −1 = unknown. */
  readonly node: Int32Array;
  readonly zone: Int32Array;
  /** READY | SERVING | TERMINATING. */
  readonly conditions: Uint8Array;
}

/** One reused view of what is to be placed: a connection (L4) or an exchange (L7). L4 planes read only the first block. */
export interface Flow {
  /** Client number within the simulation (for per-client state), source address and port, destination; addresses as uint32. */
  client: number;
  sourceAddress: number;
  sourcePort: number;
  destinationAddress: number;
  destinationPort: number;
  protocol: number; // 6 TCP, 17 UDP
  /** Written by L4 planes: time that a connection loses before the plane takes it [ns], e.g. because its first SYN is dropped. */
  lostNs: number;

  /** L7 only. `cookie` is the value of the affinity cookie the request carries, '' = none; a balancer that sets one writes `setCookie`. */
  method: string;
  path: string;
  cookie: string;
  setCookie: string;
  /** L7 only: remaining demand of the exchange [ns], what `least_work_left` adds up. */
  demandNs: number;
}

export function createFlow(): Flow {
  return {
    client: 0,
    sourceAddress: 0,
    sourcePort: 0,
    destinationAddress: 0,
    destinationPort: 0,
    protocol: 6,
    lostNs: 0,
    method: 'GET',
    path: '/',
    cookie: '',
    setCookie: '',
    demandNs: 0,
  };
}

/** What `explain` fills: the law of the next pick before the draw, and what is remembered. */
export interface Explanation {
  candidates: { endpoint: number; probability: number }[];
  /** One line on the rule that decides, e.g. `affinity: 203.0.113.7 kept on 10.244.0.5:8080 until 10800s after its last connection`. */
  rule: string;
  /** A refusal if the law is to refuse; 0 otherwise. */
  refusal: number;
  /** Affinity entry used or made, if any. */
  remembered: { key: string; endpoint: number; untilNs: number } | null;
}

export function createExplanation(): Explanation {
  return { candidates: [], rule: '', refusal: 0, remembered: null };
}

/** How an exchange ended, for balancers that feel it; reused. */
export interface Outcome {
  ok: boolean;
  latencyNs: number;
}

/** Why a connection closed. */
export type CloseCause = 'client' | 'server' | 'reset' | 'idle' | 'age';

/** The true state of all pods, indexed by endpoint id, for planes with a shared view. The arrays are replaced when they grow: read through this object. */
export interface Truth {
  /** Requests in each pod, waiting or served. */
  readonly inSystem: Int32Array;
  /** Unfinished own-service demand in each pod [ns]. */
  readonly workNs: Float64Array;
  /** What is left at this instant of the own-service demand in one pod [ns]: all of the waiting, the rest of those in service. */
  remainingNs(endpoint: number): number;
}

/** Where an instance lives. */
export interface Place {
  readonly node: number;
  readonly zone: number;
  /** Simulated time [ns]. */
  now(): number;
  /** The instance's own stream. */
  readonly random: RandomStream;
  /** Asks for one `tick(tag)` at `atNs`. */
  timer(atNs: number, tag: number): void;
  readonly truth: Truth;
}

export interface Balancer {
  /** Slow: news from the control plane, complete each time. Connections and counters of endpoints that stay are kept. */
  update(set: EndpointSet): void;
  /** Fast, no allocation: an endpoint id ≥ 0, or a refusal < 0. */
  pick(flow: Flow): number;
  /** The law of the next `pick(flow)`, without draws or side effects. */
  explain(flow: Flow, out: Explanation): void;
  /** A connection that this instance placed opened; and it closed. Address and port as in the flow at `pick`: ipvs counts by client. */
  opened(endpoint: number, sourceAddress: number, sourcePort?: number): void;
  closed(endpoint: number, cause: CloseCause, sourceAddress: number, sourcePort?: number): void;
  /** An attempt was sent to the endpoint; and it ended (`outcome` is reused by the caller). `demandNs` as in the flow at `pick`. */
  started(endpoint: number, demandNs: number): void;
  finished(endpoint: number, outcome: Outcome, demandNs: number): void;
  tick(tag: number): void;
  /** Of L4 planes that feel it: a request or an answer passes on a connection that this instance placed. */
  packet?(endpoint: number, sourceAddress: number): void;
  /** All that there is to choose from, for `trace --table`. Slow; no side effects. */
  layout?(): Layout;
}

export interface Layout {
  /** Endpoints in the plane's own order. */
  readonly order: readonly number[];
  /** Of planes that look a client up in a table: the endpoint in each slot, −1 = none. */
  readonly slots: readonly number[] | null;
}

/** One line of the registry. `unit` is what one pick places. */
export interface BalancerKind<Config> {
  readonly name: string;
  readonly layer: 'l4' | 'l7';
  readonly unit: 'connection' | 'request';
  create(config: Config, place: Place): Balancer;
}
