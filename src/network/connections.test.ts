import { expect } from 'chai';
import fc from 'fast-check';
import { CONNECTING, Connections, type PoolConfig, Pools } from './connections.ts';

const NONE = -1;
const POOL: PoolConfig = { target: 0, place: 0, key: 0, address: 0, limit: 1, pod: NONE, callerPod: NONE, service: NONE, isEager: false };

function links(rows: number) {
  return { prev: new Int32Array(rows).fill(NONE), next: new Int32Array(rows).fill(NONE) };
}

describe('connections of a pool', () => {
  it('are taken last listed first', () => {
    const connections = new Connections();
    const pools = new Pools(links(1));
    const pool = pools.add(POOL);
    expect(connections.available(pools, pool)).to.equal(NONE);
    const [a, b] = [connections.take(pool), connections.take(pool)];
    expect(connections.state[a]).to.equal(CONNECTING);
    connections.list(pools, a);
    connections.list(pools, b);
    connections.list(pools, a); // stands there already
    expect(connections.available(pools, pool)).to.equal(b);
    connections.unlist(pools, b);
    connections.unlist(pools, b);
    expect(connections.available(pools, pool)).to.equal(a);
  });

  it('stand in the lists of their own pools, like the stacks of a plain model', () => {
    const action = fc.record({ pool: fc.integer({ min: 0, max: 2 }), pick: fc.nat(), does: fc.constantFrom('take', 'list', 'unlist', 'release') });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const connections = new Connections();
        const pools = new Pools(links(1));
        const stacks: number[][] = [];
        for (let i = 0; i < 3; i++) stacks[pools.add(POOL)] = [];
        const open: { connection: number; pool: number }[] = [];
        for (const { pool, pick, does } of actions) {
          if (does === 'take' || open.length === 0) {
            open.push({ connection: connections.take(pool), pool });
            continue;
          }
          const at = pick % open.length;
          const one = open[at];
          const others = stacks[one.pool].filter((connection) => connection !== one.connection);
          const isListed = others.length < stacks[one.pool].length;
          if (does === 'list') {
            connections.list(pools, one.connection);
            if (!isListed) stacks[one.pool] = [one.connection, ...others];
          } else {
            connections.unlist(pools, one.connection);
            stacks[one.pool] = others;
            if (does === 'release') {
              connections.release(one.connection);
              open.splice(at, 1);
            }
          }
          for (let i = 0; i < 3; i++) expect(connections.available(pools, i)).to.equal(stacks[i][0] ?? NONE);
        }
        expect(connections.slots.used).to.equal(open.length);
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it('forget what the connection before them in the table was', () => {
    const connections = new Connections();
    const first = connections.take(0);
    connections.served[first] = 9;
    connections.streams[first] = 2;
    connections.ageDue[first] = 5;
    connections.idleCheckDue[first] = 5;
    connections.release(first);
    const second = connections.take(1);
    expect(second).to.equal(first);
    expect([connections.pool[second], connections.served[second], connections.streams[second]]).to.deep.equal([1, 0, 0]);
    expect([connections.ageDue[second], connections.idleCheckDue[second]]).to.deep.equal([Infinity, Infinity]);
  });
});

describe('requests that wait for a connection', () => {
  it('are served in order, and may leave from anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1, max: 30 }), { maxLength: 200 }), (actions) => {
        const pools = new Pools(links(200));
        const pool = pools.add(POOL);
        let queue: number[] = [];
        let next = 0;
        for (const action of actions) {
          if (action < 0) {
            expect(pools.dequeue(pool)).to.equal(queue.shift() ?? NONE);
          } else if (action < queue.length) {
            const request = queue[action];
            pools.remove(pool, request);
            queue = queue.filter((other) => other !== request);
          } else {
            pools.enqueue(pool, next);
            queue.push(next++);
          }
          expect(pools.waiting[pool]).to.equal(queue.length);
        }
        for (const request of queue) expect(pools.dequeue(pool)).to.equal(request);
        expect(pools.dequeue(pool)).to.equal(NONE);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('wait in pools of which there may be any number', () => {
    const pools = new Pools(links(1));
    for (let i = 0; i < 1000; i++) expect(pools.add({ ...POOL, key: i, limit: i, service: i - 1 })).to.equal(i);
    expect([pools.key[999], pools.limit[64], pools.service[0], pools.availableHead[500]]).to.deep.equal([999, 64, -1, NONE]);
  });
});
