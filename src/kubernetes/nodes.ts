/** Nodes as objects: from the scenario's list, completed by Node objects of the manifests. */

import type { Ipv4Range } from './ipv4.ts';
import { formatIpv4, parseCidr } from './ipv4.ts';
import type { Labels, NodeObject } from './objects.ts';

export const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** A node as asked for. */
export interface NodeOptions {
  readonly name: string;
  /** `''` when unknown. */
  readonly zone: string;
  readonly cpu: number;
  /** Has an address that answers from outside. */
  readonly public: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly internalIp?: string;
  readonly externalIp?: string;
}

const INTERNAL = parseCidr('10.0.0.0/16') as Ipv4Range;
/** TEST-NET-3 (RFC 5737), then half of the benchmark range (RFC 2544): never real addresses. */
const EXTERNAL = [parseCidr('203.0.113.0/24') as Ipv4Range, parseCidr('198.19.0.0/16') as Ipv4Range];

/** Gives addresses to nodes that bring none, in their order, stepping over those that others bring. */
export function buildNodes(nodes: readonly NodeOptions[], manifests: readonly NodeObject[]): readonly NodeObject[] {
  const wanted = nodes.map((node) =>
    withWrittenAddresses(
      node,
      manifests.find((object) => object.metadata.name === node.name),
    ),
  );
  const taken = new Set(wanted.flatMap(({ node }) => [node.internalIp, node.externalIp]).filter((ip) => ip !== undefined));
  const internal = freeAddresses([INTERNAL], taken);
  const external = freeAddresses(EXTERNAL, taken);
  return wanted.map(({ node, written }) => {
    const addresses = [{ type: 'InternalIP', address: node.internalIp ?? internal() }];
    const externalIp = node.externalIp ?? (node.public ? external() : undefined);
    if (externalIp !== undefined) addresses.push({ type: 'ExternalIP', address: externalIp });
    addresses.push({ type: 'Hostname', address: node.name });
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.name, ...written?.metadata, labels: { ...wellKnownLabels(node), ...written?.metadata.labels, ...node.labels } },
      spec: written?.spec ?? {},
      // The scenario's CPUs are those for pods: a node's own share is not modelled.
      status: { capacity: { cpu: String(node.cpu) }, allocatable: { cpu: String(node.cpu) }, addresses, ...conditionsOf(written) },
    };
  });
}

function conditionsOf(written: NodeObject | undefined): Pick<NodeObject['status'], 'conditions'> {
  const conditions = written?.status?.conditions;
  return conditions === undefined ? {} : { conditions };
}

/** A Node object's own addresses count unless the scenario names others. */
function withWrittenAddresses(node: NodeOptions, written: NodeObject | undefined): { readonly node: NodeOptions; readonly written: NodeObject | undefined } {
  const find = (type: string) => written?.status?.addresses?.find((address) => address.type === type)?.address;
  return { node: { ...node, internalIp: node.internalIp ?? find('InternalIP'), externalIp: node.externalIp ?? find('ExternalIP') }, written };
}

/** What a kubelet on Linux says of itself: selectors on these are common. */
function wellKnownLabels({ name, zone }: NodeOptions): Labels {
  const system = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  return { 'kubernetes.io/hostname': name, ...system, ...(zone !== '' && { [ZONE_LABEL]: zone }) };
}

/** The next address that nobody has, skipping those that end in 0 or 255. */
function freeAddresses(ranges: readonly Ipv4Range[], taken: ReadonlySet<string>): () => string {
  const blocks = ranges.reduce((sum, range) => sum + range.size / 256, 0);
  /** The blocks of 256 of all ranges are counted through; not listed, there are 65,536 in the first alone. */
  const baseOf = (block: number): number => {
    let first = 0;
    for (const range of ranges.slice(0, -1)) {
      if (block < first + range.size / 256) return range.base + 256 * (block - first);
      first += range.size / 256;
    }
    return ranges[ranges.length - 1].base + 256 * (block - first);
  };
  let block = 0;
  let host = 0;
  const next = (): string => {
    host++;
    if (host > 254) {
      host = 1;
      block = (block + 1) % blocks;
    }
    const address = formatIpv4(baseOf(block) + host);
    return taken.has(address) ? next() : address;
  };
  return next;
}

export function nodeAddress(node: NodeObject, type: 'InternalIP' | 'ExternalIP'): string | undefined {
  return node.status.addresses.find((address) => address.type === type)?.address;
}

/** `''` when the node has no zone label. */
export function zoneOf(node: NodeObject | undefined): string {
  return node?.metadata.labels?.[ZONE_LABEL] ?? '';
}
