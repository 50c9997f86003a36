/**
 * One request on its way: what is looked up, who chooses, by which law, and who answers.
 *
 *   name ─► address ─► (load balancer ─► node) ─► kube-proxy ─► pod, or the controller's pod ─► rule ─► pod
 *
 * Where a URL leads is asked of the simulation's `Directory` and `IngressProxy`; choices are made by balancers of the simulation's own
 * kinds, as they are before their first pick (`at-rest.ts`), with the chance of the request's seed. So the answer for a seed is what replication 0 of a
 * run with that seed would do with its first connection, if it came at time 0 from the same address.
 * Simplified: the source port and the proxy's worker are drawn by the seed.
 */
import type { EndpointSet } from '../balancers/index.ts';
import { formatIpv4, HINTS_ON, hintStatuses, nodeAddress, parseIpv4 } from '../kubernetes/index.ts';
import type { BalancerSpec, TargetUrl } from '../scenario/scenario.ts';
import type { Assembly } from '../simulation/assemble.ts';
import type { AtRest, Choice } from '../simulation/at-rest.ts';
import { PROTOCOL_NUMBERS, type Route, transportOf } from '../simulation/directory.ts';
import type { ProxyRoute } from '../simulation/ingress-proxy.ts';
import type { NodeList } from '../simulation/node-endpoints.ts';
import { type OutcomeName, outcomeName } from '../simulation/outcomes.ts';
import { admitsSource, type Frontend, type ServicePort } from '../simulation/service-ports.ts';
import { masqueradeOf } from '../simulation/source-address.ts';
import type { Candidate, Forwarded, Hop, PlaneTable, Remembered, TraceAnswer, TraceOutcome } from './answer.ts';
import { balancerKeeps, nodeKeeps } from './flow-memory.ts';
import { forwardThroughNginx } from './forwarded.ts';
import { planeTable, type TableSource } from './plane-table.ts';
import { destinationOf, type Passage, rulesPassed } from './rules-passed.ts';

/** Who sends the request. */
export interface Caller {
  readonly place: number;
  readonly namespace: string;
  /** uint32. */
  readonly address: number;
  /** The client's own balancer over a Service port; `null` = the network decides. */
  readonly plane: { readonly config: BalancerSpec; readonly port: ServicePort; readonly name: string } | null;
}

export interface WalkOptions {
  readonly hasTables: boolean;
  /** Pod that tables are shown without, `name` or `namespace/name`; '' = none. */
  readonly without: string;
}

/** A proxy that forwards to a proxy, and so on: more than this is a circle. */
const MOST_PROXIES = 8;
const OUTCOME_OF: Partial<Record<OutcomeName, TraceOutcome>> = { refused: 'refused', 'unknown-host': 'unknown-host', 'no-route': 'no-route' };
const GRPC_STATUS: Readonly<Record<number, number>> = { 200: 0, 404: 12, 503: 14 }; // grpc doc/http-grpc-status-mapping.md

export class Walk {
  private readonly assembly: Assembly;
  private readonly target: TargetUrl;
  private readonly caller: Caller;
  private readonly atRest: AtRest;
  private readonly options: WalkOptions;
  private readonly hops: Hop[] = [];
  private readonly tables: PlaneTable[] = [];
  private readonly sent: Forwarded;
  private service: string | null = null;

  constructor(
    assembly: Assembly,
    atRest: AtRest,
    request: { readonly target: TargetUrl; readonly method: string; readonly sent: Forwarded },
    caller: Caller,
    options: WalkOptions,
  ) {
    this.assembly = assembly;
    this.atRest = atRest;
    this.target = request.target;
    this.sent = request.sent;
    this.caller = caller;
    this.options = options;
    const { flow } = atRest;
    flow.sourceAddress = caller.address;
    flow.destinationPort = request.target.port;
    flow.protocol = PROTOCOL_NUMBERS[transportOf(request.target)];
    flow.method = request.method;
    flow.path = request.sent.path;
  }

