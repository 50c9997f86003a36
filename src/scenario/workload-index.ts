/** Which objects own pods, and how a text such as `deployment/checkout` names one of them. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { ownerOf } from './classify.ts';
import type { PlainObject } from './document.ts';
import { nearest } from './report.ts';
import { workloadKey } from './scenario.ts';

const KIND_NAMES: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['deployment', 'deployments', 'deploy'],
  StatefulSet: ['statefulset', 'statefulsets', 'sts'],
  DaemonSet: ['daemonset', 'daemonsets', 'ds'],
  ReplicaSet: ['replicaset', 'replicasets', 'rs'],
  ReplicationController: ['replicationcontroller', 'replicationcontrollers', 'rc'],
  Pod: ['pod', 'pods', 'po'],
};

export const WORKLOAD_HINT = 'write kind/name, e.g. deployment/checkout';

/** A pod-owning object, or a Pod that nothing of the input owns. */
export interface WorkloadObject {
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly object: KubernetesObject;
  /** The pod's labels and spec. */
  readonly labels: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: checked against its table when it was read
  readonly podSpec: any;
}

export type Resolved = { readonly workload: WorkloadObject } | { readonly problem: string; readonly hint: string };

export class WorkloadIndex {
  readonly all: readonly WorkloadObject[];

  constructor(objects: readonly KubernetesObject[]) {
    const present = new Set(objects.map((object) => `${object.kind}/${object.metadata.name}/${object.metadata.namespace ?? 'default'}`));
    this.all = objects.flatMap((object) => {
      if (!Object.hasOwn(KIND_NAMES, object.kind)) return [];
      const namespace = object.metadata.namespace ?? 'default';
      const isOwned = ownerOf(object as unknown as PlainObject, (owner) => present.has(`${owner.kind}/${owner.name}/${namespace}`)) !== null;
      return isOwned ? [] : [describe(object, namespace)];
    });
  }

  /** `kind/name` or `kind/name.namespace`; kinds also by kubectl's short names. */
  resolve(text: string): Resolved {
    const named = parseWorkload(text);
    if (named === null) return { problem: 'not a workload', hint: WORKLOAD_HINT };
    const { kind, name } = named;
    const matches = this.all.filter((workload) => workload.kind === kind && (workload.name === name || `${workload.name}.${workload.namespace}` === name));
    if (matches.length === 1) return { workload: matches[0] };
    if (matches.length > 1) return { problem: `${kind} ${name} is in several namespaces`, hint: `write ${matches.map(shortName).join(' or ')}` };
    return { problem: `no such ${kind} in the manifests`, hint: this.hint(text) };
  }

  private hint(text: string): string {
    const known = this.all.map(shortName);
    const close = nearest(text, known);
    if (close.length > 0) return `did you mean ${close.join(' or ')}?`;
    return known.length === 0 ? 'the manifests have no workload' : `there is ${known.slice(0, 8).join(', ')}${known.length > 8 ? ', …' : ''}`;
  }

  /** The workloads whose pods a Service selects. */
  selectedBy(service: KubernetesObject): readonly WorkloadObject[] {
    const selector = Object.entries((service.spec?.selector ?? {}) as Record<string, string>);
    if (selector.length === 0) return [];
    const namespace = service.metadata.namespace ?? 'default';
    return this.all.filter((workload) => workload.namespace === namespace && selector.every(([key, value]) => workload.labels[key] === value));
  }
}

/** Kind and name of `kind/name`; null when the text is something else. */
export function parseWorkload(text: string): { readonly kind: string; readonly name: string } | null {
  const [kindText, ...rest] = text.split('/');
  const name = rest.join('/');
  const kind = Object.keys(KIND_NAMES).find((candidate) => KIND_NAMES[candidate].includes(kindText.toLowerCase()));
  return kind === undefined || name === '' ? null : { kind, name };
}

function describe(object: KubernetesObject, namespace: string): WorkloadObject {
  const isPod = object.kind === 'Pod';
  const template = isPod ? object : object.spec?.template;
  return {
    key: workloadKey(object.kind, object.metadata.name, namespace),
    kind: object.kind,
    name: object.metadata.name,
    namespace,
    object,
    labels: template?.metadata?.labels ?? {},
    podSpec: template?.spec ?? {},
  };
}

/** As a scenario would write it: `deployment/checkout`, with the namespace only where it is not `default`. */
export function shortName(workload: { readonly kind: string; readonly name: string; readonly namespace: string }): string {
  return `${workload.kind.toLowerCase()}/${workload.name}${workload.namespace === 'default' ? '' : `.${workload.namespace}`}`;
}
