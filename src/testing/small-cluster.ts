/** One replication of a small cluster, from the text of a scenario to what it saw: for tests that state what the model does. */
import type { RunResult, ServiceRun, SparseHistogram } from '../measurement/run-result.ts';
import { assemble } from '../simulation/assemble.ts';
import { runReplication } from '../simulation/run.ts';
import { scenario } from './scenarios.ts';

/** No delay anywhere: what is left is what the test is about. */
export const NO_LATENCY = 'network: { latency: { sameNode: 0s, sameZone: 0s, crossZone: 0s, external: 0s } }';
/** 10 ms from outside, 1 ms within the cluster. */
export const LATENCY = 'network: { latency: { sameNode: 1ms, sameZone: 1ms, crossZone: 1ms, external: 10ms } }';

/** A Deployment whose pods listen on 8080. @param pod further fields of the pod's spec; @param container of its container */
export function deployment(name: string, replicas: number, { pod = '', container = '', spec = '' } = {}): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [ { name: ${name}, image: "${name}:1", ports: [ { name: http, containerPort: 8080 } ]${comma(container)} } ]${comma(pod)} }${spec === '' ? '' : `\n  ${spec}`}
---`;
}

/** Bare pods that listen on 8080, one on each of the nodes named: for tests of who is where. @param app label that a Service selects */
export function podsOn(app: string, nodes: readonly string[]): string {
  return nodes
    .map(
      (node, i) => `
apiVersion: v1
kind: Pod
metadata: { name: ${app}-${i}, labels: { app: ${app} } }
spec: { nodeName: ${node}, containers: [ { name: main, image: main, ports: [ { name: http, containerPort: 8080 } ] } ] }
---`,
    )
    .join('');
}

/** A Service on port 80. @param more further fields of its spec */
export function service(name: string, more = '', app = name): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${app} }, ports: [ { name: http, port: 80, targetPort: http${more.includes('NodePort') ? ', nodePort: 30080' : ''} } ]${comma(more)} }
---`;
}

/** An Ingress that sends paths of one host to Services. @param annotations in flow style, without the prefix */
export function ingress(host: string, paths: Readonly<Record<string, string>>, annotations: Readonly<Record<string, string>> = {}): string {
  const rules = Object.entries(paths).map(
    ([path, name]) => `{ path: "${path}", pathType: Prefix, backend: { service: { name: ${name}, port: { number: 80 } } } }`,
  );
  const notes = Object.entries(annotations).map(([key, value]) => `"nginx.ingress.kubernetes.io/${key}": "${value}"`);
  return `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: "${host.replace('*', 'any')}", annotations: { ${notes.join(', ')} } }
spec: { ingressClassName: nginx, rules: [ { host: "${host}", http: { paths: [ ${rules.join(', ')} ] } } ] }
---`;
}

function comma(more: string): string {
  return more === '' ? '' : `, ${more}`;
}

/** Runs replication 0. The identities that hold in every run are asserted here, for all tests. */
export async function replay(sections: string, manifests: string, seed = 'test'): Promise<RunResult> {
  const run = runReplication(await scenario(sections, manifests), { seed, replication: 0, cell: 0 });
  for (const { name, left, right, tolerance } of run.checks) {
    if (Math.abs(left - right) > tolerance * Math.max(Math.abs(left), Math.abs(right))) throw new Error(`${name}: ${left} is not ${right}`);
  }
  return run;
}

/** Addresses that the cluster gives out: they depend on names only, so a scenario may be written with them. */
export async function addresses(
  manifests: string,
  sections = '',
): Promise<{ pods: string[]; clusterIP(name: string): string; loadBalancer(name: string): string }> {
  const { cluster } = assemble(await scenario(sections, manifests), 'test', 0).broughtUp;
  const find = (name: string, namespace = 'default') => cluster.get('Service', namespace, name);
  return {
    pods: cluster.list('Pod').map((pod) => pod.status?.podIP ?? ''),
    clusterIP: (name) => find(name)?.spec.clusterIP ?? '',
    loadBalancer: (name) => (find(name) ?? find(name, 'ingress-nginx'))?.status?.loadBalancer?.ingress?.[0]?.ip ?? '',
  };
}

export function serviceOf(run: RunResult, name: string): ServiceRun {
  const found = run.services.find((one) => one.name.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`no Service ${name}`);
  return found;
}

/** Attempts at a Service's pods, in order of their appearance. */
export function requestsOf(run: RunResult, name: string): number[] {
  return [...serviceOf(run, name).requests];
}

export function totalOf(counts: readonly number[]): number {
  return counts.reduce((a, b) => a + b, 0);
}

/** Mean of a histogram [ms], exact. */
export function meanMs({ sum, count }: SparseHistogram): number {
  return sum / count / 1e6;
}

/** Largest value of a histogram [ms], exact. */
export function maxMs({ max }: SparseHistogram): number {
  return max / 1e6;
}
