/**
 * Through a proxy: what an ingress controller's pod does with a request, by its rules.
 *
 *   served ─► route ─► balancer of route and worker ─► pool of worker and pod ─► pod … ─► back at the proxy ─► answered
 *              │ no rule: 404   │ nobody: 503                                     └ no connection: the next pod, else 502
 *
 * What is sent on is an exchange whose parent is the request at the proxy: a part of it, not a call.
 */
import { createFlow, type Flow } from '../balancers/index.ts';
import type { Progress, Recorder } from '../measurement/recorder.ts';
import { mix32 } from '../random/stream.ts';
import type { Origin } from './calling.ts';
import { COUNTED, type Exchange, FORWARDED, KILLED, STICKY } from './exchanges.ts';
import { outcome, outcomeName } from './outcomes.ts';
import type { Workload, World } from './world.ts';

const NONE = -1;
const NOT_FOUND = outcome('not-found');
const UNAVAILABLE = outcome('unavailable');
const BAD_GATEWAY = outcome('bad-gateway');
const REFUSED = outcome('refused');
const NO_ROUTE = outcome('no-route');
const CONNECT_TIMEOUT = outcome('connect-timeout');
const RESET = outcome('reset');

/** nginx tries other endpoints after a connection error: proxy_next_upstream_tries of ingress-nginx (l7.md 2.9). */
const TRIES = 3;

export interface ProxyOrigin extends Origin {
  /** Announces the demand that comes to the chosen pod. */
  announce(exchange: Exchange, pod: number): void;
}

export class Proxying {
  private readonly kernel: World['kernel'];
  private readonly recorder: Recorder;
  private readonly targets: World['targets'];
  private readonly clients: World['clients'];
  private readonly pods: World['pods'];
  private readonly pools: World['pools'];
  private readonly connections: World['connections'];
  private readonly origin: ProxyOrigin;
  private readonly flow: Flow = createFlow();

  constructor(world: World, origin: ProxyOrigin) {
    this.kernel = world.kernel;
    this.recorder = world.recorder;
    this.targets = world.targets;
    this.clients = world.clients;
    this.pods = world.pods;
    this.pools = world.pools;
    this.connections = world.connections;
    this.origin = origin;
  }

  /** The proxy pod sends the request on by its rules, or answers by itself. */
  forward(exchange: Exchange, pod: number, workload: Workload): void {
    const { clients, connections, origin } = this;
    const proxy = workload.proxy as NonNullable<Workload['proxy']>;
    const entry = clients[exchange.client];
    const root = rootOf(exchange);
    const requestClass = root.parent === null ? entry.spec.requests[root.requestClass] : null; // null: a call
    const { url } = this.targets[root.target];
    const route = proxy.route(requestClass?.headers.host ?? url.host, requestClass?.path ?? url.path);
    if (route === null) return origin.finish(exchange, NOT_FOUND);
    const connection = exchange.connection;
    const worker = connection === NONE ? 0 : connections.worker[connection];
    const balancer = proxy.balancer(route, pod, worker);
    const flow = this.flow;
    const member = exchange.member;
    flow.client = entry.base + member;
    flow.sourceAddress = requestClass === null ? this.pools.address[root.pool] : entry.address[member];
    flow.method = requestClass?.method ?? 'GET';
    flow.path = requestClass?.path ?? url.path;
    flow.cookie = requestClass === null ? '' : proxy.cookieOf(route, requestClass.headers.cookie, entry.cookies[member]); // services keep no cookies
    flow.setCookie = '';
    const backend = balancer.pick(flow);
    if (flow.setCookie !== '' && requestClass !== null) entry.cookies[member] = proxy.withCookie(route, entry.cookies[member], flow.setCookie);
    if (backend < 0) {
      if (route.service !== NONE && (exchange.flags & COUNTED) !== 0) this.recorder.services[route.service].notAnswered(outcomeName(UNAVAILABLE));
      return origin.finish(exchange, UNAVAILABLE);
    }
    const child = origin.take(entry, member, exchange.number, mix32(exchange.path ^ proxy.key), exchange.demandBits, proxy.target.index);
    child.parent = exchange;
    child.intended = this.kernel.now;
    child.requestClass = exchange.requestClass;
    child.service = route.service;
    child.flags = (exchange.flags & COUNTED) | FORWARDED | (flow.cookie === '' ? 0 : STICKY);
    exchange.pending++;
    child.pod = backend;
    child.chosenBy = balancer;
    origin.announce(child, backend);
    balancer.started(backend, child.demandNs);
    origin.askPool(child, proxy.pool(pod, worker, backend, route.service));
  }

  /** The proxied answer is back at the proxy, or the connection to the pod failed: then the proxy tries the next. */
  ended(parent: Exchange, child: Exchange, result: number, progress: Progress): void {
    const { kernel, origin } = this;
    parent.pending--;
    if ((parent.flags & KILLED) !== 0) return origin.free(parent);
    if (progress >= 3) {
      parent.viaQueue += child.started - child.reached;
      parent.viaService += child.served - child.started;
      parent.viaNetwork += child.reached - child.sent + (kernel.now - child.responded);
    }
    const isConnectionError = result === REFUSED || result === NO_ROUTE || result === CONNECT_TIMEOUT;
    if (!isConnectionError && result !== RESET) return origin.finish(parent, result);
    const pod = parent.pod;
    if (isConnectionError && ++parent.step < TRIES) return this.forward(parent, pod, this.pods.model[pod]);
    origin.finish(parent, BAD_GATEWAY);
  }
}

/** The client request or call that an exchange is, or that proxies have sent on. */
export function rootOf(exchange: Exchange): Exchange {
  let root = exchange;
  while ((root.flags & FORWARDED) !== 0) root = root.parent as Exchange;
  return root;
}
