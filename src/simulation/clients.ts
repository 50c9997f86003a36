/** The entries of `clients` as the simulation runs them: members with place, address and pool; arrivals; client-side planes. */
import { type Balancer, balancers } from '../balancers/index.ts';
import type { BroughtUp } from '../kubernetes/index.ts';
import { formatIpv4, parseIpv4, resolve } from '../kubernetes/index.ts';
import { createLaw } from '../random/laws.ts';
import { deriveKey, type Key } from '../random/stream.ts';
import { ZipfPicker, zipfGroupSizes } from '../random/zipf.ts';
import type { ClientPlace, ClientSpec, Scenario } from '../scenario/scenario.ts';
import { createArrivals } from '../workload/arrivals.ts';
import { TraceArrivals } from '../workload/trace.ts';
import { timeoutLane } from './lanes.ts';
import type { ClientEntry, Target, World } from './world.ts';

const NS = 1e9;
const NONE = -1;
/** Datagrams on their way from one socket: no protocol bounds them. */
const MOST_DATAGRAMS = 1e9;
/** Linux sctp hb_interval: an association is never quiet for longer. */
const SCTP_HEARTBEAT = 30e9;
/** Rows of the stickiness map per entry. */
const MOST_GROUPS = 40;
/** Client addresses: 198.18.0.0/15 (RFC 2544, benchmarking) outside, 100.64.0.0/10 (RFC 6598) within. */
export const OUTSIDE = { base: 0xc6120000, size: 1 << 17 };
const INSIDE = { base: 0x64400000, size: 1 << 22 };

/** Who the clients are to the network, the same in all replications. */
export interface ClientSources {
  readonly entries: readonly EntrySources[];
  /** Source addresses in all; numbers of pods as callers come after them. */
  readonly keys: number;
  readonly groupNames: readonly string[];
}

interface EntrySources {
  readonly members: number;
  /** Per member: source-address number and address, and row of the stickiness map. */
  readonly key: Int32Array;
  readonly address: Uint32Array;
  readonly group: Int32Array;
}

/** Gives every client its source address: its own, one of a few, or that of the NAT it sits behind. A function of names and `addressSeed`. */
export function planSources(clients: readonly ClientSpec[], addressSeed: string): ClientSources {
  const groupNames: string[] = [];
  let keys = 0;
  const entries = clients.map((client): EntrySources => {
    const members = memberCount(client);
    const { nat } = client.sources;
    const owner =
      nat === null ? Int32Array.from({ length: members }, (_, member) => member % client.sources.addresses) : natGroups(members, nat.groups, nat.skew);
    const addresses = nat === null ? Math.min(members, client.sources.addresses) : nat.groups;
    const range = client.from.type === 'external' || client.from.type === 'vpc' ? OUTSIDE : INSIDE;
    const start = deriveKey({ high: 0, low: 0 }, addressSeed, 'client', client.name).high >>> 0;
    const addressOf = (index: number) => range.base + ((start + index) % range.size);
    const groups = Math.min(MOST_GROUPS, addresses);
    const firstGroup = groupNames.length;
    for (let group = 0; group < groups; group++) groupNames.push(groupName(client, group, groups, addresses, addressOf));
    const firstKey = keys;
    keys += addresses;
    return {
      members,
      key: owner.map((index) => firstKey + index),
      address: Uint32Array.from(owner, addressOf),
      group: owner.map((index) => firstGroup + Math.floor((index * groups) / addresses)),
    };
  });
  return { entries, keys, groupNames };
}

function groupName(client: ClientSpec, group: number, groups: number, addresses: number, addressOf: (index: number) => number): string {
  const from = Math.ceil((group * addresses) / groups);
  const to = Math.ceil(((group + 1) * addresses) / groups) - 1;
  const last = from === to ? '' : ` … ${formatIpv4(addressOf(to))}`;
  return `${client.name} ${formatIpv4(addressOf(from))}${last}`;
}

/** Members in order fill the groups, whose sizes follow Zipf's law by largest remainder. */
function natGroups(members: number, groups: number, skew: number): Int32Array {
  const sizes = zipfGroupSizes(members, groups, skew);
  const owner = new Int32Array(members);
  let member = 0;
  sizes.forEach((size, group) => {
    owner.fill(group, member, member + size);
    member += size;
  });
  return owner;
}

