/** `spec.clients` → `ClientSpec`, defaults filled in and recorded. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { readArrivals } from './arrivals.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import { nearest } from './report.ts';
import type { BalancerSpec, ClientPlace, ClientSpec, NodeSpec, RequestClass, TargetUrl } from './scenario.ts';
import type { ClientInput, PlaceInput } from './schema-source.ts';
import { isClusterHost, readTarget } from './targets.ts';
import { readTrace, type Trace } from './trace.ts';
import type { WorkloadIndex } from './workload-index.ts';
import { readAge } from './workloads.ts';

const DEFAULT_COUNT = 50;
const MOST_CLIENTS = 1_000_000;
const DEFAULT_STREAMS = 100;
/** About 200 bytes each. */
const MOST_EAGER_CONNECTIONS = 5_000_000;

export interface ClientSurroundings {
  readonly objects: readonly KubernetesObject[];
  readonly nodes: readonly NodeSpec[];
  readonly index: WorkloadIndex;
}

export function readClients(context: Context, inputs: readonly ClientInput[], around: ClientSurroundings): readonly ClientSpec[] {
  const names = new Set<string>();
  return inputs.map((input, i) => {
    const path = ['spec', 'clients', i];
    if (names.has(input.name)) context.issue([...path, 'name'], 'two clients with one name', input.name);
    names.add(input.name);
    return readClient(context, path, input, around);
  });
}

function readClient(context: Context, path: Path, input: ClientInput, around: ClientSurroundings): ClientSpec {
  const target = readTarget(context, [...path, 'target'], input.target);
  const trace = input.trace === undefined ? null : readTrace(context, [...path, 'trace'], input.trace, input.requests === undefined);
  const count = readCount(context, path, input, trace);
  const connections = count * (input.protocol?.connections ?? 1);
  if (input.protocol?.connect === 'eager' && connections > MOST_EAGER_CONNECTIONS) {
    context.issue(
      [...path, 'protocol', 'connect'],
      `${connections} connections at once`,
      'eager',
      `at most ${MOST_EAGER_CONNECTIONS}: fewer, or connect: lazy`,
    );
  }
  if (input.timeout === undefined) context.report.assume([...path, 'timeout'], 'none', 'not written');
  return {
    name: input.name,
    count,
    from: readFrom(context, [...path, 'from'], input.from, target, around),
    target,
    requests: trace?.requests?.map(fromTrace) ?? readRequests(context, [...path, 'requests'], input.requests, target),
    sources: readSources(context, [...path, 'sources'], input.sources, count),
    popularity: { skew: input.popularity?.skew ?? 0 },
    protocol: readProtocol(context, [...path, 'protocol'], input.protocol, target),
    balancer: input.balancer === undefined ? null : readBalancer(context, [...path, 'balancer'], input.balancer),
    arrivals: readArrivals(context, path, input, trace),
    timeoutNs: context.timeNs([...path, 'timeout'], input.timeout, 0),
  };
}

/** In a closed loop every user is a client. */
function readCount(context: Context, path: Path, input: ClientInput, trace: Trace | null): number {
  if (input.closedLoop !== undefined) {
    if (input.count !== undefined) context.issue([...path, 'count'], 'count beside closedLoop', input.count, 'closedLoop.users is the number of clients');
    return input.closedLoop.users;
  }
  if (trace !== null && trace.clients > 0) {
    if (input.popularity !== undefined)
      context.issue([...path, 'popularity'], 'popularity beside a trace that names clients', undefined, 'they send what they sent');
    if (input.count === undefined) return Math.min(trace.clients, MOST_CLIENTS);
  }
  if (input.count === undefined) context.report.assume([...path, 'count'], String(DEFAULT_COUNT), 'not written');
  return input.count ?? DEFAULT_COUNT;
}

