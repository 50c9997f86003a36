/**
 * A cluster as it stands at time 0: every object admitted, every controller at rest.
 *
 *   nodes ─► namespaces ─► explicit addresses reserved ─► objects in their order ─► workloads and pods run to rest ─► slices ─► the clock rules
 */
import { AdmissionError } from './admission-error.ts';
import { prepareAdoption } from './adoption.ts';
import { type Clock, stoppedClock } from './clock.ts';
import { DaemonSets } from './daemon-sets.ts';
import { decode } from './decode.ts';
import { isClusterScoped, namespaceOf, withDefaults } from './defaulting.ts';
import { Deployments } from './deployments.ts';
import { EndpointSlices } from './endpoint-slices.ts';
import type { ClusterAssumption } from './hpa.ts';
import { applyMinReplicas } from './hpa.ts';
import type { Ipv4Range } from './ipv4.ts';
import { parseCidr } from './ipv4.ts';
import { Kubelet } from './kubelet.ts';
import type { PortRange } from './node-port.ts';
import { DEFAULT_NODE_PORTS } from './node-port.ts';
import type { NodeOptions } from './nodes.ts';
import { buildNodes } from './nodes.ts';
import type { KubernetesObject, Namespace, NodeObject, Pod, Service } from './objects.ts';
import { PodAddresses } from './pod-addresses.ts';
import { collectGarbage } from './pod-owner.ts';
import { ReplicaSets } from './replica-sets.ts';
import { Scheduler } from './scheduler.ts';
import { StatefulSets } from './stateful-sets.ts';
import { Cluster } from './store.ts';

export interface ClusterOptions {
  readonly nodes: readonly NodeOptions[];
  /** Addresses are a function of object names and this. */
  readonly addressSeed: string;
  /** e.g. `1.35`. */
  readonly kubernetesVersion: string;
  /** Service range, default `10.96.0.0/12`. */
  readonly serviceCidr?: string;
  /** Default 30000 – 32767. */
  readonly nodePortRange?: PortRange;
}

/** An object that the API server refuses; it is not in the cluster. `error.message` is kubectl's text. */
export interface AdmissionProblem {
  readonly object: KubernetesObject;
  readonly error: AdmissionError;
}

export interface BroughtUp {
  readonly cluster: Cluster;
  /** Hears from the simulation that a pod has ended; ends pods that are deleted. */
  readonly kubelet: Kubelet;
  readonly problems: readonly AdmissionProblem[];
  readonly assumptions: readonly ClusterAssumption[];
}

const DEFAULT_SERVICE_CIDR = '10.96.0.0/12';

/** API groups whose kinds we hold: other groups have kinds of the same names (Knative's Service, for one). */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Namespace: ['v1'],
  Node: ['v1'],
  Pod: ['v1'],
  Service: ['v1'],
  Endpoints: ['v1'],
  ReplicationController: ['v1'],
  EndpointSlice: ['discovery.k8s.io'],
  Deployment: ['apps', 'extensions'],
  ReplicaSet: ['apps', 'extensions'],
  DaemonSet: ['apps', 'extensions'],
  StatefulSet: ['apps'],
  Ingress: ['networking.k8s.io'],
  IngressClass: ['networking.k8s.io'],
  HorizontalPodAutoscaler: ['autoscaling'],
};

/**
 * Builds the cluster that the objects describe and runs it to rest at time 0.
 * Objects that are refused are left out and reported; kinds that the store does not hold are skipped.
 */
