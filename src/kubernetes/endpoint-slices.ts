/**
 * EndpointSlices: which pods stand behind a Service, in slices of at most 100.
 *
 * Packing: endpoints that stay keep their slice; slices that change anyway are refilled, fullest first; what is left goes to the
 * unchanged slice where it fits tightest, else into new slices; nothing is ever rebalanced. 250 fresh pods → 100, 100, 50.
 * Source: kubernetes/endpointslice reconciler.go and utils.go; conditions per KEP-1672.
 */

import { cpuRatios, distributionHints, proportionalHints, wantsProportionalHints } from './endpoint-hints.ts';
import { aboutObject } from './event-log.ts';
import { matchesLabels } from './labels.ts';
import { generatedName, nameSuffix } from './names.ts';
import { zoneOf } from './nodes.ts';
import type { EndpointSlice, Pod, Service, SliceEndpoint, SlicePort } from './objects.ts';
import { controllerReference } from './pod-owner.ts';
import { isFinished, isReady, isTerminating } from './pod-state.ts';
import type { Cluster, WatchEvent } from './store.ts';
import { SERVICE_NAME_LABEL } from './store.ts';
import { splitKey, WorkQueue } from './work-queue.ts';

export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';
export const SLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

/** kube-controller-manager --max-endpoints-per-slice. */
const MOST_ENDPOINTS = 100;

/** A slice being packed. */
interface Draft {
  readonly existing: EndpointSlice | null;
  endpoints: SliceEndpoint[];
  isChanged: boolean;
}

