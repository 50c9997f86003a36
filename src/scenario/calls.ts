/** `workloads.*.calls` → steps, and the check that no call comes back to where it began. */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import type { CallSpec, CallStep, WorkloadSpec } from './scenario.ts';
import type { CallInput } from './schema-source.ts';
import { readTarget, serviceOfHost } from './targets.ts';
import { shortName, type WorkloadIndex } from './workload-index.ts';

export function readCalls(context: Context, path: Path, inputs: readonly CallInput[]): readonly CallStep[] {
  return inputs.flatMap((input, index): CallStep[] => {
    const at = [...path, index];
    if (input.parallel === undefined) return [{ type: 'call', call: readCall(context, at, input) }];
    const others = Object.keys(input).filter((key) => key !== 'parallel');
    if (others.length > 0) context.issue(at, 'parallel stands alone', others.join(', '), 'these belong to the calls inside it');
    return [{ type: 'parallel', calls: input.parallel.map((call, i) => readCall(context, [...at, 'parallel', i], call)) }];
  });
}

function readCall(context: Context, path: Path, input: CallInput): CallSpec {
  if (input.target === undefined) context.issue(path, 'target is missing', undefined, 'a URL such as http://cart:7070/');
  return {
    target: readTarget(context, [...path, 'target'], input.target ?? 'http://missing/'),
    probability: input.probability ?? 1,
    count: input.count ?? 1,
    timeoutNs: context.timeNs([...path, 'timeout'], input.timeout, 0),
    optional: input.optional ?? false,
    assumed: false,
  };
}

export function callsOf(workload: WorkloadSpec): readonly CallSpec[] {
  return workload.calls.flatMap((step) => (step.type === 'call' ? [step.call] : step.calls));
}

/** Issue for each cycle, with its path: such a request would never end. */
export function refuseCycles(
  context: Context,
  workloads: Readonly<Record<string, WorkloadSpec>>,
  index: WorkloadIndex,
  objects: readonly KubernetesObject[],
): void {
  const edges = new Map(
    Object.values(workloads).map((workload): [string, readonly string[]] => {
      const services = callsOf(workload).map((call) => serviceOfHost(call.target.host, workload.namespace, objects));
      return [workload.key, [...new Set(services.flatMap((service) => (service === undefined ? [] : index.selectedBy(service).map(({ key }) => key))))]];
    }),
  );
  const finished = new Set<string>();
  for (const key of edges.keys()) {
    const cycle = findCycle(key, edges, finished);
    if (cycle === null) continue;
    const names = cycle.map((member) => shortName(workloads[member]));
    const isAssumed = cycle.some((member) => callsOf(workloads[member]).some((call) => call.assumed));
    context.issue(
      ['spec', 'workloads', names[0], 'calls'],
      `calls go in a circle: ${names.join(' → ')}`,
      undefined,
      `write calls: [] for one of them, or --set workloads.${names[0]}.calls=[]${isAssumed ? '; calls were taken from environment variables' : ''}`,
    );
    return;
  }
}

/** Depth first, without recursion; the way back to a key on the current path is a cycle. */
function findCycle(start: string, edges: ReadonlyMap<string, readonly string[]>, finished: Set<string>): readonly string[] | null {
  const path: string[] = [];
  const stack: { key: string; leave: boolean }[] = [{ key: start, leave: false }];
  while (stack.length > 0) {
    const { key, leave } = stack.pop() as { key: string; leave: boolean };
    if (leave) {
      finished.add(key);
      path.pop();
    } else if (path.includes(key)) return [...path.slice(path.indexOf(key)), key];
    else if (!finished.has(key)) {
      path.push(key);
      stack.push({ key, leave: true });
      for (const next of (edges.get(key) ?? []).toReversed()) stack.push({ key: next, leave: false });
    }
  }
  return null;
}
