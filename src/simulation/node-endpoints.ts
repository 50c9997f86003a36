/**
 * The endpoints of a Service port as they were told at one moment, and the lists that nodes make of them.
 *
 * What all nodes share is made once: without hints the cluster list is the same everywhere, whatever the number of nodes.
 */
import type { EndpointSet } from '../balancers/index.ts';
import { DROP, REJECT } from '../balancers/index.ts';
import { chooseEndpoints, type ServiceEndpoint, type TopologyMode } from '../kubernetes/index.ts';
import type { ServicePort } from './service-ports.ts';

export interface NodePlace {
  readonly name: string;
  /** `''` = unknown. */
  readonly zone: string;
}

/** What one table of one node holds. */
export interface NodeList {
  readonly set: EndpointSet;
  /** What becomes of a packet when the list is empty: rejected, or dropped because there are endpoints elsewhere. */
  readonly refusal: number;
  /** That of policy Local. */
  readonly isLocal: boolean;
  /** Policy Local without a pod on the node, filled with pods of other nodes. */
  readonly isBorrowed: boolean;
  /** How hints have narrowed it. */
  readonly mode: TopologyMode;
}

export interface ListRules {
  /** Policy Local takes pods of other nodes when its own has none (ipvs). */
  readonly borrows: boolean;
  readonly terminatingFallback: boolean;
}

export class NodeEndpoints {
  /** All of them, whatever their condition. */
  readonly set: EndpointSet;
  readonly hasHints: boolean;
  private readonly endpoints: readonly ServiceEndpoint[];
  private shared: NodeList | null = null;

  /** @param endpoints one for each position of `set` */
  constructor(set: EndpointSet, endpoints: readonly ServiceEndpoint[]) {
    this.set = set;
    this.endpoints = endpoints;
    this.hasHints = endpoints.some(({ zoneHints, nodeHints }) => zoneHints.length > 0 || nodeHints.length > 0);
  }

  isSameAs(other: NodeEndpoints): boolean {
    return (
      sameEndpoints(this.set, other.set) &&
      ((!this.hasHints && !other.hasHints) || this.endpoints.every((endpoint, i) => hintsOf(endpoint) === hintsOf(other.endpoints[i])))
    );
  }

  /** @param isLocal the list of policy Local; otherwise that of policy Cluster */
  listFor({ use }: ServicePort, node: NodePlace, isLocal: boolean, rules: ListRules): NodeList {
    if (!isLocal && !this.hasHints) {
      this.shared ??= this.choose({ usesCluster: true, usesLocal: false }, node, false, rules);
      return this.shared;
    }
    return this.choose(use, node, isLocal, rules);
  }

  private choose(use: ServicePort['use'], node: NodePlace, isLocal: boolean, { borrows, terminatingFallback }: ListRules): NodeList {
    const { cluster, local, hasAny, mode } = chooseEndpoints(this.endpoints, use, node, terminatingFallback);
    const own = (isLocal ? local : cluster) ?? [];
    const isBorrowed = isLocal && own.length === 0 && borrows && (cluster ?? []).length > 0;
    return {
      set: this.subset(isBorrowed ? (cluster ?? []) : own),
      refusal: isLocal && hasAny && !borrows ? DROP : REJECT,
      isLocal,
      isBorrowed,
      mode: isLocal && !isBorrowed ? 'all' : mode,
    };
  }

  private subset(positions: readonly number[]): EndpointSet {
    const { set } = this;
    if (positions.length === set.count) return set;
    return {
      count: positions.length,
      id: Int32Array.from(positions, (i) => set.id[i]),
      name: positions.map((i) => set.name[i]),
      weight: Float64Array.from(positions, (i) => set.weight[i]),
      node: Int32Array.from(positions, (i) => set.node[i]),
      zone: Int32Array.from(positions, (i) => set.zone[i]),
      conditions: Uint8Array.from(positions, (i) => set.conditions[i]),
    };
  }
}

function sameEndpoints(a: EndpointSet, b: EndpointSet): boolean {
  if (a.count !== b.count) return false;
  for (let i = 0; i < a.count; i++) if (a.id[i] !== b.id[i] || a.conditions[i] !== b.conditions[i] || a.weight[i] !== b.weight[i]) return false;
  return true;
}

function hintsOf({ zoneHints, nodeHints }: ServiceEndpoint): string {
  return `${zoneHints.join(' ')}/${nodeHints.join(' ')}`;
}
