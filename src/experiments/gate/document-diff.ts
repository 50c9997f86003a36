/** What changed between two sets of documents, value by value: order of keys, comments and layout of files do not count. */

export type Documents = Readonly<Record<string, unknown>>;

export interface DocumentChange {
  /** `Deployment/web`, `Scenario`. */
  readonly document: string;
  /** `spec.template.spec.containers[0].resources.limits.cpu`; '' for a whole document. */
  readonly path: string;
  /** As JSON; null when it was not there. */
  readonly before: string | null;
  readonly after: string | null;
}

/** @returns in order of document and path */
export function diffDocuments(before: Documents, after: Documents): DocumentChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((document) => {
    if (!Object.hasOwn(before, document)) return [{ document, path: '', before: null, after: 'added' }];
    if (!Object.hasOwn(after, document)) return [{ document, path: '', before: 'removed', after: null }];
    return differences(before[document], after[document], '').map((change) => ({ document, ...change }));
  });
}

type Change = Omit<DocumentChange, 'document'>;

function differences(before: unknown, after: unknown, path: string): Change[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => inside(before, after, key, path === '' ? stepText(key) : `${path}${dotted(key)}`));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => inside({ ...before }, { ...after }, String(i), `${path}[${i}]`)).flat();
  }
  const [was, is] = [JSON.stringify(before), JSON.stringify(after)];
  return was === is ? [] : [{ path, before: was, after: is }];
}

function inside(before: Record<string, unknown>, after: Record<string, unknown>, key: string, path: string): Change[] {
  if (!Object.hasOwn(before, key)) return [{ path, before: null, after: JSON.stringify(after[key]) }];
  if (!Object.hasOwn(after, key)) return [{ path, before: JSON.stringify(before[key]), after: null }];
  return differences(before[key], after[key], path);
}

function dotted(key: string): string {
  const step = stepText(key);
  return step.startsWith('[') ? step : `.${step}`;
}

function stepText(key: string): string {
  return /[.[\]"\s]/.test(key) || key === '' ? `[${JSON.stringify(key)}]` : key;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
