import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, type TestPlace, testPlace } from '../../testing/balancer-contract.ts';
import { type Balancer, createExplanation, READY, REJECT, SERVING, TERMINATING } from '../balancer.ts';
import { chainProbabilities, kernelProbability, probabilityText } from './iptables-chain.ts';
import { kubeProxyIptables } from './kube-proxy-iptables.ts';

const SECOND = 1e9;

function create(pods: number, affinitySeconds = 0): { balancer: Balancer; place: TestPlace } {
  const place = testPlace('iptables');
  const balancer = kubeProxyIptables.create({ affinityTimeoutNs: affinitySeconds * SECOND }, place);
  balancer.update(endpointSet(Array.from({ length: pods }, (_, id) => ({ id }))));
  return { balancer, place };
}

describe('iptables chain', () => {
  it('prints probabilities with ten decimals (Kubernetes TestComputeProbability)', () => {
    const texts = [1, 2, 10, 100, 1000, 10000, 100000, 100001].map((n) => probabilityText(n));
    expect(texts).to.deep.equal([
      '1.0000000000',
      '0.5000000000',
      '0.1000000000',
      '0.0100000000',
      '0.0010000000',
      '0.0001000000',
      '0.0000100000',
      '0.0000099999',
    ]);
  });

  it('rounds to 31 bits as the kernel does', () => {
    expect([5, 4, 3, 2].map((n) => kernelProbability(n) * 2 ** 31)).to.deep.equal([429496730, 536870912, 715827883, 1073741824]);
    const three = chainProbabilities(3);
    [0.333333333489, 0.333333333256, 0.333333333256].forEach((p, i) => {
      expect(three[i]).to.be.closeTo(p, 1e-12);
    });
    expect(chainProbabilities(5)[0]).to.be.closeTo(0.200000000186, 1e-12);
    expect(chainProbabilities(5)[4]).to.be.closeTo(0.199999999907, 1e-12);
    expect(chainProbabilities(1)).to.deep.equal([1]);
  });

  it('deviates from an even split as computed in rational arithmetic (K01)', () => {
    const deviation = (n: number, rule?: (remaining: number) => number): number => Math.max(...chainProbabilities(n, rule).map((p) => Math.abs(p * n - 1)));
    const printed = (decimals: number) => (remaining: number) => Number(probabilityText(remaining, decimals));
    expect(deviation(10, printed(10))).to.be.closeTo(3.125e-10, 0.02 * 3.125e-10);
    expect(deviation(10)).to.be.closeTo(1.28574e-9, 0.02 * 1.28574e-9);
    expect(deviation(10, printed(5))).to.be.closeTo(2.125e-5, 0.02 * 2.125e-5);
    expect(deviation(100, printed(10))).to.be.closeTo(4.83401e-9, 0.02 * 4.83401e-9);
    expect(deviation(100)).to.be.closeTo(2.23517e-8, 0.02 * 2.23517e-8);
    expect(deviation(100, printed(5))).to.be.closeTo(4.07531e-4, 0.02 * 4.07531e-4);
  });

  it('would send too much to the last endpoint if every rule said 1/n (K01)', () => {
    const naive = (n: number): number => chainProbabilities(n, (remaining) => (remaining === 1 ? 1 : 1 / n))[n - 1];
    expect(naive(10)).to.be.closeTo(0.38742, 1e-5);
    expect(naive(100)).to.be.closeTo(0.36973, 1e-5);
  });

  it('repeats a printed probability first at 320 endpoints with five decimals, at 100,224 with ten (K02)', () => {
    const firstRepeat = (decimals: number): number => {
      let n = 2;
      while (probabilityText(n, decimals) !== probabilityText(n - 1, decimals)) n++;
      return n;
    };
    expect(firstRepeat(5)).to.be.closeTo(320, 1);
    expect(firstRepeat(10)).to.be.closeTo(100224, 1);
  });
});

