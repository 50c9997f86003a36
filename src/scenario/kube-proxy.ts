/**
 * `cluster.kubeProxy`, `--kube-proxy MODE[:SCHEDULER]` or a KubeProxyConfiguration → `KubeProxySpec`; the flag first, then the scenario, then
 * the manifest. What none of them says comes from the version of Kubernetes.
 */
import { CILIUM_HASH_SEED, CILIUM_TABLE_SIZE, SCHEDULERS, type SchedulerName } from '../balancers/index.ts';
import { isUnitProblem, parseDuration } from '../units.ts';
import type { Context } from './context.ts';
import { isObject, type Path } from './document.ts';
import type { Manifest } from './manifests.ts';
import { nearest } from './report.ts';
import type { IpvsMode, KubeProxyMode, KubeProxySpec } from './scenario.ts';
import type { ClusterInput } from './schema-source.ts';
import { minorOf, SINCE, type VersionDefaults, versionDefaults } from './versions.ts';

const PATH: Path = ['spec', 'cluster', 'kubeProxy'];
const VERSION: Path = ['spec', 'cluster', 'kubernetesVersion'];
const MODES = ['iptables', 'nftables', 'ipvs', 'cilium', 'userspace'] as const;
const ALGORITHMS = ['random', 'maglev'] as const;
// Linux 6.12 net/netfilter/xt_recent.c
const IP_LIST_TOT = 100;

type KubeProxyInput = NonNullable<ClusterInput['kubeProxy']>;
type Mode = KubeProxyMode['mode'];

/** Their names are too short to guess which one was meant. */
const SCHEDULER_HINT = `one of ${SCHEDULERS.join(', ')}`;

/** Words that mean something in one mode only. */
export const WORDS_OF_MODE: Readonly<Partial<Record<keyof KubeProxyInput, Mode>>> = {
  ipListTot: 'iptables',
  scheduler: 'ipvs',
  overhead: 'ipvs',
  connReuseMode: 'ipvs',
  weight0Reschedule: 'ipvs',
  algorithm: 'cilium',
  tableSize: 'cilium',
  hashSeed: 'cilium',
  forwarding: 'cilium',
};

export interface KubeProxySources {
  /** `--kube-proxy`. */
  readonly flag: string | undefined;
  readonly input: KubeProxyInput | undefined;
  /** The last KubeProxyConfiguration of the manifests. */
  readonly configuration: Manifest | undefined;
}

export function readKubeProxy(context: Context, sources: KubeProxySources, version: string): KubeProxySpec {
  const defaults = versionDefaults(version);
  const { flag, input, configuration } = sources;
  if (flag !== undefined) return fromFlag(context, flag, defaults);
  const spec =
    input !== undefined ? fromScenario(context, input, defaults) : configuration !== undefined ? fromConfiguration(context, configuration, defaults) : null;
  if (spec !== null) {
    const since = SINCE[spec.mode];
    if (since !== undefined && minorOf(version) < minorOf(since)) {
      context.issue([...VERSION], `kube-proxy has no mode ${spec.mode} yet`, version, `it came with ${since}`);
    }
    return spec;
  }
  context.report.assume(
    [...PATH, 'mode'],
    'ipvs, rr',
    'not named; every node begins its turn at the same pod; clusters in iptables mode choose at random and queue longer: say --kube-proxy iptables',
  );
  return { ...specOf({ mode: 'ipvs' }, defaults), assumed: true };
}

/** What is written, completed. */
function specOf(input: KubeProxyInput, defaults: VersionDefaults, minSyncPeriodNs = defaults.minSyncPeriodNs[input.mode]): KubeProxySpec {
  return { ...modeOf(input), minSyncPeriodNs, assumed: false };
}

function modeOf(input: KubeProxyInput): KubeProxyMode {
  switch (input.mode) {
    case 'iptables':
      return { mode: 'iptables', ipListTot: input.ipListTot ?? IP_LIST_TOT };
    case 'ipvs':
      return { mode: 'ipvs', scheduler: input.scheduler ?? 'rr', overhead: input.overhead ?? '257a+i', portReuse: portReuseOf(input) };
    case 'cilium': {
      const { algorithm = 'random', tableSize = CILIUM_TABLE_SIZE, hashSeed = CILIUM_HASH_SEED, forwarding = 'snat' } = input;
      return { mode: 'cilium', algorithm, tableSize, hashSeed, forwarding };
    }
    case 'nftables':
    case 'userspace':
      return { mode: input.mode };
  }
}

function portReuseOf({ connReuseMode, weight0Reschedule }: KubeProxyInput): IpvsMode['portReuse'] {
  if (connReuseMode === undefined) return null;
  return { mode: connReuseMode, looksForWeight0: weight0Reschedule !== 'off' && weight0Reschedule !== false };
}

