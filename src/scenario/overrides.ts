/** Values set from outside the documents: `--set path=value`, and what an axis of a sweep sets in one of its cells (`sweep.ts`). */
import { isKnownField } from './classify.ts';
import { type Document, formatPath, formatPointer, type Path, valueAt, withValue } from './document.ts';
import { WORDS_OF_MODE } from './kube-proxy.ts';
import { type Manifest, title } from './manifests.ts';
import { nearest, type Report } from './report.ts';
import { parseFlagValue } from './yaml.ts';

/** What a study is built from, before anything is checked. */
export interface Inputs {
  readonly scenario: Document;
  readonly manifests: readonly Manifest[];
}

export interface Override {
  /** From the root of the scenario, or `manifests`, kind, name, and a path inside the object. */
  readonly path: Path;
  readonly value: unknown;
  /** Where it is written: a flag, or `file:line:column` of the axis. */
  readonly where: string;
}

/** `deployment/checkout` as the first step of a path: an object of the manifests. */
const OBJECT = /^([A-Za-z]+)\/([^/]+)$/;

/**
 * `/spec/run/duration`, `spec.run.duration` or `run.duration`; keys with dots as `["a.b"]`. Fields of manifests as
 * `/manifests/Deployment/checkout/spec/replicas` or `deployment/checkout.spec.replicas`. Null when it is no path.
 */
