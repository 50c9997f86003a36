/** How long the node remembers a flow, by how it ended: nf_conntrack, whatever wrote the rules. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Conntrack, UDP, UDP_STREAM } from '../dist/network/conntrack.js';
import { FlowTracking } from '../dist/simulation/flow-tracking.js';
import { NodeConntrack } from './conntrack.mjs';
import { clientAddress } from './lab.mjs';
import { podEndpoints, servicePort } from './services.mjs';

const SECOND = 1e9;
const PODS = podEndpoints([0, 1]);
/** A pod that listens, and a port on which it does not. */
const CLOSED_PORT = PODS.map((endpoint) => ({ ...endpoint, port: 9 }));
/** An address that no pod has. */
const NOBODY = [{ ip: '10.244.1.250', port: 8080, isLocal: true }];

/** @returns {import('./rules.mjs').Rule[]} @param plane whose rules send the flows to pods */
export function conntrackRules(system, plane) {
  let number = 0;
  const rule = (text, details, act, inModel) => ({
    system,
    rule: text,
    run: async (lab) => {
      const service = servicePort(details);
      await plane.proxy(lab, [service]);
      const source = clientAddress(1000 + ++number);
      const { protocol, clusterIp, port } = service;
      await act(lab.clients, source, { protocol, to: clusterIp, port });
      const [entry] = await new NodeConntrack(lab.node).entries(protocol, source);
      const seconds = entry === undefined ? 0 : roundUp(entry.seconds);
      return { real: says(seconds), model: says(secondsInModel(inModel)) };
    },
  });
  return [
    rule(
      'TCP, ended in good order',
      { endpoints: PODS },
      goodbye,
      tcp((flow) => ended(flow, 'client')),
    ),
    rule(
      'TCP, reset by the client',
      { endpoints: PODS },
      reset,
      tcp((flow) => ended(flow, 'reset')),
    ),
    rule(
      'TCP, no answer to the first packet',
      { endpoints: NOBODY },
      once,
      tcp((flow) => flow.failed(0, false, 0)),
    ),
    rule(
      'TCP, refused by the pod',
      { endpoints: CLOSED_PORT },
      once,
      tcp((flow) => flow.failed(0, true, 0)),
    ),
    rule('UDP, not answered', { protocol: 'udp', endpoints: NOBODY }, once, (table) => table.datagram(0, -1, UDP, UDP)),
    rule('UDP, answered', { protocol: 'udp', endpoints: PODS }, once, (table) => table.datagram(0, -1, UDP, UDP)),
    rule('UDP, answered, and again when older than 2 s', { protocol: 'udp', endpoints: PODS }, stream, (table) => table.datagram(0, -1, UDP, UDP_STREAM)),
  ];
}

const says = (seconds) => (seconds === 0 ? 'no entry' : `${seconds} s`);

/** The tool shows whole seconds that are left, a moment later. */
const roundUp = (seconds) => [10, 30, 60, 120].find((limit) => seconds <= limit && seconds >= limit - 5) ?? seconds;

async function once(agent, source, target) {
  await agent.connect(source, target);
}

async function reset(agent, source, target) {
  const { handle } = await agent.connect(source, { ...target, hold: true });
  await agent.close(handle);
  await sleep(20); // the reset is under way
}

async function goodbye(agent, source, target) {
  const { handle } = await agent.connect(source, { ...target, hold: true });
  await agent.goodbye(handle);
  await sleep(20); // the last acknowledgement is under way
}

async function stream(agent, source, target) {
  const { handle } = await agent.connect(source, { ...target, hold: true });
  await sleep(2200);
  await agent.say(handle);
  await agent.say(handle);
  await agent.close(handle);
}

/** How long a table remembers what `act` has put into it at time 0. */
function secondsInModel(act) {
  const table = new Conntrack(1000, () => 0.5);
  act(table);
  for (let second = 0; second < 1000; second++) if (table.size(second * SECOND) === 0) return second;
  return Infinity;
}

function ended(flow, cause) {
  flow.established(0);
  flow.end(0, cause, 0);
}

/** A connection from outside to a pod on node 0, by way of that node. @param end how it goes on */
const tcp = (end) => (table) => {
  const connections = { pool: [0], entryNode: [0], pod: [0], tracked: [0], isMasqueraded: [1] };
  const flow = new FlowTracking([table], connections, { place: [1] }, { node: [0] }, 1000);
  flow.begin(0, 0);
  end(flow);
};
