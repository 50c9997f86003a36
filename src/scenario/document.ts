/**
 * A parsed document that knows where each of its values was written, and values set over it by flags and axes.
 *
 * Documents are plain JSON values. They are never changed: `withValue` copies along the path and shares the rest.
 */

/** Keys and indices from the root. */
export type Path = readonly (string | number)[];

/** What the rest of the reader sees of a document, whatever it was written in. */
export interface Document {
  readonly value: unknown;
  /** Display name of the file, or the flag, it comes from. */
  readonly file: string;
  /** The same file without the folder that was named: what stands in results, which depend on no folder. */
  readonly relativeName: string;
  /** Folder that its relative paths start from. */
  readonly folder: string;
  /** Ours (`kind: Scenario`), or a Kubernetes object. */
  readonly isScenario: boolean;
  /** Keys that stand more than once in their map, of which the last counts: where, from the root. */
  readonly repeated?: readonly Path[];
  /** `file:line:column` of the value at `path`, or of its closest ancestor that was written. */
  locate(path: Path): string;
}

export type PlainObject = Record<string, unknown>;

export function isObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `spec.clients[0].timeout`; keys with dots or brackets are quoted: `metadata.labels["app.kubernetes.io/name"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/[.[\]"\s]/.test(step) || step === '') text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** JSON pointer (RFC 6901): `/spec/workloads/deployment~1cart/service`. */
export function formatPointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The value at a path; undefined when any step is missing. Own properties only. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as PlainObject)[step as string];
  }
  return value;
}

/** A copy of `root` with `value` at `path`; missing objects are made, a number may be one past the end of a list. Null when a step does not fit. */
export function setAt(root: unknown, path: Path, value: unknown): { readonly root: unknown } | null {
  if (path.length === 0) return { root: value };
  const [step, ...rest] = path;
  if (Array.isArray(root)) {
    const index = Number(step);
    if (!Number.isInteger(index) || index < 0 || index > root.length) return null;
    const inner = setAt(root[index], rest, value);
    return inner && { root: root.toSpliced(index, 1, inner.root) };
  }
  if (root !== undefined && root !== null && !isObject(root)) return null;
  const object = root ?? {};
  const inner = setAt(Object.hasOwn(object, step) ? (object as PlainObject)[step as string] : undefined, rest, value);
  if (inner === null) return null;
  const copy = { ...object };
  Object.defineProperty(copy, step, { value: inner.root, enumerable: true, configurable: true, writable: true }); // also for a key like __proto__
  return { root: copy };
}

/** `locate` for results: the same in whatever folder the files are. */
export function placeInResult(document: Document, path: Path): string {
  const where = document.locate(path);
  return where.startsWith(`${document.file}:`) ? document.relativeName + where.slice(document.file.length) : where; // else a flag
}

/**
 * The document with one value replaced; the value's place is then `where` (a flag, or the axis that set it).
 * Null when the path runs through a value that is no object or list.
 */
export function withValue(document: Document, path: Path, value: unknown, where: string): Document | null {
  const changed = setAt(document.value, path, value);
  if (changed === null) return null;
  return {
    ...document,
    value: changed.root,
    locate: (asked) => {
      const isBelow = startsWith(asked, path);
      const isMadeOnTheWay = !isBelow && startsWith(path, asked) && valueAt(document.value, asked) === undefined;
      return isBelow || isMadeOnTheWay ? where : document.locate(asked);
    },
  };
}

function startsWith(path: Path, beginning: Path): boolean {
  return beginning.every((step, i) => String(path[i]) === String(step));
}
