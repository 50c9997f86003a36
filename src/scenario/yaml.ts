/**
 * Text → documents with positions. The only file that knows YAML.
 *
 * Kubernetes documents are read as kubectl reads them: YAML 1.1 scalars (`yes` is true, 0120 is 80), without times, dates and
 * sexagesimal numbers, last duplicate key wins. Scenario documents are YAML 1.2 with unique keys. A stream may hold both,
 * so it is read twice and each document chosen by its apiVersion. Source: users-and-ecosystem 4.1, measured against kubectl 1.32.
 */
import * as YAML from 'yaml';
import { type Document, isObject, type Path } from './document.ts';
import type { SourceText } from './files.ts';
import { JsonPositions } from './json-positions.ts';
import type { Report } from './report.ts';

/** Deeper than any Kubernetes object; a schema in a CustomResourceDefinition has about 60. */
const DEEPEST = 200;
/** Open brackets at once, anywhere in the text: the parser needs quadratic time in them. */
const DEEPEST_FLOW = 1000;
const MOST_ALIASES = 100;
const MOST_SYNTAX_ISSUES = 5;
const NOT_IN_KUBECTL = /timestamp|omap|pairs|:set|binary/;

/** Go's reader knows 0o17 of YAML 1.2 beside 017 of YAML 1.1. */
const GO_OCTAL: YAML.ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => Number(text.replace(/[+_]/g, '').replace(/^-/, '')) * (text.startsWith('-') ? -1 : 1),
};

const KUBECTL_OPTIONS = {
  version: '1.1',
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
  customTags: (tags: YAML.Tags) => [
    GO_OCTAL,
    ...tags.filter((tag) => typeof tag === 'string' || !((tag as YAML.ScalarTag).format === 'TIME' || NOT_IN_KUBECTL.test(tag.tag))),
  ],
} as const;
const SCENARIO_OPTIONS = { version: '1.2', prettyErrors: false, logLevel: 'silent' } as const;

const OUR_GROUP = 'evenkeel.dev/';

/** All documents of a text; empty ones are skipped. Whatever is wrong goes to the report, and the document is left out. */
export function parseDocuments(source: SourceText, report: Report): Document[] {
  if (/^\s*[{[]/.test(source.text)) {
    const documents = parseJson(source, report);
    if (documents !== null) return documents;
  }
  const before = report.issues.length;
  if (flowDepth(source.text) > DEEPEST_FLOW) {
    report.add({ where: `${source.file}:1:1`, ...TOO_DEEP });
    return [];
  }
  try {
    return parseYaml(source, report);
  } catch (error) {
    report.issues.length = before;
    report.add({ where: `${source.file}:1:1`, ...describeFailure(error, source) });
    return [];
  }
}

/** The largest number of brackets open at once. Those in strings count too: a text with a thousand unclosed ones is no manifest. */
function flowDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** JSON is YAML 1.2, but a dump of a cluster is large: JSON.parse is some hundred times faster. Positions are found when asked for. Null: not plain JSON. */
function parseJson(source: SourceText, report: Report): Document[] | null {
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch {
    return null; // a flow-style YAML document, several documents, or broken: the YAML parser says it better
  }
  if (isTooDeep(value)) {
    report.add({ where: `${source.file}:1:1`, ...TOO_DEEP });
    return [];
  }
  let positions: JsonPositions | undefined;
  const locate = (path: Path) => {
    positions ??= new JsonPositions(source.text);
    return `${source.file}:${positions.locate(path)}`;
  };
  return [{ value, file: source.file, relativeName: source.relativeName, folder: source.folder, isScenario: isScenario(value), locate }];
}

function parseYaml(source: SourceText, report: Report): Document[] {
  const lines = new YAML.LineCounter();
  const asKubectl = documentsOf(YAML.parseAllDocuments(source.text, { ...KUBECTL_OPTIONS, lineCounter: lines }));
  const strict =
    source.text.includes(OUR_GROUP) || /kind:\s*Scenario/.test(source.text) ? documentsOf(YAML.parseAllDocuments(source.text, SCENARIO_OPTIONS)) : [];
  const documents: Document[] = [];
  for (let i = 0; i < asKubectl.length; i++) {
    const ours = strict[i] !== undefined && isScenario(headOf(strict[i]));
    const document = ours ? strict[i] : asKubectl[i];
    if (document.errors.length > 0) {
      reportSyntax(document, lines, source, report);
      if (isTemplate(source)) break;
      continue;
    }
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    if (value === null) continue;
    if (isTooDeep(value)) {
      report.add({ where: position(source.file, document, lines, []), ...TOO_DEEP });
      continue;
    }
    if (reportComplexKeys(document, lines, source, report)) continue;
    documents.push({
      value,
      file: source.file,
      relativeName: source.relativeName,
      folder: source.folder,
      isScenario: ours,
      repeated: repeatedKeys(document.contents),
      locate: (path) => position(source.file, document, lines, path),
    });
  }
  return documents;
}

/** Keys that a map has twice. kubectl takes the last one without a word; most often a `---` between two objects is missing. */
function repeatedKeys(node: unknown, path: Path = []): Path[] {
  if (YAML.isSeq(node)) return node.items.flatMap((item, index) => repeatedKeys(item, [...path, index]));
  if (!YAML.isMap(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap(({ key, value }) => {
    const at = [...path, keyText(key)];
    const isRepeated = seen.has(keyText(key));
    seen.add(keyText(key));
    return [...(isRepeated ? [at] : []), ...repeatedKeys(value, at)];
  });
}

function documentsOf(parsed: ReturnType<typeof YAML.parseAllDocuments>): YAML.Document[] {
  return Array.isArray(parsed) ? (parsed as YAML.Document[]) : [];
}

/** The two words that say what a document is, also of one that is broken further down. */
function headOf(document: YAML.Document): unknown {
  if (!YAML.isMap(document.contents)) return undefined;
  return { apiVersion: document.contents.get('apiVersion'), kind: document.contents.get('kind') };
}

function isScenario(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { apiVersion, kind } = value;
  return (typeof apiVersion === 'string' && apiVersion.startsWith(OUR_GROUP)) || (kind === 'Scenario' && apiVersion === undefined);
}

const TOO_DEEP = { problem: `nested deeper than ${DEEPEST} levels`, hint: 'no Kubernetes object is that deep' } as const;

/** Without recursion, so that the depth itself cannot overflow the stack. */
function isTooDeep(root: unknown): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value).filter((inner) => typeof inner === 'object' && inner !== null) : [],
    );
  }
  return false;
}