  go(): TraceAnswer {
    const { caller, target } = this;
    const route = this.assembly.world.directory.find(target, caller.namespace, caller.place);
    const address = this.lookUp(route);
    switch (route.type) {
      case 'nowhere':
        return this.nowhere(route);
      case 'cluster-ip':
        return caller.plane === null ? this.throughNode(route.frontend, caller.place) : this.throughClient(caller.plane);
      case 'node-port':
        return this.throughNode(route.frontend, route.node);
      case 'load-balancer':
        return this.throughBalancer(route.frontend);
      case 'headless':
        if (caller.plane !== null) return this.throughClient(caller.plane);
        this.service = serviceName(route.port);
        return this.toPod(address, `${formatIpv4(this.assembly.world.pods.address[address])}:${target.port}`, formatIpv4(caller.address), this.sent, 0);
      case 'pod':
        return this.toPod(route.pod, `${route.host}:${target.port}`, formatIpv4(caller.address), this.sent, 0);
    }
  }

  // --- names -------------------------------------------------------------------------------------------------------------------

  /** The hop of a name. @returns the pod that a headless name leads to; −1 for others */
  private lookUp(route: Route): number {
    const { host } = this.target;
    if (parseIpv4(host) !== null) return -1;
    const { pods } = this.assembly.world;
    const node = this.nodeName(this.caller.place);
    const hop = { kind: 'dns' as const, plane: node === null ? 'public-dns' : 'cluster-dns', node, remembered: null };
    if (route.type === 'headless') {
      const service = serviceName(route.port);
      const { shuffle, ttlNs, cacheNs } = this.assembly.world.names.spec;
      const shown = shuffle ? route.pods : route.pods.slice(0, 1);
      const candidates = shown.map((pod) => ({ ...this.podCandidate(pod, formatIpv4(pods.address[pod]), service), probability: 1 / shown.length }));
      const picked = this.atRest.draw(candidates.length);
      const which = shuffle ? 'any of its ready pods, the first of a shuffled list' : 'the first of its ready pods, the list is not shuffled';
      const age = Math.min(ttlNs, cacheNs) / 1e9;
      this.hops.push({
        ...hop,
        rule: `${host} is a headless Service: ${which}; CoreDNS keeps the list for ${age}s, then asks anew`,
        candidates,
        picked: candidates[picked].endpoint,
      });
      return route.pods[picked];
    }
    const addresses = route.host.split(', ').filter((address) => parseIpv4(address) !== null);
    const isFound = addresses.length > 0;
    const service = route.type === 'nowhere' || route.type === 'pod' ? null : serviceName(route.port);
    const candidates = addresses.map((endpoint) => ({ endpoint, pod: null, service, node: null, probability: 1 / addresses.length }));
    const rule = isFound
      ? `${host} is ${route.host}${service === null ? '' : `, ${ROLES[route.type]} of ${service}`}`
      : route.type === 'nowhere'
        ? route.reason
        : `${host} leads to ${service}`;
    this.hops.push({ ...hop, rule, candidates, picked: addresses[0] ?? null });
    return -1;
  }

  private nowhere(route: Extract<Route, { type: 'nowhere' }>): TraceAnswer {
    const outcome = OUTCOME_OF[outcomeName(route.failure) as OutcomeName] ?? 'timeout';
    if (outcome !== 'unknown-host') this.hops.push(deadEnd('l4', null, this.nodeName(this.caller.place), route.reason));
    return this.answer(outcome, null);
  }

  // --- connections -------------------------------------------------------------------------------------------------------------

  private throughClient({ config, port, name }: NonNullable<Caller['plane']>): TraceAnswer {
    const { planes } = this.assembly.world;
    const set = planes.endpoints(port);
    this.service = serviceName(port);
    const choice = this.atRest.choose(this.atRest.clientPlane(config, name, this.caller.place, set));
    const candidates = this.podCandidates(choice, set);
    this.hops.push({
      kind: 'l7',
      plane: `ideal ${config.policy}`,
      node: this.nodeName(this.caller.place),
      rule: `the client's own balancer: ${choice.rule}`,
      candidates,
      ...this.pickOf(choice, set),
    });
    if (choice.refusal === 'unavailable') return this.answer('ok', 503);
    if (choice.refusal !== null) return this.answer('refused', null);
    return this.toPod(choice.picked, endpointName(set, choice.picked), formatIpv4(this.caller.address), this.sent, 0);
  }

