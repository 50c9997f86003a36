/**
 * The rules that kube-proxy in nftables mode writes on a node, for `nft -f`.
 *
 *     nat     prerouting, output → services → @service-ips, @service-nodeports (verdict maps)
 *                 → external-… → service-… / local-… (affinity sets, then one map of a random number) → endpoint-… (dnat)
 *             postrouting → masquerading (what is marked)
 *     filter  input, forward, output → @no-endpoint-services, @no-endpoint-nodeports (reject, drop), then ClusterIPs with unknown ports
 *             prerouting, output → @firewall-ips
 *
 * Source: Kubernetes 1.33 to 1.35 `pkg/proxy/nftables/proxier.go` `setupNFTables`, `syncProxyRules`; reference l4.md part 2.
 */
import { hasTool, NODE_ADDRESS, POD_RANGE, SERVICE_RANGE } from './lab.mjs';
import { digest, endpointName, isExternal, policies } from './services.mjs';

const TABLE = 'ip kube-proxy';
const MARK = '0x4000';
const MASQUERADE = 'jump mark-for-masquerade';

const BASE_CHAINS = {
  'filter-prerouting': 'type filter hook prerouting priority -110',
  'filter-input': 'type filter hook input priority -110',
  'filter-forward': 'type filter hook forward priority -110',
  'filter-output': 'type filter hook output priority -110',
  'filter-output-post-dnat': 'type filter hook output priority -90',
  'nat-prerouting': 'type nat hook prerouting priority -100',
  'nat-output': 'type nat hook output priority -100',
  'nat-postrouting': 'type nat hook postrouting priority 100',
};

/** Verdict maps by their key. */
const MAPS = {
  'service-ips': 'ipv4_addr . inet_proto . inet_service',
  'service-nodeports': 'inet_proto . inet_service',
  'no-endpoint-services': 'ipv4_addr . inet_proto . inet_service',
  'no-endpoint-nodeports': 'inet_proto . inet_service',
  'firewall-ips': 'ipv4_addr . inet_proto . inet_service',
};

const DESTINATION = 'ip daddr . meta l4proto . th dport';
const RULES = {
  'mark-for-masquerade': [`mark set mark or ${MARK}`],
  masquerading: [`mark and ${MARK} == 0 return`, `mark set mark xor ${MARK}`, 'masquerade fully-random'],
  'reject-chain': ['reject'],
  'cluster-ips-check': ['ip daddr @cluster-ips reject', `ip daddr { ${SERVICE_RANGE} } drop`],
  'service-endpoints-check': [`${DESTINATION} vmap @no-endpoint-services`],
  'nodeport-endpoints-check': ['ip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports'],
  'firewall-check': [`${DESTINATION} vmap @firewall-ips`],
  services: [`${DESTINATION} vmap @service-ips`, 'ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports'],
  'filter-input': ['ct state new jump nodeport-endpoints-check', 'ct state new jump service-endpoints-check'],
  'filter-forward': ['ct state new jump service-endpoints-check', 'ct state new jump cluster-ips-check'],
  'filter-output': ['ct state new jump service-endpoints-check', 'ct state new jump firewall-check'],
  'filter-prerouting': ['ct state new jump firewall-check'],
  'filter-output-post-dnat': ['ct state new jump cluster-ips-check'],
  'nat-prerouting': ['jump services'],
  'nat-output': ['jump services'],
  'nat-postrouting': ['jump masquerading'],
};

/** One kube-proxy, on one node. */
export class NftablesProxy {
  #node;
  /** Chains and affinity sets of Services. Chains that nothing needs are emptied by one sync and deleted by the next. */
  #chains = new Set();
  #stale = new Set();
  #sets = new Set();

  constructor(node) {
    this.#node = node;
  }

  /** Why it cannot work here; '' when it can. Tries every expression that the rules use. */
  static async whyNot(node) {
    if (!hasTool('nft')) return 'no nft';
    const trial = `table ip trial {
  set seen { type ipv4_addr; flags dynamic,timeout; timeout 1s; }
  chain first { meta l4proto tcp dnat to 10.0.0.1:80; }
  chain nat { type nat hook prerouting priority -100; numgen random mod 2 vmap { 0: goto first, 1: goto first }; update @seen { ip saddr }; }
  chain post { type nat hook postrouting priority 100; fib saddr type local mark set mark or 1; masquerade fully-random; }
  chain input { type filter hook input priority 0; ct state new reject; }
}
`;
    const { status, stderr } = await node.order('run', { command: ['nft', '--check', '-f', '-'], input: trial });
    return status === 0 ? '' : `the kernel lacks what the rules need: ${stderr.trim().split('\n')[0]}`;
  }

