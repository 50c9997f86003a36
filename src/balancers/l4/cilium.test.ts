import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, type TestPlace, testPlace } from '../../testing/balancer-contract.ts';
import { type Balancer, createExplanation, DROP, REJECT } from '../balancer.ts';
import { type CiliumConfig, ciliumDatapath } from './cilium-datapath.ts';
import { backendText, CILIUM_HASH_SEED, clientHash, type HashSeed, maglevSlots, parseHashSeed, preferences } from './cilium-maglev.ts';
import { ciliumSocket, remainderProbability } from './cilium-socket.ts';

const SECOND = 1e9;
const SEED = parseHashSeed(CILIUM_HASH_SEED) as HashSeed;
const THREE = ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080'].map((name) => backendText(name));
const equal = (names: readonly string[], size: number): Int32Array =>
  maglevSlots(
    names,
    names.map(() => 1),
    size,
    SEED.murmur,
  );

function countsOf(slots: Int32Array): number[] {
  const counts: number[] = [];
  for (const member of slots) counts[member] = (counts[member] ?? 0) + 1;
  return counts;
}

/** `member(times),…`, as the upstream test writes a table. */
function runLengths(slots: Int32Array): string {
  const runs: [number, number][] = [];
  for (const member of slots) {
    const last = runs.at(-1);
    if (last?.[0] === member) last[1]++;
    else runs.push([member, 1]);
  }
  return runs.map(([member, times]) => `${member}(${times})`).join(',');
}

describe('Cilium’s Maglev table (l4.md 8.5)', () => {
  it('takes its seeds from twelve bytes', () => {
    expect(SEED).to.deep.equal({ murmur: 0x24b7ef82, jhash: 0x71dcda46 });
    expect(parseHashSeed('JLfvgnHc2kaSUFa')).to.equal(null);
    expect(parseHashSeed('JLfvgnHc2kaSUFa=')).to.equal(null);
  });

  it('is the same table as upstream’s with weights (upstream: TestReproducible)', () => {
    const names = ['0.0.0.1:1', '0.0.0.3:3', '0.0.0.4:4', '0.0.0.5:5'].map((name) => backendText(name));
    const text = runLengths(maglevSlots(names, [2, 13, 111, 10], 251, SEED.murmur));
    expect(text.startsWith('2(5),3(1),2(3),1(1),2(2),0(1),2(1),3(1)')).to.equal(true, text);
    expect(text.endsWith('1(1),2(7)')).to.equal(true, text);
  });

  it('gives slots by weight (upstream: TestWeightedBackendWithRemoval)', () => {
    const names = ['0.0.0.1:1', '0.0.0.2:2', '0.0.0.3:3', '0.0.0.4:4'].map((name) => backendText(name));
    expect(countsOf(maglevSlots(names, [2, 13, 111, 10], 1021, SEED.murmur))).to.deep.equal([16, 98, 832, 75]);
  });

  it('changes less than 1 % of the others’ slots when a backend goes (upstream: TestBackendRemoval)', () => {
    const before = equal(THREE, 1021);
    const after = equal(THREE.slice(0, 2), 1021);
    expect(before.filter((member, slot) => member !== 2 && member !== after[slot]).length).to.be.below(0.01 * 1021);
  });

  for (const { size, numbers, counts, first } of [
    {
      size: 251,
      numbers: [
        [173, 229],
        [238, 20],
        [46, 201],
      ],
      counts: [84, 84, 83],
      first: [3, 3, 3, 3, 3, 2, 1, 2, 3, 3, 3, 1, 2, 3, 2, 1],
    },
    {
      size: 16381,
      numbers: [
        [11788, 16309],
        [11765, 4330],
        [5207, 7771],
      ],
      counts: [5461, 5460, 5460],
      first: [1, 3, 2, 3, 3, 3, 1, 2, 2, 2, 1, 2, 3, 2, 2, 3],
    },
  ]) {
    it(`of three equal backends with ${size} slots (calc)`, () => {
      expect(THREE.map((text) => Object.values(preferences(text, size, SEED.murmur)))).to.deep.equal(numbers);
      const slots = equal(THREE, size);
      expect(countsOf(slots)).to.deep.equal(counts);
      expect(Array.from(slots.subarray(0, 16), (member) => member + 1)).to.deep.equal(first);
    });
  }

  it('loses backend 3 with 12 slots of the others moved (calc)', () => {
    const before = equal(THREE, 16381);
    const after = equal(THREE.slice(0, 2), 16381);
    expect(before.filter((member, slot) => member !== 2 && member !== after[slot])).to.have.length(12);
    expect(countsOf(after)).to.deep.equal([8191, 8190]);
  });

  it('is the same with equal weights of any size', () => {
    const heavy = THREE.map(() => 100);
    expect(maglevSlots(THREE, heavy, 1021, SEED.murmur)).to.deep.equal(equal(THREE, 1021));
  });

  it('gives every backend as many slots as the others, or one more (as H04 proves)', () => {
    const names = Array.from({ length: 1000 }, (_, i) => backendText(`10.1.${i >> 8}.${i & 255}:80`));
    const counts = countsOf(equal(names, 65521));
    expect([Math.min(...counts), Math.max(...counts)]).to.deep.equal([65, 66]);
  });
});

