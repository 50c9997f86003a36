import { expect } from 'chai';
import type { LawSpec } from '../random/law.ts';
import { addLink, CROSS_ZONE, EXTERNAL_LINK, SAME_NODE, SAME_ZONE, Topology } from './topology.ts';

const constant = (seconds: number): LawSpec => ({ law: 'constant', value: seconds });
const LATENCY = { sameNode: constant(50e-6), sameZone: constant(300e-6), crossZone: constant(1e-3), external: constant(18e-3) };
const topology = new Topology(['a', 'a', 'b', '', ''], LATENCY);

describe('links between places', () => {
  it('go by node and zone; nodes without a zone are in one together', () => {
    expect(topology.link(0, 0)).to.equal(SAME_NODE);
    expect(topology.link(0, 1)).to.equal(SAME_ZONE);
    expect(topology.link(0, 2)).to.equal(CROSS_ZONE);
    expect(topology.link(3, 4)).to.equal(SAME_ZONE);
    expect(topology.isCrossZone(1, 2)).to.equal(true);
  });

  it('from outside are external, whichever way; the network around the cluster is as far as another zone', () => {
    expect(topology.link(topology.external, 0)).to.equal(EXTERNAL_LINK);
    expect(topology.link(0, topology.external)).to.equal(EXTERNAL_LINK);
    expect(topology.link(topology.vpc, 0)).to.equal(CROSS_ZONE);
    expect(topology.link(topology.vpc, topology.external)).to.equal(EXTERNAL_LINK);
  });

  it('add up to a way', () => {
    expect(topology.meanDelay(0)).to.equal(0);
    expect(topology.meanDelay(addLink(0, SAME_NODE))).to.equal(50_000);
    expect(topology.meanDelay(addLink(addLink(0, EXTERNAL_LINK), SAME_ZONE))).to.equal(18_300_000);
  });

  it('have one delay each when latencies are constant', () => {
    expect(topology.isConstant).to.equal(true);
    expect(topology.drawDelay(addLink(0, CROSS_ZONE), 1, 2, 3)).to.equal(1_000_000);
  });

  it('draw the same delay for the same key and another for the next, around the mean', () => {
    const noisy = new Topology(['a', 'b'], { ...LATENCY, crossZone: { law: 'exponential', mean: 1e-3 } });
    expect(noisy.isConstant).to.equal(false);
    const way = addLink(addLink(0, CROSS_ZONE), CROSS_ZONE);
    const draws = Array.from({ length: 4000 }, (_, counter) => noisy.drawDelay(way, 7, 8, counter));
    expect(noisy.drawDelay(way, 7, 8, 0)).to.equal(draws[0]);
    expect(new Set(draws.slice(0, 50)).size).to.equal(50);
    expect(draws.reduce((a, b) => a + b) / draws.length).to.be.closeTo(2e6, 1e5);
    const variance = draws.reduce((sum, draw) => sum + (draw - 2e6) ** 2, 0) / draws.length;
    expect(variance).to.be.closeTo(2e12, 3e11); // the two links draw independently
  });
});
