/**
 * The import direction rule: `node scripts/check-imports.mjs`.
 *
 * Imports go downward only, so that each folder can be read, tested and changed knowing only the ones below it:
 *
 *   6  cli
 *   5  report   experiments   explain   fit
 *   4  simulation
 *   3  scenario
 *   2  balancers   workload   pods   network   kubernetes   measurement     (not each other: simulation introduces them)
 *   1  engine   random   statistics   logs                                 (not each other)
 *   0  errors   units   random/portable-math   random/gamma-function       (anyone may import them)
 *
 * Tests may import anything; `testing` is for tests only.
 */
import { posix } from 'node:path';
import { isTest, lineAt, readSources, report, stripped } from './sources.mjs';

/** Folder → what it may import: folders, single files (`folder/file`), or only the types of either. `only` limits an import to one file. */
export const ALLOWED = {
  cli: { values: ['scenario', 'experiments', 'report', 'explain', 'fit', 'logs'] },
  report: { values: ['measurement', 'statistics'], types: ['experiments'] },
  experiments: { values: ['scenario', 'measurement', 'statistics', 'random'], only: { simulation: ['worker.ts', 'plan.ts'] } },
  explain: { values: ['scenario', 'simulation', 'kubernetes', 'measurement'], types: ['balancers'] },
  fit: { values: ['logs', 'measurement', 'random', 'statistics'] },
  simulation: { values: ['scenario', 'balancers', 'workload', 'pods', 'network', 'kubernetes', 'measurement', 'engine', 'random'] },
  scenario: { values: ['logs', 'balancers', 'workload', 'pods', 'network', 'kubernetes', 'random'] },
  balancers: { values: ['engine', 'random'] },
  workload: { values: ['engine', 'random'] },
  pods: { values: ['engine', 'random'] },
  network: { values: ['engine', 'random'] },
  kubernetes: { values: ['engine', 'random'] },
  measurement: { types: ['engine', 'random', 'statistics'] },
  engine: {},
  random: {},
  statistics: {},
  logs: {},
};

/** Row 0: these import nothing but each other, and anyone may import them. */
const GROUND = ['errors', 'units', 'random/portable-math', 'random/gamma-function'];

const IMPORT = /\b(import|export)(\s+type)?\b[^'";]*?\bfrom\s*['"](\.[^'"]+)['"]|\bimport\s*\(?\s*['"](\.[^'"]+)['"]/g;

/**
 * @param {{ path: string, text: string }[]} sources
 * @returns {string[]} one line per import that points the wrong way
 */
export function importIssues(sources) {
  return sources.filter(({ path }) => !isTest(path) && !path.startsWith('testing/')).flatMap(issuesOfFile);
}

function issuesOfFile({ path, text }) {
  const code = stripped(text, { keepStrings: true });
  const issues = [];
  for (const match of code.matchAll(IMPORT)) {
    const target = posix.join(posix.dirname(path), match[3] ?? match[4]).replace(/\.ts$/, '');
    const reason = whyNot(path, target, match[2] !== undefined);
    if (reason !== undefined) issues.push(`src/${path}:${lineAt(code, match.index)}: imports "${target}" (${reason})`);
  }
  return issues;
}

function whyNot(path, target, typesOnly) {
  const from = folderOf(path);
  const to = folderOf(target);
  if (to === 'testing') return 'only tests import testing';
  if (from === 'index.ts') return undefined; // the library's table of contents
  if (GROUND.includes(path.replace(/\.ts$/, ''))) return GROUND.includes(target) ? undefined : 'row 0 imports nothing above it';
  if (from === to || GROUND.includes(target)) return undefined;
  const allowed = ALLOWED[from];
  if (allowed === undefined) return `folder "${from}" has no row in scripts/check-imports.mjs`;
  const names = (list) => list?.includes(to) || list?.includes(target);
  if (names(allowed.values) || (typesOnly && names(allowed.types))) return undefined;
  if (names(allowed.types)) return `${from} may import only types from ${to}`;
  const files = allowed.only?.[to];
  if (files === undefined) return `${from} may not import ${to}`;
  return files.includes(posix.basename(path)) ? undefined : `only ${files.join(', ')} of ${from} may import ${to}`;
}

function folderOf(path) {
  return path.split('/')[0];
}

if (import.meta.filename === process.argv[1]) report('import direction', importIssues(readSources()));
