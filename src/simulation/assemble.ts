/**
 * Puts one replication together, in the order in which a cluster comes up: nodes and objects, Services and slices, data planes,
 * pods, proxies, targets, clients.
 */
import { READY } from '../balancers/index.ts';
import { Kernel } from '../engine/kernel.ts';
import { ModelError } from '../errors.ts';
import { type BroughtUp, bringUp, type Clock, type Deployment, type KubernetesObject, parseIpv4, resolve, runKubectl } from '../kubernetes/index.ts';
import { Recorder } from '../measurement/recorder.ts';
import type { NodeRun } from '../measurement/run-result.ts';
import { Connections, Pools } from '../network/connections.ts';
import { Conntrack, STATES } from '../network/conntrack.ts';
import { Topology } from '../network/topology.ts';
import { Servers } from '../pods/servers.ts';
import { createLaw } from '../random/laws.ts';
import { deriveKey, type Key, RandomStream, seedKey } from '../random/stream.ts';
import type { CallSpec, Scenario, WorkloadSpec } from '../scenario/scenario.ts';
import { buildClients, planSources } from './clients.ts';
import { Connecting } from './connecting.ts';
import { DataPlanes, planesKey } from './data-planes.ts';
import { Datagrams } from './datagrams.ts';
import { Directory } from './directory.ts';
import { CONTROL } from './events.ts';
import { Exchanges } from './exchanges.ts';
import { FlowTracking } from './flow-tracking.ts';
import { hopNames, IdleHops } from './idle-hops.ts';
import { controllerWorkload, ingressesServed, isController, namesHost, servicesInFront, withController } from './ingress-controllers.ts';
import { IngressProxy } from './ingress-proxy.ts';
import { nodeProxy } from './kube-proxy.ts';
import { Lanes, timeoutLane } from './lanes.ts';
import { LoadBalancers } from './load-balancers.ts';
import { Names } from './names.ts';
import { OUTCOMES } from './outcomes.ts';
import { PodRoster } from './pod-roster.ts';
import { RequestPath } from './request-path.ts';
import type { ServicePort } from './service-ports.ts';
import { Ticker } from './ticker.ts';
import { type Call, Pods, type Step, type Target, type Workload, type World } from './world.ts';

const NS = 1e9;
const NONE = -1;
/** What pods do that nothing is said of: glibc and Go keep no answers. */
const RESOLVER = { cache: false, pick: 'first' } as const;

/** Everything one replication needs, wired. */
export interface Assembly {
  readonly world: World;
  readonly path: RequestPath;
  readonly roster: PodRoster;
  readonly broughtUp: BroughtUp;
  /** Filled when the measured window closes. */
  readonly nodeRuns: NodeRun[];
  /** The controller was not in the manifests. */
  readonly hasAssumedController: boolean;
}

/** Root of all chance in one replication. */
export function replicationKey(seed: string, replication: number): Key {
  return deriveKey(seedKey(seed), 'replication', replication);
}

/**
 * @param seed the user's seed text
 * @param replication number of the replication; it is part of every key
 */
export function assemble(scenario: Scenario, seed: string, replication: number): Assembly {
  const key = replicationKey(seed, replication);
  const kernel = new Kernel();
  const clock: Clock = {
    get now() {
      return kernel.now;
    },
    after: (delayNs, run) => kernel.call(delayNs, CONTROL, run),
  };
  const { objects, isAssumed } = withController(scenario.objects, scenario.cluster);
  const broughtUp = bringUp(
    { nodes: scenario.cluster.nodes, addressSeed: scenario.cluster.addressSeed, kubernetesVersion: scenario.cluster.kubernetesVersion },
    objects,
    clock,
  );
  const world = buildWorld(scenario, objects, broughtUp, kernel, key);
  const connecting = new Connecting(world, world.directory);
  const path = new RequestPath(world, connecting, world.ticker, scenario.run.maxInFlight);
  connecting.serve(path);
  world.loadBalancers.onUpdate((port) => connecting.targetsChanged(port));
  const roster = world.createRoster(connecting, path);
  return { world, path, roster, broughtUp, nodeRuns: [], hasAssumedController: isAssumed };
}

/** Lets the clock run things: arrivals, the window, the timeline. Called once, after `assemble`, when the replication is to be simulated. */
export function start(assembly: Assembly, scenario: Scenario): void {
  const { world, path, roster, broughtUp } = assembly;
  const { kernel, recorder } = world;
  kernel.call(world.fromNs, CONTROL, () => {
    recorder.openWindow(kernel.now, world.servers.inSystem, world.pods.count);
    for (const table of world.conntrack) table.openWindow(kernel.now);
    world.tracking.openWindow(kernel.now);
  });
  for (const action of scenario.timeline) kernel.call(action.atNs, CONTROL, () => runKubectl(broughtUp.cluster, broughtUp.kubelet, action.command));
  kernel.call(world.toNs, CONTROL, () => {
    path.settle();
    roster.settle(kernel.now);
    assembly.nodeRuns.push(...world.nodeNames.map((name, node) => nodeRun(name, world.conntrack[node], world.tracking.portsLent(node), kernel.now)));
    recorder.closeWindow(kernel.now);
  });
  kernel.call(world.toNs + scenario.run.gracefulStopNs, CONTROL, () => kernel.stop());
  for (const entry of world.clients) path.startClients(entry);
}

