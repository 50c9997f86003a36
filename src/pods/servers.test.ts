import { expect } from 'chai';
import fc from 'fast-check';
import { REFUSED, Servers, STARTS, WAITS } from './servers.ts';

const NONE = -1;

function stations(rows = 200): Servers {
  return new Servers({ prev: new Int32Array(rows).fill(NONE), next: new Int32Array(rows).fill(NONE) });
}

describe('admission to a pod', () => {
  it('is at once while a slot is free, then to the queue, then refused', () => {
    const servers = stations();
    const pod = servers.add({ concurrency: 2, queueLimit: 1, lifo: false });
    expect(servers.admission(pod)).to.equal(STARTS);
    servers.busy[pod] = 2;
    expect(servers.admission(pod)).to.equal(WAITS);
    servers.enqueue(pod, 0);
    expect(servers.admission(pod)).to.equal(REFUSED);
    servers.busy[pod] = 1;
    expect(servers.admission(pod)).to.equal(STARTS);
  });

  it('with no queue places is refused when the slots are taken; without a limit never', () => {
    const servers = stations();
    const none = servers.add({ concurrency: 1, queueLimit: 0, lifo: false });
    const unlimited = servers.add({ concurrency: 1, queueLimit: -1, lifo: false });
    servers.busy.fill(1);
    for (let request = 0; request < 100; request++) servers.enqueue(unlimited, request);
    expect([servers.admission(none), servers.admission(unlimited)]).to.deep.equal([REFUSED, WAITS]);
  });
});

describe('the queue of a pod', () => {
  for (const lifo of [false, true]) {
    it(`is ${lifo ? 'last in first out' : 'first in first out'}, and a request may leave from anywhere`, () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: -1, max: 30 }), { maxLength: 200 }), (actions) => {
          const servers = stations();
          const other = servers.add({ concurrency: 1, queueLimit: -1, lifo });
          const pod = servers.add({ concurrency: 1, queueLimit: -1, lifo });
          servers.enqueue(other, 199);
          let line: number[] = [];
          let next = 0;
          for (const action of actions) {
            if (action < 0) {
              expect(servers.dequeue(pod)).to.equal(line.shift() ?? NONE);
            } else if (action < line.length) {
              const request = line[action];
              servers.remove(pod, request);
              line = line.filter((waiting) => waiting !== request);
            } else if (next < 199) {
              servers.enqueue(pod, next);
              line = lifo ? [next, ...line] : [...line, next];
              next++;
            }
            expect(servers.waiting[pod]).to.equal(line.length);
          }
          for (const request of line) expect(servers.dequeue(pod)).to.equal(request);
          expect(servers.dequeue(other)).to.equal(199);
        }),
        { seed: 8, numRuns: 100 },
      );
    });
  }

  it('keeps what it has when more pods come', () => {
    const servers = stations();
    const first = servers.add({ concurrency: 3, queueLimit: -1, lifo: true });
    servers.enqueue(first, 1);
    servers.inSystem[first] = 4;
    for (let i = 1; i < 100; i++) expect(servers.add({ concurrency: i, queueLimit: 0, lifo: false })).to.equal(i);
    expect([servers.slotsOf(first), servers.slotsOf(99), servers.inSystem[first], servers.dequeue(first)]).to.deep.equal([3, 99, 4, 1]);
  });
});

it('the work left in a pod is that of what waits, and the rest of what is in service', () => {
  const servers = stations();
  const pod = servers.add({ concurrency: 2, queueLimit: -1, lifo: false });
  servers.workNs[pod] = 100 + 60 + 40;
  servers.serviceBegun(pod, 1000);
  servers.serviceBegun(pod, 1010);
  expect(servers.remainingNs(pod, 1030)).to.equal(200 - 30 - 20);
  servers.serviceEnded(pod, 1010); // of 60, at 1070
  servers.workNs[pod] -= 60;
  expect(servers.remainingNs(pod, 1070)).to.equal(140 - 70);
});
