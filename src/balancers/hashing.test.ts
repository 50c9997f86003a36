/**
 * Cases of hashing and affinity with known answers (truth.json, section 3), by the algorithms that planes here stand on.
 * Without a plane yet: H03 and H11 (rings with other numbers of points, bounded loads), H05 (Envoy's weights), H09 and H10 (jump hash).
 */
import { expect } from 'chai';
import { mix32 } from '../random/stream.ts';
import { endpointSet, flowOf, testPlace } from '../testing/balancer-contract.ts';
import { HashRing } from './algorithms/hash-ring.ts';
import { MaglevTable } from './algorithms/maglev.ts';
import { preferences } from './l4/cilium-maglev.ts';
import { kubeProxyIptables } from './l4/kube-proxy-iptables.ts';
import { kubeProxyNftables } from './l4/kube-proxy-nftables.ts';
import { metallbBgp } from './l4/metallb-bgp.ts';

const pods = (count: number) => endpointSet(Array.from({ length: count }, (_, id) => ({ id, name: `10.244.${id >> 8}.${id & 255}:80` })));

describe('hashing and affinity with known answers', () => {
  for (const { clients, count, repetitions, max, empty } of [
    { clients: 100, count: 100, repetitions: 6000, max: 4.2326, empty: 36.6032 },
    { clients: 1000, count: 100, repetitions: 1500, max: 18.7617, empty: 0.00431712 },
    { clients: 10000, count: 100, repetitions: 200, max: 125.959, empty: 0 },
    { clients: 20, count: 5, repetitions: 12000, max: 6.43986, empty: 0.0576461 },
    { clients: 10, count: 3, repetitions: 12000, max: 4.92659, empty: 0.0520246 },
    { clients: 1000, count: 10, repetitions: 600, max: 115.664, empty: 0 },
  ]) {
    it(`H01-ballsbins-n${clients}-m${count}: the busiest pod of long-lived connections placed at random`, () => {
      const balancer = kubeProxyNftables.create({ affinityTimeoutNs: 0 }, testPlace(`H01 ${clients} ${count}`));
      balancer.update(pods(count));
      const flow = flowOf(1);
      const load = new Int32Array(count);
      let sumOfMax = 0;
      let sumOfEmpty = 0;
      for (let i = 0; i < repetitions; i++) {
        load.fill(0);
        for (let client = 0; client < clients; client++) load[balancer.pick(flow)]++;
        sumOfMax += load.reduce((a, b) => Math.max(a, b), 0);
        sumOfEmpty += load.reduce((idle, connections) => idle + (connections === 0 ? 1 : 0), 0);
      }
      expect(sumOfMax / repetitions).to.be.closeTo(max, 0.01 * max);
      expect(sumOfEmpty / repetitions).to.be.closeTo(empty, 0.01 * empty + 4 * Math.sqrt(empty / repetitions) + 1e-9);
    });
  }

  for (const { clients, skew, repetitions, max, squares, cv } of [
    { clients: 100, skew: 1, repetitions: 6000, max: 2.74627, squares: 0.154684, cv: 0.739486 },
    { clients: 1000, skew: 1, repetitions: 1200, max: 2.20593, squares: 0.126405, cv: 0.51386 },
    { clients: 1000, skew: 0, repetitions: 800, max: 1.15719, squares: 0.1009, cv: 0.0948683 },
  ]) {
    it(`H02-zipf-N${clients}-s${skew}.0-m10: shares of pods that clients of uneven rates are pinned to`, () => {
      const weights = Array.from({ length: clients }, (_, i) => 1 / (skew === 0 ? 1 : i + 1));
      const total = weights.reduce((a, b) => a + b, 0);
      let sumOfMax = 0;
      let sumOfSquares = 0;
      for (let i = 0; i < repetitions; i++) {
        const balancer = kubeProxyNftables.create({ affinityTimeoutNs: 10800e9 }, testPlace(`H02 ${i}`));
        balancer.update(pods(10));
        const share = new Float64Array(10);
        weights.forEach((weight, client) => {
          share[balancer.pick(flowOf(client))] += weight / total;
        });
        sumOfMax += share.reduce((a, b) => Math.max(a, b), 0) * 10;
        sumOfSquares += share.reduce((sum, one) => sum + one * one, 0);
        if (i === 0) for (const client of [0, 1, clients - 1]) expect(balancer.pick(flowOf(client))).to.equal(balancer.pick(flowOf(client)));
      }
      const meanSquares = sumOfSquares / repetitions;
      expect(sumOfMax / repetitions).to.be.closeTo(max, 0.015 * max);
      expect(meanSquares).to.be.closeTo(squares, 0.015 * squares);
      expect(Math.sqrt(10 * meanSquares - 1)).to.be.closeTo(cv, 0.03 * cv); // Σ share² = (1 + cv²) ÷ m
    });
  }

  for (const { size, count, least, most, extra, within } of [
    { size: 65537, count: 1000, least: 65, most: 66, extra: 0.00564567, within: 0.15 },
    { size: 655373, count: 100, least: 6553, most: 6554, extra: 0.00139513, within: 0.23 },
  ]) {
    it(`H04-maglev-M${size}-N${count}: even entries, and how many change hands when one backend goes`, () => {
      const fill = (members: readonly number[]): Int32Array => {
        const found = members.map((member) => preferences(`backend ${member}`, size, 7));
        const column = (name: 'offset' | 'skip') => Int32Array.from(found, (each) => each[name]);
        const table = new MaglevTable(size, column('offset'), column('skip'));
        for (let i = 0; !table.isFull; i = i + 1 === members.length ? 0 : i + 1) table.take(i);
        return table.slots.map((i) => members[i]);
      };
      const all = Array.from({ length: count }, (_, i) => i);
      const before = fill(all);
      const after = fill(all.slice(0, -1));
      const entries = new Int32Array(count);
      for (const member of before) entries[member]++;
      expect([entries.reduce((a, b) => Math.min(a, b)), entries.reduce((a, b) => Math.max(a, b))]).to.deep.equal([least, most]);
      const moved = before.filter((member, slot) => member !== count - 1 && member !== after[slot]).length / size;
      expect(moved).to.be.closeTo(extra, within * extra);
    });
  }

  it('H06-ring-remove-one: only keys of the removed pod move', () => {
    const names = Array.from({ length: 10 }, (_, i) => `10.244.0.${i}:80`);
    const before = new HashRing(names);
    const after = new HashRing(names.slice(0, 9));
    let moved = 0;
    for (let key = 0; key < 100_000; key++) {
      const hash = mix32(key) >>> 0;
      const owner = before.find(hash);
      if (after.find(hash) === owner) continue;
      expect(owner).to.equal(9);
      moved++;
    }
    expect(moved / 100_000).to.be.closeTo(0.1, 3 * 0.0095);
  });

  it('H08-modulo-add-one: all but one in eleven flows move where a router adds a next hop', () => {
    const router = metallbBgp.create({ hash: '5-tuple', resilient: false }, testPlace('H08'));
    const chosen = (count: number): Int32Array => {
      router.update(pods(count));
      return Int32Array.from({ length: 100_000 }, (_, client) => router.pick(flowOf(client)));
    };
    const before = chosen(10);
    const after = chosen(11);
    expect(before.filter((node, i) => node !== after[i]).length / 100_000).to.be.closeTo(0.909091, 0.004);
  });

  it('H12-affinity-NAT: all clients behind one address are one client', () => {
    const balancer = kubeProxyIptables.create({ affinityTimeoutNs: 10800e9 }, testPlace('H12'));
    balancer.update(pods(10));
    expect(new Set(Array.from({ length: 1000 }, () => balancer.pick(flowOf(1)))).size).to.equal(1);
  });
});
