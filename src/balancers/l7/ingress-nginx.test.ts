import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { balancerContract, endpointSet, flowOf, testPlace } from '../../testing/balancer-contract.ts';
import { crc32 } from '../algorithms/crc32.ts';
import { HashRing } from '../algorithms/hash-ring.ts';
import type { Balancer, EndpointSet } from '../balancer.ts';
import { backendKey, type IngressNginxConfig, ingressNginx, persistentKey, tableOrder } from './ingress-nginx.ts';

const S3 = ['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.3:8080'];
const K8 = ['foo', 'bar', 'alice', 'bob', 'carol', 'dave', '/index.html', '10.1.2.3'];
const roundRobin: IngressNginxConfig = { loadBalance: 'round_robin', affinity: '', affinityMode: 'balanced', backendName: 'default-web-8080' };
const balanced: IngressNginxConfig = { ...roundRobin, affinity: 'cookie' };
const persistent: IngressNginxConfig = { ...balanced, affinityMode: 'persistent' };
const pods = (count: number): EndpointSet => endpointSet(Array.from({ length: count }, (_, id) => ({ id })));

function create(config: IngressNginxConfig, count: number, seed = 'nginx'): Balancer {
  const balancer = ingressNginx.create(config, testPlace(seed));
  balancer.update(pods(count));
  return balancer;
}

/** One session: the pod of its first request, and the cookie it was given. */
function newSession(balancer: Balancer): { endpoint: number; cookie: string } {
  const flow = flowOf(1);
  const endpoint = balancer.pick(flow);
  return { endpoint, cookie: flow.setCookie };
}

function pickWithCookie(balancer: Balancer, cookie: string): { endpoint: number; setCookie: string } {
  const flow = flowOf(1);
  flow.cookie = cookie;
  return { endpoint: balancer.pick(flow), setCookie: flow.setCookie };
}

describe('ring of lua-resty-balancer', () => {
  it('has the CRC-32 of zlib below it (foo, alice)', () => {
    expect([crc32('foo'), crc32('alice')]).to.deep.equal([2356372769, 663665735]);
  });

  it('has the points, keys and shares worked out for three servers (I2)', () => {
    const ring = new HashRing(S3);
    const first = ring.points().slice(0, 5);
    expect(first.map((p) => [p.hash, p.member])).to.deep.equal([
      [1390174, 0],
      [11656840, 1],
      [19209102, 1],
      [28035454, 0],
      [45913593, 1],
    ]);
    expect(K8.map((key) => ring.find(crc32(key)))).to.deep.equal([0, 2, 2, 0, 1, 1, 0, 0]);
    expect(ring.shares().map((share) => share.toFixed(4))).to.deep.equal(['0.3113', '0.3559', '0.3329']);
  });

  it('spreads its arcs as worked out for 5, 10 and 20 servers (I3)', () => {
    const worked: [number, number, number][] = [
      [5, 1.062, 0.928],
      [10, 1.086, 0.862],
      [20, 1.166, 0.87],
    ];
    for (const [count, most, least] of worked) {
      const shares = new HashRing(Array.from({ length: count }, (_, i) => `10.0.0.${i + 1}:8080`)).shares();
      expect(Math.max(...shares) * count).to.be.closeTo(most, 0.001);
      expect(Math.min(...shares) * count).to.be.closeTo(least, 0.001);
    }
  });
});

describe('ingress-nginx', () => {
  balancerContract(ingressNginx, roundRobin);
  balancerContract(ingressNginx, balanced);
  balancerContract(ingressNginx, persistent);

  describe('round_robin', () => {
    it('gives every pod one request a round', () => {
      const balancer = create(roundRobin, 7);
      const round = Array.from({ length: 7 }, () => balancer.pick(flowOf(1)));
      expect(new Set(round).size).to.equal(7);
      expect(Array.from({ length: 7 }, () => balancer.pick(flowOf(2)))).to.deep.equal(round);
    });

    it('starts anywhere in each worker, and anew when the endpoints change, not when they stay', () => {
      const starts = new Map<number, number>();
      for (let worker = 0; worker < 5000; worker++) {
        const first = create(roundRobin, 5, `worker ${worker}`).pick(flowOf(1));
        starts.set(first, (starts.get(first) ?? 0) + 1);
      }
      for (let pod = 0; pod < 5; pod++) expect(starts.get(pod)).to.be.closeTo(1000, 120);
      const told = create(roundRobin, 5);
      const untold = create(roundRobin, 5);
      for (let i = 0; i < 30; i++) {
        told.update(pods(5));
        expect(told.pick(flowOf(1))).to.equal(untold.pick(flowOf(1)));
      }
    });

    it('walks an order of its own for each set of names, the same in all workers', () => {
      const names = Array.from({ length: 8 }, (_, i) => `10.0.0.${i}:80`);
      expect(tableOrder(names)).to.deep.equal(tableOrder([...names]));
      expect(tableOrder(names).toSorted()).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(tableOrder(names)).to.not.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    });
  });

  describe('cookie affinity', () => {
    it('builds the keys of the controller (I8, I9, I10)', () => {
      expect(createHash('md5').update('10.0.0.1:8080').digest('hex')).to.equal('05ef642f508b1e5b76612ddbd5f89a4c');
      expect(persistentKey('default-web-8080', '10.0.0.1:8080')).to.equal('2a6d1052d4c4631e0079160c9051061e');
      expect(backendKey('default-web-8080')).to.equal('e2a8329245ba443cc34e5da4c6de0e34');
    });

    for (const config of [balanced, persistent]) {
      it(`keeps a session on its pod in every worker, and sets a cookie only once (${config.affinityMode})`, () => {
        const { endpoint, cookie } = newSession(create(config, 8));
        expect(cookie).to.match(/^[^|]+\|e2a8329245ba443cc34e5da4c6de0e34$/);
        expect(pickWithCookie(create(config, 8, 'other worker'), cookie)).to.deep.equal({ endpoint, setCookie: '' });
      });
    }

    const movedByScaleUp = (config: IngressNginxConfig): { moved: number; toNew: number } => {
      const balancer = create(config, 4);
      const sessions = Array.from({ length: 4000 }, () => newSession(balancer));
      balancer.update(pods(8));
      const after = sessions.map(({ cookie }) => pickWithCookie(balancer, cookie).endpoint);
      return { moved: after.filter((endpoint, i) => endpoint !== sessions[i].endpoint).length / 4000, toNew: after.filter((e) => e >= 4).length / 4000 };
    };

    it('moves about 1 − 4/8 of the sessions when balanced goes from 4 to 8 pods, all to new pods', () => {
      const { moved, toNew } = movedByScaleUp(balanced);
      expect(moved).to.be.closeTo(0.5, 0.08);
      expect(toNew).to.equal(moved);
    });

    it('moves none when persistent goes from 4 to 8 pods', () => {
      expect(movedByScaleUp(persistent)).to.deep.equal({ moved: 0, toNew: 0 });
    });

    it('gives the sessions of a lost pod a new pod and a new cookie when persistent', () => {
      const balancer = create(persistent, 3);
      const { endpoint, cookie } = newSession(balancer);
      balancer.update(endpointSet([0, 1, 2].filter((id) => id !== endpoint).map((id) => ({ id }))));
      const again = pickWithCookie(balancer, cookie);
      expect(again.endpoint).to.not.equal(endpoint);
      expect(again.setCookie).to.not.equal('').and.to.not.equal(cookie);
    });
  });
});
