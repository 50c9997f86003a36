/**
 * Pods come and go: the store's pods become columns, and a pod that ends takes its requests and connections with it.
 *
 *   deletion ─► preStop ─► SIGTERM: takes nothing new, finishes what it has ─► exited, or killed at the end of the grace period
 *                           or, as the workload says: exits at once; or serves on until it is killed
 *
 * The pod's own readiness and its place in Services are the control plane's business (kubernetes/); this file only follows.
 */
import { type Cluster, controllerOf, isReady, isTerminating, type Kubelet, type Pod, parseIpv4, preStopNs } from '../kubernetes/index.ts';
import { ProcessorSharing } from '../pods/processor-sharing.ts';
import { workloadKey } from '../scenario/scenario.ts';
import type { Connecting } from './connecting.ts';
import { CONTROL } from './events.ts';
import type { RequestPath } from './request-path.ts';
import { GONE, RUNNING, STOPPING, type World } from './world.ts';

const NONE = -1;

export class PodRoster {
  private readonly world: World;
  private readonly cluster: Cluster;
  private readonly kubelet: Kubelet;
  private readonly connecting: Connecting;
  private readonly path: RequestPath;
  private readonly workloadByKey = new Map<string, number>();
  private readonly nodeByName = new Map<string, number>();
  private readonly readyPods: number[];
  /** Pods that each workload has had. */
  private readonly born: number[];
  private readonly keyBase: number;

  /** @param keyBase number of source addresses of clients: pods as callers come after them */
  constructor(world: World, cluster: Cluster, kubelet: Kubelet, connecting: Connecting, path: RequestPath, nodes: readonly string[], keyBase: number) {
    this.world = world;
    this.cluster = cluster;
    this.kubelet = kubelet;
    this.connecting = connecting;
    this.path = path;
    this.keyBase = keyBase;
    for (const workload of world.workloads) this.workloadByKey.set(workload.spec.key, workload.index);
    nodes.forEach((name, node) => {
      this.nodeByName.set(name, node);
    });
    this.readyPods = world.workloads.map(() => 0);
    this.born = world.workloads.map(() => 0);
  }

  /** Takes in the pods that are there, and follows the store from now on. */
  follow(): void {
    for (const pod of this.cluster.list('Pod')) this.changed(pod);
    this.cluster.watch('Pod', ({ type, object }) => {
      if (type === 'DELETED') this.gone(object);
      else this.changed(object);
    });
  }

  private changed(object: Pod): void {
    if (object.status?.podIP === undefined || object.spec.nodeName === undefined) return;
    const { pods } = this.world;
    const name = fullName(object);
    const pod = pods.byName.get(name) ?? this.add(object, name);
    if (pod === NONE) return;
    this.readiness(pod, isReady(object) && !isTerminating(object));
    if (isTerminating(object) && !this.stopping.has(pod)) this.terminate(pod, object);
  }

  /** Pods whose end has begun. */
  private readonly stopping = new Set<number>();

  private add(object: Pod, name: string): number {
    const { pods, servers, workloads, recorder, kernel } = this.world;
    const workloadIndex = this.workloadByKey.get(this.workloadOf(object));
    const node = this.nodeByName.get(object.spec.nodeName ?? '');
    if (workloadIndex === undefined || node === undefined) return NONE;
    const { spec, isSharing } = workloads[workloadIndex];
    const pod = servers.add({ concurrency: spec.concurrency, queueLimit: spec.queue.limit ?? NONE, lifo: spec.queue.discipline === 'lifo' });
    const ordinal = this.born[workloadIndex]++;
    pods.names.push(object.metadata.name);
    pods.namespaces.push(object.metadata.namespace ?? 'default');
    pods.workload.push(workloadIndex);
    pods.model.push(workloads[workloadIndex]);
    pods.node.push(node);
    pods.ordinal.push(ordinal);
    pods.address.push(parseIpv4(object.status?.podIP ?? '') ?? 0);
    pods.speed.push(spec.speed[ordinal % spec.speed.length]);
    pods.phase.push(RUNNING);
    pods.sharing.push(isSharing ? new ProcessorSharing(spec.cpuLimit ?? 1) : null);
    pods.key.push(this.keyBase + pod);
    pods.readySince.push(NONE);
    pods.ports.push(object.spec.containers.flatMap((container) => (container.ports ?? []).map((port) => port.containerPort)));
    pods.byAddress.set(pods.address[pod], pod);
    pods.byName.set(name, pod);
    recorder.resize(pods.count, this.keyBase + pods.count);
    recorder.pods.born(pod, kernel.now);
    this.world.directory.forget();
    return pod;
  }

