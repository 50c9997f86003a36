import { expect } from 'chai';
import { deployment, nodes, pod, podOwner, service, world } from '../testing/kubernetes-world.ts';
import { findAddress } from './addresses.ts';
import { timestamp } from './clock.ts';
import { describeCluster } from './describe.ts';
import { templateHash } from './names.ts';
import type { Pod } from './objects.ts';

describe('the store', () => {
  it('tells watchers every change, in the order of versions, also changes made by watchers', () => {
    const { cluster } = world([pod('a', { app: 'x' })]);
    const heard: string[] = [];
    cluster.watch('Pod', ({ type, object }) => {
      if (type === 'ADDED') cluster.replace({ ...object, metadata: { ...object.metadata, labels: { seen: 'yes' } } });
    });
    const stop = cluster.watch(
      'Pod',
      ({ type, object, old }) => void heard.push(`${type} ${object.metadata.name} ${old?.metadata.labels?.seen ?? '-'}→${object.metadata.labels?.seen ?? '-'}`),
    );
    cluster.create(pod('b', {}));
    cluster.remove('Pod', 'default', 'a');
    stop();
    cluster.remove('Pod', 'default', 'b');
    expect(heard).to.deep.equal(['ADDED b -→-', 'MODIFIED b -→yes', 'DELETED a -→-']);
  });

  it('replaces and never changes objects, with growing versions', () => {
    const { cluster } = world([pod('a', {})]);
    const before = cluster.get('Pod', 'default', 'a') as Pod;
    const after = cluster.update({ ...before, metadata: { ...before.metadata, labels: { b: 'c' } } });
    expect(before.metadata.labels).to.deep.equal({});
    expect(Number(after.metadata.resourceVersion)).to.be.greaterThan(Number(before.metadata.resourceVersion));
    expect(cluster.get('Pod', 'default', 'a')).to.equal(after);
  });

  it('refuses to create twice, and to touch what is not there', () => {
    const { cluster } = world([service('a')]);
    expect(() => cluster.create(service('a'))).to.throw('Error from server (AlreadyExists): services "a" already exists');
    expect(() => cluster.update(service('b'))).to.throw('Error from server (NotFound): services "b" not found');
    expect(() => cluster.remove('Service', 'default', 'b')).to.throw('services "b" not found');
  });

  it('finds pods by labels, none by an empty selector', () => {
    const { cluster } = world([pod('a', { app: 'x', tier: '1' }), pod('b', { app: 'x', tier: '2' }), pod('c', { app: 'y', tier: '1' })]);
    const found = (selector: Record<string, string>) => cluster.podsWith('default', selector).map(({ metadata }) => metadata.name);
    expect(found({ app: 'x' })).to.deep.equal(['a', 'b']);
    expect(found({ app: 'x', tier: '1' })).to.deep.equal(['a']);
    expect(found({ app: 'z' })).to.deep.equal([]);
    expect(found({})).to.deep.equal([]);
  });

  it('keeps the addresses of a Service when it is updated, and gives them back when it is deleted', () => {
    const { cluster } = world([service('a', { type: 'NodePort' })]);
    const before = cluster.get('Service', 'default', 'a')?.spec;
    const after = cluster.update(service('a', { type: 'NodePort', sessionAffinity: 'ClientIP' }));
    expect(after.spec.clusterIP).to.equal(before?.clusterIP);
    expect(after.spec.ports[0].nodePort).to.equal(before?.ports?.[0].nodePort);
    cluster.remove('Service', 'default', 'a');
    expect(cluster.create(service('b', { clusterIP: before?.clusterIP })).spec.clusterIP).to.equal(before?.clusterIP);
  });
});

describe('addresses', () => {
  it('are found by what holds them', () => {
    const { cluster } = world([deployment('web', 1), service('web', { type: 'LoadBalancer', externalIPs: ['192.0.2.1'] })]);
    const { spec, status } = cluster.list('Service')[0];
    expect(findAddress(cluster, spec.clusterIP ?? '')).to.include({ type: 'clusterIP' });
    expect(findAddress(cluster, status?.loadBalancer?.ingress?.[0].ip ?? '')).to.include({ type: 'loadBalancer' });
    expect(findAddress(cluster, '192.0.2.1')).to.include({ type: 'externalIP' });
    expect(findAddress(cluster, '10.0.0.1')).to.include({ type: 'node', isExternal: false });
    expect(findAddress(cluster, '203.0.113.1')).to.include({ type: 'node', isExternal: true });
    expect(findAddress(cluster, cluster.list('Pod')[0].status?.podIP ?? '')).to.include({ type: 'pod' });
    expect(findAddress(cluster, '8.8.8.8')).to.equal(null);
  });
});

describe('tables', () => {
  it('show what kubectl get would', () => {
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'shop' },
      spec: { ingressClassName: 'nginx', tls: [{}], rules: [{ host: 'shop.example.com' }] },
    };
    const objects = [
      podOwner('StatefulSet', 'web', { replicas: 4 }),
      service('web', { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }),
      ingress,
    ];
    const tables = Object.fromEntries(describeCluster(world(objects, undefined, { nodes: nodes(1) }).cluster).map(({ resource, rows }) => [resource, rows]));
    expect(tables).to.deep.include({
      nodes: [['node-1', 'a', '10.0.0.1', '203.0.113.1', '8']],
      workloads: [['default', 'statefulset/web', '4/4']],
      services: [['default', 'web', 'NodePort', '10.96.0.9', '<none>', '80:30080/TCP', 'app=web']],
      ingresses: [['default', 'shop', 'nginx', 'shop.example.com', '80, 443']],
    });
    expect(tables.pods[0]).to.deep.equal(['default', 'web-0', '1/1', 'Running', '10.244.0.2', 'node-1']);
    expect(tables.endpointslices[0].slice(2)).to.deep.equal(['IPv4', '8080', '10.244.0.2,10.244.0.3,10.244.0.4 + 1 more...']);
  });
});

describe('time and names', () => {
  it('write simulated time as a date that does not depend on the day of the run', () => {
    expect(timestamp(0)).to.equal('2000-01-01T00:00:00Z');
    expect(timestamp((31 + 28) * 86400e9 + 3661.9e9)).to.equal('2000-02-29T01:01:01Z');
    expect(timestamp(366 * 86400e9)).to.equal('2001-01-01T00:00:00Z');
  });

  it('hash templates by content, not by the order of keys or the hash label', () => {
    const containers = [{ name: 'a' }];
    const hash = templateHash({ metadata: { labels: { a: '1', b: '2' } }, spec: { containers, nodeName: 'x' } });
    expect(templateHash({ spec: { nodeName: 'x', containers }, metadata: { labels: { b: '2', a: '1', 'pod-template-hash': 'old' } } })).to.equal(hash);
    expect(templateHash({ metadata: { labels: { a: '1', b: '3' } }, spec: { containers, nodeName: 'x' } })).to.not.equal(hash);
  });
});
