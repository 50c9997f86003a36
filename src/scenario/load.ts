/**
 * Files and flags → `Study`.
 *
 *   paths ─► texts ─► documents ─► manifests + one scenario (or flags) ─► --set ─► cells of axes ─► check ─► Scenario per cell
 *
 * All issues are gathered and thrown together.
 */
import { isAbsolute, join } from 'node:path';
import type { Readable } from 'node:stream';
import { formatIssue, type Issue, ScenarioError } from '../errors.ts';
import { buildScenario, readObjects } from './build.ts';
import { createChecker } from './check.ts';
import { classify, listRedirects, type NotModelledList } from './classify.ts';
import { type Document, isObject, valueAt } from './document.ts';
import { SourceReader, type SourceText } from './files.ts';
import { hashInputs } from './hash.ts';
import { CallFinder } from './inferred-calls.ts';
import { collectManifests, type Manifest } from './manifests.ts';
import { applyOverride, type Inputs, parseSets, parseStopWhen } from './overrides.ts';
import { type QuickFlags, quickScenario, refuseQuickFlags } from './quick.ts';
import { Report } from './report.ts';
import type { Cell, Scenario, Study } from './scenario.ts';
import { applyStrategy, parseStrategies, STRATEGY_AXIS, type Strategy } from './strategies.ts';
import { type Combination, combinations, labelsOf, parseVary, readAxes, readExclusions } from './sweep.ts';
import { WorkloadIndex } from './workload-index.ts';
import { parseDocuments } from './yaml.ts';

export interface LoadOptions {
  /** Files, folders, globs, `-`. */
  readonly files: readonly string[];
  /** Folders in folders too. */
  readonly recursive?: boolean;
  /** Standard input; the process's own when absent. */
  readonly stdin?: string | Readable;
  /** `--set path=value`. */
  readonly sets?: readonly string[];
  /** `--stop-when metric:statistic=share`; instead of what the scenario says of replications. */
  readonly stopWhen?: string;
  /** `--vary path=v1,v2`. */
  readonly vary?: readonly string[];
  readonly seed?: string;
  readonly replications?: number;
  /** Flags of a run without a scenario document, as typed. */
  readonly quick?: QuickFlags;
  /** Stands in for `quick` when there is no scenario document, and is not refused when there is one: for commands that measure no traffic. */
  readonly fallback?: QuickFlags;
  /** `--kube-proxy`. */
  readonly kubeProxy?: string;
  /** `--strategies`: one cell for each and combination of axes, strategies outermost; those that do not apply are told of. */
  readonly strategies?: string;
}

const DEFAULT_SEED = '1';
const DEFAULT_REPLICATIONS = 20;
const MOST_ISSUES = 1000;

