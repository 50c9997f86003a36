/**
 * The cluster's one store: objects by kind, namespace and name, with versions, watches and indices.
 *
 * Objects are values: a write replaces, nothing is changed in place. Every write runs through defaulting, admission and allocation
 * (pure functions in files of their own). Watchers hear every change in the order of versions, inside the write that made it
 * (a write made by a watcher is heard after the one that woke it); how late a proxy learns is the watcher's own business.
 *
 *   create/update ─► defaulting ─► admission ─► allocation ─► table + indices ─► watchers ─► controllers, which only schedule on the clock
 */
import { ModelError } from '../errors.ts';
import type { Key } from '../random/stream.ts';
import { seedKey } from '../random/stream.ts';
import { validate } from './admission.ts';
import { alreadyExists, invalid, notFound } from './admission-error.ts';
import type { Clock } from './clock.ts';
import { timestamp } from './clock.ts';
import { namespaceOf, withDefaults } from './defaulting.ts';
import { EventLog } from './event-log.ts';
import type { Ipv4Range } from './ipv4.ts';
import { matchesLabels } from './labels.ts';
import { nameSuffix } from './names.ts';
import type { PortRange } from './node-port.ts';
import { ObjectIndex } from './object-index.ts';
import type { EndpointSlice, Kind, KubernetesObject, Labels, ObjectsByKind, Pod, Service } from './objects.ts';
import { ServiceAddresses } from './service-addresses.ts';

export interface WatchEvent<T extends KubernetesObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** As it is now; for DELETED as it was last. */
  readonly object: T;
  /** As it was before; `undefined` for ADDED. */
  readonly old: T | undefined;
}

export type Listener<T extends KubernetesObject> = (event: WatchEvent<T>) => void;

/** Label of an EndpointSlice that names its Service. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** More reactions than any settled cluster needs: two controllers must be fighting. */
const MOST_REACTIONS = 20_000_000;

export class Cluster {
  readonly clock: Clock;
  /** Key of the address seed: whatever the cluster makes up (names, addresses) hangs on it and on names. */
  readonly key: Key;
  readonly serviceAddresses: ServiceAddresses;
  readonly events = new EventLog();
  private readonly tables = new Map<string, Map<string, KubernetesObject>>();
  private readonly listeners = new Map<string, Set<Listener<KubernetesObject>>>();
  private readonly indices = new Map<string, ObjectIndex<KubernetesObject>[]>();
  private readonly podsByLabel: ObjectIndex<Pod>;
  private readonly podsByOwner: ObjectIndex<Pod>;
  private readonly slicesByService: ObjectIndex<EndpointSlice>;
  private version = 0;
  private waiting: (() => void)[] = [];
  private isDelivering = false;
  /** Reactions waiting while the cluster is brought up; `null` once it has settled and the clock rules. */
  private reactions: (() => void)[] | null = [];

  constructor(clock: Clock, addressSeed: string, serviceRange: Ipv4Range, nodePorts: PortRange) {
    this.clock = clock;
    this.key = seedKey(`addresses ${addressSeed}`);
    this.serviceAddresses = new ServiceAddresses(serviceRange, nodePorts, this.key);
    this.podsByLabel = this.index('Pod', labelKeys);
    this.podsByOwner = this.index('Pod', (pod) => [ownerKey(pod) ?? '']);
    this.slicesByService = this.index('EndpointSlice', (slice) => [`${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''}`]);
  }

  /** @param namespace `''` for cluster-scoped kinds */
  get<K extends Kind>(kind: K, namespace: string, name: string): ObjectsByKind[K] | undefined {
    return this.tables.get(kind)?.get(`${namespace}/${name}`) as ObjectsByKind[K] | undefined;
  }

