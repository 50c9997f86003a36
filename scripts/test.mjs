/**
 * `npm test`: everything that must hold before a change lands. Arguments go to mocha, e.g. `npm test -- --grep ipvs`.
 *
 * With EVENKEEL_NODES=1 other versions of Node are fetched and their results compared as well.
 *
 * Every step runs even if an earlier one failed, unless nothing could be built. Each check counts as one test, and the last line is
 * `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './sources.mjs';

let passed = 0;
let failed = 0;

function succeeds(file, args, env = {}) {
  const { status } = spawnSync(process.execPath, [join(ROOT, file), ...args], { stdio: 'inherit', cwd: ROOT, env: { ...process.env, ...env } });
  return status === 0;
}

function check(name, ok) {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}`);
  return ok;
}

function runMocha() {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-test-'));
  const counts = join(folder, 'counts.json');
  try {
    const mocha = [join(ROOT, 'node_modules/mocha/bin/mocha.js'), '--reporter', join(ROOT, 'scripts/counting-reporter.mjs'), ...process.argv.slice(2)];
    const ok = succeeds('node_modules/c8/bin/c8.js', [process.execPath, ...mocha], { EVENKEEL_TEST_COUNTS: counts });
    const { passes, failures } = readCounts(counts);
    passed += passes;
    failed += failures;
    if (failures === 0 && process.argv.length === 2) check('coverage (.c8rc.json)', ok); // of a run that is whole
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A run that ended before its tests did, counts as one failure. */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passes: 0, failures: 1 };
  }
}

const isBuilt = check('types and build', succeeds('scripts/build.mjs', []));
check('format and lint (biome)', succeeds('node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '--max-diagnostics=30']));
check('import direction', succeeds('scripts/check-imports.mjs', []));
check('portable arithmetic', succeeds('scripts/check-portable.mjs', []));
if (isBuilt) runMocha();
if (isBuilt && process.env.EVENKEEL_NODES === '1') check('same bytes on other versions of Node', succeeds('scripts/compare-nodes.mjs', []));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
