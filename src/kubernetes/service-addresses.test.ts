import { expect } from 'chai';
import { messages, service, world } from '../testing/kubernetes-world.ts';
import type { KubernetesObject, Service } from './objects.ts';

const find = (objects: readonly KubernetesObject[], name: string, options = {}) =>
  world(objects, undefined, options).cluster.get('Service', 'default', name) as Service;

describe('Service addresses', () => {
  it('refuses an address or a port that another Service has, in the words of the API server', () => {
    const result = world([
      service('a', { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, nodePort: 30080 }] }),
      service('b', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
      service('c', { clusterIP: '10.96.0.10' }),
    ]);
    expect(messages(result)).to.deep.equal([
      'The Service "b" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      'The Service "c" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
    ]);
    expect(result.problems[0].error.causes[0]).to.include({ field: 'spec.ports[0].nodePort', message: 'provided port is already allocated' });
  });

  it('refuses what lies outside the ranges', () => {
    expect(messages(world([service('a', { clusterIP: '1.1.1.1' })]))[0]).to.contain(
      'failed to allocate IP 1.1.1.1: the provided IP (1.1.1.1) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
    );
    expect(messages(world([service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })]))[0]).to.equal(
      'The Service "a" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    );
  });

  it('says when a range is full', () => {
    const many = Array.from({ length: 14 }, (_, i) => service(`s${i}`));
    expect(messages(world(many, undefined, { serviceCidr: '10.0.0.0/28' }))[0]).to.contain('failed to allocate a serviceIP: range is full');
    const ports = [service('a', { type: 'NodePort' }), service('b', { type: 'NodePort' })];
    expect(messages(world(ports, undefined, { nodePortRange: [30000, 30000] }))[0]).to.contain('failed to allocate a nodePort: range is full');
  });

  it('gives a health check port to load balancers of policy Local only, and keeps a written one', () => {
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const { spec } = find([service('a', local)], 'a');
    expect(spec.healthCheckNodePort).to.be.within(30086, 32767);
    expect(spec.healthCheckNodePort).to.not.equal(spec.ports?.[0].nodePort);
    expect(find([service('a', { type: 'LoadBalancer' })], 'a').spec.healthCheckNodePort).to.equal(undefined);
    expect(find([service('a', { ...local, healthCheckNodePort: 30777 })], 'a').spec.healthCheckNodePort).to.equal(30777);
  });

  it('refuses a health check port that is taken, by whomever, or out of range', () => {
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const taken = [service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }), service('b', { ...local, healthCheckNodePort: 30080 })];
    const text = 'Error from server (InternalError): Internal error occurred: failed to allocate requested HealthCheck NodePort';
    expect(messages(world(taken))).to.deep.equal([`${text} 30080: provided port is already allocated`]);
    const own = service('b', { ...local, healthCheckNodePort: 30080, ports: [{ port: 80, nodePort: 30080 }] });
    expect(messages(world([own]))[0]).to.contain('provided port is already allocated');
    expect(messages(world([service('b', { ...local, healthCheckNodePort: 8080 })]))[0]).to.contain(
      `${text} 8080: provided port is not in the valid range. The range of valid ports is 30000-32767`,
    );
  });

  it('lets two ports of one Service share a node port when their protocols differ', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', nodePort: 30053 },
    ];
    expect(messages(world([service('dns', { type: 'NodePort', ports })]))).to.deep.equal([]);
  });

  it('gives addresses by name and seed, whatever stands before or after', () => {
    const alone = find([service('a')], 'a');
    const among = find([service('z'), service('b', { type: 'NodePort' }), service('a'), service('c')], 'a');
    expect(among.spec.clusterIP).to.equal(alone.spec.clusterIP);
    expect(find([service('a')], 'a', { addressSeed: '2' }).spec.clusterIP).to.not.equal(alone.spec.clusterIP);
  });

  it('keeps written addresses free for those who name them, even in a later file', () => {
    const drawn = find([service('a', { type: 'NodePort' })], 'a').spec;
    const rival = service('rival', { type: 'NodePort', clusterIP: drawn.clusterIP, ports: [{ port: 80, nodePort: drawn.ports?.[0].nodePort }] });
    const result = world([service('a', { type: 'NodePort' }), rival]);
    expect(messages(result)).to.deep.equal([]);
    expect(result.cluster.get('Service', 'default', 'rival')?.spec.clusterIP).to.equal(drawn.clusterIP);
    expect(result.cluster.get('Service', 'default', 'a')?.spec.clusterIP).to.not.equal(drawn.clusterIP);
  });

  it('takes addresses out of a live cluster as they are', () => {
    const live = { ...service('a', { clusterIP: '172.20.3.4', type: 'NodePort', ports: [{ port: 80, nodePort: 20080 }] }), metadata: { name: 'a', uid: '1' } };
    expect(find([live], 'a').spec).to.deep.include({ clusterIP: '172.20.3.4' });
  });

  it('gives node ports and an address to load balancers, unless node ports are switched off', () => {
    const balanced = find([service('a', { type: 'LoadBalancer' })], 'a');
    expect(balanced.spec.ports?.[0].nodePort).to.be.within(30086, 32767);
    expect(balanced.status?.loadBalancer?.ingress?.[0].ip).to.match(/^198\.51\.100\.\d+$/);
    expect(find([service('a', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false })], 'a').spec.ports?.[0].nodePort).to.equal(undefined);
    expect(find([service('a', { type: 'LoadBalancer', loadBalancerIP: '192.0.2.7' })], 'a').status?.loadBalancer?.ingress).to.deep.equal([{ ip: '192.0.2.7' }]);
  });

  it('gives neither address nor port where there is none', () => {
    expect(find([service('a', { clusterIP: 'None' })], 'a').spec.clusterIP).to.equal('None');
    expect(find([service('a', { type: 'ExternalName', externalName: 'db.example.com', ports: undefined, selector: undefined })], 'a').spec.clusterIP).to.equal(
      undefined,
    );
  });

  it('leaves the first address to the API server', () => {
    expect(messages(world([service('a', { clusterIP: '10.96.0.1' })]))[0]).to.contain('provided IP is already allocated');
  });
});
