/**
 * What nodes remember of connections: entries in their tables, and source ports that they have lent.
 *
 * Which nodes track a connection: the caller's, the one whose kube-proxy chose the pod, and the pod's own; each node once.
 *
 * So a connection that takes a second hop counts on both nodes. A node whose table is full drops the first packet: nobody answers.
 * Packets that kube-proxy rejects or drops leave no entry.
 *
 * A node that puts its own address in place of the caller's (masquerades) needs a source port for each connection to one pod's address
 * and port: there are 64512 (1024 to 65535). A port is lent as long as conntrack remembers the connection; without one the first packet
 * is dropped. Each pair of node and pod that lends ports takes about 1.5 KiB.
 * Source: Linux 6.12 `net/netfilter/nf_nat_core.c` (`nf_nat_l4proto_unique_tuple`); reference l4.md 1.5.
 * Simplified: ports of UDP flows are not counted, and the ports of one pod share one budget.
 */
import type { CloseCause } from '../balancers/index.ts';
import type { Connections, Pools } from '../network/connections.ts';
import { CLOSE, Conntrack, ESTABLISHED, SYN_SENT, TIME_WAIT } from '../network/conntrack.ts';
import { OK, outcome } from './outcomes.ts';
import type { Pods } from './world.ts';

const NONE = -1;
/** Nodes that track a connection, as bits of `connections.tracked`. */
const CALLERS = 1;
const ENTRY = 2;
const PODS = 4;
/** The entry node lends a source port. */
const PORT = 8;
const CONNTRACK_FULL = outcome('conntrack-full');
const SNAT_PORTS = outcome('snat-ports');

export class FlowTracking {
  private readonly tables: readonly Conntrack[];
  private readonly connections: Connections;
  private readonly pools: Pools;
  private readonly pods: Pods;
  private readonly portLimit: number;
  /** Ports that each node has lent, by pod: flows of a table of their own. */
  private readonly lent: (Conntrack | undefined)[][];

  /** @param portLimit source ports of one node towards one pod */
  constructor(tables: readonly Conntrack[], connections: Connections, pools: Pools, pods: Pods, portLimit: number) {
    this.portLimit = portLimit;
    this.lent = tables.map(() => []);
    this.tables = tables;
    this.connections = connections;
    this.pools = pools;
    this.pods = pods;
  }

  /** The first packet passes the nodes on its way. @returns OK, or why one of them drops it */
  begin(connection: number, now: number): number {
    const { connections, pools, pods, tables } = this;
    const caller = pools.place[connections.pool[connection]];
    const entry = connections.entryNode[connection];
    const pod = pods.node[connections.pod[connection]];
    connections.tracked[connection] = 0;
    if (caller < tables.length) {
      if (!tables[caller].open(now)) return CONNTRACK_FULL;
      connections.tracked[connection] |= CALLERS;
    }
    if (entry !== NONE && entry !== caller) {
      if (!tables[entry].open(now)) return CONNTRACK_FULL;
      connections.tracked[connection] |= ENTRY;
    }
    if (entry !== NONE && connections.isMasqueraded[connection] === 1) {
      if (!this.portsOf(connection).open(now)) return SNAT_PORTS;
      connections.tracked[connection] |= PORT;
    }
    if (pod !== caller && pod !== entry) {
      if (!tables[pod].open(now)) return CONNTRACK_FULL;
      connections.tracked[connection] |= PODS;
    }
    return OK;
  }

  /** Ports that the entry node has lent for the connection's pod. */
  private portsOf(connection: number): Conntrack {
    const { connections } = this;
    const byPod = this.lent[connections.entryNode[connection]];
    const pod = connections.pod[connection];
    let ports = byPod[pod];
    if (ports === undefined) {
      ports = new Conntrack(this.portLimit, takesNoneBack);
      byPod[pod] = ports;
    }
    return ports;
  }

  /** The most ports that a node has lent towards one pod, and connections that found none, since the window opened. */
  portsLent(node: number): { readonly limit: number; readonly peak: number; readonly dropped: number } {
    let peak = 0;
    let dropped = 0;
    for (const ports of this.lent[node]) {
      peak = Math.max(peak, ports?.peak ?? 0);
      dropped += ports?.dropped ?? 0;
    }
    return { limit: this.portLimit, peak, dropped };
  }

  openWindow(now: number): void {
    for (const byPod of this.lent) for (const ports of byPod) ports?.openWindow(now);
  }

  /** The handshake is over. */
  established(connection: number): void {
    const { tables } = this;
    const tracked = this.connections.tracked[connection];
    if ((tracked & CALLERS) !== 0) tables[this.callerOf(connection)].established();
    if ((tracked & ENTRY) !== 0) tables[this.connections.entryNode[connection]].established();
    if ((tracked & PODS) !== 0) tables[this.podNodeOf(connection)].established();
    if ((tracked & PORT) !== 0) this.portsOf(connection).established();
  }

  /** An open connection ends. */
  end(connection: number, cause: CloseCause, now: number): void {
    this.close(connection, now, ESTABLISHED, cause === 'reset' ? CLOSE : TIME_WAIT);
  }

  /** The connection did not come about. @param isRefused somebody said no; otherwise the first packet stays unanswered */
  failed(connection: number, isRefused: boolean, now: number): void {
    if (!isRefused) return this.close(connection, now, SYN_SENT, SYN_SENT);
    const { tables } = this;
    const tracked = this.connections.tracked[connection];
    if ((tracked & CALLERS) !== 0) tables[this.callerOf(connection)].refused(now);
    if ((tracked & ENTRY) !== 0) tables[this.connections.entryNode[connection]].refused(now);
    if ((tracked & PODS) !== 0) tables[this.podNodeOf(connection)].refused(now);
    if ((tracked & PORT) !== 0) this.portsOf(connection).refused(now);
    this.connections.tracked[connection] = 0;
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
    if ((tracked & PORT) !== 0) this.portsOf(connection).close(now, from, to);
    this.connections.tracked[connection] = 0;
  }

  private callerOf(connection: number): number {
    return this.pools.place[this.connections.pool[connection]];
  }

  private podNodeOf(connection: number): number {
    return this.pods.node[this.connections.pod[connection]];
  }
}

/** Lent ports are never taken back for others. */
function takesNoneBack(): number {
  return 0;
}
