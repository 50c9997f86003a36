import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, type TestPlace, testPlace } from '../testing/balancer-contract.ts';
import type { Balancer } from './balancer.ts';
import { createExplanation } from './balancer.ts';
import { type IdealConfig, ideal } from './ideal.ts';

const base: IdealConfig = { policy: 'random', choices: 2, replacement: false, ties: 'random', weighted: false, view: { type: 'own' } };
const DONE = { ok: true, latencyNs: 0 };

function create(config: Partial<IdealConfig>, members: { id: number; weight?: number }[]): { balancer: Balancer; place: TestPlace } {
  const place = testPlace('ideal');
  const balancer = ideal.create({ ...base, ...config }, place);
  balancer.update(endpointSet(members));
  return { balancer, place };
}

function picks(balancer: Balancer, count: number): number[] {
  return Array.from({ length: count }, () => balancer.pick(flowOf(1)));
}

describe('ideal', () => {
  const live = { type: 'shared', refreshNs: 0 } as const;
  const copied = { type: 'shared', refreshNs: 1e9 } as const;
  for (const view of [base.view, live, copied]) {
    for (const ties of ['random', 'first'] as const) balancerContract(ideal, { ...base, policy: 'least_connections', ties, view });
    balancerContract(ideal, { ...base, policy: 'power_of_choices', view });
    balancerContract(ideal, { ...base, policy: 'power_of_choices', choices: 3, replacement: true, view });
    balancerContract(ideal, { ...base, policy: 'join_idle_queue', view });
    balancerContract(ideal, { ...base, policy: 'least_work_left', view });
  }
  for (const weighted of [false, true]) balancerContract(ideal, { ...base, policy: 'random', weighted });
  balancerContract(ideal, { ...base, policy: 'least_connections', weighted: true });
  balancerContract(ideal, { ...base, policy: 'round_robin' });

  it('walks in a circle with round_robin, and goes on behind the last endpoint after a change', () => {
    const { balancer } = create({ policy: 'round_robin' }, [{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(picks(balancer, 4)).to.deep.equal([1, 2, 3, 1]);
    balancer.update(endpointSet([{ id: 1 }, { id: 3 }, { id: 4 }]));
    expect(picks(balancer, 4)).to.deep.equal([3, 4, 1, 3]);
  });

  it('counts attempts from start to finish, not picks', () => {
    const { balancer } = create({ policy: 'least_connections', ties: 'first' }, [{ id: 1 }, { id: 2 }]);
    expect(picks(balancer, 2)).to.deep.equal([1, 1]);
    balancer.started(1, 0);
    expect(picks(balancer, 2)).to.deep.equal([2, 2]);
    balancer.finished(1, DONE, 0);
    expect(picks(balancer, 1)).to.deep.equal([1]);
  });

  it('still counts the open attempts of an endpoint that left and came back', () => {
    const { balancer } = create({ policy: 'least_connections', ties: 'first' }, [{ id: 1 }, { id: 2 }]);
    balancer.started(1, 0);
    balancer.started(1, 0);
    balancer.started(2, 0);
    balancer.update(endpointSet([{ id: 2 }]));
    balancer.started(1, 0); // picked before the news
    balancer.finished(1, DONE, 0);
    balancer.finished(1, DONE, 0);
    balancer.update(endpointSet([{ id: 1 }, { id: 2 }]));
    balancer.started(2, 0);
    expect(picks(balancer, 1)).to.deep.equal([1]);
    balancer.started(1, 0);
    balancer.started(1, 0);
    expect(picks(balancer, 1)).to.deep.equal([2]);
  });

  it('minimises (n + 1) ÷ weight when weighted', () => {
    const { balancer } = create({ policy: 'least_connections', weighted: true, ties: 'first' }, [
      { id: 1, weight: 3 },
      { id: 2, weight: 1 },
    ]);
    const seen = Array.from({ length: 8 }, () => {
      const endpoint = balancer.pick(flowOf(1));
      balancer.started(endpoint, 0);
      return endpoint;
    });
    expect(seen).to.deep.equal([1, 1, 1, 2, 1, 1, 1, 2]);
  });

  it('splits by weight when random is weighted (D18: 5:3:1:1)', () => {
    const { balancer } = create({ weighted: true }, [{ id: 1, weight: 5 }, { id: 2, weight: 3 }, { id: 3 }, { id: 4 }]);
    const shares = new Map<number, number>();
    for (const endpoint of picks(balancer, 100000)) shares.set(endpoint, (shares.get(endpoint) ?? 0) + 1e-5);
    for (const [id, share] of [
      [1, 0.5],
      [2, 0.3],
      [3, 0.1],
      [4, 0.1],
    ])
      expect(shares.get(id)).to.be.closeTo(share, 0.006);
  });

  it('sees the true state of all pods in the shared view', () => {
    const { balancer, place } = create({ policy: 'least_connections', view: live }, [{ id: 1 }, { id: 2 }]);
    place.truth.inSystem[1] = 1;
    balancer.started(2, 0);
    expect(picks(balancer, 1)).to.deep.equal([2]);
  });

  it('sees a copy made at 0, T, 2T … and corrects nothing in between', () => {
    const { balancer, place } = create({ policy: 'least_connections', view: copied, ties: 'first' }, [{ id: 1 }, { id: 2 }]);
    expect(place.timers).to.deep.equal([{ atNs: 1e9, tag: 0 }]);
    place.truth.inSystem[1] = 5;
    balancer.started(1, 0);
    place.nowNs = 1e9 - 1;
    expect(picks(balancer, 1)).to.deep.equal([1]);
    place.nowNs = 1e9;
    balancer.tick(0);
    expect(picks(balancer, 1)).to.deep.equal([2]);
    expect(place.timers[1]).to.deep.equal({ atNs: 2e9, tag: 0 });
  });

  it('joins an idle pod if there is one, else a random one', () => {
    const { balancer } = create({ policy: 'join_idle_queue' }, [{ id: 1 }, { id: 2 }, { id: 3 }]);
    balancer.started(1, 0);
    balancer.started(2, 0);
    expect(new Set(picks(balancer, 20))).to.deep.equal(new Set([3]));
    balancer.started(3, 0);
    balancer.started(3, 0);
    expect(new Set(picks(balancer, 50))).to.deep.equal(new Set([1, 2, 3]));
  });

  it('sends to the least work left, not to the fewest requests', () => {
    const { balancer, place } = create({ policy: 'least_work_left' }, [{ id: 1 }, { id: 2 }]);
    place.truth.workNs.fill(1e9);
    balancer.started(1, 9e6);
    balancer.started(2, 2e6);
    balancer.started(2, 3e6);
    expect(picks(balancer, 1)).to.deep.equal([2]);
    place.truth.workNs[1] = 4e6; // half of the long one is done
    expect(picks(balancer, 1)).to.deep.equal([1]);
  });

  it('tells the law of two choices with and without replacement', () => {
    const law = (replacement: boolean): number[] => {
      const { balancer } = create({ policy: 'power_of_choices', replacement }, [{ id: 1 }, { id: 2 }]);
      balancer.started(2, 0);
      const out = createExplanation();
      balancer.explain(flowOf(1), out);
      return out.candidates.map((c) => c.probability);
    };
    expect(law(false)).to.deep.equal([1]);
    expect(law(true)).to.deep.equal([0.75, 0.25]);
  });
});
