/** Bursts: `rate` more requests per second from `at` on, for `duration`; with `every`, again and again. */
import type { RatePieces } from './rate.ts';

export interface BurstSpec {
  readonly type: 'burst';
  readonly atNs: number;
  readonly durationNs: number;
  /** [1/s] */
  readonly rate: number;
  /** From start to start; 0 = once. */
  readonly everyNs: number;
}

const NS = 1e9;

export class BurstPieces implements RatePieces {
  start = 0;
  end = 0;
  rate = 0;
  readonly slope = 0;
  area = 0;
  private readonly spec: BurstSpec;
  private readonly height: number;
  private burst = 0;
  private isInBurst = true;

  constructor(spec: BurstSpec, factor: number) {
    this.spec = spec;
    this.height = spec.rate * factor;
    this.advance();
    if (this.end === 0) this.advance();
  }

  /** Quiet, burst, quiet, burst … */
  advance(): void {
    const { atNs, durationNs, everyNs } = this.spec;
    this.isInBurst = !this.isInBurst;
    this.start = this.end;
    if (this.isInBurst) {
      this.end = (atNs + this.burst * everyNs + durationNs) / NS;
      this.burst++;
    } else this.end = this.burst > 0 && everyNs === 0 ? Infinity : (atNs + this.burst * everyNs) / NS;
    this.rate = this.isInBurst ? this.height : 0;
    this.area = this.isInBurst ? this.height * (this.end - this.start) : 0;
  }
}

/** Expected number of requests until `seconds`. */
export function burstsUntil({ atNs, durationNs, rate, everyNs }: BurstSpec, seconds: number): number {
  const since = seconds - atNs / NS;
  if (since <= 0) return 0;
  const duration = durationNs / NS;
  if (everyNs === 0) return rate * Math.min(duration, since);
  const before = Math.floor(since / (everyNs / NS));
  return rate * (before * duration + Math.min(duration, since - before * (everyNs / NS)));
}
