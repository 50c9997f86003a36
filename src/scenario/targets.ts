/** URLs of clients and calls, and the Services that their hosts name. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import type { NodeSpec, TargetUrl } from './scenario.ts';

const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?::([0-9]{1,5}))?([/?][^\s#]*)?$/;
const DEFAULT_PORTS: Readonly<Record<string, number | null>> = { http: 80, https: 443, grpc: null, tcp: null, udp: null, sctp: null };
const NO_TARGET: TargetUrl = { text: '', scheme: 'http', host: '', port: 80, path: '/' };
const URL_HINT = 'a URL such as http://checkout.default.svc.cluster.local:8080/cart';

/** @returns the URL in parts; an empty one after an issue */
export function readTarget(context: Context, path: Path, text: string): TargetUrl {
  const target = parseTarget(text);
  if (!('problem' in target)) return target;
  context.issue(path, target.problem, target.value, target.hint);
  return NO_TARGET;
}

/** The URL in parts, or what is wrong with it. */
export function parseTarget(text: string): TargetUrl | { readonly problem: string; readonly value: string; readonly hint: string } {
  const match = URL_PARTS.exec(text);
  if (match === null) return { problem: 'not a URL', value: text, hint: /:\/\//.test(text) ? URL_HINT : `write http://${text.replace(/\s.*$/, '')}` };
  const [, scheme, host, port, rest] = match;
  if (!Object.hasOwn(DEFAULT_PORTS, scheme)) return { problem: 'unknown scheme', value: scheme, hint: 'http, https, grpc, tcp, udp or sctp' };
  const number = port === undefined ? DEFAULT_PORTS[scheme] : Number(port);
  if (number === null || number < 1 || number > 65535)
    return { problem: number === null ? `${scheme} URL without a port` : 'port out of range', value: text, hint: 'ports are 1 to 65535' };
  return {
    text,
    scheme: scheme as TargetUrl['scheme'],
    host: host.toLowerCase(),
    port: number,
    path: rest === undefined ? '/' : rest.startsWith('?') ? `/${rest}` : rest,
  };
}

/** The Service that a host names, seen from a namespace: DNS search list of a pod (`name`, `name.namespace`, `….svc`, `….svc.cluster.local`). */
export function serviceOfHost(host: string, namespace: string, objects: readonly KubernetesObject[]): KubernetesObject | undefined {
  const short = host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/\.svc(\.cluster\.local)?$/, '');
  const isLong = short !== host.toLowerCase();
  const parts = short.split('.');
  if (parts.length > 2 || (isLong && parts.length !== 2)) return undefined;
  const wanted = parts.length === 2 ? parts[1] : namespace;
  return objects.find((object) => object.kind === 'Service' && object.metadata.name === parts[0] && (object.metadata.namespace ?? 'default') === wanted);
}

/** RFC 1918: an address of the cluster's own networks. */
const PRIVATE_ADDRESS = /^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.)[0-9.]+$/;

/**
 * True for hosts that answer inside the cluster only: Service names, private addresses, names of nodes without a public address.
 * Clients of such targets are placed on the nodes unless told otherwise.
 */
export function isClusterHost(host: string, objects: readonly KubernetesObject[], nodes: readonly NodeSpec[]): boolean {
  const node = nodes.find((candidate) => candidate.name === host || candidate.internalIp === host);
  if (node !== undefined) return !node.public;
  if (PRIVATE_ADDRESS.test(host) || /\.svc$|\.cluster\.local$/.test(host) || !host.includes('.')) return true;
  return serviceOfHost(host, 'default', objects) !== undefined;
}