  /** A load balancer sends the connection to a node, or straight to a pod; routers send one to an external IP to any node. */
  private throughBalancer(frontend: Frontend): TraceAnswer {
    const { directory, loadBalancers, nodeNames, planes } = this.assembly.world;
    const { choosesPods, hidesClient, spec } = loadBalancers;
    const { port } = frontend;
    const service = serviceName(port);
    this.service = service;
    this.atRest.flow.destinationAddress = frontend.address;
    if (frontend.entry !== 'load-balancer') return this.throughRouters(frontend, directory.routedTo(this.atRest.flow));
    if (!admitsSource(port, this.caller.address)) return this.shutOut(port, null, null);
    const choice = this.atRest.choose(this.atRest.loadBalancer(port));
    const set = planes.endpoints(port);
    const behind = planes.behindBalancer(port);
    const candidateOf = (target: number) =>
      choosesPods
        ? this.podCandidate(target, endpointName(set, target), service)
        : { endpoint: `${this.addressOfNode(target)}:${behind?.number ?? port.port}`, pod: null, service, node: nodeNames[target] };
    const candidates = choice.law.map(({ endpoint, probability }) => ({ ...candidateOf(endpoint), probability }));
    const picked = choice.picked < 0 ? null : candidateOf(choice.picked);
    const keeps = picked === null ? '' : balancerKeeps(spec, port.protocol);
    const rule = `${choice.rule}${choosesPods ? '' : this.healthText(port)}`;
    const hop = { kind: 'lb' as const, plane: spec.kind, node: null, rule, candidates, picked: picked?.endpoint ?? null, remembered: null };
    this.hops.push({ ...hop, ...(keeps !== '' && { keeps }) });
    if (this.options.hasTables) this.tables.push(balancerTable(spec.kind, service, candidates));
    if (picked === null || behind === undefined) return this.answer('timeout', null);
    const address = parseIpv4(this.addressOfNode(choice.picked)) ?? 0;
    if (hidesClient) this.atRest.flow.sourceAddress = spec.kind === 'servicelb' ? address : port.loadBalancerIp;
    if (choosesPods) return this.toPod(choice.picked, picked.endpoint, formatIpv4(this.atRest.flow.sourceAddress), this.sent, 0);
    return this.throughNode(behind, choice.picked);
  }

  /** By policy Local the nodes say which of them have a pod. */
  private healthText(port: ServicePort): string {
    const { planes, nodeNames } = this.assembly.world;
    if (!port.isExternalLocal) return '';
    const good = nodeNames.filter((_, node) => planes.health(port, node).status === 200).length;
    const number = this.assembly.broughtUp.cluster.get('Service', port.namespace, port.serviceName)?.spec.healthCheckNodePort;
    return `; health check port ${number ?? 'none'} answers 200 on ${good} of ${nodeNames.length} nodes`;
  }

  private throughRouters(frontend: Frontend, node: number): TraceAnswer {
    const { nodeNames } = this.assembly.world;
    const endpointOf = (name: string) => `${formatIpv4(frontend.address)}:${frontend.number} on ${name}`;
    const probability = 1 / nodeNames.length;
    const candidates = nodeNames.map((name) => ({ endpoint: endpointOf(name), pod: null, service: this.service, node: name, probability }));
    const rule = `external IP ${formatIpv4(frontend.address)}: routed to any node by the flow's addresses and ports`;
    this.hops.push({ kind: 'lb', plane: 'routers', node: null, rule, candidates, picked: endpointOf(nodeNames[node]), remembered: null });
    return this.throughNode(frontend, node);
  }

  /** Nobody says no to a source outside `loadBalancerSourceRanges`: its packets are dropped. */
  private shutOut(port: ServicePort, node: string | null, frontend: Frontend | null): TraceAnswer {
    const ranges = (port.sourceRanges ?? []).map(({ text }) => text).join(', ');
    const source = formatIpv4(this.atRest.flow.sourceAddress);
    const rule = `loadBalancerSourceRanges of ${serviceName(port)} lets in ${ranges} only: ${source} is dropped`;
    const { proxy } = this.assembly.world.planes;
    const passed = frontend === null ? {} : { passed: rulesPassed(proxy, { ...this.refusedPassage(frontend), refusal: 'dropped', isShutOut: true }) };
    this.hops.push({ ...deadEnd(node === null ? 'lb' : 'l4', node === null ? null : proxy.name, node, rule), ...passed });
    return this.answer('timeout', null);
  }

