/**
 * When the kube-proxy of each node may write its rules: a token bucket with a burst of 2, as many tokens a second as `1 ÷ minSyncPeriod`;
 * what is asked for meanwhile is done in one go.
 * Source: kube-proxy pkg/util/async/bounded_frequency_runner.go. Simplified: writing the rules takes no time.
 */
import type { Kernel } from '../engine/kernel.ts';
import { CONTROL } from './events.ts';

const NONE = -1;
const BURST = 2;

interface Limiter {
  tokens: number;
  lastRefill: number;
  /** A sync is due at this time [ns]; −1 = none. */
  due: number;
}

export class SyncLimiters {
  private readonly kernel: Kernel;
  private readonly minSyncPeriodNs: number;
  private readonly sync: (node: number) => void;
  private readonly limiters: Limiter[];

  /** @param minSyncPeriodNs 0 = no limit; @param sync writes what a node has waiting */
  constructor(kernel: Kernel, nodes: number, minSyncPeriodNs: number, sync: (node: number) => void) {
    this.kernel = kernel;
    this.minSyncPeriodNs = minSyncPeriodNs;
    this.sync = sync;
    this.limiters = Array.from({ length: nodes }, () => ({ tokens: BURST, lastRefill: 0, due: NONE }));
  }

  /** A node wants to sync: now if it may, else as soon as it may. */
  ask(node: number): void {
    const { minSyncPeriodNs } = this;
    const limiter = this.limiters[node];
    if (minSyncPeriodNs === 0) return this.sync(node);
    if (limiter.due !== NONE) return; // coalesced into the sync that is due
    const { now } = this.kernel;
    limiter.tokens = Math.min(BURST, limiter.tokens + (now - limiter.lastRefill) / minSyncPeriodNs);
    limiter.lastRefill = now;
    if (limiter.tokens >= 1) {
      limiter.tokens -= 1;
      return this.sync(node);
    }
    const wait = Math.ceil((1 - limiter.tokens) * minSyncPeriodNs);
    limiter.due = now + wait;
    this.kernel.call(wait, CONTROL, () => {
      limiter.due = NONE;
      limiter.tokens = 0;
      limiter.lastRefill = this.kernel.now;
      this.sync(node);
    });
  }
}
