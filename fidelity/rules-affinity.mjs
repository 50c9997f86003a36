/** Session affinity ClientIP: who is remembered, for how long, and what makes the kernel forget. Both kube-proxy modes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { clientAddress } from './lab.mjs';
import { choices, disagreement, follow, keptOf } from './lockstep.mjs';
import { ModelPlane, seenBy } from './model.mjs';
import { podEndpoints, servicePort, withEndpoints } from './services.mjs';
import { isBinomial } from './statistics.mjs';

const LONG = 3600;
const TICK_NS = 10e6; // the slowest clock that a kernel stamps by: 100 Hz

const clients = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => [clientAddress(from + i)]);
const clusterIp = (service) => ({ protocol: service.protocol, to: service.clusterIp, port: service.port });

/** @returns {import('./rules.mjs').Rule[]} */
export function affinityRules(plane) {
  const rule = (text, run) => ({ system: plane.system, rule: text, run });
  return [
    rule('ClientIP: a new connection within the time-out goes where the last one went', (lab) => keeps(lab, plane)),
    rule('ClientIP: how long a client is remembered after its last connection opened (time-out 1 s)', (lab) => expires(lab, plane)),
    rule('ClientIP: traffic on an open connection does not refresh it', (lab) => trafficDoesNotRefresh(lab, plane)),
    rule('ClientIP: 135 clients of one endpoint, ten of them seen again: who is remembered', (lab) => remembersHowMany(lab, plane)),
    rule('ClientIP: an endpoint is added', (lab) => scaleUp(lab, plane)),
    rule('ClientIP: an endpoint is removed, and comes back under its address', (lab) => endpointLeaves(lab, plane)),
  ];
}

/** nftables only: a set without a size takes so many addresses. */
export function fullSetRule(plane) {
  const SIZE = 65_535;
  const addresses = Array.from({ length: SIZE }, (_, i) => `172.${16 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`);
  const says = (before, outcome, after) => `${before} remembered; one more is ${outcome === 'open' ? 'served' : outcome} and ${after ? '' : 'not '}remembered`;
  return {
    system: plane.system,
    rule: `ClientIP: a client comes to an endpoint that remembers ${SIZE}`,
    run: async (lab) => {
      const { service, proxy, model } = await begin(lab, plane, { affinitySeconds: LONG, endpoints: podEndpoints([0]) });
      const [endpoint] = service.endpoints;
      await proxy.remember(service, endpoint, addresses);
      const { outcome } = await lab.clients.connect(clientAddress(1), clusterIp(service));
      const real = new Set(await proxy.remembered(service, endpoint));
      const name = `${endpoint.ip}:${endpoint.port}`;
      for (const address of addresses) model.follow(address, 0, name);
      const picked = model.follow(clientAddress(1), 1e9, name);
      model.update(withEndpoints(service, podEndpoints([0, 1])).endpoints);
      const isKnown = (address) => model.law(address, 2e9).isRemembered;
      return {
        real: says(addresses.filter((address) => real.has(address)).length, outcome, real.has(clientAddress(1))),
        model: says(addresses.filter(isKnown).length, picked === name ? 'open' : picked, isKnown(clientAddress(1))),
      };
    },
  };
}

async function begin(lab, plane, details) {
  const service = servicePort(details);
  const proxy = await plane.proxy(lab, [service]);
  return { service, proxy, model: new ModelPlane(plane.model, service) };
}

async function keeps(lab, plane) {
  const { service, model } = await begin(lab, plane, { affinitySeconds: LONG, endpoints: podEndpoints([0, 1, 2, 3, 4]) });
  const sources = clients(1, 90); // fewer than a list of 100 holds, wherever they land
  const first = await follow(lab.clients, model, sources, clusterIp(service));
  const later = await follow(lab.clients, model, [...sources, ...sources], clusterIp(service));
  const kept = (count) => `${count} of ${later.length} connections`;
  const problem = disagreement([...first, ...later]);
  return { real: problem || kept(keptOf(later, choices(first))), model: kept(later.filter(({ isCertain }) => isCertain).length) };
}

