/** What controllers say of objects, as `kubectl describe` lists it under Events: repeated words count once. */
export interface ClusterEvent {
  /** Simulated time of the first time [ns]. */
  readonly atNs: number;
  /** `Kind namespace/name` of the object. */
  readonly about: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export class EventLog {
  private readonly last = new Map<string, ClusterEvent>();
  private readonly all: ClusterEvent[] = [];

  /** Nothing is noted when it is what was last said of the object. */
  record(event: ClusterEvent): void {
    const before = this.last.get(event.about);
    if (before?.reason === event.reason && before.message === event.message) return;
    this.last.set(event.about, event);
    this.all.push(event);
  }

  /** Oldest first. */
  of(kind: string, namespace: string, name: string): readonly ClusterEvent[] {
    const about = aboutObject(kind, namespace, name);
    return this.all.filter((event) => event.about === about);
  }
}

export function aboutObject(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}
