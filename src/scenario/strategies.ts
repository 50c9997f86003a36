/**
 * Named strategies of balancing, which `compare --strategies` sets over a scenario without a change of it: `iptables`, `ipvs:lc`,
 * `ideal:power_of_choices`, or whole sets of them.
 *
 * What there is comes from the scenario's schema, so a new mode, scheduler, plane or policy is a strategy as soon as it is a word of the
 * format. An L4 strategy is how kube-proxy chooses, with no balancer at the clients; an L7 strategy is a client-side plane at every
 * client that can have one. What the reader of scenarios refuses of the outcome is the reason why a strategy does not apply.
 */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { isObject, type Path, valueAt, withValue } from './document.ts';
import type { Inputs } from './overrides.ts';
import { nearest, type Report } from './report.ts';
import { scenarioJsonSchema } from './schema.ts';
import { serviceOfHost } from './targets.ts';

export interface Strategy {
  readonly name: string;
  readonly layer: 'l4' | 'l7' | 'as-written';
  /** Words of `cluster.kubeProxy`, or of `clients[].balancer`. */
  readonly words: Readonly<Record<string, string>>;
}

/** The axis that strategies are. */
export const STRATEGY_AXIS = 'strategy';
const AS_WRITTEN: Strategy = { name: 'as-written', layer: 'as-written', words: {} };

/** Which further word each mode of kube-proxy takes. */
const WORD_OF_MODE: Readonly<Record<string, string>> = { ipvs: 'scheduler', cilium: 'algorithm' };

const SPEC: Path = ['properties', 'spec', 'properties'];
const KUBE_PROXY: Path = [...SPEC, 'cluster', 'properties', 'kubeProxy', 'properties'];
const BALANCER: Path = [...SPEC, 'clients', 'items', 'properties', 'balancer', 'properties'];

/** All strategies that the format has words for, in its order. */
export function knownStrategies(): readonly Strategy[] {
  const schema = scenarioJsonSchema();
  const words = (at: Path, word: string): readonly string[] => {
    const values = valueAt(schema, [...at, word, 'enum']);
    return Array.isArray(values) ? values.map(String) : [];
  };
  const l4 = words(KUBE_PROXY, 'mode').flatMap((mode): Strategy[] => {
    const word = WORD_OF_MODE[mode];
    const choices = word === undefined ? [] : words(KUBE_PROXY, word);
    if (choices.length === 0) return [{ name: mode, layer: 'l4', words: { mode } }];
    return choices.map((choice) => ({ name: `${mode}:${choice}`, layer: 'l4', words: { mode, [word]: choice } }));
  });
  const l7 = words(BALANCER, 'plane').flatMap((plane) =>
    words(BALANCER, 'policy').map((policy): Strategy => ({ name: `${plane}:${policy}`, layer: 'l7', words: { plane, policy } })),
  );
  return [...l4, ...l7];
}

const SETS: Readonly<Record<string, (strategy: Strategy) => boolean>> = {
  l4: ({ layer }) => layer === 'l4',
  l7: ({ layer }) => layer === 'l7',
  all: () => true,
};

/** `l4`, `l7`, `all`, or a list of names and sets; `as-written` is the scenario as it is, a mode alone its first kind. */
export function parseStrategies(text: string, report: Report): readonly Strategy[] {
  const known = knownStrategies();
  const found = new Map<string, Strategy>();
  for (const word of text.split(',').map((one) => one.trim())) {
    const set = Object.hasOwn(SETS, word) ? known.filter(SETS[word]) : [];
    const named = word === AS_WRITTEN.name ? AS_WRITTEN : (known.find(({ name }) => name === word) ?? known.find(({ words }) => words.mode === word));
    for (const strategy of named === undefined ? set : [named]) found.set(strategy.name, strategy);
    if (named !== undefined || set.length > 0) continue;
    const names = [...Object.keys(SETS), AS_WRITTEN.name, ...known.map(({ name }) => name)];
    const close = nearest(word, names);
    report.add({
      where: '--strategies',
      problem: 'no such strategy',
      value: word,
      hint: close.length > 0 ? `did you mean ${close.join(' or ')}?` : `there is ${names.join(', ')}`,
    });
  }
  return [...found.values()];
}

/** The inputs under a strategy, or the reason why it says nothing about them. */
export function applyStrategy(inputs: Inputs, strategy: Strategy, objects: readonly KubernetesObject[]): Inputs | { readonly reason: string } {
  if (strategy.layer === 'as-written') return inputs;
  const clients = valueAt(inputs.scenario.value, ['spec', 'clients']);
  const targets = Array.isArray(clients) ? clients.map((client) => String(valueAt(client, ['target']))) : [];
  const able = targets.map((target) => strategy.layer === 'l4' || isServiceUrl(target, objects));
  if (!able.includes(true))
    return { reason: `no client asks a Service by its name (${[...new Set(targets)].slice(0, 3).join(', ')}), so none knows pods to choose from` };
  const where = `--strategies ${strategy.name}`;
  let scenario = inputs.scenario;
  const set = (path: Path, value: unknown) => {
    scenario = withValue(scenario, path, value, where) ?? scenario;
  };
  if (strategy.layer === 'l4') set(['spec', 'cluster', 'kubeProxy'], { ...written(inputs), ...strategy.words });
  able.forEach((isAble, i) => {
    if (strategy.layer === 'l7' && isAble) set(['spec', 'clients', i, 'balancer'], strategy.words);
    if (strategy.layer === 'l4' && valueAt(scenario.value, ['spec', 'clients', i, 'balancer']) !== undefined)
      set(['spec', 'clients', i, 'balancer'], undefined);
  });
  return { ...inputs, scenario };
}

/** What the scenario says of kube-proxy beside the way it chooses. */
function written({ scenario }: Inputs): Record<string, unknown> {
  const kubeProxy = valueAt(scenario.value, ['spec', 'cluster', 'kubeProxy']);
  if (!isObject(kubeProxy)) return {};
  const choice = ['mode', ...Object.values(WORD_OF_MODE)];
  return Object.fromEntries(Object.entries(kubeProxy).filter(([key]) => !choice.includes(key)));
}

/** By name or ClusterIP: whoever asks so can also be told the Service's endpoints. */
function isServiceUrl(url: string, objects: readonly KubernetesObject[]): boolean {
  const host = /^[a-z]+:\/\/([^/:?#]+)/.exec(url)?.[1] ?? '';
  if (objects.some((object) => object.kind === 'Service' && isObject(object.spec) && object.spec.clusterIP === host)) return true;
  const namespaces = [...new Set(objects.map((object) => object.metadata.namespace ?? 'default'))];
  return namespaces.some((namespace) => serviceOfHost(host, namespace, objects) !== undefined);
}
