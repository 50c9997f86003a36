/**
 * Layer 4: a connection per request through kube-proxy, with hops, conntrack entry and a time-out that stands by; then each plane's
 * choice among many endpoints against the same among few, updates of long lists, and what planes with affinity remember per client.
 */
import { SCHEDULERS } from '../../dist/balancers/index.js';
import { measureEngine, measurePlane } from '../processes.mjs';
import { row } from '../statistics.mjs';

const FEW = 10;
const MANY = 5000;
const PLANES = ['iptables', 'nftables', ...SCHEDULERS.map((name) => `ipvs:${name}`), 'userspace', 'cilium', 'cilium outside', 'cilium:maglev outside'];
const MOST_ROUNDS = 3; // a round of all planes takes two minutes

/** Kinds that remember clients, and endpoints enough for a million of them: iptables keeps 100 per endpoint. */
const REMEMBERING = {
  'kube-proxy-iptables': 12_000,
  'kube-proxy-nftables': MANY,
  'kube-proxy-ipvs': MANY,
  'kube-proxy-userspace': MANY,
  'cilium-datapath': MANY,
};
/** A million clients, and one more than what fits before columns double: the most that a client ever takes. */
const CLIENTS = [1_000_000, 2 ** 20 + 1];

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
    ...(await choices(Math.min(rounds, MOST_ROUNDS), say)),
    ...(await updates()),
    ...(await memories()),
  ];
}

/** CPU time of a connection with many endpoints ÷ with few, interleaved. */
async function choices(rounds, say) {
  const ratios = new Map(PLANES.map((plane) => [plane, []]));
  for (let round = 1; round <= rounds; round++) {
    say(`planes, round ${round} of ${rounds}`);
    for (const [plane, values] of ratios) {
      const { few, many } = await measurePlane('time', plane, FEW, MANY, round);
      values.push(many / few);
    }
  }
  return [...ratios].map(([plane, values]) => row(`${plane}: ${MANY} endpoints ÷ ${FEW}`, values, { unit: 'x', must: 2, aim: 1.5 }));
}

/** An update costs each endpoint the same in long lists as in short ones. */
async function updates() {
  const rows = [];
  for (const kind of Object.keys(REMEMBERING)) {
    const short = await measurePlane('update', kind, MANY / 10, 2000);
    const long = await measurePlane('update', kind, MANY, 200);
    rows.push(row(`${kind}: update per endpoint, ${MANY} ÷ ${MANY / 10}`, [long.perEndpoint / short.perEndpoint], { unit: 'x', must: 3 }));
  }
  return rows;
}

async function memories() {
  const rows = [];
  for (const [kind, endpoints] of Object.entries(REMEMBERING)) {
    const sizes = [];
    for (const clients of CLIENTS) sizes.push((await measurePlane('memory', kind, endpoints, clients)).perClient);
    rows.push(row(`${kind}: bytes per remembered client, at most`, [Math.max(...sizes)], { unit: 'B', must: 150, aim: 100 }));
  }
  return rows;
}
