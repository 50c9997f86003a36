/**
 * A Service port as kube-proxy sees it on the lab's node, for both rule writers.
 *
 * @typedef {object} ServicePort
 * @property {string} name `namespace/name:port`
 * @property {string} clusterIp
 * @property {number} port
 * @property {'tcp' | 'udp'} protocol
 * @property {number} nodePort 0 = none
 * @property {string[]} externalIps addresses from `externalIPs`
 * @property {string} loadBalancerIp '' = none
 * @property {string[]} sourceRanges `loadBalancerSourceRanges`; empty = everybody
 * @property {number} affinitySeconds 0 = sessionAffinity None
 * @property {boolean} externalLocal externalTrafficPolicy Local
 * @property {boolean} internalLocal internalTrafficPolicy Local
 * @property {Endpoint[]} endpoints usable ones, in kube-proxy's order
 *
 * @typedef {object} Endpoint
 * @property {string} ip
 * @property {number} port
 * @property {boolean} isLocal its pod runs on this node
 */
import { createHash } from 'node:crypto';
import { POD_PORT, podAddress } from './lab.mjs';

let numbered = 0;

/** A Service of its own name and addresses: rules do not meet each other's state. @returns {ServicePort} */
export function servicePort(details) {
  const number = ++numbered;
  return {
    name: `default/fidelity-${number}:http`,
    clusterIp: `10.96.${1 + (number >> 8)}.${number & 255}`,
    port: 80,
    protocol: 'tcp',
    nodePort: 30000 + number,
    externalIps: [],
    loadBalancerIp: '',
    sourceRanges: [],
    affinitySeconds: 0,
    externalLocal: false,
    internalLocal: false,
    ...details,
    endpoints: inOrder(details.endpoints ?? []),
  };
}

/** The same Service with other endpoints, as after scaling. */
export const withEndpoints = (service, endpoints) => ({ ...service, endpoints: inOrder(endpoints) });

/** Endpoints by number of the pod; they run on this node unless said otherwise. */
export const podEndpoints = (numbers, isLocal = true) => numbers.map((i) => ({ ip: podAddress(i), port: POD_PORT, isLocal }));

export const endpointName = ({ ip, port }) => `${ip}:${port}`;

/** kube-proxy sorts by `ip:port` as a string. */
function inOrder(endpoints) {
  return endpoints.toSorted((a, b) => (endpointName(a) < endpointName(b) ? -1 : 1));
}

export const isExternal = (service) => service.nodePort > 0 || service.externalIps.length > 0 || service.loadBalancerIp !== '';

/** Which endpoints each kind of traffic uses, and what happens where there is none. */
export function policies(service) {
  const { endpoints, externalLocal, internalLocal } = service;
  const local = endpoints.filter(({ isLocal }) => isLocal);
  const hasAny = endpoints.length > 0;
  const of = (isLocalOnly) => (isLocalOnly ? local : endpoints);
  const refusal = (isLocalOnly) => (of(isLocalOnly).length > 0 ? '' : hasAny ? 'drop' : 'reject');
  return {
    local,
    usesCluster: !internalLocal || (isExternal(service) && hasAny),
    usesLocal: internalLocal || (externalLocal && isExternal(service)),
    internalRefusal: refusal(internalLocal),
    externalRefusal: refusal(externalLocal),
  };
}

/** 16 characters that stand for a text in names of chains. */
export function digest(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const hash = createHash('sha256').update(text).digest();
  let bits = '';
  for (const byte of hash.subarray(0, 10)) bits += byte.toString(2).padStart(8, '0');
  return Array.from({ length: 16 }, (_, i) => alphabet[Number.parseInt(bits.slice(5 * i, 5 * i + 5), 2)]).join('');
}