function describeFailure(error: unknown, source: SourceText): { problem: string; hint?: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError || /call stack/i.test(message)) return TOO_DEEP;
  if (/alias count/i.test(message)) return { problem: 'aliases expand to too much', hint: `at most ${MOST_ALIASES} uses of an anchor; write the values out` };
  return { problem: `not readable as YAML: ${firstLine(message)}`, ...(isTemplate(source) && { hint: TEMPLATE_HINT }) };
}

const TEMPLATE_HINT = 'render the template first: helm template CHART | evenkeel … -f -';
const TEMPLATE = /\{\{-?\s*[.$"a-zA-Z]/;

function isTemplate(source: SourceText): boolean {
  return TEMPLATE.test(source.text);
}

function reportSyntax(document: YAML.Document, lines: YAML.LineCounter, source: SourceText, report: Report): void {
  if (isTemplate(source)) return reportTemplate(lines, source, report);
  for (const error of document.errors.slice(0, MOST_SYNTAX_ISSUES)) {
    if (/call stack/i.test(error.message)) {
      report.add({ where: at(source.file, lines, error.pos[0]), ...TOO_DEEP });
      return;
    }
    report.add({ where: at(source.file, lines, error.pos[0]), problem: `broken YAML: ${firstLine(error.message)}` });
  }
}

function reportTemplate(lines: YAML.LineCounter, source: SourceText, report: Report): void {
  const found = TEMPLATE.exec(source.text);
  report.add({ where: at(source.file, lines, found?.index ?? 0), problem: 'a template, not a manifest', value: '{{', hint: TEMPLATE_HINT });
}

/** A map or list as a key: what `{{ x }}` becomes. kubectl refuses it too. */
function reportComplexKeys(document: YAML.Document, lines: YAML.LineCounter, source: SourceText, report: Report): boolean {
  let found: YAML.Node | null = null;
  YAML.visit(document, {
    Pair(_, pair) {
      if (!YAML.isCollection(pair.key)) return undefined;
      found = pair.key;
      return YAML.visit.BREAK;
    },
  });
  if (found === null) return false;
  if (isTemplate(source)) reportTemplate(lines, source, report);
  else report.add({ where: at(source.file, lines, (found as YAML.Node).range?.[0] ?? 0), problem: 'a map or list as a key', hint: 'keys are strings' });
  return true;
}

/** Where the value at `path` stands: its key, or the item of a list; the closest ancestor that was written. */
function position(file: string, document: YAML.Document, lines: YAML.LineCounter, path: Path): string {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? document.range?.[0] ?? 0;
  for (const step of path) {
    if (YAML.isAlias(node)) node = node.resolve(document);
    if (YAML.isMap(node)) {
      const pair = node.items.findLast((item) => keyText(item.key) === String(step)); // the last duplicate is the one that counts
      if (pair === undefined) break;
      offset = offsetOf(pair.key) ?? offset;
      node = pair.value;
    } else if (YAML.isSeq(node)) {
      node = node.items[Number(step)];
      offset = offsetOf(node) ?? offset;
    } else break;
  }
  return at(file, lines, offset);
}

function keyText(key: unknown): string {
  return String(YAML.isScalar(key) ? key.value : key);
}

function offsetOf(node: unknown): number | undefined {
  return YAML.isNode(node) ? node.range?.[0] : undefined;
}

function at(file: string, lines: YAML.LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0].replace(/:$/, '');
}

/** One value in a flag: `4`, `true`, `[1, 2]`, `{ law: exponential, mean: 10ms }`, in YAML 1.2. Undefined when it is broken. */
export function parseFlagValue(text: string): unknown {
  try {
    const document = YAML.parseDocument(text, SCENARIO_OPTIONS);
    return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown);
  } catch {
    return undefined;
  }
}
