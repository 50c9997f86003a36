/**
 * What is offered to each workload before anything runs: rate × calls × mean service ÷ slots (contract part 2), and the workloads for
 * which queueing theory has an answer. The same assembly as the simulation's, at rest.
 *
 * Closed loops offer what their users would send if nobody waited: users ÷ (think time + response time without queues).
 */
import { READY } from '../balancers/index.ts';
import { ExperimentError, ScenarioError } from '../errors.ts';
import { lawMean, lawScv } from '../random/laws.ts';
import type { Assumption, Scenario } from '../scenario/scenario.ts';
import { isPlainPoisson } from '../scenario/traffic.ts';
import { meanRate, peakRate } from '../workload/rate.ts';
import { tracePeak, traceRate } from '../workload/trace.ts';
import { type Assembly, assemble } from './assemble.ts';

import type { Route } from './directory.ts';
import type { ServicePort } from './service-ports.ts';
import { Reasons } from './unreachable.ts';
import type { ClientEntry, Target, Workload, World } from './world.ts';

const NS = 1e9;
const DEEPEST_CALL = 64;

export interface OfferedLoad {
  readonly workload: string;
  readonly rate: number;
  readonly meanService: number;
  readonly slots: number;
  readonly pods: number;
  readonly load: number;
  readonly heldLoad: number;
  readonly capacity: number;
  readonly isProxy: boolean;
  readonly unbounded: boolean;
}

/** Paths asked for, in proportion to `weight`: they choose the law of `service.byRoute`. */
type Requests = readonly { readonly path: string; readonly weight: number }[];

/** A workload whose pods are stations of queueing theory: each has a constant Poisson stream of its own. */
export interface Station {
  readonly workload: string;
  readonly pods: number;
  /** Servers of one pod; under processor sharing the cores it shares. */
  readonly slots: number;
  /** Per pod [1/s]. */
  readonly rate: number;
  /** Seconds. */
  readonly meanService: number;
  readonly scv: number;
  readonly isExponential: boolean;
  readonly discipline: 'fifo' | 'lifo' | 'ps';
  /** Queue places; null = no limit. */
  readonly queueLimit: number | null;
  /** Why the arrivals at a pod are Poisson, in words. */
  readonly why: string;
}

export interface TrafficDescription {
  readonly offeredLoad: readonly OfferedLoad[];
  /** Clients whose few connections cannot carry their rate, whatever the pods can serve. */
  readonly clientBound: readonly { readonly client: string; readonly rate: number; readonly capacity: number; readonly connections: number }[];
  /** Workloads that can serve their mean rate, but not the rate that comes for a while: queues build up then. */
  readonly peaks: readonly { readonly workload: string; readonly rate: number; readonly peak: number; readonly capacity: number }[];
  readonly theory: readonly Station[];
  /** What the assembly itself had to assume. */
  readonly assumptions: readonly Assumption[];
  /** Targets of clients and calls where nobody answers, with the reason: counted outcomes, worth a line before the run. */
  readonly unreachable: readonly { readonly caller: string; readonly target: string; readonly reason: string }[];
  /** Why Services have no pod that connections can go to, called or not. */
  readonly emptyServices: readonly string[];
}

interface Tally {
  rate: number;
  /** The highest rate that may come for a while. */
  peak: number;
  /** Of `rate`, what comes whatever the system does: not from users who wait for their answers. */
  openRate: number;
  /** Own service that it asks for [seconds per second]. */
  work: number;
  /** Set when some stream to it is not Poisson, or comes by calls. */
  isPoisson: boolean;
  why: string;
}