interface BuiltWorld extends World {
  readonly ticker: Ticker;
  createRoster(connecting: Connecting, path: RequestPath): PodRoster;
}

function buildWorld(scenario: Scenario, objects: readonly KubernetesObject[], broughtUp: BroughtUp, kernel: Kernel, key: Key): BuiltWorld {
  const { cluster } = broughtUp;
  const nodeObjects = cluster.list('Node');
  const nodes = nodeObjects.map((node) => node.metadata.name);
  const zones = nodeObjects.map((node) => node.metadata.labels?.['topology.kubernetes.io/zone'] ?? '');
  const topology = new Topology(zones, scenario.cluster.latency);
  const ticker = new Ticker(kernel);
  const lanes = new Lanes(kernel);
  const exchanges = new Exchanges();
  const pools = new Pools(exchanges);
  const connections = new Connections();
  const servers = new Servers(exchanges);
  const pods = new Pods();
  const services = cluster.list('Service').filter((service) => service.spec.type !== 'ExternalName');
  const serviceNames = services.map((service) => `${service.metadata.namespace}/${service.metadata.name}`);
  const sources = planSources(scenario.clients, scenario.cluster.addressSeed);
  const { warmupNs: fromNs, durationNs: toNs } = scenario.run;
  const proxy = nodeProxy(scenario.cluster.kubeProxy);
  const recorder = new Recorder(
    {
      fromNs,
      toNs,
      since: [...new Set(scenario.thresholds.map((threshold) => threshold.sinceNs).filter((since) => since !== null))].sort((a, b) => a - b),
      clients: scenario.clients.map((client) => client.name),
      services: serviceNames,
      groups: sources.groupNames,
      outcomes: OUTCOMES,
      hops: hopNames(scenario.cluster.loadBalancer, proxy, scenario.cluster.conntrack.tcpEstablishedNs),
    },
    kernel,
  );
  const workloads = buildWorkloads(scenario, objects, key);
  const truth = {
    get inSystem() {
      return servers.inSystem;
    },
    get workNs() {
      return servers.workNs;
    },
    remainingNs: (pod: number) => servers.remainingNs(pod, kernel.now),
  };
  const planes = new DataPlanes({
    kernel,
    cluster,
    pods,
    ticker,
    proxy,
    nodes: nodes.map((name, node) => ({ name, zone: zones[node] })),
    terminatingFallback: scenario.cluster.defaults.terminatingFallback,
    key: planesKey(key),
    truth,
    weights: workloads.map((workload) => workload.spec.weight),
  });
  const conntrack = nodes.map((name) => createConntrack(scenario.cluster, name, key));
  const ingresses = ingressesServed(cluster, scenario.cluster.ingress.class);
  const inFront = cluster
    .list('Deployment')
    .filter(isController)
    .flatMap((controller) => servicesInFront(cluster, controller));
  const loadBalancers = new LoadBalancers({ spec: scenario.cluster.loadBalancer, kernel, planes, pods, nodes, zones, key });
  const hops = new IdleHops({ kernel, connections, planes, loadBalancers, recorder, establishedNs: scenario.cluster.conntrack.tcpEstablishedNs });
  const tracking = new FlowTracking(conntrack, connections, pools, pods, scenario.cluster.conntrack.snatPorts);
  const datagrams = new Datagrams({ kernel, connections, planes, pods, tracking, hops, conntrack: scenario.cluster.conntrack });
  const names = new Names({ spec: scenario.cluster.dns, kernel, cluster, key });
  const directory = new Directory({
    cluster,
    planes,
    pods,
    pools,
    topology,
    nodes,
    loadBalancers,
    names,
    ingress: {
      controllerFor: (host) => {
        if (!namesHost(ingresses, host)) return null;
        return planes.ports.filter((port) =>
          inFront.some((service) => service.metadata.name === port.serviceName && service.metadata.namespace === port.namespace),
        );
      },
    },
  });
  const targets: Target[] = [];
  const world: BuiltWorld = {
    kernel,
    exchanges,
    pools,
    connections,
    servers,
    pods,
    recorder,
    topology,
    lanes,
    conntrack,
    conntrackSpec: scenario.cluster.conntrack,
    tracking,
    hops,
    datagrams,
    targets,
    clients: [],
    workloads,
    planes,
    directory,
    names,
    loadBalancers,
    proxies: [],
    tracksWork: scenario.clients.some((client) => client.balancer?.policy === 'least_work_left'),
    nodeNames: nodes,
    nodeZones: zones,
    key,
    fromNs,
    toNs,
    ticker,
    createRoster: (connecting, path) => {
      const roster = new PodRoster(world, cluster, broughtUp.kubelet, connecting, path, nodes, sources.keys);
      path.onDrained((pod) => roster.exitIfIdle(pod));
      connecting.onClosedAtStopping((pod) => roster.exitIfIdle(pod));
      roster.follow();
      services.forEach((service, number) => {
        planes.add(service, number);
      });
      loadBalancers.start();
      followServices(world);
      cluster.watch('EndpointSlice', ({ object }) => {
        directory.forget();
        planes.slicesChanged(object.metadata.namespace ?? '', object.metadata.labels?.['kubernetes.io/service-name'] ?? '');
      });
      compileCalls(world, cluster, key);
      addProxies(world, objects, scenario, ingresses, key);
      (world.clients as World['clients'][number][]).push(...buildClients(world, scenario, cluster, sources, key));
      return roster;
    },
  };
  return world;
}