  /** kube-proxy on a node chooses the pod. */
  private throughNode(frontend: Frontend, node: number): TraceAnswer {
    const { planes, nodeNames, pods } = this.assembly.world;
    const { caller } = this;
    const { flow } = this.atRest;
    const { port } = frontend;
    const isFromCluster = caller.place < nodeNames.length && flow.sourceAddress === caller.address;
    this.service = serviceName(port);
    if (frontend.entry === 'load-balancer' && !admitsSource(port, flow.sourceAddress)) return this.shutOut(port, nodeNames[node], frontend);
    const list = planes.listOf(frontend, node, isFromCluster);
    const make = (ofSet: EndpointSet) => this.atRest.kubeProxy(frontend, node, isFromCluster, ofSet);
    flow.destinationAddress = frontend.address === 0 ? (parseIpv4(this.addressOfNode(node)) ?? 0) : frontend.address;
    const choice = this.atRest.choose(make(list.set));
    const hop = { kind: 'l4' as const, plane: planes.proxy.name, node: nodeNames[node] };
    const isLost = list.isBorrowed && caller.place !== node;
    const refusal = isLost ? 'dropped' : choice.picked >= 0 ? null : this.atRest.refusalOf(list, choice);
    const rule = refusal !== null && choice.picked < 0 ? refusalText(refusal, frontend, nodeNames[node]) : choice.rule;
    const lost = isLost ? `; no pod here, so one of another node is lent, whose answer the caller does not take: silence` : '';
    const isHairpin = choice.picked >= 0 && pods.address[choice.picked] === flow.sourceAddress;
    const leg = { isRemote: choice.picked >= 0 && pods.node[choice.picked] !== node, isHairpin, isFromCluster };
    const masquerade = choice.picked < 0 ? null : masqueradeOf(planes.proxy, frontend, leg);
    const ownAddress = this.addressOfNode(node);
    const passage: Passage = {
      frontend,
      destination: destinationOf(frontend, ownAddress),
      isFromCluster,
      isLocal: list.isLocal,
      picked: choice.picked < 0 ? null : endpointName(list.set, choice.picked),
      refusal,
      isShutOut: false,
      masquerade,
      nodeAddress: ownAddress,
    };
    this.hops.push({
      ...hop,
      rule: `${frontendText(frontend)} of ${this.service}: ${rule}${this.hintsText(port, list, node)}${lost}`,
      passed: rulesPassed(planes.proxy, passage),
      candidates: this.podCandidates(choice, list.set),
      ...this.pickOf(choice, list.set),
      ...(refusal === null && { keeps: nodeKeeps(nodeNames[node], planes.proxy, this.assembly.world.conntrackSpec, port.protocol) }),
    });
    this.addTable({ ...hop, service: this.service, shape: planes.proxy.shapeOf(frontend.entry), set: list.set, make, podOf: (id) => this.podName(id) });
    if (refusal !== null) return this.answer(refusal === 'dropped' ? 'timeout' : 'refused', null);
    const remote = masquerade === null ? formatIpv4(flow.sourceAddress) : ownAddress;
    return this.toPod(choice.picked, endpointName(list.set, choice.picked), remote, this.sent, 0);
  }

  /** A packet that nothing lets in. */
  private refusedPassage(frontend: Frontend): Passage {
    const isFromCluster = this.caller.place < this.assembly.world.nodeNames.length;
    const common = { isLocal: false, picked: null, refusal: null, isShutOut: false, masquerade: null, nodeAddress: '' };
    return { ...common, frontend, destination: destinationOf(frontend, ''), isFromCluster };
  }

  /** How topology hints narrow a node's list, or why they do not although the Service asks for them. */
  private hintsText(port: ServicePort, list: NodeList, node: number): string {
    const { planes, nodeZones, nodeNames } = this.assembly.world;
    const all = planes.endpoints(port).count;
    const { cluster } = this.assembly.broughtUp;
    const service = cluster.get('Service', port.namespace, port.serviceName);
    const status = service === undefined ? undefined : hintStatuses(cluster, service).at(-1);
    if (list.isLocal || status === undefined) return '';
    if (list.mode === 'same-node') return `; hints keep it on ${nodeNames[node]}: ${list.set.count} of ${all} endpoints`;
    if (list.mode === 'same-zone') return `; hints keep it in zone ${nodeZones[node]}: ${list.set.count} of ${all} endpoints`;
    if (status !== HINTS_ON) return `; no hints: ${status}`;
    return nodeZones[node] === ''
      ? `; ${nodeNames[node]} has no zone, so hints mean nothing to it`
      : `; no endpoint is hinted to zone ${nodeZones[node]}: all of them`;
  }