/** @throws ScenarioError with every issue found; nothing else is thrown for wrong input */
export async function loadStudy(options: LoadOptions): Promise<Study> {
  const report = new Report();
  const reader = new SourceReader(report, options.recursive ?? false, options.stdin ?? process.stdin);
  const documents = await readDocuments(reader, options.files, report);
  const own = documents.filter((document) => document.isScenario);
  const isMissing = own.length === 0 && documents.length > 0 && report.issues.length === 0; // else it may be in what could not be read
  for (const document of own.slice(1)) report.at(document, [], 'a second Scenario', undefined, `the first is at ${own[0].locate([])}; run them one by one`);
  if (own.length > 0) documents.push(...(await readManifestsOf(own[0], reader, report)));
  const manifests = collectManifests(
    documents.filter((document) => !document.isScenario),
    report,
  );
  const areManifestsComplete = report.issues.length === 0;
  if (own.length > 0 && options.quick !== undefined) refuseQuickFlags(options.quick, report);
  const scenario = own[0] ?? fromFlags(options, manifests, isMissing, report);
  const sets = [...parseSets(options.sets ?? [], report), ...parseStopWhen(options.stopWhen, report)];
  const vary = parseVary(options.vary ?? [], report);
  if (scenario === null) {
    readObjects(manifests, report);
    return fail(report.issues);
  }
  const inputs = sets.reduce((before: Inputs, override) => applyOverride(before, override, report), { scenario, manifests });
  const before = report.issues.length;
  const axes = [...readAxes(inputs.scenario, report), ...vary];
  const exclusions = report.issues.length > before ? [] : readExclusions(inputs.scenario, axes, report); // of axes that are all known
  const data = new Map<string, string>();
  const strategies = readStrategies(options, axes, report);
  const combos = combinations(axes, exclusions, report);
  const cellOptions = { reader, data, report, areManifestsComplete, kubeProxyFlag: options.kubeProxy };
  const asWritten = await buildCells(inputs, combos, cellOptions);
  if (report.issues.length > 0) return fail(report.issues);
  const { cells, notApplicable } =
    strategies === null ? { cells: asWritten, notApplicable: [] } : await buildStrategies(inputs, strategies, combos, cellOptions);
  if (report.issues.length > 0) return fail(report.issues);
  const extra = {
    kubeProxy: options.kubeProxy ?? null,
    vary: vary.map(({ name, values }) => ({ name, values: values.map(({ settings }) => settings) })),
    ...(strategies !== null && { strategies: strategies.map(({ name }) => name) }),
  };
  // A number on the command line is a number, whatever the scenario says of precision.
  const stopWhen = options.replications === undefined ? cells[0].scenario.run.stopWhen : null;
  return {
    name: String(valueAt(inputs.scenario.value, ['metadata', 'name'])),
    description: String(valueAt(inputs.scenario.value, ['metadata', 'description']) ?? ''),
    hash: hashInputs(inputs.scenario, inputs.manifests, data, extra),
    seed: options.seed ?? String(valueAt(inputs.scenario.value, ['spec', 'run', 'seed']) ?? DEFAULT_SEED),
    replications: options.replications ?? stopWhen?.max ?? Number(valueAt(inputs.scenario.value, ['spec', 'run', 'replications']) ?? DEFAULT_REPLICATIONS),
    stopWhen,
    cells,
    notApplicable,
    notModelled: listNotModelled(inputs).result(),
    documents: contentsOf(inputs),
  };
}

function readStrategies(options: LoadOptions, axes: readonly { readonly name: string; readonly where: string }[], report: Report): readonly Strategy[] | null {
  if (options.strategies === undefined) return null;
  const strategies = parseStrategies(options.strategies, report);
  if (options.kubeProxy !== undefined && strategies.some(({ layer }) => layer === 'l4'))
    report.add({ where: '--kube-proxy', problem: 'sets what --strategies sets', value: options.kubeProxy, hint: 'leave one of them out' });
  const twin = axes.find(({ name }) => name === STRATEGY_AXIS);
  if (twin !== undefined) report.add({ where: twin.where, problem: 'an axis with the name that --strategies takes', value: STRATEGY_AXIS });
  return strategies;
}

/** Each strategy by itself: what is wrong with one says that it does not apply, not that the input is wrong. */
async function buildStrategies(
  inputs: Inputs,
  strategies: readonly Strategy[],
  combos: readonly Combination[],
  options: CellOptions,
): Promise<{ readonly cells: Cell[]; readonly notApplicable: Study['notApplicable'] }> {
  const cells: Cell[] = [];
  const notApplicable: { name: string; reason: string }[] = [];
  const objects = readObjects(inputs.manifests, new Report());
  for (const strategy of strategies) {
    const applied = applyStrategy(inputs, strategy, objects);
    if ('reason' in applied) {
      notApplicable.push({ name: strategy.name, reason: applied.reason });
      continue;
    }
    const report = new Report();
    const built = await buildCells(applied, combos, { ...options, report });
    if (report.issues.length > 0) notApplicable.push({ name: strategy.name, reason: formatIssue(report.issues[0]) });
    else for (const cell of built) cells.push({ ...cell, id: cells.length, axes: { [STRATEGY_AXIS]: strategy.name, ...cell.axes } });
  }
  if (cells.length === 0)
    for (const { name, reason } of notApplicable) options.report.add({ where: '--strategies', problem: `${name} does not apply: ${reason}` });
  return { cells, notApplicable };
}