function fromScenario(context: Context, input: KubeProxyInput, defaults: VersionDefaults): KubeProxySpec {
  for (const [word, mode] of Object.entries(WORDS_OF_MODE)) {
    const value = input[word as keyof KubeProxyInput];
    if (value !== undefined && input.mode !== mode) {
      context.issue([...PATH, word], `${word === 'scheduler' ? 'a scheduler' : word} without mode: ${mode}`, value, `leave it out, or write mode: ${mode}`);
    }
  }
  if (input.weight0Reschedule !== undefined && input.connReuseMode === undefined && input.mode === 'ipvs') {
    context.issue(
      [...PATH, 'weight0Reschedule'],
      'means nothing without connReuseMode',
      input.weight0Reschedule,
      'write connReuseMode: 1, or 0 for kernels 4.1 to 5.8',
    );
  }
  return specOf(input, defaults, context.timeNs([...PATH, 'minSyncPeriod'], input.minSyncPeriod, defaults.minSyncPeriodNs[input.mode]));
}

/** `ipvs`, `ipvs:lc`, `cilium:maglev`. */
function fromFlag(context: Context, flag: string, defaults: VersionDefaults): KubeProxySpec {
  const [mode, choice] = flag.split(/:(.*)/s);
  const refuse = (problem: string, value: string, hint: string): KubeProxySpec => {
    context.report.add({ where: '--kube-proxy', problem, value, hint });
    return specOf({ mode: 'ipvs' }, defaults);
  };
  if (!isMode(mode)) return refuse('unknown mode of kube-proxy', mode, hintFor(mode));
  if (choice === undefined) return specOf({ mode }, defaults);
  if (mode === 'ipvs') return isScheduler(choice) ? specOf({ mode, scheduler: choice }, defaults) : refuse('unknown scheduler of ipvs', choice, SCHEDULER_HINT);
  if (mode !== 'cilium') return refuse(`${mode} has nothing to choose`, flag, `write ${mode}`);
  const algorithm = ALGORITHMS.find((name) => name === choice);
  return algorithm === undefined ? refuse('unknown algorithm of cilium', choice, 'random or maglev') : specOf({ mode, algorithm }, defaults);
}

/** An empty mode means iptables on Linux (kubernetes.io, kube-proxy configuration v1alpha1); an empty scheduler means rr. */
function fromConfiguration(context: Context, manifest: Manifest, defaults: VersionDefaults): KubeProxySpec {
  const { mode, ipvs } = manifest.value;
  const name = typeof mode === 'string' && mode !== '' ? mode : 'iptables';
  if (!isMode(name) || name === 'cilium') {
    context.report.at(
      manifest,
      ['mode'],
      'unknown mode of kube-proxy',
      name,
      name === 'cilium' ? 'Cilium stands in its place: say cluster.kubeProxy.mode: cilium' : hintFor(name),
    );
    return specOf({ mode: 'ipvs' }, defaults);
  }
  const scheduler = isObject(ipvs) && typeof ipvs.scheduler === 'string' && ipvs.scheduler !== '' ? ipvs.scheduler : 'rr';
  const minSyncPeriodNs = minSyncPeriod(context, manifest, name, defaults.minSyncPeriodNs[name]);
  if (name !== 'ipvs') return specOf({ mode: name }, defaults, minSyncPeriodNs);
  if (isScheduler(scheduler)) return specOf({ mode: name, scheduler }, defaults, minSyncPeriodNs);
  context.report.at(manifest, ['ipvs', 'scheduler'], 'unknown scheduler of ipvs', scheduler, SCHEDULER_HINT);
  return specOf({ mode: 'ipvs' }, defaults);
}

/** `iptables.minSyncPeriod` and its like; `0s` leaves the default, as in kube-proxy (defaults.go). */
function minSyncPeriod(context: Context, manifest: Manifest, mode: string, fallbackNs: number): number {
  const section = manifest.value[mode];
  const text = isObject(section) ? section.minSyncPeriod : undefined;
  if (text === undefined || text === '') return fallbackNs;
  const ns = parseDuration(text);
  if (isUnitProblem(ns)) {
    context.report.unit(manifest, [mode, 'minSyncPeriod'], ns, text);
    return fallbackNs;
  }
  return ns === 0 ? fallbackNs : Math.round(ns);
}

function isMode(mode: string): mode is Mode {
  return (MODES as readonly string[]).includes(mode);
}

function isScheduler(name: string): name is SchedulerName {
  return (SCHEDULERS as readonly string[]).includes(name);
}

function hintFor(mode: string): string {
  const close = nearest(mode, MODES);
  return close.length > 0 ? `did you mean ${close.join(' or ')}?` : `one of ${MODES.join(', ')}`;
}