describe('Cilium’s socket load balancer', () => {
  balancerContract(ciliumSocket, { affinityTimeoutNs: 0 });
  balancerContract(ciliumSocket, { affinityTimeoutNs: 10800 * SECOND });
  balancerContract(ciliumSocket, { affinityTimeoutNs: 10 * SECOND });

  function create(affinitySeconds: number): { balancer: Balancer; place: TestPlace } {
    const place = testPlace('socket');
    const balancer = ciliumSocket.create({ affinityTimeoutNs: affinitySeconds * SECOND }, place);
    balancer.update(endpointSet([{ id: 1 }, { id: 2 }, { id: 3 }]));
    return { balancer, place };
  }

  it('has the probabilities of 32 bits mod n', () => {
    expect([0, 1, 2].map((slot) => remainderProbability(slot, 3) * 2 ** 32)).to.deep.equal([1431655766, 1431655765, 1431655765]);
    expect(remainderProbability(0, 1)).to.equal(1);
  });

  it('keeps a client from its last connect() until just before the time-out; its packets do not count', () => {
    const { balancer, place } = create(10);
    const isKept = (atNs: number): boolean => {
      place.nowNs = atNs;
      const out = createExplanation();
      balancer.explain(flowOf(1), out);
      return out.remembered !== null;
    };
    const first = balancer.pick(flowOf(1));
    place.nowNs = 5 * SECOND;
    balancer.closed(first, 'client', flowOf(1).sourceAddress);
    expect([isKept(10 * SECOND - 1), isKept(10 * SECOND)]).to.deep.equal([true, false]);
  });

  it('leads a UDP socket to the same backend while their number stays', () => {
    const { balancer } = create(0);
    const flow = flowOf(5);
    flow.protocol = 17;
    const first = balancer.pick(flow);
    for (let i = 0; i < 10; i++) expect(balancer.pick(flow)).to.equal(first);
    const met = new Set(
      Array.from({ length: 40 }, (_, port) => {
        flow.sourcePort = 40000 + port;
        return balancer.pick(flow);
      }),
    );
    expect(met.size).to.equal(3);
  });

  it('fails connect() without a backend', () => {
    const { balancer } = create(0);
    balancer.update(endpointSet([]));
    expect(balancer.pick(flowOf(1))).to.equal(REJECT);
  });
});

describe('Cilium’s load balancer for packets', () => {
  const config = (algorithm: 'random' | 'maglev', affinitySeconds = 0): CiliumConfig => ({
    affinityTimeoutNs: affinitySeconds * SECOND,
    algorithm,
    tableSize: 1021,
    seed: SEED,
    protocol: 'TCP',
  });
  for (const algorithm of ['random', 'maglev'] as const) {
    balancerContract(ciliumDatapath, config(algorithm));
    balancerContract(ciliumDatapath, config(algorithm, 10800));
  }

  function create(some: CiliumConfig, seed = 'datapath'): { balancer: Balancer; place: TestPlace } {
    const place = testPlace(seed);
    const balancer = ciliumDatapath.create(some, place);
    balancer.update(endpointSet([{ id: 1 }, { id: 2 }, { id: 3 }]));
    return { balancer, place };
  }

  it('chooses alike on all nodes with maglev, whatever address was asked', () => {
    const [one, other] = [create(config('maglev'), 'one').balancer, create(config('maglev'), 'other').balancer];
    for (let client = 0; client < 200; client++) {
      const flow = flowOf(client);
      const first = one.pick(flow);
      flow.destinationAddress = 0x0a600099;
      expect(other.pick(flow)).to.equal(first);
    }
  });

  it('hashes the client’s port, unless there is affinity', () => {
    const flow = flowOf(1);
    const hashes = (hasAffinity: boolean) =>
      new Set(
        Array.from({ length: 50 }, (_, i) => {
          flow.sourcePort = 40000 + i;
          return clientHash(flow, SEED.jhash, hasAffinity);
        }),
      ).size;
    expect([hashes(false), hashes(true)]).to.deep.equal([50, 1]);
  });

  it('keeps a client from its last packet on, and an old connection’s packets overwrite what a newer one noted', () => {
    const { balancer, place } = create(config('random', 10));
    const keptOn = (): number | undefined => {
      const out = createExplanation();
      balancer.explain(flowOf(1), out);
      return out.remembered?.endpoint;
    };
    const { sourceAddress } = flowOf(1);
    const first = balancer.pick(flowOf(1));
    place.nowNs = 9 * SECOND;
    balancer.packet?.(first, sourceAddress);
    place.nowNs = 19 * SECOND - 1;
    expect(keptOn()).to.equal(first);
    place.nowNs = 19 * SECOND;
    expect(keptOn()).to.equal(undefined);
    const other = first === 1 ? 2 : 1;
    balancer.packet?.(other, sourceAddress);
    expect(keptOn()).to.equal(other);
    balancer.update(endpointSet([{ id: first }, { id: 3 }]));
    expect(keptOn()).to.equal(undefined);
  });

  it('drops without a backend', () => {
    const { balancer } = create(config('maglev'));
    balancer.update(endpointSet([]));
    expect(balancer.pick(flowOf(1))).to.equal(DROP);
  });
});
