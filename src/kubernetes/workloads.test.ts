import { expect } from 'chai';
import { deployment, kubectl, nodes, pod, podNames, podOwner, service, world } from '../testing/kubernetes-world.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { preStopNs, readinessDelayNs } from './kubelet.ts';
import type { KubernetesObject, NodeObject, Pod } from './objects.ts';
import { isActive } from './pod-state.ts';
import { serviceEndpoints } from './service-endpoints.ts';
import { ownerKey } from './store.ts';

describe('ReplicaSets and ReplicationControllers', () => {
  it('replace a deleted pod at once by one of a new name and address', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 1)], clock);
    const [before] = result.cluster.list('Pod');
    kubectl(result, `kubectl delete pod ${before.metadata.name}`);
    clock.advanceTo(1);
    const [ending, after] = result.cluster.list('Pod');
    expect(ending.metadata.deletionTimestamp).to.equal('2000-01-01T00:00:00Z');
    expect(after.metadata.name).to.not.equal(before.metadata.name);
    expect(after.status?.podIP).to.not.equal(before.status?.podIP);
    clock.advanceTo(30);
    expect(podNames(result)).to.deep.equal([after.metadata.name]);
  });

  it('let a relabelled pod go and replace it, in the ReplicaSet and in the Service', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 2), service('web')], clock);
    const [name] = podNames(result);
    kubectl(result, `kubectl label pod ${name} app=debug --overwrite`);
    clock.advanceTo(1);
    expect(ownerKey(result.cluster.get('Pod', 'default', name) as Pod)).to.equal(null);
    expect(podNames(result)).to.have.length(3);
    const behind = serviceEndpoints(result.cluster, 'default', 'web', '').map(({ podName }) => podName);
    expect(behind).to.have.length(2);
    expect(behind).to.not.include(name);
    kubectl(result, `kubectl label pod ${name} app=web --overwrite`);
    clock.advanceTo(60);
    expect(podNames(result), 'adopted again, and one too many ends').to.have.length(2);
  });

  it('cut long names as generateName does', () => {
    const name = `web-${'x'.repeat(100)}`;
    expect(podNames(world([deployment(name, 2)]))[0]).to.match(/^web-x{54}[a-z0-9]{5}$/);
  });

  it('adopt pods that match and belong to nobody', () => {
    const result = world([pod('early', { app: 'web' }), podOwner('ReplicaSet', 'web', { replicas: 3 })]);
    expect(podNames(result)).to.include('early').and.to.have.length(3);
  });

  it('take the newest from the fullest node, unready ones first', () => {
    const clock = new ManualClock();
    const result = world([podOwner('ReplicationController', 'web', { replicas: 4 })], clock);
    kubectl(result, 'kubectl scale rc/web --replicas=3');
    clock.advanceTo(1);
    expect(
      result.cluster
        .list('Pod')
        .filter(isActive)
        .map(({ spec }) => spec.nodeName),
    ).to.deep.equal(['node-1', 'node-2', 'node-3']);
  });
});

