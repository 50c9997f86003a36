/** Carries out a kubectl line on the store, with kubectl's own answers. */
import { notFound, resourceName } from './admission-error.ts';
import { timestamp } from './clock.ts';
import type { KubectlCommand, KubectlTarget } from './kubectl-line.ts';
import type { Kubelet } from './kubelet.ts';
import { matchesSelector } from './labels.ts';
import type { KubernetesObject, Pod } from './objects.ts';
import type { Cluster } from './store.ts';

/** What kubectl would print: answers on stdout, errors on stderr. */
export interface KubectlResult {
  readonly output: readonly string[];
  readonly errors: readonly string[];
}

/** Applies a command at the present simulated time; controllers take it up from there. Objects that are not there are errors, the others are still done. */
export function runKubectl(cluster: Cluster, kubelet: Kubelet, command: KubectlCommand): KubectlResult {
  const { objects, missing } = targetsOf(cluster, command);
  const errors = missing.map((name) => notFound(command.kind, name).message);
  if (objects.length === 0 && missing.length === 0) errors.push(`No resources found in ${command.namespace} namespace.`);
  const output: string[] = [];
  for (const object of objects) {
    const answer = apply(cluster, kubelet, command, object);
    (answer.startsWith('error: ') ? errors : output).push(answer);
  }
  return { output, errors };
}

/** The objects that a command speaks of as the cluster stands, and the names it has none for. */
export function targetsOf(cluster: Cluster, target: KubectlTarget): { readonly objects: readonly KubernetesObject[]; readonly missing: readonly string[] } {
  const { kind, namespace, names, selector } = target;
  if (selector !== null) return { objects: cluster.list(kind, namespace).filter((object) => matchesSelector(selector, object.metadata.labels)), missing: [] };
  const found = names.map((name): KubernetesObject | undefined => cluster.get(kind, namespace, name));
  return { objects: found.filter((object) => object !== undefined), missing: names.filter((_, i) => found[i] === undefined) };
}

function apply(cluster: Cluster, kubelet: Kubelet, command: KubectlCommand, object: KubernetesObject): string {
  switch (command.verb) {
    case 'scale':
      cluster.update({ ...object, spec: { ...object.spec, replicas: command.replicas } });
      return `${reference(object)} scaled`;
    case 'delete':
      return remove(cluster, kubelet, object);
    case 'rollout restart':
      return restart(cluster, object);
    case 'label':
      return label(cluster, object, command.labels, command.overwrite);
  }
}

function remove(cluster: Cluster, kubelet: Kubelet, object: KubernetesObject): string {
  const { namespace = '', name } = object.metadata;
  if (object.kind === 'Pod') kubelet.terminate(object as Pod);
  else cluster.remove(object.kind as KubectlTarget['kind'], namespace, name);
  return `${reference(object).split('/')[0]} "${name}" deleted`;
}

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** A new annotation makes a new template, and a new template is rolled out. */
function restart(cluster: Cluster, object: KubernetesObject): string {
  const { template } = object.spec;
  const now = timestamp(cluster.clock.now);
  if (template.metadata?.annotations?.[RESTARTED_AT] === now) {
    return `error: ${resourceName(object.kind)} "${object.metadata.name}": if restart has already been triggered within the past second, please wait before attempting to trigger another`;
  }
  const metadata = { ...template.metadata, annotations: { ...template.metadata?.annotations, [RESTARTED_AT]: now } };
  cluster.update({ ...object, spec: { ...object.spec, template: { ...template, metadata } } });
  return `${reference(object)} restarted`;
}

function label(cluster: Cluster, object: KubernetesObject, changes: Readonly<Record<string, string | null>>, overwrite: boolean): string {
  const before = object.metadata.labels ?? {};
  for (const [key, value] of Object.entries(changes)) {
    if (value !== null && !overwrite && Object.hasOwn(before, key) && before[key] !== value)
      return `error: '${key}' already has a value (${before[key]}), and --overwrite is false`;
  }
  const labels = Object.fromEntries(Object.entries({ ...before, ...changes }).filter((pair): pair is [string, string] => pair[1] !== null));
  if (Object.keys(changes).every((key) => labels[key] === before[key])) return `${reference(object)} not labeled`;
  cluster.update({ ...object, metadata: { ...object.metadata, labels } });
  return `${reference(object)} labeled`;
}

/** `deployment.apps/x`, `pod/x`. */
function reference({ kind, metadata }: KubernetesObject): string {
  const group = resourceName(kind).split('.').slice(1);
  return `${[kind.toLowerCase(), ...group].join('.')}/${metadata.name}`;
}
