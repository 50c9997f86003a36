/**
 * Pod addresses: every node takes blocks of 256 out of 10.244.0.0 – 10.254.255.255, the first by its place in the list
 * (10.244.N.0/24, a common network plug-in default), further ones when a block is used up. An address is not given out twice
 * as long as there is a new one, so an old address never silently means another pod.
 */
import { ModelError } from '../errors.ts';
import { formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';
import type { NodeObject } from './objects.ts';

const FIRST_BLOCK = (parseCidr('10.244.0.0/16')?.base ?? 0) as number;
const BLOCK_SIZE = 256;
const MOST_BLOCKS = 11 * 256;

interface NodeBlock {
  base: number;
  size: number;
  /** Next host number: 0 is the network, 1 the node's own bridge. */
  next: number;
}

export class PodAddresses {
  private readonly blocks = new Map<string, NodeBlock>();
  private readonly used = new Set<number>();
  /** Oldest first. */
  private readonly released = new Set<number>();
  private nextBlock = 0;

  constructor(nodes: readonly NodeObject[]) {
    for (const node of nodes) {
      const written = parseCidr(node.spec.podCIDR ?? '');
      if (written === null) this.newBlock(node.metadata.name);
      else this.blocks.set(node.metadata.name, { base: written.base, size: written.size, next: 2 });
    }
  }

  /** Keeps an address that a pod already has from being given out. */
  reserve(address: string): void {
    const value = parseIpv4(address);
    if (value !== null) this.used.add(value);
  }

  /** Notes that nobody has an address any more; it is given out again only when nothing new is left. */
  release(address: string): void {
    const value = parseIpv4(address);
    if (value !== null) this.released.add(value);
  }

  /** A new address on a node. */
  allocate(node: string): string {
    const address = this.next(node) ?? this.secondHand();
    this.used.add(address);
    return formatIpv4(address);
  }

  private next(node: string): number | null {
    for (let block = this.blocks.get(node); block !== undefined; block = this.newBlock(node)) {
      while (block.next < block.size - 1) {
        const address = block.base + block.next++;
        if (!this.used.has(address)) return address;
      }
    }
    return null;
  }

  private newBlock(node: string): NodeBlock | undefined {
    if (this.nextBlock >= MOST_BLOCKS) return undefined;
    const block = { base: FIRST_BLOCK + BLOCK_SIZE * this.nextBlock++, size: BLOCK_SIZE, next: 2 };
    this.blocks.set(node, block);
    return block;
  }

  private secondHand(): number {
    for (const address of this.released) {
      this.released.delete(address);
      return address;
    }
    throw new ModelError('every pod address is in use');
  }
}
