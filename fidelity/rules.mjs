/**
 * All rules that are held against the real system, in the order of the table.
 *
 * @typedef {object} Rule
 * @property {string} system
 * @property {string} rule
 * @property {(lab: import('./lab.mjs').Lab) => Promise<{ real: string, model: string, detail?: string } | { skipped: string }>} run
 *   what both do; they agree when the texts are the same. `detail`: figures that change from run to run
 */
import { IptablesProxy } from './iptables.mjs';
import { affinityRules } from './rules-affinity.mjs';
import { choiceRules, fixedPointRule } from './rules-choice.mjs';

/** A kube-proxy mode: its rule writer, made when its first rule runs, and the model's name in the registry. */
function plane(system, model, Writer) {
  const proxies = new WeakMap();
  return {
    system,
    model,
    Writer,
    /** Writes the rules of these Services and no others. */
    async proxy(lab, services) {
      if (!proxies.has(lab)) proxies.set(lab, new Writer(lab.node));
      const proxy = proxies.get(lab);
      await proxy.sync(services);
      return proxy;
    },
  };
}

const iptables = plane('kube-proxy iptables', 'kube-proxy-iptables', IptablesProxy);

export const planes = [iptables];

/** @type {Rule[]} */
export const rules = [...choiceRules(iptables), fixedPointRule(iptables), ...affinityRules(iptables)];