/** Kinds whose content has no place in a file that others read, or that nothing of the model reads. */
const NOT_KEPT = new Set(['Secret', 'ConfigMap', 'CustomResourceDefinition']);

function contentsOf({ scenario, manifests }: Inputs): Study['documents'] {
  const kept = manifests.filter(({ kind }) => !NOT_KEPT.has(kind)).map((manifest) => [nameOf(manifest), manifest.value] as const);
  return Object.fromEntries([['Scenario', scenario.value] as const, ...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nameOf({ kind, name, namespace }: Manifest): string {
  return `${kind}/${name}${namespace === '' || namespace === 'default' ? '' : `.${namespace}`}`;
}

async function readDocuments(reader: SourceReader, files: readonly string[], report: Report): Promise<Document[]> {
  const documents: Document[] = [];
  if (files.length === 0)
    report.add({ where: '-f', problem: 'nothing to read', hint: 'name a scenario, or a folder of manifests with --to URL --rate 100/s --duration 2m' });
  for (const file of files) {
    for (const source of await reader.read(file)) documents.push(...parseSource(source, report));
  }
  return documents;
}

/** A text without any document is an issue of its own: nothing else would tell. */
function parseSource(source: SourceText, report: Report): Document[] {
  const before = report.issues.length;
  const documents = parseDocuments(source, report);
  if (documents.length === 0 && report.issues.length === before)
    report.add({ where: `${source.file}:1:1`, problem: 'no document in this file', hint: 'it is empty or holds comments only' });
  return documents;
}

/** `spec.manifests`: paths relative to the scenario's folder, and texts in place. */
async function readManifestsOf(scenario: Document, reader: SourceReader, report: Report): Promise<Document[]> {
  const entries = valueAt(scenario.value, ['spec', 'manifests']);
  if (!Array.isArray(entries)) return [];
  const documents: Document[] = [];
  for (const [i, entry] of entries.entries()) {
    const path = ['spec', 'manifests', i];
    if (isObject(entry) && typeof entry.inline === 'string') {
      documents.push(
        ...parseSource(
          { file: `${scenario.file}#manifests[${i}]`, relativeName: `${scenario.relativeName}#manifests[${i}]`, folder: scenario.folder, text: entry.inline },
          report,
        ),
      );
    } else if (typeof entry === 'string') {
      const [named, base] = isAbsolute(entry) ? [entry, undefined] : [join(scenario.folder, entry), scenario.folder];
      const sources = await reader.read(named, scenario.locate(path), base);
      for (const source of sources) documents.push(...parseSource(source, report));
    }
  }
  for (const second of documents.filter((document) => document.isScenario))
    report.at(second, [], 'a Scenario among the manifests', undefined, `${scenario.locate([])} is the scenario`);
  return documents;
}

function fromFlags(options: LoadOptions, manifests: readonly Manifest[], isMissing: boolean, report: Report): Document | null {
  const quick = options.quick ?? options.fallback;
  if (quick !== undefined) return quickScenario(quick, readObjects(manifests, new Report()), report);
  if (isMissing)
    report.add({
      where: options.files.join(', '),
      problem: 'no Scenario document',
      hint: 'add --to URL --rate 100/s --duration 2m, or begin one with evenkeel init',
    });
  return null;
}

interface CellOptions {
  readonly reader: SourceReader;
  readonly data: Map<string, string>;
  readonly report: Report;
  readonly areManifestsComplete: boolean;
  readonly kubeProxyFlag: string | undefined;
}

async function buildCells(inputs: Inputs, combos: readonly Combination[], options: CellOptions): Promise<Cell[]> {
  const checker = await createChecker();
  const cells: Cell[] = [];
  const seen = new Set<string>(options.report.issues.map(formatIssue));
  const missing = new Set<string>();
  for (const [id, combination] of combos.entries()) {
    const report = new Report();
    report.assumptions.push(...options.report.assumptions);
    const cellInputs = combination
      .flatMap(({ axis, value }) => value.settings.map((setting) => ({ ...setting, where: axis.where })))
      .reduce((before: Inputs, override) => applyOverride(before, override, report), inputs);
    await readData(cellInputs.scenario, options, missing);
    const scenario = buildScenario(cellInputs, { checker, ...options }, report);
    for (const issue of report.issues.filter((each) => !seen.has(formatIssue(each)))) {
      seen.add(formatIssue(issue));
      options.report.add(issue);
    }
    if (options.report.issues.length > MOST_ISSUES) break;
    if (scenario !== null) cells.push({ id, axes: labelsOf(combination), scenario: sharing(scenario, cells.at(-1)?.scenario) });
  }
  return cells;
}

/** The scenario, with the sections of the one before it that are the same: a sweep of thousands of cells is hardly larger than one. */
function sharing(scenario: Scenario, before: Scenario | undefined): Scenario {
  if (before === undefined) return scenario;
  const sections = Object.entries(scenario) as [keyof Scenario, Scenario[keyof Scenario]][];
  return Object.fromEntries(
    sections.map(([key, section]) => [key, JSON.stringify(section) === JSON.stringify(before[key]) ? before[key] : section]),
  ) as unknown as Scenario;
}

/** Data files that the scenario names (`file` of empirical laws and traces, `nodes.from`), relative to its folder. */
async function readData(scenario: Document, options: CellOptions, missing: Set<string>): Promise<void> {
  for (const { file, path } of filesNamedIn(scenario.value, [])) {
    if (options.data.has(file) || missing.has(file)) continue;
    const text = await options.reader.readData(isAbsolute(file) ? file : join(scenario.folder, file), scenario.locate(path));
    if (text === null) missing.add(file);
    else options.data.set(file, text);
  }
}

function filesNamedIn(value: unknown, path: readonly (string | number)[]): { file: string; path: readonly (string | number)[] }[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => filesNamedIn(item, [...path, i]));
  if (!isObject(value)) return [];
  const own =
    value.law === 'empirical' || (path[1] === 'clients' && path.at(-1) === 'trace') ? 'file' : path.join('/') === 'spec/cluster/nodes' ? 'from' : undefined;
  const here = own !== undefined && typeof value[own] === 'string' ? [{ file: value[own], path: [...path, own] }] : [];
  return [...here, ...Object.entries(value).flatMap(([key, inner]) => filesNamedIn(inner, [...path, key]))];
}

function listNotModelled({ scenario, manifests }: Inputs): NotModelledList {
  const list = classify(manifests);
  listRedirects(manifests, clientsOf(scenario), list);
  const objects = readObjects(manifests, new Report());
  const index = new WorkloadIndex(objects);
  const finder = new CallFinder(objects, index, new Report());
  const written = Object.entries((valueAt(scenario.value, ['spec', 'workloads']) ?? {}) as Record<string, { calls?: unknown }>);
  const withCalls = new Set(written.flatMap(([text, workload]) => (workload.calls === undefined ? [] : [keyOf(index, text)])));
  for (const workload of index.all) {
    const manifest = manifests.find(
      (each) => each.kind === workload.kind && each.name === workload.name && (each.namespace || 'default') === workload.namespace,
    );
    if (manifest !== undefined && !withCalls.has(workload.key))
      finder.listUnknown(manifest, workload, workload.kind === 'Pod' ? [] : ['spec', 'template'], list);
  }
  return list;
}

/** Targets of the clients, as far as they can be read. */
function clientsOf(scenario: Document): readonly string[] {
  const clients = valueAt(scenario.value, ['spec', 'clients']);
  return Array.isArray(clients) ? clients.map((client) => String(valueAt(client, ['target']))) : [];
}

function keyOf(index: WorkloadIndex, text: string): string | null {
  const resolved = index.resolve(text);
  return 'workload' in resolved ? resolved.workload.key : null;
}

function fail(issues: readonly Issue[]): never {
  throw new ScenarioError(issues.slice(0, MOST_ISSUES));
}
