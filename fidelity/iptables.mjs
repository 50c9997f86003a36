/**
 * The rules that kube-proxy in iptables mode writes on a node, for `iptables-restore`.
 *
 *     nat     PREROUTING, OUTPUT → KUBE-SERVICES → KUBE-SVC / KUBE-SVL → KUBE-SEP (DNAT)
 *                                 └► KUBE-NODEPORTS → KUBE-EXT → KUBE-SVC / KUBE-SVL
 *             POSTROUTING → KUBE-POSTROUTING (masquerade what is marked)
 *     filter  INPUT, FORWARD, OUTPUT → KUBE-SERVICES, KUBE-EXTERNAL-SERVICES (reject, drop), KUBE-PROXY-FIREWALL, KUBE-FORWARD
 *
 * Source: Kubernetes 1.30 to 1.35 `pkg/proxy/iptables/proxier.go` `syncProxyRules`; reference l4.md part 1.
 */
import { hasTool, POD_RANGE } from './lab.mjs';
import { digest, endpointName, isExternal, policies } from './services.mjs';

const MARK = '0x4000';
const MASQUERADE = '-j KUBE-MARK-MASQ';

const BASE = {
  nat: {
    'KUBE-SERVICES': [],
    'KUBE-NODEPORTS': [],
    'KUBE-MARK-MASQ': [`-j MARK --or-mark ${MARK}`],
    'KUBE-POSTROUTING': [`-m mark ! --mark ${MARK}/${MARK} -j RETURN`, `-j MARK --xor-mark ${MARK}`, '-j MASQUERADE --random-fully'],
  },
  filter: {
    'KUBE-SERVICES': [],
    'KUBE-EXTERNAL-SERVICES': [],
    'KUBE-PROXY-FIREWALL': [],
    'KUBE-FORWARD': [
      '-m conntrack --ctstate INVALID -j DROP',
      `-m mark --mark ${MARK}/${MARK} -j ACCEPT`,
      '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ],
  },
};

const isNew = '-m conntrack --ctstate NEW';
const HOOKS = `*nat
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
COMMIT
*filter
-A INPUT ${isNew} -j KUBE-PROXY-FIREWALL
-A INPUT ${isNew} -j KUBE-EXTERNAL-SERVICES
-A FORWARD ${isNew} -j KUBE-PROXY-FIREWALL
-A FORWARD -j KUBE-FORWARD
-A FORWARD ${isNew} -j KUBE-SERVICES
-A FORWARD ${isNew} -j KUBE-EXTERNAL-SERVICES
-A OUTPUT ${isNew} -j KUBE-PROXY-FIREWALL
-A OUTPUT ${isNew} -j KUBE-SERVICES
COMMIT
`;

/** The probability of a rule that n endpoints reach, as kube-proxy prints it. */
export const printedProbability = (n) => (1 / n).toFixed(10);

/** One kube-proxy, on one node. */
export class IptablesProxy {
  #node;
  #isHooked = false;
  /** Chains of Services in the nat table. */
  #chains = new Set();

  constructor(node) {
    this.#node = node;
  }

  /** Why it cannot work here; '' when it can. Tries every match and target that the rules use. */
  static async whyNot(node) {
    if (!hasTool('iptables-restore')) return 'no iptables';
    const trial = `*nat
:TRIAL - [0:0]
-A TRIAL -m statistic --mode random --probability 0.5 -j RETURN
-A TRIAL -m recent --name TRIAL --rcheck --seconds 1 --reap -j RETURN
-A TRIAL -p tcp -m recent --name TRIAL --set -m tcp -j DNAT --to-destination 10.0.0.1:80
-A TRIAL -m addrtype --dst-type LOCAL -j MARK --or-mark 1
-A POSTROUTING -m mark --mark 1 -j MASQUERADE --random-fully
COMMIT
*filter
:TRIAL - [0:0]
-A TRIAL -m conntrack --ctstate NEW -j REJECT
COMMIT
`;
    const { status, stderr } = await node.order('run', { command: ['iptables-restore', '--noflush', '--test'], input: trial });
    return status === 0 ? '' : `the kernel lacks what the rules need: ${stderr.trim().split('\n')[0]}`;
  }

  static async version(node) {
    return (await node.run(['iptables', '--version'])).trim();
  }

  /** Writes the rules of these Services, in one transaction; lists of endpoints that stay are kept. */
  async sync(services) {
    const nat = new Map(Object.entries(BASE.nat).map(([chain, rules]) => [chain, [...rules]]));
    const filter = new Map(Object.entries(BASE.filter).map(([chain, rules]) => [chain, [...rules]]));
    for (const service of services) new ServiceRules(service, nat, filter).write();
    nat.get('KUBE-SERVICES').push('-m addrtype --dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS');
    const stale = [...this.#chains].filter((chain) => !nat.has(chain));
    await this.#node.run(['iptables-restore', '--noflush'], table('nat', nat, stale) + table('filter', filter, []));
    this.#chains = new Set([...nat.keys()].filter((chain) => !(chain in BASE.nat)));
    if (this.#isHooked) return;
    await this.#node.run(['iptables-restore', '--noflush'], HOOKS);
    this.#isHooked = true;
  }

  /** Source addresses that the kernel remembers for an endpoint. */
  async remembered(service, endpoint) {
    const list = await this.#node.run(['cat', `/proc/net/xt_recent/${endpointChain(service, endpoint)}`]);
    return list.split('\n').flatMap((line) => /^src=(\S+)/.exec(line)?.[1] ?? []);
  }

  /** Probabilities of the random rules of a Service as the kernel holds them, in order. */
  async probabilities(service) {
    const rules = await this.#node.run(['iptables', '-t', 'nat', '-S', `KUBE-SVC-${suffix(service)}`]);
    return [...rules.matchAll(/--probability (\S+)/g)].map(([, probability]) => Number(probability));
  }

  /** All rules go; connections stay. */
  async clear() {
    await this.#node.run(['iptables', '-t', 'nat', '-F']);
    await this.#node.run(['iptables', '-t', 'nat', '-X']);
    await this.#node.run(['iptables', '-F']);
    await this.#node.run(['iptables', '-X']);
    this.#chains.clear();
    this.#isHooked = false;
  }
}

function table(name, chains, stale) {
  const heads = [...chains.keys(), ...stale].map((chain) => `:${chain} - [0:0]`);
  const rules = [...chains].flatMap(([chain, lines]) => lines.map((line) => `-A ${chain} ${line}`));
  return [`*${name}`, ...heads, ...rules, ...stale.map((chain) => `-X ${chain}`), 'COMMIT', ''].join('\n');
}

const suffix = (service) => digest(service.name + service.protocol);
const endpointChain = (service, endpoint) => `KUBE-SEP-${digest(service.name + service.protocol + endpointName(endpoint))}`;

/** The rules of one Service port. */
class ServiceRules {
  constructor(service, nat, filter) {
    this.service = service;
    this.nat = nat;
    this.filter = filter;
    this.policies = policies(service);
    this.clusterChain = `KUBE-SVC-${suffix(service)}`;
    this.localChain = `KUBE-SVL-${suffix(service)}`;
    this.externalChain = `KUBE-EXT-${suffix(service)}`;
    this.firewallChain = `KUBE-FW-${suffix(service)}`;
  }

  write() {
    const { service, policies } = this;
    const hasEndpoints = service.endpoints.length > 0;
    this.writeDestinations(hasEndpoints);
    if (!hasEndpoints) return;
    if (isExternal(service)) this.writeExternalChain();
    if (policies.usesCluster) this.writeChoice(this.clusterChain, service.endpoints);
    if (policies.usesLocal && policies.local.length > 0) this.writeChoice(this.localChain, policies.local);
    for (const endpoint of service.endpoints) this.writeEndpoint(endpoint);
  }

  /** Where each address and port of the Service leads. */
  writeDestinations(hasEndpoints) {
    const { service, policies } = this;
    const { clusterIp, protocol, port, nodePort, externalIps, loadBalancerIp, sourceRanges } = service;
    const to = (address) => `-d ${address}/32 -p ${protocol} -m ${protocol} --dport ${port}`;
    if (policies.internalRefusal !== '') this.refuse('KUBE-SERVICES', to(clusterIp), policies.internalRefusal);
    else this.rule('KUBE-SERVICES', `${to(clusterIp)} -j ${service.internalLocal ? this.localChain : this.clusterChain}`);

    const external = [...externalIps, ...(loadBalancerIp === '' ? [] : [loadBalancerIp])];
    const nodePortMatch = `-p ${protocol} -m ${protocol} --dport ${nodePort}`;
    if (hasEndpoints) {
      for (const address of external) {
        const isFiltered = address === loadBalancerIp && sourceRanges.length > 0;
        this.rule('KUBE-SERVICES', `${to(address)} -j ${isFiltered ? this.firewallChain : this.externalChain}`);
        if (isFiltered) this.writeFirewall(to(address));
      }
      if (nodePort > 0) this.rule('KUBE-NODEPORTS', `${nodePortMatch} -j ${this.externalChain}`);
    }
    if (policies.externalRefusal === '') return;
    for (const address of external) this.refuse('KUBE-EXTERNAL-SERVICES', to(address), policies.externalRefusal);
    if (nodePort > 0) this.refuse('KUBE-EXTERNAL-SERVICES', `-m addrtype --dst-type LOCAL ${nodePortMatch}`, policies.externalRefusal);
  }

  writeFirewall(match) {
    for (const range of this.service.sourceRanges) this.rule(this.firewallChain, `-s ${range} -j ${this.externalChain}`);
    this.filter.get('KUBE-PROXY-FIREWALL').push(`${match} -j DROP`);
  }

  writeExternalChain() {
    const { externalChain, clusterChain, localChain, service, policies } = this;
    if (!service.externalLocal) {
      this.rule(externalChain, MASQUERADE);
      this.rule(externalChain, `-j ${clusterChain}`);
      return;
    }
    this.rule(externalChain, `-s ${POD_RANGE} -j ${clusterChain}`);
    this.rule(externalChain, `-m addrtype --src-type LOCAL ${MASQUERADE}`);
    this.rule(externalChain, `-m addrtype --src-type LOCAL -j ${clusterChain}`);
    if (policies.local.length > 0) this.rule(externalChain, `-j ${localChain}`);
  }

  writeChoice(chain, endpoints) {
    const { service } = this;
    const { clusterIp, protocol, port, affinitySeconds } = service;
    const isInternal = chain === (service.internalLocal ? this.localChain : this.clusterChain);
    if (isInternal) this.rule(chain, `! -s ${POD_RANGE} -d ${clusterIp}/32 -p ${protocol} -m ${protocol} --dport ${port} ${MASQUERADE}`);
    if (affinitySeconds > 0) {
      for (const endpoint of endpoints) {
        const name = endpointChain(service, endpoint);
        this.rule(chain, `-m recent --name ${name} --rcheck --seconds ${affinitySeconds} --reap --rsource -j ${name}`);
      }
    }
    endpoints.forEach((endpoint, i) => {
      const left = endpoints.length - i;
      const draw = left === 1 ? '' : `-m statistic --mode random --probability ${printedProbability(left)} `;
      this.rule(chain, `${draw}-j ${endpointChain(service, endpoint)}`);
    });
  }

  writeEndpoint(endpoint) {
    const { service } = this;
    const chain = endpointChain(service, endpoint);
    this.rule(chain, `-s ${endpoint.ip}/32 ${MASQUERADE}`);
    const note = service.affinitySeconds > 0 ? `-m recent --name ${chain} --set --rsource ` : '';
    this.rule(chain, `-p ${service.protocol} ${note}-m ${service.protocol} -j DNAT --to-destination ${endpointName(endpoint)}`);
  }

  rule(chain, text) {
    if (!this.nat.has(chain)) this.nat.set(chain, []);
    this.nat.get(chain).push(text);
  }

  refuse(chain, match, refusal) {
    this.filter.get(chain).push(`${match} -j ${refusal.toUpperCase()}`);
  }
}