/** The recorder's view of who is a ready endpoint of which Service: the slices', at the moment they change. */
function followServices(world: World): void {
  const { planes, recorder, kernel } = world;
  const note = (port: ServicePort, set: ReturnType<DataPlanes['endpoints']>) => {
    const load = recorder.services[port.service];
    const ready = new Set<number>();
    for (let i = 0; i < set.count; i++) if ((set.conditions[i] & READY) !== 0) ready.add(set.id[i]);
    for (let pod = 0; pod < world.pods.count; pod++) {
      if (ready.has(pod)) load.ready(pod, kernel.now);
      else load.notReady(pod, world.fromNs, kernel.now);
    }
  };
  const first = new Map<number, ServicePort>();
  for (const port of planes.ports) if (!first.has(port.service)) first.set(port.service, port);
  for (const port of first.values()) note(port, planes.endpoints(port));
  planes.onChange((port, set) => {
    if (first.get(port.service) === port) note(port, set);
  });
}

function nodeRun(name: string, table: Conntrack, snat: NodeRun['snat'], now: number): NodeRun {
  const { limit, peak, dropped, evicted } = table;
  const byState = Object.fromEntries(table.byState(now).flatMap((count, state) => (count === 0 ? [] : [[STATES[state], count]])));
  return { name, conntrack: { limit, peak, dropped, evicted, byState }, snat };
}

/** kube-proxy's limit by the node's cores, unless one is written. */
function createConntrack({ conntrack, nodes }: Scenario['cluster'], node: string, key: Key): Conntrack {
  const cores = nodes.find(({ name }) => name === node)?.cpu ?? 8;
  const random = new RandomStream(deriveKey(key, 'conntrack', node));
  const limit = conntrack.max ?? Math.max(conntrack.maxPerCore * Math.ceil(cores), conntrack.min);
  return new Conntrack(limit, () => random.uniform(), { udp: conntrack.udpNs / NS, udpStream: conntrack.udpStreamNs / NS });
}

// --- workloads -------------------------------------------------------------------------------------------------------------------

function buildWorkloads(scenario: Scenario, objects: readonly KubernetesObject[], key: Key): Workload[] {
  const specs: WorkloadSpec[] = Object.values(scenario.workloads);
  for (const object of objects) {
    if (object.kind !== 'Deployment' || !isController(object)) continue;
    const assumed = controllerWorkload(object.metadata.name, object.metadata.namespace ?? 'default');
    const at = specs.findIndex((spec) => spec.key === assumed.key);
    if (at < 0) specs.push(assumed);
    else if (scenario.assumptions.some((assumption) => assumption.workload === assumed.key && assumption.path.endsWith('/service'))) specs[at] = assumed;
  }
  return specs.map((spec, index) => ({
    index,
    spec,
    service: createLaw(spec.service.default, NS),
    byRoute:
      spec.service.byRoute.length === 0
        ? null
        : [...spec.service.byRoute].sort((a, b) => b.path.length - a.path.length).map(({ path, law }) => ({ path, law: createLaw(law, NS) })),
    steps: [] as Step[],
    isSharing: spec.queue.discipline === 'ps',
    patience: spec.queue.patience === null ? null : createLaw(spec.queue.patience, NS),
    patienceKey: deriveKey(key, 'patience', spec.key),
    maxAge: spec.server.maxConnectionAge === null ? null : createLaw(spec.server.maxConnectionAge, NS),
    ageJitter: spec.server.maxConnectionAgeJitter,
    proxy: null,
  }));
}

