import { expect } from 'chai';
import fc from 'fast-check';
import { deployment, livePod, messages, nodes, pod, podNames, podOwner, service, world } from '../testing/kubernetes-world.ts';
import { describeCluster } from './describe.ts';
import type { KubernetesObject } from './objects.ts';
import { serviceEndpoints } from './service-endpoints.ts';

/** What `kubectl get deploy,rs,po,svc,endpointslices -o json` holds for a Deployment of two. */
function dump(): readonly KubernetesObject[] {
  const web = deployment('web', 2);
  const labels = { app: 'web', 'pod-template-hash': 'abc' };
  const replicaSet: KubernetesObject = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web-abc', labels, ownerReferences: [{ kind: 'Deployment', name: 'web', controller: true }] },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: web.spec.template.spec } },
  };
  const owner = { kind: 'ReplicaSet', name: 'web-abc' };
  const slice: KubernetesObject = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-old', labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: ['10.244.9.9'] }],
  };
  return [
    livePod('web-abc-11111', owner, '10.244.7.3', 'node-2', labels),
    livePod('web-abc-22222', owner, '10.244.7.4', 'node-3', labels),
    slice,
    replicaSet,
    web,
    service('web'),
  ];
}

describe('bring-up', () => {
  it('makes the same names and addresses every time', () => {
    const objects = [
      deployment('web', 5),
      service('web', { type: 'NodePort' }),
      podOwner('DaemonSet', 'agent'),
      podOwner('StatefulSet', 'db', { replicas: 2 }),
    ];
    const snapshot = () => JSON.stringify(['Pod', 'Service', 'EndpointSlice'].map((kind) => world(objects).cluster.list(kind as 'Pod')));
    expect(snapshot()).to.equal(snapshot());
  });

  it('makes pods ready at time 0, spread over nodes, each with its own address', () => {
    const pods = world([deployment('web', 6)]).cluster.list('Pod');
    expect(pods.map((object) => object.spec.nodeName)).to.deep.equal(['node-1', 'node-2', 'node-3', 'node-1', 'node-2', 'node-3']);
    expect(new Set(pods.map((object) => object.status?.podIP)).size).to.equal(6);
    for (const object of pods) expect(object.metadata.name).to.match(/^web-[bcdfghjklmnpqrstvwxz2456789]+-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('adopts what a dump holds and makes nothing twice', () => {
    const { cluster } = world(dump());
    expect(cluster.list('Pod').map(({ metadata, status, spec }) => [metadata.name, status?.podIP, spec.nodeName])).to.deep.equal([
      ['web-abc-11111', '10.244.7.3', 'node-2'],
      ['web-abc-22222', '10.244.7.4', 'node-3'],
    ]);
    expect(cluster.list('ReplicaSet')).to.have.length(1);
    expect(serviceEndpoints(cluster, 'default', 'web', '').map(({ ip }) => ip)).to.deep.equal(['10.244.7.3', '10.244.7.4']);
  });

  it('adopts pods also when the dump leaves the ReplicaSet out', () => {
    const { cluster } = world(dump().filter(({ kind }) => kind !== 'ReplicaSet'));
    expect(cluster.list('Pod')).to.have.length(2);
    expect(cluster.get('ReplicaSet', 'default', 'web-abc')?.status?.readyReplicas).to.equal(2);
  });

  it('adopts pods of StatefulSets and DaemonSets', () => {
    const objects = [
      podOwner('StatefulSet', 'db', { replicas: 1 }),
      livePod('db-0', { kind: 'StatefulSet', name: 'db' }, '10.244.1.9', 'node-2', { app: 'db', 'controller-revision-hash': 'db-5f' }),
      podOwner('DaemonSet', 'agent'),
      livePod('agent-x', { kind: 'DaemonSet', name: 'agent' }, '10.244.1.8', 'node-2', { app: 'agent' }),
    ];
    const result = world(objects);
    expect(podNames(result)).to.include.members(['db-0', 'agent-x']).and.to.have.length(4);
    expect(result.cluster.get('Pod', 'default', 'db-0')?.status?.podIP).to.equal('10.244.1.9');
  });

  it('leaves out pods that have ended, that are ending, and those of Jobs', () => {
    const job = livePod('job-1', { kind: 'Job', name: 'job' }, '10.244.1.7', 'node-1', {});
    const ended = pod('ended', {}, {}, { phase: 'Succeeded' });
    const ending = pod('ending', {});
    const result = world([job, ended, { ...ending, metadata: { ...ending.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }]);
    expect(podNames(result)).to.deep.equal([]);
  });

  it('keeps pods whose owner nobody knows, as they are', () => {
    expect(podNames(world([livePod('lost-1', { kind: 'ReplicaSet', name: 'lost' }, '10.244.1.7', 'node-1', { app: 'lost' })]))).to.deep.equal(['lost-1']);
  });

  it('takes addresses of nodes from their objects', () => {
    const node: KubernetesObject = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-2' },
      status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }] },
    };
    const { cluster } = world([node]);
    expect(cluster.list('Node').map(({ status }) => status.addresses[0].address)).to.deep.equal(['10.0.0.2', '10.0.0.1', '10.0.0.3']);
  });

  it('does not give away an address that a pod of the dump has', () => {
    const { cluster } = world([deployment('web', 6), livePod('x', { kind: 'ReplicaSet', name: 'x' }, '10.244.0.2', 'node-1', {})]);
    const addresses = cluster.list('Pod').map((object) => object.status?.podIP);
    expect(new Set(addresses).size).to.equal(addresses.length);
  });

  it('raises replicas to minReplicas and says so', () => {
    const hpa: KubernetesObject = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: { minReplicas: 4, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
    };
    const result = world([hpa, deployment('web', 2)]);
    expect(podNames(result)).to.have.length(4);
    expect(result.assumptions).to.deep.equal([
      {
        path: '/manifests/Deployment/web/spec/replicas',
        value: '4',
        why: 'HorizontalPodAutoscaler web is not followed: max(replicas, minReplicas) throughout',
      },
    ]);
  });

  it('takes the last of two documents for one object, and makes namespaces that are only named', () => {
    const { cluster } = world([deployment('web', 1), deployment('web', 3), { ...pod('p', {}), metadata: { name: 'p', namespace: 'shop' } }]);
    expect(cluster.list('Pod', 'default')).to.have.length(3);
    expect(cluster.list('Namespace').map(({ metadata }) => metadata.name)).to.deep.equal(['default', 'shop']);
  });

  it('skips kinds of other API groups that have the same name', () => {
    expect(world([{ ...service('a'), apiVersion: 'serving.knative.dev/v1' }]).cluster.list('Service')).to.deep.equal([]);
  });

  it('goes on when an object is refused', () => {
    const result = world([service('<script>'), service('web'), deployment('web', 1)]);
    expect(messages(result)).to.have.length(1);
    expect(serviceEndpoints(result.cluster, 'default', 'web', '')).to.have.length(1);
  });

  it('gives more pods to a node than one block of addresses holds', () => {
    const { cluster } = world([deployment('web', 600)], undefined, { nodes: nodes(1) });
    expect(new Set(cluster.list('Pod').map((object) => object.status?.podIP)).size).to.equal(600);
  });

  it('survives any value anywhere: an object comes up or is refused', () => {
    const originals = [
      ...dump(),
      podOwner('StatefulSet', 'db'),
      podOwner('DaemonSet', 'agent'),
      podOwner('ReplicationController', 'rc'),
      service('lb', { type: 'LoadBalancer' }),
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } },
    ];
    const junk = fc.oneof(
      fc.constantFrom(null, '', 0, -1, 1e21, true, [], {}, [null], { a: null }, 'None', '<script>', '__proto__', 'constructor', '25%'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.array(fc.nat(), { minLength: 1, maxLength: 7 }), junk), { minLength: 1, maxLength: 3 }), (changes) => {
        const objects = structuredClone(originals) as KubernetesObject[];
        for (const [which, path, value] of changes) plant(objects[which % objects.length], path, value);
        const { cluster } = world(objects.filter(({ kind, apiVersion }) => typeof kind === 'string' && typeof apiVersion === 'string'));
        for (const { metadata, spec } of cluster.list('Service'))
          for (const port of spec.ports ?? []) serviceEndpoints(cluster, metadata.namespace ?? '', metadata.name, port.name ?? '');
        describeCluster(cluster);
      }),
      { seed: 11, numRuns: 100 },
    );
  });
});

/** Puts a value at a place found by walking down by index. */
// biome-ignore lint/suspicious/noExplicitAny: the point is to break the types
function plant(object: any, path: readonly number[], value: unknown): void {
  const keys = Object.keys(object);
  if (keys.length === 0) return;
  const key = keys[path[0] % keys.length];
  const isLeaf = path.length === 1 || typeof object[key] !== 'object' || object[key] === null;
  if (isLeaf) object[key] = structuredClone(value);
  else plant(object[key], path.slice(1), value);
}
