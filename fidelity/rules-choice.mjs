/** Which endpoint a connection gets when nothing is remembered. Both kube-proxy modes. */
import { kernelProbability } from '../dist/balancers/index.js';
import { clientAddress, NODE_ADDRESS } from './lab.mjs';
import { follow } from './lockstep.mjs';
import { ModelPlane } from './model.mjs';
import { podEndpoints, servicePort } from './services.mjs';
import { chiSquare, countOf, groupBy, homogeneity, LEVEL } from './statistics.mjs';

const CONNECTIONS = 10_000;
const CLIENTS = 100;

/** @returns {import('./rules.mjs').Rule[]} */
export function choiceRules(plane) {
  const rule = (text, run) => ({ system: plane.system, rule: text, run });
  return [
    rule(`random pick: ${CONNECTIONS} TCP connections of ${CLIENTS} clients to the ClusterIP, 5 endpoints`, (lab) =>
      draws(lab, plane, { protocol: 'tcp', endpoints: podEndpoints([0, 1, 2, 3, 4]) }, ({ clusterIp, port }) => ({ to: clusterIp, port })),
    ),
    rule(`random pick: ${CONNECTIONS} UDP flows of ${CLIENTS} clients to the NodePort, 3 endpoints`, (lab) =>
      draws(lab, plane, { protocol: 'udp', endpoints: podEndpoints([0, 1, 2]) }, ({ nodePort }) => ({ to: NODE_ADDRESS, port: nodePort })),
    ),
    rule('a single endpoint: no draw', (lab) => single(lab, plane)),
  ];
}

/** Holds for whatever order the kernel sees the connections in. */
async function draws(lab, plane, details, address) {
  const service = servicePort(details);
  await plane.proxy(lab, [service]);
  const model = new ModelPlane(plane.model, service);
  const sources = Array.from({ length: CONNECTIONS }, (_, i) => [clientAddress(1 + (i % CLIENTS))]);
  const flows = await follow(lab.clients, model, sources, { protocol: service.protocol, ...address(service) });
  const problem = flows.find((flow) => flow.problem !== '')?.problem;
  if (problem !== undefined) return { real: problem, model: 'each is possible' };
  const { probabilities } = flows[0].law;
  const law = chiSquare(countOf(flows.map(({ seen }) => seen)), probabilities);
  const byClient = groupBy(flows, (flow) => flow.address);
  const clients = homogeneity([...byClient.values()].map((own) => countOf(own.map(({ seen }) => seen))));
  const shares = `${probabilities.size} endpoints alike for every client (chi-square, level ${LEVEL})`;
  const figures = `chi-square ${law.statistic.toFixed(1)} of ${law.limit.toFixed(1)}, between clients ${clients.statistic.toFixed(0)} of ${clients.limit.toFixed(0)}`;
  return { real: law.agrees && clients.agrees ? shares : figures, model: shares, detail: figures };
}

async function single(lab, plane) {
  const service = servicePort({ endpoints: podEndpoints([0]) });
  await plane.proxy(lab, [service]);
  const model = new ModelPlane(plane.model, service);
  const sources = Array.from({ length: 50 }, (_, i) => [clientAddress(1 + i)]);
  const flows = await follow(lab.clients, model, sources, { protocol: 'tcp', to: service.clusterIp, port: service.port });
  const says = (count) => `${count} of 50 connections`;
  const [{ ip, port }] = service.endpoints;
  return {
    real: says(flows.filter(({ seen }) => seen === `${ip}:${port}`).length),
    model: says(flows.filter(({ law }) => law.probabilities.get(`${ip}:${port}`) === 1).length),
  };
}

/** iptables only: what the kernel makes of the probability that kube-proxy prints. */
export function fixedPointRule(plane) {
  return {
    system: plane.system,
    rule: 'probability of each rule in a chain of 100, to the last digit that the kernel shows',
    run: async (lab) => {
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      const service = servicePort({ endpoints: numbers.map((i) => ({ ip: `10.244.3.${100 + i}`, port: 8080, isLocal: false })) });
      const proxy = await plane.proxy(lab, [service]);
      const real = await proxy.probabilities(service);
      const model = numbers.slice(0, -1).map((i) => kernelProbability(100 - i));
      const show = (values) => `${values[0].toFixed(11)}, …, ${values.at(-2).toFixed(11)}, ${values.at(-1).toFixed(11)}`;
      const wrong = model.findIndex((value, i) => value.toFixed(11) !== real[i]?.toFixed(11));
      return { real: wrong < 0 ? show(real) : `rule ${wrong}: ${real[wrong]}`, model: wrong < 0 ? show(model) : `rule ${wrong}: ${model[wrong]}` };
    },
  };
}
