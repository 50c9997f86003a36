/**
 * What is left of a scenario when the parts that the schema refuses are taken out, so that the rest can be checked for its meaning in
 * the same go. Places stay what they are: items of lists are replaced, not removed.
 *
 * Nothing runs on what this makes. It is only looked through for issues, so what must be there is filled in with values that give none.
 */
import { isObject, type Path, type PlainObject } from './document.ts';
import type { SpecInput } from './schema-source.ts';

/** How deep the part is that goes with a wrong value: a whole law, as one parameter less is another mistake. */
const DEPTHS: Readonly<Record<string, number>> = { run: 3, cluster: 3, workloads: 4, clients: 4, thresholds: 3, timeline: 3 };
const ANY_TIME = { at: '0s', do: 'kubectl delete pod any' };

/**
 * @param root value of a scenario document
 * @param wrong paths that the schema refuses; those of missing keys end in the key
 * @returns null when nothing can be said: of names without the manifests, for instance
 */
export function soundPart(root: unknown, wrong: readonly Path[]): SpecInput | null {
  const spec = isObject(root) && isObject(root.spec) ? structuredClone(root.spec) : null;
  const parts = wrong.filter(([first]) => first === 'spec').map((path) => path.slice(1, DEPTHS[String(path[1])] ?? 2));
  if (spec === null || parts.some(([section]) => section === undefined || section === 'manifests')) return null;
  for (const part of parts) remove(spec, part);
  const isWrong = (...path: Path) => parts.some((part) => path.every((step, i) => part[i] === undefined || part[i] === step));
  complete(spec, isWrong);
  return spec as unknown as SpecInput;
}

function remove(spec: PlainObject, part: Path): void {
  const parents = part
    .slice(0, -1)
    .reduce<unknown>((value, step) => (isObject(value) || Array.isArray(value) ? (value as PlainObject)[step] : undefined), spec);
  const last = part.at(-1) as string | number;
  if (Array.isArray(parents)) parents[Number(last)] = {};
  else if (isObject(parents)) delete parents[last];
}

function complete(spec: PlainObject, isWrong: (...path: Path) => boolean): void {
  spec.run = { duration: '100d', ...(isObject(spec.run) ? spec.run : {}) };
  const clients = Array.isArray(spec.clients) ? (spec.clients as PlainObject[]) : [];
  const areNamesKnown = clients.length > 0 && clients.every(({ name }) => name !== undefined);
  spec.clients = (clients.length > 0 ? clients : [{}]).map((client, i) => completeClient(client, i, isWrong));
  spec.timeline = Array.isArray(spec.timeline) ? spec.timeline.map((action, i) => (isWrong('timeline', i) ? ANY_TIME : action)) : [];
  for (const [key, workload] of Object.entries(isObject(spec.workloads) ? spec.workloads : {}))
    if (isWrong('workloads', key) && isObject(workload)) workload.calls ??= [];
  if (!areNamesKnown && isObject(spec.thresholds))
    spec.thresholds = Object.fromEntries(Object.entries(spec.thresholds).filter(([metric]) => !/\bclient\s*=/.test(metric)));
}

function completeClient(client: PlainObject, i: number, isWrong: (...path: Path) => boolean): PlainObject {
  if (isWrong('cluster', 'nodes')) delete client.from; // nodes and zones that it names are not known
  if (isWrong('clients', i, 'count')) delete client.sources; // there are as many addresses as clients
  if (!isWrong('clients', i)) return client;
  const arrivals = client.arrivals === undefined && client.closedLoop === undefined && client.trace === undefined ? { arrivals: { rate: '1/s' } } : {};
  return { name: `client-${i}`, target: 'http://unknown/', ...arrivals, ...client };
}
