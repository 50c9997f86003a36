/** Targets where nobody answers, as the lines before the run name them. */
import { expect } from 'chai';
import { scenario, WEB } from '../testing/scenarios.ts';
import { deployment, service } from '../testing/small-cluster.ts';
import { describeTraffic } from './offered-load.ts';

const SHOP = deployment('checkout', 2) + service('checkout');
const EMPTY = SHOP + service('cart');

async function reasonsFor(url: string, manifests = SHOP, more = ''): Promise<string[]> {
  const sections = `  clients: [ { name: c, target: "${url}", from: nodes, arrivals: { rate: 1/s } } ]\n${more}`;
  return describeTraffic(await scenario(sections, manifests)).unreachable.map(({ caller, target, reason }) => `${target} for ${caller}: ${reason}`);
}

describe('targets where nobody answers', () => {
  it('are none where somebody does', async () => {
    expect(await reasonsFor('http://checkout/')).to.deep.equal([]);
  });

  it('name the Services that were probably meant, as they were written', async () => {
    const hosts: [string, string][] = [
      ['chekcout', 'checkout'],
      ['checkout.defualt', 'checkout.default'],
      ['chekout.default.svc', 'checkout.default.svc'],
      ['chekout.default.svc.cluster.local', 'checkout.default.svc.cluster.local'],
    ];
    for (const [host, meant] of hosts) expect((await reasonsFor(`http://${host}/`)).join(), host).to.match(new RegExp(`\\(did you mean ${meant}\\?\\)$`));
    expect((await reasonsFor('http://entirely-else/')).join()).not.to.contain('did you mean');
  });

  it('name the Service of that name in another namespace', async () => {
    const elsewhere = SHOP.replaceAll('name: checkout', 'namespace: shop, name: checkout');
    expect((await reasonsFor('http://checkout/', elsewhere)).join()).to.contain('(did you mean checkout.shop?)');
  });

  it('say which labels no pod has, for clients and calls', async () => {
    const reason = 'Service default/cart selects no pod: none has app=cart';
    expect(await reasonsFor('http://cart/', EMPTY)).to.deep.equal([`http://cart/ for client c: ${reason}`]);
    const calls = '  workloads: { deployment/checkout: { calls: [ { target: http://cart/ } ] } }\n';
    expect(await reasonsFor('http://checkout/', EMPTY, calls)).to.deep.equal([`http://cart/ for deployment/checkout.default: ${reason}`]);
  });

  it('are Services too that nobody calls', async () => {
    expect(describeTraffic(await scenario('', `${WEB}---${service('cart')}`)).emptyServices).to.deep.equal([
      'Service default/cart selects no pod: none has app=cart',
    ]);
  });

  it('say that no pod is ready yet', async () => {
    expect(await reasonsFor('http://cart/', EMPTY + deployment('cart', 0))).to.deep.equal([
      'http://cart/ for client c: Service default/cart has no ready pod at the start',
    ]);
  });
});