export function parsePath(text: string): Path | null {
  if (text.startsWith('/')) {
    const steps = text.slice(1).split('/');
    return steps.includes('') ? null : steps.map((step) => toStep(step.replaceAll('~1', '/').replaceAll('~0', '~')));
  }
  const steps: (string | number)[] = [];
  const part = /\.?([^.[\]="]+)|\[(\d+)\]|\["([^"]+)"\]/gy;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return null;
    steps.push(match[3] ?? toStep(match[1] ?? match[2]));
  }
  if (steps.length === 0) return null;
  const [first, ...inside] = steps[0] === 'manifests' ? steps.slice(1) : steps;
  const object = OBJECT.exec(String(first));
  if (object !== null) return ['manifests', object[1], object[2], ...inside];
  return ['spec', 'metadata', 'manifests', 'apiVersion', 'kind'].includes(String(steps[0])) ? steps : ['spec', ...steps];
}

function toStep(text: string): string | number {
  return /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : text;
}

/** `--set path=value`, in order. */
export function parseSets(sets: readonly string[], report: Report): Override[] {
  return sets.flatMap((text) => {
    const split = splitFlag('--set', text, report);
    return split === null ? [] : [{ path: split.path, value: parseFlagValue(split.value), where: `--set ${split.name}` }];
  });
}

/** `--stop-when request_duration:p(99)=2%`: `run.stopWhen` for one figure, instead of `run.replications`. */
export function parseStopWhen(text: string | undefined, report: Report): Override[] {
  if (text === undefined) return [];
  const match = /^(.+):([^:=]+)=([^=]+)$/.exec(text);
  const where = '--stop-when';
  if (match === null) {
    report.add({ where, problem: 'not metric:statistic=share', value: text, hint: "e.g. --stop-when 'request_duration:p(99)=2%'" });
    return [];
  }
  const [, metric, statistic, relative] = match;
  return [
    { path: ['spec', 'run', 'replications'], value: undefined, where },
    { path: ['spec', 'run', 'stopWhen'], value: { metrics: { [metric]: [statistic] }, relative }, where },
  ];
}

/** `path=value` of a flag; null with an issue when it is none. */
export function splitFlag(flag: string, text: string, report: Report): { name: string; path: Path; value: string } | null {
  const at = text.indexOf('=');
  const name = text.slice(0, at);
  const path = at > 0 ? parsePath(name) : null;
  if (path !== null) return { name, path, value: text.slice(at + 1) };
  report.add({
    where: flag,
    problem: 'not path=value',
    value: text,
    hint: `e.g. ${flag} ${flag === '--set' ? 'run.duration=5m' : 'clients[0].arrivals.rate=100/s,200/s'}`,
  });
  return null;
}

/** The inputs with one value replaced; unchanged, with an issue, when the path points nowhere. */
export function applyOverride(inputs: Inputs, { path, value, where }: Override, report: Report): Inputs {
  if (path[0] === 'manifests') return applyToManifest(inputs, { path, value, where }, report);
  if (formatPointer(path).startsWith('/spec/manifests')) {
    report.add({ where, problem: 'manifests cannot be set', hint: 'name files with -f' });
    return inputs;
  }
  const scenario = withValue(inputs.scenario, path, value, where);
  if (scenario !== null) return { ...inputs, scenario: withoutLeftovers(scenario, path, value, where, report) };
  report.add({ where, problem: 'the path points nowhere', value: formatPointer(path) });
  return inputs;
}

const MODE = '/spec/cluster/kubeProxy/mode';

/** Words that were written for one mode mean nothing in the mode that a flag or an axis sets instead. */
function withoutLeftovers(scenario: Document, path: Path, mode: unknown, where: string, report: Report): Document {
  if (formatPointer(path) !== MODE) return scenario;
  return Object.entries(WORDS_OF_MODE).reduce((document, [word, ofMode]) => {
    const at = [...path.slice(0, -1), word];
    const value = ofMode === mode ? undefined : valueAt(document.value, at);
    if (value === undefined) return document;
    report.assume(at, 'none', `${value} was written for mode ${ofMode}; ${where} sets another`);
    return withValue(document, at, undefined, where) ?? document;
  }, scenario);
}

function applyToManifest(inputs: Inputs, { path, value, where }: Override, report: Report): Inputs {
  const [, kind, ...rest] = path;
  const ofKind = inputs.manifests.filter((manifest) => manifest.kind.toLowerCase() === String(kind).toLowerCase());
  const { matches, inside } = findNamed(ofKind, rest);
  const pointer = formatPointer(path);
  if (matches.length !== 1) {
    const ways = (manifests: readonly Manifest[], form: (manifest: Manifest) => string) => manifests.map((each) => wayTo(form(each), inside)).join(' or ');
    const known = ofKind.length > 0 ? ofKind : inputs.manifests;
    const names = nearest(
      String(rest[0]),
      known.map((each) => each.name),
    );
    const close = known.filter((each) => names.includes(each.name));
    const hint =
      matches.length > 1
        ? `there are several: write ${ways(matches, (each) => `${title(each)}.${each.namespace || 'default'}`)}`
        : close.length > 0
          ? `did you mean ${ways(close, title)}?`
          : `there is ${known.slice(0, 8).map(title).join(', ') || 'none'}; write ${wayTo('kind/name', inside)}`;
    report.add({ where, problem: 'the path points nowhere', value: pointer, hint });
    return inputs;
  }
  const changed = isKnownField(matches[0].groupKind, inside) ? withValue(matches[0], inside, value, where) : null;
  if (changed === null) {
    const hint = `no such field in ${title(matches[0])}; fields are written as in the manifest, e.g. ${wayTo(title(matches[0]), ['spec', 'replicas'])}`;
    report.add({ where, problem: 'the path points nowhere', value: pointer, hint });
    return inputs;
  }
  return { ...inputs, manifests: inputs.manifests.map((manifest) => (manifest === matches[0] ? ({ ...manifest, ...changed } as Manifest) : manifest)) };
}

/** A name may have dots, and the namespace after one: the longest that is an object counts. */
function findNamed(manifests: readonly Manifest[], rest: Path): { matches: readonly Manifest[]; inside: Path } {
  for (let length = rest.length; length > 0; length--) {
    const name = rest.slice(0, length).join('.');
    const matches = manifests.filter((manifest) => name === manifest.name || name === `${manifest.name}.${manifest.namespace || 'default'}`);
    if (matches.length > 0) return { matches, inside: rest.slice(length) };
  }
  return { matches: [], inside: rest.slice(1) };
}

/** `deployment/checkout.spec.replicas`, as flags take it. */
function wayTo(object: string, inside: Path): string {
  const [kind, name] = object.split('/', 2);
  const fields = formatPath(inside);
  return `${kind.toLowerCase()}/${name}${fields === '' || fields.startsWith('[') ? '' : '.'}${fields}`;
}
