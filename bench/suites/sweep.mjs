/** A sweep of tiny cells: the conductor must stay small, and the workers must be simulating, not waiting for it. */
import { fileURLToPath } from 'node:url';
import { measure } from '../processes.mjs';
import { row } from '../statistics.mjs';

const SWEEP = fileURLToPath(new URL('../sweep.mjs', import.meta.url));
const WORKERS = 2;

export async function sweep({ cells, say }) {
  say(`${cells} cells, twice each`);
  const large = await measure(process.execPath, [SWEEP, cells, WORKERS]);
  if (large.cells !== cells) throw new Error(`${large.cells} cells in the result`);
  return [
    row('share of worker time that is simulation', [large.share], { must: 0.9, aim: 0.95, atLeast: true }),
    row('largest memory of the conductor', [large.conductor / (1 << 20)], { unit: 'MiB', must: 300 }),
    row('largest memory of the process, workers included', [large.peakRss / (1 << 20)], { unit: 'MiB' }),
    row('reading the scenario, per cell', [(large.read / cells) * 1000], { unit: 'ms' }),
    row('one replication on a worker', [large.each], { unit: 'ms' }),
    row('whole study', [large.wall], { unit: 's' }),
  ];
}
