/**
 * Hashes of a flow: which of its fields count, and how they are mixed.
 *
 * The clouds' and routers' hash functions are not public; any good mixing hash spreads flows alike (reference l4.md part 7). Each instance
 * has a salt of its own, as routers and clouds have.
 */
import { mix32 } from '../../random/stream.ts';
import type { Flow } from '../balancer.ts';

/** 5: addresses, ports, protocol; 3: addresses, protocol; 2: addresses; 1: source address. */
export type FlowTuple = '5-tuple' | '3-tuple' | '2-tuple' | '1-tuple';

/** uint32. No allocation. */
export function flowDigest(flow: Flow, tuple: FlowTuple, salt: number): number {
  let hash = mix32(salt ^ flow.sourceAddress);
  if (tuple === '1-tuple') return hash >>> 0;
  hash = mix32(hash ^ flow.destinationAddress);
  if (tuple === '2-tuple') return hash >>> 0;
  if (tuple === '5-tuple') hash = mix32(hash ^ (flow.sourcePort << 16) ^ flow.destinationPort);
  return mix32(hash ^ flow.protocol) >>> 0;
}

/** Position 0 … count − 1 that a digest stands for: the digest as a fraction of its range. The bias is at most count ÷ 2^32. */
export function positionOf(digest: number, count: number): number {
  return Math.floor((digest / 4294967296) * count);
}

/** True when each connection of one client has a hash of its own: its source port counts. */
export function hashesPorts(tuple: FlowTuple): boolean {
  return tuple === '5-tuple';
}
