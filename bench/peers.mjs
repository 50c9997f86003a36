/** What evenkeel is compared with: the C reference, built when needed, and SimPy, installed into a folder of its own when it can be had. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './processes.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Compiles the reference.
 * @returns {(policy: 'random' | 'least' | 'two', pods: number, requests: number, seed: number) => Promise<object>} one run
 * @throws when there is no C compiler
 */
export function buildReference() {
  const program = join(mkdtempSync(join(tmpdir(), 'evenkeel-bench-')), 'reference');
  execFileSync(process.env.CC ?? 'gcc', ['-O3', '-march=native', '-o', program, here('reference.c'), '-lm']);
  return (policy, pods, requests, seed) => measure(program, [policy, pods, requests, seed]);
}

const SIMPY = 'simpy==4.1.2';

/**
 * @returns {{ run?: (requests: number, seed: number) => Promise<object>, reason?: string }} W1 in SimPy, or why there is none
 */
export function prepareSimpy() {
  const folder = join(tmpdir(), 'evenkeel-bench-simpy');
  const python = join(folder, 'bin/python');
  try {
    if (!hasSimpy(python)) {
      mkdirSync(folder, { recursive: true });
      execFileSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
      execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', SIMPY], { stdio: 'ignore', timeout: 120_000 });
    }
  } catch {
    return { reason: `python3 with ${SIMPY} cannot be had here` };
  }
  return { run: (requests, seed) => measure(python, [here('simpy_w1.py'), requests, seed]) };
}

function hasSimpy(python) {
  try {
    execFileSync(python, ['-c', 'import simpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
