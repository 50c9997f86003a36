/**
 * What every balancer must fulfil, whatever it models: one suite, called by each balancer's own test with each of its configurations.
 */
import { expect } from 'chai';
import {
  type Balancer,
  type BalancerKind,
  createExplanation,
  createFlow,
  type EndpointSet,
  type Explanation,
  type Flow,
  type Place,
  READY,
  REJECT,
  SERVING,
  TERMINATING,
} from '../balancers/index.ts';
import { deriveKey, RandomStream, seedKey } from '../random/stream.ts';

/** A place with a clock and true state that the test sets. */
export interface TestPlace extends Place {
  nowNs: number;
  readonly timers: { atNs: number; tag: number }[];
  readonly truth: { inSystem: Int32Array; workNs: Float64Array; remainingNs(endpoint: number): number };
}

export function testPlace(seed: string, largestId = 100): TestPlace {
  const workNs = new Float64Array(largestId + 1);
  const place: TestPlace = {
    node: 0,
    zone: 0,
    nowNs: 0,
    now: () => place.nowNs,
    random: new RandomStream(deriveKey(seedKey('balancer-contract'), seed)),
    timers: [],
    timer: (atNs, tag) => {
      place.timers.push({ atNs, tag });
    },
    truth: { inSystem: new Int32Array(largestId + 1), workNs, remainingNs: (endpoint) => workNs[endpoint] },
  };
  return place;
}

export interface TestEndpoint {
  readonly id: number;
  readonly name?: string;
  readonly weight?: number;
  readonly conditions?: number;
}

/** Endpoints as a watcher would hand them out: in string order of their names, ready unless said otherwise. */
export function endpointSet(members: readonly TestEndpoint[]): EndpointSet {
  const nameOf = (member: TestEndpoint): string => member.name ?? `10.244.0.${member.id}:8080`;
  const sorted = members.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return {
    count: sorted.length,
    id: Int32Array.from(sorted, (m) => m.id),
    name: sorted.map(nameOf),
    weight: Float64Array.from(sorted, (m) => m.weight ?? 1),
    node: new Int32Array(sorted.length).fill(-1),
    zone: new Int32Array(sorted.length).fill(-1),
    conditions: Uint8Array.from(sorted, (m) => m.conditions ?? READY | SERVING),
  };
}

/** A flow of its own source address and port. */
export function flowOf(number: number, into: Flow = createFlow()): Flow {
  into.client = number;
  into.sourceAddress = (0x0a000000 + number) >>> 0;
  into.sourcePort = 32768 + (number % 28232);
  into.destinationAddress = 0x0a600001;
  into.destinationPort = 80;
  into.cookie = '';
  into.setCookie = '';
  return into;
}

const CONDITIONS = [READY | SERVING, READY | SERVING, READY | SERVING, SERVING | TERMINATING, TERMINATING, 0];
const FIVE: readonly TestEndpoint[] = [{ id: 3 }, { id: 7 }, { id: 20 }, { id: 21 }, { id: 55 }];

/** Where a real system departs from what the others have in common. */
export interface Departures {
  /** Clients of an endpoint that is removed while it has connections are refused until it is deleted. */
  readonly refusesWhileDraining?: boolean;
  /** Connections that traffic may have open at once; more are refused. */
  readonly mostOpen?: number;
}

