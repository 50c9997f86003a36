/**
 * The kernel: workloads W1 to W4 through the public engine, beside the same simulation in C and, for W1, in SimPy.
 *
 * CPU time, not wall time, and the ratio of runs of the same round: machines are shared, and their speed drifts.
 */
import { buildReference, prepareSimpy } from '../peers.mjs';
import { measureEngine } from '../processes.mjs';
import { row, skipped } from '../statistics.mjs';

const WORKLOADS = [
  { name: 'w1', policy: 'random', pods: 10 },
  { name: 'w2', policy: 'least', pods: 10 },
  { name: 'w3', policy: 'two', pods: 10 },
  { name: 'w4', policy: 'least', pods: 1000 },
];
const SIMPY_SHARE = 0.01; // of the requests: it is about a hundred times as slow

export async function kernel({ rounds, requests, say }) {
  const reference = buildReference();
  const simpy = prepareSimpy();
  const engines = new Map(WORKLOADS.map(({ name }) => [name, []]));
  const references = new Map(WORKLOADS.map(({ name }) => [name, []]));
  const slow = [];
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    for (const { name, policy, pods } of WORKLOADS) {
      references.get(name).push(await reference(policy, pods, requests, round));
      engines.get(name).push(await measureEngine(name, { requests, seed: round }));
    }
    if (simpy.run !== undefined) slow.push(await simpy.run(Math.ceil(requests * SIMPY_SHARE), round));
  }
  const cost = (run) => run.cpu / run.requests;
  const ratio = (above, below) => above.map((run, round) => cost(run) / cost(below[round]));
  return [
    ...WORKLOADS.map(({ name }) => row(`${name}: CPU per request ÷ C`, ratio(engines.get(name), references.get(name)), { must: 2.5, aim: 2 })),
    row('w4 ÷ w2: CPU per request', ratio(engines.get('w4'), engines.get('w2')), { must: 1.6, aim: 1.35 }),
    simpy.run === undefined
      ? skipped('w1: SimPy ÷ evenkeel', simpy.reason)
      : row('w1: SimPy ÷ evenkeel, CPU per request', ratio(slow, engines.get('w1')), { must: 50, aim: 75, atLeast: true }),
    ...WORKLOADS.map(({ name }) =>
      row(
        `${name}: evenkeel`,
        engines.get(name).map((run) => 1e-6 / cost(run)),
        { unit: 'M requests/s' },
      ),
    ),
    ...WORKLOADS.map(({ name }) =>
      row(
        `${name}: C`,
        references.get(name).map((run) => 1e-6 / cost(run)),
        { unit: 'M requests/s' },
      ),
    ),
    ...WORKLOADS.map(({ name }) =>
      row(
        `${name}: mean duration ÷ C's − 1`,
        engines.get(name).map((run, round) => Math.abs(run.mean / references.get(name)[round].mean - 1)),
        { must: 0.02 },
      ),
    ),
  ];
}
