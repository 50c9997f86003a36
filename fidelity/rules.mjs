/**
 * All rules that are held against the real system, in the order of the table.
 *
 * @typedef {object} Rule
 * @property {string} system
 * @property {string} rule
 * @property {(lab: import('./lab.mjs').Lab) => Promise<{ real: string, model: string, detail?: string } | { skipped: string }>} run
 *   what both do; they agree when the texts are the same. `detail`: figures that change from run to run
 */
import { NodeConntrack } from './conntrack.mjs';
import { IptablesProxy } from './iptables.mjs';
import { NftablesProxy } from './nftables.mjs';
import { affinityRules, fullSetRule } from './rules-affinity.mjs';
import { choiceRules, fixedPointRule } from './rules-choice.mjs';
import { conntrackRules } from './rules-conntrack.mjs';
import { flowRules } from './rules-flows.mjs';
import { policyRules } from './rules-policies.mjs';

/** The rules of which system are in place in a lab: two kube-proxies on one node would meet the same packets. */
const inPlace = new WeakMap();

/** A kube-proxy mode: its rule writer, and the model's name in the registry and in a scenario. */
function plane(mode, Writer) {
  return {
    system: `kube-proxy ${mode}`,
    mode,
    model: `kube-proxy-${mode}`,
    /** Writes the rules of these Services and no others. */
    async proxy(lab, services) {
      let proxy = inPlace.get(lab);
      if (!(proxy instanceof Writer)) {
        await proxy?.clear();
        proxy = new Writer(lab.node);
        inPlace.set(lab, proxy);
      }
      await proxy.sync(services);
      return proxy;
    },
  };
}

const iptables = plane('iptables', IptablesProxy);
const nftables = plane('nftables', NftablesProxy);

const CONNTRACK = 'Linux conntrack';

/** Each has `whyNot(node)`, which tries whether it can work here, and `version(node)`. */
export const systems = new Map([
  [iptables.system, IptablesProxy],
  [nftables.system, NftablesProxy],
  [CONNTRACK, NodeConntrack],
]);

const kubeProxyRules = (plane) => [...choiceRules(plane), ...affinityRules(plane), ...flowRules(plane), ...policyRules(plane)];

/** @type {Rule[]} */
export const rules = [
  fixedPointRule(iptables),
  ...kubeProxyRules(iptables),
  ...kubeProxyRules(nftables),
  fullSetRule(nftables),
  ...conntrackRules(CONNTRACK, iptables),
];