/** @throws ScenarioError with every object that the API server refuses, in its own words */
export function describeTraffic(scenario: Scenario): TrafficDescription {
  const assembly = assemble(scenario, 'offered load', 0);
  refuseProblems(assembly);
  const { world } = assembly;
  const tallies = new Map<Workload, Tally>();
  const clientBound: TrafficDescription['clientBound'][number][] = [];
  for (const entry of world.clients) {
    const route = world.directory.find(entry.target.url, entry.target.namespace, entry.place[0]);
    const response = responseOf(world, route, entry.spec.requests, entry, 0);
    const rate = rateOf(entry, world, response);
    clientBound.push(...boundOf(entry, world, route, rate, response));
    const { isPoisson, why } = poissonAtPods(entry, world);
    follow(world, entry, entry.spec.requests, route, rate, tallies, isPoisson, why, 0);
  }
  const reached = [...tallies].sort(([a], [b]) => a.index - b.index);
  const reasons = new Reasons(world, assembly.broughtUp.cluster, scenario);
  return {
    offeredLoad: reached.map(([workload, tally]) => loadOf(world, workload, tally)),
    clientBound,
    peaks: reached.flatMap(([workload, tally]) => peakOf(loadOf(world, workload, tally), tally)),
    theory: reached.filter(([, tally]) => tally.isPoisson).flatMap(([workload, tally]) => stationOf(world, workload, tally)),
    assumptions: assumptionsOf(assembly, scenario),
    unreachable: unreachableTargets(
      world,
      reasons,
      reached.map(([workload]) => workload),
    ),
    emptyServices: reasons.ofServices(),
  };
}

function unreachableTargets(world: World, reasons: Reasons, reached: readonly Workload[]): TrafficDescription['unreachable'] {
  const found = (caller: string, { text }: Target['url'], reason: string | null) => (reason === null ? [] : [{ caller, target: text, reason }]);
  const ofClients = world.clients.flatMap((entry) => {
    const { target, place, spec } = entry;
    const route = world.directory.find(target.url, target.namespace, place[0]);
    const behind = workloadsBehind(world, route).flatMap(({ workload }) => proxied(entry, workload).map(({ port }) => reasons.ofPort(port)));
    return [reasons.of(route, target), ...behind].flatMap((reason) => found(`client ${spec.name}`, target.url, reason));
  });
  const ofCalls = reached.flatMap((workload) =>
    workload.steps.flatMap(({ calls }) =>
      calls.flatMap((call) => {
        const target = world.targets[call.target];
        return found(workload.spec.key, target.url, reasons.of(callRoute(world, workload, target), target));
      }),
    ),
  );
  return [...ofClients, ...ofCalls];
}

/** What the API server refuses is not in the cluster; an answer without it would be an answer to another question. */
export function refuseProblems({ broughtUp }: Assembly): void {
  const issues = broughtUp.problems.map(({ object, error }) => ({
    where: object.origin ?? '-',
    path: `${object.kind}/${object.metadata.name}`,
    problem: error.message,
  }));
  if (issues.length > 0) throw new ScenarioError(issues);
}

// --- where traffic goes ----------------------------------------------------------------------------------------------------------

/** A route, or what a proxy sends on to the pods of a Service port. */
type Way = Route | { readonly type: 'proxied'; readonly port: ServicePort };

/** Adds `rate` to the workload behind a route, and to everything that it calls. */
function follow(
  world: World,
  entry: ClientEntry,
  requests: Requests,
  route: Way,
  rate: number,
  tallies: Map<Workload, Tally>,
  isPoisson: boolean,
  why: string,
  depth: number,
): void {
  if (depth > DEEPEST_CALL) throw new ExperimentError('services call each other in a circle (write `calls` for one of them)');
  for (const { workload, share } of workloadsBehind(world, route)) {
    const tally = tallies.get(workload) ?? { rate: 0, peak: 0, openRate: 0, work: 0, isPoisson: true, why };
    tally.rate += rate * share;
    tally.peak += rate * share * peakFactor(entry, world);
    if (entry.arrivals !== null) tally.openRate += rate * share;
    tally.work += rate * share * meanServiceOf(world, workload, requests);
    tally.isPoisson &&= isPoisson && share === 1;
    tallies.set(workload, tally);
    if (workload.proxy !== null) {
      for (const { port, share: part, request } of proxied(entry, workload)) {
        follow(world, entry, [request], { type: 'proxied', port }, rate * share * part, tallies, false, '', depth + 1);
      }
    }
    for (const step of workload.steps) {
      for (const call of step.calls) {
        const target = world.targets[call.target];
        follow(world, entry, requestsOf(target), callRoute(world, workload, target), rate * share * call.spec.probability, tallies, false, '', depth + 1);
      }
    }
  }
}

