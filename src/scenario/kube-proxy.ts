/**
 * `cluster.kubeProxy`, `--kube-proxy MODE[:SCHEDULER]` or a KubeProxyConfiguration → `KubeProxySpec`; the flag first, then the scenario, then
 * the manifest. What none of them says comes from the version of Kubernetes.
 */
import { SCHEDULERS, type SchedulerName } from '../balancers/index.ts';
import { isUnitProblem, parseDuration } from '../units.ts';
import type { Context } from './context.ts';
import { isObject, type Path } from './document.ts';
import type { Manifest } from './manifests.ts';
import { NOT_BUILT } from './not-built.ts';
import { nearest } from './report.ts';
import type { KubeProxyMode, KubeProxySpec } from './scenario.ts';
import type { ClusterInput } from './schema-source.ts';
import type { VersionDefaults } from './versions.ts';

const PATH: Path = ['spec', 'cluster', 'kubeProxy'];
const MODES = ['iptables', 'ipvs'] as const;

type KubeProxyInput = NonNullable<ClusterInput['kubeProxy']>;
type Mode = KubeProxyMode['mode'];

/** Their names are too short to guess which one was meant. */
const SCHEDULER_HINT = `one of ${SCHEDULERS.join(', ')}`;

/** Words that mean something in one mode only. */
export const WORDS_OF_MODE: Readonly<Partial<Record<keyof KubeProxyInput, Mode>>> = { scheduler: 'ipvs', overhead: 'ipvs' };

export interface KubeProxySources {
  /** `--kube-proxy`. */
  readonly flag: string | undefined;
  readonly input: KubeProxyInput | undefined;
  /** The last KubeProxyConfiguration of the manifests. */
  readonly configuration: Manifest | undefined;
}

export function readKubeProxy(context: Context, { flag, input, configuration }: KubeProxySources, defaults: VersionDefaults): KubeProxySpec {
  if (flag !== undefined) return fromFlag(context, flag, defaults);
  if (input !== undefined) return fromScenario(context, input, defaults);
  if (configuration !== undefined) return fromConfiguration(context, configuration, defaults);
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
      return { mode: 'iptables' };
    case 'ipvs':
      return { mode: 'ipvs', scheduler: input.scheduler ?? 'rr', overhead: input.overhead ?? '257a+i' };
  }
}

function fromScenario(context: Context, input: KubeProxyInput, defaults: VersionDefaults): KubeProxySpec {
  for (const [word, mode] of Object.entries(WORDS_OF_MODE)) {
    const value = input[word as keyof KubeProxyInput];
    if (value !== undefined && input.mode !== mode) {
      context.issue([...PATH, word], `${word === 'scheduler' ? 'a scheduler' : word} without mode: ${mode}`, value, `leave it out, or write mode: ${mode}`);
    }
  }
  return specOf(input, defaults, context.timeNs([...PATH, 'minSyncPeriod'], input.minSyncPeriod, defaults.minSyncPeriodNs[input.mode]));
}

/** `ipvs`, or `ipvs:lc`. */
function fromFlag(context: Context, flag: string, defaults: VersionDefaults): KubeProxySpec {
  const [mode, choice] = flag.split(/:(.*)/s);
  const refuse = (problem: string, value: string, hint: string): KubeProxySpec => {
    context.report.add({ where: '--kube-proxy', problem, value, hint });
    return specOf({ mode: 'ipvs' }, defaults);
  };
  if (!isMode(mode)) return refuse(refusedMode(mode), mode, hintFor(mode));
  if (choice === undefined) return specOf({ mode }, defaults);
  if (mode !== 'ipvs') return refuse(`${mode} has nothing to choose`, flag, `write ${mode}`);
  if (!isScheduler(choice)) return refuse('unknown scheduler of ipvs', choice, SCHEDULER_HINT);
  return specOf({ mode, scheduler: choice }, defaults);
}

/** An empty mode means iptables on Linux (kubernetes.io, kube-proxy configuration v1alpha1); an empty scheduler means rr. */
function fromConfiguration(context: Context, manifest: Manifest, defaults: VersionDefaults): KubeProxySpec {
  const { mode, ipvs } = manifest.value;
  const name = typeof mode === 'string' && mode !== '' ? mode : 'iptables';
  if (!isMode(name)) {
    context.report.at(manifest, ['mode'], refusedMode(name), name, hintFor(name));
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

function refusedMode(mode: string): string {
  return ['nftables', 'cilium', 'userspace'].includes(mode) ? NOT_BUILT : 'unknown mode of kube-proxy';
}

function hintFor(mode: string): string {
  const close = nearest(mode, MODES);
  return close.length > 0 ? `did you mean ${close.join(' or ')}?` : `one of ${MODES.join(', ')}`;
}
