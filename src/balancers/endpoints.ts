/**
 * The endpoints that an instance may pick from, packed: position 0 … count − 1 in the order of the set.
 *
 * Endpoint ids are numbers of pods in the whole cluster, so they may be sparse; picks run over positions.
 */
import { type EndpointSet, READY, SERVING, TERMINATING } from './balancer.ts';

/** Which members of a set a plane picks from; never one of weight 0. */
export type Selection = (set: EndpointSet) => number[];

/** All of a weight above 0, in whatever condition. */
export function selectWeighted(set: EndpointSet): number[] {
  return indicesWith(set, 0);
}

/** The ready ones. */
export function selectReady(set: EndpointSet): number[] {
  return indicesWith(set, READY);
}

/** The ready ones; if there are none, all: a load balancer that finds nobody healthy tries everybody ("fail open"). */
export function selectReadyElseAll(set: EndpointSet): number[] {
  const ready = selectReady(set);
  return ready.length > 0 ? ready : selectWeighted(set);
}

/**
 * The ready ones; if there are none, those that still serve while they terminate.
 * Source: kube-proxy `pkg/proxy/topology.go` CategorizeEndpoints; KEP-1669, GA in Kubernetes 1.28.
 */
export function selectReadyElseServing(set: EndpointSet): number[] {
  const ready = indicesWith(set, READY);
  return ready.length > 0 ? ready : indicesWith(set, SERVING | TERMINATING);
}

function indicesWith(set: EndpointSet, conditions: number): number[] {
  const indices: number[] = [];
  for (let i = 0; i < set.count; i++) {
    if ((set.conditions[i] & conditions) === conditions && set.weight[i] > 0) indices.push(i);
  }
  return indices;
}

export class Endpoints {
  count = 0;
  ids = new Int32Array(0);
  weights = new Float64Array(0);
  names: string[] = [];
  private readonly index = new PositionIndex();

  /** Takes over the selected members of the set. */
  assign(set: EndpointSet, select: Selection): void {
    const indices = select(set);
    this.count = indices.length;
    this.ids = Int32Array.from(indices, (i) => set.id[i]);
    this.weights = Float64Array.from(indices, (i) => set.weight[i]);
    this.names = indices.map((i) => set.name[i]);
    this.index.assign(this.ids);
  }

  /** @returns the position of an endpoint id, −1 when it is not one of these */
  positionOf(id: number): number {
    return this.index.positionOf(id);
  }
}

/** Endpoint id → position, for ids that are sparse but not far apart. */
export class PositionIndex {
  private positions = new Int32Array(0); // by id − lowestId
  private lowestId = 0;

  assign(ids: Int32Array): void {
    let lowest = ids.length > 0 ? ids[0] : 0;
    let highest = ids.length > 0 ? lowest : -1;
    for (const id of ids) {
      if (id < lowest) lowest = id;
      if (id > highest) highest = id;
    }
    this.lowestId = lowest;
    this.positions = new Int32Array(highest - lowest + 1).fill(-1);
    for (let position = 0; position < ids.length; position++) this.positions[ids[position] - lowest] = position;
  }

  /** −1 when the id is not one of these. */
  positionOf(id: number): number {
    const entry = id - this.lowestId;
    return entry >= 0 && entry < this.positions.length ? this.positions[entry] : -1;
  }
}

/** True when both hold the same ids in the same order. */
export function sameIds(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

/** IPv4 address of `ip:port`, as uint32. */
export function addressOf(name: string): number {
  const [a, b, c, d] = name.slice(0, name.lastIndexOf(':')).split('.').map(Number);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Port of `ip:port`. */
export function portOf(name: string): number {
  return Number(name.slice(name.lastIndexOf(':') + 1));
}
