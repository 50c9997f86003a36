/** The commented scenario that `evenkeel init` writes: its values are what `run --to` assumes, so that both give the same result. */

import type { Scenario, TargetUrl, WorkloadSpec } from './scenario.ts';
import { shortName, WorkloadIndex } from './workload-index.ts';

export interface TemplateOptions {
  readonly name?: string;
  /** A folder or file, relative to where the scenario will stand. */
  readonly manifests?: string;
  /** URL of the clients; without it the first Service of `found`. */
  readonly target?: string;
  /** What the manifests hold, where they were given. */
  readonly found?: Pick<Scenario, 'objects' | 'workloads'>;
}

export function scenarioTemplate({ name = 'my-scenario', manifests = './k8s/', target, found }: TemplateOptions = {}): string {
  const url = target ?? (found === undefined ? undefined : urlOfService(found)) ?? 'http://my-service.default.svc.cluster.local/';
  return `apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata:
  name: ${JSON.stringify(name)}
  description: What do I want to know?
spec:
  # Files, folders and globs, relative to this file. Your manifests stay as they are.
  manifests:
    - ${JSON.stringify(manifests)}

  run:
    duration: 10m # simulated time
    warmup: 1m # simulated, not measured
    seed: 1 # the same seed gives the same bytes
    replications: 20 # independent runs: intervals come from them

  cluster:
    nodes: { count: 3, cpu: 8 } # add zones: [a, b, c] if they lie in several
    kubeProxy: { mode: ipvs } # ipvs (in turn) | iptables, nftables, cilium (at random, queues longer): write what your cluster has

  # What the manifests cannot say. Everything left out is assumed, and listed with the result.
${found === undefined ? EXAMPLE : workloadsOf(Object.values(found.workloads))}
  clients:
    - name: client
      count: 50 # each with its own address and connections
      # from: external # where they are: external | vpc | deployment/NAME | node/NAME | { zones: { a: 60%, b: 40% } }
      target: ${JSON.stringify(url)}
      protocol: { type: http/1.1, keepAlive: on, connections: 1 }
      arrivals: { process: poisson, rate: 100/s } # of all clients together
      # timeout: 5s # of the clients; without it they wait for ever

  # timeline:
  #   - { at: 5m, do: kubectl scale deployment/my-app --replicas=6, label: scale-up }

  thresholds:
    "request_duration{client=client}": ["p(99)<250ms"]
    request_failed: ["rate<0.1%"]
`;
}

const EXAMPLE = `  workloads: {}
    # deployment/my-app:
    #   concurrency: 8                                      # requests one pod serves at once
    #   queue: { limit: 1024, discipline: fifo }            # then it rejects
    #   service: { law: lognormal, mean: 12ms, p99: 80ms }  # time a request takes without waiting
    #   calls: [ { target: "http://other-service:8080/" } ] # after its own service, in order
`;

/** Each workload by name, with what is assumed of it as comments: to be uncommented and changed. */
function workloadsOf(workloads: readonly WorkloadSpec[]): string {
  if (workloads.length === 0) return '  workloads: {}\n';
  const lines = workloads.flatMap((workload, i) => [
    `    ${shortName(workload)}: {}`,
    `      # concurrency: ${workload.concurrency}${i === 0 ? ' # requests one pod serves at once' : ''}`,
    `      # queue: { limit: ${workload.queue.limit ?? 'none'} }${i === 0 ? ' # then it rejects' : ''}`,
    `      # service: { law: exponential, mean: 10ms }${i === 0 ? ' # time a request takes without waiting' : ''}`,
    ...callsOf(workload),
  ]);
  return `  workloads: # instead of {}, what you know: uncomment and change what is assumed\n${lines.map((line) => `${line}\n`).join('')}`;
}

function callsOf(workload: WorkloadSpec): string[] {
  const targets = callTargets(workload).map(({ text }) => `{ target: ${JSON.stringify(text)} }`);
  return targets.length === 0 ? [] : [`      # calls: [ ${targets.join(', ')} ] # found in its environment`];
}

function callTargets({ calls }: WorkloadSpec): TargetUrl[] {
  return calls.flatMap((step) => (step.type === 'call' ? [step.call] : step.calls)).map(({ target }) => target);
}

/** The front door: reachable from outside, else one that no other workload calls, else the first. */
function urlOfService({ objects, workloads }: Pick<Scenario, 'objects' | 'workloads'>): string | undefined {
  const index = new WorkloadIndex(objects);
  const called = new Set(Object.values(workloads).flatMap((workload) => callTargets(workload).map(({ host }) => host.split('.')[0])));
  const services = objects.filter(({ kind, spec }) => kind === 'Service' && Array.isArray(spec?.ports) && spec.ports.length > 0);
  const served = services.filter((service) => index.selectedBy(service).length > 0);
  const [first] = [
    ...served.filter(({ spec }) => spec?.type === 'LoadBalancer' || spec?.type === 'NodePort'),
    ...served.filter(({ metadata }) => !called.has(metadata.name)),
    ...served,
    ...services,
  ];
  if (first === undefined) return undefined;
  const port: unknown = first.spec?.ports?.[0]?.port;
  return `http://${first.metadata.name}.${first.metadata.namespace ?? 'default'}.svc.cluster.local${port === 80 ? '' : `:${port}`}/`;
}
