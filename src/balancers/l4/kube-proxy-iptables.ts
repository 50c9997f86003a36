/**
 * kube-proxy in iptables mode, one Service port on one node.
 *
 * Unit of choice: connection (the first packet of a conntrack flow).
 * Where state lives: the node's kernel; nodes know nothing of each other.
 * When it learns: at kube-proxy's next sync after its watch delivers; connections stay where they are.
 * What it feels: nothing.
 *
 * Version modelled: Kubernetes 1.30 to 1.35, `pkg/proxy/iptables/proxier.go`, `pkg/proxy/topology.go`; Linux 6.12 xt_statistic, xt_recent.
 * Chain order is the string order of `ip:port`, which is the order of the endpoint set. Without a usable endpoint: REJECT.
 * Simplified: the pick is exactly uniform; the chain of fixed-point probabilities differs from that by less than 3e-7 of a share
 * at 1000 endpoints, and `explain` gives the exact figures.
 * Simplified: traffic policies and topology hints act before, on the set that the instance is given.
 */

import { RecentLists } from '../algorithms/recent-lists.ts';
import { type Balancer, type BalancerKind, type EndpointSet, type Explanation, type Flow, type Place, REJECT } from '../balancer.ts';
import { Endpoints, selectReadyElseServing } from '../endpoints.ts';
import { dotted, explainCertain, explainLaw, explainRefusal, seconds } from '../explanation.ts';
import { chainProbabilities } from './iptables-chain.ts';

/** What all modes of kube-proxy have in common. */
export interface KubeProxyConfig {
  /** sessionAffinity ClientIP: `timeoutSeconds` in ns. 0 = sessionAffinity None. */
  readonly affinityTimeoutNs: number;
}

export interface IptablesConfig extends KubeProxyConfig {
  /** Addresses that affinity remembers per endpoint: module parameter ip_list_tot of xt_recent, 100 unless it is set. */
  readonly ipListTot?: number;
}

// Linux 6.12 net/netfilter/xt_recent.c
const IP_LIST_TOT = 100;

export const kubeProxyIptables: BalancerKind<IptablesConfig> = {
  name: 'kube-proxy-iptables',
  layer: 'l4',
  unit: 'connection',
  create: (config, place) => new KubeProxyIptables(config, place),
};

class KubeProxyIptables implements Balancer {
  private readonly place: Place;
  private readonly timeoutNs: number;
  private readonly recent: RecentLists;
  private readonly chain = new Endpoints();

  constructor(config: IptablesConfig, place: Place) {
    this.place = place;
    this.timeoutNs = config.affinityTimeoutNs;
    this.recent = new RecentLists(config.affinityTimeoutNs, config.ipListTot ?? IP_LIST_TOT);
  }

  update(set: EndpointSet): void {
    this.chain.assign(set, selectReadyElseServing);
    if (this.timeoutNs > 0) this.recent.update(this.chain.ids);
  }

  pick(flow: Flow): number {
    const { count, ids } = this.chain;
    if (count === 0) return REJECT;
    if (this.timeoutNs === 0) return ids[this.place.random.integer(count)];
    const now = this.place.now();
    const kept = this.recent.find(flow.sourceAddress, now);
    const position = kept >= 0 ? kept : this.place.random.integer(count);
    this.recent.stamp(flow.sourceAddress, position, now);
    return ids[position];
  }

  explain(flow: Flow, out: Explanation): void {
    const { count, ids } = this.chain;
    const kept = this.timeoutNs === 0 ? -1 : this.recent.find(flow.sourceAddress, this.place.now());
    if (count === 0) {
      explainRefusal(out, REJECT, 'no endpoint: rejected with ICMP port unreachable');
    } else if (kept >= 0) {
      this.explainKept(flow.sourceAddress, kept, out);
    } else {
      const law = chainProbabilities(count);
      explainLaw(out, ids, (i) => law[i], `random: chain of ${count} statistic rules`);
    }
  }

  private explainKept(address: number, position: number, out: Explanation): void {
    const client = dotted(address);
    const endpoint = this.chain.ids[position];
    explainCertain(
      out,
      endpoint,
      `affinity: ${client} kept on ${this.chain.names[position]} until ${seconds(this.timeoutNs)} after its last connection opened`,
    );
    out.remembered = { key: client, endpoint, untilNs: this.place.now() + this.timeoutNs };
  }

  opened(): void {}
  closed(): void {}
  started(): void {}
  finished(): void {}
  tick(): void {}
}
