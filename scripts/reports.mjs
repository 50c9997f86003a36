/**
 * `npm run reports [NAME …]`: runs the scenarios that ship, and writes into `reports/NAME/` the charts that answer their questions,
 * as SVG, and beside them the whole page, which is large and not kept in git. Needs a build.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './sources.mjs';

/** Scenario → charts that are kept. */
const CHARTS = {
  'clusterip-round-robin': ['load-per-pod'],
  'clientip-behind-nat': ['load-per-pod'],
  'nodeport-from-outside': ['latency-percentiles'],
  'load-balancer': ['load-per-pod'],
  'ingress-rules': ['latency-percentiles'],
  'keepalive-after-scale-up': ['load-heatmap', 'cells-comparison'],
  'l4-against-l7': ['load-per-pod', 'cells-comparison'],
  'why-services': ['errors-over-time', 'load-heatmap'],
  'shop-call-graph': ['latency-percentiles'],
};

function evenkeel(...args) {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'bin/evenkeel.js'), ...args], { stdio: ['ignore', 'ignore', 'inherit'], cwd: ROOT });
  if (status !== 0) process.exit(status ?? 1);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CHARTS);
const work = mkdtempSync(join(tmpdir(), 'evenkeel-reports-'));
for (const name of names) {
  const [stored, charts, target] = [join(work, name), join(work, `${name}-svg`), join(ROOT, 'reports', name)];
  mkdirSync(target, { recursive: true });
  evenkeel('run', `scenarios/${name}/scenario.yaml`, '--quiet', '--series', '1s', '--out', stored);
  evenkeel('report', stored, '-o', 'html', '--out', join(target, 'page.html'));
  evenkeel('report', stored, '-o', 'svg', '--out', charts);
  for (const chart of CHARTS[name]) copyFileSync(join(charts, `${chart}.svg`), join(target, `${chart}.svg`));
  console.log(`reports/${name}/page.html`);
}
rmSync(work, { recursive: true, force: true });
