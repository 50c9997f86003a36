import { expect } from 'chai';
import { balancerContract, type Departures, endpointSet, flowOf, type TestPlace, testPlace } from '../../testing/balancer-contract.ts';
import { type Balancer, createExplanation } from '../balancer.ts';
import type { Overhead } from './ipvs/scheduler.ts';
import { SCHEDULERS, type SchedulerName } from './ipvs/schedulers.ts';
import { kubeProxyIpvs, type PortReuse } from './kube-proxy-ipvs.ts';

const SECOND = 1e9;
const pods = (...ids: number[]) => endpointSet(ids.map((id) => ({ id, name: `10.244.0.${id}:8080` })));

const configOf = (scheduler: SchedulerName, affinitySeconds = 0, overhead: Overhead = '257a+i') => ({
  affinityTimeoutNs: affinitySeconds * SECOND,
  isUdp: false,
  scheduler,
  overhead,
  portReuse: null as PortReuse | null,
});

function create(ids: number[], affinitySeconds = 0): { balancer: Balancer; place: TestPlace } {
  const place = testPlace('ipvs');
  const balancer = kubeProxyIpvs.create(configOf('rr', affinitySeconds), place);
  balancer.update(pods(...ids));
  return { balancer, place };
}

/** Moves the clock, with the checks that come until then. */
function checkUntil(balancer: Balancer, place: TestPlace, seconds: number): void {
  for (let timer = place.timers.shift(); timer !== undefined; timer = place.timers.shift()) {
    if (timer.atNs > seconds * SECOND) {
      place.timers.unshift(timer);
      break;
    }
    place.nowNs = timer.atNs;
    balancer.tick(timer.tag);
  }
  place.nowNs = seconds * SECOND;
}

function picks(balancer: Balancer, count: number, client = 1): number[] {
  return Array.from({ length: count }, () => balancer.pick(flowOf(client)));
}