  // --- in pods -----------------------------------------------------------------------------------------------------------------

  /** @param remote source address as the pod sees it; `seen` the request as it sees it */
  private toPod(pod: number, endpoint: string, remote: string, seen: Forwarded, proxies: number): TraceAnswer {
    const { pods, workloads } = this.assembly.world;
    const workload = workloads[pods.workload[pod]];
    if (workload.proxy !== null && proxies < MOST_PROXIES && hasContent(this.target)) return this.throughProxy(pod, remote, seen, proxies);
    const candidate = { ...this.podCandidate(pod, endpoint, this.service), probability: 1 };
    const before = this.hops.findLast((hop) => hop.kind !== 'dns');
    const from = before === undefined ? this.caller.place : this.assembly.world.nodeNames.indexOf(before.node ?? '');
    const link = from < 0 ? '' : `, ${this.atRest.distance(from, pod)}`;
    this.hops.push({
      kind: 'pod',
      plane: null,
      node: candidate.node,
      rule: `${workload.spec.key} answers${link}`,
      candidates: [candidate],
      picked: endpoint,
      remembered: null,
    });
    return this.answer('ok', 200, pod, hasContent(this.target) ? seen : null, remote);
  }

  /** A controller's pod answers by its rules, or forwards. */
  private throughProxy(pod: number, remote: string, seen: Forwarded, proxies: number): TraceAnswer {
    const { world } = this.assembly;
    const proxy = world.workloads[world.pods.workload[pod]].proxy as NonNullable<(typeof world.workloads)[number]['proxy']>;
    const route = proxy.route(seen.host, seen.path);
    const node = this.nodeName(world.pods.node[pod]);
    const where = `pod ${this.podName(pod)}`;
    if (route === null) {
      this.hops.push(deadEnd('l7', 'ingress-nginx', node, `${where}: no rule for ${seen.host}${seen.path}: 404`));
      this.service = null;
      return this.answer('ok', 404);
    }
    const worker = this.atRest.draw(proxy.workers);
    const set = route.port === null ? null : world.planes.endpoints(route.port);
    this.service = `${route.backend.namespace}/${route.backend.service}`;
    this.atRest.flow.cookie = proxy.cookieOf(route, seen.headers.cookie, undefined);
    const choice = this.atRest.choose(this.atRest.ingress(proxy, route, pod, worker, set));
    const hop = { kind: 'l7' as const, plane: 'ingress-nginx', node };
    const rule = `${where} worker ${worker}: ${ruleText(route)}: ${route.port === null ? 'no such Service port: 503' : choice.rule}`;
    const known = set ?? world.planes.endpoints(world.planes.ports[0]);
    this.hops.push({ ...hop, rule, candidates: this.podCandidates(choice, known), ...this.pickOf(choice, known, route.cookieName) });
    if (set !== null) {
      const make = (ofSet: EndpointSet) => this.atRest.ingress(proxy, route, pod, worker, ofSet);
      this.addTable({ ...hop, service: this.service, shape: route.cookieName === '' ? 'turn' : 'ring', set, make, podOf: (id) => this.podName(id) });
    }
    if (choice.picked < 0) return this.answer('ok', 503);
    const forwarded = forwardThroughNginx(seen, proxy.forwardedPath(route, seen.path), this.target.scheme, remote);
    return this.toPod(choice.picked, endpointName(known, choice.picked), formatIpv4(world.pods.address[pod]), forwarded, proxies + 1);
  }

  // --- choices -----------------------------------------------------------------------------------------------------------------

  private podCandidates({ law }: Choice, set: EndpointSet): Candidate[] {
    return law.map(({ endpoint, probability }) => ({ ...this.podCandidate(endpoint, endpointName(set, endpoint), this.service), probability }));
  }

  private podCandidate(pod: number, endpoint: string, service: string | null): Omit<Candidate, 'probability'> {
    return { endpoint, pod: this.podName(pod), service, node: this.nodeName(this.assembly.world.pods.node[pod]) };
  }

