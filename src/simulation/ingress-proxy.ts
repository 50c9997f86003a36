/**
 * An ingress controller at work in its pods: rules by host and path, one balancer per worker and backend, cookies, upstream connections.
 *
 * nginx connects to pods itself, so kube-proxy is not asked behind it. Each worker learns of new endpoints by itself: the controller's
 * watch, then the worker's poll of once a second, out of phase (l7.md 2.1).
 * Simplified: the controller's own sync limit (0.3 per second) is not modelled; the watch takes 10 to 100 ms as for kube-proxy.
 */
import { type Balancer, balancers, DEFAULT_COOKIE_NAME, type EndpointSet } from '../balancers/index.ts';
import type { Kernel } from '../engine/kernel.ts';
import type { Ingress } from '../kubernetes/index.ts';
import type { Pools } from '../network/connections.ts';
import {
  compileRoutes,
  forwardedPath,
  type IngressBackend,
  type IngressDefault,
  type IngressRule,
  matchRoute,
  type PathType,
  type RouteTable,
} from '../network/ingress-routes.ts';
import { type Key, keyedBits, mix32, toUniform } from '../random/stream.ts';
import type { DataPlanes } from './data-planes.ts';
import { CONTROL } from './events.ts';
import type { ServicePort } from './service-ports.ts';
import type { Pods, Target } from './world.ts';

const NONE = -1;
const ANNOTATION = 'nginx.ingress.kubernetes.io/';
const WATCH_MIN = 10e6;
const WATCH_SPREAD = 90e6;
const POLL = 1e9;

/** Where the rules send a request. */
export interface ProxyRoute {
  readonly index: number;
  /** Service number of the recorder; −1 when the rule names a Service or port that does not exist. */
  readonly service: number;
  readonly port: ServicePort | null;
  readonly backend: IngressBackend;
  readonly rule: IngressRule | null;
  /** '' = no affinity. */
  readonly cookieName: string;
  readonly affinityMode: 'balanced' | 'persistent';
}

export class IngressProxy {
  /** Settings of the connections to pods. */
  readonly target: Target;
  /** Names the forwarding in the keys of chance. */
  readonly key: number;
  readonly workers: number;
  private readonly table: RouteTable;
  private readonly kernel: Kernel;
  private readonly planes: DataPlanes;
  private readonly pods: Pods;
  private readonly pools: Pools;
  private readonly chance: Key;
  private readonly routes = new Map<IngressBackend | string, ProxyRoute | null>();
  private readonly instances = new Map<string, Balancer>();
  private readonly upstream = new Map<string, number>();
  /** `newsAt`: when it hears the last news that is under way [ns]; what it hears keeps the order. */
  private readonly created: { port: ServicePort; balancer: Balancer; number: number; newsAt: number }[] = [];
  private changes = 0;

  constructor(parts: {
    ingresses: readonly Ingress[];
    target: Target;
    workers: number;
    kernel: Kernel;
    planes: DataPlanes;
    pods: Pods;
    pools: Pools;
    chance: Key;
  }) {
    this.target = parts.target;
    this.workers = parts.workers;
    this.kernel = parts.kernel;
    this.planes = parts.planes;
    this.pods = parts.pods;
    this.pools = parts.pools;
    this.chance = parts.chance;
    this.key = mix32(parts.chance.high ^ 0x70726f78);
    this.table = compileRoutes(rulesOf(parts.ingresses), defaultsOf(parts.ingresses));
    this.planes.onChange((port, set) => {
      const change = this.changes++;
      for (const instance of this.created) {
        if (instance.port !== port) continue;
        const bits = keyedBits(this.chance.high ^ instance.number, this.chance.low, change);
        const poll = keyedBits(this.chance.high ^ instance.number, this.chance.low + 1, change);
        const delay = WATCH_MIN + WATCH_SPREAD * toUniform(bits) + POLL * toUniform(poll);
        const { now } = this.kernel;
        instance.newsAt = Math.max(instance.newsAt, now + Math.round(delay));
        this.kernel.call(instance.newsAt - now, CONTROL, () => instance.balancer.update(set));
      }
    });
  }

  /** Rules that cannot be served, with the reason. */
  get problems(): RouteTable['problems'] {
    return this.table.problems;
  }

  /** The rule for a request; `null` = none, the controller answers 404. */
  route(host: string, path: string): ProxyRoute | null {
    const name = `${host} ${path}`;
    let route = this.routes.get(name);
    if (route === undefined) {
      const found = matchRoute(this.table, host, path);
      route = found === null ? null : this.routeTo(found.backend, found.rule);
      this.routes.set(name, route);
    }
    return route;
  }

  /** The balancer of one worker in one controller pod. */
  balancer(route: ProxyRoute, pod: number, worker: number): Balancer {
    const own = worker % this.workers;
    const name = `${route.index} ${pod} ${own}`;
    let balancer = this.instances.get(name);
    if (balancer === undefined) {
      balancer = this.create(route, pod, own);
      this.instances.set(name, balancer);
      if (route.port !== null) {
        balancer.update(this.planes.endpoints(route.port));
        this.created.push({ port: route.port, balancer, number: this.created.length, newsAt: 0 });
      }
    }
    return balancer;
  }

