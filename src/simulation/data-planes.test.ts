/** What the nodes know of a Service, and when. */
import { expect } from 'chai';
import { scenario } from '../testing/scenarios.ts';
import { deployment, service } from '../testing/small-cluster.ts';
import { assemble } from './assemble.ts';

const SECTIONS = `  run: { duration: 1s }
  cluster: { nodes: { count: 3 } }
  clients: [ { name: c, count: 1, target: "http://web/", arrivals: { rate: 1/s } } ]`;

async function planesOf(manifests: string) {
  const assembly = assemble(await scenario(SECTIONS, manifests), 'test', 0);
  return { ...assembly, planes: assembly.world.planes, kernel: assembly.world.kernel };
}

describe('the health check of a node', () => {
  const LOCAL = service('web', 'type: LoadBalancer, externalTrafficPolicy: Local');

  it('by policy Local is 200 where a ready pod is, with their number, and 503 elsewhere', async () => {
    const { planes } = await planesOf(deployment('web', 2) + LOCAL);
    const [port] = planes.ports;
    const health = [0, 1, 2].map((node) => planes.health(port, node));
    expect(health.filter(({ status }) => status === 200).map(({ localReady }) => localReady)).to.deep.equal([1, 1]);
    expect(health.filter(({ status }) => status === 503)).to.deep.equal([{ status: 503, localReady: 0 }]);
  });

  it('by policy Cluster is 200 on every node', async () => {
    const { planes } = await planesOf(deployment('web', 1) + service('web', 'type: LoadBalancer'));
    expect([0, 1, 2].map((node) => planes.health(planes.ports[0], node).status)).to.deep.equal([200, 200, 200]);
  });

  it('turns to 503 when the node’s kube-proxy has heard that its last pod goes, not before', async () => {
    const { planes, kernel, path, broughtUp } = await planesOf(deployment('web', 1) + LOCAL);
    const [port] = planes.ports;
    const node = planes.endpoints(port).node[0];
    for (const pod of broughtUp.cluster.list('Pod')) broughtUp.kubelet.terminate(pod);
    kernel.advance(9e6, 1000, path);
    expect(planes.health(port, node)).to.deep.equal({ status: 200, localReady: 1 });
    kernel.advance(101e6, 1000, path);
    expect(planes.health(port, node).status).to.equal(503);
  });
});
