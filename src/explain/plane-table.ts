/**
 * The whole table of one balancer: kube-proxy's chain or list, the nodes of a load balancer, a proxy's turn or ring; and what changes
 * when a pod is taken away.
 *
 * Tables are read off balancers made for the purpose (`explain` and `pick` of fresh ones), so they show what the simulation uses.
 */
import type { Balancer, EndpointSet } from '../balancers/index.ts';
import { chainRule, freshLaw, type Law, turnOf } from '../simulation/at-rest.ts';
import type { PlaneShape } from '../simulation/kube-proxy.ts';
import type { PlaneTable, TableRow } from './answer.ts';

/** `ring`: shares that a hash decides. */
export type TableShape = PlaneShape | 'ring';

export interface TableSource {
  readonly kind: PlaneTable['kind'];
  readonly plane: string;
  readonly node: string | null;
  readonly service: string;
  readonly shape: TableShape;
  readonly set: EndpointSet;
  /** A fresh balancer over a set. */
  make(set: EndpointSet): Balancer;
  /** `namespace/name` of the pod of an endpoint id; `null` when it is none. */
  podOf(id: number): string | null;
}

const NOTES: Readonly<Record<TableShape, string>> = {
  chain: 'rules in order; each takes its share of what reaches it',
  map: 'one draw over all names the place',
  turn: 'order of the turn, from the next pick on',
  scan: 'the list as it is searched, with the share of the next connection',
  slots: 'slots of the table that a hash looks up',
  ring: 'shares by hash',
};

/** @param without number in the set of the endpoint that is taken away; −1 = none */
export function planeTable(source: TableSource, without: number): PlaneTable {
  const { kind, plane, node, service, shape, set } = source;
  const table = { kind, plane, node, service, note: NOTES[shape], rows: rowsOf(source, set) };
  if (without < 0) return table;
  const removed = set.name[without];
  const left = new Map(rowsOf(source, withoutEndpoint(set, without)).map((row) => [row.endpoint, row.share]));
  const share = table.rows.find((row) => row.endpoint === removed)?.share ?? 0;
  return {
    ...table,
    rows: table.rows.map((row) => ({ ...row, shareWithout: left.get(row.endpoint) ?? 0 })),
    without: { pod: source.podOf(set.id[without]) ?? removed, moves: movesOf(source, without, share, left.size) },
  };
}

function rowsOf(source: TableSource, set: EndpointSet): TableRow[] {
  const balancer = source.make(set);
  const slots = source.shape === 'slots' ? slotCounts(balancer) : null;
  const law = slots?.law ?? (source.shape === 'scan' ? listed(balancer) : source.shape === 'turn' ? turnOf(balancer) : freshLaw(balancer));
  return law.map(({ endpoint, probability }, i) => ({
    position: i + 1,
    endpoint: nameOf(set, endpoint),
    pod: source.podOf(endpoint),
    ...(source.shape === 'chain' && chainRule(law.length - i)),
    ...(slots !== null && { entries: slots.entries.get(endpoint) ?? 0 }),
    share: probability,
  }));
}

/** Every endpoint of the list, with its share of the next connection. */
function listed(balancer: Balancer): readonly Law[] {
  const shares = new Map(freshLaw(balancer).map(({ endpoint, probability }) => [endpoint, probability]));
  return (balancer.layout?.().order ?? []).map((endpoint) => ({ endpoint, probability: shares.get(endpoint) ?? 0 }));
}

/** How many slots each endpoint has; that is its share of clients, since a hash spreads them evenly over the slots. */
function slotCounts(balancer: Balancer): { entries: ReadonlyMap<number, number>; law: readonly Law[] } {
  const { order, slots } = balancer.layout?.() ?? { order: [], slots: null };
  const entries = new Map<number, number>();
  for (const endpoint of slots ?? []) entries.set(endpoint, (entries.get(endpoint) ?? 0) + 1);
  return { entries, law: order.map((endpoint) => ({ endpoint, probability: (entries.get(endpoint) ?? 0) / (slots?.length ?? 1) })) };
}

function nameOf(set: EndpointSet, id: number): string {
  return set.name[set.id.indexOf(id)];
}

function withoutEndpoint(set: EndpointSet, removed: number): EndpointSet {
  const isLeft = (_: unknown, i: number) => i !== removed;
  return {
    count: set.count - 1,
    id: set.id.filter(isLeft),
    name: set.name.filter(isLeft),
    weight: set.weight.filter(isLeft),
    node: set.node.filter(isLeft),
    zone: set.zone.filter(isLeft),
    conditions: set.conditions.filter(isLeft),
  };
}

function movesOf(source: TableSource, without: number, share: number, left: number): string {
  const { kind, shape } = source;
  const part = `${Number((share * 100).toFixed(2))} %`;
  if (left === 0) return `${part} of new ${kind === 'l7' ? 'requests' : 'connections'}: nothing is left to take them`;
  if (shape === 'slots') return `${part} of the slots, those of the pod, and ${movedSlots(source, without)} slots of the others; open connections stay`;
  if (kind === 'l4') return `${part} of new connections, and the clients that affinity kept there; open connections to the pod end, all others stay`;
  if (shape === 'ring') return `${part} of sessions: those of the pod; all others stay`;
  return `${part} of new requests; every worker starts its turn anew at a random pod`;
}

/** Slots that change hands although their endpoint stays. */
function movedSlots({ make, set }: TableSource, without: number): number {
  const [before, after] = [set, withoutEndpoint(set, without)].map((each) => make(each).layout?.().slots ?? []);
  return before.filter((endpoint, slot) => endpoint !== set.id[without] && endpoint !== after[slot]).length;
}
