import { expect } from 'chai';
import { service, world } from '../testing/kubernetes-world.ts';
import { serviceEnvironment } from './environment.ts';

describe('Service environment variables', () => {
  it('match the example of the Kubernetes documentation', () => {
    const redis = service('redis-primary', { clusterIP: '10.96.0.11', ports: [{ name: 'r', port: 6379 }] });
    expect(serviceEnvironment(world([redis]).cluster, 'default')).to.deep.equal({
      REDIS_PRIMARY_SERVICE_HOST: '10.96.0.11',
      REDIS_PRIMARY_SERVICE_PORT: '6379',
      REDIS_PRIMARY_SERVICE_PORT_R: '6379',
      REDIS_PRIMARY_PORT: 'tcp://10.96.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP: 'tcp://10.96.0.11:6379',
      REDIS_PRIMARY_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_PRIMARY_PORT_6379_TCP_PORT: '6379',
      REDIS_PRIMARY_PORT_6379_TCP_ADDR: '10.96.0.11',
    });
  });

  it('leave out headless Services and other namespaces', () => {
    const far = { ...service('far'), metadata: { name: 'far', namespace: 'other' } };
    expect(serviceEnvironment(world([service('a', { clusterIP: 'None' }), far]).cluster, 'default')).to.deep.equal({});
  });
});