export function balancerContract<Config>(kind: BalancerKind<Config>, config: Config, departures: Departures = {}): void {
  const traffic = (balancer: Balancer, place: TestPlace, flows: number, before?: (flow: Flow) => void): number[] =>
    sendTraffic(balancer, place, flows, departures.mostOpen ?? flows, before);
  const create = (seed: string, members: readonly TestEndpoint[] = FIVE): { balancer: Balancer; place: TestPlace } => {
    const place = testPlace(seed);
    const balancer = kind.create(config, place);
    balancer.update(endpointSet(members));
    return { balancer, place };
  };

  describe(`contract of ${kind.name} with ${JSON.stringify(config)}`, () => {
    it('picks only usable endpoints', () => {
      const gone = [
        { id: 8, conditions: 0 },
        { id: 9, conditions: SERVING | TERMINATING },
        { id: 10, conditions: TERMINATING },
      ];
      const { balancer, place } = create('usable', [...FIVE, ...gone]);
      for (const endpoint of traffic(balancer, place, 500)) expect(FIVE.map((m) => m.id)).to.include(endpoint);
    });

    it('never picks weight 0', () => {
      const { balancer, place } = create('weight', [{ id: 1, weight: 0 }, { id: 2 }, { id: 3, weight: 0 }, { id: 4 }]);
      for (const endpoint of traffic(balancer, place, 500)) expect([2, 4]).to.include(endpoint);
    });

    it('always picks the single endpoint', () => {
      const { balancer, place } = create('single', [{ id: 42 }]);
      expect(new Set(traffic(balancer, place, 100))).to.deep.equal(new Set([42]));
    });

    it('picks the same for the same seed', () => {
      const once = create('same');
      const again = create('same');
      expect(traffic(once.balancer, once.place, 1000)).to.deep.equal(traffic(again.balancer, again.place, 1000));
    });

    it('refuses when there is no endpoint', () => {
      const unheard = kind.create(config, testPlace('unheard'));
      const { balancer } = create('empty');
      balancer.update(endpointSet([]));
      for (const one of [unheard, balancer]) {
        const refusal = one.pick(flowOf(1));
        expect(refusal).to.be.below(0);
        expect(explanationOf(one, flowOf(1)))
          .to.include({ refusal })
          .and.to.have.property('candidates').that.is.empty;
      }
    });

    it('forgets a removed endpoint', () => {
      const { balancer, place } = create('removed');
      const flow = flowOf(1);
      const first = balancer.pick(flow);
      flow.cookie = flow.setCookie;
      balancer.opened(first, flow.sourceAddress);
      balancer.update(endpointSet(FIVE.filter((m) => m.id !== first)));
      expect(explanationOf(balancer, flow).candidates.map((c) => c.endpoint)).to.not.include(first);
      const least = departures.refusesWhileDraining ? REJECT : 0;
      for (let i = 0; i < 50; i++) expect(balancer.pick(flow)).to.be.at.least(least).and.to.not.equal(first);
      balancer.closed(first, 'client', flow.sourceAddress);
      place.nowNs += 600e9;
      for (const { tag } of place.timers.splice(0)) balancer.tick(tag);
      for (let i = 0; i < 50; i++) expect(balancer.pick(flow)).to.be.at.least(0).and.to.not.equal(first);
    });

    it('picks by the law that explain tells', () => {
      const seen = { picked: new Map<number, number>(), expected: new Map<number, number>() };
      for (let instance = 0; instance < 200; instance++) {
        const { balancer, place } = create(`law ${instance}`);
        traffic(balancer, place, 60, (flow) => compareWithLaw(balancer, flow, instance, seen.expected)).forEach((endpoint) => {
          seen.picked.set(endpoint, (seen.picked.get(endpoint) ?? 0) + 1);
        });
      }
      expect(chiSquare(seen.picked, seen.expected)).to.be.below(chiSquareLimit(FIVE.length - 1));
    });

    it('picks what it has explained, through updates, traffic and time', () => {
      const place = testPlace('through updates');
      const balancer = kind.create(config, place);
      const chance = new RandomStream(deriveKey(seedKey('balancer-contract'), 'what happens'));
      const open: { endpoint: number; client: number }[] = [];
      const flow = createFlow();
      for (let step = 0; step < 600; step++) {
        place.nowNs += chance.integer(4) * 7e9;
        for (const { atNs, tag } of place.timers.splice(0)) {
          if (atNs <= place.nowNs) balancer.tick(tag);
          else place.timers.push({ atNs, tag });
        }
        if (step % 20 === 0)
          balancer.update(
            endpointSet(FIVE.filter(() => chance.integer(4) > 0).map((one) => ({ ...one, conditions: CONDITIONS[chance.integer(CONDITIONS.length)] }))),
          );
        flowOf(chance.integer(12), flow);
        const law = explanationOf(balancer, flow);
        const picked = balancer.pick(flow);
        if (law.candidates.length === 0) expect(picked).to.equal(law.refusal);
        else if (!law.candidates.some(({ endpoint, probability }) => endpoint === picked && probability > 0))
          expect.fail(`step ${step}: ${picked} is not among those explained`);
        if (picked >= 0) {
          open.push({ endpoint: picked, client: flow.sourceAddress });
          place.truth.inSystem[picked]++;
          balancer.opened(picked, flow.sourceAddress);
          balancer.started(picked, 1e7);
        }
        for (const done of open.splice(0, chance.integer(3))) {
          place.truth.inSystem[done.endpoint]--;
          balancer.finished(done.endpoint, { ok: true, latencyNs: 1e7 }, 1e7);
          balancer.closed(done.endpoint, chance.integer(2) === 0 ? 'client' : 'reset', done.client);
        }
      }
    });

    it('explains without side effects', () => {
      const plain = create('effects');
      const explained = create('effects');
      const picks = traffic(plain.balancer, plain.place, 300);
      const explain = (flow: Flow): void => {
        const once = structuredClone(explanationOf(explained.balancer, flow));
        expect(explanationOf(explained.balancer, flow)).to.deep.equal(once);
      };
      expect(traffic(explained.balancer, explained.place, 300, explain)).to.deep.equal(picks);
    });

    if (kind.layer === 'l4') {
      it('is blind to content', () => {
        const plain = create('content');
        const varied = create('content');
        const vary = (flow: Flow): void => {
          flow.method = flow.client % 2 === 0 ? 'POST' : 'DELETE';
          flow.path = `/cart/${flow.client}`;
          flow.cookie = `route=${flow.client}`;
          flow.demandNs = flow.client * 1e6;
        };
        expect(traffic(varied.balancer, varied.place, 300, vary)).to.deep.equal(traffic(plain.balancer, plain.place, 300));
      });
    }
  });
}

