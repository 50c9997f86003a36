/** What planes remember of clients, held against plain maps. */
import { expect } from 'chai';
import fc from 'fast-check';
import { AffinityMap } from './affinity-map.ts';
import { AffinitySets } from './affinity-sets.ts';
import { ClientTable } from './client-table.ts';
import { PersistenceTemplates } from './persistence-templates.ts';
import { RecentLists } from './recent-lists.ts';

describe('client table', () => {
  it('finds what was put in and not taken out (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ address: fc.nat(60), isIn: fc.boolean() }), { maxLength: 200 }), (steps) => {
        const table = new ClientTable();
        const rows = new Map<number, number>();
        for (const { address, isIn } of steps) {
          const row = rows.get(address * 0x1000193);
          if (isIn && row === undefined) rows.set(address * 0x1000193, table.add((address * 0x1000193) >>> 0));
          if (!isIn && row !== undefined) {
            table.remove(row);
            rows.delete(address * 0x1000193);
          }
          expect(table.count).to.equal(rows.size);
        }
        for (let address = 0; address <= 60; address++) expect(table.find((address * 0x1000193) >>> 0)).to.equal(rows.get(address * 0x1000193) ?? -1);
        expect(new Set(rows.values()).size).to.equal(rows.size);
      }),
      { seed: 42 },
    );
  });
});

/** The lists as maps from address to stamp, in order of the stamps. */
class PlainLists {
  lists = new Map<number, Map<number, number>>();
  readonly limit: number;
  readonly isFullRefusing: boolean;
  readonly isValid: (age: number) => boolean;

  constructor(limit: number, isFullRefusing: boolean, isValid: (age: number) => boolean) {
    this.limit = limit;
    this.isFullRefusing = isFullRefusing;
    this.isValid = isValid;
  }

  update(ids: readonly number[]): void {
    this.lists = new Map(ids.map((id) => [id, this.lists.get(id) ?? new Map()]));
  }

  find(address: number, now: number): number {
    return [...this.lists.values()].findIndex((list) => this.isValid(now - (list.get(address) ?? -1e18)));
  }

  stamp(address: number, position: number, now: number): void {
    const list = [...this.lists.values()][position];
    const isKnown = list.delete(address);
    if (!isKnown && this.isFullRefusing) for (const [old, stamp] of list) if (!this.isValid(now - stamp)) list.delete(old);
    if (!isKnown && list.size >= this.limit) {
      if (this.isFullRefusing) return;
      list.delete([...list.keys()][0]);
    }
    list.set(address, now);
  }
}

interface Step {
  readonly address: number;
  readonly position: number;
  readonly wait: number;
  /** A new chain; empty = no change. */
  readonly change: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  address: fc.nat(20),
  position: fc.nat(10),
  wait: fc.nat(4),
  change: fc.oneof({ weight: 7, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.uniqueArray(fc.nat(5), { minLength: 1 }) }),
});

function compare(real: RecentLists | AffinitySets, plain: PlainLists, steps: readonly Step[]): void {
  let ids: readonly number[] = [0, 1, 2];
  let now = 0;
  real.update(Int32Array.from(ids));
  plain.update(ids);
  for (const { address, position, wait, change } of steps) {
    now += wait;
    if (change.length > 0) {
      ids = change;
      real.update(Int32Array.from(ids));
      plain.update(ids);
    }
    for (let one = 0; one <= 20; one++) expect(real.find(one, now)).to.equal(plain.find(one, now));
    real.stamp(address, position % ids.length, now);
    plain.stamp(address, position % ids.length, now);
  }
}

describe('lists of recent clients', () => {
  it('keep what plain maps keep: oldest out, age inclusive (property)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => compare(new RecentLists(10, 3), new PlainLists(3, false, (age) => age <= 10), steps)),
      { seed: 42 },
    );
  });

  it('as sets of nftables: age exclusive (property)', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => compare(new AffinitySets(10), new PlainLists(65535, true, (age) => age < 10), steps)),
      { seed: 42 },
    );
  });

  it('take no further client into a full set, until one has timed out', () => {
    const sets = new AffinitySets(100);
    sets.update(Int32Array.of(7));
    for (let client = 0; client < 65535; client++) sets.stamp(client, 0, client === 0 ? 0 : 50);
    sets.stamp(70000, 0, 60);
    expect([sets.find(0, 60), sets.find(65534, 60), sets.find(70000, 60)]).to.deep.equal([0, 0, -1]);
    sets.stamp(70000, 0, 100);
    expect(sets.find(70000, 100)).to.equal(0);
  });
});

describe('affinity map', () => {
  it('forgets the client not noted for longest when it is full', () => {
    const map = new AffinityMap(2);
    map.note(1, 10, 0);
    map.note(2, 20, 1);
    map.note(1, 11, 2);
    map.note(3, 30, 3);
    expect([1, 2, 3].map((client) => map.find(client, 0))).to.deep.equal([11, -1, 30]);
    map.forgetBefore(3);
    expect([1, 2, 3].map((client) => map.find(client, 0))).to.deep.equal([-1, -1, 30]);
  });
});

describe('persistence templates', () => {
  it('are dropped when they have run out, and stay right for the others', () => {
    const templates = new PersistenceTemplates(100);
    for (let client = 0; client < 5000; client++) templates.connect(client, client % 7, client);
    expect(templates.find(4899, 4999)).to.equal(-1);
    expect(templates.find(4900, 4999)).to.equal(4900 % 7);
    expect(templates.find(4999, 4999)).to.equal(4999 % 7);
  });
});
