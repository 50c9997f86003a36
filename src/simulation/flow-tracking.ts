/**
 * Which nodes track a connection: the caller's, the one whose kube-proxy chose the pod, and the pod's own; each node once.
 *
 * So a connection that takes a second hop counts on both nodes. A node whose table is full drops the first packet: nobody answers.
 * Packets that kube-proxy rejects or drops leave no entry.
 */
import type { CloseCause } from '../balancers/index.ts';
import type { Connections, Pools } from '../network/connections.ts';
import { CLOSE, type Conntrack, ESTABLISHED, SYN_SENT, TIME_WAIT } from '../network/conntrack.ts';
import type { Pods } from './world.ts';

const NONE = -1;
/** Nodes that track a connection, as bits of `connections.tracked`. */
const CALLERS = 1;
const ENTRY = 2;
const PODS = 4;

export class FlowTracking {
  private readonly tables: readonly Conntrack[];
  private readonly connections: Connections;
  private readonly pools: Pools;
  private readonly pods: Pods;

  constructor(tables: readonly Conntrack[], connections: Connections, pools: Pools, pods: Pods) {
    this.tables = tables;
    this.connections = connections;
    this.pools = pools;
    this.pods = pods;
  }

  /** The first packet passes the nodes on its way; false when one of them has no room for it. */
  begin(connection: number, now: number): boolean {
    const { connections, pools, pods, tables } = this;
    const caller = pools.place[connections.pool[connection]];
    const entry = connections.entryNode[connection];
    const pod = pods.node[connections.pod[connection]];
    let tracked = 0;
    let hasRoom = true;
    if (caller < tables.length) {
      hasRoom = tables[caller].open(now);
      if (hasRoom) tracked |= CALLERS;
    }
    if (hasRoom && entry !== NONE && entry !== caller) {
      hasRoom = tables[entry].open(now);
      if (hasRoom) tracked |= ENTRY;
    }
    if (hasRoom && pod !== caller && pod !== entry) {
      hasRoom = tables[pod].open(now);
      if (hasRoom) tracked |= PODS;
    }
    connections.tracked[connection] = tracked;
    return hasRoom;
  }

  /** The handshake is over. */
  established(connection: number): void {
    const { tables } = this;
    const tracked = this.connections.tracked[connection];
    if ((tracked & CALLERS) !== 0) tables[this.callerOf(connection)].established();
    if ((tracked & ENTRY) !== 0) tables[this.connections.entryNode[connection]].established();
    if ((tracked & PODS) !== 0) tables[this.podNodeOf(connection)].established();
  }

  /** An open connection ends. */
  end(connection: number, cause: CloseCause, now: number): void {
    this.close(connection, now, ESTABLISHED, cause === 'reset' ? CLOSE : TIME_WAIT);
  }

  /** The connection did not come about. @param isRefused somebody said no; otherwise the first packet stays unanswered */
  failed(connection: number, isRefused: boolean, now: number): void {
    this.close(connection, now, SYN_SENT, isRefused ? CLOSE : SYN_SENT);
  }

  /**
   * A packet of a UDP flow passes the nodes on its way.
   * @param until second in which the entries end so far, −1 = there are none; @param from and @param to their states before and after
   * @returns the second in which they end now; −1 when a node has no room
   */
  datagram(connection: number, now: number, until: number, from: number, to: number): number {
    const { connections, pods, tables } = this;
    const caller = this.callerOf(connection);
    const entry = connections.entryNode[connection];
    const pod = pods.node[connections.pod[connection]];
    let ends = 0;
    if (caller < tables.length) ends = tables[caller].datagram(now, until, from, to);
    if (ends >= 0 && entry !== NONE && entry !== caller) ends = tables[entry].datagram(now, until, from, to);
    if (ends >= 0 && pod !== caller && pod !== entry) ends = tables[pod].datagram(now, until, from, to);
    return ends;
  }

  /** The entries of a UDP flow are deleted. */
  flush(connection: number, now: number, until: number, state: number): void {
    const { connections, pods, tables } = this;
    const caller = this.callerOf(connection);
    const entry = connections.entryNode[connection];
    const pod = pods.node[connections.pod[connection]];
    if (caller < tables.length) tables[caller].flush(now, until, state);
    if (entry !== NONE && entry !== caller) tables[entry].flush(now, until, state);
    if (pod !== caller && pod !== entry) tables[pod].flush(now, until, state);
  }

  private close(connection: number, now: number, from: number, to: number): void {
    const { tables } = this;
    const tracked = this.connections.tracked[connection];
    if ((tracked & CALLERS) !== 0) tables[this.callerOf(connection)].close(now, from, to);
    if ((tracked & ENTRY) !== 0) tables[this.connections.entryNode[connection]].close(now, from, to);
    if ((tracked & PODS) !== 0) tables[this.podNodeOf(connection)].close(now, from, to);
    this.connections.tracked[connection] = 0;
  }

  private callerOf(connection: number): number {
    return this.pools.place[this.connections.pool[connection]];
  }

  private podNodeOf(connection: number): number {
    return this.pods.node[this.connections.pod[connection]];
  }
}