  static async version(node) {
    return (await node.run(['nft', '--version'])).trim();
  }

  /** Writes the rules of these Services, in one transaction; sets of endpoints that stay are kept. */
  async sync(services) {
    const state = { chains: new Map(), sets: new Map(), elements: new Map(Object.keys(MAPS).map((map) => [map, []])), clusterIps: [] };
    for (const service of services) new ServiceRules(service, state).write();
    await this.#node.run(['nft', '-f', '-'], this.#script(state));
    this.#stale = this.#unused(state);
    this.#chains = new Set([...state.chains.keys(), ...this.#stale]);
    this.#sets = new Set(state.sets.keys());
  }

  #script({ chains, sets, elements, clusterIps }) {
    const all = new Map([...Object.keys(BASE_CHAINS).map((chain) => [chain, RULES[chain]]), ...Object.entries(RULES), ...chains]);
    const isBack = (chain) => chains.has(chain);
    return [
      `add table ${TABLE}`,
      ...Object.entries(BASE_CHAINS).map(([chain, hook]) => `add chain ${TABLE} ${chain} { ${hook} ; }`),
      ...[...all.keys()].filter((chain) => !(chain in BASE_CHAINS)).map((chain) => `add chain ${TABLE} ${chain}`),
      ...[...all.keys(), ...this.#unused({ chains })].map((chain) => `flush chain ${TABLE} ${chain}`),
      ...['cluster-ips', 'nodeport-ips'].flatMap((set) => [`add set ${TABLE} ${set} { type ipv4_addr ; }`, `flush set ${TABLE} ${set}`]),
      `add element ${TABLE} nodeport-ips { ${NODE_ADDRESS} }`,
      ...clusterIps.map((address) => `add element ${TABLE} cluster-ips { ${address} }`),
      ...Object.entries(MAPS).flatMap(([map, key]) => [`add map ${TABLE} ${map} { type ${key} : verdict ; }`, `flush map ${TABLE} ${map}`]),
      ...[...elements].flatMap(([map, pairs]) => pairs.map((pair) => `add element ${TABLE} ${map} { ${pair} }`)),
      ...[...sets].map(([set, seconds]) => `add set ${TABLE} ${set} { type ipv4_addr ; flags dynamic,timeout ; timeout ${seconds}s ; }`),
      ...[...all].flatMap(([chain, rules]) => rules.map((rule) => `add rule ${TABLE} ${chain} ${rule}`)),
      ...[...this.#sets].filter((set) => !sets.has(set)).map((set) => `delete set ${TABLE} ${set}`),
      ...[...this.#stale].filter((chain) => !isBack(chain)).map((chain) => `delete chain ${TABLE} ${chain}`),
      '',
    ].join('\n');
  }

  #unused({ chains }) {
    return new Set([...this.#chains].filter((chain) => !chains.has(chain) && !this.#stale.has(chain)));
  }

  /** Source addresses that the kernel remembers for an endpoint. */
  async remembered(service, endpoint) {
    const listed = await this.#node.run(['nft', 'list', 'set', ...TABLE.split(' '), setName(service, endpoint)]);
    return listed.slice(listed.indexOf('elements')).match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
  }

  /** Fills the set of an endpoint with addresses, as connections would. */
  async remember(service, endpoint, addresses) {
    await this.#node.run(['nft', '-f', '-'], `add element ${TABLE} ${setName(service, endpoint)} { ${addresses.join(', ')} }\n`);
  }

  /** All rules go; connections stay. */
  async clear() {
    await this.#node.run(['nft', 'delete', 'table', ...TABLE.split(' ')]);
    this.#chains.clear();
    this.#stale.clear();
    this.#sets.clear();
  }
}

const nameOf = (service) => `${digest(service.name + service.protocol).slice(0, 8)}-${service.name.replace(/[/:]/g, '.')}`;
const endpointSuffix = (service, endpoint) => `${digest(service.name + service.protocol + endpointName(endpoint)).slice(0, 8)}-${endpoint.ip}`;
const endpointChain = (service, endpoint) => `endpoint-${endpointSuffix(service, endpoint)}`;
const setName = (service, endpoint) => `affinity-${endpointSuffix(service, endpoint)}`;

/** The rules of one Service port. */
class ServiceRules {
  constructor(service, state) {
    this.service = service;
    this.state = state;
    this.policies = policies(service);
    this.clusterChain = `service-${nameOf(service)}`;
    this.localChain = `local-${nameOf(service)}`;
    this.externalChain = `external-${nameOf(service)}`;
    this.firewallChain = `firewall-${nameOf(service)}`;
  }

  write() {
    const { service, policies, state } = this;
    state.clusterIps.push(service.clusterIp);
    this.writeDestinations();
    if (service.endpoints.length === 0) return;
    if (isExternal(service)) this.writeExternalChain();
    if (policies.usesCluster) this.writeChoice(this.clusterChain, service.endpoints);
    if (policies.usesLocal && policies.local.length > 0) this.writeChoice(this.localChain, policies.local);
    for (const endpoint of service.endpoints) this.writeEndpoint(endpoint);
  }

  /** Where each address and port of the Service leads. */
  writeDestinations() {
    const { service, policies } = this;
    const { clusterIp, protocol, port, nodePort, externalIps, loadBalancerIp, sourceRanges, endpoints } = service;
    const to = (address) => `${address} . ${protocol} . ${port}`;
    if (policies.internalRefusal !== '') this.refuse('no-endpoint-services', to(clusterIp), policies.internalRefusal);
    else this.element('service-ips', to(clusterIp), service.internalLocal ? this.localChain : this.clusterChain);
    for (const address of [...externalIps, ...(loadBalancerIp === '' ? [] : [loadBalancerIp])]) {
      if (endpoints.length > 0) this.element('service-ips', to(address), this.externalChain);
      if (policies.externalRefusal !== '') this.refuse('no-endpoint-services', to(address), policies.externalRefusal);
    }
    if (nodePort > 0) {
      if (endpoints.length > 0) this.element('service-nodeports', `${protocol} . ${nodePort}`, this.externalChain);
      if (policies.externalRefusal !== '') this.refuse('no-endpoint-nodeports', `${protocol} . ${nodePort}`, policies.externalRefusal);
    }
    if (loadBalancerIp === '' || sourceRanges.length === 0) return;
    this.element('firewall-ips', to(loadBalancerIp), this.firewallChain);
    this.rule(this.firewallChain, `ip saddr != { ${sourceRanges.join(', ')} } drop`);
  }

  writeExternalChain() {
    const { externalChain, clusterChain, localChain, service, policies } = this;
    if (!service.externalLocal) {
      this.rule(externalChain, MASQUERADE);
      this.rule(externalChain, `goto ${clusterChain}`);
      return;
    }
    this.rule(externalChain, `ip saddr ${POD_RANGE} goto ${clusterChain}`);
    this.rule(externalChain, `fib saddr type local ${MASQUERADE}`);
    this.rule(externalChain, `fib saddr type local goto ${clusterChain}`);
    if (policies.local.length > 0) this.rule(externalChain, `goto ${localChain}`);
  }

  writeChoice(chain, endpoints) {
    const { service } = this;
    const { clusterIp, protocol, port, affinitySeconds } = service;
    const isInternal = chain === (service.internalLocal ? this.localChain : this.clusterChain);
    if (isInternal) this.rule(chain, `ip daddr ${clusterIp} ${protocol} dport ${port} ip saddr != ${POD_RANGE} ${MASQUERADE}`);
    if (affinitySeconds > 0) {
      for (const endpoint of endpoints) this.rule(chain, `ip saddr @${setName(service, endpoint)} goto ${endpointChain(service, endpoint)}`);
    }
    const choices = endpoints.map((endpoint, i) => `${i} : goto ${endpointChain(service, endpoint)}`);
    this.rule(chain, `numgen random mod ${endpoints.length} vmap { ${choices.join(', ')} }`);
  }

  writeEndpoint(endpoint) {
    const { service, state } = this;
    const chain = endpointChain(service, endpoint);
    this.rule(chain, `ip saddr ${endpoint.ip} ${MASQUERADE}`);
    if (service.affinitySeconds > 0) {
      state.sets.set(setName(service, endpoint), service.affinitySeconds);
      this.rule(chain, `update @${setName(service, endpoint)} { ip saddr }`);
    }
    this.rule(chain, `meta l4proto ${service.protocol} dnat to ${endpointName(endpoint)}`);
  }

  rule(chain, text) {
    if (!this.state.chains.has(chain)) this.state.chains.set(chain, []);
    this.state.chains.get(chain).push(text);
  }

  element(map, key, chain) {
    this.state.elements.get(map).push(`${key} : goto ${chain}`);
  }

  refuse(map, key, refusal) {
    this.state.elements.get(map).push(`${key} : ${refusal === 'reject' ? 'goto reject-chain' : 'drop'}`);
  }
}
