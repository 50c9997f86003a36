/** `cluster.conntrack`, and what a KubeProxyConfiguration says of it → `ConntrackSpec`. */
import { isUnitProblem, NS_PER_SECOND, parseDuration } from '../units.ts';
import type { Context } from './context.ts';
import { isObject, type Path, type PlainObject } from './document.ts';
import type { Manifest } from './manifests.ts';
import type { ConntrackSpec } from './scenario.ts';
import type { ClusterInput } from './schema-source.ts';

/** kube-proxy pkg/proxy/apis/config/v1alpha1/defaults.go; UDP: Linux nf_conntrack_proto_udp.c, which kube-proxy leaves. */
const DEFAULTS = { maxPerCore: 32768, min: 131072, tcpEstablishedTimeout: '24h', udpTimeout: '30s', udpStreamTimeout: '120s' };
/** 1024 to 65535: nf_nat_core.c, for source ports above 1023. */
const SNAT_PORTS = 64512;
/** A table has a counter for each second to come. */
const LONGEST_UDP_NS = 3600 * NS_PER_SECOND;

export interface ConntrackSources {
  readonly configuration: Manifest | undefined;
  /** Of the cluster's version. */
  readonly udpCleanup: ConntrackSpec['udpCleanup'];
}

export function readConntrack(context: Context, path: Path, input: ClusterInput['conntrack'] = {}, sources: ConntrackSources): ConntrackSpec {
  const { configuration } = sources;
  const configured = configuration === undefined ? {} : fromConfiguration(configuration);
  const { max, maxPerCore, min, udpCleanup, snatPorts, ...times } = { ...DEFAULTS, ...configured, ...input };
  const time = (name: 'tcpEstablishedTimeout' | 'udpTimeout' | 'udpStreamTimeout') => {
    const ns = context.timeNs([...path, name], times[name], 0);
    if (ns < NS_PER_SECOND || (name !== 'tcpEstablishedTimeout' && (ns > LONGEST_UDP_NS || ns % NS_PER_SECOND !== 0))) {
      context.issue([...path, name], 'time-out out of range', times[name], name === 'tcpEstablishedTimeout' ? '1s and more' : 'whole seconds, 1s to 1h');
      return NS_PER_SECOND;
    }
    return ns;
  };
  return {
    max: max ?? null,
    maxPerCore,
    min,
    tcpEstablishedNs: time('tcpEstablishedTimeout'),
    udpNs: time('udpTimeout'),
    udpStreamNs: time('udpStreamTimeout'),
    udpCleanup: udpCleanup ?? sources.udpCleanup,
    snatPorts: snatPorts ?? SNAT_PORTS,
  };
}

/** What the file says; 0 leaves the system's value, which is our default. */
function fromConfiguration({ value }: Manifest): Partial<typeof DEFAULTS> {
  const written: PlainObject = isObject(value.conntrack) ? value.conntrack : {};
  const known = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[];
  const usable = known.filter((name) => {
    const setting = written[name];
    if (typeof DEFAULTS[name] === 'number') return typeof setting === 'number' && setting > 0;
    const ns = typeof setting === 'string' ? parseDuration(setting) : 0;
    return !isUnitProblem(ns) && ns > 0;
  });
  return Object.fromEntries(usable.map((name) => [name, written[name]]));
}
