import { expect } from 'chai';
import { deployment, kubectl, pod, podNames, service, world } from '../testing/kubernetes-world.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { BroughtUp } from './bring-up.ts';
import { pack } from './endpoint-slices.ts';
import type { KubernetesObject, SliceEndpoint } from './objects.ts';
import { serviceEndpoints } from './service-endpoints.ts';

const sizes = ({ cluster }: BroughtUp) => cluster.list('EndpointSlice').map((slice) => slice.endpoints.length);
const addressesOf = ({ cluster }: BroughtUp, name: string, port = '') =>
  serviceEndpoints(cluster, 'default', name, port).map(({ ip, port: number }) => `${ip}:${number}`);

describe('EndpointSlices', () => {
  it('fills slices of 100: 250 fresh pods make 100, 100, 50', () => {
    expect(sizes(world([deployment('web', 250), service('web')]))).to.deep.equal([100, 100, 50]);
  });

  it('puts new pods where they fit tightest and never rebalances', () => {
    const existing = world([deployment('web', 250), service('web')])
      .cluster.list('EndpointSlice')
      .toReversed(); // 50, 100, 100
    const present = existing.flatMap((slice) => slice.endpoints);
    const packed = (more: number) => pack([...present, ...fresh(more)], existing).map(({ endpoints }) => endpoints.length);
    expect(packed(10)).to.deep.equal([60, 100, 100]);
    expect(packed(60)).to.deep.equal([50, 100, 100, 60]);
    expect(packed(150)).to.deep.equal([100, 100, 100, 100]);
  });

  it('refills a slice that loses a pod, and leaves the others alone', () => {
    const existing = world([deployment('web', 250), service('web')]).cluster.list('EndpointSlice');
    const left = existing.flatMap((slice) => slice.endpoints).slice(1);
    const drafts = pack([...left, ...fresh(1)], existing);
    expect(drafts.map(({ endpoints, isChanged }) => [endpoints.length, isChanged])).to.deep.equal([
      [100, true],
      [100, false],
      [50, false],
    ]);
  });

  it('resolves named target ports pod by pod, in slices of their own', () => {
    const container = (number: number) => ({ containers: [{ name: 'c', ports: [{ name: 'http', containerPort: number }] }] });
    const result = world([
      pod('old', { app: 'web' }, container(8080)),
      pod('new', { app: 'web' }, container(9090)),
      pod('none', { app: 'web' }),
      service('web', { ports: [{ port: 80, targetPort: 'http' }] }),
    ]);
    expect(addressesOf(result, 'web')).to.deep.equal(['10.244.0.2:8080', '10.244.1.2:9090']);
    expect(result.cluster.list('EndpointSlice').map((slice) => slice.ports[0]?.port)).to.deep.equal([8080, 9090, undefined]);
  });

  it('orders endpoints by the text of their address', () => {
    const objects = Array.from({ length: 12 }, (_, i) => pod(`p${i}`, { app: 'web' }, { nodeName: 'node-1' }));
    const found = addressesOf(world([...objects, service('web')]), 'web');
    expect(found.slice(0, 5)).to.deep.equal(['10.244.0.10:8080', '10.244.0.11:8080', '10.244.0.12:8080', '10.244.0.13:8080', '10.244.0.2:8080']);
  });

  it('marks a pod that ends: not ready, still serving, terminating, then gone', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 2), service('web')], clock);
    const [name] = podNames(result);
    kubectl(result, `kubectl delete pod ${name}`);
    clock.advanceTo(1);
    const ending = serviceEndpoints(result.cluster, 'default', 'web', '').find((endpoint) => endpoint.podName === name);
    expect(ending).to.deep.include({ ready: false, serving: true, terminating: true });
    result.kubelet.exited('default', name);
    clock.advanceTo(2);
    const left = serviceEndpoints(result.cluster, 'default', 'web', '').map((endpoint) => endpoint.podName);
    expect(left).to.have.length(2);
    expect(left).to.not.include(name);
  });

  it('publishes unready pods only when asked to', () => {
    const unready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] };
    const ready = (spec: object) =>
      serviceEndpoints(world([pod('p', { app: 'web' }, {}, unready), service('web', spec)]).cluster, 'default', 'web', '')[0].ready;
    expect(ready({})).to.equal(false);
    expect(ready({ publishNotReadyAddresses: true })).to.equal(true);
  });

  it('reads slices made by hand, and older Endpoints, of Services without a selector', () => {
    const slice: KubernetesObject = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'db-1', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ port: 5432 }],
      endpoints: [{ addresses: ['192.0.2.10'] }, { addresses: ['192.0.2.11'], conditions: { ready: false } }],
    };
    const byHand = world([service('db', { selector: undefined, ports: [{ port: 5432 }] }), slice]);
    expect(serviceEndpoints(byHand.cluster, 'default', 'db', '').map(({ ip, ready, podName }) => [ip, ready, podName])).to.deep.equal([
      ['192.0.2.10', true, null],
      ['192.0.2.11', false, null],
    ]);
    const endpoints: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'db' },
      subsets: [{ addresses: [{ ip: '192.0.2.20' }], ports: [{ port: 5432 }] }],
    };
    expect(addressesOf(world([service('db', { selector: undefined, ports: [{ port: 5432 }] }), endpoints]), 'db')).to.deep.equal(['192.0.2.20:5432']);
  });

  it('knows nothing of an unknown Service or port', () => {
    const result = world([deployment('web', 1), service('web')]);
    expect(addressesOf(result, 'web', 'metrics')).to.deep.equal([]);
    expect(addressesOf(result, 'nobody')).to.deep.equal([]);
  });

  it('goes with its Service', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 1), service('web')], clock);
    kubectl(result, 'kubectl delete svc web');
    clock.advanceTo(1);
    expect(result.cluster.list('EndpointSlice')).to.deep.equal([]);
  });
});

function fresh(count: number): readonly SliceEndpoint[] {
  return Array.from({ length: count }, (_, i) => ({ addresses: [`10.250.0.${i}`] }));
}
