/**
 * Closed TCP connections that ipvs still tracks, by the client's address and port: what a SYN from the same port meets.
 *
 *     its destination is deleted                                      the entry goes
 *     its destination has weight 0, and the kernel looks for that     scheduled anew
 *     conn_reuse_mode 1, and no persistence template holds it         scheduled anew
 *     else                                                            the old destination again, even one that is gone from the Service
 *
 * Since the old entry used conntrack (kube-proxy sets net/ipv4/vs/conntrack), its end costs the SYN: it is dropped, and the client sends the
 * next after one second. kube-proxy sets conn_reuse_mode 0 on kernels 4.1 to 5.8, which looked for nothing.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_core.c` `ip_vs_in_hook`; kubernetes/kubernetes#81775, #93297.
 * Memory: about 100 bytes for each connection closed in the last 120 s, which is why it is kept only where the switch is written.
 */

/** Linux's first retransmission of a SYN. */
export const SYN_RETRY_NS = 1e9;

interface Entry {
  readonly endpoint: number;
  readonly untilNs: number;
}

export class ClosedPorts {
  private readonly entries = new Map<number, Entry>();

  note(address: number, port: number, endpoint: number, nowNs: number, untilNs: number): void {
    for (const [key, entry] of this.entries) {
      if (entry.untilNs > nowNs) break;
      this.entries.delete(key);
    }
    const key = keyOf(address, port);
    this.entries.delete(key); // so that it comes last
    this.entries.set(key, { endpoint, untilNs });
  }

  /** Endpoint of the closed connection; −1 = none is tracked. */
  find(address: number, port: number, nowNs: number): number {
    const entry = this.entries.get(keyOf(address, port));
    return entry === undefined || entry.untilNs <= nowNs ? -1 : entry.endpoint;
  }

  /** A new connection of the port has taken the place of the old one. */
  forget(address: number, port: number): void {
    this.entries.delete(keyOf(address, port));
  }
}

function keyOf(address: number, port: number): number {
  return address * 65536 + port;
}