function memberCount(client: ClientSpec): number {
  return client.arrivals.type === 'closed' ? client.arrivals.users : client.count;
}

export function buildClients(world: World, scenario: Scenario, cluster: BroughtUp['cluster'], sources: ClientSources, key: Key): ClientEntry[] {
  let base = 0;
  return scenario.clients.map((spec, index) => {
    const entry = buildEntry(world, spec, index, base, cluster, sources.entries[index], key);
    base += entry.members;
    return entry;
  });
}

function buildEntry(world: World, spec: ClientSpec, index: number, base: number, cluster: BroughtUp['cluster'], sources: EntrySources, root: Key): ClientEntry {
  const key = deriveKey(root, 'client', spec.name);
  const { members } = sources;
  const place = placeMembers(world, spec.from, members);
  const target = clientTarget(world, spec, key, namespaceOf(spec.from));
  world.targets.push(target);
  const plane = spec.balancer === null ? null : buildPlanes(world, spec, members, place, target, cluster);
  const poolBase = plane === null ? addPools(world, spec, target, members, place, sources) : NONE;
  const trace = spec.arrivals.type === 'trace' ? new TraceArrivals(spec.arrivals) : null;
  const byPopularity = new ZipfPicker(members, spec.popularity.skew);
  const byWeight = classPicker(spec);
  const sub = (name: string) => deriveKey(key, name);
  return {
    index,
    spec,
    target,
    keys: { member: sub('member'), requestClass: sub('class'), demand: sub('demand'), noise: sub('noise'), think: sub('think'), call: sub('call') },
    members,
    poolBase,
    base,
    place,
    sourceKey: sources.key,
    address: sources.address,
    group: sources.group,
    balancers: plane?.balancers ?? null,
    planePools: plane === null ? null : Array.from({ length: members }, () => new Int32Array(0)),
    planeService: plane?.service ?? NONE,
    arrivals: trace ?? (spec.arrivals.type === 'open' ? createArrivals(spec.arrivals, sub('arrival')) : null),
    thinkTime: spec.arrivals.type === 'closed' ? createLaw(spec.arrivals.thinkTime, NS) : null,
    pickMember: trace?.knowsMembers ? () => trace.member() % members : (bits) => byPopularity.pick(bits),
    pickClass: trace?.knowsClasses ? () => trace.requestClass() : byWeight,
    bytes: Float64Array.from(spec.requests, ({ bytesIn, bytesOut }) => bytesIn + bytesOut),
    cookies: [],
    nextNumber: 0,
    rounds: new Int32Array(spec.arrivals.type === 'closed' ? members : 0),
    trafficHash: key.high ^ key.low,
  };
}

/** Clients in pods look names up from their pods' namespace, all others from `default`. */
export function namespaceOf(from: ClientPlace): string {
  return from.type === 'workload' ? from.workload.slice(from.workload.indexOf('.') + 1) : 'default';
}

function clientTarget(world: World, spec: ClientSpec, key: Key, namespace: string): Target {
  const { protocol } = spec;
  const isDatagram = protocol.type === 'udp';
  const isMultiplexed = protocol.type === 'http/2' || protocol.type === 'grpc' || isDatagram;
  const tls = { none: 0, '1.2': 2, '1.3': 1, '1.2-resumed': 1, '1.3-resumed': 1 }[protocol.tls]; // round trips, RFC 5246 and RFC 8446
  return {
    index: world.targets.length,
    url: spec.target,
    namespace,
    isNamed: parseIpv4(spec.target.host) === null,
    dns: protocol.dns,
    isMultiplexed,
    isDatagram,
    streams: isDatagram ? MOST_DATAGRAMS : isMultiplexed ? protocol.maxConcurrentStreams : 1,
    keepAlive: protocol.keepAlive,
    isEager: protocol.keepAlive && protocol.connect === 'eager',
    requestsPerConnection: protocol.keepAlive ? protocol.requestsPerConnection : 1,
    maxAge: protocol.maxConnectionAge === null ? null : createLaw(protocol.maxConnectionAge, NS),
    ageKey: deriveKey(key, 'connections'),
    handshakes: isDatagram ? 0 : protocol.type === 'sctp' ? 2 : 1 + tls,
    keepAliveProbeNs: protocol.type === 'sctp' ? SCTP_HEARTBEAT : protocol.tcpKeepAliveNs,
    timeoutNs: spec.timeoutNs,
    timeoutLane: spec.timeoutNs === 0 ? NONE : timeoutLane(world, spec.timeoutNs),
    callerPools: new Int32Array(0),
  };
}