export function bringUp(options: ClusterOptions, objects: readonly KubernetesObject[], clock: Clock): BroughtUp {
  const problems: AdmissionProblem[] = [];
  const decoded = admitEach(objects.filter(isHeld), decode, problems);
  const { objects: scaled, assumptions } = applyMinReplicas(lastOfEach(decoded));
  const nodes = buildNodes(options.nodes, scaled.filter((object) => object.kind === 'Node') as readonly NodeObject[]);
  const cluster = new Cluster(
    clock,
    options.addressSeed,
    parseCidr(options.serviceCidr ?? DEFAULT_SERVICE_CIDR) as Ipv4Range,
    options.nodePortRange ?? DEFAULT_NODE_PORTS,
  );
  const addresses = new PodAddresses(nodes);
  const kubelet = startControllers(cluster, addresses);
  for (const node of nodes) cluster.create(node);
  const wanted = prepareAdoption(scaled).filter((object) => object.kind !== 'Node' && object.kind !== 'HorizontalPodAutoscaler');
  reserveAddresses(cluster, addresses, wanted);
  const create = (object: KubernetesObject) => cluster.create(object);
  admitEach(impliedNamespaces(wanted), create, []); // what is wrong with the name is said of the object that has it
  admitEach(wanted, create, problems);
  cluster.settle();
  new EndpointSlices(cluster); // last, so that it packs all pods at once
  cluster.settle();
  cluster.handOver();
  return { cluster, kubelet, problems, assumptions };
}

/** What would be refused, without running anything: no controllers, no pods. Addresses depend on no seed here. */
export function findRefusals(objects: readonly KubernetesObject[]): readonly AdmissionProblem[] {
  const problems: AdmissionProblem[] = [];
  const { objects: scaled } = applyMinReplicas(lastOfEach(admitEach(objects.filter(isHeld), decode, problems)));
  const cluster = new Cluster(stoppedClock, '', parseCidr(DEFAULT_SERVICE_CIDR) as Ipv4Range, DEFAULT_NODE_PORTS);
  const wanted = prepareAdoption(scaled).filter((object) => object.kind !== 'Node' && object.kind !== 'HorizontalPodAutoscaler');
  reserveAddresses(cluster, new PodAddresses([]), wanted);
  const create = (object: KubernetesObject) => cluster.create(object);
  admitEach(impliedNamespaces(wanted), create, []);
  admitEach(wanted, create, problems);
  return problems;
}

function isHeld({ apiVersion, kind }: KubernetesObject): boolean {
  return Object.hasOwn(GROUPS, kind) && GROUPS[kind].includes(String(apiVersion).split('/')[0]);
}

/** Applied twice, an object is what the last document says, at the place of the first. */
function lastOfEach(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const byId = new Map<string, KubernetesObject>();
  for (const object of objects) byId.set(`${object.kind} ${namespaceOf(object)}/${object.metadata.name}`, object);
  return [...byId.values()];
}

/** The order in which they hear of a change at the same time. */
function startControllers(cluster: Cluster, addresses: PodAddresses): Kubelet {
  const kubelet = new Kubelet(cluster, addresses);
  new Scheduler(cluster);
  new Deployments(cluster);
  new ReplicaSets(cluster, kubelet);
  new StatefulSets(cluster, kubelet);
  new DaemonSets(cluster, kubelet);
  collectGarbage(cluster, kubelet);
  return kubelet;
}

function impliedNamespaces(objects: readonly KubernetesObject[]): readonly Namespace[] {
  const written = new Set(objects.filter((object) => object.kind === 'Namespace').map((object) => object.metadata.name));
  const used = new Set(['default', ...objects.filter((object) => !isClusterScoped(object.kind)).map(namespaceOf)]);
  return [...used].filter((name) => !written.has(name)).map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

/** What manifests and dumps name explicitly is kept free for them, whatever the order of the files. */
function reserveAddresses(cluster: Cluster, addresses: PodAddresses, objects: readonly KubernetesObject[]): void {
  for (const object of objects) {
    if (object.kind === 'Pod') addresses.reserve((object as Pod).status?.podIP ?? '');
    if (object.kind === 'Service') cluster.serviceAddresses.reserve(withDefaults(object) as Service);
  }
}

/** Does a step for each object; what is refused is left out and noted. */
function admitEach(
  objects: readonly KubernetesObject[],
  step: (object: KubernetesObject) => KubernetesObject,
  problems: AdmissionProblem[],
): readonly KubernetesObject[] {
  return objects.flatMap((object) => {
    try {
      return [step(object)];
    } catch (error) {
      if (!(error instanceof AdmissionError)) throw error;
      problems.push({ object, error });
      return [];
    }
  });
}
