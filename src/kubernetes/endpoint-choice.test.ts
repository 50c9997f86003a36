/** The cases named "upstream" are those of kube-proxy's own `pkg/proxy/topology_test.go`, as l4.md 8.2 lists them. */
import { expect } from 'chai';
import { type Choosable, type ChoosingNode, chooseEndpoints, type PolicyUse, policyUse } from './endpoint-choice.ts';
import type { Service } from './objects.ts';

const HERE: ChoosingNode = { name: 'here', zone: 'zone-a' };
const CLUSTER: PolicyUse = { usesCluster: true, usesLocal: false };
const LOCAL_TOO: PolicyUse = { usesCluster: true, usesLocal: true };
const ONLY_LOCAL: PolicyUse = { usesCluster: false, usesLocal: true };

function endpoint(last: number, more: Partial<Choosable> = {}): Choosable & { readonly last: number } {
  return { last, node: 'elsewhere', ready: true, serving: true, terminating: false, zoneHints: [], nodeHints: [], ...more };
}

function hinted(last: number, ...zones: string[]): ReturnType<typeof endpoint> {
  return endpoint(last, { zoneHints: zones.map((zone) => `zone-${zone}`) });
}

const TERMINATING = { ready: false, serving: true, terminating: true };
const NOT_READY = { ready: false, serving: false };

/** Last bytes of the addresses chosen. */
function choose(endpoints: readonly ReturnType<typeof endpoint>[], use = CLUSTER, node = HERE) {
  const choice = chooseEndpoints(endpoints, use, node);
  const named = (list: readonly number[] | null) => list?.map((position) => endpoints[position].last) ?? null;
  return { cluster: named(choice.cluster), local: named(choice.local), hasAny: choice.hasAny, mode: choice.mode };
}

describe('endpoints that a node uses', () => {
  describe('upstream: hints', () => {
    const four = [hinted(3, 'a'), hinted(4, 'b'), hinted(5, 'c'), hinted(6, 'a')];

    it('narrow to the node’s zone when every ready endpoint has one', () => {
      expect(choose(four)).to.deep.equal({ cluster: [3, 6], local: null, hasAny: true, mode: 'same-zone' });
    });

    it('are off when one ready endpoint has none', () => {
      expect(choose([...four.slice(0, 3), endpoint(6)])).to.deep.include({ cluster: [3, 4, 5, 6], mode: 'all' });
    });

    it('of endpoints that are not ready do not count', () => {
      const slow = (last: number) => ({ ...hinted(last, 'a'), ...NOT_READY });
      expect(choose([slow(3), hinted(4, 'b'), hinted(5, 'c'), slow(6)])).to.deep.include({ cluster: [4, 5], mode: 'all' });
    });

    it('may name several zones', () => {
      const several = [hinted(3, 'a', 'b', 'c'), hinted(4, 'b', 'c'), hinted(5, 'b', 'd'), hinted(6, 'c')];
      expect(choose(several, CLUSTER, { name: 'here', zone: 'zone-c' }).cluster).to.deep.equal([3, 4, 6]);
    });

    it('for other zones only leave the node with all', () => {
      expect(choose([hinted(3, 'a')], CLUSTER, { name: 'here', zone: 'zone-b' })).to.deep.include({ cluster: [3], mode: 'all' });
    });

    it('do not touch the local list', () => {
      const mixed = [{ ...hinted(3, 'a'), node: 'here' }, { ...hinted(4, 'b'), node: 'here' }, hinted(5, 'b'), hinted(6, 'a')];
      expect(choose(mixed, LOCAL_TOO)).to.deep.include({ cluster: [3, 6], local: [3, 4] });
    });
  });

  it('hints mean nothing to a node without a zone', () => {
    expect(choose([hinted(3, 'a'), hinted(4, 'b')], CLUSTER, { name: 'here', zone: '' }).cluster).to.deep.equal([3, 4]);
  });

  it('node hints come before zone hints, and fall back to them', () => {
    const both = (last: number, node: string, zone: string) => ({ ...hinted(last, zone), nodeHints: [node] });
    const endpoints = [both(3, 'here', 'a'), both(4, 'other', 'a'), both(5, 'far', 'b')];
    expect(choose(endpoints)).to.deep.include({ cluster: [3], mode: 'same-node' });
    expect(choose(endpoints.slice(1))).to.deep.include({ cluster: [4], mode: 'same-zone' });
    expect(choose(endpoints.slice(2))).to.deep.include({ cluster: [5], mode: 'all' });
  });

  describe('upstream: terminating endpoints', () => {
    it('serve on while none is ready anywhere', () => {
      expect(choose([endpoint(0, TERMINATING), endpoint(1, TERMINATING)])).to.deep.include({ cluster: [0, 1], hasAny: true });
    });

    it('serve on in the local list while none is ready on the node', () => {
      const endpoints = [endpoint(0), endpoint(1, { ...NOT_READY, node: 'here' }), endpoint(2, { ...TERMINATING, node: 'here' }), endpoint(3, TERMINATING)];
      expect(choose(endpoints, LOCAL_TOO)).to.deep.include({ cluster: [0], local: [2] });
    });
  });

  it('terminating endpoints take nothing new before Kubernetes 1.26', () => {
    const choice = chooseEndpoints([endpoint(0, TERMINATING)], CLUSTER, HERE, false);
    expect(choice).to.deep.include({ cluster: [], hasAny: false });
  });

  it('upstream: with policy Local and ready endpoints elsewhere only, nothing is usable here but something is', () => {
    expect(choose([endpoint(0), endpoint(1)], ONLY_LOCAL)).to.deep.equal({ cluster: null, local: [], hasAny: true, mode: 'all' });
  });

  it('upstream: without local traffic there is no local list', () => {
    expect(choose([endpoint(0, { node: 'here' }), endpoint(1)])).to.deep.include({ cluster: [0, 1], local: null });
  });

  it('nothing is usable anywhere without a ready or still serving endpoint', () => {
    expect(choose([endpoint(0, NOT_READY)], LOCAL_TOO)).to.deep.include({ cluster: [], local: [], hasAny: false });
  });

  describe('which lists a Service needs', () => {
    const use = (internalTrafficPolicy: string, externalTrafficPolicy: string, isReachable: boolean) =>
      policyUse({ spec: { internalTrafficPolicy, externalTrafficPolicy } } as Service, isReachable);

    it('upstream: externalTrafficPolicy Local is ignored without a node port, external IP or load balancer', () => {
      expect(use('Cluster', 'Local', false)).to.deep.equal({ usesCluster: true, usesLocal: false });
      expect(use('Cluster', 'Local', true)).to.deep.equal({ usesCluster: true, usesLocal: true });
    });

    it('internalTrafficPolicy Local needs the cluster list only for the outside', () => {
      expect(use('Local', 'Cluster', false)).to.deep.equal({ usesCluster: false, usesLocal: true });
      expect(use('Local', 'Cluster', true)).to.deep.equal({ usesCluster: true, usesLocal: true });
    });
  });
});
