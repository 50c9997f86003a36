/**
 * Connection tracking per node: how many flows a node remembers, and the limit at which it drops new ones.
 *
 * A flow counts from its first packet until 120 s after it closed (TIME_WAIT of nf_conntrack, Linux 6.12). The table holds
 * max(32768 × cores, 131072) flows, kube-proxy's default (pkg/proxy/apis/config/v1alpha1/defaults.go: maxPerCore, min).
 * Simplified: closed flows expire in steps of one second, so that they need a counter per second and not an entry each.
 */
const TIME_WAIT_SECONDS = 120;
const RING = 128;
const SECOND = 1e9;

export class Conntrack {
  readonly limit: number;
  /** New flows that found the table full. */
  dropped = 0;
  private flows = 0;
  private readonly expiring = new Int32Array(RING);
  private second = 0;

  constructor(cores: number) {
    this.limit = Math.max(32768 * cores, 131072);
  }

  /** A new flow at `now` [ns]; false when the table is full and its packet is dropped. */
  open(now: number): boolean {
    this.expire(now);
    if (this.flows >= this.limit) {
      this.dropped++;
      return false;
    }
    this.flows++;
    return true;
  }

  /** A flow closes at `now`; it is remembered for another 120 s. */
  close(now: number): void {
    this.expire(now);
    this.expiring[(this.second + TIME_WAIT_SECONDS) & (RING - 1)]++;
  }

  /** Flows remembered at `now`. */
  size(now: number): number {
    this.expire(now);
    return this.flows;
  }

  private expire(now: number): void {
    const second = Math.floor(now / SECOND);
    if (second === this.second) return;
    const steps = Math.min(second - this.second, RING);
    for (let i = 1; i <= steps; i++) {
      const at = (this.second + i) & (RING - 1);
      this.flows -= this.expiring[at];
      this.expiring[at] = 0;
    }
    this.second = second;
  }
}
