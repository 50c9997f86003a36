/** What a reader of slices sees behind a Service port: all slices merged, each address once. */
import { zoneOf } from './nodes.ts';
import type { Cluster } from './store.ts';

export interface ServiceEndpoint {
  /** `null` for addresses that are not pods of the cluster. */
  readonly podName: string | null;
  readonly ip: string;
  readonly port: number;
  /** `''` when unknown. */
  readonly node: string;
  readonly zone: string;
  /** Takes new connections. */
  readonly ready: boolean;
  /** Passes its readiness probe, terminating or not. */
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Zones and nodes whose proxies are to use it; empty without hints. */
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

const NO_HINTS: readonly string[] = [];

/**
 * Endpoints of one Service port, by ascending text of `ip:port` (the order in which kube-proxy writes its rules); none when the
 * Service or the port is unknown. Conditions that a slice leaves out count as ready and serving.
 * @param portName name of the Service port, `''` for an unnamed one
 */
export function serviceEndpoints(cluster: Cluster, namespace: string, serviceName: string, portName: string): readonly ServiceEndpoint[] {
  const found = new Map<string, ServiceEndpoint>();
  for (const slice of cluster.slicesOf(namespace, serviceName)) {
    if (slice.addressType !== 'IPv4') continue;
    const port = slice.ports.find((candidate) => (candidate.name ?? '') === portName)?.port;
    if (port === undefined || port === null) continue;
    for (const { addresses, conditions, nodeName = '', zone, targetRef, hints } of slice.endpoints) {
      const key = `${addresses[0]}:${port}`;
      if (found.has(key)) continue;
      const terminating = conditions?.terminating ?? false;
      found.set(key, {
        podName: targetRef?.kind === 'Pod' ? targetRef.name : null,
        ip: addresses[0],
        port,
        node: nodeName,
        zone: zone ?? zoneOf(cluster.get('Node', '', nodeName)),
        ready: conditions?.ready ?? true,
        serving: conditions?.serving ?? conditions?.ready ?? true,
        terminating,
        zoneHints: hints?.forZones?.map(({ name }) => name) ?? NO_HINTS,
        nodeHints: hints?.forNodes?.map(({ name }) => name) ?? NO_HINTS,
      });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}