export class EndpointSlices {
  private readonly cluster: Cluster;
  private readonly queue: WorkQueue;
  /** First pair of a Service's selector → Services; a pod asks only for its own labels. */
  private readonly servicesByLabel;
  private slicesMade = 0;
  private readonly members = new WeakMap<Service, WeakMap<Pod, Member>>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.queue = new WorkQueue(cluster, (key) => this.reconcile(key));
    this.servicesByLabel = cluster.index('Service', (service) => {
      const [pair] = Object.entries(service.spec.selector ?? {});
      return pair === undefined ? [] : [`${service.metadata.namespace}|${pair[0]}=${pair[1]}`];
    });
    cluster.watch('Service', ({ object }) => this.queue.add(`${object.metadata.namespace}/${object.metadata.name}`));
    cluster.watch('Pod', (event) => this.podChanged(event));
    for (const { metadata } of cluster.list('Service')) this.queue.add(`${metadata.namespace}/${metadata.name}`);
  }

  private podChanged({ type, object, old }: WatchEvent<Pod>): void {
    if (type === 'MODIFIED' && old !== undefined && isAlike(old, object)) return;
    this.wakeServicesOf(object);
    if (old !== undefined && old.metadata.labels !== object.metadata.labels) this.wakeServicesOf(old);
  }

  private wakeServicesOf(pod: Pod): void {
    const { namespace, labels = {} } = pod.metadata;
    for (const key in labels) {
      for (const service of this.servicesByLabel.get(`${namespace}|${key}=${labels[key]}`)) {
        if (matchesLabels(service.spec.selector ?? {}, labels)) this.queue.add(`${namespace}/${service.metadata.name}`);
      }
    }
  }

  private reconcile(key: string): void {
    const [namespace, name] = splitKey(key);
    const service = this.cluster.get('Service', namespace, name);
    const managed = this.cluster.slicesOf(namespace, name).filter((slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] === SLICE_CONTROLLER);
    const selector = service?.spec.type === 'ExternalName' ? undefined : service?.spec.selector;
    const groups =
      service === undefined || selector === undefined ? new Map<string, Group>() : this.desired(service, this.cluster.podsWith(namespace, selector));
    for (const slice of managed) if (!groups.has(portKey(slice.ports))) this.cluster.remove('EndpointSlice', namespace, slice.metadata.name);
    if (service === undefined) return;
    const isProportional = wantsProportionalHints(service);
    const drafts = [...groups].flatMap(([key, { ports, endpoints }]) => {
      const slices = managed.filter((slice) => portKey(slice.ports) === key);
      return pack(endpoints, slices, isProportional).map((draft) => ({ ports, draft }));
    });
    if (isProportional)
      this.addProportionalHints(
        service,
        drafts.map(({ draft }) => draft),
      );
    for (const { ports, draft } of drafts) this.write(service, ports, draft);
  }

  /** Over all slices of the Service; what comes of it is an event of the Service. */
  private addProportionalHints(service: Service, drafts: readonly Draft[]): void {
    const slices = drafts.map(({ existing, endpoints, isChanged }) => ({ endpoints: isChanged ? endpoints : (existing?.endpoints ?? []), isChanged }));
    const { slices: hinted, refusal } = proportionalHints(slices, cpuRatios(this.cluster.list('Node')));
    drafts.forEach((draft, i) => {
      draft.isChanged ||= hinted[i] !== slices[i].endpoints;
      draft.endpoints = [...hinted[i]];
    });
    const { namespace = '', name } = service.metadata;
    this.cluster.events.record({
      atNs: this.cluster.clock.now,
      about: aboutObject('Service', namespace, name),
      type: refusal === null ? 'Normal' : 'Warning',
      reason: refusal === null ? 'TopologyAwareHintsEnabled' : 'TopologyAwareHintsDisabled',
      message: refusal ?? 'Topology Aware Hints has been enabled',
    });
  }

  /** Endpoints by port map: pods whose named ports have different numbers need slices of their own. */
  private desired(service: Service, pods: readonly Pod[]): Map<string, Group> {
    const groups = new Map<string, Group>();
    for (const pod of pods) {
      if (isFinished(pod) || pod.status?.podIP === undefined) continue;
      const { key, ports, endpoint } = this.memberOf(service, pod, pod.status.podIP);
      const group = groups.get(key) ?? { ports, endpoints: [] };
      groups.set(key, group);
      group.endpoints.push(endpoint);
    }
    return groups;
  }

  /** Remembered as long as neither object is replaced: one pod's change must not cost the work of all. */
  private memberOf(service: Service, pod: Pod, address: string): Member {
    const known = this.members.get(service) ?? new WeakMap<Pod, Member>();
    this.members.set(service, known);
    const found = known.get(pod);
    if (found !== undefined) return found;
    const ports = resolvePorts(service, pod);
    const member = { key: portKey(ports), ports, endpoint: this.endpointOf(service, pod, address) };
    known.set(pod, member);
    return member;
  }

  private endpointOf(service: Service, pod: Pod, address: string): SliceEndpoint {
    const { namespace, name } = pod.metadata;
    const nodeName = pod.spec.nodeName ?? '';
    const zone = zoneOf(this.cluster.get('Node', '', nodeName));
    const serving = isReady(pod);
    const terminating = isTerminating(pod);
    const hasName = pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name;
    const endpoint: SliceEndpoint = {
      addresses: [address],
      conditions: { ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
      ...(hasName && { hostname: pod.spec.hostname }),
      nodeName,
      ...(zone !== '' && { zone }),
      targetRef: { kind: 'Pod', namespace, name },
    };
    const hints = distributionHints(service, endpoint);
    return hints === undefined ? endpoint : { ...endpoint, hints };
  }

  private write(service: Service, ports: readonly SlicePort[], draft: Draft): void {
    if (draft.existing === null) this.cluster.create(this.newSlice(service, ports, draft.endpoints));
    else if (draft.endpoints.length === 0) this.cluster.remove('EndpointSlice', service.metadata.namespace ?? '', draft.existing.metadata.name);
    else if (draft.isChanged) this.cluster.replace({ ...draft.existing, endpoints: draft.endpoints });
  }

  private newSlice(service: Service, ports: readonly SlicePort[], endpoints: readonly SliceEndpoint[]): EndpointSlice {
    const { namespace = '', name } = service.metadata;
    this.slicesMade++;
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: generatedName(name, nameSuffix(this.cluster.key, 'slice', namespace, name, this.slicesMade)),
        namespace,
        labels: { [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: SLICE_CONTROLLER },
        ownerReferences: [controllerReference(service)],
      },
      addressType: 'IPv4',
      ports,
      endpoints,
    };
  }
}

interface Group {
  readonly ports: readonly SlicePort[];
  readonly endpoints: SliceEndpoint[];
}

/** A pod as one Service sees it. */
interface Member {
  /** Text of `ports`. */
  readonly key: string;
  readonly ports: readonly SlicePort[];
  readonly endpoint: SliceEndpoint;
}

