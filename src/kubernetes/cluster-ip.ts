/**
 * ClusterIP allocation: which address of the service range a Service gets.
 *
 *   network | static band (explicit addresses are safe here) | dynamic band (the others are taken from here first) | broadcast
 *
 * Source: KEP-3070 (GA 1.26), kubernetes/kubernetes pkg/registry/core/service/ipallocator.
 */
import type { Ipv4Range } from './ipv4.ts';

/** Usable addresses in the static band of a range: KEP-3070's offset; 0 for ranges too small to be split. */
export function staticBandSize(rangeSize: number): number {
  return rangeSize <= 16 ? 0 : Math.min(Math.max(16, Math.floor(rangeSize / 16)), 256);
}

/**
 * The address for a Service that names none.
 *
 * The real allocator draws at random; here the draw is given as bits that belong to the Service's name, and a taken address leads to the
 * next free one, so that addresses hang on names and not on the order of files.
 * @param bits 32 random bits
 * @returns address as a number, or `null` when the range is full
 */
export function chooseClusterIp(range: Ipv4Range, isTaken: (address: number) => boolean, bits: number): number | null {
  const first = range.base + 1; // the network address is not given out
  const count = range.size - 2; // nor the broadcast address
  const band = staticBandSize(range.size);
  return probe(first + band, count - band, isTaken, bits) ?? probe(first, band, isTaken, bits);
}

/**
 * Looks through `count` numbers from `first` on, starting at a hashed place, going up and around.
 * @returns the first that is free, or `null`
 */
export function probe(first: number, count: number, isTaken: (value: number) => boolean, bits: number): number | null {
  const start = count > 0 ? (bits >>> 0) % count : 0;
  for (let step = 0; step < count; step++) {
    const candidate = first + ((start + step) % count);
    if (!isTaken(candidate)) return candidate;
  }
  return null;
}