describe('kube-proxy ipvs', () => {
  const departures: Partial<Record<SchedulerName, Departures>> = {
    sh: { refusesWhileDraining: true },
    dh: { refusesWhileDraining: true },
    mh: { refusesWhileDraining: true },
    ovf: { mostOpen: 1 },
  };
  for (const scheduler of SCHEDULERS) {
    balancerContract(kubeProxyIpvs, configOf(scheduler), departures[scheduler]);
    balancerContract(kubeProxyIpvs, configOf(scheduler, 10800, '256a+i'), departures[scheduler]);
  }
  balancerContract(kubeProxyIpvs, configOf('rr', 5));
  balancerContract(kubeProxyIpvs, { ...configOf('rr'), portReuse: { mode: 1, looksForWeight0: true } });

  describe('a SYN from a port in TIME_WAIT (l4.md 3.5)', () => {
    /** A client's connection to 3 that closes; then endpoints change, and the port comes again ten seconds later. */
    const again = (portReuse: PortReuse, left: number[], affinitySeconds = 0): { endpoint: number; lostNs: number } => {
      const place = testPlace('reuse');
      const balancer = kubeProxyIpvs.create({ ...configOf('rr', affinitySeconds), portReuse }, place);
      balancer.update(pods(1, 2, 3));
      const flow = flowOf(1);
      const first = balancer.pick(flow);
      expect([first, flow.lostNs]).to.deep.equal([3, 0]);
      balancer.opened(first, flow.sourceAddress, flow.sourcePort);
      balancer.closed(first, 'client', flow.sourceAddress, flow.sourcePort);
      balancer.update(pods(...left));
      place.nowNs = 10 * SECOND;
      return { endpoint: balancer.pick(flow), lostNs: flow.lostNs };
    };

    it('is scheduled anew by kernels since 5.9, after its first packet was dropped', () => {
      expect(again({ mode: 1, looksForWeight0: true }, [1, 2, 3])).to.deep.equal({ endpoint: 2, lostNs: SECOND });
      expect(again({ mode: 1, looksForWeight0: true }, [1, 2])).to.deep.equal({ endpoint: 2, lostNs: SECOND });
    });

    it('goes to the old pod with kernels 4.1 to 5.8, even one that has left the Service', () => {
      expect(again({ mode: 0, looksForWeight0: false }, [1, 2, 3])).to.deep.equal({ endpoint: 3, lostNs: 0 });
      expect(again({ mode: 0, looksForWeight0: false }, [1, 2])).to.deep.equal({ endpoint: 3, lostNs: 0 });
      expect(again({ mode: 0, looksForWeight0: true }, [1, 2])).to.deep.equal({ endpoint: 2, lostNs: SECOND });
    });

    it('stays where a persistence template holds it', () => {
      expect(again({ mode: 1, looksForWeight0: true }, [1, 2, 3], 100)).to.deep.equal({ endpoint: 3, lostNs: 0 });
    });

    it('is a new one when the old is tracked no more', () => {
      const place = testPlace('later');
      const balancer = kubeProxyIpvs.create({ ...configOf('rr'), portReuse: { mode: 1, looksForWeight0: true } }, place);
      balancer.update(pods(1, 2, 3));
      const flow = flowOf(1);
      balancer.opened(balancer.pick(flow), flow.sourceAddress, flow.sourcePort);
      balancer.closed(3, 'client', flow.sourceAddress, flow.sourcePort);
      place.nowNs = 120 * SECOND;
      expect([balancer.pick(flow), flow.lostNs]).to.deep.equal([2, 0]);
    });
  });

  it('scans endpoints programmed together from the last to the first', () => {
    expect(picks(create([1, 2, 3]).balancer, 4)).to.deep.equal([3, 2, 1, 3]);
  });

  it('puts later endpoints in front and goes on behind the last pick', () => {
    const { balancer } = create([1, 2, 3]);
    expect(picks(balancer, 2)).to.deep.equal([3, 2]);
    balancer.update(pods(1, 2, 3, 4));
    expect(picks(balancer, 5)).to.deep.equal([1, 4, 3, 2, 1]);
  });

  it('steps back from a removed endpoint', () => {
    const { balancer } = create([1, 2, 3]);
    expect(picks(balancer, 2)).to.deep.equal([3, 2]);
    balancer.update(pods(1, 3));
    expect(picks(balancer, 3)).to.deep.equal([1, 3, 1]);
  });

  it('starts at the same pod on every node (K14: 12 nodes, 1 connection each, 3 pods)', () => {
    const load = new Map<number, number>();
    for (let node = 0; node < 12; node++) {
      const balancer = kubeProxyIpvs.create(configOf('rr'), testPlace(`node ${node}`));
      balancer.update(pods(1, 2, 3));
      const endpoint = balancer.pick(flowOf(node));
      load.set(endpoint, (load.get(endpoint) ?? 0) + 1);
    }
    expect([...load.values()]).to.deep.equal([12]);
  });

  it('keeps a removed endpoint at weight 0 while it has connections, so that its place in the turn stays', () => {
    const drained = create([1, 2]);
    expect(picks(drained.balancer, 1)).to.deep.equal([2]);
    drained.balancer.update(pods(1)); // 2 had no connection: it goes, and the pointer is at the head again
    drained.balancer.update(pods(1, 3));
    expect(picks(drained.balancer, 1)).to.deep.equal([3]);

    const draining = create([1, 2]);
    expect(picks(draining.balancer, 1)).to.deep.equal([2]);
    draining.balancer.opened(2, 1);
    draining.balancer.update(pods(1)); // 2 stays at weight 0
    draining.balancer.update(pods(1, 3));
    expect(picks(draining.balancer, 3)).to.deep.equal([1, 3, 1]);
  });

  it('removes a draining endpoint at the next check after its last connection has left TIME_WAIT', () => {
    const afterSeconds = (seconds: number): number[] => {
      const { balancer, place } = create([1, 2]);
      picks(balancer, 1);
      balancer.opened(2, 1);
      balancer.update(pods(1)); // checks come 60 s, 120 s, 180 s … later
      place.nowNs = 10 * SECOND;
      balancer.closed(2, 'client', 1); // tracked until 130 s
      checkUntil(balancer, place, seconds);
      balancer.update(pods(1, 3));
      return picks(balancer, 1);
    };
    expect(afterSeconds(179)).to.deep.equal([1]);
    expect(afterSeconds(180)).to.deep.equal([3]);
  });

  it('deletes a UDP endpoint at once, and counts its flows as inactive for 300 s', () => {
    const place = testPlace('udp');
    const balancer = kubeProxyIpvs.create({ ...configOf('lc'), isUdp: true }, place);
    balancer.update(pods(1, 2));
    expect(picks(balancer, 1)).to.deep.equal([2]);
    balancer.opened(2, 1);
    balancer.closed(2, 'client', 1);
    place.nowNs = 299 * SECOND;
    expect(picks(balancer, 1)).to.deep.equal([1]);
    place.nowNs = 300 * SECOND;
    expect(picks(balancer, 1)).to.deep.equal([2]);
    balancer.opened(2, 1);
    balancer.update(pods(1));
    expect([...(balancer.layout?.().order ?? [])]).to.deep.equal([1]);
  });

  it('moves an endpoint that comes back while draining to the front', () => {
    const { balancer } = create([1, 2, 3]);
    balancer.opened(1, 1);
    balancer.update(pods(2, 3));
    balancer.update(pods(1, 2, 3));
    expect(picks(balancer, 4)).to.deep.equal([1, 3, 2, 1]);
  });

  describe('persistence', () => {
    const isKept = (balancer: Balancer): boolean => {
      const out = createExplanation();
      balancer.explain(flowOf(1), out);
      return out.remembered !== null;
    };

    it('keeps a client on its pod without taking a turn', () => {
      const { balancer } = create([1, 2, 3], 100);
      expect(picks(balancer, 3)).to.deep.equal([3, 3, 3]);
      expect(picks(balancer, 1, 2)).to.deep.equal([2]);
    });

    it('ends the time-out after the last connection if nothing is tracked any more', () => {
      const { balancer, place } = create([1, 2, 3], 300);
      picks(balancer, 1);
      balancer.opened(3, flowOf(1).sourceAddress);
      place.nowNs = SECOND;
      balancer.closed(3, 'client', flowOf(1).sourceAddress);
      place.nowNs = 299 * SECOND;
      expect(isKept(balancer)).to.equal(true);
      place.nowNs = 300 * SECOND;
      expect(isKept(balancer)).to.equal(false);
    });

    it('outlasts a short time-out, since TIME_WAIT holds the template (5 s, one short connection)', () => {
      const { balancer, place } = create([1, 2, 3], 5);
      const first = picks(balancer, 1);
      balancer.opened(3, flowOf(1).sourceAddress);
      place.nowNs = SECOND;
      balancer.closed(3, 'client', flowOf(1).sourceAddress); // tracked until 121 s; the timer runs out at 5, 65, 125 s
      place.nowNs = 10 * SECOND;
      expect(isKept(balancer)).to.equal(true);
      place.nowNs = 124 * SECOND;
      expect(isKept(balancer)).to.equal(true);
      expect(picks(balancer, 1)).to.deep.equal(first); // from now on 60 s, not 5
      place.nowNs = 183 * SECOND;
      expect(isKept(balancer)).to.equal(true);
      place.nowNs = 184 * SECOND;
      expect(isKept(balancer)).to.equal(false);
    });

    it('holds as long as a connection is open', () => {
      const { balancer, place } = create([1, 2, 3], 5);
      picks(balancer, 1);
      balancer.opened(3, flowOf(1).sourceAddress);
      place.nowNs = 4 * 3600 * SECOND;
      expect(isKept(balancer)).to.equal(true);
    });

    it('picks anew when the pod is draining', () => {
      const { balancer } = create([1, 2, 3], 10800);
      expect(picks(balancer, 1)).to.deep.equal([3]);
      balancer.opened(3, flowOf(1).sourceAddress);
      balancer.update(pods(1, 2));
      expect(picks(balancer, 3)).to.deep.equal([2, 2, 2]);
    });
  });
});
