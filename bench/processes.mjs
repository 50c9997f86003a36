/** Runs one measurement in a process of its own and reads the JSON object it prints. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function measure(command, args) {
  const { stdout } = await run(command, args.map(String), { maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}

const PLANES = fileURLToPath(new URL('planes.mjs', import.meta.url));
const ENGINE = fileURLToPath(new URL('engine.mjs', import.meta.url));
const SCENARIOS = new URL('scenarios/', import.meta.url);

export const scenarioFile = (name) => fileURLToPath(new URL(`${name}.yaml`, SCENARIOS));

/**
 * One run of the public engine.
 * @param {string} scenario name of a file in scenarios/
 * @param {{ requests: number, seed: number, replications?: number, workers?: number }} options `requests` per replication
 */
export function measureEngine(scenario, { requests, seed, replications = 1, workers = 1 }) {
  return measure(process.execPath, [ENGINE, scenarioFile(scenario), requests, seed, replications, workers]);
}

/**
 * One measurement of a plane, see planes.mjs.
 * @param {'time' | 'update' | 'memory'} what
 */
export function measurePlane(what, name, ...numbers) {
  return measure(process.execPath, ['--expose-gc', PLANES, what, name, ...numbers]);
}
