/**
 * ingress-nginx, one backend (Service port) in one worker process of one controller pod: round_robin, and affinity by cookie.
 *
 * Unit of choice: request. nginx connects to the pod itself; kube-proxy is not asked.
 * Where state lives: in each worker's Lua VM; workers and controller pods know nothing of each other's turns.
 * When it learns: the controller's sync, then the worker's poll of once a second.
 * What it feels: nothing (failed tries change nothing, `session-cookie-change-on-failure` is false by default).
 *
 * Version modelled: kubernetes/ingress-nginx dbb11b92 (March 2026), `rootfs/etc/nginx/lua/balancer.lua`, `balancer/{round_robin,
 * sticky,sticky_balanced,sticky_persistent}.lua`; openresty/lua-resty-balancer 1cd4363c. Ready endpoints only; none: 503.
 *
 * round_robin walks a Lua table in its hash order from a random start, anew after each change of the endpoints.
 * cookie `key|backend_key`: balanced looks the key up on a hash ring of 160 points a pod, so a change of the endpoints moves some
 * sessions; persistent names the pod by a hash, so a session moves only when its pod is gone. Without a cookie that leads to a pod:
 * balanced draws a new key, persistent a random pod, and the answer sets the cookie.
 * Simplified: the hash order of the Lua table is an arbitrary order drawn from the set of names, the same in all workers.
 * Simplified: `explain` takes a new random key as uniform on the ring.
 */
import { createHash } from 'node:crypto';
import { mix32, type RandomStream } from '../../random/stream.ts';
import { crc32 } from '../algorithms/crc32.ts';
import { HashRing } from '../algorithms/hash-ring.ts';
import { RoundRobin } from '../algorithms/round-robin.ts';
import { type Balancer, type BalancerKind, type EndpointSet, type Explanation, type Flow, type Place, UNAVAILABLE } from '../balancer.ts';
import { Endpoints, sameIds, selectReady } from '../endpoints.ts';
import { explainCertain, explainLaw, explainRefusal, explainUniform } from '../explanation.ts';

export interface IngressNginxConfig {
  readonly loadBalance: 'round_robin';
  /** Annotation `affinity`. */
  readonly affinity: '' | 'cookie';
  /** Annotation `affinity-mode`. */
  readonly affinityMode: 'balanced' | 'persistent';
  /** The controller's name for the Service port, e.g. `default-web-8080`. */
  readonly backendName: string;
}

/** Cookie name when the annotation `session-cookie-name` is absent. */
export const DEFAULT_COOKIE_NAME = 'INGRESSCOOKIE';

export const ingressNginx: BalancerKind<IngressNginxConfig> = {
  name: 'ingress-nginx',
  layer: 'l7',
  unit: 'request',
  create: (config, place) => {
    if (config.affinity === '') return new IngressRoundRobin(place);
    return config.affinityMode === 'persistent' ? new StickyPersistent(config, place) : new StickyBalanced(config, place);
  },
};

/** The second part of every cookie of a backend. */
export function backendKey(backendName: string): string {
  return md5(md5(backendName) + backendName);
}

/** The first part of a cookie in persistent mode: the pod by name. */
export function persistentKey(backendName: string, endpointName: string): string {
  return md5(backendName + endpointName);
}

/** Names in an arbitrary order that depends on the set of them only, as `pairs()` walks a Lua table. */
export function tableOrder(names: readonly string[]): number[] {
  const table = crc32(names.join());
  const rank = names.map((name) => mix32(crc32(name) ^ table));
  return Array.from(names.keys()).sort((a, b) => rank[a] - rank[b] || a - b);
}

class IngressRoundRobin implements Balancer {
  private readonly place: Place;
  private readonly endpoints = new Endpoints();
  private order: number[] = [];
  private readonly turns = new RoundRobin();

  constructor(place: Place) {
    this.place = place;
  }

  update(set: EndpointSet): void {
    const before = this.endpoints.ids;
    this.endpoints.assign(set, selectReady);
    if (sameIds(before, this.endpoints.ids)) return;
    this.order = tableOrder(this.endpoints.names);
    this.turns.restart(this.order.length, this.place.random.integer(this.order.length));
  }

  pick(_flow: Flow): number {
    return this.endpoints.count === 0 ? UNAVAILABLE : this.endpoints.ids[this.order[this.turns.pick()]];
  }

  explain(_flow: Flow, out: Explanation): void {
    if (this.endpoints.count === 0) explainRefusal(out, UNAVAILABLE, 'no ready endpoint: 503');
    else explainCertain(out, this.endpoints.ids[this.order[this.turns.peek()]], "round_robin: next in this worker's turn");
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}

class StickyBalanced implements Balancer {
  private readonly place: Place;
  private readonly suffix: string;
  private readonly worker: number;
  private readonly endpoints = new Endpoints();
  private ring: HashRing | null = null;

