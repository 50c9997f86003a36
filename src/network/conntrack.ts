/**
 * Connection tracking of one node (nf_conntrack): how many flows it remembers, in which state, and what happens when the table is full.
 *
 * A TCP flow is SYN_SENT until its handshake is over, ESTABLISHED while it is open, and is remembered for a while after its end: 120 s in TIME_WAIT,
 * 10 s in CLOSE after a reset, 120 s in SYN_SENT when nobody answered; not at all when it was refused. A UDP flow is forgotten 30 s after its last packet, 120 s when
 * there have been answers. Ends are counted per state and second, so that a flow costs a counter and not an entry: all operations are
 * O(1) amortised, and a node takes about 2 KiB however many flows it has.
 *
 * When the table is full, the kernel looks for an entry without an answer (SYN_SENT, UDP) in 8 buckets and drops it for the new one;
 * kube-proxy sizes the table at 4 entries a bucket. Finding none, it drops the new flow's packet. Flows that are there go on.
 *
 * Version modelled: Linux 6.12 `net/netfilter/nf_conntrack_core.c` (`__nf_conntrack_alloc`, `early_drop`), `nf_conntrack_proto_tcp.c`,
 * `_udp.c`; limit of kube-proxy, `pkg/proxy/apis/config/v1alpha1/defaults.go` (maxPerCore, min), `cmd/kube-proxy/app/conntrack.go` (max / 4).
 * Simplified: ends are rounded down to whole seconds. An idle flow counts until its client closes it or finds it gone.
 * Simplified: the kernel's collector, which above 95 % ends TIME_WAIT entries early in its rounds, is left out.
 */
/** States that are counted. The first four are of TCP (and SCTP), the last two of UDP. */
export const SYN_SENT = 0;
export const ESTABLISHED = 1;
export const TIME_WAIT = 2;
export const CLOSE = 3;
export const UDP = 4;
export const UDP_STREAM = 5;
export const STATES = ['SYN_SENT', 'ESTABLISHED', 'TIME_WAIT', 'CLOSE', 'UDP', 'UDP_STREAM'] as const;

const SECOND = 1e9;
/** Entries in the buckets that the kernel looks through for one to drop: 8 buckets (NF_CT_EVICTION_RANGE) of 4. */
const LOOKED_AT_LOG2 = 5;

export interface ConntrackTimeouts {
  /** Whole seconds. */
  readonly udp: number;
  readonly udpStream: number;
}

export const KERNEL_TIMEOUTS: ConntrackTimeouts = { udp: 30, udpStream: 120 };

export class Conntrack {
  readonly limit: number;
  /** Since the window opened: most flows at once, new flows that found the table full, entries dropped early for new ones. */
  peak = 0;
  dropped = 0;
  evicted = 0;
  private flows = 0;
  private readonly counts = new Int32Array(STATES.length);
  /** Seconds that each state lasts; 0 = until told otherwise. */
  private readonly lasting: readonly number[];
  /** Per state: flows that end in each second to come, in a ring. Made when first needed. */
  private readonly rings: (Int32Array | null)[] = STATES.map(() => null);
  /** Per state: flows in the ring; and those that stand in it but were dropped early. */
  private readonly ending = new Int32Array(STATES.length);
  private readonly gone = new Int32Array(STATES.length);
  private second = 0;
  private readonly draw: () => number;

  /** @param draw uniform on (0, 1): where the kernel's hash leads */
  constructor(limit: number, draw: () => number, timeouts: ConntrackTimeouts = KERNEL_TIMEOUTS) {
    this.limit = limit;
    this.draw = draw;
    this.lasting = [120, 0, 120, 10, timeouts.udp, timeouts.udpStream];
  }

  /** The first packet of a TCP flow at `now` [ns]; false when the table is full and the packet is dropped. */
  open(now: number): boolean {
    this.expire(now);
    if (!this.hasRoom()) return false;
    this.counts[SYN_SENT]++;
    this.added();
    return true;
  }

  /** The handshake of a flow is over. */
  established(): void {
    this.counts[SYN_SENT]--;
    this.counts[ESTABLISHED]++;
  }

