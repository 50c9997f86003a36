/**
 * The parts of one replication, side by side. `assemble.ts` builds them, `request-path.ts` and `connecting.ts` move requests through
 * them, `control.ts` changes them while the clock runs.
 */
import type { Balancer } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import type { Recorder } from '../measurement/recorder.ts';
import type { Connections, Pools } from '../network/connections.ts';
import type { Conntrack } from '../network/conntrack.ts';
import type { Topology } from '../network/topology.ts';
import type { ProcessorSharing } from '../pods/processor-sharing.ts';
import type { Servers } from '../pods/servers.ts';
import type { Law } from '../random/law.ts';
import type { Key } from '../random/stream.ts';
import type { CallSpec, ClientSpec, ConntrackSpec, TargetUrl, WorkloadSpec } from '../scenario/scenario.ts';
import type { Arrivals } from '../workload/arrivals.ts';
import type { DataPlanes } from './data-planes.ts';
import type { Datagrams } from './datagrams.ts';
import type { Directory } from './directory.ts';
import type { Exchanges } from './exchanges.ts';
import type { FlowTracking } from './flow-tracking.ts';
import type { IdleHops } from './idle-hops.ts';
import type { IngressProxy } from './ingress-proxy.ts';
import type { Lanes } from './lanes.ts';
import type { LoadBalancers } from './load-balancers.ts';
import type { Names } from './names.ts';

export interface World {
  readonly kernel: Kernel;
  readonly exchanges: Exchanges;
  readonly pools: Pools;
  readonly connections: Connections;
  readonly servers: Servers;
  readonly pods: Pods;
  readonly recorder: Recorder;
  readonly topology: Topology;
  readonly lanes: Lanes;
  readonly conntrack: readonly Conntrack[];
  readonly conntrackSpec: ConntrackSpec;
  readonly tracking: FlowTracking;
  readonly hops: IdleHops;
  readonly datagrams: Datagrams;
  readonly targets: Target[];
  readonly clients: readonly ClientEntry[];
  readonly workloads: readonly Workload[];
  readonly planes: DataPlanes;
  readonly directory: Directory;
  readonly names: Names;
  readonly loadBalancers: LoadBalancers;
  readonly proxies: readonly IngressProxy[];
  /** A client-side plane balances by unfinished work. */
  readonly tracksWork: boolean;
  readonly nodeNames: readonly string[];
  readonly nodeZones: readonly string[];
  /** Root of every key in this replication. */
  readonly key: Key;
  /** Measured window [ns]. */
  readonly fromNs: number;
  readonly toNs: number;
}

/** A pod runs, has been told to stop (finishes what it has, takes nothing new), or is gone. */
export const RUNNING = 1;
export const STOPPING = 2;
export const GONE = 3;

/** Columns by pod number; the queueing state is in `Servers`. */
export class Pods {
  readonly names: string[] = [];
  readonly namespaces: string[] = [];
  readonly workload: number[] = [];
  /** The workload itself: what the request path asks for. */
  readonly model: Workload[] = [];
  readonly node: number[] = [];
  /** Which pod of its workload it is, in order of appearance. */
  readonly ordinal: number[] = [];
  readonly address: number[] = [];
  readonly speed: number[] = [];
  readonly phase: number[] = [];
  readonly sharing: (ProcessorSharing | null)[] = [];
  /** Source-address number of the pod as a caller. */
  readonly key: number[] = [];
  /** When it last became ready; −1 = not ready. */
  readonly readySince: number[] = [];
  /** Ports its containers declare; empty = unknown, any port answers. */
  readonly ports: (readonly number[])[] = [];
  readonly byAddress = new Map<number, number>();
  readonly byName = new Map<string, number>();

  get count(): number {
    return this.names.length;
  }
}

/** What the pods of one workload do with a request. */
export interface Workload {
  readonly index: number;
  readonly spec: WorkloadSpec;
  readonly service: Law;
  /** By request class path, longest prefix; `null` when the service law is the same for all. */
  readonly byRoute: readonly { readonly path: string; readonly law: Law }[] | null;
  readonly steps: readonly Step[];
  readonly isSharing: boolean;
  readonly patience: Law | null;
  readonly patienceKey: Key;
  /** Greatest age of a connection to it, with jitter as a share. */
  readonly maxAge: Law | null;
  readonly ageJitter: number;
  /** The ingress controller in these pods; `null` for ordinary workloads. */
  proxy: IngressProxy | null;
}

/** Calls made at once after one another's end; most steps have one. */
export interface Step {
  readonly calls: readonly Call[];
}

export interface Call {
  readonly spec: CallSpec;
  readonly target: number;
  /** Names this call in the keys of chance. */
  readonly key: number;
}

/** Something requests are sent to, with the settings of the connections to it. */
export interface Target {
  readonly index: number;
  readonly url: TargetUrl;
  /** Namespace that short names are looked up from, when the caller is a pod or a client in the cluster. */
  readonly namespace: string;
  /** Its host is a name, which is looked up for each connection. */
  readonly isNamed: boolean;
  readonly dns: ClientSpec['protocol']['dns'];
  readonly isMultiplexed: boolean;
  /** Requests are datagrams; its connections are UDP sockets. */
  readonly isDatagram: boolean;
  readonly streams: number;
  readonly keepAlive: boolean;
  readonly isEager: boolean;
  /** Most requests on one connection; 0 = no limit. */
  readonly requestsPerConnection: number;
  readonly maxAge: Law | null;
  readonly ageKey: Key;
  /** Round trips before the first request: TCP and TLS. */
  readonly handshakes: number;
  /** Interval of the caller's TCP keep-alive probes [ns]; 0 = none. */
  readonly keepAliveProbeNs: number;
  /** Of a request [ns], 0 = none; and its lane, −1 = none. */
  readonly timeoutNs: number;
  readonly timeoutLane: number;
  /** Pools of calling pods, by pod number; −1 = not yet made. */
  callerPools: Int32Array;
}

/** One entry of `clients`. */
export interface ClientEntry {
  readonly index: number;
  readonly spec: ClientSpec;
  readonly target: Target;
  readonly keys: EntryKeys;
  readonly members: number;
  /** Pool of member 0; member i has the next ones. Without a client-side plane. */
  readonly poolBase: number;
  /** First global client number. */
  readonly base: number;
  /** Place, source-address number and address of each member. */
  readonly place: Int32Array;
  readonly sourceKey: Int32Array;
  readonly address: Uint32Array;
  /** Row of the stickiness map. */
  readonly group: Int32Array;
  /** One instance per member with a client-side plane, and its pools by pod; `null` when the network decides. */
  readonly balancers: readonly Balancer[] | null;
  readonly planePools: Int32Array[] | null;
  /** Service the client-side plane balances over; −1 = none. */
  readonly planeService: number;
  readonly arrivals: Arrivals | null;
  readonly thinkTime: Law | null;
  /** Picks member and class from 32 bits. */
  pickMember(bits: number): number;
  pickClass(bits: number): number;
  /** Of a request, there and back, by class. */
  readonly bytes: Float64Array;
  /** Affinity cookies by member, when a proxy has set one. */
  readonly cookies: string[];
  /** Number of the next request (open loop), or of each user's (closed loop). */
  nextNumber: number;
  readonly rounds: Int32Array;
  trafficHash: number;
}

export interface EntryKeys {
  readonly member: Key;
  readonly requestClass: Key;
  readonly demand: Key;
  readonly noise: Key;
  readonly think: Key;
  readonly call: Key;
}
