/**
 * `cluster.kubeProxy`, `--kube-proxy MODE` or a KubeProxyConfiguration → `KubeProxySpec`; the flag first, then the scenario, then the manifest.
 * What none of them says comes from the version of Kubernetes.
 */
import { isUnitProblem, parseDuration } from '../units.ts';
import type { Context } from './context.ts';
import { isObject, type Path } from './document.ts';
import type { Manifest } from './manifests.ts';
import { NOT_BUILT } from './not-built.ts';
import type { KubeProxySpec } from './scenario.ts';
import type { ClusterInput } from './schema-source.ts';
import type { VersionDefaults } from './versions.ts';

const PATH: Path = ['spec', 'cluster', 'kubeProxy'];

type KubeProxyInput = NonNullable<ClusterInput['kubeProxy']>;

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
  return specOf('ipvs', defaults.minSyncPeriodNs.ipvs, true);
}

function specOf(mode: 'iptables' | 'ipvs', minSyncPeriodNs: number, assumed = false): KubeProxySpec {
  return mode === 'iptables' ? { mode, minSyncPeriodNs, assumed } : { mode, scheduler: 'rr', minSyncPeriodNs, assumed };
}

function isMode(mode: string): mode is 'iptables' | 'ipvs' {
  return mode === 'iptables' || mode === 'ipvs';
}

function refusedMode(mode: string): string {
  return ['nftables', 'cilium', 'userspace'].includes(mode) ? NOT_BUILT : 'unknown mode of kube-proxy';
}

function fromFlag(context: Context, flag: string, defaults: VersionDefaults): KubeProxySpec {
  if (isMode(flag)) return specOf(flag, defaults.minSyncPeriodNs[flag]);
  context.report.add({ where: '--kube-proxy', problem: refusedMode(flag), value: flag, hint: 'iptables or ipvs' });
  return specOf('ipvs', 0);
}

function fromScenario(context: Context, input: KubeProxyInput, defaults: VersionDefaults): KubeProxySpec {
  if (input.mode === 'iptables' && input.scheduler !== undefined) {
    context.issue([...PATH, 'scheduler'], 'a scheduler without mode: ipvs', input.scheduler, 'iptables mode chooses at random');
  }
  return specOf(input.mode, context.timeNs([...PATH, 'minSyncPeriod'], input.minSyncPeriod, defaults.minSyncPeriodNs[input.mode]));
}

/** An empty mode means iptables on Linux (kubernetes.io, kube-proxy configuration v1alpha1); an empty scheduler means rr. */
function fromConfiguration(context: Context, manifest: Manifest, defaults: VersionDefaults): KubeProxySpec {
  const { mode, ipvs } = manifest.value;
  const name = typeof mode === 'string' && mode !== '' ? mode : 'iptables';
  if (!isMode(name)) {
    context.report.at(manifest, ['mode'], refusedMode(name), name, 'iptables or ipvs');
    return specOf('ipvs', 0);
  }
  const scheduler = isObject(ipvs) ? ipvs.scheduler : undefined;
  if (name === 'ipvs' && typeof scheduler === 'string' && scheduler !== '' && scheduler !== 'rr') {
    context.report.at(manifest, ['ipvs', 'scheduler'], `${scheduler}: ${NOT_BUILT}`, undefined, 'use rr');
  }
  return specOf(name, minSyncPeriod(context, manifest, name, defaults.minSyncPeriodNs[name]));
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
