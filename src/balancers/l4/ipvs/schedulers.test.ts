/** The kernel's schedulers on a list given as it stands in the kernel: A first. Vectors of l4.md 8.4; `calc` = worked out there from the kernel's code. */
import { expect } from 'chai';
import fc from 'fast-check';
import { RandomStream } from '../../../random/stream.ts';
import { createFlow, type Flow } from '../../balancer.ts';
import { bucketOf } from './hash-tables.ts';
import type { MaglevHash } from './maglev-hash.ts';
import { type Overhead, overheadOf, type Scheduler } from './scheduler.ts';
import { createScheduler, SCHEDULERS, type SchedulerName } from './schedulers.ts';
import { VirtualServer } from './virtual-server.ts';

interface Bench {
  readonly server: VirtualServer;
  readonly scheduler: Scheduler;
  nowNs: number;
  /** Sends a long-lived connection; the letter of who got it, `-` when refused. */
  send(flow?: Flow): string;
  set(destination: number, active: number, inactive?: number): void;
}

function list(weights: readonly number[], name = (i: number) => `10.244.0.${weights.length - i}:8080`) {
  return weights.map((weight, i) => ({ endpoint: i, name: name(i), weight, isNew: true }));
}

function bench(name: SchedulerName, weights: readonly number[], overhead: Overhead = '256a+i'): Bench {
  const server = new VirtualServer();
  const scheduler = createScheduler(name, { server, random: new RandomStream({ high: 1, low: 2 }), now: () => one.nowNs, overhead });
  const one: Bench = {
    server,
    scheduler,
    nowNs: 0,
    send: (flow = createFlow()) => {
      const destination = scheduler.pick(flow);
      if (destination < 0) return '-';
      server.active[destination]++;
      scheduler.counted(destination);
      return String.fromCharCode(65 + server.endpoints[destination]);
    },
    set: (destination, active, inactive = 0) => {
      server.active[destination] = active;
      server.inactive[destination] = inactive;
      scheduler.counted(destination);
    },
  };
  scheduler.changed(server.replace(list(weights)));
  return one;
}

function sequence({ send }: Bench, count: number): string {
  return Array.from({ length: count }, () => send()).join('');
}

function from(address: string): Flow {
  const flow = createFlow();
  flow.sourceAddress = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return flow;
}

const CLIENTS = ['10.0.0.1', '10.0.0.2', '192.168.1.10', '203.0.113.7'];

