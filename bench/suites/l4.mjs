/** Layer 4: a connection per request through kube-proxy, with hops, conntrack entry and a time-out that stands by. */
import { measureEngine } from '../processes.mjs';
import { row } from '../statistics.mjs';

export async function l4({ rounds, requests, say }) {
  const runs = [];
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    runs.push(await measureEngine('l4', { requests, seed: round }));
  }
  return [
    row(
      'connections per second and core',
      runs.map((run) => run.connections / run.cpu / 1e6),
      { unit: 'M/s', must: 1.5, aim: 2.5, atLeast: true },
    ),
    row(
      'events per connection',
      runs.map((run) => run.events / run.connections),
      { must: 4, atLeast: true },
    ),
    row(
      'events per second and core',
      runs.map((run) => run.events / run.cpu / 1e6),
      { unit: 'M/s' },
    ),
  ];
}
