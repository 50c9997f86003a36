/** Small manifests and ready-made clusters for tests. */
import type { BroughtUp, ClusterOptions } from '../kubernetes/bring-up.ts';
import { bringUp } from '../kubernetes/bring-up.ts';
import type { Clock } from '../kubernetes/clock.ts';
import { stoppedClock } from '../kubernetes/clock.ts';
import type { KubectlResult } from '../kubernetes/kubectl.ts';
import { runKubectl } from '../kubernetes/kubectl.ts';
import { parseKubectl } from '../kubernetes/kubectl-line.ts';
import type { NodeOptions } from '../kubernetes/nodes.ts';
import type { KubernetesObject, Pod } from '../kubernetes/objects.ts';

// biome-ignore lint/suspicious/noExplicitAny: manifests are free-form
type Fields = Readonly<Record<string, any>>;

export function deployment(name: string, replicas: number, spec: Fields = {}, podSpec: Fields = {}): KubernetesObject {
  return podOwner('Deployment', name, { replicas, ...spec }, podSpec);
}

/** Any owner of pods: they carry `app: <name>`, one container listens on 8080 as `http`. */
export function podOwner(kind: string, name: string, spec: Fields = {}, podSpec: Fields = {}): KubernetesObject {
  const labels = { app: name };
  const containers = [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }];
  return {
    apiVersion: kind === 'ReplicationController' ? 'v1' : 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: kind === 'ReplicationController' ? labels : { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers, ...podSpec } },
      ...spec,
    },
  };
}

export function pod(name: string, labels: Readonly<Record<string, string>>, spec: Fields = {}, status?: Fields): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [{ name: 'main' }], ...spec }, status };
}

/** A Service of port 80 for the pods of the owner of the same name. */
export function service(name: string, spec: Fields = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec } };
}

export function nodes(count: number, zones: readonly string[] = ['a', 'b', 'c']): readonly NodeOptions[] {
  return Array.from({ length: count }, (_, i) => ({ name: `node-${i + 1}`, zone: zones[i % zones.length], cpu: 8, public: true, labels: {} }));
}

export function world(objects: readonly KubernetesObject[], clock: Clock = stoppedClock, options: Partial<ClusterOptions> = {}): BroughtUp {
  return bringUp({ nodes: nodes(3), addressSeed: '1', kubernetesVersion: '1.35', ...options }, objects, clock);
}

export function kubectl({ cluster, kubelet }: BroughtUp, line: string): KubectlResult {
  const parsed = parseKubectl(line);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return runKubectl(cluster, kubelet, parsed.command);
}

export function podNames({ cluster }: BroughtUp): readonly string[] {
  return cluster.list('Pod').map((object) => object.metadata.name);
}

export function messages({ problems }: BroughtUp): readonly string[] {
  return problems.map(({ error }) => error.message);
}

/** A pod as `kubectl get -o json` shows it. */
export function livePod(
  name: string,
  owner: { readonly kind: string; readonly name: string },
  ip: string,
  node: string,
  labels: Readonly<Record<string, string>>,
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, uid: `uid-${name}`, ownerReferences: [{ ...owner, controller: true }] },
    spec: { containers: [{ name: 'main' }], nodeName: node },
    status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}
