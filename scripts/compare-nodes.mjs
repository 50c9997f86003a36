/**
 * The same bytes on every version of Node: `node scripts/compare-nodes.mjs [version…]`, 22 and 24 when none is named.
 *
 * Runs scenarios that ship on this Node and on the others, which come as npm packages, and compares the results' hashes. A version that
 * cannot be had is skipped with the reason. Exit code 1 when bytes differ.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './sources.mjs';

/** L4 with affinity; L7 with routes; a timeline with drawn connection ages; a call graph. */
const SCENARIOS = ['clientip-behind-nat', 'ingress-rules', 'keepalive-after-scale-up', 'shop-call-graph'];

function hashOf(node, scenario) {
  const args = [join(ROOT, 'bin/evenkeel.js'), 'run', join(ROOT, 'scenarios', scenario, 'scenario.yaml')];
  const options = ['--replications', '2', '--no-fail', '--quiet', '-o', 'json'];
  const { status, stdout, stderr } = spawnSync(node, [...args, ...options], { maxBuffer: 2 ** 28 });
  return status === 0 ? createHash('sha256').update(stdout).digest('hex').slice(0, 16) : `exit ${status}: ${stderr.toString().trim()}`;
}

/** @returns the program, or `{ reason }` */
function install(version, folder) {
  const npm = spawnSync('npm', ['install', '--prefix', join(folder, version), '--no-audit', '--no-fund', '--no-save', `node@${version}`], { encoding: 'utf8' });
  if (npm.status !== 0) return { reason: npm.stderr?.trim().split('\n')[0] ?? String(npm.error) };
  const node = join(folder, version, 'node_modules/node/bin/node');
  const started = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return started.status === 0 ? { node } : { reason: `${node} does not start here` };
}

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24'];
const expected = SCENARIOS.map((scenario) => hashOf(process.execPath, scenario));
const folder = mkdtempSync(join(tmpdir(), 'evenkeel-nodes-'));
let differing = 0;
try {
  for (const version of versions) {
    const { node, reason } = install(version, folder);
    if (node === undefined) {
      console.log(`Node ${version}: skipped: ${reason}`);
      continue;
    }
    const found = SCENARIOS.map((scenario) => hashOf(node, scenario));
    for (const [i, scenario] of SCENARIOS.entries()) {
      const isSame = found[i] === expected[i] && !found[i].startsWith('exit');
      if (!isSame) differing++;
      console.log(`Node ${version}, ${scenario}: ${isSame ? 'same bytes' : `${found[i]}, but ${expected[i]} on ${process.version}`}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = differing === 0 ? 0 : 1;
