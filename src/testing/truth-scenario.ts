/**
 * One Service in front of one Deployment, without network delay, as the public scenario format writes it; run by the public runner.
 *
 * What the tests in `experiments/truth` compare with closed forms goes the whole way: text, schema, cluster, engine, merging, figures.
 */
import { planStudy } from '../experiments/plan.ts';
import type { CellResult, Estimate, PodResult, ServiceResult } from '../experiments/result.ts';
import { runStudy } from '../experiments/run.ts';
import type { RunResult } from '../measurement/run-result.ts';
import { loadStudy } from '../scenario/index.ts';
import { runReplication } from '../simulation/run.ts';

/** Parts of the scenario text; each is YAML in flow style, as it stands after its key. */
export interface Setting {
  /** Pods of `deployment/web`; 1. */
  readonly replicas?: number;
  /** `workloads['deployment/web']`. */
  readonly workload: string;
  /** Further entries of `workloads`. */
  readonly workloads?: string;
  /** What one client that chooses a pod per request by `policy` says beside its target. */
  readonly client?: string;
  /** Of that client; `random`. */
  readonly policy?: string;
  /** The whole of `clients`, instead. */
  readonly clients?: string;
  /** Seconds that are simulated; the first tenth is warm-up, unless `warmup` says otherwise. */
  readonly seconds: number;
  readonly warmup?: string;
  /** 6. */
  readonly replications?: number;
  /** Further entries of `run`. */
  readonly run?: string;
  /** Further entries of `cluster`, instead of one node. */
  readonly cluster?: string;
  /** Services with a Deployment of one pod each, beside `web`. */
  readonly more?: readonly string[];
  /** Further Kubernetes objects. */
  readonly objects?: readonly string[];
  /** Further fields of the Service's spec. */
  readonly service?: string;
  /** Of the Service's port. */
  readonly nodePort?: number;
  /** `resources` of its container. */
  readonly resources?: string;
  readonly timeline?: string;
}

export const TARGET = 'http://web.default.svc.cluster.local/';
/** As many streams on one connection as it takes: nothing waits in the client. */
export const MULTIPLEXED = 'protocol: { type: http/2, maxConcurrentStreams: 1000000 }';
export const EXPONENTIAL = '{ law: exponential, mean: 10ms }';
/** Squared coefficient of variation 4. */
export const LOGNORMAL = '{ law: lognormal, mean: 10ms, cv: 2 }';

/** A workload of `slots` with this law and queue. */
export function station(slots: number, service: string, queue = 'limit: none'): string {
  return `{ concurrency: ${slots}, queue: { ${queue} }, service: ${service} }`;
}

/** Open-loop arrivals [1/s]. */
export function arrivals(rate: number, process = 'poisson'): string {
  return `arrivals: { process: ${process}, rate: ${rate}/s }`;
}

/** A client entry that chooses a pod per request. */
export function client(name: string, rest: string, policy = 'random', path = ''): string {
  return `{ name: ${name}, target: "${TARGET}${path}", ${MULTIPLEXED}, balancer: { plane: ideal, policy: ${policy} }, ${rest} }`;
}

export function scenarioText(setting: Setting): string {
  const { seconds, warmup = `${seconds / 10}s`, replications = 6 } = setting;
  const objects = [
    ...manifests('web', setting.replicas ?? 1, setting.service, setting.resources, setting.nodePort),
    ...(setting.more ?? []).flatMap((name) => manifests(name, 1)),
    ...(setting.objects ?? []),
  ];
  return `
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: truth }
spec:
  manifests: [ ${objects.map((object) => `{ inline: ${JSON.stringify(object)} }`).join(',\n    ')} ]
  run: { seed: truth, duration: ${seconds}s, warmup: ${warmup}, replications: ${replications}, gracefulStop: 1h${and(setting.run)} }
  cluster: { network: { latency: { sameNode: 0s, sameZone: 0s, crossZone: 0s, external: 0s } }${and(setting.cluster ?? 'nodes: { count: 1 }')} }
  workloads: { deployment/web: ${setting.workload}${and(setting.workloads)} }
  clients: ${setting.clients ?? `[ ${client('source', `count: 1, ${setting.client}`, setting.policy)} ]`}
  timeline: ${setting.timeline ?? '[]'}
`;
}

/** `name`: a Deployment of so many pods, and its Service on port 80. */
function manifests(name: string, replicas: number, service = '', resources = '{}', nodePort?: number): string[] {
  const container = `{ name: web, image: web, ports: [ { containerPort: 8080 } ], resources: ${resources} }`;
  const template = `{ metadata: { labels: { app: ${name} } }, spec: { containers: [ ${container} ] } }`;
  return [
    `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: ${name} }, spec: { replicas: ${replicas}, selector: { matchLabels: { app: ${name} } }, template: ${template} } }`,
    serviceManifest(name, name, service, nodePort),
  ];
}

/** A Service on port 80 for the pods labelled `app`. */
export function serviceManifest(name: string, app: string, more?: string, nodePort?: number): string {
  return `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { selector: { app: ${app} }, ports: [ { port: 80, targetPort: 8080${nodePort === undefined ? '' : `, nodePort: ${nodePort}`} } ]${and(more)} } }`;
}

function and(more = ''): string {
  return more === '' ? '' : `, ${more}`;
}

/** Runs the scenario's one cell. The identities that hold in every run are asserted here, for all tests. */
export async function simulate(setting: Setting, seriesStepNs?: number): Promise<CellResult> {
  const study = await loadStudy({ files: ['-'], stdin: scenarioText(setting) });
  const { result } = await runStudy(planStudy(study), { workers: 1, resume: false, seriesStepNs });
  const [cell] = result.cells;
  for (const check of cell.checks) if (!check.ok) throw new Error(`${check.name}: off by ${check.residual}`);
  return cell;
}

/** The replications one by one, for what is a statement about each. */
export async function replicate(setting: Setting): Promise<RunResult[]> {
  const study = await loadStudy({ files: ['-'], stdin: scenarioText(setting) });
  return Array.from({ length: study.replications }, (_, replication) => runReplication(study.cells[0].scenario, { seed: study.seed, replication, cell: 0 }));
}

export function web(cell: CellResult): ServiceResult {
  return cell.services['default/web'];
}

/** The only pod behind the Service. */
export function podOf(service: ServiceResult): PodResult {
  const [pod] = Object.values(service.pods);
  return pod;
}

/** Client requests per second of the measured window. */
export function rateOf(cell: CellResult, requests: number): number {
  return requests / cell.replications / (cell.window.to - cell.window.from);
}

/** A figure's value: a finite number. */
export function numberOf(estimate: Estimate): number {
  if (typeof estimate.value !== 'number') throw new Error(`no number: ${JSON.stringify(estimate)}`);
  return estimate.value;
}