describe('StatefulSets', () => {
  it('name pods by ordinal, with host names', () => {
    const result = world([podOwner('StatefulSet', 'db', { replicas: 3, serviceName: 'db', ordinals: { start: 1 } })]);
    expect(podNames(result)).to.deep.equal(['db-1', 'db-2', 'db-3']);
    expect(result.cluster.get('Pod', 'default', 'db-2')?.spec).to.include({ hostname: 'db-2', subdomain: 'db' });
  });

  it('bring a pod back under its name with a new address', () => {
    const clock = new ManualClock();
    const result = world([podOwner('StatefulSet', 'db', { replicas: 2 })], clock);
    const before = result.cluster.get('Pod', 'default', 'db-0')?.status?.podIP;
    kubectl(result, 'kubectl delete pod db-0');
    clock.advanceTo(29);
    expect(result.cluster.get('Pod', 'default', 'db-0')?.metadata.deletionTimestamp).to.be.a('string');
    clock.advanceTo(31);
    expect(result.cluster.get('Pod', 'default', 'db-0')?.status?.podIP)
      .to.be.a('string')
      .and.not.equal(before);
  });

  it('scale and restart one pod after the other, from the top', () => {
    const clock = new ManualClock();
    const ready = { containers: [{ name: 'main', readinessProbe: { initialDelaySeconds: 10, periodSeconds: 1 } }], terminationGracePeriodSeconds: 1 };
    const result = world([podOwner('StatefulSet', 'db', { replicas: 1 }, ready)], clock);
    kubectl(result, 'kubectl scale sts/db --replicas=3');
    clock.advanceTo(5);
    expect(podNames(result)).to.deep.equal(['db-0', 'db-1']);
    clock.advanceTo(40);
    expect(podNames(result)).to.deep.equal(['db-0', 'db-1', 'db-2']);
    kubectl(result, 'kubectl rollout restart statefulset/db');
    clock.advanceTo(40.5);
    expect(
      result.cluster
        .list('Pod')
        .filter((object) => !isActive(object))
        .map(({ metadata }) => metadata.name),
    ).to.deep.equal(['db-2']);
    clock.advanceTo(120);
    const stamps = result.cluster.list('Pod').map(({ metadata }) => metadata.annotations?.['kubectl.kubernetes.io/restartedAt']);
    expect(stamps).to.deep.equal(Array(3).fill('2000-01-01T00:00:40Z'));
    kubectl(result, 'kubectl scale sts/db --replicas=0');
    clock.advanceTo(200);
    expect(podNames(result)).to.deep.equal([]);
  });

  it('start all at once in Parallel', () => {
    const clock = new ManualClock();
    const result = world([podOwner('StatefulSet', 'db', { replicas: 0, podManagementPolicy: 'Parallel' })], clock);
    kubectl(result, 'kubectl scale sts/db --replicas=3');
    clock.advanceTo(0);
    expect(podNames(result)).to.have.length(3);
  });
});

describe('DaemonSets', () => {
  it('run one pod on every node that fits, cordoned or not', () => {
    const written: KubernetesObject[] = [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: { unschedulable: true } },
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-2' },
        spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
      },
    ];
    const { cluster } = world([...written, podOwner('DaemonSet', 'agent'), deployment('web', 2)]);
    const nodesOf = (app: string) => cluster.podsWith('default', { app }).map(({ spec }) => spec.nodeName);
    expect(nodesOf('agent')).to.deep.equal(['node-1', 'node-3']);
    expect(nodesOf('web')).to.deep.equal(['node-3', 'node-3']);
  });

  it('tolerate what they are told to, and obey their node selector', () => {
    const taint = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-2' }, spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } };
    const on = (podSpec: object) =>
      world([taint, podOwner('DaemonSet', 'agent', {}, podSpec)])
        .cluster.list('Pod')
        .map(({ spec }) => spec.nodeName);
    expect(on({ tolerations: [{ operator: 'Exists' }] })).to.have.length(3);
    expect(on({ tolerations: [{ key: 'gpu', value: 'yes' }] })).to.have.length(3);
    expect(on({ tolerations: [{ key: 'gpu', value: 'no' }] })).to.have.length(2);
    expect(on({ nodeSelector: { 'topology.kubernetes.io/zone': 'c', 'kubernetes.io/os': 'linux' } })).to.deep.equal(['node-3']);
  });

  it('restart node by node', () => {
    const clock = new ManualClock();
    const result = world([podOwner('DaemonSet', 'agent', {}, { terminationGracePeriodSeconds: 2 })], clock);
    const before = podNames(result);
    kubectl(result, 'kubectl rollout restart ds/agent');
    clock.advanceTo(1);
    expect(result.cluster.list('Pod').filter(isActive)).to.have.length(2);
    clock.advanceTo(30);
    expect(podNames(result)).to.have.length(3);
    expect(podNames(result).some((name) => before.includes(name))).to.equal(false);
  });
});