/** Calls in the order in which they are made: `count: n` outside `parallel` is n steps, inside it n calls at once. */
function compileCalls(world: World, cluster: BroughtUp['cluster'], key: Key): void {
  for (const workload of world.workloads) {
    const times = new Map<string, number>();
    const compile = (spec: CallSpec): Call => {
      // Named by what is called and how often it was named before: a call that is added leaves the others' chance alone.
      const number = times.get(spec.target.text) ?? 0;
      times.set(spec.target.text, number + 1);
      const name = deriveKey({ high: 0, low: 0 }, workload.spec.key, spec.target.text, number);
      return { spec, target: callTarget(world, cluster, spec, workload.spec, key).index, key: name.high ^ name.low };
    };
    const steps = workload.steps as Step[];
    for (const step of workload.spec.calls) {
      if (step.type === 'parallel') steps.push({ calls: step.calls.flatMap((spec) => repeat(spec.count, () => compile(spec))) });
      else for (let i = 0; i < step.call.count; i++) steps.push({ calls: [compile(step.call)] });
    }
  }
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function callTarget(world: World, cluster: BroughtUp['cluster'], spec: CallSpec, caller: WorkloadSpec, key: Key): Target {
  const protocol = serverProtocol(world, cluster, spec.target.host, caller.namespace);
  const isDatagram = spec.target.scheme === 'udp';
  const isMultiplexed = protocol === 'http/2' || protocol === 'grpc' || spec.target.scheme === 'grpc' || isDatagram;
  const target: Target = {
    index: world.targets.length,
    url: spec.target,
    namespace: caller.namespace,
    isNamed: parseIpv4(spec.target.host) === null,
    dns: RESOLVER,
    isMultiplexed,
    isDatagram,
    streams: isDatagram ? 1e9 : isMultiplexed ? 100 : 1,
    keepAlive: true,
    isEager: false,
    requestsPerConnection: 0,
    maxAge: null,
    ageKey: deriveKey(key, 'connections', caller.key, spec.target.text),
    handshakes: isDatagram ? 0 : spec.target.scheme === 'https' || spec.target.scheme === 'sctp' ? 2 : 1,
    keepAliveProbeNs: 0,
    timeoutNs: spec.timeoutNs,
    timeoutLane: spec.timeoutNs === 0 ? NONE : timeoutLane(world, spec.timeoutNs),
    callerPools: new Int32Array(0),
  };
  world.targets.push(target);
  return target;
}

/** What the pods behind a name speak. */
function serverProtocol(world: World, cluster: BroughtUp['cluster'], host: string, namespace: string): string {
  const answer = resolve(cluster, host, namespace);
  if (answer.type !== 'clusterIP' && answer.type !== 'headless') return 'http/1.1';
  const { namespace: ns, name } = answer.service.metadata;
  const port = world.planes.ports.find((candidate) => candidate.namespace === ns && candidate.serviceName === name);
  if (port === undefined) return 'http/1.1';
  const set = world.planes.endpoints(port);
  return set.count === 0 ? 'http/1.1' : world.workloads[world.pods.workload[set.id[0]]].spec.server.protocol;
}

// --- proxies ---------------------------------------------------------------------------------------------------------------------

function addProxies(world: World, objects: readonly KubernetesObject[], scenario: Scenario, ingresses: ReturnType<typeof ingressesServed>, key: Key): void {
  for (const object of objects) {
    if (object.kind !== 'Deployment' || !isController(object)) continue;
    const { name, namespace = 'default' } = (object as Deployment).metadata;
    const workload = world.workloads.find((candidate) => candidate.spec.key === controllerWorkload(name, namespace).key);
    if (workload === undefined) throw new ModelError(`no workload for the ingress controller ${namespace}/${name}`);
    const target: Target = {
      index: world.targets.length,
      url: { text: 'upstream', scheme: 'http', host: '', port: 0, path: '/' },
      namespace,
      isNamed: false,
      dns: RESOLVER,
      isMultiplexed: false,
      isDatagram: false,
      streams: 1,
      keepAlive: true,
      isEager: false,
      requestsPerConnection: 10000, // ingress-nginx upstream-keepalive-requests
      maxAge: null,
      ageKey: deriveKey(key, 'upstream', namespace, name),
      handshakes: 1,
      keepAliveProbeNs: 0,
      timeoutNs: 0,
      timeoutLane: NONE,
      callerPools: new Int32Array(0),
    };
    world.targets.push(target);
    const proxy = new IngressProxy({
      ingresses,
      target,
      workers: scenario.cluster.ingress.workers,
      kernel: world.kernel,
      planes: world.planes,
      pods: world.pods,
      pools: world.pools,
      chance: deriveKey(key, 'ingress', namespace, name),
    });
    workload.proxy = proxy;
    (world.proxies as IngressProxy[]).push(proxy);
  }
}
