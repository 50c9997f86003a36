/**
 * sh and dh: 256 buckets, filled by walking the list in a circle; the hash of an address names the bucket.
 *
 *     sh   source address (ClientIP without memory); a destination gets as many buckets in a row as it has weight, at least one
 *     dh   destination address: a ClusterIP is one address, so all of a node's connections go to one pod; one bucket each
 *
 * A bucket whose destination has weight 0 takes nothing: kube-proxy sets no fallback flag, so its clients are refused until the
 * destination is deleted. More than 256 destinations: those behind the 256th get no bucket.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_{sh,dh}.c`; `include/linux/hash.h` `hash_32`.
 */
import type { Flow } from '../../balancer.ts';
import { dotted } from '../../explanation.ts';
import { certain, type Scheduler, type SchedulerLaw, type Surroundings } from './scheduler.ts';
import type { VirtualServer } from './virtual-server.ts';

const BUCKETS = 256;
const GOLDEN_RATIO_32 = 0x61c88647;

/** Bucket of an IPv4 address. */
export function bucketOf(address: number): number {
  return Math.imul(address, GOLDEN_RATIO_32) >>> 24;
}

export class HashTable implements Scheduler {
  readonly feelsInactive = false;
  private readonly name: 'sh' | 'dh';
  private readonly server: VirtualServer;
  private readonly buckets = new Int32Array(BUCKETS).fill(-1);

  constructor(name: 'sh' | 'dh', { server }: Surroundings) {
    this.name = name;
    this.server = server;
  }

  changed(): void {
    const { count, weights } = this.server;
    let destination = 0;
    let given = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.buckets[bucket] = count === 0 ? -1 : destination;
      if (++given < weights[destination] && this.name === 'sh') continue;
      given = 0;
      destination = destination + 1 >= count ? 0 : destination + 1;
    }
  }

  private addressOf(flow: Flow): number {
    return this.name === 'sh' ? flow.sourceAddress : flow.destinationAddress;
  }

  pick(flow: Flow): number {
    const destination = this.buckets[bucketOf(this.addressOf(flow))];
    return destination >= 0 && this.server.weights[destination] > 0 ? destination : -1;
  }

  law(flow: Flow): SchedulerLaw {
    const address = this.addressOf(flow);
    const bucket = bucketOf(address);
    const destination = this.pick(flow);
    const named = this.buckets[bucket];
    const why = destination >= 0 || named < 0 ? '' : `, ${this.server.names[named]}, which is draining: nothing else takes it`;
    return certain(destination, `${this.name}: ${this.name === 'sh' ? 'source' : 'destination'} ${dotted(address)} is in bucket ${bucket} of ${BUCKETS}${why}`);
  }

  counted(): void {}

  slots(): Int32Array {
    return this.buckets;
  }
}