/** Workloads whose pods a route leads to, by their share of the ready pods. */
function workloadsBehind(world: World, route: Way): { workload: Workload; share: number }[] {
  const { pods, workloads } = world;
  if (route.type === 'nowhere') return [];
  const ids = route.type === 'pod' ? [route.pod] : readyPods(world, route.port);
  const counts = new Map<Workload, number>();
  for (const pod of ids) {
    const workload = workloads[pods.workload[pod]];
    counts.set(workload, (counts.get(workload) ?? 0) + 1);
  }
  return [...counts].map(([workload, count]) => ({ workload, share: count / ids.length }));
}

function readyPods(world: World, port: ServicePort): number[] {
  const set = world.planes.endpoints(port);
  return Array.from(set.id).filter((_, i) => (set.conditions[i] & READY) !== 0);
}

/** Service ports that a proxy sends an entry's requests to, by the weights of its request classes. */
function proxied(entry: ClientEntry, workload: Workload): { port: ServicePort; share: number; request: Requests[number] }[] {
  const total = entry.spec.requests.reduce((sum, request) => sum + request.weight, 0);
  return entry.spec.requests.flatMap((request) => {
    const port = workload.proxy?.route(request.headers.host ?? entry.target.url.host, request.path)?.port ?? null;
    return port === null ? [] : [{ port, share: request.weight / total, request }];
  });
}

/** What a call asks its target for. */
function requestsOf(target: Target): Requests {
  return [{ path: target.url.path, weight: 1 }];
}

function callRoute(world: World, workload: Workload, target: Target): Route {
  const pod = world.pods.workload.indexOf(workload.index);
  return world.directory.find(target.url, target.namespace, pod < 0 ? 0 : world.pods.node[pod]);
}

/** Requests per second of an entry over the measured window. */
function rateOf(entry: ClientEntry, world: World, response: number): number {
  const { arrivals } = entry.spec;
  if (arrivals.type === 'open') return meanRate(arrivals.rate, world.fromNs, world.toNs);
  if (arrivals.type === 'trace') return traceRate(arrivals, world.fromNs, world.toNs);
  return arrivals.users / Math.max(1e-9, lawMean(arrivals.thinkTime) + response);
}

/** Highest ÷ mean rate of an entry over the measured window; users who wait for their answers have no peaks. */
function peakFactor({ spec: { arrivals } }: ClientEntry, { fromNs, toNs }: World): number {
  if (arrivals.type === 'closed') return 1;
  const [mean, peak] =
    arrivals.type === 'trace'
      ? [traceRate(arrivals, fromNs, toNs), tracePeak(arrivals, fromNs, toNs)]
      : [meanRate(arrivals.rate, fromNs, toNs), peakRate(arrivals.rate, fromNs, toNs)];
  return mean > 0 ? Math.max(1, peak / mean) : 1;
}

function peakOf({ workload, rate, capacity, heldLoad, isProxy }: OfferedLoad, { peak }: Tally): TrafficDescription['peaks'] {
  return isProxy || heldLoad >= 1 || peak < capacity ? [] : [{ workload, rate, peak, capacity }];
}

/** Mean response without any queueing [s]. */
function responseOf(world: World, route: Way, requests: Requests, entry: ClientEntry | null, depth: number): number {
  if (depth > DEEPEST_CALL) return 0;
  let mean = 0;
  for (const { workload, share } of workloadsBehind(world, route)) {
    mean += share * (meanServiceOf(world, workload, requests) + callTime(world, workload, depth));
    if (workload.proxy !== null && entry !== null) {
      for (const { port, share: part, request } of proxied(entry, workload)) {
        mean += share * part * responseOf(world, { type: 'proxied', port }, [request], null, depth + 1);
      }
    }
  }
  return mean;
}

