/**
 * Walks a Kubernetes object beside the table of its kind: checks leaves against their types as kubectl does,
 * and sorts every field into modelled, no effect, could change the result.
 */
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { isUnitProblem, parseQuantity } from '../units.ts';
import { formatPath, isObject, type Path, type PlainObject, placeInResult, valueAt } from './document.ts';
import type { FieldClass, FieldRule, FieldType } from './fields.ts';
import { ANNOTATIONS, KINDS, KINDS_WITHOUT_EFFECT } from './kinds.ts';
import { type Manifest, title } from './manifests.ts';
import { nearest, type Report } from './report.ts';
import type { NotModelled } from './scenario.ts';

/** Gathers what is not modelled, over all objects. */
export class NotModelledList {
  /** What is probably a slip of the pen. */
  private readonly slips: { where: string; what: string }[] = [];
  private readonly couldMatter: { where: string; what: string }[] = [];
  noEffect = 0;

  /** @param intended names of fields that it is likely to be a misspelling of */
  add(manifest: Manifest, path: Path, what: string, intended: readonly string[] = []): void {
    const where = placeInResult(manifest, path).replace(/:\d+$/, '');
    if (intended.length > 0) this.slips.push({ where, what: `${what} (did you mean ${intended.join(' or ')}?)` });
    else this.couldMatter.push({ where, what });
  }

  /** A key that its map has twice. */
  addRepeated(manifest: Manifest, path: Path): void {
    const hint = path.length === 1 ? 'the last one counts: is a --- missing?' : 'the last one counts';
    this.slips.push({ where: placeInResult(manifest, path).replace(/:\d+$/, ''), what: `${title(manifest)}: ${formatPath(path)} stands twice (${hint})` });
  }

  /** Slips come first. */
  result(): NotModelled {
    return { couldMatter: [...this.slips.toSorted(byPlace), ...this.couldMatter.toSorted(byPlace)], noEffect: { count: this.noEffect } };
  }
}

