/** A controller's queue of names: a name added while it waits is handled once, in a reaction of its own at the same simulated time. */
import type { Cluster } from './store.ts';

export class WorkQueue {
  private readonly cluster: Cluster;
  private readonly handle: (key: string) => void;
  private readonly waiting = new Set<string>();

  constructor(cluster: Cluster, handle: (key: string) => void) {
    this.cluster = cluster;
    this.handle = handle;
  }

  add(key: string): void {
    if (this.waiting.has(key)) return;
    this.waiting.add(key);
    this.cluster.later(0, () => {
      this.waiting.delete(key);
      this.handle(key);
    });
  }

  /** Adds a name after a delay [ns], e.g. when minReadySeconds will have passed. */
  addAfter(key: string, delayNs: number): void {
    this.cluster.later(delayNs, () => this.add(key));
  }
}

/** `namespace/name` taken apart. */
export function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}