/** An open-loop entry whose connections are all taken before its rate is reached: connections × streams ÷ time one request holds a stream. */
function boundOf(entry: ClientEntry, world: World, route: Route, rate: number, response: number): TrafficDescription['clientBound'] {
  const { spec, target, place } = entry;
  if (spec.arrivals.type === 'closed' || entry.balancers !== null || !target.keepAlive || route.type === 'nowhere') return [];
  const [pod] = route.type === 'pod' ? [route.pod] : readyPods(world, route.port);
  if (pod === undefined) return [];
  const { topology, pods } = world;
  const trip = (2 * topology.meanDelay(topology.link(place[0], pods.node[pod]))) / NS;
  const connections = entry.members * spec.protocol.connections;
  const capacity = (connections * target.streams) / Math.max(1e-9, response + trip);
  return rate < capacity ? [] : [{ client: spec.name, rate, capacity, connections }];
}

/** Mean time a pod waits for its calls [s], hops included, queues not. */
function callTime(world: World, workload: Workload, depth: number): number {
  const { topology, pods } = world;
  const pod = pods.workload.indexOf(workload.index);
  let total = 0;
  for (const step of workload.steps) {
    let longest = 0;
    for (const call of step.calls) {
      const target = world.targets[call.target];
      const route = callRoute(world, workload, target);
      const [behind] = route.type === 'nowhere' ? [] : route.type === 'pod' ? [route.pod] : readyPods(world, route.port);
      const hop = pod < 0 || behind === undefined ? 0 : (2 * topology.meanDelay(topology.link(pods.node[pod], pods.node[behind]))) / NS;
      longest = Math.max(longest, call.spec.probability * (hop + responseOf(world, route, requestsOf(target), null, depth + 1)));
    }
    total += longest;
  }
  return total;
}

// --- load ------------------------------------------------------------------------------------------------------------------------

function podsOf(world: World, workload: Workload): number[] {
  return world.pods.names.map((_, pod) => pod).filter((pod) => world.pods.workload[pod] === workload.index && world.pods.readySince[pod] >= 0);
}

/** Mean own service over the workload's pods [s]. */
function meanServiceOf(world: World, workload: Workload, requests: Requests): number {
  const pods = podsOf(world, workload);
  const mean = meanDemand(workload, requests);
  if (pods.length === 0) return mean;
  return (mean * pods.reduce((sum, pod) => sum + 1 / world.pods.speed[pod], 0)) / pods.length;
}

/** At speed 1 [s]. */
function meanDemand({ byRoute, spec }: Workload, requests: Requests): number {
  const fallback = lawMean(spec.service.default);
  if (byRoute === null) return fallback;
  let weight = 0;
  let sum = 0;
  for (const request of requests) {
    const route = byRoute.find(({ path }) => request.path === path || path === '/' || request.path.startsWith(path.endsWith('/') ? path : `${path}/`));
    weight += request.weight;
    sum += request.weight * (route === undefined ? fallback : route.law.mean / NS);
  }
  return weight === 0 ? fallback : sum / weight;
}

function slotsOf(workload: Workload): number {
  return workload.isSharing ? (workload.spec.cpuLimit ?? 1) : workload.spec.concurrency;
}

