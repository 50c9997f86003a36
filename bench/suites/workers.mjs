/**
 * Two workers against two plain processes that share the work at the same time of day: what the pool costs, whatever else the machine
 * does. Wall time of the runs, without the start of the processes.
 */
import { measureEngine } from '../processes.mjs';
import { row } from '../statistics.mjs';

const REPLICATIONS = 8;

export async function workers({ rounds, requests, say }) {
  const efficiency = [];
  const speedUp = [];
  const each = Math.ceil(requests / 2);
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    const one = await measureEngine('w1', { requests: each, seed: round, replications: REPLICATIONS });
    const half = { requests: each, seed: round, replications: REPLICATIONS / 2 };
    const plain = await Promise.all([measureEngine('w1', half), measureEngine('w1', half)]);
    const two = await measureEngine('w1', { requests: each, seed: round, replications: REPLICATIONS, workers: 2 });
    efficiency.push(Math.max(...plain.map((run) => run.wall)) / two.wall);
    speedUp.push(one.wall / two.wall);
  }
  return [
    row('two plain processes ÷ two workers, wall time', efficiency, { must: 0.85, aim: 0.95, atLeast: true }),
    row('one worker ÷ two workers, wall time', speedUp),
  ];
}