describe('ipvs schedulers (l4.md 8.4)', () => {
  it('wrr goes round by weight (calc)', () => {
    expect(sequence(bench('wrr', [4, 3, 2]), 18)).to.equal('AABABCABCAABABCABC');
    expect(sequence(bench('wrr', [6, 3, 3]), 8)).to.equal('AABCAABC');
    expect(sequence(bench('wrr', [1, 1, 1]), 6)).to.equal('ABCABC');
    expect(sequence(bench('wrr', [0, 0]), 1)).to.equal('-');
  });

  it('wlc, sed and nq fill by weight (calc)', () => {
    expect(sequence(bench('wlc', [1, 2, 3]), 12)).to.equal('ABCCBCABCCBC');
    expect(sequence(bench('sed', [1, 2, 3]), 12)).to.equal('CBCABCCBCABC');
    expect(sequence(bench('nq', [1, 2, 3]), 12)).to.equal('ABCCBCCBCABC');
  });

  for (const name of ['sed', 'lc', 'nq', 'wlc'] as const) {
    it(`${name} with equal weights goes round (calc)`, () => {
      expect(sequence(bench(name, [1, 1, 1]), 6)).to.equal('ABCABC');
    });
  }

  it('lc counts an active connection as 256 or 257 inactive ones, by kernel (calc)', () => {
    const first = (overhead: Overhead, [a, b]: readonly (readonly [number, number])[]): string => {
      const one = bench('lc', [1, 1], overhead);
      one.set(0, ...a);
      one.set(1, ...b);
      return one.send();
    };
    const idle = [
      [1, 0],
      [0, 256],
    ] as const;
    const busy = [
      [2, 0],
      [1, 256],
    ] as const;
    expect([first('256a+i', idle), first('257a+i', idle)]).to.deep.equal(['A', 'B']);
    expect([first('256a+i', busy), first('257a+i', busy)]).to.deep.equal(['A', 'B']);
  });

  it('lc sends everything to a new destination until it has caught up (calc)', () => {
    const one = bench('lc', [1, 1, 1]);
    one.set(0, 50);
    one.set(1, 50);
    expect(sequence(one, 50)).to.equal('C'.repeat(50));
    expect(sequence(one, 3)).to.equal('ABC');
  });

  it('sh names a bucket by the source address (calc)', () => {
    expect(CLIENTS.map((client) => bucketOf(from(client).sourceAddress))).to.deep.equal([39, 137, 248, 124]);
    const { send } = bench('sh', [1, 1, 1]); // .3, .2, .1 are A, B, C
    expect(CLIENTS.map((client) => send(from(client))).join('')).to.equal('ACCB');
  });

  it('sh gives as many buckets in a row as there is weight, at least one', () => {
    const { scheduler } = bench('sh', [2, 0, 1]);
    expect(Array.from(scheduler.slots?.().subarray(0, 8) ?? [])).to.deep.equal([0, 0, 1, 2, 0, 0, 1, 2]);
  });

  it('dh sends all connections to one address to one destination (calc)', () => {
    const one = bench('dh', [1, 1, 1]);
    const flow = from('10.0.0.1');
    flow.destinationAddress = 0x0a600a0a;
    const first = one.send(flow);
    for (let client = 0; client < 20; client++) {
      flow.sourceAddress = 0x0a000000 + client;
      expect(one.send(flow)).to.equal(first);
    }
  });

  describe('mh', () => {
    it('has the kernel’s preferences and fills the table evenly (calc)', () => {
      const { scheduler } = bench('mh', [1, 1, 1]);
      const mh = scheduler as MaglevHash;
      expect([0, 1, 2].map((i) => mh.preferences(i))).to.deep.equal([
        { offset: 2276, skip: 968 },
        { offset: 3371, skip: 3045 },
        { offset: 3907, skip: 2089 },
      ]);
      expect(slotCounts(mh, 3)).to.deep.equal([1365, 1364, 1364]);
    });

    it('looks clients up by their address (calc)', () => {
      const one = bench('mh', [1, 1, 1]);
      const mh = one.scheduler as MaglevHash;
      expect(CLIENTS.map((client) => mh.slotOf(from(client).sourceAddress))).to.deep.equal([3711, 1884, 3323, 1705]);
      expect(CLIENTS.map((client) => one.send(from(client))).join('')).to.equal('CCBB');
    });

    it('gives slots by weight (calc)', () => {
      expect(slotCounts(bench('mh', [1, 2, 3]).scheduler, 3)).to.deep.equal([683, 1364, 2046]);
    });

    it('leaves its slots to a destination of weight 0, whose clients are refused', () => {
      const one = bench('mh', [1, 1, 1]);
      const before = one.scheduler.slots?.().slice();
      one.scheduler.changed(one.server.replace(list([1, 0, 1]).map((destination) => ({ ...destination, isNew: false }))));
      expect(one.scheduler.slots?.()).to.deep.equal(before);
      expect(CLIENTS.map((client) => one.send(from(client))).join('')).to.equal('CC--');
    });

    it('keeps the table while there are more destinations than slots', () => {
      const one = bench('mh', [1, 1]);
      const before = one.scheduler.slots?.().slice();
      const more = Array.from({ length: 4092 }, (_, i) => ({ endpoint: 2 + i, name: `10.1.${i >> 8}.${i & 255}:80`, weight: 1, isNew: true }));
      const old = list([1, 1]).map((destination) => ({ ...destination, isNew: false }));
      one.scheduler.changed(one.server.replace([...more, ...old]));
      expect(one.scheduler.slots?.()).to.deep.equal(before?.map((destination) => destination + 4092));
    });

    function slotCounts(scheduler: Scheduler, destinations: number): number[] {
      const counts = new Array<number>(destinations).fill(0);
      for (const destination of scheduler.slots?.() ?? []) counts[destination]++;
      return counts;
    }
  });

  describe('lblc', () => {
    it('stays until it is overloaded while another is idle, then goes on with the least loaded', () => {
      const one = bench('lblc', [1, 1, 1]);
      expect(sequence(one, 6)).to.equal('AABBCC'); // the second is no overload yet: active > weight needs 2
      expect(sequence(one, 3)).to.equal('CCC'); // nobody is idle any more
      one.set(0, 0);
      expect(sequence(one, 2)).to.equal('AA');
    });

    it('forgets what was not used for a day, at a sweep each half hour', () => {
      const asked = (nowNs: number): string => {
        const one = bench('lblc', [1, 1]);
        one.set(0, 1);
        expect(one.send()).to.equal('B');
        one.set(0, 0);
        one.set(1, 1);
        one.nowNs = nowNs;
        return one.send();
      };
      expect(asked(86399e9)).to.equal('B');
      expect(asked(86400e9)).to.equal('A');
    });
  });

  describe('lblcr', () => {
    it('adds to its set while members are overloaded and another is idle', () => {
      const one = bench('lblcr', [1, 1, 1]);
      expect(sequence(one, 6)).to.equal('AABBCC');
      // now all three are in the set and nobody is idle: least loaded of the set, the one that joined last first
      expect(sequence(one, 6)).to.equal('CBACBA');
    });

    it('drops the most loaded of a set that has not changed for a day', () => {
      const one = bench('lblcr', [1, 1]);
      expect(sequence(one, 3)).to.equal('AAB');
      one.set(1, 4);
      one.set(0, 3);
      one.nowNs = 86401e9 - 1800e9;
      expect(one.send()).to.equal('A'); // used: so it is not forgotten
      one.nowNs = 86401e9;
      expect(one.send()).to.equal('B'); // chosen before the set loses its most loaded, B has 4 and A 4: the last joined
      one.set(0, 5);
      one.set(1, 0);
      expect(one.scheduler.law(createFlow()).shares).to.deep.equal([{ destination: 1, probability: 1 }]);
    });
  });

  it('fo sends all to the highest weight, ovf until that has more than its weight', () => {
    expect(sequence(bench('fo', [1, 3, 3]), 4)).to.equal('BBBB');
    expect(sequence(bench('ovf', [1, 3, 2]), 10)).to.equal('BBBBCCCAA-');
  });

  it('twos favours the first in the list, as its draw includes both ends', () => {
    const { scheduler, server } = bench('twos', [1, 1, 1]);
    const share = (destination: number) => scheduler.law(createFlow()).shares[destination].probability;
    expect([0, 1, 2].map(share)).to.deep.equal([0.5, 0.25, 0.25]);
    server.active[0] = 1;
    expect(share(0)).to.be.closeTo(0.25, 1e-12); // only when both draws name it
    expect(share(1)).to.be.closeTo(0.25 * (0.5 + 1), 1e-12);
  });

  it('pick by the law they tell, whatever came before (property)', () => {
    const step = fc.record({ destination: fc.nat(5), active: fc.nat(4), inactive: fc.nat(600), weight: fc.nat(3) });
    fc.assert(
      fc.property(
        fc.constantFrom(...SCHEDULERS),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 }),
        fc.array(step, { maxLength: 12 }),
        (name, weights, steps) => {
          const one = bench(name, weights);
          const current = [...weights];
          for (const { destination, active, inactive, weight } of steps) {
            if (weight !== current[destination]) {
              current[destination] = weight;
              one.scheduler.changed(one.server.replace(list(current).map((each) => ({ ...each, isNew: false }))));
            }
            one.set(destination, active, inactive);
            one.nowNs += 1e9;
            const { shares } = one.scheduler.law(createFlow());
            const picked = one.scheduler.pick(createFlow());
            if (shares.length === 0) expect(picked).to.equal(-1);
            else expect(shares.filter(({ probability }) => probability > 0).map((share) => share.destination)).to.include(picked);
            if (picked >= 0) expect(current[picked]).to.be.above(0);
          }
        },
      ),
      { seed: 42, numRuns: 600 },
    );
  });

  for (const name of ['lc', 'wlc', 'sed', 'nq'] as const) {
    it(`${name} chooses what the kernel’s scan would (property)`, () => {
      const step = fc.record({ destination: fc.nat(7), active: fc.nat(5), inactive: fc.nat(3) });
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 8, maxLength: 8 }), fc.array(step, { maxLength: 40 }), (weights, steps) => {
          const one = bench(name, weights, '257a+i');
          for (const { destination, active, inactive } of steps) {
            one.set(destination, active, inactive);
            expect(one.scheduler.pick(createFlow())).to.equal(scan(name, one.server));
          }
        }),
        { seed: 42 },
      );
    });
  }
});

/** As the kernel walks its list. */
function scan(name: 'lc' | 'wlc' | 'sed' | 'nq', server: VirtualServer): number {
  let least = -1;
  const cost = (i: number) => (name === 'sed' || name === 'nq' ? server.active[i] + 1 : overheadOf(server, i, '257a+i'));
  const weight = (i: number) => (name === 'lc' ? 1 : server.weights[i]);
  for (let i = 0; i < server.count; i++) {
    if (server.weights[i] === 0) continue;
    if (name === 'nq' && server.active[i] === 0) return i;
    if (least < 0 || cost(least) * weight(i) > cost(i) * weight(least)) least = i;
  }
  return least;
}
