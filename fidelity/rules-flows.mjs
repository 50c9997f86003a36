/** What becomes of flows that are open when endpoints go, and what connections to one Service know of those to another. Both kube-proxy modes. */
import { replayCluster } from './cluster-model.mjs';
import { NodeConntrack } from './conntrack.mjs';
import { clientAddress, NODE_ADDRESS } from './lab.mjs';
import { choices, disagreement, follow, keptOf } from './lockstep.mjs';
import { ModelPlane, seenBy } from './model.mjs';
import { endpointName, podEndpoints, servicePort, withEndpoints } from './services.mjs';

const LONG = 3600;
const clients = (count) => Array.from({ length: count }, (_, i) => [clientAddress(1 + i)]);
const clusterIp = ({ protocol, clusterIp, port }) => ({ protocol, to: clusterIp, port });
const nodePort = ({ protocol, nodePort }) => ({ protocol, to: NODE_ADDRESS, port: nodePort });

/** @returns {import('./rules.mjs').Rule[]} */
export function flowRules(plane) {
  const rule = (text, run) => ({ system: plane.system, rule: text, run });
  return [
    rule('TCP: two of three endpoints are withdrawn under open connections', (lab) => withdraw(lab, plane, 'tcp', [2])),
    rule('TCP: all endpoints are withdrawn under open connections', (lab) => withdraw(lab, plane, 'tcp', [])),
    rule('UDP: two of three endpoints are withdrawn, entries deleted as by kube-proxy 1.35', (lab) => withdraw(lab, plane, 'udp', [2])),
    rule('UDP: all endpoints are withdrawn, entries left as by kube-proxy 1.35', (lab) => withdraw(lab, plane, 'udp', [])),
    rule('ClientIP: a client of the ClusterIP comes to the NodePort', (lab) => acrossAddresses(lab, plane)),
    rule('ClientIP: a client of one port of a Service comes to another port', (lab) => acrossPorts(lab, plane)),
  ];
}

const says = (held, fresh) => `open ones ${held}, new ones ${fresh}`;
const meets = (names) => (names.length === 0 ? 'are refused' : `go to ${names.length === 1 ? 'the one left' : `${names.length} endpoints`}`);

async function withdraw(lab, plane, protocol, left) {
  const service = servicePort({ protocol, endpoints: podEndpoints([0, 1, 2]) });
  const proxy = await plane.proxy(lab, [service]);
  const open = await lab.clients.connectAll(clients(30), { ...clusterIp(service), hold: true });
  await proxy.sync([withEndpoints(service, podEndpoints(left))]);
  if (protocol === 'udp' && left.length > 0) {
    if ((await NodeConntrack.whyNot(lab.node)) !== '') return { skipped: 'no conntrack to delete entries with' };
    await new NodeConntrack(lab.node).flush(service); // it deletes those of stale endpoints only, which is the same here: one is left
  }
  const later = [];
  for (const { handle } of open) later.push(await lab.clients.say(handle));
  const fresh = await lab.clients.connectAll(clients(30), clusterIp(service));
  for (const { handle } of open) await lab.clients.close(handle);
  const stayed = later.filter(({ server }, i) => server === open[i].server).length;
  const met = new Set(fresh.map(seenBy));
  const isRefused = met.size === 1 && met.has('refused');
  return { real: says(held(stayed, later), meets(isRefused ? [] : [...met])), model: await withdrawInModel(plane.mode, protocol, left) };
}

function held(stayed, later) {
  if (stayed === later.length) return 'stay where they are';
  const met = new Set(later.map(seenBy));
  return met.size === 1 ? 'go to the one left' : `${stayed} of ${later.length} stay`;
}

/** Thirty clients keep connections or sockets; from 2 s on some pods are no endpoints any more; what happens after 4 s counts. */
async function withdrawInModel(mode, protocol, left) {
  const gone = [0, 1, 2].filter((i) => !left.includes(i)).map((i) => `{ at: 2s, do: kubectl label pod web-${i} app=gone --overwrite }`);
  const scheme = protocol === 'tcp' ? 'http' : 'udp';
  const run = await replayCluster(mode, protocol, podEndpoints([0, 1, 2]), {
    run: '{ duration: 6s, warmup: 4s, gracefulStop: 1s }',
    clients: `
    - { name: held, count: 30, from: external, target: "${scheme}://node-1:30080", arrivals: { process: deterministic, rate: 300/s }, timeout: 1s }
    - { name: fresh, count: 30, from: external, target: "${scheme}://node-1:30081", protocol: { keepAlive: off }, arrivals: { process: deterministic, rate: 300/s }, timeout: 1s }`,
    timeline: `[ ${gone.join(', ')} ]`,
  });
  const [open, fresh] = run.clients;
  const isRefused = fresh.byOutcome.refused === fresh.offered;
  const met = (name) => {
    const service = run.services.find((one) => one.name === `default/${name}`);
    return service.pods.filter((_, i) => service.requests[i] > 0).map((pod) => run.pods[pod].name);
  };
  const pods = met('web');
  const text = open.failed > 0 ? `${open.failed} fail` : pods.length === 3 ? 'stay where they are' : pods.length === 1 ? 'go to the one left' : `meet ${pods}`;
  return says(text, meets(isRefused ? [] : met('again')));
}

async function acrossAddresses(lab, plane) {
  const service = servicePort({ affinitySeconds: LONG, endpoints: podEndpoints([0, 1, 2, 3, 4]) });
  await plane.proxy(lab, [service]);
  const model = new ModelPlane(plane.model, service);
  const first = await follow(lab.clients, model, clients(90), clusterIp(service));
  const second = await follow(lab.clients, model, clients(90), nodePort(service));
  const kept = (count) => `${count} of 90 stay on their endpoint`;
  return {
    real: disagreement([...first, ...second]) || kept(keptOf(second, choices(first))),
    model: kept(second.filter(({ isCertain }) => isCertain).length),
  };
}

async function acrossPorts(lab, plane) {
  const one = servicePort({ affinitySeconds: LONG, endpoints: podEndpoints([0, 1, 2, 3, 4]) });
  const other = servicePort({ ...one, name: `${one.name}s`, port: 443, nodePort: one.nodePort + 1000 });
  await plane.proxy(lab, [one, other]);
  const [first, second] = [new ModelPlane(plane.model, one), new ModelPlane(plane.model, other)];
  const before = await follow(lab.clients, first, clients(90), clusterIp(one));
  const after = await follow(lab.clients, second, clients(90), clusterIp(other));
  const text = (isDrawn) => (isDrawn ? 'drawn anew: each port has a memory of its own' : 'kept');
  const kept = keptOf(after, choices(before));
  return {
    real: disagreement([...before, ...after]) || text(kept < 45),
    model: text(after.every(({ isCertain }) => !isCertain)),
    detail: `${kept} of 90 on the same of ${one.endpoints.map(endpointName).length} endpoints`,
  };
}
