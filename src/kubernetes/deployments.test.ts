import { expect } from 'chai';
import fc from 'fast-check';
import { deployment, kubectl, podNames, service, world } from '../testing/kubernetes-world.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { BroughtUp } from './bring-up.ts';
import { rollingLimits } from './deployments.ts';
import type { Deployment } from './objects.ts';
import { isActive, isReady, isTerminating } from './pod-state.ts';

const slowStart = { containers: [{ name: 'main', readinessProbe: { initialDelaySeconds: 10, periodSeconds: 5 } }], terminationGracePeriodSeconds: 5 };
const counts = ({ cluster }: BroughtUp) => ({
  active: cluster.list('Pod').filter(isActive).length,
  ready: cluster.list('Pod').filter((pod) => isReady(pod) && !isTerminating(pod)).length,
});

/** Steps through time and gathers every count seen. */
function watchCounts(result: BroughtUp, clock: ManualClock, seconds: number): readonly { active: number; ready: number }[] {
  return Array.from({ length: seconds * 2 }, () => {
    clock.advanceTo(clock.now / 1e9 + 0.5);
    return counts(result);
  });
}

describe('Deployments', () => {
  it('roll within maxSurge and maxUnavailable', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 10, { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }, slowStart), service('web')], clock);
    const before = podNames(result);
    clock.advanceTo(1);
    kubectl(result, 'kubectl rollout restart deployment/web');
    const seen = watchCounts(result, clock, 120);
    expect(Math.max(...seen.map(({ active }) => active))).to.be.at.most(13);
    expect(Math.min(...seen.map(({ ready }) => ready))).to.be.at.least(8);
    expect(podNames(result)).to.have.length(10);
    expect(podNames(result).filter((name) => before.includes(name))).to.deep.equal([]);
    expect(result.cluster.get('Deployment', 'default', 'web')?.status).to.deep.equal({
      replicas: 10,
      updatedReplicas: 10,
      readyReplicas: 10,
      availableReplicas: 10,
    });
  });

  it('begin a roll as the real controller does: surge first, then take away what may be missing', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 10, {}, slowStart)], clock); // 25 %: 3 more, 2 fewer
    clock.advanceTo(1);
    kubectl(result, 'kubectl rollout restart deployment/web');
    clock.advanceTo(2);
    expect(result.cluster.list('ReplicaSet').map((replicaSet) => replicaSet.spec.replicas)).to.deep.equal([8, 5]);
  });

  it('wait for minReadySeconds before they go on', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 2, { minReadySeconds: 30, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })], clock);
    clock.advanceTo(1);
    kubectl(result, 'kubectl rollout restart deployment/web');
    clock.advanceTo(30);
    expect(result.cluster.list('ReplicaSet').map((replicaSet) => replicaSet.spec.replicas)).to.deep.equal([2, 1]);
    clock.advanceTo(32);
    expect(result.cluster.list('ReplicaSet').map((replicaSet) => replicaSet.spec.replicas)).to.deep.equal([1, 2]);
    clock.advanceTo(70);
    expect(result.cluster.list('ReplicaSet').map((replicaSet) => replicaSet.spec.replicas)).to.deep.equal([0, 2]);
  });

  it('recreate only after the last old pod is gone', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 3, { strategy: { type: 'Recreate' } }, slowStart)], clock);
    clock.advanceTo(1);
    kubectl(result, 'kubectl rollout restart deployment/web');
    clock.advanceTo(5);
    expect(counts(result).active).to.equal(0);
    clock.advanceTo(40);
    expect(counts(result)).to.deep.equal({ active: 3, ready: 3 });
  });

  it('end at the wanted number whatever is done to them', () => {
    const step = fc.oneof(
      fc.nat(8).map((n) => `kubectl scale deployment/web --replicas=${n}`),
      fc.constant('kubectl rollout restart deployment/web'),
      fc.constant('kubectl delete pod -l app=web'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.nat(20)), { maxLength: 8 }), (steps) => {
        const clock = new ManualClock();
        const result = world([deployment('web', 3, {}, slowStart)], clock);
        let wanted = 3;
        for (const [line, wait] of steps) {
          kubectl(result, line);
          wanted = Number(/replicas=(\d+)/.exec(line)?.[1] ?? wanted);
          clock.advanceTo(clock.now / 1e9 + wait);
        }
        clock.advanceTo(clock.now / 1e9 + 600);
        expect(counts(result)).to.deep.equal({ active: wanted, ready: wanted });
        expect(podNames(result)).to.have.length(wanted);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('scale but do not roll while paused', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 2)], clock);
    const web = result.cluster.get('Deployment', 'default', 'web') as Deployment;
    result.cluster.update({
      ...web,
      spec: { ...web.spec, paused: true, replicas: 3, template: { ...web.spec.template, metadata: { labels: { app: 'web', v: '2' } } } },
    });
    clock.advanceTo(1);
    expect(result.cluster.list('ReplicaSet').map((replicaSet) => replicaSet.spec.replicas)).to.deep.equal([3]);
  });

  it('take their ReplicaSets and pods with them', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 2)], clock);
    kubectl(result, 'kubectl delete deployment web');
    clock.advanceTo(31);
    expect([...result.cluster.list('ReplicaSet'), ...result.cluster.list('Pod')]).to.deep.equal([]);
  });

  it('round percentages: surge up, unavailable down, never both to nothing', () => {
    const limits = (replicas: number, maxSurge: unknown, maxUnavailable: unknown) =>
      rollingLimits(deployment('a', replicas, { strategy: { rollingUpdate: { maxSurge, maxUnavailable } } }) as Deployment);
    expect(limits(10, '25%', '25%')).to.deep.equal({ surge: 3, unavailable: 2 });
    expect(limits(3, '25%', '25%')).to.deep.equal({ surge: 1, unavailable: 0 });
    expect(limits(3, 0, '10%')).to.deep.equal({ surge: 0, unavailable: 1 });
    expect(limits(2, 0, 5)).to.deep.equal({ surge: 0, unavailable: 2 });
  });
});
