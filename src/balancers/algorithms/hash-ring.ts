/**
 * The consistent hash ring of lua-resty-balancer: 160 points a member, each the CRC-32 of the name and of the point before.
 *
 *     0 ──•──────•───────•──•───────── 2^32      a key belongs to the first point at or after its hash,
 *         2      0       1  0                    the last arc runs on to the first point
 *
 * Source: openresty/lua-resty-balancer 1cd4363c, `chash.c`, `lib/resty/chash.lua`. It keeps the colon of `ip:port`, so the
 * ring differs from that of nginx's own `hash … consistent`.
 */
import { crc32, crc32AppendWord } from './crc32.ts';

const POINTS_PER_MEMBER = 160; // chash.lua: CONSISTENT_POINTS at weight 1

export class HashRing {
  private readonly hashes: Uint32Array; // ascending
  private readonly members: Int32Array;

  /** @param names at least one; a member is the place of its name */
  constructor(names: readonly string[]) {
    const points = names.flatMap((name, member) => pointsOf(name).map((hash) => ({ hash, member })));
    points.sort((a, b) => a.hash - b.hash || a.member - b.member);
    this.hashes = Uint32Array.from(points, (point) => point.hash);
    this.members = Int32Array.from(points, (point) => point.member);
  }

  /** The member that a hash (uint32) belongs to. O(log points). */
  find(hash: number): number {
    let low = 0;
    let high = this.hashes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.hashes[middle] < hash) low = middle + 1;
      else high = middle;
    }
    return this.members[low === this.hashes.length ? 0 : low];
  }

  /** Hash and member of each point, in the order of the ring. */
  points(): { hash: number; member: number }[] {
    return Array.from(this.hashes, (hash, i) => ({ hash, member: this.members[i] }));
  }

  /** The part of the ring that belongs to each member. */
  shares(): number[] {
    const shares: number[] = [];
    let before = this.hashes[this.hashes.length - 1] - 4294967296;
    this.hashes.forEach((hash, i) => {
      shares[this.members[i]] = (shares[this.members[i]] ?? 0) + (hash - before) / 4294967296;
      before = hash;
    });
    return shares;
  }
}

function pointsOf(name: string): number[] {
  const base = crc32(name);
  const points: number[] = [];
  for (let i = 0, hash = 0; i < POINTS_PER_MEMBER; i++) {
    hash = crc32AppendWord(base, hash);
    points.push(hash);
  }
  return points;
}
