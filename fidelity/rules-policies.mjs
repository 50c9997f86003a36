/** What a Service's addresses and traffic policies mean: who answers, who refuses, and whose address the pod sees. Both kube-proxy modes. */
import { askCluster, CALLER_ADDRESS } from './cluster-model.mjs';
import { clientAddress, NODE_ADDRESS, POD_PORT } from './lab.mjs';
import { seenBy } from './model.mjs';
import { endpointName, podEndpoints, servicePort } from './services.mjs';

const HERE = podEndpoints([0, 1]);
const ELSEWHERE = podEndpoints([2, 3], false);
const EVERYWHERE = [...HERE, ...ELSEWHERE];
/** Enough that each of four endpoints is met: all but once in 10^7. */
const TRIES = 60;
const ITSELF = [{ ip: CALLER_ADDRESS, port: POD_PORT, isLocal: true }];
const BALANCER_IP = '192.0.2.81';
const MODEL_NODE_ADDRESS = '10.0.0.1';
const EXTERNAL_IP = '192.0.2.80';

/** Who connects: the lab's agent and source address, and `clients[].from` of the model. */
const POD = { agent: 'others', source: CALLER_ADDRESS, place: 'deployment/caller', text: 'pod' };
const OUTSIDE = { agent: 'clients', source: clientAddress(7), place: 'external', text: 'client outside' };

/** Where to: in the lab, and in the model. */
const CLUSTER_IP = { text: 'ClusterIP', of: ({ clusterIp, port }) => ({ to: clusterIp, port }), url: () => 'http://web/' };
const UNKNOWN_PORT = {
  text: 'a port of the ClusterIP that the Service has not',
  of: ({ clusterIp }) => ({ to: clusterIp, port: 81 }),
  url: () => 'http://web:81/',
};
const NODE_PORT = { text: 'NodePort', of: ({ nodePort }) => ({ to: NODE_ADDRESS, port: nodePort }), url: () => 'http://node-1:30080/' };
const EXTERNAL = { text: 'external IP', of: ({ port }) => ({ to: EXTERNAL_IP, port }), url: () => `http://${EXTERNAL_IP}/` };

const BALANCER = { text: 'load balancer address', of: ({ port }) => ({ to: BALANCER_IP, port }), url: () => 'http://BALANCER/' };
const BALANCED = { endpoints: EVERYWHERE, loadBalancerIp: BALANCER_IP };

const CASES = [
  { from: POD, to: CLUSTER_IP, says: 'four endpoints, two of them here', endpoints: EVERYWHERE },
  { from: POD, to: CLUSTER_IP, says: 'no endpoint', endpoints: [] },
  { from: OUTSIDE, to: NODE_PORT, says: 'no endpoint', endpoints: [] },
  { from: POD, to: UNKNOWN_PORT, says: 'four endpoints', endpoints: EVERYWHERE },
  { from: POD, to: CLUSTER_IP, says: 'internalTrafficPolicy Local, two here, two elsewhere', endpoints: EVERYWHERE, internalLocal: true },
  { from: POD, to: CLUSTER_IP, says: 'internalTrafficPolicy Local, all elsewhere', endpoints: ELSEWHERE, internalLocal: true },
  { from: POD, to: CLUSTER_IP, says: 'internalTrafficPolicy Local, no endpoint', endpoints: [], internalLocal: true },
  { from: OUTSIDE, to: NODE_PORT, says: 'internalTrafficPolicy Local, all elsewhere', endpoints: ELSEWHERE, internalLocal: true },
  { from: OUTSIDE, to: NODE_PORT, says: 'externalTrafficPolicy Cluster', endpoints: EVERYWHERE },
  { from: POD, to: NODE_PORT, says: 'externalTrafficPolicy Cluster', endpoints: EVERYWHERE },
  { from: OUTSIDE, to: NODE_PORT, says: 'externalTrafficPolicy Local, two here, two elsewhere', endpoints: EVERYWHERE, externalLocal: true },
  { from: OUTSIDE, to: NODE_PORT, says: 'externalTrafficPolicy Local, all elsewhere', endpoints: ELSEWHERE, externalLocal: true },
  { from: OUTSIDE, to: NODE_PORT, says: 'externalTrafficPolicy Local, no endpoint', endpoints: [], externalLocal: true },
  { from: POD, to: NODE_PORT, says: 'externalTrafficPolicy Local, two here, two elsewhere', endpoints: EVERYWHERE, externalLocal: true },
  { from: POD, to: NODE_PORT, says: 'externalTrafficPolicy Local, all elsewhere', endpoints: ELSEWHERE, externalLocal: true },
  { from: OUTSIDE, to: EXTERNAL, says: 'externalTrafficPolicy Cluster', endpoints: EVERYWHERE, externalIps: [EXTERNAL_IP] },
  { from: OUTSIDE, to: EXTERNAL, says: 'externalTrafficPolicy Local', endpoints: EVERYWHERE, externalIps: [EXTERNAL_IP], externalLocal: true },
  { from: POD, to: CLUSTER_IP, says: 'the pod itself is the only endpoint', endpoints: ITSELF },
  { from: POD, to: BALANCER, says: 'loadBalancerSourceRanges with it', sourceRanges: ['10.244.0.0/16'], ...BALANCED },
  { from: POD, to: BALANCER, says: 'loadBalancerSourceRanges without it', sourceRanges: ['192.0.2.0/24'], ...BALANCED },
  { from: OUTSIDE, to: NODE_PORT, says: 'loadBalancerSourceRanges without it', sourceRanges: ['192.0.2.0/24'], ...BALANCED },
];

/** @returns {import('./rules.mjs').Rule[]} */
export function policyRules(plane) {
  return CASES.map(({ from, to, says, ...details }) => ({
    system: plane.system,
    rule: `${from.text} to ${to.text}: ${says}`,
    run: async (lab) => {
      const service = servicePort(details);
      await plane.proxy(lab, [service]);
      const answer = await askCluster(plane.mode, service, from.place, to.url(service));
      return { real: await inKernel(lab, service, from, to), model: inModel(answer) };
    },
  }));
}

async function inKernel(lab, service, from, to) {
  const target = { protocol: service.protocol, ...to.of(service) };
  const once = await lab[from.agent].connect(from.source, target);
  if (once.outcome !== 'open') return once.outcome; // refused or silent, and once is enough
  const results = await lab[from.agent].connectAll(Array(TRIES).fill([from.source]), target);
  const met = new Set(results.map(seenBy));
  const places = service.endpoints.filter((endpoint) => met.has(endpointName(endpoint))).map(({ isLocal }) => isLocal);
  const sources = new Set(results.map(({ peer }) => (peer === from.source ? 'the caller' : isNode(peer) ? 'the node' : peer)));
  return says(places, [...sources].join(' or '));
}

/** `4 answer, …`: how many endpoints are met, how many of them on this node, and whom they see. */
const says = (isLocal, source) => `${isLocal.length} answer (${isLocal.filter(Boolean).length} here), and see ${source}`;

const isNode = (address) => [NODE_ADDRESS, '10.244.1.1', '10.244.2.1'].includes(address);

function inModel({ outcome, hops, source }) {
  if (outcome === 'refused') return 'refused';
  if (outcome === 'timeout') return 'silence';
  if (outcome !== 'ok') return outcome;
  const { candidates } = hops.find(({ kind }) => kind === 'l4');
  return says(
    candidates.map(({ node }) => node === 'node-1'),
    source === MODEL_NODE_ADDRESS ? 'the node' : 'the caller',
  );
}