describe('the scheduler', () => {
  it('evens out owners first, then pods, then goes by order', () => {
    const { cluster } = world([pod('a', {}, { nodeName: 'node-1' }), deployment('web', 3), deployment('api', 1)]);
    const spread = (app: string) => cluster.podsWith('default', { app }).map(({ spec }) => spec.nodeName);
    expect(spread('web')).to.deep.equal(['node-2', 'node-3', 'node-1']);
    expect(spread('api')).to.deep.equal(['node-2']);
  });

  it('leaves a pod pending that fits nowhere, and says why', () => {
    const { cluster } = world([deployment('web', 1, {}, { nodeSelector: { disk: 'ssd' } }), service('web')]);
    const [waiting] = cluster.list('Pod');
    expect(waiting.status).to.include({ phase: 'Pending' });
    expect(waiting.status?.conditions?.[0].message).to.contain('0/3 nodes are available');
    expect(serviceEndpoints(cluster, 'default', 'web', '')).to.deep.equal([]);
  });

  it('places it when a node comes to fit', () => {
    const clock = new ManualClock();
    const { cluster } = world([deployment('web', 1, {}, { nodeSelector: { disk: 'ssd' } })], clock);
    const node = cluster.get('Node', '', 'node-2') as NodeObject;
    cluster.update({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, disk: 'ssd' } } });
    clock.advanceTo(1);
    expect(cluster.list('Pod')[0]).to.nested.include({ 'spec.nodeName': 'node-2', 'status.phase': 'Running' });
  });
});

describe('the kubelet', () => {
  const probed = (name: string, readinessProbe: object, more: object = {}) =>
    pod(name, { app: 'web' }, { containers: [{ name: 'main', readinessProbe, ...more }] }) as Pod;
  const { cluster } = world([]);

  it('delays readiness by the probe, with a phase of its own for every pod', () => {
    const delays = Array.from({ length: 200 }, (_, i) => readinessDelayNs(probed(`p${i}`, { initialDelaySeconds: 5, periodSeconds: 10 }), cluster.key) / 1e9);
    expect(Math.min(...delays)).to.be.within(5, 6);
    expect(Math.max(...delays)).to.be.within(14, 15);
    expect(readinessDelayNs(probed('p', { periodSeconds: 10, successThreshold: 3 }), cluster.key) / 1e9).to.be.within(20, 30);
    expect(readinessDelayNs(pod('p', {}) as Pod, cluster.key)).to.equal(0);
  });

  it('makes pods of a running clock ready after that delay, not before', () => {
    const clock = new ManualClock();
    const result = world(
      [deployment('web', 1, {}, { containers: [{ name: 'main', readinessProbe: { initialDelaySeconds: 20, periodSeconds: 10 } }] }), service('web')],
      clock,
    );
    kubectl(result, 'kubectl scale deploy web --replicas=2');
    const ready = () => serviceEndpoints(result.cluster, 'default', 'web', '').filter((endpoint) => endpoint.ready).length;
    clock.advanceTo(19);
    expect(ready()).to.equal(1);
    clock.advanceTo(31);
    expect(ready()).to.equal(2);
  });

  it('finds the pre-stop sleep in both its forms', () => {
    const sleeping = (preStop: object) => preStopNs(probed('p', {}, { lifecycle: { preStop } }));
    expect(sleeping({ sleep: { seconds: 5 } })).to.equal(5e9);
    expect(sleeping({ exec: { command: ['sh', '-c', 'nginx -s quit; sleep 12'] } })).to.equal(12e9);
    expect(sleeping({ exec: { command: ['/bin/sleep', '15'] } })).to.equal(15e9);
    expect(sleeping({ exec: { command: ['/wait-shutdown'] } })).to.equal(0);
    expect(sleeping({ sleep: { seconds: 300 } }), 'cut by the grace period').to.equal(30e9);
  });

  it('gives host network pods the address of their node', () => {
    const result = world([pod('p', {}, { hostNetwork: true, nodeName: 'node-2' })]);
    expect(result.cluster.list('Pod')[0].status?.podIP).to.equal('10.0.0.2');
  });

  it('keeps addresses of nodes apart and public ones in a range for documentation', () => {
    const addresses = world([], undefined, { nodes: nodes(300) })
      .cluster.list('Node')
      .flatMap(({ status }) => status.addresses.filter(({ type }) => type !== 'Hostname').map(({ address }) => address));
    expect(new Set(addresses).size).to.equal(600);
    expect(addresses.filter((address) => address.startsWith('203.0.113.'))).to.have.length(254);
    expect(addresses.filter((address) => address.startsWith('198.19.'))).to.have.length(46);
  });
});
