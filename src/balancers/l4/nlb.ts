/**
 * AWS Network Load Balancer in front of nodes (target type instance) or pods (target type ip).
 *
 * Unit of choice: connection; the flow stays on its target for life.
 * Where state lives: in the flow table of the balancer's part in each zone; the client chooses the zone, through DNS.
 * When it learns: with its health checks of the targets, seconds after the fact.
 * What it feels: nothing but health.
 *
 * Version modelled: AWS documents as of 2025 (reference l4.md part 7). The hash covers addresses, ports, protocol and, for TCP, the
 * sequence number of the first packet, so that each TCP connection falls anew; UDP flows with the same ports stay. Stickiness source-ip
 * hashes the source address only. Cross-zone is off by default: what comes to a zone stays in it. A zone without a healthy target is
 * taken out of DNS; without any healthy target all are used.
 * Simplified: each TCP connection looks the name up, and finds each zone alike; the addresses of zones do not age in caches.
 * Simplified: a UDP flow's zone is a hash of its source address.
 */
import { flowDigest, positionOf } from '../algorithms/flow-digest.ts';
import { type Balancer, type BalancerKind, DROP, type EndpointSet, type Explanation, type Flow, type Place } from '../balancer.ts';
import { selectReadyElseAll } from '../endpoints.ts';
import { dotted, explainLaw, explainRefusal } from '../explanation.ts';

export interface NlbConfig {
  readonly crossZone: boolean;
  readonly stickiness: 'none' | 'source-ip';
}

export const nlb: BalancerKind<NlbConfig> = {
  name: 'nlb',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new NetworkLoadBalancer(config, place),
};

const UDP = 17;

class NetworkLoadBalancer implements Balancer {
  private readonly config: NlbConfig;
  private readonly random: Place['random'];
  private readonly salt: number;
  /** Targets that the balancer's part in each zone may choose, by zone in DNS. */
  private zones: Int32Array[] = [];

  constructor(config: NlbConfig, place: Place) {
    this.config = config;
    this.random = place.random;
    this.salt = place.random.bits();
  }

  update(set: EndpointSet): void {
    const used = selectReadyElseAll(set);
    const ids = (members: readonly number[]) => Int32Array.from(members, (i) => set.id[i]);
    const zones = [...new Set(used.map((i) => set.zone[i]))].sort((a, b) => a - b);
    this.zones = zones.map((zone) => ids(this.config.crossZone ? used : used.filter((i) => set.zone[i] === zone)));
  }

  pick(flow: Flow): number {
    const { zones } = this;
    if (zones.length === 0) return DROP;
    const targets = flow.protocol === UDP ? zones[this.zoneOf(flow)] : zones[this.random.integer(zones.length)];
    return targets[this.targetOf(flow, targets.length)];
  }

  private zoneOf(flow: Flow): number {
    return positionOf(flowDigest(flow, '1-tuple', this.salt ^ 0x51ed270b), this.zones.length);
  }

  private targetOf(flow: Flow, count: number): number {
    if (this.config.stickiness === 'source-ip') return positionOf(flowDigest(flow, '1-tuple', this.salt), count);
    const sequenceNumber = flow.protocol === UDP ? 0 : this.random.bits();
    return positionOf(flowDigest(flow, '5-tuple', this.salt ^ sequenceNumber), count);
  }

  explain(flow: Flow, out: Explanation): void {
    const { zones, config } = this;
    if (zones.length === 0) return explainRefusal(out, DROP, 'no target behind the load balancer');
    const isSticky = config.stickiness === 'source-ip';
    const chance = new Map<number, number>();
    zones.forEach((targets, zone) => {
      const ofZone = flow.protocol !== UDP ? 1 / zones.length : zone === this.zoneOf(flow) ? 1 : 0;
      const sticky = isSticky ? targets[this.targetOf(flow, targets.length)] : -1;
      for (const target of targets) {
        const inZone = !isSticky ? 1 / targets.length : target === sticky ? 1 : 0;
        chance.set(target, (chance.get(target) ?? 0) + ofZone * inZone);
      }
    });
    const by = isSticky ? `hash of ${dotted(flow.sourceAddress)}, stickiness source-ip,` : 'hash of the flow';
    const where = zones.length === 1 ? 'over its targets' : config.crossZone ? 'over the targets of all zones' : 'over the targets of the zone';
    const targets = [...chance.keys()];
    explainLaw(
      out,
      targets,
      (i) => chance.get(targets[i]) as number,
      `${zones.length === 1 ? '' : `DNS chooses one of ${zones.length} zones; `}${by} ${where}`,
    );
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
