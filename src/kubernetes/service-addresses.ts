/**
 * The addresses and node ports that Services hold: who has what, and what a new Service gets.
 *
 * `withAddresses` is the create and update step; the choices themselves are pure (`cluster-ip.ts`, `node-port.ts`).
 * Source of the texts: kubernetes/kubernetes pkg/registry/core/service/{storage/alloc.go,ipallocator,portallocator}.
 */
import type { Key } from '../random/stream.ts';
import { deriveKey } from '../random/stream.ts';
import type { Cause } from './admission-error.ts';
import { internalError, invalid } from './admission-error.ts';
import { chooseClusterIp, probe } from './cluster-ip.ts';
import type { Ipv4Range } from './ipv4.ts';
import { contains, formatIpv4, parseCidr, parseIpv4 } from './ipv4.ts';
import type { PortRange } from './node-port.ts';
import { chooseNodePort } from './node-port.ts';
import type { Service, ServicePort } from './objects.ts';

/** Where load balancers get their addresses: TEST-NET-2 (RFC 5737), then half of the benchmark range (RFC 2544). */
const LOAD_BALANCER_RANGES = ['198.51.100.0/24', '198.18.0.0/16'].map((text) => parseCidr(text) as Ipv4Range);

/** The first address of the service range belongs to this Service of every cluster, which is not modelled itself. */
const API_SERVER = 'default/kubernetes';

export class ServiceAddresses {
  private readonly range: Ipv4Range;
  private readonly ports: PortRange;
  private readonly key: Key;
  /** Address or port → `namespace/name` of its holder. */
  private readonly clusterIps = new Map<number, string>();
  private readonly nodePorts = new Map<number, string>();
  private readonly loadBalancerIps = new Map<number, string>();

  /** @param key of the address seed: equal names get equal addresses under equal seeds */
  constructor(range: Ipv4Range, ports: PortRange, key: Key) {
    this.range = range;
    this.ports = ports;
    this.key = key;
    this.clusterIps.set(range.base + 1, API_SERVER);
  }

  /**
   * Keeps the addresses that a manifest names from being given to another Service first, whatever the order of the files.
   * The first to ask has them; a refusal comes when the second is created.
   */
  reserve(service: Service): void {
    const holder = holderOf(service);
    const address = parseIpv4(service.spec.clusterIP ?? '');
    if (address !== null) take(this.clusterIps, address, holder);
    for (const { nodePort } of service.spec.ports ?? []) if (nodePort) take(this.nodePorts, nodePort, holder);
    if (service.spec.healthCheckNodePort) take(this.nodePorts, service.spec.healthCheckNodePort, healthCheckOf(holder));
  }

  /** Gives back all that a Service holds. */
  release(service: Service): void {
    const holder = holderOf(service);
    for (const table of [this.clusterIps, this.nodePorts, this.loadBalancerIps]) {
      for (const [entry, owner] of table) if (owner === holder || owner === healthCheckOf(holder)) table.delete(entry);
    }
  }

  /**
   * The Service with its ClusterIP, node ports and load balancer address.
   * @throws AdmissionError when an explicit one is taken or out of range, or a range is full; then the Service holds nothing
   */
  withAddresses(service: Service, before?: Service): Service {
    try {
      return this.withLoadBalancer(this.withHealthCheck(this.withNodePorts(this.withClusterIp(service, before), before), before));
    } catch (error) {
      if (before === undefined) this.release(service);
      throw error;
    }
  }

  private withClusterIp(service: Service, before?: Service): Service {
    const { type } = service.spec;
    const asked = service.spec.clusterIP || before?.spec.clusterIP;
    if (type === 'ExternalName' || asked === 'None') return service;
    const clusterIP = asked ? this.claimClusterIp(service, asked, isLive(service, before)) : this.drawClusterIp(service);
    return { ...service, spec: { ...service.spec, clusterIP, clusterIPs: service.spec.clusterIPs ?? [clusterIP] } };
  }

  private claimClusterIp(service: Service, asked: string, isGiven: boolean): string {
    const refuse = (message: string) =>
      invalid('Service', service.metadata.name, [
        { field: 'spec.clusterIPs', type: 'Invalid value', value: JSON.stringify([asked]), message: `failed to allocate IP ${asked}: ${message}` },
      ]);
    const address = parseIpv4(asked);
    if (!isGiven && (address === null || !contains(this.range, address))) {
      throw refuse(`the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${this.range.text}`);
    }
    if (address !== null && !take(this.clusterIps, address, holderOf(service))) throw refuse('provided IP is already allocated');
    return asked;
  }

  private drawClusterIp(service: Service): string {
    const holder = holderOf(service);
    const address = chooseClusterIp(this.range, (candidate) => this.clusterIps.has(candidate), this.bits('clusterIP', holder));
    if (address === null) throw internalError('failed to allocate a serviceIP: range is full');
    this.clusterIps.set(address, holder);
    return formatIpv4(address);
  }