  /** A TCP flow ends at `now`. @param from SYN_SENT or ESTABLISHED; @param to state that it is remembered in */
  close(now: number, from: number, to: number): void {
    this.expire(now);
    this.counts[from]--;
    this.enter(to, this.second + this.lasting[to]);
  }

  /** A TCP flow was refused at `now`: the reset is the only answer, and the entry goes with it (nf_conntrack_tcp_packet). */
  refused(now: number): void {
    this.expire(now);
    this.counts[SYN_SENT]--;
    this.flows--;
  }

  /**
   * A packet of a UDP flow at `now`.
   * @param until second in which the flow's entry ends so far, −1 = it has none
   * @param from state of that entry; @param to state after the packet
   * @returns the second in which it ends now; −1 when the table is full
   */
  datagram(now: number, until: number, from: number, to: number): number {
    this.expire(now);
    const ends = this.second + this.lasting[to];
    if (until >= 0 && until > this.second) {
      this.leave(from, until);
    } else {
      if (!this.hasRoom()) return -1;
      this.added();
    }
    this.enter(to, ends);
    return ends;
  }

  /** The entry of a UDP flow is deleted: flushed by kube-proxy. */
  flush(now: number, until: number, state: number): void {
    this.expire(now);
    if (until <= this.second) return;
    this.leave(state, until);
    this.flows--;
  }

  /** Flows remembered at `now`. */
  size(now: number): number {
    this.expire(now);
    return this.flows;
  }

  /** Flows in each state, in the order of `STATES`. */
  byState(now: number): readonly number[] {
    this.expire(now);
    return Array.from(this.counts, (count, state) => count - this.gone[state]);
  }

  /** Peak and counters start anew. */
  openWindow(now: number): void {
    this.peak = this.size(now);
    this.dropped = 0;
    this.evicted = 0;
  }

  /** A flow is in `state` until second `until`. */
  private enter(state: number, until: number): void {
    const ring = this.ring(state);
    ring[until & (ring.length - 1)]++;
    this.ending[state]++;
    this.counts[state]++;
  }

  private leave(state: number, until: number): void {
    const ring = this.ring(state);
    ring[until & (ring.length - 1)]--;
    this.ending[state]--;
    this.counts[state]--;
  }

  private added(): void {
    if (++this.flows > this.peak) this.peak = this.flows;
  }

  /** Room for one flow, made by dropping an entry without an answer if need be. */
  private hasRoom(): boolean {
    if (this.flows < this.limit) return true;
    if (this.dropEarly(UDP) || this.dropEarly(SYN_SENT)) return true;
    this.dropped++;
    return false;
  }

  private dropEarly(state: number): boolean {
    const found = this.ending[state] - this.gone[state];
    if (found <= 0) return false;
    let noneFound = 1 - found / this.limit;
    for (let i = 0; i < LOOKED_AT_LOG2; i++) noneFound *= noneFound;
    if (this.draw() <= noneFound) return false;
    this.gone[state]++;
    this.flows--;
    this.evicted++;
    return true;
  }

  private ring(state: number): Int32Array {
    let ring = this.rings[state];
    if (ring === null) {
      let size = 16;
      while (size < this.lasting[state] + 2) size *= 2;
      ring = new Int32Array(size);
      this.rings[state] = ring;
    }
    return ring;
  }

  private expire(now: number): void {
    const second = Math.floor(now / SECOND);
    if (second === this.second) return;
    const steps = second - this.second;
    for (let state = 0; state < STATES.length; state++) {
      const ring = this.rings[state];
      if (ring !== null) this.expireState(state, ring, Math.min(steps, ring.length));
    }
    this.second = second;
  }

  private expireState(state: number, ring: Int32Array, steps: number): void {
    for (let i = 1; i <= steps; i++) {
      const at = (this.second + i) & (ring.length - 1);
      const ended = ring[at];
      if (ended === 0) continue;
      const early = Math.min(ended, this.gone[state]);
      this.gone[state] -= early;
      this.flows -= ended - early;
      this.counts[state] -= ended;
      this.ending[state] -= ended;
      ring[at] = 0;
    }
  }
}