/**
 * Clients open a connection one after the other, and again in reverse order around the time-out: ages spread evenly on both sides of it.
 * A probe whose age cannot be told from the time-out, at the resolution of kernel and process, is left out.
 */
async function expires(lab, plane) {
  const timeoutNs = 1e9;
  const { service, model } = await begin(lab, plane, { affinitySeconds: 1, endpoints: podEndpoints([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) });
  const sources = clients(1, 160);
  const target = clusterIp(service);
  const first = await lab.clients.connectAll(sources, target, { inOrder: true });
  const span = first.at(-1).begun - first[0].begun;
  const wait = timeoutNs - span - (Number(process.hrtime.bigint()) - first.at(-1).begun);
  if (wait < 0) return { skipped: 'the machine is too busy to open 160 connections in a second' };
  await sleep(wait / 1e6);
  const second = await lab.clients.connectAll(sources.toReversed(), target, { inOrder: true });

  const kept = { count: 0, same: 0, remembered: 0, nearest: 0 };
  const lost = { count: 0, same: 0, remembered: 0, nearest: Infinity };
  second.reverse().forEach((probe, i) => {
    const [address] = sources[i];
    const before = first[i];
    const youngest = probe.begun - before.ended - TICK_NS;
    const oldest = probe.ended - before.begun + TICK_NS;
    if (youngest <= timeoutNs && oldest >= timeoutNs) return;
    const side = oldest < timeoutNs ? kept : lost;
    const age = oldest < timeoutNs ? oldest : youngest;
    side.nearest = oldest < timeoutNs ? Math.max(side.nearest, age) : Math.min(side.nearest, age);
    side.count++;
    if (seenBy(probe) === seenBy(before)) side.same++;
    model.follow(address, before.begun, seenBy(before));
    if (model.law(address, before.begun + age).isRemembered) side.remembered++;
  });
  if (kept.count < 15 || lost.count < 15) return { skipped: 'the machine is too busy to tell ages of connections apart' };
  const isDrawn = isBinomial(lost.same, lost.count, 1 / service.endpoints.length);
  const says = (lostBefore, keptAfter) =>
    `${lostBefore === 0 ? 'kept until 1 s' : `${lostBefore} of ${kept.count} lost before 1 s`}, ${keptAfter === 0 ? 'drawn anew after it' : `${keptAfter} of ${lost.count} kept after it`}`;
  return {
    real: says(kept.count - kept.same, isDrawn ? 0 : lost.same),
    model: says(kept.count - kept.remembered, lost.remembered),
    detail: `kept at ${(kept.nearest / 1e6).toFixed(0)} ms (${kept.count} clients), drawn at ${(lost.nearest / 1e6).toFixed(0)} ms (${lost.count})`,
  };
}

async function trafficDoesNotRefresh(lab, plane) {
  const { service, model } = await begin(lab, plane, { affinitySeconds: 1, endpoints: podEndpoints([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) });
  const sources = clients(1, 60);
  const target = clusterIp(service);
  const first = await follow(lab.clients, model, sources, { ...target, hold: true });
  for (let i = 0; i < 3; i++) {
    await sleep(400);
    for (const { handle } of first) await lab.clients.say(handle);
  }
  const later = await follow(lab.clients, model, sources, target);
  for (const { handle } of first) await lab.clients.close(handle);
  const same = keptOf(later, choices(first));
  const isDrawn = isBinomial(same, later.length, 1 / service.endpoints.length);
  const problem = disagreement([...first, ...later]);
  const modelDraws = later.every(({ isCertain }) => !isCertain);
  return {
    real: problem || (isDrawn ? 'drawn anew after the time-out, in spite of the traffic' : `${same} of ${later.length} kept`),
    model: modelDraws ? 'drawn anew after the time-out, in spite of the traffic' : 'kept',
    detail: `${same} of ${later.length} on the endpoint they had, of ten`,
  };
}

async function remembersHowMany(lab, plane) {
  const { service, proxy, model } = await begin(lab, plane, { affinitySeconds: LONG, endpoints: podEndpoints([0]) });
  const [endpoint] = service.endpoints;
  const inOrder = { inOrder: true };
  const flows = [
    ...(await follow(lab.clients, model, clients(1, 130), clusterIp(service), inOrder)),
    ...(await follow(lab.clients, model, clients(31, 40), clusterIp(service), inOrder)),
    ...(await follow(lab.clients, model, clients(131, 135), clusterIp(service), inOrder)),
  ];
  const remembered = new Set(await proxy.remembered(service, endpoint));
  const numbers = Array.from({ length: 135 }, (_, i) => i + 1);
  const scaled = withEndpoints(service, podEndpoints([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  await proxy.sync([scaled]);
  model.update(scaled.endpoints);
  const now = flows.at(-1).ended;
  const byModel = numbers.filter((i) => model.law(clientAddress(i), now).isRemembered);
  const byKernel = numbers.filter((i) => remembered.has(clientAddress(i)));
  flows.push(...(await follow(lab.clients, model, clients(1, 135), clusterIp(service), inOrder)));
  return { real: disagreement(flows) || `clients ${ranges(byKernel)}`, model: `clients ${ranges(byModel)}`, detail: 'then all connect again, ten endpoints' };
}

async function scaleUp(lab, plane) {
  const { service, proxy, model } = await begin(lab, plane, { affinitySeconds: LONG, endpoints: podEndpoints([1, 2]) });
  const first = await follow(lab.clients, model, clients(1, 90), clusterIp(service));
  const scaled = withEndpoints(service, podEndpoints([0, 1, 2, 3]));
  await proxy.sync([scaled]);
  model.update(scaled.endpoints);
  const known = await follow(lab.clients, model, clients(1, 90), clusterIp(service));
  const fresh = await follow(lab.clients, model, clients(101, 180), clusterIp(service));
  const says = (kept, drawn) => `${kept} of 90 known clients stay, ${drawn} new ones are drawn among 4`;
  return {
    real: disagreement([...first, ...known, ...fresh]) || says(keptOf(known, choices(first)), fresh.length),
    model: says(known.filter(({ isCertain }) => isCertain).length, fresh.filter(({ law }) => law.probabilities.size === 4).length),
  };
}

async function endpointLeaves(lab, plane) {
  const { service, proxy, model } = await begin(lab, plane, { affinitySeconds: LONG, endpoints: podEndpoints([0, 1, 2]) });
  const gone = service.endpoints[1];
  const sources = clients(1, 150);
  const first = await follow(lab.clients, model, sources, clusterIp(service), { inOrder: true });
  const before = choices(first);
  const withSync = async (endpoints) => {
    const changed = withEndpoints(service, endpoints);
    await proxy.sync([changed]);
    model.update(changed.endpoints);
    return follow(lab.clients, model, sources, clusterIp(service), { inOrder: true });
  };
  const isOfGone = ({ address }) => before.get(address) === `${gone.ip}:${gone.port}`;
  const without = await withSync(service.endpoints.filter((endpoint) => endpoint !== gone));
  const back = await withSync(service.endpoints);
  const movedOn = without.filter(isOfGone);
  const says = (stayed, drawn, returned) =>
    `${stayed ? 'others stay' : 'others move'}, its own are ${drawn ? 'drawn anew' : 'kept'}, and ${returned ? 'return' : 'do not return'}`;
  const others = without.filter((flow) => !isOfGone(flow));
  return {
    real:
      disagreement([...first, ...without, ...back]) ||
      says(keptOf(others, before) === others.length, keptOf(movedOn, before) === 0, keptOf(back.filter(isOfGone), before) > 0),
    model: says(
      others.every(({ isCertain }) => isCertain),
      movedOn.every(({ isCertain }) => !isCertain),
      !back.filter(isOfGone).every(({ isCertain, seen, address }) => isCertain && seen !== before.get(address)),
    ),
    detail: `${movedOn.length} clients of the endpoint that left`,
  };
}

/** `1–3, 5` for 1, 2, 3, 5. */
function ranges(numbers) {
  const runs = [];
  for (const n of numbers) {
    if (runs.at(-1)?.[1] === n - 1) runs.at(-1)[1] = n;
    else runs.push([n, n]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}