/** By file and line, whatever the order in which the files were named. */
function byPlace(a: { where: string; what: string }, b: { where: string; what: string }): number {
  const [, fileA, lineA] = /^(.*?)(?::(\d+))?$/s.exec(a.where) as RegExpExecArray;
  const [, fileB, lineB] = /^(.*?)(?::(\d+))?$/s.exec(b.where) as RegExpExecArray;
  return byCodeUnits(fileA, fileB) || Number(lineA ?? 0) - Number(lineB ?? 0) || byCodeUnits(a.what, b.what);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Classes every field of every object. Objects that others of the input create (a ReplicaSet of a Deployment) repeat their owner's fields: not listed again. */
export function classify(manifests: readonly Manifest[]): NotModelledList {
  const list = new NotModelledList();
  const present = new Set(manifests.map((manifest) => `${manifest.kind}/${manifest.name}/${manifest.namespace || 'default'}`));
  for (const manifest of manifests) {
    for (const path of manifest.repeated ?? []) list.addRepeated(manifest, path);
    const known = KINDS.get(manifest.groupKind);
    if (known !== undefined) {
      const owned = ownerOf(manifest.value, (owner) => present.has(`${owner.kind}/${owner.name}/${manifest.namespace || 'default'}`)) !== null;
      if (owned) list.noEffect++;
      else classifyFields(manifest, known.fields, list);
    } else if (hasNoEffect(manifest, manifests)) list.noEffect++;
    else list.add(manifest, [], manifest.name === '' ? manifest.kind : title(manifest));
  }
  return list;
}

const SSL_REDIRECT = 'nginx.ingress.kubernetes.io/ssl-redirect';

/**
 * ingress-nginx answers plain HTTP with 308 for hosts that have TLS, unless the annotation says otherwise (its user guide,
 * "server-side HTTPS enforcement"); here such a request is passed on.
 * @param targets of the clients: without one of plain HTTP nobody would be redirected
 */
export function listRedirects(manifests: readonly Manifest[], targets: readonly string[], list: NotModelledList): void {
  if (!targets.some((target) => target.startsWith('http://'))) return;
  for (const manifest of manifests) {
    const tls = manifest.kind === 'Ingress' ? valueAt(manifest.value, ['spec', 'tls']) : undefined;
    const hasHosts = Array.isArray(tls) && tls.some((entry) => isObject(entry) && Array.isArray(entry.hosts) && entry.hosts.length > 0);
    if (hasHosts && valueAt(manifest.value, ['metadata', 'annotations', SSL_REDIRECT]) !== 'false')
      list.add(manifest, ['spec', 'tls'], `${title(manifest)}: ssl-redirect (308) of plain HTTP to hosts with TLS`);
  }
}

/** The controller that an object belongs to, if it is among those present. */
export function ownerOf(value: PlainObject, isPresent: (owner: PlainObject) => boolean): PlainObject | null {
  const owners = isObject(value.metadata) ? value.metadata.ownerReferences : undefined;
  const controller = Array.isArray(owners) ? owners.find((owner) => isObject(owner) && owner.controller !== false) : undefined;
  return controller !== undefined && isPresent(controller) ? controller : null;
}

function hasNoEffect(manifest: Manifest, manifests: readonly Manifest[]): boolean {
  const { groupKind } = manifest;
  if (groupKind === 'batch/Job' && isSelected(manifest, manifests)) return false;
  if (groupKind === '/Endpoints')
    return manifests.some((other) => other.groupKind === '/Service' && other.name === manifest.name && isObject(other.value.spec) && other.value.spec.selector);
  return KINDS_WITHOUT_EFFECT.has(groupKind) || KINDS_WITHOUT_EFFECT.has(`${groupKind.split('/')[0]}/`);
}

/** A Job matters when a Service selects its pods. */
function isSelected(job: Manifest, manifests: readonly Manifest[]): boolean {
  const spec = job.value.spec as PlainObject | undefined;
  const template = isObject(spec?.template) ? spec.template : {};
  const labels = isObject(template.metadata) && isObject(template.metadata.labels) ? template.metadata.labels : {};
  return manifests.some((other) => {
    if (other.groupKind !== '/Service' || (other.namespace || 'default') !== (job.namespace || 'default')) return false;
    const selector = isObject(other.value.spec) ? other.value.spec.selector : undefined;
    return isObject(selector) && Object.keys(selector).length > 0 && Object.entries(selector).every(([key, value]) => labels[key] === value);
  });
}

function classifyFields(manifest: Manifest, rules: FieldRule, list: NotModelledList): void {
  walk(manifest.value, rules, [], (path, fieldClass, intended) => {
    if (path.length === 1 && (path[0] === 'apiVersion' || path[0] === 'kind')) return;
    if (path.at(-2) === 'annotations') {
      if (fieldClass === 'couldMatter') list.add(manifest, path, `${title(manifest)}: ${formatPath(path)}`);
      else if (fieldClass === 'noEffect') list.noEffect++;
    } else if (fieldClass === 'noEffect') list.noEffect++;
    else if (fieldClass !== 'modelled') list.add(manifest, path, `${title(manifest)}: ${formatPath(path)}`, intended);
  });
}

type Found = (path: Path, fieldClass: FieldClass, intended?: readonly string[]) => void;

/** Calls `found` for each field at the depth where its class is decided; unknown fields are `couldMatter`. */
function walk(value: unknown, rule: FieldRule | undefined, path: Path, found: Found): void {
  if (value === null || value === undefined) return;
  if (rule === undefined) return found(path, 'couldMatter');
  if (rule.leaf !== undefined && rule.fields === undefined) {
    if (path.at(-1) !== 'annotations' || !isObject(value)) return found(path, rule.leaf.class);
    for (const key of Object.keys(value)) found([...path, key], ANNOTATIONS.find(({ pattern }) => pattern.test(key))?.class ?? 'noEffect');
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, rule.items, [...path, index], found);
  } else if (isObject(value)) {
    const elsewhere = rule.leaf && { leaf: rule.leaf };
    for (const [key, inner] of Object.entries(value)) {
      const known = ruleOf(rule, key, path) ?? elsewhere;
      if (known === undefined && inner !== null) found([...path, key], 'couldMatter', intendedFor(key, value, rule));
      else walk(inner, known, [...path, key], found);
    }
  }
}

/** The closest fields that are not written yet. Short names are close to everything. */
function intendedFor(key: string, object: PlainObject, { fields }: FieldRule): readonly string[] {
  const known = [...(fields?.keys() ?? [])].filter((name) => !Object.hasOwn(object, name));
  return key.length < 4 ? [] : nearest(key, known).slice(0, 1);
}

function ruleOf(rule: FieldRule, key: string, path: Path): FieldRule | undefined {
  if (path.length === 0 && (key === 'apiVersion' || key === 'kind')) return { leaf: { class: 'modelled', type: 'string' } };
  return rule.fields?.get(key);
}

