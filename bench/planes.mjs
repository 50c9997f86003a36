/**
 * What a plane's choice costs, and what it remembers; one JSON object each:
 *
 *     node bench/planes.mjs time PLANE FEW MANY SEED                     CPU nanoseconds per connection with few and with many endpoints, set-up not counted
 *     node bench/planes.mjs update KIND ENDPOINTS UPDATES                CPU nanoseconds per endpoint of an update that takes one away or brings it back
 *     node --expose-gc bench/planes.mjs memory KIND ENDPOINTS CLIENTS    bytes per remembered client of one node's balancer
 */
import { fileURLToPath } from 'node:url';
import { balancers } from '../dist/balancers/index.js';
import { loadStudy } from '../dist/index.js';
import { RandomStream } from '../dist/random/stream.js';
import { Simulation } from '../dist/simulation/run.js';

const SCENARIO = fileURLToPath(new URL('scenarios/planes.yaml', import.meta.url));
const RATE = 3000; // connections per second, as the scenario says
const WARM = 130; // seconds simulated before the clock is read: from 120 on, closed connections leave TIME_WAIT as fast as others close
const TIMED = 120;
const SLICE = 5;

/** @param {string} plane a value of --kube-proxy; with ` outside` clients come to a node port from outside */
async function simulation(plane, endpoints, seed) {
  const [kubeProxy, place] = plane.split(' ');
  const study = await loadStudy({
    files: [SCENARIO],
    recursive: false,
    sets: [
      `run.duration=${WARM + TIMED}s`,
      `deployment/web.spec.replicas=${endpoints}`,
      ...(place === 'outside' ? ['clients[0].from=external', 'clients[0].target=http://node-1:30080/'] : []),
    ],
    vary: [],
    kubeProxy,
  });
  const one = new Simulation(study.cells[0].scenario, { seed: String(seed), replication: 0, cell: 0 });
  one.advanceTo(WARM * 1e9, Number.POSITIVE_INFINITY);
  return one;
}

/** Both sizes take turns, a few simulated seconds each, so that whatever else the machine does meets both. */
async function time(plane, few, many, seed) {
  const simulations = [await simulation(plane, few, seed), await simulation(plane, many, seed)];
  const spent = [0, 0];
  for (let second = SLICE; second <= TIMED; second += SLICE) {
    simulations.forEach((one, i) => {
      const before = process.cpuUsage();
      one.advanceTo((WARM + second) * 1e9, Number.POSITIVE_INFINITY);
      const { user, system } = process.cpuUsage(before);
      spent[i] += user + system;
    });
  }
  const [ofFew, ofMany] = spent.map((microseconds) => (microseconds * 1000) / (RATE * TIMED));
  return { few: ofFew, many: ofMany };
}

const CONFIGS = {
  'kube-proxy-iptables': {},
  'kube-proxy-nftables': {},
  'kube-proxy-ipvs': { isUdp: false, scheduler: 'rr', overhead: '257a+i', portReuse: null },
  'kube-proxy-userspace': {},
  'cilium-socket': {},
  'cilium-datapath': { algorithm: 'random', tableSize: 16381, seed: { murmur: 1, jhash: 2 }, protocol: 'TCP' },
};

function endpointSet(ids) {
  const count = ids.length;
  return {
    count,
    id: Int32Array.from(ids),
    name: ids.map((id) => `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}:80`),
    weight: new Float64Array(count).fill(1),
    node: new Int32Array(count).fill(-1),
    zone: new Int32Array(count).fill(-1),
    conditions: new Uint8Array(count).fill(3),
  };
}

/** One node's balancer with affinity, and its clock. @param kind a name of the registry; `kube-proxy-ipvs:lc` names the scheduler too */
function create(kind, ids) {
  const [name, scheduler] = kind.split(':');
  const place = { node: 0, zone: 0, now: () => place.at, at: 0, random: new RandomStream({ high: 1, low: 2 }), timer: () => undefined, truth: null };
  const balancer = balancers[name].create({ ...CONFIGS[name], ...(scheduler !== undefined && { scheduler }), affinityTimeoutNs: 10800e9 }, place);
  balancer.update(endpointSet(ids));
  return { balancer, place };
}

const flow = { client: 0, sourceAddress: 0, sourcePort: 40000, destinationAddress: 1, destinationPort: 80, protocol: 6 };

function update(kind, endpoints, updates) {
  const ids = Array.from({ length: endpoints }, (_, id) => id);
  const { balancer } = create(kind, ids);
  const sets = Array.from({ length: 16 }, (_, i) => endpointSet(i % 2 === 0 ? ids.toSpliced((i * 31) % endpoints, 1) : ids));
  for (let i = 0; i < updates; i++) balancer.update(sets[i % 16]);
  const before = process.cpuUsage();
  for (let i = 0; i < updates; i++) balancer.update(sets[i % 16]);
  const { user, system } = process.cpuUsage(before);
  return { perEndpoint: ((user + system) * 1000) / (updates * endpoints) };
}

function memory(kind, endpoints, clients) {
  const { balancer, place } = create(
    kind,
    Array.from({ length: endpoints }, (_, id) => id),
  );
  const used = () => {
    globalThis.gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  for (let client = 0; client < clients; client++) {
    place.at += 1000;
    flow.sourceAddress = (0x0a000000 + client * 7) >>> 0;
    balancer.pick(flow);
  }
  const bytes = used() - before;
  const out = { candidates: [], rule: '', refusal: 0, remembered: null };
  let remembered = 0;
  for (let client = 0; client < clients; client += 97) {
    flow.sourceAddress = (0x0a000000 + client * 7) >>> 0;
    balancer.explain(flow, out);
    if (out.remembered !== null) remembered += 97;
  }
  remembered = Math.min(remembered, clients);
  return { bytes, remembered, perClient: bytes / remembered };
}

const MEASURES = { time, update, memory };
const [what, name, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(await MEASURES[what](name, ...rest.map(Number))));
