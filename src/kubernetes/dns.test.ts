import { expect } from 'chai';
import { deployment, podOwner, service, world } from '../testing/kubernetes-world.ts';
import { resolve } from './dns.ts';
import type { KubernetesObject } from './objects.ts';

const external = (name: string, externalName: string): KubernetesObject =>
  service(name, { type: 'ExternalName', externalName, selector: undefined, ports: undefined });
const { cluster } = world([
  deployment('web', 2),
  service('web', { clusterIP: '10.96.0.50' }),
  { ...service('web', { clusterIP: '10.96.0.51' }), metadata: { name: 'web', namespace: 'shop' } },
  podOwner('StatefulSet', 'db', { replicas: 2, serviceName: 'db' }),
  service('db', { clusterIP: 'None' }),
  service('idle', { clusterIP: 'None' }),
  external('mail', 'smtp.example.com'),
  external('alias', 'web.shop.svc.cluster.local'),
  external('loop', 'loop.default.svc.cluster.local'),
]);
const ask = (name: string, from = 'default') => resolve(cluster, name, from);

describe('cluster DNS', () => {
  for (const [name, from, address] of [
    ['web', 'default', '10.96.0.50'],
    ['web', 'shop', '10.96.0.51'],
    ['web.shop', 'default', '10.96.0.51'],
    ['web.shop.svc', 'default', '10.96.0.51'],
    ['web.shop.svc.cluster.local', 'default', '10.96.0.51'],
    ['web.shop.svc.cluster.local.', 'default', '10.96.0.51'],
    ['WEB.Shop', 'default', '10.96.0.51'],
    ['alias', 'default', '10.96.0.51'],
  ] as const) {
    it(`finds ${name} from ${from}`, () => expect(ask(name, from)).to.deep.include({ type: 'clusterIP', addresses: [address] }));
  }

  it('answers for headless Services with every ready pod', () => {
    const answer = ask('db');
    expect(answer.type).to.equal('headless');
    expect(answer.addresses).to.deep.equal(
      cluster
        .list('Pod')
        .filter((pod) => pod.metadata.name.startsWith('db-'))
        .map((pod) => pod.status?.podIP),
    );
  });

  it('finds a pod by its host name behind a headless Service, and by its address', () => {
    const address = cluster.get('Pod', 'default', 'db-1')?.status?.podIP as string;
    expect(ask('db-1.db').addresses).to.deep.equal([address]);
    expect(ask(`${address.replaceAll('.', '-')}.default.pod.cluster.local`).addresses).to.deep.equal([address]);
  });

  it('follows ExternalName out of the cluster and stops at loops', () => {
    expect(ask('mail')).to.deep.include({ type: 'externalName', externalName: 'smtp.example.com' });
    expect(ask('loop')).to.include({ type: 'nxdomain' });
  });

  it('says what it tried, and why nothing was found', () => {
    expect(ask('nobody')).to.deep.include({
      type: 'nxdomain',
      tried: ['nobody.default.svc.cluster.local', 'nobody.svc.cluster.local', 'nobody.cluster.local', 'nobody'],
    });
    expect(ask('idle')).to.include({ reason: 'headless Service default/idle has no ready endpoint' });
    for (const name of ['web.', 'web.default.svc.', 'example.com', 'a.web', 'svc.cluster.local', '']) expect(ask(name).type, name).to.equal('nxdomain');
  });

  it('asks for names of five dots as they are first', () => {
    const answer = ask('a.b.c.d.e.f');
    expect(answer.type === 'nxdomain' && answer.tried[0]).to.equal('a.b.c.d.e.f');
  });
});