/** True when the table of the object's kind has a field at this path (axes and flags may only set such). */
export function isKnownField(groupKind: string, path: Path): boolean {
  let rule = KINDS.get(groupKind)?.fields;
  for (const [depth, step] of path.entries()) {
    if (rule === undefined) return false;
    if (rule.leaf !== undefined && rule.fields === undefined && rule.items === undefined) return ['any', 'map', 'quantities'].includes(rule.leaf.type);
    rule = /^\d+$/.test(String(step)) && rule.items !== undefined ? rule.items : ruleOf(rule, String(step), path.slice(0, depth));
  }
  return rule !== undefined;
}

/** Objects of modelled kinds as the model gets them: leaves checked, nulls (unset for kubectl) dropped, place noted. */
export function readObject(manifest: Manifest, report: Report): KubernetesObject {
  const rules = KINDS.get(manifest.groupKind)?.fields as FieldRule;
  const before = report.issues.length;
  checkTypes(manifest, manifest.value, rules, [], report);
  const clean = report.issues.length === before ? (withoutNulls(manifest.value) as PlainObject) : manifest.value;
  const { managedFields, ...metadata } = isObject(clean.metadata) ? clean.metadata : {};
  return { ...clean, metadata, origin: manifest.locate([]) } as unknown as KubernetesObject;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])));
}

function checkTypes(manifest: Manifest, value: unknown, rule: FieldRule | undefined, path: Path, report: Report): void {
  if (value === null) {
    if (typeof path.at(-1) === 'number') report.at(manifest, path, 'an empty item in a list', undefined, 'remove the item');
    return;
  }
  if (path.at(-1) === '__proto__') return report.at(manifest, path, 'a key that no Kubernetes object has', '__proto__');
  if (rule === undefined) return;
  if (rule.items !== undefined) {
    if (!Array.isArray(value)) return wrongType(manifest, path, 'a list', value, report);
    for (const [index, item] of value.entries()) checkTypes(manifest, item, rule.items, [...path, index], report);
  } else if (rule.fields !== undefined) {
    if (!isObject(value)) return wrongType(manifest, path, 'an object', value, report);
    for (const [key, inner] of Object.entries(value)) checkTypes(manifest, inner, ruleOf(rule, key, path), [...path, key], report);
  } else if (rule.leaf !== undefined) checkLeaf(manifest, value, rule.leaf.type, path, report);
}

function checkLeaf(manifest: Manifest, value: unknown, type: FieldType, path: Path, report: Report): void {
  switch (type) {
    case 'string':
      if (typeof value !== 'string') wrongType(manifest, path, 'a string', value, report);
      break;
    case 'bool':
      if (typeof value !== 'boolean') wrongType(manifest, path, 'true or false', value, report);
      break;
    case 'int':
      if (!isInt(value)) wrongType(manifest, path, 'a whole number', value, report);
      break;
    case 'intOrString':
      if (typeof value !== 'string' && !isInt(value)) wrongType(manifest, path, 'a whole number or a string', value, report);
      break;
    case 'quantity':
      checkQuantity(manifest, value, path, report);
      break;
    case 'map':
    case 'quantities':
      if (!isObject(value)) wrongType(manifest, path, 'an object', value, report);
      else
        for (const [key, inner] of Object.entries(value))
          checkTypes(manifest, inner, { leaf: { class: 'modelled', type: type === 'map' ? 'string' : 'quantity' } }, [...path, key], report);
      break;
    case 'any':
      break;
  }
}

function isInt(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function checkQuantity(manifest: Manifest, value: unknown, path: Path, report: Report): void {
  const quantity = parseQuantity(value);
  if (isUnitProblem(quantity)) report.unit(manifest, path, quantity, value);
  else if (quantity < 0) report.at(manifest, path, 'negative quantity', value, 'quantities are 0 or more');
}

/** kubectl: `cannot unmarshal bool into Go struct field … of type string`. */
function wrongType(manifest: Manifest, path: Path, wanted: string, value: unknown, report: Report): void {
  const got = Array.isArray(value) ? 'a list' : value === true || value === false ? 'a boolean' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  const quotes =
    wanted === 'a string' && typeof value !== 'object'
      ? 'put it in quotes: YAML 1.1, which kubectl reads, takes y, yes, on, no, off as booleans and digits as numbers'
      : undefined;
  report.at(manifest, path, `${wanted} is expected, not ${got}`, value, quotes);
}