describe('kube-proxy iptables', () => {
  balancerContract(kubeProxyIptables, { affinityTimeoutNs: 0 });
  balancerContract(kubeProxyIptables, { affinityTimeoutNs: 10800 * SECOND });
  balancerContract(kubeProxyIptables, { affinityTimeoutNs: 10 * SECOND });

  it('orders its chain by the text of ip:port', () => {
    const balancer = kubeProxyIptables.create({ affinityTimeoutNs: 0 }, testPlace('order'));
    balancer.update(
      endpointSet([
        { id: 2, name: '10.0.0.2:80' },
        { id: 10, name: '10.0.0.10:80' },
        { id: 3, name: '10.0.0.3:80' },
      ]),
    );
    const out = createExplanation();
    balancer.explain(flowOf(1), out);
    expect(out.candidates.map((c) => c.endpoint)).to.deep.equal([10, 2, 3]);
    expect(out.candidates.map((c) => c.probability)).to.deep.equal(chainProbabilities(3));
  });

  it('falls back to endpoints that still serve while terminating when none is ready', () => {
    const balancer = kubeProxyIptables.create({ affinityTimeoutNs: 0 }, testPlace('fallback'));
    balancer.update(
      endpointSet([
        { id: 1, conditions: SERVING | TERMINATING },
        { id: 2, conditions: TERMINATING },
        { id: 3, conditions: 0 },
      ]),
    );
    expect(balancer.pick(flowOf(1))).to.equal(1);
    balancer.update(
      endpointSet([
        { id: 1, conditions: SERVING | TERMINATING },
        { id: 3, conditions: READY | SERVING },
      ]),
    );
    expect(balancer.pick(flowOf(1))).to.equal(3);
    balancer.update(endpointSet([{ id: 2, conditions: TERMINATING }]));
    expect(balancer.pick(flowOf(1))).to.equal(REJECT);
  });

  it('lands 5 connections on one of 3 pods in 1.23 % of trials, 10 on one of 2 in 0.195 % (K03)', () => {
    const trial = (connections: number, pods: number): { allSame: number; everyPod: number } => {
      const { balancer } = create(pods);
      const flow = flowOf(1);
      const result = { allSame: 0, everyPod: 0 };
      for (let i = 0; i < 1e6; i++) {
        let used = 0;
        for (let c = 0; c < connections; c++) used |= 1 << balancer.pick(flow);
        if ((used & (used - 1)) === 0) result.allSame += 1e-6;
        if (used === (1 << pods) - 1) result.everyPod += 1e-6;
      }
      return result;
    };
    const three = trial(5, 3);
    expect(three.allSame).to.be.closeTo(0.0123457, 0.03 * 0.0123457);
    expect(three.everyPod).to.be.closeTo(0.617284, 0.03 * 0.617284);
    const two = trial(10, 2);
    expect(two.allSame).to.be.closeTo(0.00195312, 0.06 * 0.00195312); // 0.195 % of 1e6 has a standard error of 2.3 %
    expect(two.everyPod).to.be.closeTo(0.998047, 0.001);
  });

  it('spreads 10 connections over 3 pods as a multinomial does (K04)', () => {
    const { balancer } = create(3);
    const flow = flowOf(1);
    const trials = 200000;
    let sumOfMax = 0;
    let idle = 0;
    let squares = 0;
    const counts = new Int32Array(3);
    for (let i = 0; i < trials; i++) {
      counts.fill(0);
      for (let c = 0; c < 10; c++) counts[balancer.pick(flow)]++;
      sumOfMax += Math.max(counts[0], counts[1], counts[2]);
      for (const count of counts) {
        if (count === 0) idle++;
        squares += (count - 10 / 3) ** 2 / 3;
      }
    }
    expect(sumOfMax / trials).to.be.closeTo(4.92659, 0.01 * 4.92659);
    expect(idle / trials).to.be.closeTo(0.0520246, 0.03 * 0.0520246);
    expect(Math.sqrt(squares / trials)).to.be.closeTo(1.49071, 0.01 * 1.49071);
  });

  describe('affinity', () => {
    it('keeps a client until the time-out after its last connection, inclusive', () => {
      const { balancer, place } = create(5, 10);
      const explainAt = (atNs: number): number => {
        place.nowNs = atNs;
        const out = createExplanation();
        balancer.explain(flowOf(1), out);
        return out.candidates.length;
      };
      const first = balancer.pick(flowOf(1));
      expect(explainAt(10 * SECOND)).to.equal(1);
      expect(balancer.pick(flowOf(1))).to.equal(first);
      expect(explainAt(20 * SECOND)).to.equal(1);
      expect(balancer.pick(flowOf(1))).to.equal(first);
      expect(explainAt(30.1 * SECOND)).to.equal(5);
    });

    it('moves 80 % of clients after 10,801 idle seconds and none after 10,799 (K15, 5 pods)', () => {
      const moved = (idleSeconds: number): number => {
        let count = 0;
        const { balancer, place } = create(5, 10800);
        for (let trial = 0; trial < 20000; trial++) {
          const flow = flowOf(trial);
          const before = balancer.pick(flow);
          place.nowNs += idleSeconds * SECOND;
          if (balancer.pick(flow) !== before) count++;
        }
        return count / 20000;
      };
      expect(moved(10801)).to.be.closeTo(0.8, 0.02 * 0.8);
      expect(moved(10799)).to.equal(0);
    });

    it('remembers 100 addresses an endpoint, and drops the one not seen for longest', () => {
      const { balancer, place } = create(1, 10800);
      for (let client = 1; client <= 101; client++) {
        place.nowNs += SECOND;
        balancer.pick(flowOf(client));
      }
      const remembered = (client: number): boolean => {
        const out = createExplanation();
        balancer.explain(flowOf(client), out);
        return out.remembered !== null;
      };
      expect([1, 2, 101].map(remembered)).to.deep.equal([false, true, true]);
      balancer.pick(flowOf(2)); // seen again, so 3 is now the oldest
      balancer.pick(flowOf(1));
      expect([1, 2, 3, 4].map(remembered)).to.deep.equal([true, true, false, true]);
    });

    it('starts with an empty list when an endpoint comes back', () => {
      const { balancer } = create(2, 10800);
      const first = balancer.pick(flowOf(1));
      balancer.update(endpointSet([{ id: 1 - first }]));
      balancer.update(endpointSet([{ id: 0 }, { id: 1 }]));
      const out = createExplanation();
      balancer.explain(flowOf(1), out);
      expect(out.candidates).to.have.length(2);
    });

    it('uses as many pods as there are source addresses (H12: 10 pods, 2 addresses)', () => {
      let samePod = 0;
      for (let trial = 0; trial < 5000; trial++) {
        const place = testPlace(`nat ${trial}`);
        const balancer = kubeProxyIptables.create({ affinityTimeoutNs: 10800 * SECOND }, place);
        balancer.update(endpointSet(Array.from({ length: 10 }, (_, id) => ({ id }))));
        const one = Array.from({ length: 5 }, () => balancer.pick(flowOf(1)));
        expect(new Set(one).size).to.equal(1);
        if (balancer.pick(flowOf(2)) === one[0]) samePod++;
      }
      expect(samePod / 5000).to.be.closeTo(0.1, 0.015);
    });
  });
});
