/**
 * UDP: sockets without connections, whose flows exist in the conntrack tables of the nodes only.
 *
 *   socket (source port) ── node: entry? ── yes: the pod of the entry, whatever has become of it
 *                                        └─ no: kube-proxy chooses, and the entry keeps the pod for 30 s, 120 s once answered and 2 s old
 *
 * Each packet renews the entry, so a busy socket stays on its pod for ever, also when the pod is gone: a black hole until kube-proxy flushes the entry.
 * When it does is a matter of version (`cluster.conntrack.udpCleanup`):
 *   event                 ≤ 1.31: entries of endpoints that went, and all stale ones when a Service gets its first endpoint
 *   reconcile-skip-empty  1.32 …: with each sync all entries without a serving endpoint, but not while the Service has none
 *   reconcile-all         the same without the exception (k/k#139629)
 * ipvs keeps flows for 300 s, and finds a pod that it no longer knows by itself (expire_nodest_conn 1).
 *
 * Source: reference l4.md 1.4, 3.2; kube-proxy `pkg/proxy/conntrack/cleanup.go`; Linux 6.12 `nf_conntrack_proto_udp.c`, `ip_vs_proto_udp.c`.
 * Simplified: an answer renews nothing. A pod that is stopping answers no new packet. All nodes on the way forget at once.
 * Simplified: clients without a time-out wait for ever for an answer that is lost.
 */
import { type EndpointSet, SERVING } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import { widen } from '../engine/slots.ts';
import type { Connections } from '../network/connections.ts';
import { UDP, UDP_STREAM } from '../network/conntrack.ts';
import type { ConntrackSpec } from '../scenario/scenario.ts';
import type { DataPlanes } from './data-planes.ts';
import type { FlowTracking } from './flow-tracking.ts';
import type { IdleHops } from './idle-hops.ts';
import { OK, outcome } from './outcomes.ts';
import type { ServicePort } from './service-ports.ts';
import { type Pods, RUNNING } from './world.ts';

const NONE = -1;
const TIMEOUT = outcome('timeout');
const CONNTRACK_FULL = outcome('conntrack-full');
const SECOND = 1e9;
/** An answered flow counts as a stream from this age on: nf_conntrack_proto_udp.c, stream_ts. */
const STREAM_AGE = 2 * SECOND;

export class Datagrams {
  private readonly kernel: Kernel;
  private readonly connections: Connections;
  private readonly planes: DataPlanes;
  private readonly pods: Pods;
  private readonly tracking: FlowTracking;
  private readonly hops: IdleHops;
  private readonly conntrack: ConntrackSpec;
  // Columns by connection, as long as the longest that was asked for.
  /** Until when the data plane keeps the flow on its pod [ns]; ∞ = just chosen, 0 = chosen anew with the next packet. */
  private keptUntil = new Float64Array(0);
  /** Second in which the conntrack entries end, −1 = none; and their state. */
  private entryUntil = new Int32Array(0);
  private entryState = new Uint8Array(0);
  /** When they began [ns], and how many packets had been answered by then. */
  private entrySince = new Float64Array(0);
  private answeredBefore = new Int32Array(0);
  /** Packets whose answer the client has given up on. */
  private unanswered = new Int32Array(0);
  private isBlackHole = new Uint8Array(0);

  constructor(parts: {
    kernel: Kernel;
    connections: Connections;
    planes: DataPlanes;
    pods: Pods;
    tracking: FlowTracking;
    hops: IdleHops;
    conntrack: ConntrackSpec;
  }) {
    this.kernel = parts.kernel;
    this.connections = parts.connections;
    this.planes = parts.planes;
    this.pods = parts.pods;
    this.tracking = parts.tracking;
    this.hops = parts.hops;
    this.conntrack = parts.conntrack;
    this.planes.onSync((port, node, before, set) => {
      if (port.protocol === 'UDP') this.cleanUp(port, node, before, set);
    });
  }

  /** A socket has its first pod. */
  opened(connection: number): void {
    if (connection >= this.keptUntil.length) this.widen(this.connections.slots.capacity);
    this.entryUntil[connection] = NONE;
    this.entryState[connection] = UDP;
    this.unanswered[connection] = 0;
    this.chosen(connection);
  }