  private withNodePorts(service: Service, before?: Service): Service {
    const { type, ports, allocateLoadBalancerNodePorts } = service.spec;
    if ((type !== 'NodePort' && type !== 'LoadBalancer') || ports === undefined) return service;
    const draws = type === 'NodePort' || allocateLoadBalancerNodePorts !== false;
    const causes: Cause[] = [];
    // Written ports first: a drawn port must not take what a later port of the same Service names.
    for (const [i, port] of ports.entries()) this.claimNodePort(service, port, i, isLive(service, before), causes);
    if (causes.length > 0) throw invalid('Service', service.metadata.name, causes);
    const numbered = ports.map((port, i) =>
      port.nodePort || !draws ? port : { ...port, nodePort: previousPort(port, before) ?? this.drawNodePort(service, i) },
    );
    return { ...service, spec: { ...service.spec, ports: numbered } };
  }

  private claimNodePort(service: Service, { nodePort }: ServicePort, index: number, isGiven: boolean, causes: Cause[]): void {
    if (!nodePort) return;
    const refuse = (message: string) => causes.push({ field: `spec.ports[${index}].nodePort`, type: 'Invalid value', value: String(nodePort), message });
    const [first, last] = this.ports;
    if (!isGiven && (nodePort < first || nodePort > last)) {
      refuse(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
    } else if (!take(this.nodePorts, nodePort, holderOf(service))) refuse('provided port is already allocated');
  }

  private drawNodePort(service: Service, index: number): number {
    const holder = holderOf(service);
    const { name, port } = (service.spec.ports ?? [])[index];
    return this.drawPort(holder, 'a nodePort', name ?? port);
  }

  private drawPort(holder: string, what: string, ...parts: readonly (string | number)[]): number {
    const chosen = chooseNodePort(this.ports, (candidate) => this.nodePorts.has(candidate), this.bits('nodePort', holder, ...parts));
    if (chosen === null) throw internalError(`failed to allocate ${what}: range is full`);
    this.nodePorts.set(chosen, holder);
    return chosen;
  }

  /** Only load balancers that want to know which nodes have a pod need a port to ask. */
  private withHealthCheck(service: Service, before?: Service): Service {
    const { type, externalTrafficPolicy, healthCheckNodePort } = service.spec;
    if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local') return service;
    const holder = healthCheckOf(holderOf(service));
    const asked = healthCheckNodePort || before?.spec.healthCheckNodePort;
    const port = asked ? this.claimHealthCheck(asked, holder, isLive(service, before)) : this.drawPort(holder, 'a HealthCheck NodePort 0');
    return { ...service, spec: { ...service.spec, healthCheckNodePort: port } };
  }

  private claimHealthCheck(port: number, holder: string, isGiven: boolean): number {
    const [first, last] = this.ports;
    const refuse = (problem: string) => internalError(`failed to allocate requested HealthCheck NodePort ${port}: ${problem}`, 'spec.healthCheckNodePort');
    if (!isGiven && (port < first || port > last)) throw refuse(`provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
    if (!take(this.nodePorts, port, holder)) throw refuse('provided port is already allocated');
    return port;
  }

  /** Simplified: the address is there at once; a real cloud takes a minute or two. */
  private withLoadBalancer(service: Service): Service {
    if (service.spec.type !== 'LoadBalancer') return service;
    const entries = service.status?.loadBalancer?.ingress ?? [];
    if (entries.some((entry) => entry.ip !== undefined)) return service;
    const ip = service.spec.loadBalancerIP || this.drawLoadBalancerIp(holderOf(service));
    const ingress = entries.length > 0 ? entries.map((entry) => ({ ...entry, ip })) : [{ ip }];
    return { ...service, status: { ...service.status, loadBalancer: { ingress } } };
  }

  private drawLoadBalancerIp(holder: string): string {
    for (const { base, size } of LOAD_BALANCER_RANGES) {
      const address = probe(base + 1, size - 2, (candidate) => this.loadBalancerIps.has(candidate), this.bits('loadBalancer', holder));
      if (address === null) continue;
      this.loadBalancerIps.set(address, holder);
      return formatIpv4(address);
    }
    throw internalError('failed to allocate a load balancer address: range is full');
  }

  private bits(...parts: readonly (string | number)[]): number {
    return deriveKey(this.key, ...parts).low;
  }
}

/** From a live cluster, whose own ranges we do not know: its addresses are right as they are. */
function isLive(service: Service, before: Service | undefined): boolean {
  return before === undefined && service.metadata.uid !== undefined;
}

function holderOf(service: Service): string {
  return `${service.metadata.namespace}/${service.metadata.name}`;
}

/** A port of its own kind: it may not be one of the Service's node ports. */
function healthCheckOf(holder: string): string {
  return `${holder} health check`;
}

/** One bitmap for all protocols: two ports of one Service may share a node port, two Services may not. */
function take(table: Map<number, string>, entry: number, holder: string): boolean {
  const owner = table.get(entry);
  if (owner === undefined) table.set(entry, holder);
  return owner === undefined || owner === holder;
}

function previousPort(port: ServicePort, before?: Service): number | undefined {
  return before?.spec.ports?.find((old) => old.port === port.port && old.protocol === port.protocol)?.nodePort;
}
