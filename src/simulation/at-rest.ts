/**
 * The balancers of a cluster at rest: as each is before its first pick, with the chance that a seed gives it in replication 0.
 *
 * They are apart from those that a simulation uses, so that asking changes nothing. For `trace`, which may not touch balancers itself.
 */
import {
  type Balancer,
  balancers,
  createExplanation,
  createFlow,
  DROP,
  type EndpointSet,
  type Flow,
  kernelProbability,
  probabilityText,
  REJECT,
} from '../balancers/index.ts';
import { CROSS_ZONE, EXTERNAL_LINK, SAME_NODE, SAME_ZONE } from '../network/topology.ts';
import { deriveKey, type Key, RandomStream } from '../random/stream.ts';
import type { BalancerSpec } from '../scenario/scenario.ts';
import { type Assembly, replicationKey } from './assemble.ts';
import { OUTSIDE } from './clients.ts';
import { planesKey } from './data-planes.ts';
import type { IngressProxy, ProxyRoute } from './ingress-proxy.ts';
import type { NodeList } from './node-endpoints.ts';
import type { Frontend, ServicePort } from './service-ports.ts';

const LINKS: Readonly<Record<number, string>> = {
  [SAME_NODE]: 'same node',
  [SAME_ZONE]: 'same zone',
  [CROSS_ZONE]: 'across zones',
  [EXTERNAL_LINK]: 'from outside',
};

export interface Law {
  readonly endpoint: number;
  readonly probability: number;
}

/** What a balancer would do, and why. Endpoints by id. */
export interface Choice {
  readonly rule: string;
  /** Before the draw. */
  readonly law: readonly Law[];
  /** Below 0: refused. */
  readonly picked: number;
  /** How it refuses: a packet says no, silence, or an answer of a proxy's own. */
  readonly refusal: 'refused' | 'dropped' | 'unavailable' | null;
  readonly remembered: { readonly key: string; readonly endpoint: number; readonly untilNs: number } | null;
  /** Value of the affinity cookie that the answer sets; '' = none. */
  readonly setCookie: string;
}

export class AtRest {
  /** What is to be placed; fill it before `choose`. */
  readonly flow: Flow = createFlow();
  private readonly assembly: Assembly;
  private readonly seedKey: Key;
  private readonly key: Key;
  private readonly random: RandomStream;

  constructor(assembly: Assembly, seed: string) {
    this.assembly = assembly;
    this.seedKey = replicationKey(seed, 0);
    this.key = planesKey(this.seedKey);
    this.random = new RandomStream(deriveKey(this.seedKey, 'at rest'));
    this.flow.sourcePort = 32768 + this.draw(28232); // Linux ip_local_port_range
  }

  /** A whole number from 0 to n − 1, for what no balancer draws. */
  draw(n: number): number {
    return this.random.integer(n);
  }

  /** Source address of somebody outside (uint32). */
  outsideAddress(): number {
    return OUTSIDE.base + ((deriveKey(this.seedKey, 'source').high >>> 0) % OUTSIDE.size);
  }

  loadBalancer(port: ServicePort): Balancer {
    return this.assembly.world.loadBalancers.detached(port, this.key);
  }

  kubeProxy(frontend: Frontend, node: number, isFromCluster: boolean, set: EndpointSet): Balancer {
    return this.assembly.world.planes.detached(frontend, node, isFromCluster, this.key, set);
  }

  /** @param set `null` = the rule names no Service port */
  ingress(proxy: IngressProxy, route: ProxyRoute, pod: number, worker: number, set: EndpointSet | null): Balancer {
    return proxy.detached(route, pod, worker, this.key, set);
  }

  /** A client's own. @param name as `clients.ts` names its instances */
  clientPlane(config: BalancerSpec, name: string, place: number, set: EndpointSet): Balancer {
    const balancer: Balancer = balancers.ideal.create(
      config,
      this.assembly.world.planes.place(place, name, () => balancer, this.key),
    );
    balancer.update(set);
    return balancer;
  }

  /** The law for the flow, the pick, and what is remembered of it. */
  choose(balancer: Balancer): Choice {
    const { flow } = this;
    flow.setCookie = '';
    const before = createExplanation();
    balancer.explain(flow, before);
    const picked = balancer.pick(flow);
    const { setCookie } = flow;
    if (setCookie !== '') flow.cookie = setCookie;
    const after = createExplanation();
    balancer.explain(flow, after);
    const refusal = picked >= 0 ? null : picked === REJECT ? 'refused' : picked === DROP ? 'dropped' : 'unavailable';
    return { rule: before.rule, law: before.candidates, picked, refusal, remembered: after.remembered, setCookie };
  }

  /** How a node refuses what its table's balancer does. */
  refusalOf(list: NodeList, { picked }: Choice): 'refused' | 'dropped' {
    return this.assembly.world.planes.refusalOf(list, picked) === DROP ? 'dropped' : 'refused';
  }

  /** How far a pod is from a place, in words. */
  distance(place: number, pod: number): string {
    const { topology, pods } = this.assembly.world;
    return LINKS[topology.link(place, pods.node[pod])];
  }
}

/** The law for a client that nothing is remembered of. */
export function freshLaw(balancer: Balancer): readonly Law[] {
  const explanation = createExplanation();
  balancer.explain(createFlow(), explanation);
  return explanation.candidates;
}

/** Order of a turn: picks until an endpoint comes again, each of another client, so that affinity keeps none of them. */
export function turnOf(balancer: Balancer): readonly Law[] {
  const flow = createFlow();
  const seen = new Set<number>();
  for (let pick = balancer.pick(flow); pick >= 0 && !seen.has(pick); pick = balancer.pick(flow)) {
    seen.add(pick);
    flow.sourceAddress++;
  }
  return Array.from(seen, (endpoint) => ({ endpoint, probability: 1 / seen.size }));
}

/** The rule of an iptables chain that n endpoints reach: its text (`null` for the last, which has none), and what the kernel draws by. */
export function chainRule(n: number): { readonly printed: string | null; readonly kernel: number } {
  return { printed: n === 1 ? null : probabilityText(n), kernel: kernelProbability(n) };
}
