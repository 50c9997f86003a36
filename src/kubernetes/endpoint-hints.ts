/**
 * Topology hints of EndpointSlices: whose proxies are to use an endpoint.
 *
 * `trafficDistribution` gives each ready endpoint the hint of its own zone (and node), whatever the load. The annotation
 * `service.kubernetes.io/topology-mode: Auto` shares endpoints out over zones in proportion to their CPUs, and gives up, for the whole
 * Service, when that would overload a zone by more than a fifth:
 *
 *   desired = ratio·n,  least = ⌈ratio·n ÷ 1.2⌉;  Σ least > n: no hints
 *   own zone for each ─► zones with too many give, one by one, to those with too few ─► the first endpoints of a giving zone move
 *
 * Source: kubernetes/endpointslice 1.35 `topologycache/{topologycache,sliceinfo,utils}.go`, `trafficdist/trafficdist.go`; KEP-2433, KEP-4444, KEP-3015.
 * Simplified: the real controller takes receiving zones in the order of a Go map, that is at random; here by name.
 */
import { zoneOf } from './nodes.ts';
import type { NodeObject, Service, SliceEndpoint } from './objects.ts';

type Hints = NonNullable<SliceEndpoint['hints']>;

export const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';
const DEPRECATED_TOPOLOGY_MODE = 'service.kubernetes.io/topology-aware-hints';
const OVERLOAD_THRESHOLD = 0.2; // topologycache.go
const NOT_COUNTED = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Why there are no hints: the text of the event. */
export type Refusal = string;

/** @returns true when the annotation asks for hints by CPU; it wins over `trafficDistribution` */
export function wantsProportionalHints({ metadata }: Service): boolean {
  const value = metadata.annotations?.[DEPRECATED_TOPOLOGY_MODE] ?? metadata.annotations?.[TOPOLOGY_MODE];
  return value === 'Auto' || value === 'auto';
}

/** Hints by `trafficDistribution`; `undefined` when the Service has none, or the endpoint is not ready or of unknown place. */
export function distributionHints(service: Service, endpoint: SliceEndpoint): Hints | undefined {
  const { trafficDistribution } = service.spec;
  const { zone, nodeName, conditions } = endpoint;
  if (trafficDistribution === undefined || wantsProportionalHints(service) || conditions?.ready === false) return undefined;
  const forZones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  const forNodes = trafficDistribution !== 'PreferSameNode' || !nodeName ? {} : { forNodes: [{ name: nodeName }] };
  const hints = { ...forZones, ...forNodes };
  return Object.keys(hints).length === 0 ? undefined : hints;
}

/** Share of all CPUs by zone, of nodes that are ready and no control plane; `null` when one of those has no zone or no CPU. */
export function cpuRatios(nodes: readonly NodeObject[]): ReadonlyMap<string, number> | null {
  const counted = nodes.filter((node) => NOT_COUNTED.every((label) => node.metadata.labels?.[label] === undefined) && isNodeReady(node));
  const byZone = new Map<string, number>();
  let total = 0;
  for (const node of counted) {
    const zone = zoneOf(node);
    const cpu = Number(node.status.allocatable?.cpu ?? node.status.capacity?.cpu ?? 0);
    if (zone === '' || !(cpu > 0)) return null;
    byZone.set(zone, (byZone.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  return total === 0 ? null : new Map([...byZone].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, cpu]) => [zone, cpu / total]));
}

function isNodeReady({ status }: NodeObject): boolean {
  return status.conditions?.find(({ type }) => type === 'Ready')?.status !== 'False';
}

/** Endpoints that one zone is to have of n. */
interface Allocation {
  readonly least: number;
  readonly most: number;
  readonly desired: number;
}

/** @returns what each zone is to have of `ready` endpoints, or why there can be no hints */
export function allocate(ratios: ReadonlyMap<string, number> | null, ready: number): ReadonlyMap<string, Allocation> | Refusal {
  if (ratios === null) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  if (ratios.size < 2) return 'Nodes only ready in one zone';
  const counts = `(${ready} endpoints, ${ratios.size} zones)`;
  if (ratios.size > ready) return `Insufficient number of endpoints ${counts}`;
  const least = new Map([...ratios].map(([zone, ratio]) => [zone, Math.ceil(ratio * ready * (1 / (1 + OVERLOAD_THRESHOLD)))]));
  const sum = [...least.values()].reduce((a, b) => a + b, 0);
  if (sum > ready) return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  return new Map(
    [...ratios].map(([zone, ratio]) => {
      const own = least.get(zone) as number;
      return [zone, { least: own, most: own + ready - sum, desired: Math.max(ratio * ready, own) }];
    }),
  );
}

/** The endpoints of a slice, and whether it is written anyway. */
export interface HintedSlice {
  readonly endpoints: readonly SliceEndpoint[];
  readonly isChanged: boolean;
}