  private pickOf({ picked, remembered, setCookie }: Choice, set: EndpointSet, cookieName = ''): { picked: string | null; remembered: Remembered | null } {
    const now = this.assembly.world.kernel.now;
    return {
      picked: picked < 0 ? null : endpointName(set, picked),
      remembered:
        remembered === null
          ? null
          : {
              key: remembered.key,
              endpoint: endpointName(set, remembered.endpoint),
              until: remembered.untilNs === Infinity ? null : (remembered.untilNs - now) / 1e9,
              ...(cookieName !== '' && setCookie !== '' && { cookie: `${cookieName}=${setCookie}` }),
            },
    };
  }

  private addTable(source: TableSource): void {
    if (!this.options.hasTables) return;
    const { without } = this.options;
    const at = without === '' ? -1 : source.set.id.findIndex((id) => [source.podOf(id), source.podOf(id)?.split('/')[1]].includes(without));
    this.tables.push(planeTable(source, at));
  }

  private answer(outcome: TraceOutcome, status: number | null, pod = -1, forwarded: Forwarded | null = null, source: string | null = null): TraceAnswer {
    const { scheme, text } = this.target;
    return {
      url: text,
      outcome,
      status: hasContent(this.target) ? status : null,
      grpcStatus: scheme === 'grpc' && status !== null ? GRPC_STATUS[status] : null,
      location: null,
      forwarded,
      source,
      mirrors: [],
      hops: this.hops,
      service: this.service,
      pod: pod < 0 ? null : this.podName(pod),
      ...(this.options.hasTables && { tables: this.tables }),
    };
  }

  private nodeName(place: number): string | null {
    return this.assembly.world.nodeNames[place] ?? null;
  }

  private podName(pod: number): string | null {
    const { pods } = this.assembly.world;
    return pods.names[pod] === undefined ? null : `${pods.namespaces[pod]}/${pods.names[pod]}`;
  }

  private addressOfNode(node: number): string {
    const { broughtUp, world } = this.assembly;
    const object = broughtUp.cluster.get('Node', '', world.nodeNames[node]);
    return (object === undefined ? undefined : nodeAddress(object, 'InternalIP')) ?? world.nodeNames[node];
  }
}

const ROLES: Readonly<Record<Route['type'], string>> = {
  'cluster-ip': 'the ClusterIP',
  'node-port': 'a node, for the node port',
  'load-balancer': 'the load balancer',
  headless: 'a pod',
  pod: 'a pod',
  nowhere: 'an address',
};

function refusalText(refusal: 'refused' | 'dropped', { isLocal }: Frontend, node: string): string {
  if (refusal === 'dropped') return `no pod on ${node}, others elsewhere: by policy Local the packet is dropped`;
  return `no ${isLocal ? 'usable ' : ''}endpoint: rejected with ICMP port unreachable`;
}

/** e.g. `node port 30080`. */
function frontendText({ entry, number, address }: Frontend): string {
  switch (entry) {
    case 'cluster-ip':
      return `port ${number}`;
    case 'node-port':
      return `node port ${number}`;
    case 'external-ip':
      return `external IP ${formatIpv4(address)}:${number}`;
    case 'load-balancer':
      return `load balancer ${formatIpv4(address)}:${number}`;
  }
}

/** Requests with a path and a status, which a proxy can read. */
function hasContent({ scheme }: TargetUrl): boolean {
  return scheme === 'http' || scheme === 'https' || scheme === 'grpc';
}

function deadEnd(kind: Hop['kind'], plane: string | null, node: string | null, rule: string): Hop {
  return { kind, plane, node, rule, candidates: [], picked: null, remembered: null };
}

function serviceName(port: ServicePort): string {
  return `${port.namespace}/${port.serviceName}`;
}

function endpointName(set: EndpointSet, id: number): string {
  return set.name[set.id.indexOf(id)];
}

/** e.g. `Ingress default/shop, shop.example/cart (Prefix) to default/cart:80`. */
function ruleText({ backend, rule }: ProxyRoute): string {
  const matched = rule === null ? 'default backend' : `${rule.host === '' ? '*' : rule.host}${rule.path} (${rule.pathType})`;
  return `Ingress ${backend.namespace}/${backend.name}, ${matched} to ${backend.namespace}/${backend.service}:${backend.port}`;
}

function balancerTable(plane: string, service: string, candidates: readonly Candidate[]): PlaneTable {
  const rows = candidates.map(({ endpoint, pod, probability }, i) => ({ position: i + 1, endpoint, pod, share: probability }));
  return { kind: 'lb', plane, node: null, service, note: 'what a new connection of this client may be sent to', rows };
}