  /** Every object of a kind (of one namespace), oldest first. */
  list<K extends Kind>(kind: K, namespace?: string): readonly ObjectsByKind[K][] {
    const all = [...(this.tables.get(kind)?.values() ?? [])] as ObjectsByKind[K][];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  /**
   * Writes a new object, with defaults and addresses filled in.
   * @returns the object as stored
   * @throws AdmissionError in the API server's words
   */
  create<T extends KubernetesObject>(object: T): T {
    const full = withDefaults(object);
    if (this.get(full.kind as Kind, namespaceOf(full), full.metadata.name) !== undefined) throw alreadyExists(full.kind, full.metadata.name);
    const admitted = this.admit(full, undefined);
    const metadata = {
      ...admitted.metadata,
      uid: admitted.metadata.uid ?? this.uid(full),
      creationTimestamp: admitted.metadata.creationTimestamp ?? timestamp(this.clock.now),
    };
    return this.write('ADDED', { ...admitted, metadata }, undefined);
  }

  /**
   * Replaces an object by one of the same kind, namespace and name.
   * @throws AdmissionError when there is none, or when the new one is refused
   */
  update<T extends KubernetesObject>(object: T): T {
    const before = this.stored(object);
    return this.write('MODIFIED', this.admit(withDefaults(object), before), before);
  }

  /** Replaces without admission: what controllers, scheduler and kubelet write about objects that were admitted before. */
  replace<T extends KubernetesObject>(object: T): T {
    return this.write('MODIFIED', object, this.stored(object));
  }

  /** Removes an object at once; for pods with their grace period see `Kubelet.terminate`. */
  remove(kind: Kind, namespace: string, name: string): void {
    const before = this.get(kind, namespace, name);
    if (before === undefined) throw notFound(kind, name);
    if (kind === 'Service') this.serviceAddresses.release(before as Service);
    this.tables.get(kind)?.delete(`${namespace}/${name}`);
    this.reindex(kind, `${namespace}/${name}`, before, undefined);
    this.version++;
    this.notify({ type: 'DELETED', object: before, old: before });
  }

  /** @returns a function that ends the watch */
  watch<K extends Kind>(kind: K, listener: Listener<ObjectsByKind[K]>): () => void {
    const group = this.listeners.get(kind) ?? new Set();
    this.listeners.set(kind, group);
    group.add(listener as Listener<KubernetesObject>);
    return () => void group.delete(listener as Listener<KubernetesObject>);
  }

  /** A new index over a kind, filled with what is there and kept up to date. */
  index<K extends Kind>(kind: K, keysOf: (object: ObjectsByKind[K]) => readonly string[]): ObjectIndex<ObjectsByKind[K]> {
    const index = new ObjectIndex(keysOf);
    for (const object of this.list(kind)) index.replace(idOf(object), undefined, object);
    this.indices.set(kind, [...(this.indices.get(kind) ?? []), index as unknown as ObjectIndex<KubernetesObject>]);
    return index;
  }

  /** Pods of a namespace that carry all these labels, oldest first. An empty selector selects nothing. Cost: the rarest label's pods. */
  podsWith(namespace: string, selector: Labels): readonly Pod[] {
    const keys = Object.entries(selector).map(([key, value]) => `${namespace}|${key}=${value}`);
    if (keys.length === 0) return [];
    const rarest = keys.reduce((best, key) => (this.podsByLabel.count(key) < this.podsByLabel.count(best) ? key : best));
    const found = this.podsByLabel.get(rarest);
    return keys.length === 1 ? found : found.filter((pod) => matchesLabels(selector, pod.metadata.labels));
  }

  /** Pods whose controller is this object, oldest first. */
  podsOf(owner: KubernetesObject): readonly Pod[] {
    return this.podsByOwner.get(`${owner.metadata.namespace}/${owner.kind}/${owner.metadata.name}`);
  }

  slicesOf(namespace: string, service: string): readonly EndpointSlice[] {
    return this.slicesByService.get(`${namespace}/${service}`);
  }

  /** True until bring-up is over: pods become ready at once, and reactions run before the clock starts. */
  get isSettling(): boolean {
    return this.reactions !== null;
  }

  /** Runs a reaction `delayNs` from now: on the clock, or during bring-up in order and without delay. */
  later(delayNs: number, run: () => void): void {
    if (this.reactions === null) this.clock.after(delayNs, run);
    else this.reactions.push(run);
  }

  /** Runs what waits during bring-up until nothing does. */
  settle(): void {
    const reactions = this.reactions ?? []; // grows while it is read
    for (let i = 0; i < reactions.length; i++) {
      if (i > MOST_REACTIONS) throw new ModelError('the cluster does not settle: controllers undo each other');
      reactions[i]();
    }
    if (this.reactions !== null) this.reactions = [];
  }

  /** Bring-up is over: from here on reactions run on the clock. */
  handOver(): void {
    this.reactions = null;
  }

  private stored<T extends KubernetesObject>(object: T): T {
    const before = this.get(object.kind as Kind, namespaceOf(object), object.metadata.name);
    if (before === undefined) throw notFound(object.kind, object.metadata.name);
    return before as unknown as T;
  }

  private admit<T extends KubernetesObject>(object: T, before: T | undefined): T {
    const causes = validate(object);
    if (causes.length > 0) throw invalid(object.kind, object.metadata.name, causes);
    return object.kind === 'Service'
      ? (this.serviceAddresses.withAddresses(object as unknown as Service, before as unknown as Service) as unknown as T)
      : object;
  }

  private write<T extends KubernetesObject>(type: 'ADDED' | 'MODIFIED', object: T, before: T | undefined): T {
    this.version++;
    const stored: T = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
    const table = this.tables.get(stored.kind) ?? new Map<string, KubernetesObject>();
    this.tables.set(stored.kind, table);
    table.set(idOf(stored), stored);
    this.reindex(stored.kind, idOf(stored), before, stored);
    this.notify({ type, object: stored, old: before });
    return stored;
  }

  private reindex(kind: string, id: string, before: KubernetesObject | undefined, after: KubernetesObject | undefined): void {
    for (const index of this.indices.get(kind) ?? []) index.replace(id, before, after);
  }

  /** In order of versions: what a watcher writes is heard by all only after all have heard what woke it. */
  private notify(event: WatchEvent<KubernetesObject>): void {
    this.waiting.push(() => {
      for (const listener of this.listeners.get(event.object.kind) ?? []) listener(event);
    });
    if (this.isDelivering) return;
    this.isDelivering = true;
    for (let i = 0; i < this.waiting.length; i++) this.waiting[i]();
    this.waiting = [];
    this.isDelivering = false;
  }

  /** New for every object, also for one that takes an old name. */
  private uid(object: KubernetesObject): string {
    return `${nameSuffix(this.key, 'uid', object.kind, namespaceOf(object), object.metadata.name)}-${this.version + 1}`;
  }
}

function idOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function labelKeys(pod: Pod): readonly string[] {
  return Object.entries(pod.metadata.labels ?? {}).map(([key, value]) => `${pod.metadata.namespace}|${key}=${value}`);
}

/** `namespace/kind/name` of the controller that owns an object; `null` when nobody does. */
export function ownerKey(object: KubernetesObject): string | null {
  const owner = controllerOf(object);
  return owner === undefined ? null : `${object.metadata.namespace}/${owner.kind}/${owner.name}`;
}

export function controllerOf(object: KubernetesObject): { readonly kind: string; readonly name: string } | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
