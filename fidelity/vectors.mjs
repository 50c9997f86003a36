/**
 * Systems that cannot run here, held against sequences that were worked out from their sources: no real system takes part in these rows.
 *
 * ipvs: reference l4.md 8.4, after Linux 6.12 `net/netfilter/ipvs/ip_vs_*.c`. A is the head of the kernel's list.
 */
import { createFlow } from '../dist/balancers/index.js';
import { createScheduler } from '../dist/balancers/l4/ipvs/schedulers.js';
import { VirtualServer } from '../dist/balancers/l4/ipvs/virtual-server.js';
import { RandomStream } from '../dist/random/stream.js';

const CLIENTS = ['10.0.0.1', '10.0.0.2', '192.168.1.10', '203.0.113.7'];

const VECTORS = [
  ['rr', [1, 1, 1], 'ABCABC'],
  ['wrr', [4, 3, 2], 'AABABCABCAABABCABC'],
  ['wrr', [6, 3, 3], 'AABCAABC'],
  ['lc', [1, 1, 1], 'ABCABC'],
  ['wlc', [1, 2, 3], 'ABCCBCABCCBC'],
  ['sed', [1, 2, 3], 'CBCABCCBCABC'],
  ['nq', [1, 2, 3], 'ABCCBCCBCABC'],
  ['sh', [1, 1, 1], 'ACCB', CLIENTS],
  ['mh', [1, 1, 1], 'CCBB', CLIENTS],
];

/** @returns {{ system: string, rule: string, expected: string, model: string, verdict: 'agrees' | 'DISAGREES' }[]} */
export function vectorRows() {
  return VECTORS.map(([scheduler, weights, expected, clients]) => {
    const model = sequence(scheduler, weights, clients ?? Array(expected.length).fill(CLIENTS[0]));
    const who = clients === undefined ? `${expected.length} connections that stay open` : `connections of ${clients.join(', ')}`;
    return {
      system: 'Linux ipvs',
      rule: `${scheduler}, weights ${weights.join(', ')}: ${who}`,
      expected,
      model,
      verdict: model === expected ? 'agrees' : 'DISAGREES',
    };
  });
}

function sequence(name, weights, clients) {
  const server = new VirtualServer();
  const scheduler = createScheduler(name, { server, random: new RandomStream({ high: 1, low: 2 }), now: () => 0, overhead: '256a+i' });
  const destinations = weights.map((weight, i) => ({ endpoint: i, name: `10.244.0.${weights.length - i}:8080`, weight, isNew: true }));
  scheduler.changed(server.replace(destinations));
  const flow = createFlow();
  return clients
    .map((client) => {
      flow.sourceAddress = client.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
      const destination = scheduler.pick(flow);
      server.active[destination]++;
      scheduler.counted(destination);
      return String.fromCharCode(65 + server.endpoints[destination]);
    })
    .join('');
}
