/** What `trace` answers: the way of one request, hop by hop, as the contract's part 4 writes it. Plain data; times in seconds. */

/**
 * `ok`: an answer came, of whatever status. `refused`: a packet came back that says no. `timeout`: silence, until the caller gives up.
 * `rejected` is kept for pods that turn a request away, which an idle cluster never does.
 */
export type TraceOutcome = 'ok' | 'refused' | 'timeout' | 'no-route' | 'unknown-host' | 'rejected';

export interface TraceAnswer {
  readonly url: string;
  readonly outcome: TraceOutcome;
  /** HTTP status; `null` for tcp, and when no answer came. */
  readonly status: number | null;
  /** gRPC status code; `null` for other schemes, and when no answer came. */
  readonly grpcStatus: number | null;
  /** Where a redirect leads. */
  readonly location: string | null;
  /** The request as the pod sees it; `null` when it reaches none, and for tcp. */
  readonly forwarded: Forwarded | null;
  /** Where the pod sees its connection come from: the caller, the node that masqueraded it, or a proxy. */
  readonly source: string | null;
  readonly mirrors: readonly string[];
  readonly hops: readonly Hop[];
  /** `namespace/name` of the Service that balanced last, or that a rule named. */
  readonly service: string | null;
  /** `namespace/name` of the pod that answers. */
  readonly pod: string | null;
  /** With `--table`: the whole table of each balancer on the way. */
  readonly tables?: readonly PlaneTable[];
}

export interface Forwarded {
  readonly host: string;
  readonly path: string;
  /** Names in lower case; `host` is beside them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Hop {
  readonly kind: 'dns' | 'lb' | 'l4' | 'l7' | 'pod';
  /** What decides, e.g. `kube-proxy iptables`; `null` where nothing does. */
  readonly plane: string | null;
  /** Node on which it is decided; `null` = outside the cluster. */
  readonly node: string | null;
  /** Why, in one line. */
  readonly rule: string;
  /** Rules, chains, maps or tables that the first packet passes, in order, by their names on the node; absent where there are none. */
  readonly passed?: readonly string[];
  /** What keeps an established flow on this choice, and until when. */
  readonly keeps?: string;
  /** The law before the draw. */
  readonly candidates: readonly Candidate[];
  /** One of the candidates' endpoints; `null` = the way ends here. */
  readonly picked: string | null;
  readonly remembered: Remembered | null;
}

export interface Candidate {
  /** `ip:port`, or an address. */
  readonly endpoint: string;
  readonly pod: string | null;
  readonly service: string | null;
  readonly node: string | null;
  readonly probability: number;
}

/** What later connections or requests of the same source or session will follow. */
export interface Remembered {
  /** Source address, or the key of the session cookie. */
  readonly key: string;
  readonly endpoint: string;
  /** Seconds from now without a further connection; `null` = as long as the cookie is sent. */
  readonly until: number | null;
  /** The cookie to send, `name=value`. */
  readonly cookie?: string;
}

/** All that a balancer can choose from, in its own order. */
export interface PlaneTable {
  readonly kind: Hop['kind'];
  readonly plane: string;
  readonly node: string | null;
  readonly service: string;
  /** How the rows are meant. */
  readonly note: string;
  readonly rows: readonly TableRow[];
  /** Pod taken away, and what that moves; absent without `--without`. */
  readonly without?: { readonly pod: string; readonly moves: string };
}

export interface TableRow {
  /** Place in the chain, turn, list or ring, from 1. */
  readonly position: number;
  readonly endpoint: string;
  readonly pod: string | null;
  /** iptables: the probability as the rule prints it (`null` for the last, which always matches), and what the kernel draws by. */
  readonly printed?: string | null;
  readonly kernel?: number;
  /** Planes that look a client up: slots of the table that name it. */
  readonly entries?: number;
  /** Share of new connections, or of new sessions, that it gets. */
  readonly share: number;
  /** The same without the pod of `without`. */
  readonly shareWithout?: number;
}
