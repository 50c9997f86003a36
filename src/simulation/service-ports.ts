/**
 * Services as the data planes see them: ports, and the addresses at which each can be reached.
 *
 *   Service port ─┬─ ClusterIP:port                    internalTrafficPolicy
 *                 ├─ external IP:port   (each of them) externalTrafficPolicy
 *                 ├─ load balancer:port (each of them) externalTrafficPolicy, loadBalancerSourceRanges
 *                 └─ any node:node port                externalTrafficPolicy
 *
 * Source: kube-proxy 1.35 `pkg/proxy/serviceport.go`.
 */
import { contains, type Ipv4Range, type PolicyUse, parseCidr, parseIpv4, policyUse, type Service } from '../kubernetes/index.ts';
import type { Entry } from './kube-proxy.ts';

const NS = 1e9;
/** Seconds that ClientIP affinity lasts when nobody says otherwise. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** One port of one Service. */
export interface ServicePort {
  readonly index: number;
  /** Number of the Service in the recorder. */
  readonly service: number;
  readonly namespace: string;
  readonly serviceName: string;
  readonly portName: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** 0 = none. */
  readonly nodePort: number;
  readonly affinityTimeoutNs: number;
  /** uint32; 0 for headless Services. */
  readonly clusterIp: number;
  /** The first; 0 = none. */
  readonly loadBalancerIp: number;
  readonly isLoadBalancer: boolean;
  /** `externalTrafficPolicy: Local`: from outside, a node uses its own pods only. */
  readonly isExternalLocal: boolean;
  /** Which lists of endpoints its policies need. */
  readonly use: PolicyUse;
  /** Sources that the load balancer lets in; `null` = all. */
  readonly sourceRanges: readonly Ipv4Range[] | null;
  /** Empty for headless Services. */
  readonly frontends: readonly Frontend[];
}

/** One address and port at which a Service port is reached. */
export interface Frontend {
  readonly port: ServicePort;
  readonly entry: Entry;
  /** uint32; 0 for the node port, which answers at every node. */
  readonly address: number;
  /** Port that packets are sent to. */
  readonly number: number;
  /** Place among the frontends of its port. */
  readonly index: number;
  /** Its traffic policy is Local. */
  readonly isLocal: boolean;
}

/** @param firstIndex number of the first port; @param number of the Service in the recorder */
export function servicePorts(service: Service, firstIndex: number, number: number): readonly ServicePort[] {
  const { namespace = '', name } = service.metadata;
  const { spec } = service;
  const affinity = spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS) * NS : 0;
  const balancers = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => parseIpv4(ip ?? '') ?? []);
  const externalIps = (spec.externalIPs ?? []).flatMap((ip) => parseIpv4(ip) ?? []);
  const ranges = (spec.loadBalancerSourceRanges ?? []).flatMap((text) => parseCidr(text.trim()) ?? []);
  return (spec.ports ?? []).map((port, i) => {
    const nodePort = port.nodePort ?? 0;
    const frontends: Frontend[] = [];
    const servicePort: ServicePort = {
      index: firstIndex + i,
      service: number,
      namespace,
      serviceName: name,
      portName: port.name ?? '',
      port: port.port,
      protocol: port.protocol ?? 'TCP',
      nodePort,
      affinityTimeoutNs: affinity,
      clusterIp: parseIpv4(spec.clusterIP ?? '') ?? 0,
      loadBalancerIp: balancers[0] ?? 0,
      isLoadBalancer: spec.type === 'LoadBalancer',
      isExternalLocal: spec.externalTrafficPolicy === 'Local',
      use: policyUse(service, nodePort > 0 || balancers.length > 0 || externalIps.length > 0),
      sourceRanges: ranges.length === 0 ? null : ranges,
      frontends,
    };
    const add = (entry: Entry, address: number, at: number) =>
      frontends.push({
        port: servicePort,
        entry,
        address,
        number: at,
        index: frontends.length,
        isLocal: entry === 'cluster-ip' ? spec.internalTrafficPolicy === 'Local' : servicePort.isExternalLocal,
      });
    if (servicePort.clusterIp > 0) add('cluster-ip', servicePort.clusterIp, port.port);
    for (const address of externalIps) add('external-ip', address, port.port);
    for (const address of balancers) add('load-balancer', address, port.port);
    if (nodePort > 0) add('node-port', 0, nodePort);
    return servicePort;
  });
}

/** `loadBalancerSourceRanges`: in iptables chain KUBE-FW, which drops what no range names; node ports are not subject to it. */
export function admitsSource({ sourceRanges }: ServicePort, address: number): boolean {
  return sourceRanges === null || sourceRanges.some((range) => contains(range, address));
}
