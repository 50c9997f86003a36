/** `spec.timeline` → actions with parsed kubectl lines, in order of time. */
import { type KubectlCommand, parseKubectl } from '../kubernetes/index.ts';
import type { KubernetesObject, Labels } from '../kubernetes/objects.ts';
import type { Context } from './context.ts';
import type { Path } from './document.ts';
import { nearest } from './report.ts';
import type { TimelineAction } from './scenario.ts';
import type { SpecInput } from './schema-source.ts';
import type { WorkloadIndex } from './workload-index.ts';

export function readTimeline(
  context: Context,
  inputs: NonNullable<SpecInput['timeline']> = [],
  durationNs: number,
  objects: readonly KubernetesObject[],
  index: WorkloadIndex,
): readonly TimelineAction[] {
  const actions = inputs.flatMap((input, i): TimelineAction[] => {
    const path = ['spec', 'timeline', i];
    const atNs = context.timeNs([...path, 'at'], input.at, 0);
    if (durationNs > 0 && atNs > durationNs) context.issue([...path, 'at'], 'after the end of the run', input.at);
    const parsed = parseKubectl(input.do);
    if ('problem' in parsed) {
      context.issue([...path, 'do'], parsed.problem, input.do, parsed.hint);
      return [];
    }
    checkTargets(context, [...path, 'do'], parsed.command, objects, index);
    return [{ atNs, label: input.label ?? '', command: parsed.command, text: input.do, where: context.document.locate(path) }];
  });
  return actions.toSorted((a, b) => a.atNs - b.atNs);
}

/** Names of pods are given out while the clock runs, so only those that stand in the manifests can be checked beforehand. */
function checkTargets(context: Context, path: Path, command: KubectlCommand, objects: readonly KubernetesObject[], index: WorkloadIndex): void {
  const ofKind = objects.filter((object) => object.kind === command.kind);
  for (const name of command.kind === 'Pod' ? [] : command.names) {
    const named = ofKind.filter((object) => object.metadata.name === name);
    if (named.some((object) => (object.metadata.namespace ?? 'default') === command.namespace)) continue;
    const elsewhere = named.map((object) => `-n ${object.metadata.namespace}`);
    const close = nearest(
      name,
      ofKind.map((object) => object.metadata.name),
    );
    const hint = elsewhere.length > 0 ? `there is one with ${elsewhere.join(' or ')}` : close.length > 0 ? `did you mean ${close.join(' or ')}?` : undefined;
    context.issue(path, `no such ${command.kind} in namespace ${command.namespace}`, name, hint);
  }
  if (command.selector !== null && command.kind === 'Pod' && !selectsAny(command, index)) {
    context.issue(
      path,
      'selects no pod',
      JSON.stringify(command.selector.matchLabels ?? {}),
      `labels of pods in namespace ${command.namespace} come from the pod templates`,
    );
  }
}

function selectsAny({ selector, namespace }: KubectlCommand, index: WorkloadIndex): boolean {
  const wanted = Object.entries((selector?.matchLabels ?? {}) as Labels);
  return index.all.some((workload) => workload.namespace === namespace && wanted.every(([key, value]) => workload.labels[key] === value));
}
