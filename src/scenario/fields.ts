/**
 * What a field of a Kubernetes kind is to us, and its type in the Kubernetes API.
 *
 * Every field is in one of three classes: modelled; no effect on traffic (counted); could change the result (listed).
 * The tables in `kinds.ts` are written as class → type → paths, and compiled here into a tree that is walked beside an object.
 */

export type FieldClass = 'modelled' | 'noEffect' | 'couldMatter';

/** `map`: string → string. `quantities`: name → quantity. `any`: not checked, and classed as a whole. */
export type FieldType = 'string' | 'int' | 'bool' | 'map' | 'quantity' | 'quantities' | 'intOrString' | 'any';

/** Paths separated by spaces; `[]` marks a list: `spec.ports[].port`. */
export type FieldTable = { readonly [Class in FieldClass]?: { readonly [Type in FieldType]?: string } };

/** A node of the tree: a leaf has class and type, an inner node has fields (an object) or items (a list). */
export interface FieldRule {
  leaf?: { readonly class: FieldClass; readonly type: FieldType };
  fields?: Map<string, FieldRule>;
  items?: FieldRule;
}

/** One tree from several tables, each under a prefix such as `spec.template.spec.`. */
export function compileFields(tables: readonly { readonly prefix: string; readonly table: FieldTable }[]): FieldRule {
  const root: FieldRule = { fields: new Map() };
  for (const { prefix, table } of tables) {
    for (const [fieldClass, types] of Object.entries(table)) {
      for (const [type, paths] of Object.entries(types)) {
        for (const path of paths.trim().split(/\s+/)) addRule(root, prefix + path, { class: fieldClass as FieldClass, type: type as FieldType });
      }
    }
  }
  return root;
}

function addRule(root: FieldRule, path: string, leaf: NonNullable<FieldRule['leaf']>): void {
  let node = root;
  for (const step of path.split('.')) {
    const lists = step.split('[]');
    node.fields ??= new Map();
    node = child(node.fields, lists[0]);
    for (let i = 1; i < lists.length; i++) {
      node.items ??= {};
      node = node.items;
    }
  }
  node.leaf = leaf;
}

function child(fields: Map<string, FieldRule>, name: string): FieldRule {
  const known = fields.get(name);
  if (known !== undefined) return known;
  const made: FieldRule = {};
  fields.set(name, made);
  return made;
}
