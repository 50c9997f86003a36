/** "Upstream" cases are those of kubernetes/endpointslice `topologycache/topologycache_test.go`, as l4.md 8.3 lists them. */
import { expect } from 'chai';
import { deployment, kubectl, nodes, service, world } from '../testing/kubernetes-world.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { BroughtUp } from './bring-up.ts';
import { allocate, type HintedSlice, proportionalHints } from './endpoint-hints.ts';
import type { KubernetesObject, SliceEndpoint } from './objects.ts';
import { serviceEndpoints } from './service-endpoints.ts';

const equal = (zones: number) => new Map(['a', 'b', 'c'].slice(0, zones).map((zone) => [zone, 1 / zones]));

/** Zones of the endpoints, e.g. `aaab`. */
function slice(zones: string, isChanged = true): HintedSlice {
  return { endpoints: [...zones].map((zone, i) => ({ addresses: [`10.0.0.${i}`], zone })), isChanged };
}

const zonesOf = (endpoints: readonly SliceEndpoint[]) => endpoints.map(({ hints }) => hints?.forZones?.map(({ name }) => name).join('+') ?? '-').join('');

describe('hints in proportion to CPUs', () => {
  describe('with zones of equal CPU (l4.md 8.3)', () => {
    for (const { zones, kept, dropped } of [
      { zones: 3, kept: [3, 6, 7, 9, 10, 12, 13, 14, 15, 17, 20], dropped: [2, 4, 5, 8, 11] },
      { zones: 2, kept: [2, 4, 6, 8, 9, 10, 11, 12], dropped: [3, 5] },
    ]) {
      it(`${zones} zones keep hints for ${kept.join(', ')} endpoints and drop them for ${dropped.join(', ')}`, () => {
        for (const n of kept) expect(allocate(equal(zones), n), String(n)).to.be.instanceOf(Map);
        for (const n of dropped) expect(allocate(equal(zones), n), String(n)).to.be.a('string');
      });
    }
  });

  it('are dropped with the reason of the event', () => {
    const refusal = (zones: string, ratios: ReadonlyMap<string, number> | null) => proportionalHints([slice(zones)], ratios).refusal;
    expect(refusal('abc', null)).to.equal('Insufficient Node information: allocatable CPU or zone not specified on one or more nodes');
    expect(refusal('aaa', equal(1))).to.equal('Nodes only ready in one zone');
    expect(refusal('ab', equal(3))).to.equal('Insufficient number of endpoints (2 endpoints, 3 zones)');
    expect(refusal('aaaabbbbccc', equal(3))).to.equal(
      'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (11 endpoints, 3 zones)',
    );
    const { refusal: unknown } = proportionalHints(
      [{ endpoints: [...slice('ab').endpoints, { addresses: ['10.0.0.9'] }, ...slice('c').endpoints], isChanged: true }],
      equal(2),
    );
    expect(unknown).to.equal('One or more endpoints do not have a zone specified');
  });

  it('upstream: two endpoints in two zones of 0.45 and 0.55 are each hinted to their own', () => {
    const ratios = new Map([
      ['a', 0.45],
      ['b', 0.55],
    ]);
    expect(proportionalHints([slice('ab')], ratios).slices.map(zonesOf)).to.deep.equal(['ab']);
  });

  it('upstream: zones of 0.35, 0.35, 0.3 with 5, 2, 3 endpoints get 4, 3, 3, by the first of zone a', () => {
    const ratios = new Map([
      ['a', 0.35],
      ['b', 0.35],
      ['c', 0.3],
    ]);
    expect(proportionalHints([slice('aaaab'), slice('abccc')], ratios).slices.map(zonesOf)).to.deep.equal(['baaab', 'abccc']);
  });

  it('of slices that are not written stay, and count', () => {
    const [hinted] = proportionalHints([slice('aaab')], equal(2)).slices;
    const unchanged = { endpoints: hinted, isChanged: false };
    const again = proportionalHints([unchanged, slice('bb')], equal(2));
    expect(again.slices[0]).to.equal(hinted);
    expect(again.slices.map(zonesOf)).to.deep.equal(['baab', 'ab']);
  });

  it('of endpoints that are not ready are none', () => {
    const [first, ...rest] = slice('aabb').endpoints;
    const endpoints = [{ ...first, conditions: { ready: false } }, ...rest, ...slice('a').endpoints];
    expect(proportionalHints([{ endpoints, isChanged: true }], equal(2)).slices.map(zonesOf)).to.deep.equal(['-abba']);
  });
});

