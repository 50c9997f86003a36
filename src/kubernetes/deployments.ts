/**
 * Deployments: one ReplicaSet per version of the template, and the roll from the old to the new.
 *
 *   Deployment ─► ReplicaSet (old) ─► pods     maxSurge: how many more than wanted may exist
 *              └► ReplicaSet (new) ─► pods     maxUnavailable: how many fewer may be available
 *
 * Source: kubernetes/kubernetes pkg/controller/deployment/{rolling,recreate}.go.
 * Simplified: scaling in the middle of a rollout is not shared out in proportion, it takes effect as the roll goes on.
 */
import { canonicalTemplate, templateHash } from './names.ts';
import type { ObjectIndex } from './object-index.ts';
import type { Deployment, IntOrPercent, PodTemplate, ReplicaSet } from './objects.ts';
import { controllerReference, reportStatus } from './pod-owner.ts';
import { isFinished } from './pod-state.ts';
import type { Cluster } from './store.ts';
import { controllerOf, ownerKey } from './store.ts';
import { splitKey, WorkQueue } from './work-queue.ts';

const TEMPLATE_HASH_LABEL = 'pod-template-hash';

export class Deployments {
  private readonly cluster: Cluster;
  private readonly queue: WorkQueue;
  private readonly replicaSets: ObjectIndex<ReplicaSet>;
  /** Template → its canonical text; templates are values, so the text never grows old. */
  private readonly texts = new WeakMap<PodTemplate, string>();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.replicaSets = cluster.index('ReplicaSet', (replicaSet) => [ownerKey(replicaSet) ?? '']);
    this.queue = new WorkQueue(cluster, (key) => this.reconcile(key));
    cluster.watch(
      'Deployment',
      ({ type, object, old }) =>
        void (type !== 'DELETED' && object.spec !== old?.spec && this.queue.add(`${object.metadata.namespace}/${object.metadata.name}`)),
    );
    cluster.watch('ReplicaSet', ({ object }) => this.wakeOwner(object));
    // Recreate waits until the last old pod is gone, which no ReplicaSet reports.
    cluster.watch('Pod', ({ type, object }) => {
      const owner = type === 'DELETED' ? controllerOf(object) : undefined;
      const replicaSet = owner?.kind === 'ReplicaSet' ? cluster.get('ReplicaSet', object.metadata.namespace ?? '', owner.name) : undefined;
      if (replicaSet !== undefined) this.wakeOwner(replicaSet);
    });
  }

  private wakeOwner(replicaSet: ReplicaSet): void {
    const owner = controllerOf(replicaSet);
    if (owner?.kind === 'Deployment') this.queue.add(`${replicaSet.metadata.namespace}/${owner.name}`);
  }

  private reconcile(key: string): void {
    const deployment = this.cluster.get('Deployment', ...splitKey(key));
    if (deployment === undefined) return;
    const text = this.textOf(deployment.spec.template);
    const existing = this.owned(deployment);
    const current = existing.find((replicaSet) => this.textOf(replicaSet.spec.template) === text);
    const old = existing.filter((replicaSet) => replicaSet !== current);
    if (deployment.spec.paused) this.scaleOnly(deployment, current ?? old.at(-1));
    else if (deployment.spec.strategy?.type === 'Recreate') this.recreate(deployment, current, old);
    else this.roll(deployment, current ?? this.createReplicaSet(deployment), old);
    this.report(key, text);
  }

  private owned(deployment: Deployment): readonly ReplicaSet[] {
    return this.replicaSets.get(`${deployment.metadata.namespace}/Deployment/${deployment.metadata.name}`);
  }

  /** A paused Deployment does not roll, but it scales. */
  private scaleOnly(deployment: Deployment, active: ReplicaSet | undefined): void {
    if (active !== undefined) this.scale(active, deployment.spec.replicas);
  }

  private recreate(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): void {
    for (const replicaSet of old) this.scale(replicaSet, 0);
    if (old.some((replicaSet) => this.cluster.podsOf(replicaSet).some((pod) => !isFinished(pod)))) return;
    this.scale(current ?? this.createReplicaSet(deployment), deployment.spec.replicas);
  }

  private roll(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): void {
    const { surge, unavailable } = rollingLimits(deployment);
    const wanted = deployment.spec.replicas;
    const total = sum([current, ...old], replicasOf);
    const room = Math.max(0, wanted + surge - total);
    const grown = this.scale(current, Math.min(wanted, current.spec.replicas + room));
    if (grown !== current) return; // its own report wakes us again
    this.shrinkOld(current, old, wanted - unavailable);
  }

  /** Takes away unready old pods first, then as many as availability allows. */
  private shrinkOld(current: ReplicaSet, old: readonly ReplicaSet[], minAvailable: number): void {
    const all = [current, ...old];
    const currentUnavailable = current.spec.replicas - availableOf(current);
    let allowed = sum(all, replicasOf) - minAvailable - currentUnavailable;
    const shrunk = old.map((replicaSet) => {
      const step = Math.max(0, Math.min(allowed, replicaSet.spec.replicas - availableOf(replicaSet)));
      allowed -= step;
      return this.scale(replicaSet, replicaSet.spec.replicas - step);
    });
    let surplus = Math.min(allowed, sum(all, availableOf) - minAvailable);
    for (const replicaSet of shrunk) {
      const step = Math.max(0, Math.min(surplus, replicaSet.spec.replicas));
      surplus -= step;
      this.scale(replicaSet, replicaSet.spec.replicas - step);
    }
  }

  private scale(replicaSet: ReplicaSet, replicas: number): ReplicaSet {
    if (replicaSet.spec.replicas === replicas) return replicaSet;
    return this.cluster.update({ ...replicaSet, spec: { ...replicaSet.spec, replicas } });
  }

  private createReplicaSet(deployment: Deployment): ReplicaSet {
    const { template, selector, minReadySeconds } = deployment.spec;
    const hash = this.freeHash(deployment);
    const labels = { ...template.metadata?.labels, [TEMPLATE_HASH_LABEL]: hash };
    return this.cluster.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace,
        labels,
        ownerReferences: [controllerReference(deployment)],
      },
      spec: {
        replicas: 0,
        minReadySeconds,
        selector: { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH_LABEL]: hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    });
  }

  /** A ReplicaSet of the name that somebody else has, or of another template, makes the real controller count up too. */
  private freeHash({ metadata, spec }: Deployment): string {
    for (let collisions = 0; ; collisions++) {
      const hash = templateHash(spec.template, collisions);
      if (this.cluster.get('ReplicaSet', metadata.namespace ?? '', `${metadata.name}-${hash}`) === undefined) return hash;
    }
  }

  private report(key: string, text: string): void {
    const deployment = this.cluster.get('Deployment', ...splitKey(key));
    if (deployment === undefined) return;
    const all = this.owned(deployment);
    const current = all.find((replicaSet) => this.textOf(replicaSet.spec.template) === text);
    reportStatus(this.cluster, deployment, {
      replicas: sum(all, (replicaSet) => replicaSet.status?.replicas ?? 0),
      updatedReplicas: current?.status?.replicas ?? 0,
      readyReplicas: sum(all, (replicaSet) => replicaSet.status?.readyReplicas ?? 0),
      availableReplicas: sum(all, availableOf),
    });
  }

  private textOf(template: PodTemplate): string {
    const known = this.texts.get(template);
    if (known !== undefined) return known;
    const text = canonicalTemplate(template);
    this.texts.set(template, text);
    return text;
  }
}

/** Percentages of the wanted replicas: surge rounds up, unavailable rounds down; both 0 would never move, so one may be missing then. */
export function rollingLimits(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const wanted = deployment.spec.replicas;
  const surge = resolve(maxSurge, wanted, Math.ceil);
  const unavailable = Math.min(resolve(maxUnavailable, wanted, Math.floor), wanted);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** A count, or a share of `whole` rounded by `round`. */
export function resolve(value: IntOrPercent, whole: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseFloat(value) * whole) / 100);
}

function sum(replicaSets: readonly ReplicaSet[], of: (replicaSet: ReplicaSet) => number): number {
  return replicaSets.reduce((total, replicaSet) => total + of(replicaSet), 0);
}

function replicasOf(replicaSet: ReplicaSet): number {
  return replicaSet.spec.replicas;
}

function availableOf(replicaSet: ReplicaSet): number {
  return replicaSet.status?.availableReplicas ?? 0;
}
