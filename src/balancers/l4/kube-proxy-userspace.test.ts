import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, testPlace } from '../../testing/balancer-contract.ts';
import { createExplanation } from '../balancer.ts';
import { kubeProxyUserspace } from './kube-proxy-userspace.ts';

const SECOND = 1e9;
const pods = (...ids: number[]) => endpointSet(ids.map((id) => ({ id })));

describe('kube-proxy userspace', () => {
  balancerContract(kubeProxyUserspace, { affinityTimeoutNs: 0 });
  balancerContract(kubeProxyUserspace, { affinityTimeoutNs: 10800 * SECOND });
  balancerContract(kubeProxyUserspace, { affinityTimeoutNs: 10 * SECOND });

  it('goes round, in an order that is shuffled when the endpoints change and stays otherwise', () => {
    const balancer = kubeProxyUserspace.create({ affinityTimeoutNs: 0 }, testPlace('round'));
    balancer.update(pods(1, 2, 3, 4, 5));
    const round = Array.from({ length: 5 }, () => balancer.pick(flowOf(1)));
    expect(round.toSorted()).to.deep.equal([1, 2, 3, 4, 5]);
    balancer.pick(flowOf(1));
    balancer.update(pods(1, 2, 3, 4, 5));
    expect(Array.from({ length: 5 }, () => balancer.pick(flowOf(1)))).to.deep.equal([...round.slice(1), round[0]]);
    balancer.update(pods(1, 2, 3, 4));
    expect(Array.from({ length: 4 }, () => balancer.pick(flowOf(1))).toSorted()).to.deep.equal([1, 2, 3, 4]);
    const starts = new Set(
      Array.from({ length: 20 }, (_, node) => {
        const other = kubeProxyUserspace.create({ affinityTimeoutNs: 0 }, testPlace(`node ${node}`));
        other.update(pods(1, 2, 3, 4, 5));
        return other.pick(flowOf(1));
      }),
    );
    expect(starts.size).to.be.above(2); // unlike ipvs, nodes do not begin at the same pod
  });

  it('keeps a client by whole seconds since its last connection', () => {
    const place = testPlace('affinity');
    const balancer = kubeProxyUserspace.create({ affinityTimeoutNs: 10 * SECOND }, place);
    balancer.update(pods(1, 2, 3));
    const isKept = (atNs: number): boolean => {
      place.nowNs = atNs;
      const out = createExplanation();
      balancer.explain(flowOf(1), out);
      return out.remembered !== null;
    };
    const first = balancer.pick(flowOf(1));
    expect(isKept(9.999 * SECOND)).to.equal(true);
    expect(isKept(10 * SECOND)).to.equal(false);
    place.nowNs = 9 * SECOND;
    expect(balancer.pick(flowOf(1))).to.equal(first);
    expect(isKept(18 * SECOND)).to.equal(true);
  });
});
