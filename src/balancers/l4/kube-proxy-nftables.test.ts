import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, testPlace } from '../../testing/balancer-contract.ts';
import { createExplanation, READY, REJECT, SERVING, TERMINATING } from '../balancer.ts';
import { kubeProxyNftables, numgenIndex, numgenProbability } from './kube-proxy-nftables.ts';

const SECOND = 1e9;

describe('numgen random', () => {
  it('maps 32 bits to an index (l4.md 8.1, calc: N = 3)', () => {
    expect([0, 1431655765, 1431655766, 2863311531, 2 ** 32 - 1].map((draw) => numgenIndex(draw, 3))).to.deep.equal([0, 0, 1, 2, 2]);
  });

  it('has the probabilities that counting the draws gives', () => {
    for (const count of [1, 2, 3, 7, 10, 1000, 5000]) {
      const law = Array.from({ length: count }, (_, index) => numgenProbability(index, count));
      expect(law.reduce((sum, p) => sum + p, 0)).to.be.closeTo(1, 1e-12);
      for (const [index, probability] of law.entries()) {
        const first = Math.ceil((index * 2 ** 32) / count);
        expect([numgenIndex(first, count), first === 0 ? -1 : numgenIndex(first - 1, count)]).to.deep.equal([index, index - 1]);
        expect(Math.abs(probability - 1 / count)).to.be.at.most(2 ** -32);
      }
    }
    expect(numgenProbability(0, 3)).to.equal(1431655766 / 2 ** 32);
    expect(numgenProbability(1, 3)).to.equal(1431655765 / 2 ** 32);
  });
});

describe('kube-proxy nftables', () => {
  balancerContract(kubeProxyNftables, { affinityTimeoutNs: 0 });
  balancerContract(kubeProxyNftables, { affinityTimeoutNs: 10800 * SECOND });
  balancerContract(kubeProxyNftables, { affinityTimeoutNs: 10 * SECOND });

  function create(pods: number, affinitySeconds = 0) {
    const place = testPlace('nftables');
    const balancer = kubeProxyNftables.create({ affinityTimeoutNs: affinitySeconds * SECOND }, place);
    balancer.update(endpointSet(Array.from({ length: pods }, (_, id) => ({ id }))));
    const candidates = (client: number): number => {
      const out = createExplanation();
      balancer.explain(flowOf(client), out);
      return out.candidates.length;
    };
    return { place, balancer, candidates };
  }

  it('keeps a client while its last connection is less than the time-out ago (l4.md 8.1, calc: T = 10)', () => {
    const { place, balancer, candidates } = create(5, 10);
    const first = balancer.pick(flowOf(1));
    place.nowNs = 10 * SECOND - 1;
    expect(candidates(1)).to.equal(1);
    place.nowNs = 10 * SECOND;
    expect(candidates(1)).to.equal(5);
    place.nowNs = 9 * SECOND;
    expect(balancer.pick(flowOf(1))).to.equal(first); // and that starts the time anew
    place.nowNs = 18.9 * SECOND;
    expect(candidates(1)).to.equal(1);
  });

  it('remembers more than the 100 clients of iptables', () => {
    const { balancer, candidates } = create(1, 10800);
    for (let client = 1; client <= 101; client++) balancer.pick(flowOf(client));
    expect([1, 2, 101].map(candidates)).to.deep.equal([1, 1, 1]);
    const two = create(2, 10800);
    for (let client = 1; client <= 1000; client++) two.balancer.pick(flowOf(client));
    expect(two.candidates(1)).to.equal(1);
  });

  it('starts with an empty set when an endpoint comes back', () => {
    const { balancer, candidates } = create(2, 10800);
    const first = balancer.pick(flowOf(1));
    balancer.update(endpointSet([{ id: 1 - first }]));
    balancer.update(endpointSet([{ id: 0 }, { id: 1 }]));
    expect(candidates(1)).to.equal(2);
  });

  it('falls back to endpoints that still serve while they terminate, and rejects without any', () => {
    const { balancer } = create(2);
    balancer.update(
      endpointSet([
        { id: 1, conditions: SERVING | TERMINATING },
        { id: 2, conditions: TERMINATING },
      ]),
    );
    expect(balancer.pick(flowOf(1))).to.equal(1);
    balancer.update(endpointSet([{ id: 2, conditions: TERMINATING }]));
    expect(balancer.pick(flowOf(1))).to.equal(REJECT);
    balancer.update(endpointSet([{ id: 3, conditions: READY | SERVING }]));
    expect(balancer.pick(flowOf(1))).to.equal(3);
  });
});
