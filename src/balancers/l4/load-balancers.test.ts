/** The balancers in front of nodes: AWS, Google, Azure, MetalLB, ServiceLB. */
import { expect } from 'chai';
import { balancerContract, chiSquareLimit, endpointSet, flowOf, testPlace } from '../../testing/balancer-contract.ts';
import { type Balancer, createExplanation, createFlow, DROP, type EndpointSet, READY, SERVING } from '../balancer.ts';
import { azure } from './azure.ts';
import { gcp } from './gcp.ts';
import { metallbBgp } from './metallb-bgp.ts';
import { leaderOf, metallbL2 } from './metallb-l2.ts';
import { nlb } from './nlb.ts';
import { servicelb } from './servicelb.ts';

const HEALTHY = READY | SERVING;

/** Nodes 0, 1, … with these zones. @param out numbers of those that are not healthy */
function nodes(zones: readonly number[], out: readonly number[] = [], weights: readonly number[] = []): EndpointSet {
  const set = endpointSet(zones.map((_, id) => ({ id, name: `node-${id}`, conditions: out.includes(id) ? 0 : HEALTHY, weight: weights[id] ?? 1 })));
  return { ...set, zone: Int32Array.from(zones) };
}

const spread = (count: number) => nodes(new Array<number>(count).fill(0));

/** Shares of nodes over flows of source ports 1024, 1025, … */
function shares(balancer: Balancer, count: number, flows: number): number[] {
  const counts = new Array<number>(count).fill(0);
  const flow = flowOf(1);
  for (let i = 0; i < flows; i++) {
    flow.sourcePort = 1024 + i;
    counts[balancer.pick(flow)]++;
  }
  return counts.map((picked) => picked / flows);
}

/** Probability by endpoint. */
function law(balancer: Balancer, flow = flowOf(1)): Record<number, number> {
  const out = createExplanation();
  balancer.explain(flow, out);
  return Object.fromEntries(out.candidates.map(({ endpoint, probability }) => [endpoint, probability]));
}

/** Share of flows whose node differs after the update. */
function moved(balancer: Balancer, before: EndpointSet, after: EndpointSet, flows = 20000): number {
  const flow = flowOf(1);
  const pickAll = () =>
    Array.from({ length: flows }, (_, i) => {
      flow.sourcePort = 1024 + i;
      return balancer.pick(flow);
    });
  balancer.update(before);
  const first = pickAll();
  balancer.update(after);
  return pickAll().filter((node, i) => node !== first[i]).length / flows;
}

describe('AWS NLB', () => {
  balancerContract(nlb, { crossZone: false, stickiness: 'none' });
  balancerContract(nlb, { crossZone: true, stickiness: 'source-ip' });

  const create = (config = {}) => nlb.create({ crossZone: false, stickiness: 'none', ...config }, testPlace('nlb'));

  it('gives each zone the same, however many targets it has (l4.md 8.6: 50 %, 16.7 % ×3)', () => {
    const balancer = create();
    balancer.update(nodes([0, 1, 1, 1]));
    expect(law(balancer)).to.deep.equal({ 0: 1 / 2, 1: 1 / 6, 2: 1 / 6, 3: 1 / 6 });
    const found = shares(balancer, 4, 60000);
    for (const [i, expected] of [1 / 2, 1 / 6, 1 / 6, 1 / 6].entries()) expect(found[i]).to.be.closeTo(expected, 0.01);
  });

  it('gives each target the same with cross-zone on', () => {
    const balancer = create({ crossZone: true });
    balancer.update(nodes([0, 1, 1, 1]));
    expect(law(balancer)).to.deep.equal({ 0: 1 / 4, 1: 1 / 4, 2: 1 / 4, 3: 1 / 4 });
  });

  it('takes a zone without healthy targets out of DNS, and uses all when none is healthy', () => {
    const balancer = create();
    balancer.update(nodes([0, 1, 1, 1], [0]));
    expect(law(balancer)).to.deep.equal({ 1: 1 / 3, 2: 1 / 3, 3: 1 / 3 });
    balancer.update(nodes([0, 1, 1, 1], [0, 1, 2, 3]));
    expect(Object.keys(law(balancer))).to.have.length(4);
  });

  it('places TCP connections of one source port anew, by their sequence number; datagrams of one port stay', () => {
    const balancer = create();
    balancer.update(spread(8));
    const flow = flowOf(1);
    expect(new Set(Array.from({ length: 100 }, () => balancer.pick(flow))).size).to.equal(8);
    flow.protocol = 17;
    expect(new Set(Array.from({ length: 100 }, () => balancer.pick(flow))).size).to.equal(1);
  });

  it('keeps a source address on its target with stickiness', () => {
    const balancer = create({ stickiness: 'source-ip' });
    balancer.update(spread(8));
    const flow = flowOf(1);
    const first = balancer.pick(flow);
    expect(law(balancer)).to.deep.equal({ [first]: 1 });
    flow.sourcePort++;
    expect(balancer.pick(flow)).to.equal(first);
    expect(new Set(Array.from({ length: 200 }, (_, i) => balancer.pick(flowOf(i)))).size).to.equal(8);
  });
});