describe('hints in the cluster', () => {
  const AUTO = { 'service.kubernetes.io/topology-mode': 'Auto' };
  const annotated = (object: KubernetesObject, annotations: Readonly<Record<string, string>>): KubernetesObject => ({
    ...object,
    metadata: { ...object.metadata, annotations },
  });
  const hintsOf = ({ cluster }: BroughtUp) =>
    serviceEndpoints(cluster, 'default', 'web', '').map(({ zone, zoneHints, node, nodeHints }) => ({ zone, zoneHints, node, nodeHints }));
  const eventsOf = ({ cluster }: BroughtUp) => cluster.events.of('Service', 'default', 'web').map(({ reason, message }) => `${reason}: ${message}`);

  it('PreferClose and PreferSameZone hint each endpoint to its own zone', () => {
    for (const trafficDistribution of ['PreferClose', 'PreferSameZone']) {
      const hints = hintsOf(world([deployment('web', 4), service('web', { trafficDistribution })]));
      expect(hints).to.have.length(4);
      for (const { zone, zoneHints, nodeHints } of hints) expect([zoneHints, nodeHints]).to.deep.equal([[zone], []]);
    }
  });

  it('PreferSameNode hints to the node, and to its zone', () => {
    for (const { zone, zoneHints, node, nodeHints } of hintsOf(world([deployment('web', 4), service('web', { trafficDistribution: 'PreferSameNode' })])))
      expect([zoneHints, nodeHints]).to.deep.equal([[zone], [node]]);
  });

  it('there are none without being asked for, and none where nodes have no zone', () => {
    expect(hintsOf(world([deployment('web', 2), service('web')])).flatMap(({ zoneHints }) => zoneHints)).to.deep.equal([]);
    const bare = world([deployment('web', 2), service('web', { trafficDistribution: 'PreferClose' })], undefined, { nodes: nodes(3, ['']) });
    expect(hintsOf(bare).flatMap(({ zoneHints }) => zoneHints)).to.deep.equal([]);
  });

  it('the annotation wins over the field, and says so when there are too few endpoints', () => {
    const auto = (replicas: number) => world([deployment('web', replicas), annotated(service('web', { trafficDistribution: 'PreferClose' }), AUTO)]);
    expect(eventsOf(auto(3))).to.deep.equal(['TopologyAwareHintsEnabled: Topology Aware Hints has been enabled']);
    expect(
      hintsOf(auto(3))
        .flatMap(({ zoneHints }) => zoneHints)
        .sort(),
    ).to.deep.equal(['a', 'b', 'c']);
    expect(eventsOf(auto(2))).to.deep.equal(['TopologyAwareHintsDisabled: Insufficient number of endpoints (2 endpoints, 3 zones)']);
    expect(hintsOf(auto(2)).flatMap(({ zoneHints }) => zoneHints)).to.deep.equal([]);
  });

  it('come and go with the number of endpoints', () => {
    const clock = new ManualClock();
    const result = world([deployment('web', 3), annotated(service('web'), AUTO)], clock);
    kubectl(result, 'kubectl scale deployment/web --replicas=4');
    clock.advanceTo(1);
    expect(hintsOf(result).flatMap(({ zoneHints }) => zoneHints)).to.deep.equal([]);
    kubectl(result, 'kubectl scale deployment/web --replicas=6');
    clock.advanceTo(2);
    expect(
      hintsOf(result)
        .flatMap(({ zoneHints }) => zoneHints)
        .sort()
        .join(''),
    ).to.equal('aabbcc');
    expect(eventsOf(result).map((text) => text.split(':')[0])).to.deep.equal([
      'TopologyAwareHintsEnabled',
      'TopologyAwareHintsDisabled',
      'TopologyAwareHintsEnabled',
    ]);
  });

  it('do not count control plane nodes', () => {
    const withControlPlane = [...nodes(2, ['a', 'b']), { ...nodes(1)[0], name: 'cp', zone: 'c', labels: { 'node-role.kubernetes.io/control-plane': '' } }];
    const result = world([deployment('web', 2, {}, { nodeSelector: { role: 'worker' } }), annotated(service('web'), AUTO)], undefined, {
      nodes: withControlPlane.map((node) => (node.name === 'cp' ? node : { ...node, labels: { role: 'worker' } })),
    });
    expect(eventsOf(result)).to.deep.equal(['TopologyAwareHintsEnabled: Topology Aware Hints has been enabled']);
  });
});
