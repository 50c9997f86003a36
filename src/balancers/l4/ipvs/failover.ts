/**
 * fo and ovf: everything to the destination of the highest weight, ties to the first in the list.
 *
 *     fo    whatever it has
 *     ovf   while it has at most as many active connections as weight; then the next. When all are above, clients are refused
 *
 * Under kube-proxy all weights are 1: fo sends all of a node's connections to one pod, ovf gives each pod two per node.
 * Source: Linux 6.12 `net/netfilter/ipvs/ip_vs_{fo,ovf}.c`; not in kube-proxy's list, but it takes any scheduler that the kernel has.
 */
import { LeastCost } from '../../algorithms/least-cost.ts';
import { certain, type Scheduler, type SchedulerLaw, type Surroundings, usableCount } from './scheduler.ts';
import type { VirtualServer } from './virtual-server.ts';

export class Failover implements Scheduler {
  readonly feelsInactive = false;
  private readonly name: 'fo' | 'ovf';
  private readonly server: VirtualServer;
  /** Those that take connections, the highest weight first. */
  private readonly usable = new LeastCost();

  constructor(name: 'fo' | 'ovf', { server }: Surroundings) {
    this.name = name;
    this.server = server;
  }

  changed(): void {
    this.usable.reset(this.server.count);
    for (let i = 0; i < this.server.count; i++) this.counted(i);
  }

  counted(destination: number): void {
    const { weights, active } = this.server;
    const takes = weights[destination] > 0 && (this.name === 'fo' || active[destination] <= weights[destination]);
    if (takes === this.usable.has(destination)) return;
    if (takes) this.usable.add(destination, -weights[destination], 1, destination);
    else this.usable.remove(destination);
  }

  pick(): number {
    return this.usable.first();
  }

  law(): SchedulerLaw {
    const limit = this.name === 'fo' ? '' : ' that has at most as many active connections as weight';
    return certain(this.usable.first(), `${this.name}: highest weight of ${usableCount(this.server)} on this node${limit}`);
  }
}
