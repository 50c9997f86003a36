/** `spec.workloads` and the pod templates of the manifests → one `WorkloadSpec` per workload, defaults filled in and recorded. */
import { preStopNs } from '../kubernetes/index.ts';
import type { Container } from '../kubernetes/objects.ts';
import type { LawSpec } from '../random/law.ts';
import { isUnitProblem, parseQuantity } from '../units.ts';
import { readCalls } from './calls.ts';
import type { Context } from './context.ts';
import { isObject, type Path } from './document.ts';
import { readLaw } from './laws.ts';
import type { CallStep, WorkloadSpec } from './scenario.ts';
import type { LawInput, ServiceInput, WorkloadInput } from './schema-source.ts';
import { shortName, type WorkloadIndex, type WorkloadObject } from './workload-index.ts';

const DEFAULT_SERVICE: LawSpec = { law: 'exponential', mean: 0.01 };
const DEFAULT_CONCURRENCY = 8;
const DEFAULT_QUEUE = 1024;
/** grpc: MaxConnectionAge has a jitter of ±10 % (grpc-go `keepalive.ServerParameters`). */
const GRPC_AGE_JITTER = 0.1;
const DEFAULT_PROBE_PERIOD_SECONDS = 10;
const DEFAULT_GRACE_SECONDS = 30;

export function readWorkloads(
  context: Context,
  inputs: Readonly<Record<string, WorkloadInput>> = {},
  index: WorkloadIndex,
  inferredCalls: (workload: WorkloadObject) => readonly CallStep[],
): Record<string, WorkloadSpec> {
  const written = matchInputs(context, inputs, index);
  const workloads: [string, WorkloadSpec][] = index.all.map((workload) => {
    const { input, path } = written.get(workload.key) ?? { input: {}, path: ['spec', 'workloads', shortName(workload)] };
    return [workload.key, readWorkload(context, path, input, workload, inferredCalls)];
  });
  return Object.fromEntries(workloads);
}

/** Which object each key of `spec.workloads` names; each at most once. */
function matchInputs(
  context: Context,
  inputs: Readonly<Record<string, WorkloadInput>>,
  index: WorkloadIndex,
): Map<string, { input: WorkloadInput; path: Path }> {
  const written = new Map<string, { input: WorkloadInput; path: Path }>();
  for (const [text, input] of Object.entries(inputs)) {
    const path = ['spec', 'workloads', text];
    const resolved = index.resolve(text);
    if ('problem' in resolved) context.issue(path, resolved.problem, text, resolved.hint);
    else if (written.has(resolved.workload.key)) context.issue(path, 'workload given twice', text);
    else written.set(resolved.workload.key, { input, path });
  }
  return written;
}

function readWorkload(
  context: Context,
  path: Path,
  input: WorkloadInput,
  workload: WorkloadObject,
  inferredCalls: (workload: WorkloadObject) => readonly CallStep[],
): WorkloadSpec {
  const assume = (step: string, value: string) => context.report.assume([...path, ...step.split('.')], value, 'not in the manifests', workload.key);
  if (input.service === undefined) assume('service', 'exponential 10ms');
  if (input.concurrency === undefined) assume('concurrency', String(DEFAULT_CONCURRENCY));
  if (input.queue?.limit === undefined) assume('queue.limit', `${DEFAULT_QUEUE}, then reject`);
  return {
    key: workload.key,
    kind: workload.kind,
    name: workload.name,
    namespace: workload.namespace,
    concurrency: input.concurrency ?? DEFAULT_CONCURRENCY,
    queue: readQueue(context, [...path, 'queue'], input.queue),
    service: readService(context, [...path, 'service'], input.service),
    cpuLimit: cpuLimit(workload),
    speed: perPod(input.speed),
    weight: perPod(input.weight),
    server: readServer(context, [...path, 'server'], input.server),
    calls: input.calls === undefined ? inferredCalls(workload) : readCalls(context, [...path, 'calls'], input.calls),
    holdWhileCalling: input.holdWhileCalling ?? true,
    lifecycle: readLifecycle(workload),
  };
}

function readQueue(context: Context, path: Path, input: WorkloadInput['queue'] = {}): WorkloadSpec['queue'] {
  return {
    limit: input.limit === 'none' ? null : (input.limit ?? DEFAULT_QUEUE),
    discipline: input.discipline ?? 'fifo',
    timeoutNs: context.timeNs([...path, 'timeout'], input.timeout, 0),
    patience: input.patience === undefined ? null : readLaw(context, [...path, 'patience'], input.patience),
  };
}

