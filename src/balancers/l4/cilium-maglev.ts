/**
 * Cilium's Maglev table and the hash that looks a client up in it.
 *
 *     seed (12 bytes)   bytes 0–3: of murmur3, which places backends; bytes 4–7: of jhash, which places IPv4 clients
 *     backend           `[ip:port/TCP,State:active]`, sorted; offset = h1 mod M, skip = h2 mod (M − 1) + 1
 *     slot of a client  jhash(source address, ports, protocol) mod M, in the byte order of packets
 *
 * Source: Cilium 1.17 and 1.18 `pkg/maglev/maglev.go`, `bpf/lib/lb.h` `lb4_select_backend_id_maglev`, `bpf/lib/hash.h`.
 */
import { jhash3Words } from '../algorithms/jhash.ts';
import { MaglevTable } from '../algorithms/maglev.ts';
import { murmur3, remainder64 } from '../algorithms/murmur3.ts';
import type { Flow } from '../balancer.ts';

export const CILIUM_TABLE_SIZE = 16381;
/** Helm value `maglev.hashSeed`: base64 of 12 bytes. */
export const CILIUM_HASH_SEED = 'JLfvgnHc2kaSUFaI';

export interface HashSeed {
  readonly murmur: number;
  readonly jhash: number;
}

/** @returns null when the text is not base64 of 12 bytes */
export function parseHashSeed(text: string): HashSeed | null {
  if (!/^[A-Za-z0-9+/]{16}$/.test(text)) return null;
  const bits = Array.from(text, (c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.indexOf(c).toString(2).padStart(6, '0')).join('');
  const word = (at: number) => Number.parseInt(bits.slice(at * 32, at * 32 + 32), 2);
  return { murmur: word(0), jhash: word(1) };
}

/** The text that stands for a backend. @param name `ip:port` */
export function backendText(name: string, protocol = 'TCP'): string {
  return `[${name}/${protocol},State:active]`;
}

/** Offset and skip of a backend in a table of `size` slots. */
export function preferences(text: string, size: number, seed: number): { offset: number; skip: number } {
  const { h1High, h1Low, h2High, h2Low } = murmur3(text, seed);
  return { offset: remainder64(h1High, h1Low, size), skip: remainder64(h2High, h2Low, size - 1) + 1 };
}

/**
 * The table: member of each slot, by place in `texts`.
 *
 * Members take turns in the order of their texts. With weights of which the mean is 2 or more, a member whose weight does not reach
 * yet what its turns have cost is passed over.
 */
export function maglevSlots(texts: readonly string[], weights: readonly number[], size: number, seed: number): Int32Array {
  const order = Array.from(texts.keys()).sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0));
  const count = order.length;
  const offset = new Int32Array(count);
  const skip = new Int32Array(count);
  order.forEach((member, i) => {
    ({ offset: offset[i], skip: skip[i] } = preferences(texts[member], size, seed));
  });
  const table = new MaglevTable(size, offset, skip);
  if (count === 0) return table.slots;
  const sum = order.reduce((total, member) => total + weights[member], 0);
  const isWeighted = Math.floor(sum / count) > 1;
  const cost = order.map((member) => weights[member] / count);
  for (let turn = 0; turn < size; turn++) {
    let i = turn % count;
    if (isWeighted) {
      while ((turn + 1) * weights[order[i]] < Math.floor(cost[i])) i = (i + 1) % count;
      cost[i] += sum;
    }
    table.take(i);
  }
  return table.slots.map((i) => order[i]);
}

/** Hash of a client, before it is taken modulo the size. @param hasAffinity then the client's port does not count */
export function clientHash(flow: Flow, seed: number, hasAffinity: boolean): number {
  const sourcePort = hasAffinity ? 0 : swap16(flow.sourcePort);
  return jhash3Words(swap32(flow.sourceAddress), (swap16(flow.destinationPort) << 16) | sourcePort, flow.protocol, seed);
}

/** A field of a packet as a little-endian machine reads it. */
function swap32(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

function swap16(port: number): number {
  return ((port & 0xff) << 8) | (port >>> 8);
}