function addPools(world: World, spec: ClientSpec, target: Target, members: number, place: Int32Array, sources: EntrySources): number {
  const first = world.pools.count;
  for (let member = 0; member < members; member++) {
    world.pools.add({
      target: target.index,
      place: place[member],
      key: sources.key[member],
      address: sources.address[member],
      limit: spec.protocol.keepAlive ? spec.protocol.connections : NONE,
      pod: NONE,
      callerPod: NONE,
      service: NONE,
      isEager: target.isEager,
    });
  }
  return first;
}

/** Where each member sits: outside, on one node, in pods, or spread evenly over nodes. */
export function placeMembers(world: World, from: ClientPlace, members: number): Int32Array {
  const { topology, pods, workloads } = world;
  const nodes = topology.external;
  switch (from.type) {
    case 'external':
      return new Int32Array(members).fill(topology.external);
    case 'vpc':
      return new Int32Array(members).fill(topology.vpc);
    case 'nodes':
      return Int32Array.from({ length: members }, (_, member) => member % nodes);
    case 'node':
      return new Int32Array(members).fill(Math.max(0, world.nodeNames.indexOf(from.node)));
    case 'workload': {
      const own = pods.names.map((_, pod) => pod).filter((pod) => workloads[pods.workload[pod]].spec.key === from.workload);
      return Int32Array.from({ length: members }, (_, member) => (own.length === 0 ? member % nodes : pods.node[own[member % own.length]]));
    }
    case 'zones': {
      const zones = Object.keys(from.shares).sort();
      return Int32Array.from({ length: members }, (_, member) => nodeInZone(world, zoneOfMember(member, members, zones, from.shares), member));
    }
  }
}

/** Members in order fill the zones by their shares. */
function zoneOfMember(member: number, members: number, zones: readonly string[], shares: Readonly<Record<string, number>>): string {
  let sum = 0;
  for (const zone of zones) {
    sum += shares[zone];
    if (member < sum * members - 1e-9) return zone;
  }
  return zones[zones.length - 1];
}

function nodeInZone(world: World, zone: string, member: number): number {
  const nodes = world.nodeNames.map((_, node) => node).filter((node) => world.nodeZones[node] === zone);
  return nodes.length === 0 ? 0 : nodes[member % nodes.length];
}

/** One client-side balancer per member over the endpoints of the Service that the target names; they hear of changes at once. */
function buildPlanes(
  world: World,
  spec: ClientSpec,
  members: number,
  place: Int32Array,
  target: Target,
  cluster: BroughtUp['cluster'],
): { balancers: Balancer[]; service: number } {
  const answer = resolve(cluster, spec.target.host, target.namespace);
  const service = answer.type === 'clusterIP' || answer.type === 'headless' ? answer.service.metadata : undefined;
  const port = world.planes.ports.find(
    (candidate) => candidate.namespace === service?.namespace && candidate.serviceName === service?.name && candidate.port === spec.target.port,
  );
  const config = spec.balancer as NonNullable<ClientSpec['balancer']>;
  const instances = Array.from({ length: members }, (_, member) => {
    const balancer: Balancer = balancers.ideal.create(
      config,
      world.planes.place(place[member], `client ${spec.name} ${member}`, () => balancer),
    );
    if (port !== undefined) balancer.update(world.planes.endpoints(port));
    return balancer;
  });
  world.planes.onChange((changed, set) => {
    if (changed === port) for (const balancer of instances) balancer.update(set);
  });
  return { balancers: instances, service: port?.service ?? NONE };
}

/** Request classes in proportion to their weights. */
function classPicker(spec: ClientSpec): (bits: number) => number {
  const weights = spec.requests.map((request) => request.weight);
  const total = weights.reduce((a, b) => a + b, 0);
  const ends: number[] = [];
  let sum = 0;
  for (const weight of weights) {
    sum += weight / total;
    ends.push(sum);
  }
  return (bits) => {
    const uniform = ((bits >>> 0) + 0.5) / 4294967296;
    const found = ends.findIndex((end) => uniform < end);
    return found < 0 ? ends.length - 1 : found;
  };
}