/** No slice can tell the difference. */
function isAlike(before: Pod, after: Pod): boolean {
  return (
    before.metadata.labels === after.metadata.labels &&
    before.status?.podIP === after.status?.podIP &&
    isReady(before) === isReady(after) &&
    isTerminating(before) === isTerminating(after) &&
    isFinished(before) === isFinished(after)
  );
}

function portKey(ports: readonly SlicePort[]): string {
  return JSON.stringify(ports.map(({ name, port, protocol }) => [name, port, protocol]));
}

/** Service ports as this pod serves them; a name that the pod does not know is left out, as the real controller does. */
export function resolvePorts(service: Service, pod: Pod): readonly SlicePort[] {
  return (service.spec.ports ?? []).flatMap(({ name = '', protocol, targetPort }) => {
    const port = typeof targetPort === 'number' ? targetPort : containerPort(pod, targetPort, protocol);
    return port === undefined ? [] : [{ name, port, protocol }];
  });
}

function containerPort(pod: Pod, name: string, protocol: string): number | undefined {
  const sidecars = (pod.spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  const ports = [...pod.spec.containers, ...sidecars].flatMap((container) => container.ports ?? []);
  return ports.find((port) => port.name === name && (port.protocol ?? 'TCP') === protocol)?.containerPort;
}

/**
 * Shares endpoints out over slices; see the head of this file.
 * @param keepsHints hints are given afterwards: those of the slices that exist say nothing
 */
export function pack(desired: readonly SliceEndpoint[], existing: readonly EndpointSlice[], keepsHints = false): readonly Draft[] {
  const waiting = new Map(desired.map((endpoint) => [idOf(endpoint), endpoint]));
  const drafts = existing.map((slice) => keep(slice, waiting, keepsHints));
  const fresh = [...waiting.values()];
  for (const draft of drafts.filter((one) => one.isChanged && one.endpoints.length > 0).sort((a, b) => b.endpoints.length - a.endpoints.length))
    fill(draft, fresh);
  const made: Draft[] = [];
  while (fresh.length > 0) {
    const tightest = fresh.length < MOST_ENDPOINTS ? tightestFit(drafts, fresh.length) : undefined;
    const draft: Draft = tightest ?? { existing: null, endpoints: [], isChanged: true };
    if (tightest === undefined) made.push(draft);
    fill(draft, fresh);
  }
  return [...drafts, ...made];
}

/** What stays of a slice; takes the endpoints found from `waiting`. */
function keep(slice: EndpointSlice, waiting: Map<string, SliceEndpoint>, keepsHints: boolean): Draft {
  const endpoints: SliceEndpoint[] = [];
  let isChanged = false;
  for (const old of slice.endpoints) {
    const id = idOf(old);
    const now = waiting.get(id);
    waiting.delete(id);
    if (now === undefined || !isSame(old, now, keepsHints)) isChanged = true;
    if (now !== undefined) endpoints.push(now);
  }
  return { existing: slice, endpoints, isChanged };
}

function fill(draft: Draft, fresh: SliceEndpoint[]): void {
  const taken = fresh.splice(0, MOST_ENDPOINTS - draft.endpoints.length);
  if (taken.length === 0) return;
  draft.endpoints.push(...taken);
  draft.isChanged = true;
}

/** The fullest unchanged slice that has room for all. */
function tightestFit(drafts: readonly Draft[], count: number): Draft | undefined {
  const fitting = drafts.filter((draft) => !draft.isChanged && draft.endpoints.length > 0 && draft.endpoints.length + count <= MOST_ENDPOINTS);
  return fitting.sort((a, b) => b.endpoints.length - a.endpoints.length)[0];
}

/** A pod's name, since pods on the host network share an address. */
function idOf(endpoint: SliceEndpoint): string {
  return endpoint.targetRef?.name ?? endpoint.addresses[0];
}

function isSame(a: SliceEndpoint, b: SliceEndpoint, ignoresHints: boolean): boolean {
  if (a === b) return true;
  return (
    a.addresses[0] === b.addresses[0] &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.hostname === b.hostname &&
    a.conditions?.ready === b.conditions?.ready &&
    a.conditions?.serving === b.conditions?.serving &&
    a.conditions?.terminating === b.conditions?.terminating &&
    (ignoresHints || hintsKey(a) === hintsKey(b))
  );
}

function hintsKey({ hints }: SliceEndpoint): string {
  return [...(hints?.forZones ?? []), { name: '' }, ...(hints?.forNodes ?? [])].map(({ name }) => name).join(' ');
}
