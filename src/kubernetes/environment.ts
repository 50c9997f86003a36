/**
 * The environment variables that name Services, as a container finds them at its start.
 * Source: kubernetes/kubernetes pkg/kubelet/envvars/envvars.go.
 */
import type { Service, ServicePort } from './objects.ts';
import type { Cluster } from './store.ts';

/** Variables of every Service of the namespace that has a ClusterIP; the first port gives the unnamed ones. */
export function serviceEnvironment(cluster: Cluster, namespace: string): Readonly<Record<string, string>> {
  const services = cluster.list('Service', namespace).filter(hasClusterIp);
  return Object.fromEntries(services.flatMap(variablesOf));
}

function hasClusterIp({ spec }: Service): boolean {
  return spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None';
}

function variablesOf(service: Service): readonly [string, string][] {
  const name = variableName(service.metadata.name);
  const host = service.spec.clusterIP ?? '';
  const ports = service.spec.ports ?? [];
  if (ports.length === 0) return [];
  return [
    [`${name}_SERVICE_HOST`, host],
    [`${name}_SERVICE_PORT`, String(ports[0].port)],
    ...ports.filter((port) => port.name).map((port): [string, string] => [`${name}_SERVICE_PORT_${variableName(port.name ?? '')}`, String(port.port)]),
    [`${name}_PORT`, url(host, ports[0])],
    ...ports.flatMap((port) => linkVariables(name, host, port)),
  ];
}

/** As Docker links once named them. */
function linkVariables(name: string, host: string, port: ServicePort): readonly [string, string][] {
  const prefix = `${name}_PORT_${port.port}_${port.protocol}`;
  return [
    [prefix, url(host, port)],
    [`${prefix}_PROTO`, port.protocol.toLowerCase()],
    [`${prefix}_PORT`, String(port.port)],
    [`${prefix}_ADDR`, host],
  ];
}

function url(host: string, port: ServicePort): string {
  return `${port.protocol.toLowerCase()}://${host}:${port.port}`;
}

function variableName(name: string): string {
  const upper = name.toUpperCase().replace(/[-.]/g, '_');
  return /^\d/.test(upper) ? `_${upper}` : upper;
}
