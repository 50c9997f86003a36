/** The whole command on a small scenario: what somebody waits for who tries something. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { scenarioFile } from '../processes.mjs';
import { row } from '../statistics.mjs';

const COMMAND = fileURLToPath(new URL('../../bin/evenkeel.js', import.meta.url));
const RUNS = 9;

export async function cli() {
  const seconds = [];
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    execFileSync(process.execPath, [COMMAND, 'run', scenarioFile('small'), '-o', 'json'], { stdio: 'ignore' });
    seconds.push((performance.now() - started) / 1000);
  }
  return [row('evenkeel run, 10,000 connections, wall time', seconds, { unit: 's', must: 0.5, aim: 0.3 })];
}