function readService(context: Context, path: Path, input: ServiceInput | undefined): WorkloadSpec['service'] {
  if (input === undefined) return { default: DEFAULT_SERVICE, byRoute: [] };
  if (typeof input === 'object' && 'byRoute' in input) return readByRoute(context, path, input);
  if (isObject(input) && !('law' in input)) {
    context.issue(path, 'no law', undefined, 'a constant such as 12ms, { law: NAME, … } or { byRoute: { … } }');
    return { default: DEFAULT_SERVICE, byRoute: [] };
  }
  return { default: readLaw(context, path, input), byRoute: [] };
}

/** Routes are path prefixes; whatever matches none takes `default`. */
function readByRoute(context: Context, path: Path, input: { readonly byRoute: Readonly<Record<string, LawInput>> }): WorkloadSpec['service'] {
  const others = Object.keys(input).filter((key) => key !== 'byRoute');
  if (others.length > 0) context.issue(path, 'byRoute stands alone', others.join(', '), 'give the law for all other paths as byRoute.default');
  if (!Object.hasOwn(input.byRoute, 'default')) context.issue([...path, 'byRoute'], 'default is missing', undefined, 'the law of all other paths');
  const routes = Object.entries(input.byRoute).map(([route, law]) => {
    if (route !== 'default' && !route.startsWith('/')) context.issue([...path, 'byRoute', route], 'not a path', route, 'paths start with /');
    return { path: route, law: readLaw(context, [...path, 'byRoute', route], law) };
  });
  return {
    default: routes.find((route) => route.path === 'default')?.law ?? DEFAULT_SERVICE,
    byRoute: routes.filter((route) => route.path !== 'default'),
  };
}

function perPod(input: number | readonly number[] | undefined): readonly number[] {
  if (input === undefined) return [1];
  return typeof input === 'number' ? [input] : input;
}

function readServer(context: Context, path: Path, input: WorkloadInput['server'] = {}): WorkloadSpec['server'] {
  const protocol = input.protocol ?? 'http/1.1';
  const defaultJitter = protocol === 'grpc' ? GRPC_AGE_JITTER : 0;
  return {
    protocol,
    maxConnectionAge: readAge(context, [...path, 'maxConnectionAge'], input.maxConnectionAge),
    maxConnectionAgeJitter: input.jitter === undefined ? defaultJitter : context.share([...path, 'jitter'], input.jitter),
    maxConnectionAgeGraceNs: context.timeNs([...path, 'maxConnectionAgeGrace'], input.maxConnectionAgeGrace, 0),
    keepAliveTimeoutNs: context.timeNs([...path, 'keepAliveTimeout'], input.keepAliveTimeout, 0),
    maxRequestsPerConnection: input.maxRequestsPerConnection ?? 0,
    cancel: input.cancel ?? 'never',
    sigterm: input.sigterm ?? 'drain',
  };
}

/** A constant 0s is no limit. */
export function readAge(context: Context, path: Path, input: LawInput | undefined): LawSpec | null {
  if (input === undefined) return null;
  const law = readLaw(context, path, input);
  return law.law === 'constant' && law.value === 0 ? null : law;
}

/** Of the pod as a whole, or of its containers when each has a limit: otherwise the pod may use what the node has. */
function cpuLimit(workload: WorkloadObject): number | null {
  const ofPod = parseQuantity(workload.podSpec.resources?.limits?.cpu);
  if (!isUnitProblem(ofPod) && ofPod > 0) return ofPod;
  const limits = containersOf(workload).map((container) => parseQuantity((container as { resources?: { limits?: { cpu?: unknown } } }).resources?.limits?.cpu));
  if (limits.length === 0 || limits.some(isUnitProblem)) return null;
  const sum = limits.reduce<number>((total, limit) => total + (limit as number), 0);
  return sum > 0 ? sum : null;
}

export function containersOf(workload: WorkloadObject): readonly Container[] {
  const containers: unknown = workload.podSpec.containers;
  return Array.isArray(containers) ? containers.filter(isObject).map((container) => container as unknown as Container) : [];
}

function readLifecycle(workload: WorkloadObject): WorkloadSpec['lifecycle'] {
  const containers = containersOf(workload);
  const delaySeconds = containers.map(
    ({ startupProbe, readinessProbe }) => (startupProbe?.initialDelaySeconds ?? 0) + (readinessProbe?.initialDelaySeconds ?? 0),
  );
  const periodSeconds = containers.map(({ readinessProbe }) =>
    readinessProbe === undefined ? 0 : (readinessProbe.periodSeconds ?? DEFAULT_PROBE_PERIOD_SECONDS),
  );
  return {
    readinessDelayNs: Math.max(0, ...delaySeconds) * 1e9,
    readinessPeriodNs: Math.max(0, ...periodSeconds) * 1e9,
    preStopNs: preStopNs({ spec: { ...workload.podSpec, containers } }),
    gracePeriodNs: (workload.podSpec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1e9,
    minReadyNs: (workload.object.spec?.minReadySeconds ?? 0) * 1e9,
  };
}
