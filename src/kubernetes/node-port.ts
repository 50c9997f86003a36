/**
 * NodePort allocation: which port of the node port range a Service port gets.
 *
 * As with ClusterIPs, the lower band is left to ports set by hand until the upper one is full.
 * Source: KEP-3668 (GA 1.29), kubernetes/kubernetes pkg/registry/core/service/portallocator.
 */
import { probe } from './cluster-ip.ts';

/** First and last port, both included. */
export type PortRange = readonly [first: number, last: number];

export const DEFAULT_NODE_PORTS: PortRange = [30000, 32767];

/** Ports in the static band; 86 of the default range. */
export function staticPortBandSize(rangeSize: number): number {
  return rangeSize <= 16 ? 0 : Math.min(Math.max(16, Math.floor(rangeSize / 32)), 128);
}

/**
 * @param bits 32 random bits that belong to the Service port's name
 * @returns a free port, or `null` when the range is full
 */
export function chooseNodePort([first, last]: PortRange, isTaken: (port: number) => boolean, bits: number): number | null {
  const size = last - first + 1;
  const band = staticPortBandSize(size);
  return probe(first + band, size - band, isTaken, bits) ?? probe(first, band, isTaken, bits);
}