function loadOf(world: World, workload: Workload, tally: Tally): OfferedLoad {
  const { spec } = workload;
  const pods = podsOf(world, workload).length;
  const slots = slotsOf(workload);
  const meanService = tally.rate === 0 ? meanServiceOf(world, workload, []) : tally.work / tally.rate;
  const held = spec.holdWhileCalling && !workload.isSharing ? callTime(world, workload, 0) : 0;
  const places = pods * slots;
  const heldLoad = places === 0 ? Infinity : (tally.rate * (meanService + held)) / places;
  // Users who wait for their answers bound the queue by their number, unless the open streams alone are too much.
  const isOpen = tally.openRate === tally.rate || (tally.openRate * heldLoad) / tally.rate >= 1;
  return {
    workload: spec.key,
    rate: tally.rate,
    meanService,
    slots,
    pods,
    load: places === 0 ? Infinity : (tally.rate * meanService) / places,
    heldLoad,
    capacity: meanService + held === 0 ? Infinity : places / (meanService + held),
    isProxy: workload.proxy !== null,
    unbounded: isOpen && spec.queue.limit === null && spec.queue.timeoutNs === 0 && spec.queue.patience === null,
  };
}

// --- theory ----------------------------------------------------------------------------------------------------------------------

/** Whether each pod sees a Poisson stream, and why. */
function poissonAtPods(entry: ClientEntry, world: World): { isPoisson: boolean; why: string } {
  const no = { isPoisson: false, why: '' };
  const { arrivals, balancer, protocol } = entry.spec;
  if (!isPlainPoisson(arrivals)) return no;
  const route = world.directory.find(entry.target.url, entry.target.namespace, entry.place[0]);
  if (route.type === 'nowhere') return no;
  const pods = route.type === 'pod' ? 1 : readyPods(world, route.port).length;
  const hasOwnConnections = balancer !== null || !protocol.keepAlive;
  if (!hasOwnConnections) return no; // requests wait for the few connections of a client: not Poisson at the pod
  if (pods === 1) return { isPoisson: true, why: 'Poisson arrivals at one pod' };
  const isRandom =
    balancer !== null
      ? balancer.policy === 'random' && !balancer.weighted
      : 'frontend' in route &&
        world.planes.proxy.isRandom(route.frontend.entry) &&
        route.port.affinityTimeoutNs === 0 &&
        world.planes.isSharedEqually(route.port);
  return isRandom ? { isPoisson: true, why: 'Poisson arrivals split at random over equal pods' } : no;
}

function stationOf(world: World, workload: Workload, tally: Tally): Station[] {
  const { spec } = workload;
  const pods = podsOf(world, workload).length;
  if (pods === 0 || workload.steps.length > 0 || workload.proxy !== null || workload.byRoute !== null) return [];
  if (spec.speed.some((speed) => speed !== spec.speed[0]) || spec.queue.timeoutNs > 0 || spec.queue.patience !== null) return [];
  if (spec.server.cancel === 'onDisconnect' && world.clients.some((entry) => entry.spec.timeoutNs > 0)) return []; // who gives up, leaves the queue
  return [
    {
      workload: spec.key,
      pods,
      slots: slotsOf(workload),
      rate: tally.rate / pods,
      meanService: meanServiceOf(world, workload, []),
      scv: lawScv(spec.service.default),
      isExponential: spec.service.default.law === 'exponential',
      discipline: spec.queue.discipline,
      queueLimit: spec.queue.limit,
      why: tally.why,
    },
  ];
}

// --- assumptions -----------------------------------------------------------------------------------------------------------------

function assumptionsOf(assembly: Assembly, scenario: Scenario): Assumption[] {
  const assumptions: Assumption[] = assembly.broughtUp.assumptions.map((assumption) => ({ ...assumption }));
  if (assembly.hasAssumedController) {
    const { replicas, workers } = scenario.cluster.ingress;
    assumptions.push({
      path: '/spec/cluster/ingress',
      value: `ingress-nginx, ${replicas} pods of ${workers} workers behind a load balancer`,
      why: 'the manifests have Ingress objects and no controller',
    });
  }
  if (assembly.world.proxies.length > 0) {
    assumptions.push({
      path: '/spec/workloads/(ingress controller)/service',
      value: 'constant 100us, 16384 connections',
      why: 'a proxy holds connections, it is not a server of slots',
    });
  }
  return assumptions;
}
