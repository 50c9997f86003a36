/**
 * The model's side of policies: the same Service as manifests in a cluster of two nodes, asked with `trace`.
 *
 * node-1 is the lab's node: its pods are the local endpoints, those of node-2 the others. The pod that calls is on node-1 too; when the
 * Service has its address among the endpoints, it is the one that is to be met.
 */
import { Tracer } from '../dist/explain/index.js';
import { loadStudy, ProbeReader } from '../dist/scenario/index.js';
import { assemble } from '../dist/simulation/assemble.js';
import { runReplication } from '../dist/simulation/run.js';
import { otherPodAddress } from './lab.mjs';

/** Address of the pod that calls, in the lab. */
export const CALLER_ADDRESS = otherPodAddress(5);

const pod = (name, node) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: web } }
spec: { nodeName: ${node}, containers: [ { name: main, image: main, ports: [ { name: http, containerPort: 8080 } ] } ] }
---`;

const SERVICE = { externalLocal: false, internalLocal: false, externalIps: [], loadBalancerIp: '', sourceRanges: [], affinitySeconds: 0, protocol: 'tcp' };

function serviceManifest(name, nodePort, details) {
  const { externalLocal, internalLocal, externalIps, loadBalancerIp, sourceRanges, affinitySeconds, protocol } = { ...SERVICE, ...details };
  const more = [
    `type: ${loadBalancerIp === '' ? 'NodePort' : 'LoadBalancer'}`,
    `externalTrafficPolicy: ${externalLocal ? 'Local' : 'Cluster'}`,
    `internalTrafficPolicy: ${internalLocal ? 'Local' : 'Cluster'}`,
    externalIps.length > 0 ? `externalIPs: [ ${externalIps.join(', ')} ]` : '',
    sourceRanges.length > 0 ? `loadBalancerSourceRanges: [ ${sourceRanges.join(', ')} ]` : '',
    affinitySeconds > 0 ? `sessionAffinity: ClientIP, sessionAffinityConfig: { clientIP: { timeoutSeconds: ${affinitySeconds} } }` : '',
  ].filter((text) => text !== '');
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: web }, ports: [ { name: http, protocol: ${protocol.toUpperCase()}, port: 80, targetPort: 8080, nodePort: ${nodePort} } ], ${more.join(', ')} }
---`;
}

/** A pod on node-1 that calls. @param app label that the Service may select */
const caller = (app) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: caller }
spec:
  selector: { matchLabels: { app: ${app} } }
  template:
    metadata: { labels: { app: ${app} } }
    spec: { nodeName: node-1, containers: [ { name: main, image: main, ports: [ { name: http, containerPort: 8080 } ] } ] }
---`;

function manifests(service) {
  const others = service.endpoints.filter(({ ip }) => ip !== CALLER_ADDRESS);
  const pods = others.map(({ isLocal }, i) => pod(`web-${i}`, isLocal ? 'node-1' : 'node-2')).join('');
  return pods + caller(others.length < service.endpoints.length ? 'web' : 'caller') + serviceManifest('web', 30080, service);
}

/** @param sections of the scenario's spec, as YAML in one piece each */
function scenario(mode, sections) {
  const lines = Object.entries(sections).map(([name, text]) => `  ${name}: ${text}`);
  return `
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: fidelity }
spec:
  cluster: { kubernetesVersion: "1.35", kubeProxy: { mode: ${mode} }, nodes: { count: 2, public: true } }
${lines.join('\n')}
`;
}

const NOBODY = { run: '{ duration: 1s }', clients: '[ { name: nobody, target: "http://web/", arrivals: { process: poisson, rate: 1/s } } ]' };

/**
 * The way of one request.
 * @param mode of kube-proxy
 * @param service as the rules are written from it
 * @param from `clients[].from` of the scenario
 * @param to URL, by the model's names; `BALANCER` in it stands for the address that the model's cloud gave the Service
 */
export async function askCluster(mode, service, from, to) {
  const { cells, seed } = await loadStudy({ files: ['-'], stdin: manifests(service) + scenario(mode, NOBODY) });
  const probe = new ProbeReader(cells[0].scenario).read(
    to.replace('BALANCER', () => balancerAddress(cells[0].scenario, seed)),
    from,
    { url: 'to', from: 'from' },
  );
  const request = { target: probe.target, from: probe.from, method: 'GET', path: probe.target.path, headers: {}, seed, client: null };
  return new Tracer(cells[0].scenario, seed).trace(request);
}

function balancerAddress(scenario, seed) {
  return assemble(scenario, seed, 0).broughtUp.cluster.get('Service', 'default', 'web').status.loadBalancer.ingress[0].ip;
}

/** One replication of Services `web` (node port 30080) and `again` (30081) with the same endpoints. @returns what it saw */
export async function replayCluster(mode, protocol, endpoints, sections) {
  const services = manifests({ protocol, endpoints }) + serviceManifest('again', 30081, { protocol });
  const { cells, seed } = await loadStudy({ files: ['-'], stdin: services + scenario(mode, sections) });
  return runReplication(cells[0].scenario, { seed, replication: 0, cell: 0 });
}