/**
 * Sends flows of 40 clients through the balancer, half a second apart, with an attempt and a connection each that end some flows later.
 * @param mostOpen connections that may be open at once, the oldest closes first
 * @param before called with each flow before its pick
 * @returns the picked endpoints
 */
function sendTraffic(balancer: Balancer, place: TestPlace, flows: number, mostOpen: number, before: (flow: Flow) => void = () => {}): number[] {
  const flow = createFlow();
  const open: { endpoint: number; client: number }[] = [];
  const picks: number[] = [];
  for (let i = 0; i < flows; i++) {
    place.nowNs += 5e8;
    flowOf((i * 7) % 40, flow);
    before(flow);
    const endpoint = balancer.pick(flow);
    if (endpoint < 0) expect.fail(`flow ${i} is refused (${endpoint})`); // chai's words for every pick would take most of the time
    picks.push(endpoint);
    open.push({ endpoint, client: flow.sourceAddress });
    place.truth.inSystem[endpoint]++;
    place.truth.workNs[endpoint] += 1e7;
    balancer.opened(endpoint, flow.sourceAddress);
    balancer.started(endpoint, 1e7);
    for (const done of open.splice(0, Math.max(i % 3 === 0 ? Math.min(2, open.length) : 0, open.length - mostOpen))) {
      place.truth.inSystem[done.endpoint]--;
      place.truth.workNs[done.endpoint] -= 1e7;
      balancer.finished(done.endpoint, { ok: true, latencyNs: 1e7 }, 1e7);
      balancer.closed(done.endpoint, 'client', done.client);
    }
  }
  return picks;
}

function explanationOf(balancer: Balancer, flow: Flow): Explanation {
  const explanation = createExplanation();
  balancer.explain(flow, explanation);
  return explanation;
}

/** Adds the probabilities of the next pick to `expected`. Each instance has clients of its own. */
function compareWithLaw(balancer: Balancer, flow: Flow, instance: number, expected: Map<number, number>): void {
  flowOf(flow.client + instance * 40, flow);
  const { candidates } = explanationOf(balancer, flow);
  const sum = candidates.reduce((total, c) => total + c.probability, 0);
  if (Math.abs(sum - 1) > 1e-9) expect.fail(`probabilities add up to ${sum}`);
  for (const { endpoint, probability } of candidates) expected.set(endpoint, (expected.get(endpoint) ?? 0) + probability);
}

/** Pearson's statistic. The expected counts add up laws that change from pick to pick, which only makes it smaller. */
function chiSquare(picked: Map<number, number>, expected: Map<number, number>): number {
  let sum = 0;
  for (const [endpoint, count] of picked) expect(expected.get(endpoint), `${endpoint} was picked ${count} times`).to.be.above(0);
  for (const [endpoint, mean] of expected) sum += ((picked.get(endpoint) ?? 0) - mean) ** 2 / mean;
  return sum;
}

/** 99.9 % point of the chi-square law, by Wilson and Hilferty's cube (1931); within 1 % from 4 degrees of freedom on. */
export function chiSquareLimit(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.0902 * Math.sqrt(spread)) ** 3;
}