export function readFrom(context: Context, path: Path, input: PlaceInput | undefined, target: TargetUrl, around: ClientSurroundings): ClientPlace {
  if (input === undefined) {
    const inside = isClusterHost(target.host, around.objects, around.nodes);
    context.report.assume(
      path,
      inside ? 'spread evenly over the nodes' : 'external',
      `not written; ${target.host} is ${inside ? 'a cluster name' : 'no cluster name'}`,
    );
    return { type: inside ? 'nodes' : 'external' };
  }
  if (typeof input !== 'string') return readZones(context, path, input.zones, around.nodes);
  if (input === 'external' || input === 'vpc' || input === 'nodes') return { type: input };
  if (input.startsWith('node/')) return readNode(context, path, input.slice('node/'.length), around.nodes);
  const resolved = around.index.resolve(input);
  if ('workload' in resolved) return { type: 'workload', workload: resolved.workload.key };
  context.issue(
    path,
    resolved.problem,
    input,
    input.includes('/') ? resolved.hint : 'external, vpc, nodes, deployment/NAME, node/NAME, or { zones: { a: 60%, b: 40% } }',
  );
  return { type: 'nodes' };
}

function readNode(context: Context, path: Path, name: string, nodes: readonly NodeSpec[]): ClientPlace {
  if (!nodes.some((node) => node.name === name)) {
    const known = nodes.map((node) => node.name);
    const close = nearest(name, known);
    context.issue(path, 'no such node', name, `there is ${(close.length > 0 ? close : known.slice(0, 8)).join(', ')}`);
  }
  return { type: 'node', node: name };
}

function readZones(context: Context, path: Path, zones: Readonly<Record<string, string>>, nodes: readonly NodeSpec[]): ClientPlace {
  const known = [...new Set(nodes.map((node) => node.zone))].filter((zone) => zone !== '');
  const shares = Object.entries(zones).map(([zone, share]): [string, number] => {
    if (!known.includes(zone))
      context.issue(
        [...path, 'zones', zone],
        'no node is in this zone',
        zone,
        known.length === 0 ? 'nodes have no zones: write cluster.nodes.zones' : `there is ${known.slice(0, 8).join(', ')}`,
      );
    return [zone, context.share([...path, 'zones', zone], share)];
  });
  const sum = shares.reduce((total, [, share]) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-9) context.issue([...path, 'zones'], 'shares do not add up to 100%', `${Number((sum * 100).toPrecision(6))}%`);
  return { type: 'zones', shares: Object.fromEntries(shares) };
}

