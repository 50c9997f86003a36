/** An index over the objects of one kind: kept by the store at every write, so a reader never sees it lag. */
import type { KubernetesObject } from './objects.ts';

export class ObjectIndex<T extends KubernetesObject> {
  private readonly entries = new Map<string, Map<string, T>>();
  private readonly keysOf: (object: T) => readonly string[];

  /** @param keysOf the keys under which an object is found; equal for objects whose relevant fields are equal */
  constructor(keysOf: (object: T) => readonly string[]) {
    this.keysOf = keysOf;
  }

  /** Objects under a key, in the order in which they came under it. */
  get(key: string): readonly T[] {
    return [...(this.entries.get(key)?.values() ?? [])];
  }

  count(key: string): number {
    return this.entries.get(key)?.size ?? 0;
  }

  /** Called by the store: `before` is replaced by `after`; `undefined` stands for none. */
  replace(id: string, before: T | undefined, after: T | undefined): void {
    const kept = new Set(after === undefined ? [] : this.keysOf(after));
    for (const key of before === undefined ? [] : this.keysOf(before)) if (!kept.has(key)) this.drop(key, id);
    if (after !== undefined) for (const key of kept) this.put(key, id, after);
  }

  private put(key: string, id: string, object: T): void {
    const group = this.entries.get(key);
    if (group === undefined) this.entries.set(key, new Map([[id, object]]));
    else group.set(id, object);
  }

  private drop(key: string, id: string): void {
    const group = this.entries.get(key);
    group?.delete(id);
    if (group?.size === 0) this.entries.delete(key);
  }
}
