/** Memory must depend on what is in flight, not on how much was simulated: the largest resident size of short and long runs. */
import { measureEngine } from '../processes.mjs';
import { row } from '../statistics.mjs';

const MIB = 1 << 20;

export async function memory({ connections, say }) {
  const [few, many] = connections;
  const short = [];
  for (let seed = 1; seed <= 3; seed++) short.push(await measureEngine('l4', { requests: few, seed }));
  say(`${many / 1e6} M connections`);
  const long = await measureEngine('l4', { requests: many, seed: 1 });
  const sizes = short.map((run) => run.peakRss / MIB);
  return [
    row(`peak memory, ${few / 1e6} M connections`, sizes, { unit: 'MiB' }),
    row(`peak memory, ${many / 1e6} M connections`, [long.peakRss / MIB], { unit: 'MiB' }),
    row(
      'growth',
      sizes.map((size) => long.peakRss / MIB - size),
      { unit: 'MiB', must: 8, aim: 3 },
    ),
    row(`${many / 1e6} M connections: per second and core`, [long.connections / long.cpu / 1e6], { unit: 'M/s' }),
  ];
}