export interface ProportionalHints {
  /** The endpoints of each slice given, in the same order; a slice that keeps its endpoints is the same array. */
  readonly slices: readonly (readonly SliceEndpoint[])[];
  /** `null` = hints are on. */
  readonly refusal: Refusal | null;
}

/** Hints in proportion to the CPUs of zones. Slices that are not written keep theirs as long as no zone gets more than it may. */
export function proportionalHints(slices: readonly HintedSlice[], ratios: ReadonlyMap<string, number> | null): ProportionalHints {
  const ready = slices.flatMap(({ endpoints }) => endpoints.filter(isReady));
  const allocations = allocate(ratios, ready.length);
  if (typeof allocations === 'string') return withoutHints(slices, allocations);
  if (ready.some(({ zone }) => !zone)) return withoutHints(slices, 'One or more endpoints do not have a zone specified');
  const hinted = new Map<string, number>();
  const add = (zone: string, count: number) => hinted.set(zone, (hinted.get(zone) ?? 0) + count);
  const isKept = slices.map((slice) => {
    const kept = slice.isChanged ? null : keptHints(slice, hinted, allocations);
    for (const [zone, count] of kept ?? []) add(zone, count);
    return kept !== null;
  });
  slices.forEach(({ endpoints }, i) => {
    if (!isKept[i]) for (const endpoint of endpoints.filter(isReady)) add(endpoint.zone as string, 1);
  });
  const moves = balance(hinted, allocations);
  return { slices: slices.map(({ endpoints }, i) => (isKept[i] ? endpoints : endpoints.map((endpoint) => hint(endpoint, moves)))), refusal: null };
}

/** Number of hints by zone of a slice that may stay as it is; `null` when it may not. */
function keptHints(
  { endpoints }: HintedSlice,
  hinted: ReadonlyMap<string, number>,
  allocations: ReadonlyMap<string, Allocation>,
): ReadonlyMap<string, number> | null {
  const counts = new Map<string, number>();
  for (const endpoint of endpoints.filter(isReady)) {
    const zone = endpoint.hints?.forZones?.[0]?.name;
    const allocation = zone === undefined ? undefined : allocations.get(zone);
    if (zone === undefined || allocation === undefined) return null;
    const count = (counts.get(zone) ?? 0) + 1;
    if (count + (hinted.get(zone) ?? 0) > allocation.most) return null;
    counts.set(zone, count);
  }
  return counts;
}

/** How many endpoints each zone gives, and which zones get them. */
interface Moves {
  readonly giving: Map<string, number>;
  readonly receiving: Map<string, number>;
}

function balance(hinted: ReadonlyMap<string, number>, allocations: ReadonlyMap<string, Allocation>): Moves {
  const surplus = new Map<string, number>();
  const deficit = new Map<string, number>();
  for (const [zone, { desired }] of allocations) {
    const own = hinted.get(zone) ?? 0;
    if (own > desired) surplus.set(zone, own - desired);
    else if (own < desired) deficit.set(zone, desired - own);
  }
  const moves: Moves = { giving: new Map(), receiving: new Map() };
  for (;;) {
    const [from, most] = largest(surplus);
    const [to, least] = largest(deficit);
    if (from === '' || to === '' || (most < 1 && least < 1) || most < 0.5 || least < 0.5) return moves;
    moves.giving.set(from, (moves.giving.get(from) ?? 0) + 1);
    moves.receiving.set(to, (moves.receiving.get(to) ?? 0) + 1);
    surplus.set(from, most - 1);
    deficit.set(to, least - 1);
  }
}

function largest(amounts: ReadonlyMap<string, number>): readonly [zone: string, amount: number] {
  return [...amounts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['', 0]);
}

/** The endpoint's own zone, or the one that it is given to. */
function hint(endpoint: SliceEndpoint, { giving, receiving }: Moves): SliceEndpoint {
  if (!isReady(endpoint)) return withHints(endpoint, undefined);
  const own = endpoint.zone as string;
  const [to] = [...receiving].find(([, count]) => count > 0) ?? [];
  const gives = giving.get(own) ?? 0;
  if (gives === 0 || to === undefined) return withHints(endpoint, own);
  giving.set(own, gives - 1);
  receiving.set(to, (receiving.get(to) as number) - 1);
  return withHints(endpoint, to);
}

function withoutHints(slices: readonly HintedSlice[], refusal: Refusal): ProportionalHints {
  const isBare = (endpoints: readonly SliceEndpoint[]) => endpoints.every(({ hints }) => hints === undefined);
  return { slices: slices.map(({ endpoints }) => (isBare(endpoints) ? endpoints : endpoints.map((endpoint) => withHints(endpoint, undefined)))), refusal };
}

function withHints({ hints, ...endpoint }: SliceEndpoint, zone: string | undefined): SliceEndpoint {
  return zone === undefined ? endpoint : { ...endpoint, hints: { forZones: [{ name: zone }] } };
}

function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready !== false;
}