describe('Google passthrough NLB', () => {
  balancerContract(gcp, { hash: '5-tuple' });
  balancerContract(gcp, { hash: '1-tuple' });

  it('moves only the flows of a node that goes', () => {
    const balancer = gcp.create({ hash: '5-tuple' }, testPlace('gcp'));
    expect(moved(balancer, spread(10), nodes(new Array<number>(10).fill(0), [4]))).to.be.within(0.09, 0.15); // a tenth, and a few slots that shift
  });

  it('follows weights', () => {
    const balancer = gcp.create({ hash: '5-tuple' }, testPlace('weighted'));
    balancer.update(nodes([0, 0, 0], [], [1, 2, 5]));
    const found = shares(balancer, 3, 60000);
    for (const [i, expected] of [1 / 8, 2 / 8, 5 / 8].entries()) {
      expect(law(balancer)[i]).to.be.closeTo(expected, 0.001);
      expect(found[i]).to.be.closeTo(expected, 0.01);
    }
  });

  it('keeps all connections of a client together when only addresses are hashed', () => {
    const balancer = gcp.create({ hash: '2-tuple' }, testPlace('two'));
    balancer.update(spread(10));
    expect(Math.max(...shares(balancer, 10, 100))).to.equal(1);
  });
});

describe('Azure Load Balancer', () => {
  balancerContract(azure, { hash: '5-tuple' });
  balancerContract(azure, { hash: '2-tuple' });

  it('drops new flows when no probe succeeds', () => {
    const balancer = azure.create({ hash: '5-tuple' }, testPlace('azure'));
    balancer.update(nodes([0, 0], [0, 1]));
    expect(balancer.pick(flowOf(1))).to.equal(DROP);
  });
});

describe('MetalLB', () => {
  describe('layer 2', () => {
    balancerContract(metallbL2, {});

    it('chooses the smallest sha256 of node#address', () => {
      // sha256: node-0#192.0.2.10 ccd8…, node-1#… 6024…, node-2#… b68f… (by sha256sum)
      expect(leaderOf(['node-0', 'node-1', 'node-2'], '192.0.2.10')).to.equal(1);
    });

    it('takes all traffic of an address to one node, and other addresses to others', () => {
      const balancer = metallbL2.create({}, testPlace('l2'));
      balancer.update(spread(5));
      expect(Math.max(...shares(balancer, 5, 100))).to.equal(1);
      const flow = createFlow();
      const leaders = Array.from({ length: 100 }, (_, i) => {
        flow.destinationAddress = 0xc0000200 + i;
        return balancer.pick(flow);
      });
      expect(new Set(leaders).size).to.equal(5);
    });
  });

  describe('BGP', () => {
    balancerContract(metallbBgp, { hash: '5-tuple', resilient: false });
    balancerContract(metallbBgp, { hash: '3-tuple', resilient: true });

    it('moves 1 − 1/n of the flows when a node goes, with resilient next hops 1/n', () => {
      const nine = nodes(new Array<number>(10).fill(0), [4]);
      const plain = metallbBgp.create({ hash: '5-tuple', resilient: false }, testPlace('ecmp'));
      const resilient = metallbBgp.create({ hash: '5-tuple', resilient: true }, testPlace('ecmp'));
      expect(moved(plain, spread(10), nine)).to.be.closeTo(0.9, 0.01);
      expect(moved(resilient, spread(10), nine)).to.be.within(0.09, 0.15);
    });
  });
});

describe('ServiceLB', () => {
  balancerContract(servicelb, {});

  it('lets clients take any node', () => {
    const balancer = servicelb.create({}, testPlace('servicelb'));
    balancer.update(spread(4));
    const flows = 40000;
    const statistic = shares(balancer, 4, flows).reduce((sum, share) => sum + (share * flows - flows / 4) ** 2 / (flows / 4), 0);
    expect(statistic).to.be.below(chiSquareLimit(3));
  });
});
