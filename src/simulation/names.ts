/**
 * How old the answers of cluster DNS are, and in which order clients get the addresses of a headless Service.
 *
 *   client's resolver ─ its own cache? ─► CoreDNS ─ cache, 30 s ─► the store
 *        │ first of the list, or any       └ shuffles each response, also those from its cache
 *        └ asks again with the next connection, or when its own copy has run out
 *
 * So a client may be led to a pod that is gone, or not to one that is new, for as long as an answer may be old. The addresses of other Services
 * never change, so only headless ones can be out of date.
 * Source: reference l4.md 5.8; coredns plugin/kubernetes (ttl), plugin/cache, plugin/loadbalance; kubeadm's Corefile (ttl 30, cache 30).
 * Simplified: all replicas of CoreDNS share one cache. A client tries one address, not the next when it fails.
 */
import type { Kernel } from '../engine/kernel.ts';
import { type Cluster, type DnsAnswer, resolve } from '../kubernetes/index.ts';
import type { Law } from '../random/law.ts';
import { createLaw } from '../random/laws.ts';
import { deriveKey, type Key, keyedBits, toUniform } from '../random/stream.ts';
import type { ClusterSpec } from '../scenario/scenario.ts';
import type { ServicePort } from './service-ports.ts';
import type { Target } from './world.ts';

const NS = 1e9;

/** An answer, and until when it is given out [ns]; ∞ = until the cluster changes. */
export interface Answer {
  readonly answer: DnsAnswer;
  readonly until: number;
}

/** A headless name's pods as somebody knows them. */
export interface AddressList {
  readonly port: ServicePort;
  readonly pods: readonly number[];
  /** Until when it may be used without asking again [ns]. */
  readonly until: number;
}

interface Copy extends AddressList {
  /** Place of the first address in `pods`. */
  readonly first: number;
}

export class Names {
  readonly spec: ClusterSpec['dns'];
  private readonly kernel: Kernel;
  private readonly cluster: Cluster;
  private readonly key: Key;
  private readonly lookup: Law | null;
  /** CoreDNS's cache, by asking namespace and name. */
  private readonly cache = new Map<string, Answer>();
  /** What resolvers with a cache of their own have, by pool. */
  private readonly copies = new Map<number, Copy>();
  /** Until when they need not ask [ns], by pool. */
  private readonly knownUntil = new Map<number, number>();

  constructor(parts: { spec: ClusterSpec['dns']; kernel: Kernel; cluster: Cluster; key: Key }) {
    this.spec = parts.spec;
    this.kernel = parts.kernel;
    this.cluster = parts.cluster;
    this.key = deriveKey(parts.key, 'dns');
    this.lookup = parts.spec.lookup === null ? null : createLaw(parts.spec.lookup, NS);
  }

  /** What CoreDNS says to a pod of a namespace. */
  answer(host: string, namespace: string): Answer {
    const { now } = this.kernel;
    const name = `${namespace} ${host}`;
    const known = this.cache.get(name);
    if (known !== undefined && known.until > now) return known;
    const answer = resolve(this.cluster, host, namespace);
    const keepNs = Math.min(this.spec.ttlNs, this.spec.cacheNs);
    const canAge = answer.type === 'headless' || answer.type === 'nxdomain';
    if (!canAge || keepNs === 0) return { answer, until: Infinity };
    const fresh = { answer, until: now + keepNs };
    this.cache.set(name, fresh);
    return fresh;
  }

  /** What the caller's own resolver still has; `null` = it asks. */
  copyOf(pool: number): AddressList | null {
    const copy = this.copies.get(pool);
    return copy !== undefined && copy.until > this.kernel.now ? copy : null;
  }

  /**
   * The pod that a caller connects to.
   * @param list what it was told, or its own copy
   * @param number of the connection among the caller's
   */
  choose(target: Target, pool: number, list: AddressList, number: number): number {
    const { pods } = list;
    const { cache, pick } = target.dns;
    let first = this.draw(pool, number, 0, this.spec.shuffle ? pods.length : 1);
    if (cache) {
      const copy = this.copies.get(pool);
      if (copy === list) ({ first } = copy);
      else this.copies.set(pool, { port: list.port, pods, until: Math.min(list.until, this.kernel.now + this.spec.ttlNs), first });
    }
    return pods[pick === 'first' ? first : this.draw(pool, number, 1, pods.length)];
  }

  private draw(pool: number, number: number, purpose: number, count: number): number {
    return Math.floor(toUniform(keyedBits(this.key.high ^ pool, this.key.low ^ purpose, number)) * count);
  }

  /** How long the caller waits for the name of its next connection [integer ns]; nothing when its own resolver has it. */
  lookupNs(target: Target, pool: number, number: number): number {
    if (this.lookup === null) return 0;
    if (target.dns.cache) {
      const { now } = this.kernel;
      if ((this.knownUntil.get(pool) ?? 0) > now) return 0;
      this.knownUntil.set(pool, now + this.spec.ttlNs);
    }
    return Math.round(this.lookup.sample(keyedBits(this.key.high ^ pool, this.key.low ^ 2, number)));
  }
}