  /** The data plane has chosen a pod for the flow. */
  chosen(connection: number): void {
    this.keptUntil[connection] = Infinity;
    this.isBlackHole[connection] = 0;
  }

  /** True when nothing keeps the flow on its pod any more. */
  isForgotten(connection: number): boolean {
    return this.connections.plane[connection] !== NONE && this.keptUntil[connection] <= this.kernel.now;
  }

  /** The client has given up on the answer to a packet. */
  givenUp(connection: number): void {
    this.unanswered[connection]++;
  }

  /** A packet goes out to the flow's pod. @returns OK, or how the caller fares if it has a time-out */
  send(connection: number): number {
    const { connections, kernel, pods } = this;
    const { now } = kernel;
    const answered = connections.served[connection] - connections.streams[connection] - this.unanswered[connection];
    if (this.entryUntil[connection] <= Math.floor(now / SECOND)) {
      this.entrySince[connection] = now;
      this.answeredBefore[connection] = answered;
    }
    const isStream = answered > this.answeredBefore[connection] && now - this.entrySince[connection] > STREAM_AGE;
    const state = isStream ? UDP_STREAM : UDP;
    const until = this.tracking.datagram(connection, now, this.entryUntil[connection], this.entryState[connection], state);
    if (until < 0) return CONNTRACK_FULL;
    this.entryUntil[connection] = until;
    this.entryState[connection] = state;
    const { udpIdleTimeoutNs } = this.planes.proxy;
    this.keptUntil[connection] = now + (udpIdleTimeoutNs > 0 ? udpIdleTimeoutNs : isStream ? this.conntrack.udpStreamNs : this.conntrack.udpNs);
    if (pods.phase[connections.pod[connection]] === RUNNING) return OK;
    if (this.isBlackHole[connection] === 0) this.hops.blackHole();
    this.isBlackHole[connection] = 1;
    return TIMEOUT;
  }

  /** Load balancers send the flows that are marked elsewhere. */
  moved(connection: number): void {
    this.keptUntil[connection] = 0;
  }

  // --- kube-proxy flushes ------------------------------------------------------------------------------------------------------

  private cleanUp(port: ServicePort, node: number, before: EndpointSet, set: EndpointSet): void {
    const { connections, planes, kernel } = this;
    const serving = servingIds(set);
    const had = servingIds(before);
    const { udpCleanup } = this.conntrack;
    const findsByItself = planes.proxy.udpIdleTimeoutNs > 0;
    if (udpCleanup === 'reconcile-skip-empty' && serving.size === 0 && !findsByItself) return;
    const isFirst = had.size === 0 && serving.size > 0;
    for (let connection = 0; connection < this.keptUntil.length; connection++) {
      if (connections.state[connection] === 0 || connections.isDatagram[connection] === 0 || connections.entryNode[connection] !== node) continue;
      const plane = connections.plane[connection];
      const pod = connections.pod[connection];
      if (plane === NONE || planes.portOf(plane) !== port || serving.has(pod)) continue;
      if (udpCleanup === 'event' && !isFirst && !had.has(pod) && !findsByItself) continue; // it went with an event that is past
      this.tracking.flush(connection, kernel.now, this.entryUntil[connection], this.entryState[connection]);
      this.entryUntil[connection] = NONE;
      this.keptUntil[connection] = 0;
    }
  }

  private widen(capacity: number): void {
    this.keptUntil = widen(this.keptUntil, capacity);
    this.entryUntil = widen(this.entryUntil, capacity);
    this.entrySince = widen(this.entrySince, capacity);
    this.answeredBefore = widen(this.answeredBefore, capacity);
    this.entryState = widen(this.entryState, capacity);
    this.unanswered = widen(this.unanswered, capacity);
    this.isBlackHole = widen(this.isBlackHole, capacity);
  }
}

function servingIds(set: EndpointSet): Set<number> {
  const ids = new Set<number>();
  for (let i = 0; i < set.count; i++) if ((set.conditions[i] & SERVING) !== 0) ids.add(set.id[i]);
  return ids;
}