function readRequests(context: Context, path: Path, inputs: ClientInput['requests'], target: TargetUrl): readonly RequestClass[] {
  if (inputs === undefined) return [{ path: target.path, method: 'GET', headers: {}, weight: 1, bytesIn: 0, bytesOut: 0 }];
  const classes = inputs.map((input, i) => ({
    path: input.path ?? target.path,
    method: input.method ?? 'GET',
    headers: Object.fromEntries(Object.entries(input.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    weight: input.weight ?? 1,
    bytesIn: input.bytes?.in === undefined ? 0 : context.bytes([...path, i, 'bytes', 'in'], input.bytes.in),
    bytesOut: input.bytes?.out === undefined ? 0 : context.bytes([...path, i, 'bytes', 'out'], input.bytes.out),
  }));
  if (classes.every((each) => each.weight === 0)) context.issue(path, 'all weights are 0', undefined, 'at least one class of requests needs a weight');
  return classes;
}

function fromTrace(request: Pick<RequestClass, 'path' | 'method' | 'weight'>): RequestClass {
  return { ...request, headers: {}, bytesIn: 0, bytesOut: 0 };
}

function readSources(context: Context, path: Path, input: ClientInput['sources'], count: number): ClientSpec['sources'] {
  const addresses = input?.addresses ?? count;
  const nat = input?.nat;
  if (nat !== undefined && nat.groups > addresses)
    context.issue([...path, 'nat', 'groups'], 'more groups than addresses', nat.groups, `there are ${addresses} addresses`);
  return { addresses, nat: nat === undefined ? null : { groups: nat.groups, skew: nat.skew ?? 0 } };
}

function readProtocol(context: Context, path: Path, input: ClientInput['protocol'] = {}, target: TargetUrl): ClientSpec['protocol'] {
  const type = input.type ?? (target.scheme === 'http' || target.scheme === 'https' ? 'http/1.1' : target.scheme);
  checkTransport(context, path, type, target, input);
  const keepAlive = input.keepAlive === undefined || input.keepAlive === 'on' || input.keepAlive === true;
  const tls = input.tls === undefined ? (target.scheme === 'https' ? '1.3' : 'none') : String(input.tls);
  const assumed = [
    ...(input.type === undefined ? [type] : []),
    ...(input.keepAlive === undefined ? ['keep-alive'] : []),
    ...(input.connections === undefined && keepAlive ? ['one connection a client'] : []),
    ...(input.tls === undefined && tls !== 'none' ? [`TLS ${tls}`] : []),
  ];
  if (assumed.length > 0) context.report.assume(path, assumed.join(', '), 'not written');
  return {
    type,
    keepAlive,
    connections: input.connections ?? 1,
    connect: input.connect ?? 'lazy',
    dns: { cache: input.dns?.cache === 'on' || input.dns?.cache === true, pick: input.dns?.pick ?? 'first' },
    tcpKeepAliveNs: input.tcpKeepAlive === 'off' ? 0 : context.timeNs([...path, 'tcpKeepAlive'], input.tcpKeepAlive, 0),
    maxConcurrentStreams: input.maxConcurrentStreams ?? DEFAULT_STREAMS,
    tls: tls as ClientSpec['protocol']['tls'],
    maxConnectionAge: readAge(context, [...path, 'maxConnectionAge'], input.maxConnectionAge),
    requestsPerConnection: keepAlive ? (input.requestsPerConnection ?? 0) : 1,
  };
}

/** Datagrams and SCTP are spoken to ports of their own. */
function checkTransport(context: Context, path: Path, type: string, { scheme, text }: TargetUrl, input: NonNullable<ClientInput['protocol']>): void {
  const own = ['udp', 'sctp'];
  if (text !== '' && (own.includes(type) || own.includes(scheme)) && type !== scheme)
    context.issue(
      [...path, 'type'],
      `${type} at a URL of ${scheme}`,
      text,
      own.includes(type) ? `write ${type}://HOST:PORT` : `write type: ${scheme}, or leave it out`,
    );
  if (own.includes(type) && input.tls !== undefined && input.tls !== 'none')
    context.issue([...path, 'tls'], `TLS over ${type}`, input.tls, 'DTLS is not modelled: leave it out');
  if (own.includes(type) && input.tcpKeepAlive !== undefined)
    context.issue(
      [...path, 'tcpKeepAlive'],
      `TCP keep-alive over ${type}`,
      input.tcpKeepAlive,
      type === 'udp' ? 'UDP has none' : 'SCTP has heartbeats of 30s of its own',
    );
}

function readBalancer(context: Context, path: Path, input: NonNullable<ClientInput['balancer']>): BalancerSpec {
  const refreshNs = typeof input.view === 'object' ? context.timeNs([...path, 'view', 'refresh'], input.view.refresh, 0) : 0;
  if (input.choices !== undefined && input.policy !== 'power_of_choices') {
    context.issue([...path, 'choices'], 'choices without policy: power_of_choices', input.choices);
  }
  return {
    plane: input.plane,
    policy: input.policy,
    choices: input.choices ?? 2,
    replacement: input.replacement ?? false,
    ties: input.ties ?? 'random',
    weighted: input.weighted ?? false,
    view: input.view === undefined || input.view === 'own' ? { type: 'own' } : { type: 'shared', refreshNs },
  };
}