  /** The object that owns the pod in the end, as a workload key. */
  private workloadOf(object: Pod): string {
    const namespace = object.metadata.namespace ?? 'default';
    const owner = controllerOf(object);
    if (owner === undefined) return workloadKey('Pod', object.metadata.name, namespace);
    if (owner.kind === 'ReplicaSet') {
      const replicaSet = this.cluster.get('ReplicaSet', namespace, owner.name);
      const above = replicaSet === undefined ? undefined : controllerOf(replicaSet);
      if (above !== undefined) return workloadKey(above.kind, above.name, namespace);
    }
    return workloadKey(owner.kind, owner.name, namespace);
  }

  private readiness(pod: number, ready: boolean): void {
    const { pods, kernel, recorder, workloads } = this.world;
    if (ready === pods.readySince[pod] >= 0) return;
    const now = kernel.now;
    const workload = pods.workload[pod];
    if (ready) {
      pods.readySince[pod] = now;
    } else {
      recorder.pods.wasReady(pod, this.slots(pod), pods.readySince[pod], now);
      pods.readySince[pod] = NONE;
    }
    this.readyPods[workload] += ready ? 1 : -1;
    recorder.series.replicasAt(workloads[workload].spec.key, this.readyPods[workload], now);
  }

  /** Slots that the pod's utilisation is measured against: cores when they are shared. */
  slots(pod: number): number {
    const { pods, workloads, servers } = this.world;
    const workload = workloads[pods.workload[pod]];
    return workload.isSharing ? (workload.spec.cpuLimit ?? 1) : servers.slotsOf(pod);
  }

  private terminate(pod: number, object: Pod): void {
    this.stopping.add(pod);
    this.world.kernel.call(preStopNs(object), CONTROL, () => this.stop(pod));
  }

  /** SIGTERM. */
  private stop(pod: number): void {
    const { pods } = this.world;
    if (pods.phase[pod] === GONE) return;
    const { sigterm } = pods.model[pod].spec.server;
    if (sigterm === 'ignore') return; // SIGKILL at the end of the grace period ends it
    if (sigterm === 'exit') return this.kubelet.exited(pods.namespaces[pod], pods.names[pod]);
    pods.phase[pod] = STOPPING;
    this.connecting.drain(pod);
    this.exitIfIdle(pod);
  }

  /** A pod that is stopping exits when nothing is in it, or under way on its connections. */
  exitIfIdle(pod: number): void {
    const { pods, kernel, servers } = this.world;
    if (servers.inSystem[pod] > 0 || this.connecting.isInUse(pod)) return;
    kernel.call(0, CONTROL, () => {
      if (pods.phase[pod] !== GONE) this.kubelet.exited(pods.namespaces[pod], pods.names[pod]);
    });
  }

  private gone(object: Pod): void {
    const { pods, exchanges, directory } = this.world;
    const pod = pods.byName.get(fullName(object));
    if (pod === undefined || pods.phase[pod] === GONE) return;
    this.readiness(pod, false);
    pods.phase[pod] = GONE;
    pods.byName.delete(fullName(object)); // a StatefulSet's pod comes back under its name, and is another one
    this.stopping.delete(pod);
    for (const exchange of exchanges.all) this.path.killed(exchange, pod);
    this.connecting.cut(pod);
    this.connecting.cutCaller(pod);
    directory.forget();
  }

  /** Accounts for the ready time of pods that are still ready when the window closes. */
  settle(now: number): void {
    const { pods, recorder } = this.world;
    for (let pod = 0; pod < pods.count; pod++) {
      if (pods.readySince[pod] >= 0) recorder.pods.wasReady(pod, this.slots(pod), pods.readySince[pod], now);
    }
  }
}

function fullName(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}
