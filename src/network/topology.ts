/**
 * Places and the latency between them. A place is a node (0 … nodes − 1), the outside world or the network around the cluster.
 *
 * Four classes of link, each with its own law: within a node, within a zone, across zones, from outside. Nodes whose zone is unknown
 * are all in one zone. `vpc` is near the cluster but on none of its nodes: as far as another zone.
 * A way of several links is packed into one integer, one base-8 digit per link, so that a connection remembers it in one column.
 */

import type { Law, LawSpec } from '../random/law.ts';
import { createLaw } from '../random/laws.ts';
import { keyedBits } from '../random/stream.ts';

export const SAME_NODE = 1;
export const SAME_ZONE = 2;
export const CROSS_ZONE = 3;
export const EXTERNAL_LINK = 4;

const NS = 1e9;

export interface LatencyLaws {
  readonly sameNode: LawSpec;
  readonly sameZone: LawSpec;
  readonly crossZone: LawSpec;
  readonly external: LawSpec;
}

export class Topology {
  /** Place numbers of the outside world and of the network around the cluster. */
  readonly external: number;
  readonly vpc: number;
  /** True when no latency is drawn: every way then has one delay. */
  readonly isConstant: boolean;
  private readonly zones: readonly string[];
  private readonly laws: readonly (Law | null)[];

  /** @param zones zone of each node, '' = unknown */
  constructor(zones: readonly string[], latency: LatencyLaws) {
    this.zones = zones;
    this.external = zones.length;
    this.vpc = zones.length + 1;
    const laws = [latency.sameNode, latency.sameZone, latency.crossZone, latency.external].map((spec) => createLaw(spec, NS));
    this.laws = [null, ...laws];
    this.isConstant = laws.every((law) => law.isConstant);
  }

  /** Link class between two places. */
  link(from: number, to: number): number {
    if (from === this.external || to === this.external) return EXTERNAL_LINK;
    if (from === to) return SAME_NODE;
    if (from === this.vpc || to === this.vpc) return CROSS_ZONE;
    return this.zones[from] === this.zones[to] ? SAME_ZONE : CROSS_ZONE;
  }

  isCrossZone(from: number, to: number): boolean {
    return this.link(from, to) === CROSS_ZONE;
  }

  /** Mean one-way delay of a way [integer ns]: its delay when latencies are constant. */
  meanDelay(way: number): number {
    let delay = 0;
    for (let rest = way; rest > 0; rest >>= 3) delay += (this.laws[rest & 7] as Law).mean;
    return Math.round(delay);
  }

  /** One-way delay of a way, drawn from sequence (high, low) at `counter` [integer ns]. */
  drawDelay(way: number, high: number, low: number, counter: number): number {
    let delay = 0;
    let hop = 0;
    for (let rest = way; rest > 0; rest >>= 3) {
      delay += (this.laws[rest & 7] as Law).sample(keyedBits(high, low ^ (hop << 24), counter));
      hop++;
    }
    return Math.round(delay);
  }
}

/** A way that goes over one more link. */
export function addLink(way: number, link: number): number {
  return (way << 3) | link;
}