  constructor(config: IngressNginxConfig, place: Place) {
    this.place = place;
    this.suffix = `|${backendKey(config.backendName)}`;
    this.worker = drawProcessId(place.random);
  }

  update(set: EndpointSet): void {
    const before = this.endpoints.ids;
    this.endpoints.assign(set, selectReady);
    if (sameIds(before, this.endpoints.ids)) return;
    this.ring = this.endpoints.count === 0 ? null : ringOf(set, this.endpoints.names);
  }

  pick(flow: Flow): number {
    if (this.ring === null) return UNAVAILABLE;
    const kept = this.keptAt(flow.cookie);
    if (kept >= 0) return this.endpoints.ids[kept];
    const key = `${Math.floor(this.place.now() / 1e9) + 1}.${this.worker}.${this.place.random.integer(1000000)}`;
    flow.setCookie = key + this.suffix;
    return this.endpoints.ids[this.ring.find(crc32(key))];
  }

  /** Position of the pod that the cookie leads to on the ring, −1 without a cookie. */
  private keptAt(cookie: string): number {
    const end = keyLength(cookie);
    return end === 0 || this.ring === null ? -1 : this.ring.find(crc32(cookie, end));
  }

  explain(flow: Flow, out: Explanation): void {
    const kept = this.keptAt(flow.cookie);
    if (this.ring === null) explainRefusal(out, UNAVAILABLE, 'no ready endpoint: 503');
    else if (kept >= 0) explainCookie(out, flow.cookie, this.endpoints, kept);
    else {
      const shares = this.ring.shares();
      explainLaw(out, this.endpoints.ids, (i) => shares[i], 'sticky_balanced: a new key, by the share of the ring');
    }
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}

class StickyPersistent implements Balancer {
  private readonly config: IngressNginxConfig;
  private readonly place: Place;
  private readonly suffix: string;
  private readonly endpoints = new Endpoints();
  private keys: string[] = [];
  private readonly positions = new Map<string, number>(); // key → position

  constructor(config: IngressNginxConfig, place: Place) {
    this.config = config;
    this.place = place;
    this.suffix = `|${backendKey(config.backendName)}`;
  }

  update(set: EndpointSet): void {
    const before = this.endpoints.ids;
    this.endpoints.assign(set, selectReady);
    if (sameIds(before, this.endpoints.ids)) return;
    this.keys = this.endpoints.names.map((name) => persistentKey(this.config.backendName, name));
    this.positions.clear();
    this.keys.forEach((key, position) => {
      this.positions.set(key, position);
    });
  }

  pick(flow: Flow): number {
    if (this.endpoints.count === 0) return UNAVAILABLE;
    const kept = this.keptAt(flow.cookie);
    if (kept >= 0) return this.endpoints.ids[kept];
    const position = this.place.random.integer(this.endpoints.count);
    flow.setCookie = this.keys[position] + this.suffix;
    return this.endpoints.ids[position];
  }

  /** Position of the pod that the cookie names, −1 when it is gone or there is no cookie. */
  private keptAt(cookie: string): number {
    const end = keyLength(cookie);
    return end === 0 ? -1 : (this.positions.get(cookie.slice(0, end)) ?? -1);
  }

  explain(flow: Flow, out: Explanation): void {
    const kept = this.keptAt(flow.cookie);
    if (this.endpoints.count === 0) explainRefusal(out, UNAVAILABLE, 'no ready endpoint: 503');
    else if (kept >= 0) explainCookie(out, flow.cookie, this.endpoints, kept);
    else explainUniform(out, this.endpoints.ids, 'sticky_persistent: a random pod for a new session');
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}

/** Rings by the set that they are made of: all workers that hear of a set have the same, and to build one is slow. */
const rings = new WeakMap<EndpointSet, HashRing>();

function ringOf(set: EndpointSet, names: readonly string[]): HashRing {
  const known = rings.get(set);
  if (known !== undefined) return known;
  const ring = new HashRing(names);
  rings.set(set, ring);
  return ring;
}

/** How much of the cookie is the key. */
function keyLength(cookie: string): number {
  const separator = cookie.indexOf('|');
  return separator < 0 ? cookie.length : separator;
}

function explainCookie(out: Explanation, cookie: string, endpoints: Endpoints, position: number): void {
  const endpoint = endpoints.ids[position];
  explainCertain(out, endpoint, `affinity: the cookie leads to ${endpoints.names[position]}`);
  out.remembered = { key: cookie.slice(0, keyLength(cookie)), endpoint, untilNs: Number.POSITIVE_INFINITY };
}

function drawProcessId(random: RandomStream): number {
  return 20 + random.integer(10000);
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