  /**
   * A balancer as that worker's was before its first request, apart from the one that is in use: for `trace`.
   * @param key root of its chance, see `planesKey`
   * @param set what it may pick from; `null` = the rule names no Service port
   */
  detached(route: ProxyRoute, pod: number, worker: number, key: Key, set: EndpointSet | null): Balancer {
    const balancer = this.create(route, pod, worker % this.workers, key);
    if (set !== null) balancer.update(set);
    return balancer;
  }

  /** The upstream connections of one worker to one pod; they count at the Service that they were opened for. */
  pool(pod: number, worker: number, backend: number, service: number): number {
    const name = `${pod} ${worker % this.workers} ${backend}`;
    let pool = this.upstream.get(name);
    if (pool === undefined) {
      pool = this.pools.add({
        target: this.target.index,
        place: this.pods.node[pod],
        key: this.pods.key[pod],
        address: this.pods.address[pod],
        limit: NONE,
        pod: backend,
        callerPod: pod,
        service,
        isEager: false,
      });
      this.upstream.set(name, pool);
    }
    return pool;
  }

  /** The path that the pod sees. */
  forwardedPath(route: ProxyRoute, path: string): string {
    return forwardedPath(route, path);
  }

  /** Value of the affinity cookie that a request carries: its own header first, then what the client was given; '' = none. */
  cookieOf(route: ProxyRoute, header: string | undefined, jar: string | undefined): string {
    if (route.cookieName === '') return '';
    return cookieValue(header, route.cookieName) || cookieValue(jar, route.cookieName);
  }

  /** The client's cookies after the proxy has set one. */
  withCookie(route: ProxyRoute, jar: string | undefined, value: string): string {
    const others = (jar ?? '').split('; ').filter((cookie) => cookie !== '' && !cookie.startsWith(`${route.cookieName}=`));
    return [...others, `${route.cookieName}=${value}`].join('; ');
  }

  private routeTo(backend: IngressBackend, rule: IngressRule | null): ProxyRoute {
    const known = this.routes.get(backend);
    if (known !== undefined && known !== null) return known;
    const port = this.planes.ports.find(
      (candidate) =>
        candidate.namespace === backend.namespace &&
        candidate.serviceName === backend.service &&
        (typeof backend.port === 'number' ? candidate.port === backend.port : candidate.portName === backend.port),
    );
    const annotations = backend.annotations;
    const route: ProxyRoute = {
      index: this.routes.size,
      service: port?.service ?? NONE,
      port: port ?? null,
      backend,
      rule,
      cookieName: annotations[`${ANNOTATION}affinity`] === 'cookie' ? (annotations[`${ANNOTATION}session-cookie-name`] ?? DEFAULT_COOKIE_NAME) : '',
      affinityMode: annotations[`${ANNOTATION}affinity-mode`] === 'persistent' ? 'persistent' : 'balanced',
    };
    this.routes.set(backend, route);
    return route;
  }

  private create(route: ProxyRoute, pod: number, worker: number, key?: Key): Balancer {
    const { backend } = route;
    const name = `ingress ${this.pods.names[pod]} worker ${worker} ${backend.namespace}/${backend.service}:${backend.port}`;
    const config = {
      loadBalance: 'round_robin' as const,
      affinity: route.cookieName === '' ? ('' as const) : ('cookie' as const),
      affinityMode: route.affinityMode,
      backendName: `${backend.namespace}-${backend.service}-${backend.port}`,
    };
    const balancer: Balancer = balancers['ingress-nginx'].create(
      config,
      this.planes.place(this.pods.node[pod], name, () => balancer, key),
    );
    return balancer;
  }
}

function cookieValue(cookies: string | undefined, name: string): string {
  const found = (cookies ?? '').split('; ').find((cookie) => cookie.startsWith(`${name}=`));
  return found === undefined ? '' : found.slice(name.length + 1);
}

function rulesOf(ingresses: readonly Ingress[]): IngressRule[] {
  return ingresses.flatMap((ingress) =>
    (ingress.spec.rules ?? []).flatMap((rule) =>
      (rule.http?.paths ?? [])
        .filter((path) => path.backend.service !== undefined)
        .map((path) => ({
          ...backendOf(ingress, path.backend),
          host: rule.host ?? '',
          path: path.path ?? '/',
          pathType: path.pathType as PathType,
        })),
    ),
  );
}

function defaultsOf(ingresses: readonly Ingress[]): IngressDefault[] {
  return ingresses
    .filter((ingress) => ingress.spec.defaultBackend?.service !== undefined)
    .map((ingress) => ({
      ...backendOf(ingress, ingress.spec.defaultBackend as NonNullable<Ingress['spec']['defaultBackend']>),
      hosts: (ingress.spec.rules ?? []).map((rule) => rule.host ?? ''),
    }));
}

function backendOf(ingress: Ingress, backend: NonNullable<Ingress['spec']['defaultBackend']>): IngressBackend {
  const port = backend.service?.port;
  return {
    namespace: ingress.metadata.namespace ?? 'default',
    name: ingress.metadata.name,
    annotations: ingress.metadata.annotations ?? {},
    service: backend.service?.name ?? '',
    port: port?.number ?? port?.name ?? 0,
  };
}
